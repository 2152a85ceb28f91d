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
    // Without ids, two at once; the agent's own time tells them apart from one that is told twice.
    for (n, event) in ["BeforeTool", "BeforeTool", "AfterTool", "AfterTool"].into_iter().enumerate() {
        let mut call = json!({ "hook_event_name": event, "session_id": "g1", "tool_name": "read_file",
            "tool_input": { "file_path": "/a" }, "timestamp": format!("2026-11-22T02:00:00.00{n}Z") });
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

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {output:?}"))
}

/// Every file in the user's home, by name.
fn files(home: &Home) -> Vec<String> {
    let root = home.path.join("user");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                files.push(entry.strip_prefix(&root).expect("below").display().to_string());
            }
        }
    }
    files.sort();
    files
}

#[test]
fn all_agents_on_this_machine_are_installed_and_uninstalled_at_once() {
    let home = Home::new();
    let user = home.path.join("user");
    for folder in [".claude", ".codex", ".gemini", ".qwen"] {
        std::fs::create_dir_all(user.join(folder)).expect("a folder");
    }
    std::fs::write(user.join(".gemini/settings.json"), "{ // mine\n}").expect("settings");
    let before = files(&home);
    let look = home.run(&["install", "--all", "--dry-run", "--json"]);
    assert_eq!(look.status.code(), Some(1), "one of them cannot be changed: {look:?}");
    let states = |output: &std::process::Output| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let agents = json(output)["agents"].as_array().expect("a list").clone();
        agents.iter().map(|agent| (text(&agent["agent"]), text(&agent["state"]))).collect()
    };
    let expected = |state: &str, gemini: &str| -> Vec<(String, String)> {
        let all = [("claude-code", state), ("codex", state), ("gemini-cli", gemini), ("qwen-code", state)];
        all.map(|(agent, state)| (agent.to_owned(), state.to_owned())).to_vec()
    };
    assert_eq!(states(&look), expected("planned", "failed"));
    assert_eq!(json(&look)["absent"], json!(["cursor", "copilot", "opencode", "droid", "cline"]));
    assert_eq!(files(&home), before);

    let ask = home.run(&["install", "--all"]);
    assert_eq!(ask.status.code(), Some(2), "nobody can be asked: {ask:?}");
    let done = home.run(&["install", "--all", "--yes", "--json"]);
    assert_eq!(states(&done), expected("installed", "failed"));
    let codex = &json(&done)["agents"][1];
    assert_eq!((&codex["events"], &codex["standing"]), (&json!(13), &json!("tested with 0.169.0")));
    assert!(codex["notes"][0].as_str().is_some_and(|note| note.contains("trusted")), "{codex}");
    assert_eq!(std::fs::read_to_string(user.join(".gemini/settings.json")).expect("there"), "{ // mine\n}");

    let gone = home.run(&["uninstall", "--all", "--yes", "--json"]);
    assert_eq!(states(&gone), expected("removed", "failed"));
    assert_eq!(files(&home), before);
    std::fs::remove_file(user.join(".gemini/settings.json")).expect("removed");
    let nothing = home.run(&["uninstall", "--all", "--yes"]);
    assert_eq!(
        (nothing.status.code(), nothing.stdout.as_slice()),
        (Some(0), &b"nothing to change: no agent has an entry of ours\n"[..])
    );
}

