//! Filter expressions in the API, on the stream and on the command line: the same events everywhere.

use serde_json::{Value, json};

use crate::http::{connect, next};
use crate::support::{Daemon, Home, text};

/// Sends a payload and waits until it is stored.
fn send(daemon: &Daemon, seq: u64, payload: &Value) {
    let token = format!("Bearer {}", daemon.token);
    let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
    let answer = daemon.request("POST", "/api/v1/ingest/claude-code", &headers, payload.to_string().as_bytes());
    assert_eq!(answer.status, 202);
    daemon.wait_for_seq(seq);
}

fn tool(name: &str, session: &str, tool: &str, command: &str) -> Value {
    json!({ "session_id": session, "hook_event_name": name, "cwd": "/home/dev/parser", "tool_name": tool,
            "tool_input": { "command": command }, "tool_use_id": "toolu_1" })
}

fn events(daemon: &Daemon) {
    send(daemon, 1, &tool("PreToolUse", "s1", "Bash", "cargo test --workspace"));
    let mut failed = tool("PostToolUseFailure", "s1", "Bash", "cargo test --workspace");
    failed["error"] = "Exit code 101".into();
    failed["duration_ms"] = 2_500.into();
    send(daemon, 2, &failed);
    send(daemon, 3, &tool("PreToolUse", "s2", "Read", "Café"));
    send(
        daemon,
        4,
        &json!({ "session_id": "s2", "hook_event_name": "UserPromptSubmit", "prompt": "run the tests (all)" }),
    );
}

const CASES: [(&str, &[u64]); 12] = [
    ("tool_name:Bash AND failed", &[2]),
    ("cargo", &[1, 2]),
    ("\"test cargo\"", &[]),
    ("cafe", &[3]),
    ("tests OR \"exit code\"", &[2, 4]),
    ("NOT tool:*", &[4]),
    ("type:hook.p*tool NOT x OR type:hook.pre_*", &[1, 3]),
    ("session:s2 tool:read", &[3]),
    ("duration>2s", &[2]),
    ("duration>3s", &[]),
    ("project:parser -workspace", &[1, 2]),
    ("", &[1, 2, 3, 4]),
];

fn encoded(expression: &str) -> String {
    expression.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

#[test]
fn the_api_the_stream_and_export_agree() {
    let home = Home::new();
    let daemon = home.serve();
    let mut live: Vec<_> =
        CASES.iter().map(|(expression, _)| connect(&daemon, &format!("q={}", encoded(expression)), None)).collect();
    for socket in &mut live {
        assert_eq!(next(socket)["type"], "system.hello");
    }
    events(&daemon);
    for ((expression, expect), live) in CASES.iter().zip(&mut live) {
        let (status, page) = daemon.get(&format!("/api/v1/events?q={}", encoded(expression)));
        assert_eq!(status, 200, "{expression}: {page}");
        let found: Vec<u64> =
            page["events"].as_array().expect("events").iter().filter_map(|e| e["seq"].as_u64()).collect();
        assert_eq!(found, *expect, "{expression}");
        let mut replay = connect(&daemon, &format!("since=0&q={}", encoded(expression)), None);
        assert_eq!(next(&mut replay)["type"], "system.hello");
        for seq in *expect {
            assert_eq!(next(&mut replay)["seq"], *seq, "{expression}, from the store");
            assert_eq!(next(live)["seq"], *seq, "{expression}, live");
        }
        let export = home.run(&["export", "--filter", expression]);
        assert!(export.status.success(), "{export:?}");
        assert_eq!(text(&export.stdout).lines().count(), expect.len(), "{expression}");
    }
}

#[test]
fn a_wrong_expression_is_told_where_it_is_wrong() {
    let home = Home::new();
    let daemon = home.serve();
    for path in ["/api/v1/events", "/api/v1/stream/sse"] {
        let (status, answer) = daemon.get(&format!("{path}?q={}", encoded("é toolname:Bash")));
        assert_eq!(status, 400, "{path}");
        assert_eq!(
            answer,
            json!({ "error": "q: unknown field \"toolname\" (character 3)", "hint": "did you mean tool_name:?", "position": 2 })
        );
    }
    let export = home.run(&["export", "--filter", "a AND"]);
    assert_eq!(export.status.code(), Some(2));
    assert!(text(&export.stderr).contains("something is missing at the end (character 6)"), "{export:?}");
}
