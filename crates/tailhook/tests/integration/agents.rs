//! Several agents on one daemon, each with its own hook command.

use serde_json::{Value, json};

use crate::support::Home;

fn of<'a>(answer: &'a Value, agent: &str) -> &'a Value {
    let agents = answer["agents"].as_array().expect("a list");
    agents.iter().find(|one| one["agent"] == agent).unwrap_or_else(|| panic!("no {agent} in {answer}"))
}

#[test]
fn agents_are_compared() {
    let home = Home::new();
    let daemon = home.serve();
    assert_eq!(daemon.get("/api/v1/agents"), (200, json!({ "agents": [] })));
    let say = |agent: &str, payload: Value| assert_eq!(home.hook_as(&[agent], payload.to_string().as_bytes()), "");
    for (name, session) in [("codex", "c1"), ("codex", "c2"), ("claude-code", "a1")] {
        let call = |event: &str| {
            json!({ "hook_event_name": event, "session_id": session, "tool_name": "Bash",
            "tool_use_id": "t", "tool_input": { "command": "ls" } })
        };
        say(name, call("PreToolUse"));
        say(name, call("PostToolUse"));
    }
    // Without ids, two at once.
    for event in ["BeforeTool", "BeforeTool", "AfterTool", "AfterTool"] {
        let mut call = json!({ "hook_event_name": event, "session_id": "g1", "tool_name": "read_file",
            "tool_input": { "file_path": "/a" } });
        if event == "AfterTool" {
            call["tool_response"] = json!({ "error": { "message": "no such file" } });
        }
        say("gemini-cli", call);
    }
    daemon.wait_for_seq(10);
    let (status, answer) = daemon.get("/api/v1/agents");
    assert_eq!(status, 200);
    assert_eq!(answer["agents"].as_array().map(Vec::len), Some(3), "{answer}");
    let codex = of(&answer, "codex");
    assert_eq!((&codex["sessions"], &codex["events"], &codex["tools"]), (&json!(2), &json!(4), &json!(2)));
    assert_eq!(codex["failures"], 0);
    let gemini = of(&answer, "gemini-cli");
    assert_eq!((&gemini["sessions"], &gemini["tools"], &gemini["failures"]), (&json!(1), &json!(2), &json!(2)));
    for agent in ["codex", "gemini-cli", "claude-code"] {
        let agent = of(&answer, agent);
        assert!(agent["p50_ms"].as_u64() <= agent["p95_ms"].as_u64() && agent["p50_ms"].is_u64(), "{agent}");
        assert!(agent["last_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{agent}");
    }
    assert_eq!(answer["agents"][0]["agent"], "gemini-cli", "the newest first");
}
