//! A real terminal: tmux with a server of its own, read as a person reads it.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::support::{Home, PATIENCE, text};

/// A terminal in which `tailhook ARGUMENTS` runs; a line `ended N` and the terminal's settings follow when it ends.
pub(crate) struct Terminal {
    folder: tempfile::TempDir,
    pub(crate) pid: u32,
}

impl Terminal {
    /// `environment`: as `env` takes it, before the program.
    pub(crate) fn open(home: &Home, size: (u16, u16), environment: &str, arguments: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_tailhook");
        // The process says who it is before it becomes the program.
        let script = format!(
            "sh -c 'echo $$ >pid; exec env {environment} {program} {arguments}'; echo \"ended $?\"; stty -a; sleep 1000\n",
        );
        let mut terminal = Self::start(&script, size, home.path.to_str().expect("UTF-8"));
        let start = Instant::now();
        terminal.pid = loop {
            let pid = std::fs::read_to_string(terminal.folder.path().join("pid")).unwrap_or_default();
            if let Ok(pid) = pid.trim().parse() {
                break pid;
            }
            assert!(start.elapsed() < PATIENCE, "the program never started");
            std::thread::sleep(Duration::from_millis(10));
        };
        terminal
    }

    /// A terminal in which something else runs.
    pub(crate) fn run(command: &str) -> Self {
        Self::start(&format!("{command}\n"), (80, 24), "/nowhere")
    }

    fn start(script: &str, size: (u16, u16), home: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("script"), script).expect("the script");
        let terminal = Self { folder, pid: 0 };
        let (columns, rows) = (size.0.to_string(), size.1.to_string());
        let output = terminal
            .command(&["-f", "/dev/null", "new-session", "-d", "-x", &columns, "-y", &rows, "-c"])
            .arg(terminal.folder.path())
            .args(["env", "-u", "NO_COLOR", "-u", "TAILHOOK_PORT", "LC_ALL=C.UTF-8", "TZ=UTC"])
            .args([&format!("TAILHOOK_HOME={home}"), "sh", "script"])
            .output()
            .expect("no tmux: sh packaging/setup.sh test");
        assert!(output.status.success(), "{output:?}");
        terminal
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(self.folder.path().join("tmux")).arg("-u").args(arguments);
        command
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("tmux")
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        text(&self.tmux(&["capture-pane", "-p"]).stdout)
    }

    /// The same with its colours.
    pub(crate) fn coloured(&self) -> String {
        text(&self.tmux(&["capture-pane", "-p", "-e"]).stdout)
    }

    /// Presses keys, as tmux names them.
    pub(crate) fn press(&self, keys: &[&str]) {
        let mut arguments = vec!["send-keys"];
        arguments.extend(keys);
        assert!(self.tmux(&arguments).status.success());
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        assert!(self.tmux(&["resize-window", "-x", &columns, "-y", &rows]).status.success());
    }

    /// Waits until the screen is as wanted, and gives it.
    pub(crate) fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if wanted(&screen) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "{what} never came:\n{screen}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn wait_for(&self, what: &str) -> String {
        self.wait(what, |screen| screen.contains(what))
    }

    /// What tmux knows of the terminal's state.
    pub(crate) fn state(&self, name: &str) -> String {
        let format = format!("#{{{name}}}");
        text(&self.tmux(&["display-message", "-p", &format]).stdout).trim().to_owned()
    }

    /// The program has ended so, and the terminal is as it was.
    pub(crate) fn ended_clean(&self, code: i32) {
        let screen = self.wait("the end", |screen| screen.contains("ended ") && screen.contains("extproc"));
        assert!(screen.contains(&format!("ended {code}")), "{screen}");
        for setting in ["icanon", "echo", "isig", "icrnl", "opost"] {
            assert!(screen.split_whitespace().any(|word| word == setting), "{setting} in\n{screen}");
        }
        assert_eq!((self.state("alternate_on"), self.state("cursor_flag")), ("0".into(), "1".into()), "{screen}");
    }

    /// Ends the terminal itself.
    pub(crate) fn close(&self) {
        let _ = self.tmux(&["kill-server"]);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.close();
    }
}
