//! The daemon's comings and goings.

use std::net::TcpListener;

use super::{one, seen};
use crate::support::{Home, Mount};

#[test]
fn up_restart_and_down() {
    let home = Home::new();
    let commands: [&[&str]; 10] = [
        &["down"],
        &["restart", "--port", "0"],
        &["up"],
        &["up", "--json"],
        &["serve", "--port", "0"],
        &["restart"],
        &["restart", "--json"],
        &["down"],
        &["down", "--json"],
        &["up", "--port", "0", "--json"],
    ];
    assert_seen!(home, seen(&home, &commands));
}

#[test]
fn after_a_daemon_that_was_killed_the_next_one_starts() {
    let home = Home::new();
    home.hook(br#"{"session_id":"s","hook_event_name":"Stop"}"#);
    home.serve().kill();
    // It waits for the one event, which the daemon may not have stored yet.
    let tail = ["tail", "--since", "0", "--limit", "1"];
    assert_seen!(home, seen(&home, &[&["restart", "--port", "0"], &tail, &["down"]]));
}

#[test]
fn on_a_port_that_is_taken() {
    let home = Home::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let commands: [&[&str]; 3] = [&["up", "--port", &port], &["serve", "--port", &port], &["status"]];
    assert_seen!(home, seen(&home, &commands));
}

#[test]
fn on_a_disk_without_room() {
    let home = Home::new();
    let Some(_mount) = Mount::new(&home.path, "size=16k") else { return };
    let filler = std::fs::write(home.path.join("filler"), vec![0; 64 << 10]);
    assert_eq!(filler.expect_err("no room").kind(), std::io::ErrorKind::StorageFull);
    assert_seen!(
        home,
        seen(&home, &[&["token"], &["config", "--init"], &["up", "--port", "0"], &["status"], &["down"]])
    );
}

/// What is printed may go to a disk as well.
#[cfg(target_os = "linux")]
#[test]
fn into_a_file_without_room() {
    let (home, _daemon) = super::busy();
    let mut said = String::new();
    let commands: [&[&str]; 5] =
        [&["status"], &["tail", "--no-follow"], &["export"], &["config"], &["completions", "bash"]];
    for arguments in commands {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
        said.push_str(&one(home.tailhook(arguments).stdout(full), arguments));
    }
    assert_seen!(home, said);
}
