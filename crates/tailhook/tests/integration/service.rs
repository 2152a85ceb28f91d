//! The daemon under a service manager: sockets handed over, what it says on the notification socket, and the units.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::Signal;

use crate::support::{Home, PATIENCE, signal, text};

/// Ended with this.
struct Managed(Child);

impl Drop for Managed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the daemon as a service manager does, with the listener as its file 3.
fn activate(home: &Home, listener: Option<&TcpListener>, variables: &[(&str, &str)]) -> Managed {
    Managed(activation(home, listener, variables).spawn().expect("sh starts"))
}

fn activation(home: &Home, listener: Option<&TcpListener>, variables: &[(&str, &str)]) -> Command {
    let serve = home.tailhook(&["serve", "--json"]);
    // A shell moves the socket to its place and names itself, whose place the daemon then takes.
    let script = match listener {
        Some(_) => r#"exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$0" "$@""#,
        None => r#"exec "$0" "$@""#,
    };
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(serve.get_program()).args(serve.get_args()).stdout(Stdio::piped());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.envs(variables.iter().copied());
    command.stdin(listener.map_or_else(Stdio::null, |listener| {
        Stdio::from(OwnedFd::from(listener.try_clone().expect("a second handle")))
    }));
    command
}

fn ready_line(daemon: &mut Managed) -> serde_json::Value {
    let mut line = String::new();
    BufReader::new(daemon.0.stdout.take().expect("piped")).read_line(&mut line).expect("the ready line");
    serde_json::from_str(&line).unwrap_or_else(|_| panic!("not a ready line: {line:?}"))
}

fn health(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("somebody listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_socket_that_is_handed_over_is_used() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    for _ in 0..2 {
        // A client may come before the daemon does, and while it is started again: it waits.
        let early = std::thread::spawn(move || health(port));
        let mut daemon = activate(&home, Some(&listener), &[]);
        assert_eq!(ready_line(&mut daemon)["port"], port);
        assert!(early.join().expect("an answer").starts_with("HTTP/1.1 200"));
        assert!(text(&home.run(&["status"]).stdout).contains("run by the service manager"));
        signal(daemon.0.id(), Signal::TERM);
        assert!(daemon.0.wait().expect("it ends").success());
    }
}

