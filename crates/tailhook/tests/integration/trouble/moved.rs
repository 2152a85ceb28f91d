//! A store that is no longer where it was.

use super::{numbers, payload, wait_for_health};
use crate::stored::wait_until;
use crate::support::{Home, text};

#[test]
fn a_store_that_is_moved_away_is_missed_and_nothing_is_stored_where_nobody_looks() {
    let home = Home::new();
    let daemon = home.serve();
    home.hook(&payload(0, 10));
    daemon.wait_for_seq(1);
    let (store, elsewhere) = (home.path.join("tailhook.db"), home.path.join("elsewhere.db"));
    std::fs::rename(&store, &elsewhere).expect("moved");
    for n in 1..5 {
        home.hook(&payload(n, 10));
    }
    let health = wait_for_health(&daemon, "trouble");
    assert!(health["error"].as_str().is_some_and(|error| error.contains("was moved or removed")), "{health}");
    assert!(health["hint"].as_str().is_some_and(|hint| hint.contains("begin a new one: tailhook restart")), "{health}");
    let command = home.run(&["status"]);
    assert_eq!(command.status.code(), Some(6), "{command:?}");
    assert!(text(&command.stderr).contains("was moved or removed"), "{command:?}");

    std::fs::write(&store, "a backup").expect("another file");
    wait_until("the other file is seen", || {
        daemon.get("/healthz").1["error"].as_str().is_some_and(|error| error.contains("took the place of the store"))
    });
    assert_eq!(std::fs::read(&store).expect("the other file"), b"a backup", "it is left alone");

    std::fs::rename(&elsewhere, &store).expect("moved back");
    wait_for_health(&daemon, "ok");
    daemon.wait_for_seq(5);
    assert!(daemon.terminate());
    assert_eq!(numbers(&home), (0..5).collect::<Vec<_>>());
}

#[test]
fn where_a_store_was_removed_a_restart_begins_a_new_one_with_what_waited() {
    let home = Home::new();
    assert!(home.run(&["up", "--port", "0"]).status.success());
    home.hook(&payload(0, 10));
    wait_until("it is stored", || numbers(&home) == [0]);
    std::fs::remove_file(home.path.join("tailhook.db")).expect("removed");
    for n in 1..5 {
        home.hook(&payload(n, 10));
    }
    wait_until("it is missed", || home.run(&["status"]).status.code() == Some(6));
    assert!(home.run(&["restart"]).status.success());
    // What the journal still has of the removed one's events is in the new one as well.
    wait_until("all that waited is stored", || numbers(&home) == (0..5).collect::<Vec<_>>());
    assert!(home.run(&["status"]).status.success());
    assert!(home.run(&["down"]).status.success());
}
