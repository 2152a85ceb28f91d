//! A daemon of another version: it runs on when the programs are replaced.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use rustix::fs::{FlockOperation, flock};

use super::seen;
use crate::support::Home;

/// A process that holds a daemon's lock, and a thread of ours that answers in its place as little as it must.
struct Daemon(Child);

impl Daemon {
    fn start(home: &Home, version: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        std::fs::create_dir_all(&home.path).expect("the home");
        std::fs::write(home.path.join("token"), "0".repeat(64)).expect("the token");
        let file = File::options().create(true).truncate(true).write(true).open(home.path.join("daemon.json"));
        let mut file = file.expect("the daemon's file");
        flock(&file, FlockOperation::NonBlockingLockExclusive).expect("nobody else has it");
        // The lock goes with the file to the process that inherits it.
        let held = file.try_clone().expect("a second handle");
        let holder = Command::new("sleep").arg("1000").stdin(Stdio::from(held)).spawn().expect("sleep starts");
        let said = serde_json::json!({
            "pid": holder.id(), "port": port, "url": format!("http://127.0.0.1:{port}/"), "version": version,
        });
        file.write_all(said.to_string().as_bytes()).expect("written");
        std::thread::spawn(move || listener.incoming().flatten().for_each(|client| answer(client, version)));
        Self(holder)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The numbers of long ago; whatever was added since is not there.
fn answer(mut client: std::net::TcpStream, version: &str) {
    let mut request = String::new();
    let mut reader = BufReader::new(client.try_clone().expect("a second handle"));
    while reader.read_line(&mut request).is_ok_and(|read| read > 2) {}
    let spread = r#"{"p50":1,"p99":2,"max":3,"count":4}"#;
    let (status, body) = if request.starts_with("GET /api/v1/stats ") {
        let body = format!(
            r#"{{"version":"{version}","pid":1,"uptime_s":5,"subscribers":0,"seq":7,"hook_us":{spread},"delivery_us":{spread},
                "commit_us":{spread},"lag_bytes":0,"events":{{"stored":7,"torn":0,"dropped":0,"lost":0,"spooled":0,
                "truncated":0,"malformed":0}}}}"#
        );
        ("200 OK", body)
    } else {
        ("404 Not Found", r#"{"error":"no such path"}"#.to_owned())
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n");
    let _ = write!(client, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
}

#[test]
fn an_older_daemon_is_named_with_what_mends_it() {
    let home = Home::new();
    let _daemon = Daemon::start(&home, "0.0.9");
    let commands: [&[&str]; 8] = [
        &["status"],
        &["up"],
        &["tail", "--no-follow"],
        &["profile"],
        &["verify"],
        &["open", "--print"],
        &["restart", "--port", "0"],
        &["up"],
    ];
    assert_seen!(home, seen(&home, &commands));
}

#[test]
fn beside_a_newer_daemon_the_command_is_the_old_one() {
    let home = Home::new();
    let _daemon = Daemon::start(&home, "99.0.0");
    assert_seen!(home, seen(&home, &[&["status"], &["up"], &["profile"], &["down"]]));
}
