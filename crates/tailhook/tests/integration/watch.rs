//! `tailhook watch`, in a real terminal.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Daemon, Home, PATIENCE, signal, text};
use crate::terminal::Terminal;

fn prompt(home: &Home, session: &str, text: &str) {
    let payload = serde_json::json!({
        "session_id": session, "hook_event_name": "UserPromptSubmit", "prompt": text, "cwd": format!("/home/dev/{session}"),
    });
    home.hook(payload.to_string().as_bytes());
}

fn open(home: &Home, environment: &str) -> Terminal {
    Terminal::open(home, (80, 24), environment, "watch")
}

#[test]
fn events_come_as_they_happen_and_keys_do_what_they_say() {
    let home = Home::new();
    let daemon = home.serve();
    prompt(&home, "shop", "fix the cart");
    daemon.wait_for_seq(1);
    let terminal = open(&home, "");
    let screen = terminal.wait_for("fix the cart");
    assert!(screen.contains("● live") && screen.contains("All sessions"), "{screen}");
    prompt(&home, "docs", "write it down");
    home.hook(br#"{"session_id":"docs","hook_event_name":"PermissionRequest","tool_name":"Bash","tool_input":{"command":"rm -r target"}}"#);
    terminal.wait_for("1 needs you");
    terminal.wait_for("write it down");
    // To the session that needs somebody, and into its newest event.
    terminal.press(&["n"]);
    terminal
        .wait("its events alone", |screen| screen.contains("▲ docs  Permission") && !screen.contains("fix the cart"));
    terminal.press(&["Enter"]);
    terminal.wait_for("command rm -r target");
    terminal.press(&["Escape"]);
    terminal.wait("the end of the detail", |screen| !screen.contains("command rm"));
    terminal.press(&["Escape"]);
    terminal.wait_for("fix the cart");
    terminal.press(&["/"]);
    terminal.press(&["-l", "down"]);
    terminal.wait_for("/ down");
    terminal.press(&["Enter"]);
    terminal.wait("the filter", |screen| screen.contains("write it down") && !screen.contains("fix the cart"));
    terminal.press(&["?"]);
    terminal.wait_for("next session that needs you");
    terminal.press(&["?", "Tab", "j"]);
    terminal.press(&["q"]);
    terminal.ended_clean(0);
}

#[test]
fn it_goes_on_when_the_daemon_does() {
    let home = Home::new();
    let daemon = home.serve();
    let port = daemon.port.to_string();
    prompt(&home, "s", "before");
    daemon.wait_for_seq(1);
    let terminal = open(&home, "");
    terminal.wait_for("before");
    daemon.kill();
    terminal.wait_for("away");
    prompt(&home, "s", "meanwhile");
    let _daemon = Daemon::start(&home, &port);
    let screen = terminal.wait("what came meanwhile", |s| s.contains("meanwhile") && s.contains("● live"));
    assert_eq!(screen.matches("before").count(), 1, "{screen}");
    prompt(&home, "s", "afterwards");
    terminal.wait_for("afterwards");
}

#[test]
fn whatever_ends_it_leaves_the_terminal_clean() {
    let home = Home::new();
    let _daemon = home.serve();
    prompt(&home, "s", "here");
    for (ending, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let terminal = open(&home, "");
        terminal.wait_for("here");
        assert_eq!(terminal.state("alternate_on"), "1");
        signal(terminal.pid, ending);
        terminal.ended_clean(code);
    }
    for (key, code) in [("C-c", 0), ("F12", 101)] {
        let terminal = open(&home, "");
        terminal.wait_for("here");
        terminal.press(&[key]);
        terminal.ended_clean(code);
    }
}

#[test]
fn it_ends_with_its_terminal() {
    let home = Home::new();
    let _daemon = home.serve();
    let terminal = open(&home, "");
    terminal.wait_for("live");
    let pid = terminal.pid;
    terminal.close();
    let start = Instant::now();
    while std::path::Path::new(&format!("/proc/{pid}/exe")).exists() && state(pid) != Some('Z') {
        assert!(start.elapsed() < PATIENCE, "it still runs");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(") ").next()?.chars().next()
}

#[test]
fn it_takes_any_size() {
    let home = Home::new();
    let daemon = home.serve();
    prompt(&home, "shop", "resize me");
    daemon.wait_for_seq(1);
    let terminal = open(&home, "");
    terminal.wait_for("resize me");
    terminal.resize(40, 10);
    terminal.wait("one column", |screen| screen.contains("All sessions") && !screen.contains('│'));
    terminal.resize(160, 50);
    terminal.wait("two columns", |screen| screen.contains('│') && screen.contains("resize me"));
    terminal.resize(10, 2);
    terminal.resize(80, 24);
    terminal.wait_for("resize me");
}

#[test]
fn nothing_in_an_event_reaches_the_terminal_raw() {
    let home = Home::new();
    let daemon = home.serve();
    let hostile = "\x1b]0;owned\x07\x1b[2J\x1b[?1049l\u{9b}31m\u{202e}gnp.exe";
    let payload = serde_json::json!({
        "session_id": hostile, "hook_event_name": "PreToolUse", "tool_name": hostile, "tool_use_id": hostile,
        "agent_type": hostile, "agent_id": hostile, "cwd": format!("/home/{hostile}"),
        "tool_input": { "command": hostile, hostile: hostile, "lines": format!("{hostile}\n{hostile}") },
    });
    home.hook(payload.to_string().as_bytes());
    daemon.wait_for_seq(1);
    let terminal = open(&home, "");
    let title = terminal.state("pane_title");
    terminal.wait_for("owned");
    terminal.press(&["J"]);
    terminal.press(&["Enter"]);
    terminal.wait_for("tool_input");
    assert_eq!(terminal.state("pane_title"), title);
    assert_eq!(terminal.state("alternate_on"), "1");
    assert!(!terminal.screen().contains('\u{202e}'));
    terminal.press(&["q"]);
    terminal.ended_clean(0);
}

#[test]
fn colours_can_be_refused() {
    let home = Home::new();
    let daemon = home.serve();
    home.hook(br#"{"session_id":"s","hook_event_name":"StopFailure","error":"overloaded"}"#);
    daemon.wait_for_seq(1);
    let has_colours = |terminal: &Terminal| {
        let is_colour =
            |code: &str| matches!(code, "31" | "32" | "33" | "34" | "35" | "36" | "38" | "91" | "92" | "93" | "94");
        let screen = terminal.coloured();
        screen.split("\x1b[").skip(1).any(|part| part.split('m').next().unwrap_or_default().split(';').any(is_colour))
    };
    let plain = open(&home, "NO_COLOR=1");
    plain.wait_for("overloaded");
    assert!(!has_colours(&plain), "{:?}", plain.coloured());
    let coloured = open(&home, "");
    coloured.wait_for("overloaded");
    assert!(has_colours(&coloured));
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_is_refused() {
    let home = Home::new();
    let _daemon = home.serve();
    let piped = home.run(&["watch"]);
    assert_eq!(piped.status.code(), Some(1));
    assert_eq!(text(&piped.stderr), "error: watch needs a terminal that can be drawn on\nhint: tailhook tail\n");
    let dumb = open(&home, "TERM=dumb");
    let screen = dumb.wait_for("ended 1");
    assert!(screen.contains("hint: tailhook tail"), "{screen}");
}

#[test]
fn without_a_daemon_it_says_so_on_a_screen_that_stays() {
    let home = Home::new();
    let terminal = open(&home, "");
    let screen = terminal.wait_for("ended 4");
    assert!(screen.contains("error: the daemon is not running"), "{screen}");
}

#[test]
fn it_sleeps_while_nothing_happens() {
    let home = Home::new();
    let daemon = home.serve();
    prompt(&home, "s", "one");
    daemon.wait_for_seq(1);
    let terminal = open(&home, "");
    terminal.wait_for("one");
    // Two looks at its numbers may be on their way.
    std::thread::sleep(Duration::from_secs(1));
    let before = switches(terminal.pid);
    std::thread::sleep(Duration::from_secs(3));
    let woken = switches(terminal.pid) - before;
    // The sign of life that the daemon sends every thirty seconds may fall into these three.
    assert!(woken <= 12, "{woken} wake-ups in three seconds");
}

/// How often any of its threads was woken.
fn switches(pid: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let count = |task: std::io::Result<std::fs::DirEntry>| -> Option<u64> {
        let status = std::fs::read_to_string(task.ok()?.path().join("status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?.trim().parse().ok()
    };
    tasks.filter_map(count).sum()
}

#[test]
fn ten_thousand_sessions_are_no_burden() {
    let home = Home::on_tmpfs();
    let daemon = home.serve();
    for n in 0..10_000 {
        let payload = format!(
            r#"{{"session_id":"s{n:05}","hook_event_name":"UserPromptSubmit","prompt":"p","cwd":"/home/dev/p{n:05}"}}"#
        );
        let answer = daemon.request(
            "POST",
            "/api/v1/ingest/claude-code",
            &[("Authorization", &format!("Bearer {}", daemon.token))],
            payload.as_bytes(),
        );
        assert_eq!(answer.status, 202);
    }
    daemon.wait_for_seq(10_000);
    let terminal = open(&home, "");
    terminal.wait_for("p09999");
    terminal.wait_for("sessions");
    terminal.press(&["Tab", "j"]);
    terminal.wait("the first of them", |screen| screen.contains("● p09999  Working"));
    terminal.press(&["G"]);
    terminal.wait("the last of them", |screen| screen.contains("▌●") && !screen.contains("● p09999  Working"));
    terminal.press(&["q"]);
    terminal.ended_clean(0);
}
