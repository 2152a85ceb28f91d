//! A store that cannot be written: it is said, events wait, and all are stored once when it works again.

mod moved;
mod read_only;

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stored::{Store, wait_until};
use crate::support::{Daemon, Home, Mount, PATIENCE, text};

fn payload(n: u64, filling: usize) -> Vec<u8> {
    // Nothing that compresses well.
    let mut state = n + 1;
    let noise: String = (0..filling)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'!' + 2 + (state >> 33) as u8 % 50)
        })
        .filter(|c| *c != '\\')
        .collect();
    json!({ "session_id": "s", "hook_event_name": "Stop", "n": n, "noise": noise }).to_string().into_bytes()
}

fn wait_for_health(daemon: &Daemon, status: &str) -> Value {
    let start = Instant::now();
    loop {
        let (code, health) = daemon.get("/healthz");
        assert_eq!(code, 200);
        if health["status"] == status {
            return health;
        }
        assert!(start.elapsed() < PATIENCE, "never {status}: {health}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Of our events; the doctor has one of its own.
fn numbers(home: &Home) -> Vec<u64> {
    let number = |payload: Vec<u8>| serde_json::from_slice::<Value>(&payload).ok()?["n"].as_u64();
    Store::open(home).payloads().into_iter().filter_map(number).collect()
}

#[test]
fn a_full_disk_is_told_and_nothing_is_lost() {
    let home = Home::new();
    let disk = home.path.with_file_name("disk");
    let Some(mount) = Mount::new(&disk, "size=3m") else { return };
    std::fs::create_dir_all(&home.path).expect("the home");
    std::os::unix::fs::symlink(disk.join("tailhook.db"), home.path.join("tailhook.db")).expect("a link");
    let daemon = home.serve();
    home.hook(&payload(0, 10));
    daemon.wait_for_seq(1);
    let mut sent = 1;
    while daemon.get("/healthz").1["status"] == "ok" {
        home.hook(&payload(sent, 60_000));
        sent += 1;
        assert!(sent < 500, "the disk never fills");
    }
    let health = wait_for_health(&daemon, "trouble");
    assert!(health["error"].as_str().expect("an error").contains("full"), "{health}");
    assert!(health["hint"].as_str().expect("a hint").starts_with("df -h"), "{health}");
    let status = home.run(&["status"]);
    assert_eq!(status.status.code(), Some(6), "{status:?}");
    assert!(text(&status.stderr).contains("hint: df -h"), "{status:?}");
    home.hook(&payload(sent, 10));
    sent += 1;
    let grown = Command::new("mount").args(["-o", "remount,size=64m"]).arg(&mount.0).status().expect("mount runs");
    assert!(grown.success());
    wait_for_health(&daemon, "ok");
    daemon.wait_for_seq(sent);
    assert_eq!(numbers(&home), (0..sent).collect::<Vec<_>>());
    assert!(daemon.terminate());
}

#[test]
fn a_store_that_another_program_holds_is_waited_for() {
    let home = Home::new();
    let daemon = home.serve();
    home.hook(&payload(0, 10));
    daemon.wait_for_seq(1);
    #[expect(clippy::disallowed_methods, reason = "the other program")]
    let other = rusqlite::Connection::open(home.path.join("tailhook.db")).expect("the store");
    other.execute_batch("BEGIN IMMEDIATE").expect("held");
    for n in 1..10 {
        home.hook(&payload(n, 10));
    }
    let health = wait_for_health(&daemon, "trouble");
    assert!(health["error"].as_str().expect("an error").contains("locked"), "{health}");
    assert!(health["hint"].as_str().expect("a hint").contains("fuser"), "{health}");
    other.execute_batch("ROLLBACK").expect("let go");
    wait_for_health(&daemon, "ok");
    daemon.wait_for_seq(10);
    assert_eq!(numbers(&home), (0..10).collect::<Vec<_>>());
}

#[test]
fn the_log_the_doctor_and_status_name_it() {
    let home = Home::new();
    assert!(home.run(&["up", "--port", "0"]).status.success());
    #[expect(clippy::disallowed_methods, reason = "the other program")]
    let other = rusqlite::Connection::open(home.path.join("tailhook.db")).expect("the store");
    other.execute_batch("BEGIN IMMEDIATE").expect("held");
    home.hook(&payload(0, 10));
    let log = || text(&std::fs::read(home.path.join("daemon.log")).unwrap_or_default());
    wait_until("the log says so", || {
        log().contains("locked; events wait in the journal; hint: another program holds tailhook.db: fuser -v")
    });
    let status = home.run(&["status"]);
    assert_eq!(status.status.code(), Some(6), "{status:?}");
    assert!(text(&status.stderr).contains("locked") && text(&status.stderr).contains("fuser -v"), "{status:?}");
    let doctor: Value = serde_json::from_slice(&home.run(&["doctor", "--json"]).stdout).expect("JSON");
    assert!(doctor.to_string().contains("locked"), "{doctor}");
    other.execute_batch("ROLLBACK").expect("let go");
    wait_until("the log says that it is over", || log().contains("the store works again"));
    assert!(home.run(&["status"]).status.success());
}

#[test]
fn a_damaged_store_is_set_aside_and_never_deleted() {
    let home = Home::new();
    let daemon = home.serve();
    home.hook(&payload(0, 10));
    daemon.wait_for_seq(1);
    assert!(daemon.terminate());
    let database = home.path.join("tailhook.db");
    let mut bytes = std::fs::read(&database).expect("the store");
    let middle = bytes.len() / 2;
    bytes[..100].fill(b'x');
    bytes[middle..].fill(0xFF);
    std::fs::write(&database, &bytes).expect("damaged");

    let serve = home.run(&["serve", "--port", "0"]);
    assert_eq!(serve.status.code(), Some(6), "{serve:?}");
    let said = text(&serve.stderr);
    assert!(said.contains("is damaged") && said.contains("hint: tailhook doctor --fix"), "{said}");
    home.hook(&payload(1, 10));

    let doctor = home.run(&["doctor", "--json"]);
    assert!(text(&doctor.stdout).contains("tailhook.db.damaged"), "{doctor:?}");
    assert_eq!(std::fs::read(&database).expect("the store"), bytes, "a check changes nothing");
    home.configure("port = 0\n");
    home.run(&["doctor", "--fix"]);
    assert_eq!(std::fs::read(home.path.join("tailhook.db.damaged")).expect("set aside"), bytes);
    let start = Instant::now();
    while !numbers(&home).contains(&1) {
        assert!(start.elapsed() < PATIENCE, "the event that waited is not stored");
        std::thread::sleep(Duration::from_millis(20));
    }
    // What the journal still has of the damaged store's events is in the new one as well.
    assert_eq!(numbers(&home), [0, 1]);
    home.run(&["down"]);
}

#[test]
fn a_home_that_cannot_be_written_is_told() {
    let home = Home::new();
    let Some(mount) = Mount::new(&home.path, "size=3m,mode=700") else { return };
    assert!(Command::new("mount").args(["-o", "remount,ro"]).arg(&mount.0).status().expect("mount runs").success());
    let serve = home.run(&["serve", "--port", "0"]);
    assert!(!serve.status.success());
    let said = text(&serve.stderr);
    assert!(said.contains("Read-only") && said.contains("hint: ls -ld"), "{said}");
    assert!(Command::new("mount").args(["-o", "remount,rw"]).arg(&mount.0).status().expect("mount runs").success());
    let daemon = home.serve();
    home.hook(&payload(0, 10));
    daemon.wait_for_seq(1);
}

#[test]
fn a_store_of_a_newer_program_is_refused_and_events_wait() {
    let home = Home::new();
    let daemon = home.serve();
    home.hook(&payload(0, 10));
    daemon.wait_for_seq(1);
    assert!(daemon.terminate());
    let set_format = |format: &str| {
        #[expect(clippy::disallowed_methods, reason = "the other program")]
        let store = rusqlite::Connection::open(home.path.join("tailhook.db")).expect("the store");
        let before: i64 = store.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("a number");
        store.execute_batch(&format!("PRAGMA user_version = {format}")).expect("written");
        before.to_string()
    };
    let ours = set_format("1000");
    let serve = home.run(&["serve", "--port", "0"]);
    assert_eq!(serve.status.code(), Some(6), "{serve:?}");
    let said = text(&serve.stderr);
    assert!(said.contains("its format is 1000, this program knows up to") && said.contains("hint: update"), "{said}");
    home.hook(&payload(1, 10));
    assert_eq!(set_format(&ours), "1000");
    home.serve().wait_for_seq(2);
    assert_eq!(numbers(&home), [0, 1]);
}
