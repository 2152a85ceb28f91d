//! A store that turns read-only, or is so from the start.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{numbers, payload, wait_for_health};
use crate::stored::wait_until;
use crate::support::{Daemon, Home, Immutable, Mount, text};

/// The store and its log, if it has one.
fn files(home: &Home) -> Vec<PathBuf> {
    ["tailhook.db", "tailhook.db-wal"]
        .map(|name| home.path.join(name))
        .into_iter()
        .filter(|file| file.exists())
        .collect()
}

fn remount(folder: &Path, how: &str) {
    let mount = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(folder).status();
    assert!(mount.expect("mount runs").success());
}

/// How many events a client reads.
fn read(daemon: &Daemon) -> usize {
    let (status, page) = daemon.get("/api/v1/events");
    assert_eq!(status, 200, "{page}");
    page["events"].as_array().expect("a list").len()
}

#[test]
fn a_store_that_turns_read_only_is_told_and_nothing_is_lost() {
    let home = Home::new();
    let daemon = home.serve();
    home.hook(&payload(0, 10));
    daemon.wait_for_seq(1);
    let Some(immutable) = Immutable::new(&files(&home)) else { return };
    for n in 1..10 {
        home.hook(&payload(n, 10));
    }
    let health = wait_for_health(&daemon, "trouble");
    assert!(health["hint"].as_str().is_some_and(|hint| hint.contains("lsattr")), "{health}");
    // What the page shows.
    let stats = daemon.get("/api/v1/stats").1;
    assert_eq!((&stats["store_trouble"], &stats["store_hint"]), (&health["error"], &health["hint"]));
    assert_eq!((&stats["seq"], &stats["store_failures"]), (&1.into(), &1.into()));
    assert!(stats["lag_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "they wait: {stats}");
    let command = home.run(&["status"]);
    assert_eq!(command.status.code(), Some(6), "{command:?}");
    assert!(text(&command.stderr).contains("lsattr"), "{command:?}");
    assert_eq!(read(&daemon), 1);
    drop(immutable);
    wait_for_health(&daemon, "ok");
    daemon.wait_for_seq(10);
    assert_eq!(read(&daemon), 10);
    assert!(daemon.terminate());
    assert_eq!(numbers(&home), (0..10).collect::<Vec<_>>());
}

#[test]
fn a_store_that_was_read_only_at_the_start_is_written_once_it_can_be() {
    let home = Home::new();
    let daemon = home.serve();
    home.hook(&payload(0, 10));
    daemon.wait_for_seq(1);
    assert!(daemon.terminate());
    let Some(immutable) = Immutable::new(&files(&home)) else { return };
    assert!(home.run(&["up", "--port", "0"]).status.success(), "it is there for who reads");
    for n in 1..10 {
        home.hook(&payload(n, 10));
    }
    let log = || text(&std::fs::read(home.path.join("daemon.log")).unwrap_or_default());
    wait_until("the log says so", || log().contains("readonly"));
    assert!(log().contains("events wait in the journal; hint: make the state folder writable"), "{}", log());
    let command = home.run(&["status"]);
    assert_eq!(command.status.code(), Some(6), "{command:?}");
    let stats = || serde_json::from_slice::<Value>(&home.run(&["status", "--json"]).stdout).expect("JSON");
    assert!(stats()["store_trouble"].as_str().is_some_and(|trouble| trouble.contains("readonly")), "{}", stats());
    assert_eq!(text(&home.run(&["export"]).stdout).lines().count(), 1);
    drop(immutable);
    wait_until("it is written again", || log().contains("the store works again"));
    wait_until("all is stored", || stats()["events"]["stored"] == 10);
    assert_eq!(stats()["store_trouble"], Value::Null);
    assert!(home.run(&["down"]).status.success());
    assert_eq!(numbers(&home), (0..10).collect::<Vec<_>>());
}

/// With a store of before, and with none.
#[test]
fn a_file_system_that_is_read_only_at_the_start_is_named_and_events_wait() {
    for stored in [0, 1] {
        let home = Home::new();
        let disk = home.path.with_file_name("disk");
        let Some(mount) = Mount::new(&disk, "size=16m") else { return };
        std::fs::create_dir_all(&home.path).expect("the home");
        symlink(disk.join("tailhook.db"), home.path.join("tailhook.db")).expect("a link");
        if stored > 0 {
            let daemon = home.serve();
            home.hook(&payload(0, 10));
            daemon.wait_for_seq(stored);
            assert!(daemon.terminate());
        }
        remount(&mount.0, "ro");
        for n in stored..10 {
            home.hook(&payload(n, 10));
        }
        let serve = home.run(&["serve", "--port", "0"]);
        assert_eq!(serve.status.code(), Some(6), "{serve:?}");
        let said = text(&serve.stderr);
        assert!(said.contains("could not open the store") && said.contains("hint: ls -ld"), "{said}");
        remount(&mount.0, "rw");
        let daemon = home.serve();
        daemon.wait_for_seq(10);
        assert_eq!(read(&daemon), 10);
        assert!(daemon.terminate());
        assert_eq!(numbers(&home), (0..10).collect::<Vec<_>>());
    }
}

#[test]
fn a_folder_in_place_of_the_store_is_named_and_events_wait() {
    let home = Home::new();
    let store = home.path.join("tailhook.db");
    std::fs::create_dir_all(&store).expect("a folder");
    home.hook(&payload(0, 10));
    let serve = home.run(&["serve", "--port", "0"]);
    assert_eq!(serve.status.code(), Some(6), "{serve:?}");
    let said = text(&serve.stderr);
    assert!(said.contains("could not open the store") && said.contains("hint: ls -ld"), "{said}");
    std::fs::remove_dir(&store).expect("still empty");
    home.serve().wait_for_seq(1);
    assert_eq!(numbers(&home), [0]);
}