#[test]
fn several_agents_by_name_each_say_what_they_rest_on() {
    let home = Home::new();
    let output = home.run(&["install", "cursor", "opencode", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = crate::support::text(&output.stdout);
    assert!(said.contains("Cursor (from its documents, untested) tells tailhook of 10 kinds of events"), "{said}");
    assert!(home.path.join("user/.config/opencode/plugins/tailhook.js").exists());
    for arguments in [&["install"][..], &["install", "--all", "codex"], &["uninstall"]] {
        assert_eq!(home.run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn the_installed_profile_is_kept_until_another_is_asked_for() {
    let home = Home::new();
    let settings = home.path.join("user/.claude/settings.json");
    std::fs::create_dir_all(settings.parent().expect("a folder")).expect("the folder");
    let has_tool_hooks = || std::fs::read_to_string(&settings).expect("settings").contains("PreToolUse");
    let install = |arguments: &[&str]| {
        let output = home.run(&[&["install"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        output
    };
    let claude_code = |output: &std::process::Output| json(output)["agents"][0].clone();

    let first = claude_code(&install(&["claude-code", "--profile", "lean", "--yes", "--json"]));
    assert_eq!(
        (&first["profile"], &first["profile_kept"], &first["events"]),
        (&json!("lean"), &json!(false), &json!(20))
    );
    let lean = std::fs::read(&settings).expect("settings");
    for arguments in [&["claude-code", "--yes"][..], &["--all", "--yes"], &["claude-code", "--dry-run"]] {
        let said = crate::support::text(&install(arguments).stdout);
        assert!(said.contains("Claude Code keeps the lean profile; --profile full changes it\n"), "{said}");
        assert!(!said.contains("note: with --profile lean"), "who has it needs no proposal: {said}");
        assert_eq!(std::fs::read(&settings).expect("settings"), lean, "{arguments:?}");
    }
    for arguments in [&["claude-code", "--yes", "--json"], &["--all", "--dry-run", "--json"]] {
        let again = claude_code(&install(arguments));
        assert_eq!((&again["state"], &again["profile"]), (&json!("unchanged"), &json!("lean")), "{again}");
        assert_eq!(again["profile_kept"], true, "{again}");
    }

    let other = claude_code(&install(&["claude-code", "--profile", "full", "--yes", "--json"]));
    assert_eq!((&other["state"], &other["profile_kept"]), (&json!("installed"), &json!(false)), "{other}");
    assert!(has_tool_hooks());
    let said = crate::support::text(&install(&["claude-code", "--yes"]).stdout);
    assert!(said.contains("Claude Code keeps the full profile; --profile lean changes it\n"), "{said}");
    assert!(has_tool_hooks());

    // What is registered for a project says nothing of the user's settings.
    let project = claude_code(&install(&["claude-code", "--scope", "project", "--dry-run", "--json"]));
    assert_eq!((&project["profile"], &project["profile_kept"]), (&json!("full"), &json!(false)), "{project}");
}

#[test]
fn what_cursor_tells_in_two_ways_is_stored_once() {
    let home = Home::new();
    let daemon = home.serve();
    let own = |name: &str, fields: &str| {
        let payload = format!(
            r#"{{"conversation_id":"c","generation_id":"g","hook_event_name":"{name}","cursor_version":"2.0",{fields}}}"#
        );
        assert_eq!(home.hook_as(&["cursor"], payload.as_bytes()), "{}\n");
    };
    let as_claude = |name: &str, fields: &str| {
        let payload = format!(
            r#"{{"session_id":"c","hook_event_name":"{name}",{fields},"cursor_version":"2.0","generation_id":"g"}}"#
        );
        assert_eq!(home.hook_as(&["claude-code"], payload.as_bytes()), "");
    };
    let call = r#""tool_name":"Shell","tool_use_id":"t1","tool_input":{"command":"ls"}"#;
    own("beforeSubmitPrompt", r#""prompt":"go""#);
    as_claude("UserPromptSubmit", r#""prompt":"go""#);
    as_claude("PreToolUse", &call.replace("Shell", "Bash"));
    own("preToolUse", call);
    own("postToolUse", call);
    as_claude("PostToolUse", &call.replace("Shell", "Bash"));
    // Twice the same, in one way: that happened twice.
    for _ in 0..2 {
        own("afterFileEdit", r#""file_path":"/p/a.rs""#);
    }
    daemon.wait_for_seq(5);
    let emitted = home.run(&["emit", "--session", "fence"]);
    assert!(emitted.status.success(), "{emitted:?}");
    let (_, page) = daemon.get("/api/v1/events?session=c");
    let types: Vec<&str> =
        page["events"].as_array().expect("a list").iter().filter_map(|e| e["type"].as_str()).collect();
    let edits = ["hook.after_file_edit"; 2];
    assert_eq!(types, [&["hook.user_prompt", "hook.pre_tool_use", "hook.post_tool_use"][..], &edits].concat());
    let session = daemon.get("/api/v1/sessions/c").1;
    assert_eq!((&session["agent"], &session["turns"], &session["tools"]), (&json!("cursor"), &json!(1), &json!(1)));
    let stats = daemon.get("/api/v1/stats").1;
    assert_eq!(stats["duplicates_by"], json!({ "claude-code-in-cursor": 3 }));
    let found = json(&home.run(&["doctor", "--json"]));
    let findings = found["findings"].as_array().expect("a list");
    let finding = findings.iter().find(|finding| finding["check"] == "told twice by cursor").expect("a finding");
    assert_eq!(finding["fix"], "tailhook uninstall cursor");
}
