//! Ten thousand sessions, and the sessions that are our own.

use serde_json::Value;

use super::seen;
use crate::stored::Appender;
use crate::support::{Home, text};
use crate::terminal::Terminal;

#[test]
fn ten_thousand_sessions() {
    let home = Home::on_tmpfs();
    let daemon = home.serve();
    let appender = Appender::new(&home);
    for n in 0..10_000 {
        let payload =
            format!(r#"{{"session_id":"s{n:05}","hook_event_name":"UserPromptSubmit","prompt":"prompt {n}"}}"#);
        appender.append("claude-code", payload.as_bytes());
    }
    daemon.wait_for_seq(10_000);
    let commands: [&[&str]; 4] = [
        &["status"],
        &["tail", "--no-follow", "--limit", "2"],
        &["tail", "--no-follow", "--session", "s04711"],
        &["export", "--format", "csv", "--since", "9998"],
    ];
    assert_seen!(home, seen(&home, &commands));
    let status: Value = serde_json::from_slice(&home.run(&["status", "--json"]).stdout).expect("JSON");
    assert_eq!(status["sessions"].as_array().map(Vec::len), Some(1_000), "the newest ones");
    assert_eq!(text(&home.run(&["export"]).stdout).lines().count(), 10_000);
}

#[test]
fn what_tailhook_proves_to_itself_is_shown_to_whoever_asks_for_it() {
    let home = Home::new();
    let daemon = home.serve();
    let sent: Value = serde_json::from_slice(&home.run(&["verify", "--json"]).stdout).expect("JSON");
    assert_eq!(sent["seq"], 1);
    home.hook(
        br#"{"session_id":"mine","hook_event_name":"UserPromptSubmit","prompt":"my prompt","cwd":"/home/dev/shop"}"#,
    );
    daemon.wait_for_seq(2);
    let agents = |arguments: &[&str]| -> Vec<String> {
        let output = home.run(&[&["tail", "--no-follow"], arguments].concat());
        let agent =
            |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["agent"].as_str().map(str::to_owned);
        text(&output.stdout).lines().filter_map(agent).collect()
    };
    assert_eq!(agents(&[]), ["claude-code"]);
    assert_eq!(agents(&["--since", "0"]), ["claude-code"]);
    assert_eq!(agents(&["--since", "1h", "type:*"]), ["claude-code"]);
    assert_eq!(agents(&["--agent", "tailhook-verify"]), ["tailhook-verify"]);
    assert_eq!(agents(&["agent:tailhook-*"]), ["tailhook-verify"]);
    assert_eq!(agents(&["agent:tailhook-* OR agent:claude-code"]), ["tailhook-verify", "claude-code"]);
    let status: Value = serde_json::from_slice(&home.run(&["status", "--json"]).stdout).expect("JSON");
    assert_eq!(status["sessions"].as_array().map(Vec::len), Some(1));
    // What is kept for others is whole.
    assert_eq!(text(&home.run(&["export"]).stdout).lines().count(), 2);
    assert_eq!(daemon.get("/api/v1/sessions").1["sessions"].as_array().map(Vec::len), Some(2));
    let terminal = Terminal::open(&home, (100, 30), "", "watch");
    let screen = terminal.wait("the session and its event", |s| s.contains("shop") && s.contains("my prompt"));
    assert!(!screen.contains("verify"), "{screen}");
    terminal.press(&["/"]);
    terminal.press(&["-l", "agent:tailhook-verify"]);
    terminal.press(&["Enter"]);
    terminal.wait("the proof", |s| s.contains("a test event from tailhook") && !s.contains("my prompt"));
    terminal.press(&["q"]);
    terminal.ended_clean(0);
}
