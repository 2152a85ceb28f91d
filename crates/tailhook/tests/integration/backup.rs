//! `tailhook backup`: a copy of one moment, which opens as a store.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::stored::Store;
use crate::support::{Home, text};

#[test]
fn a_backup_made_while_events_come_opens_as_a_store() {
    let home = Home::new();
    let daemon = home.serve();
    let payload = |n: u32| json!({ "session_id": "s", "hook_event_name": "Stop", "n": n }).to_string().into_bytes();
    for n in 0..50 {
        home.hook(&payload(n));
    }
    daemon.wait_for_seq(50);
    let other = Home::new();
    std::fs::create_dir_all(&other.path).expect("a home");
    let file = other.path.join("tailhook.db");
    let done = AtomicBool::new(false);
    let backup = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut n = 50;
            while !done.load(Ordering::Relaxed) {
                home.hook(&payload(n));
                n += 1;
            }
        });
        let backup = home.run(&["backup", "--json", &file.display().to_string()]);
        done.store(true, Ordering::Relaxed);
        backup
    });
    assert!(backup.status.success(), "{backup:?}");
    let said: Value = serde_json::from_slice(&backup.stdout).expect("JSON");
    let events = said["events"].as_u64().expect("a count");
    assert!(events >= 50 && said["seq"] == events && said["bytes"] == file.metadata().expect("the file").len());

    let again = home.run(&["backup", &file.display().to_string()]);
    assert!(!again.status.success() && text(&again.stderr).contains("hint: another name, or --force"), "{again:?}");
    drop(daemon);
    let offline = home.path.join("offline.db");
    assert!(home.run(&["backup", &offline.display().to_string()]).status.success(), "no daemon is needed");
    assert!(home.run(&["backup", "--force", &offline.display().to_string()]).status.success());
    assert!(!home.run(&["backup", "/nowhere/x.db"]).status.success());

    let copy = other.serve();
    let (status, page) = copy.get("/api/v1/events?limit=1000&q=stop");
    assert_eq!((status, page["events"].as_array().expect("events").len() as u64), (200, events));
    other.hook(&payload(1_000));
    copy.wait_for_seq(events + 1);
    assert_eq!(Store::open(&other).payloads().len() as u64, events + 1);
}
