//! A home, a daemon on it, and what to ask it.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything takes on a machine on its knees.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A folder for everything, gone when this is. A daemon that `up` started in it is stopped first.
pub(crate) struct Home {
    pub(crate) path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // Spaces and letters beyond ASCII are no reason to fail.
        let path = folder.path().join("hö me");
        Self { path, _folder: folder }
    }

    /// The same on tmpfs, where the journal usually is.
    pub(crate) fn on_tmpfs() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder");
        Self { path: folder.path().join("home"), _folder: folder }
    }

    /// The program, on this home and no other.
    pub(crate) fn tailhook(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tailhook"));
        command
            .args(arguments)
            .env("TAILHOOK_HOME", &self.path)
            .env("HOME", self.path.join("user"))
            .env_remove("TAILHOOK_PORT")
            .env_remove("TAILHOOK_LEGACY_WS")
            .env_remove("CLAUDE_CONFIG_DIR")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.tailhook(arguments).output().expect("tailhook starts")
    }

    /// Writes `config.toml`.
    pub(crate) fn configure(&self, text: &str) {
        std::fs::create_dir_all(&self.path).expect("the home");
        std::fs::write(self.path.join("config.toml"), text).expect("config.toml");
    }

    /// Hands one payload to the real hook.
    pub(crate) fn hook(&self, payload: &[u8]) {
        assert_eq!(self.hook_as(&[], payload), "");
    }

    /// The same with arguments: the agent, and the event. What the hook prints.
    pub(crate) fn hook_as(&self, arguments: &[&str], payload: &[u8]) -> String {
        let mut child = Command::new(hook_program())
            .args(arguments)
            .env("TAILHOOK_HOME", &self.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the hook starts");
        child.stdin.take().expect("piped").write_all(payload).expect("the hook reads");
        let output = child.wait_with_output().expect("the hook ends");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        text(&output.stdout)
    }

    /// Starts a daemon in the foreground on a free port.
    pub(crate) fn serve(&self) -> Daemon {
        Daemon::start(self, "0")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if self.path.join("daemon.json").exists() {
            let _ = self.run(&["down"]);
        }
    }
}

/// A small file system of our own, unmounted when dropped.
pub(crate) struct Mount(pub(crate) PathBuf);

impl Mount {
    /// None: only root may mount, and not everywhere.
    pub(crate) fn new(folder: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(folder).expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", size, "tailhook-test"]).arg(folder).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(folder.to_owned()));
        }
        eprintln!("left out: no file system can be mounted here");
        None
    }
}

/// Files that nobody may write, not even who has them open, until this is dropped.
pub(crate) struct Immutable(Vec<PathBuf>);

impl Immutable {
    /// None: only root may do that, and not on every file system.
    pub(crate) fn new(files: &[PathBuf]) -> Option<Self> {
        let made = Command::new("chattr").arg("+i").args(files).output();
        if made.is_ok_and(|output| output.status.success()) {
            return Some(Self(files.to_vec()));
        }
        eprintln!("left out: no file can be made immutable here");
        None
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        let undone = Command::new("chattr").arg("-i").args(&self.0).status();
        assert!(undone.is_ok_and(|status| status.success()) || std::thread::panicking(), "they stay immutable");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a daemon that has not quite ended may still hold it.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// The hook to test with.
#[expect(clippy::disallowed_methods, reason = "a test's own switch")]
pub(crate) fn hook_program() -> PathBuf {
    if let Some(program) = std::env::var_os("TAILHOOK_HOOK_UNDER_TEST") {
        return program.into();
    }
    let program = Path::new(env!("CARGO_BIN_EXE_tailhook")).with_file_name("tailhook-hook");
    assert!(program.exists(), "no hook yet: cargo build -p tailhook-hook");
    program
}

/// A daemon that ends with this.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) port: u16,
    pub(crate) pid: u32,
    pub(crate) token: String,
}

impl Daemon {
    pub(crate) fn start(home: &Home, port: &str) -> Self {
        Self::start_with(home, &["--port", port])
    }

    pub(crate) fn start_with(home: &Home, arguments: &[&str]) -> Self {
        let mut child = home
            .tailhook(&["serve", "--json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the daemon starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("the ready line");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not a ready line: {line:?}"));
        assert_eq!(ready["ready"], true);
        let token = std::fs::read_to_string(home.path.join("token")).expect("the token").trim().to_owned();
        let port = ready["port"].as_u64().and_then(|port| port.try_into().ok()).expect("a port");
        Self { pid: child.id(), child, port, token }
    }

    /// Ends it as SIGKILL does.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Ends it as a user does; true: it ended well.
    pub(crate) fn terminate(mut self) -> bool {
        signal(self.pid, rustix::process::Signal::TERM);
        self.child.wait().expect("it ends").success()
    }

    /// One request with the token; status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.request("GET", path, &[("Authorization", &format!("Bearer {}", self.token))], b"");
        let body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        (answer.status, body)
    }

    /// One request as it is written here, byte for byte: tests of the guard need headers no library would send.
    pub(crate) fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).expect("the daemon listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            let _ = write!(text, "Host: 127.0.0.1:{}\r\n", self.port);
        }
        for (name, value) in headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text.push_str("\r\n");
        socket.write_all(text.as_bytes()).expect("sent");
        // A body that is too large is refused before all of it was read.
        let _ = socket.write_all(body);
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        Answer::parse(&answer)
    }

    /// Waits until so many events are stored.
    pub(crate) fn wait_for_seq(&self, seq: u64) {
        let start = Instant::now();
        while self.get("/healthz").1["seq"].as_u64() < Some(seq) {
            assert!(start.elapsed() < PATIENCE, "seq {seq} never came: {:?}", self.get("/api/v1/stats"));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process that this test started.
pub(crate) fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("not 0");
    rustix::process::kill_process(pid, signal).expect("it runs");
}

/// An HTTP answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(bytes.len());
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head, body: bytes.get(end + 4..).unwrap_or_default().to_vec() }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What a program printed.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