#[test]
fn a_socket_that_others_can_reach_is_refused() {
    let home = Home::new();
    let listener = TcpListener::bind("0.0.0.0:0").expect("a port");
    let output = activation(&home, Some(&listener), &[]).output().expect("sh starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("is not on loopback"), "{output:?}");
}

/// What a service manager hears on its socket.
struct Notices(UnixDatagram, PathBuf);

impl Notices {
    fn listen(home: &Home) -> Self {
        std::fs::create_dir_all(&home.path).expect("the home");
        let path = home.path.join("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Self(socket, path)
    }

    fn until(&self, line: &str) {
        let mut buffer = [0; 4_096];
        loop {
            let length = self.0.recv(&mut buffer).unwrap_or_else(|error| panic!("no {line}: {error}"));
            if text(&buffer[..length]).lines().any(|said| said == line) {
                return;
            }
        }
    }
}

#[test]
fn the_service_manager_is_told() {
    let home = Home::new();
    let notices = Notices::listen(&home);
    let path = notices.1.to_str().expect("text");
    let variables = [("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "200000"), ("TAILHOOK_PORT", "0")];
    let mut daemon = activate(&home, None, &variables);
    notices.until("READY=1");
    notices.until("WATCHDOG=1");
    notices.until("WATCHDOG=1");
    signal(daemon.0.id(), Signal::HUP);
    notices.until("RELOADING=1");
    notices.until("READY=1");
    signal(daemon.0.id(), Signal::TERM);
    notices.until("STOPPING=1");
    assert!(daemon.0.wait().expect("it ends").success());
}

#[test]
fn without_a_watchdog_nothing_ticks() {
    let home = Home::new();
    let notices = Notices::listen(&home);
    let path = notices.1.to_str().expect("text");
    let mut daemon = activate(&home, None, &[("NOTIFY_SOCKET", path), ("TAILHOOK_PORT", "0")]);
    notices.until("READY=1");
    signal(daemon.0.id(), Signal::TERM);
    let mut buffer = [0; 4_096];
    let length = notices.0.recv(&mut buffer).expect("it says that it ends");
    assert_eq!(text(&buffer[..length]).trim(), "STOPPING=1", "nothing in between");
    assert!(daemon.0.wait().expect("it ends").success());
}

/// A home with a `systemctl` that writes down what it is told: the real one would change the machine of whoever runs this.
struct Desk {
    home: Home,
    config: PathBuf,
    programs: PathBuf,
}

impl Desk {
    /// With `reachable` it does as it is told; nothing is ever active there.
    fn new(reachable: bool) -> Self {
        let home = Home::new();
        let (config, programs) = (home.path.join("user/.config"), home.path.join("bin"));
        std::fs::create_dir_all(&programs).expect("a folder");
        let systemctl = programs.join("systemctl");
        let script = format!(
            "#!/bin/sh\necho \"$*\" >> '{}'\ncase \"$*\" in *is-active*) exit 3;; esac\nexit {}\n",
            home.path.join("said").display(),
            i32::from(!reachable)
        );
        std::fs::write(&systemctl, script).expect("systemctl");
        std::fs::set_permissions(&systemctl, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        Self { home, config, programs }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.home.tailhook(arguments);
        let path = format!("{}:/usr/bin:/bin", self.programs.display());
        command.env("XDG_CONFIG_HOME", &self.config).env("TAILHOOK_PORT", "8799").env("PATH", path);
        command.output().expect("it runs")
    }

    fn well(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout)
    }

    fn unit(&self, name: &str) -> PathBuf {
        self.config.join("systemd/user").join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.unit(name)).expect("a unit")
    }

    /// What `systemctl` was told, questions left out; forgotten then.
    fn said(&self) -> Vec<String> {
        let file = self.home.path.join("said");
        let said = std::fs::read_to_string(&file).unwrap_or_default();
        let _ = std::fs::remove_file(file);
        let is_question = |line: &&str| line.contains("show-environment") || line.contains("is-active");
        said.lines().filter(|line| !is_question(line)).map(str::to_owned).collect()
    }
}

#[test]
#[cfg(target_os = "linux")]
fn units_are_written_verified_and_removed() {
    let desk = Desk::new(true);
    let said = desk.well(&["service", "install", "--dry-run"]);
    assert!(said.contains("+ListenStream=127.0.0.1:8799") && said.contains("dry run"), "{said}");
    assert!(!desk.unit("tailhook.socket").exists() && desk.said().is_empty(), "a dry run changes nothing");
    assert_eq!(desk.run(&["service", "install"]).status.code(), Some(2), "nobody can be asked");
    assert!(!desk.unit("tailhook.socket").exists());

    desk.well(&["service", "install", "--yes"]);
    let enable = "--user enable --now tailhook.socket tailhook.service";
    assert_eq!(desk.said(), ["--user daemon-reload", enable]);
    let units = ["tailhook.socket", "tailhook.service"].map(|name| desk.read(name));
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r#"ExecStart="[^"]*""#, r#"ExecStart="[PROGRAM]""#);
    settings.add_filter("TAILHOOK_HOME=[^\"]*", "TAILHOOK_HOME=[HOME]");
    settings.bind(|| insta::assert_snapshot!("units", units.join("\n")));
    verify(&desk);

    let again: serde_json::Value =
        serde_json::from_str(&desk.well(&["service", "install", "--yes", "--json"])).expect("JSON");
    assert_eq!((&again["state"], &again["reachable"]), (&"unchanged".into(), &true.into()));
    assert_eq!(["tailhook.socket", "tailhook.service"].map(|name| desk.read(name)), units);
    desk.said();

    desk.well(&["service", "uninstall", "--dry-run"]);
    assert!(desk.unit("tailhook.service").exists() && desk.said().is_empty());
    desk.well(&["service", "uninstall", "--yes"]);
    let disable = "--user disable --now tailhook.socket tailhook.service";
    assert_eq!(desk.said(), [disable, "--user daemon-reload"]);
    assert_eq!(std::fs::read_dir(desk.config.join("systemd/user")).expect("the folder").count(), 0);
    assert!(desk.well(&["service", "uninstall", "--yes"]).contains("not installed"));
}

/// By systemd itself, where there is one.
#[cfg(target_os = "linux")]
fn verify(desk: &Desk) {
    let verify = Command::new("systemd-analyze")
        .args(["verify", "--user", "--man=no"])
        .args([desk.unit("tailhook.service"), desk.unit("tailhook.socket")])
        .env("XDG_RUNTIME_DIR", &desk.home.path)
        .output();
    match verify {
        // Units of the machine that are wrong are not ours.
        Ok(output) => assert!(!text(&output.stderr).contains("tailhook."), "{}", text(&output.stderr)),
        Err(_) => eprintln!("skipped: there is no systemd-analyze"),
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_unit_of_somebody_else_is_never_touched() {
    let desk = Desk::new(true);
    std::fs::create_dir_all(desk.unit("").as_path()).expect("the folder");
    let foreign = "[Service]\nExecStart=/bin/true\n";
    std::fs::write(desk.unit("tailhook.service"), foreign).expect("a unit");
    let output = desk.run(&["service", "install", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("somebody else wrote"), "{output:?}");
    assert!(!desk.unit("tailhook.socket").exists(), "all or nothing");
    let said = desk.well(&["service", "uninstall", "--yes"]);
    assert!(said.contains("left "), "{said}");
    assert_eq!(desk.read("tailhook.service"), foreign);
    assert!(desk.said().is_empty());
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_manager_the_commands_are_told() {
    let desk = Desk::new(false);
    let said = desk.well(&["service", "install", "--yes"]);
    assert!(said.contains("systemctl --user enable --now tailhook.socket tailhook.service"), "{said}");
    assert!(desk.said().is_empty());
    // What `systemctl enable` makes goes with the units, and nothing else does.
    let wants = desk.unit("default.target.wants");
    std::fs::create_dir_all(&wants).expect("a folder");
    std::os::unix::fs::symlink(desk.unit("tailhook.service"), wants.join("tailhook.service")).expect("a link");
    std::os::unix::fs::symlink("/dev/null", wants.join("other.service")).expect("a link");
    desk.well(&["service", "uninstall", "--yes"]);
    assert!(wants.join("other.service").is_symlink() && !wants.join("tailhook.service").is_symlink());
}

#[test]
#[cfg(target_os = "linux")]
fn up_starts_the_service_of_this_home_alone() {
    let desk = Desk::new(true);
    desk.well(&["service", "install", "--yes"]);
    desk.said();
    // That systemctl starts nothing, which is told.
    let output = desk.run(&["up"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(desk.said(), ["--user start tailhook.socket tailhook.service"]);
    let unit = desk.read("tailhook.service").replace("TAILHOOK_HOME=", "TAILHOOK_HOME=/elsewhere");
    std::fs::write(desk.unit("tailhook.service"), unit).expect("a unit");
    assert!(desk.well(&["down"]).contains("not running"));
    assert!(desk.said().is_empty());
}
