//! `tailhook restore`: a backup becomes the store, and nothing is deleted for it.

use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::stored::{Store, wait_until};
use crate::support::{Daemon, Home, signal, text};

fn send(home: &Home, numbers: std::ops::Range<u64>) {
    for n in numbers {
        home.hook(json!({ "session_id": "s", "hook_event_name": "Stop", "n": n }).to_string().as_bytes());
    }
}

/// Of the events in the store, in their order.
fn numbers(home: &Home) -> Vec<u64> {
    let number = |payload: Vec<u8>| serde_json::from_slice::<Value>(&payload).expect("JSON")["n"].as_u64();
    Store::open(home).payloads().into_iter().filter_map(number).collect()
}

fn backup(home: &Home) -> String {
    let file = home.path.with_file_name("saved.db").display().to_string();
    let output = home.run(&["backup", "--force", &file]);
    assert!(output.status.success(), "{output:?}");
    file
}

/// A home whose daemon has stored ten events, five of them after its backup.
fn home_with_backup() -> (Home, Daemon, String) {
    let home = Home::new();
    let daemon = home.serve();
    send(&home, 0..5);
    daemon.wait_for_seq(5);
    let file = backup(&home);
    send(&home, 5..10);
    daemon.wait_for_seq(10);
    (home, daemon, file)
}

#[test]
fn what_the_journal_still_holds_of_later_events_is_stored_again() {
    let (home, daemon, file) = home_with_backup();
    let refused = home.run(&["restore", &file]);
    assert_eq!(refused.status.code(), Some(5), "{refused:?}");
    assert!(text(&refused.stderr).contains("hint: tailhook down, and tailhook up"), "{refused:?}");
    assert_eq!(numbers(&home), (0..10).collect::<Vec<_>>(), "nothing was touched");

    assert!(daemon.terminate());
    let output = home.run(&["restore", "--json", &file]);
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&said["events"], &said["seq"]), (&json!(5), &json!(5)), "{said}");
    let before = home.path.join("tailhook.db.before-restore");
    assert_eq!(said["before"], json!(before.canonicalize().expect("it is there")));
    assert_eq!(numbers(&home), (0..5).collect::<Vec<_>>());
    assert!(Path::new(&file).exists(), "it can be restored again");
    let left: Vec<_> = std::fs::read_dir(&home.path).expect("the home").filter_map(Result::ok).collect();
    assert!(left.iter().all(|file| !file.file_name().to_string_lossy().contains(".partial")), "{left:?}");

    let daemon = home.serve();
    daemon.wait_for_seq(10);
    send(&home, 10..11);
    daemon.wait_for_seq(11);
    assert_eq!(
        daemon.get("/api/v1/events?q=stop&limit=100").1["events"].as_array().map(Vec::len),
        Some(11),
        "found anew"
    );
    assert!(daemon.terminate());
    assert_eq!(numbers(&home), (0..11).collect::<Vec<_>>());
}

#[test]
fn the_log_of_a_killed_daemon_goes_with_its_store() {
    let (home, daemon, file) = home_with_backup();
    signal(daemon.pid, Signal::KILL);
    // A process that dies lets go of its locks a moment later.
    wait_until("it is restored", || home.run(&["restore", &file]).status.success());
    assert!(home.path.join("tailhook.db.before-restore-wal").exists(), "it had no time to put it away");
    assert!(home.run(&["restore", &file]).status.success());
    assert!(home.path.join("tailhook.db.before-restore.1").exists(), "none is lost");
    assert_eq!(numbers(&home), (0..5).collect::<Vec<_>>());

    // The way back is the same.
    let before = home.path.join("tailhook.db.before-restore").display().to_string();
    assert!(home.run(&["restore", &before]).status.success());
    assert_eq!(numbers(&home), (0..10).collect::<Vec<_>>());
}

#[test]
fn what_is_no_backup_is_refused_and_changes_nothing() {
    let (home, daemon, file) = home_with_backup();
    assert!(daemon.terminate());
    let damaged = home.path.with_file_name("damaged.db");
    let mut bytes = std::fs::read(&file).expect("the backup");
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0xFF);
    std::fs::write(&damaged, bytes).expect("damaged");
    let foreign = home.path.with_file_name("foreign.db");
    #[expect(clippy::disallowed_methods, reason = "another program's")]
    let other = rusqlite::Connection::open(&foreign).expect("a database");
    other.execute_batch("CREATE TABLE event (a); PRAGMA user_version = 3").expect("written");
    drop(other);
    let words = home.path.with_file_name("words.txt");
    std::fs::write(&words, "no database at all").expect("written");

    let store = std::fs::read(home.path.join("tailhook.db")).expect("the store");
    for (file, code, why) in [
        (&damaged, 6, "damaged.db is damaged: "),
        (&foreign, 6, "foreign.db is no store of tailhook"),
        (&words, 6, "words.txt is no store of tailhook"),
        (&home.path.join("nowhere.db"), 1, "could not read the backup"),
        (&home.path.join("tailhook.db"), 2, "the backup is the store itself"),
    ] {
        let refused = home.run(&["restore", &file.display().to_string()]);
        assert_eq!(refused.status.code(), Some(code), "{refused:?}");
        assert!(text(&refused.stderr).contains(why) && text(&refused.stderr).contains("hint: "), "{refused:?}");
    }
    assert_eq!(std::fs::read(home.path.join("tailhook.db")).expect("the store"), store);
    let names = std::fs::read_dir(&home.path).expect("the home").filter_map(Result::ok);
    let names = names.map(|file| file.file_name().to_string_lossy().into_owned());
    let changed: Vec<_> = names.filter(|name| name.contains("before") || name.contains("partial")).collect();
    assert!(changed.is_empty(), "{changed:?}");
    assert_eq!(numbers(&home), (0..10).collect::<Vec<_>>());
}
