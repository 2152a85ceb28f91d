//! `tailhook tail`: what it prints, into what, and for how long.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Home, text};
use crate::terminal::Terminal;

#[test]
fn it_prints_one_envelope_per_line_and_ends_when_told() {
    let home = Home::new();
    let daemon = home.serve();
    for n in 0..5 {
        home.hook(
            format!(r#"{{"session_id":"s{}","hook_event_name":"UserPromptSubmit","prompt":"p{n}"}}"#, n % 2).as_bytes(),
        );
    }
    daemon.wait_for_seq(5);
    let all = home.run(&["tail", "--no-follow", "--since", "0"]);
    let seqs: Vec<Value> = text(&all.stdout)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("an envelope")["seq"].clone())
        .collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    let one = home.run(&["tail", "--no-follow", "--since", "0", "--session", "s1"]);
    assert_eq!(text(&one.stdout).lines().count(), 2);
    let limited = home.run(&["tail", "--since", "2", "--limit", "2", "--type", "hook.user_*"]);
    assert_eq!(text(&limited.stdout).lines().count(), 2);
    assert_eq!(home.run(&["tail", "--no-follow", "--type", "hook.stop"]).stdout, b"");
}

#[test]
fn it_goes_on_with_the_next_daemon_wherever_it_listens() {
    let home = Home::new();
    let daemon = home.serve();
    let event = |n: u32| home.hook(format!(r#"{{"session_id":"s{n}","hook_event_name":"Stop"}}"#).as_bytes());
    event(1);
    let mut tail = home
        .tailhook(&["tail", "--since", "0", "--limit", "4"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    let mut lines = BufReader::new(tail.stdout.take().expect("piped")).lines();
    let mut next = || -> String {
        let line = lines.next().expect("a line").expect("text");
        serde_json::from_str::<Value>(&line).expect("JSON")["session_id"].as_str().expect("an id").to_owned()
    };
    assert_eq!(next(), "s1");
    daemon.kill();
    event(2);
    let second = home.serve();
    assert_eq!(next(), "s2");
    assert!(second.terminate());
    let _third = home.serve();
    event(3);
    event(4);
    assert_eq!([next(), next()], ["s3", "s4"]);
    let output = tail.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).starts_with("tailhook: the daemon went away; waiting for it\n"), "{output:?}");
}

#[test]
fn it_says_on_a_terminal_that_it_waits() {
    let home = Home::new();
    let _daemon = home.serve();
    let terminal = Terminal::open(&home, (80, 24), "", "tail");
    terminal.wait_for("waiting for events; Ctrl-C ends");
    home.hook(br#"{"session_id":"s","hook_event_name":"Notification","message":"there you are"}"#);
    terminal.wait_for("there you are");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let home = Home::new();
    let daemon = home.serve();
    for _ in 0..200 {
        home.hook(br#"{"session_id":"s","hook_event_name":"Stop"}"#);
    }
    daemon.wait_for_seq(200);
    let mut child = home
        .tailhook(&["tail", "--no-follow", "--since", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}
