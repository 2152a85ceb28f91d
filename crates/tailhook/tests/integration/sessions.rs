//! Recorded sessions of real clients through the daemon: what the API says of them, and that a store of an older program
//! comes to say the same.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::stored::wait_until;
use crate::support::{Daemon, Home};

/// Hands over every payload of a recorded session, in order; gives the session's id.
fn replay(daemon: &Daemon, agent: &str, name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tailhook-core/fixtures").join(agent);
    let files = std::fs::read_dir(folder).expect("fixtures").map(|entry| entry.expect("a file").path());
    let is_it = |path: &PathBuf| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name));
    let file = files.into_iter().find(is_it).expect("the recording");
    let text = std::fs::read_to_string(file).expect("text");
    let bearer = format!("Bearer {}", daemon.token);
    for payload in text.trim_end().split('\n') {
        let path = format!("/api/v1/ingest/{agent}");
        let answer = daemon.request("POST", &path, &[("Authorization", &bearer)], payload.as_bytes());
        assert_eq!(answer.status, 202, "{}", answer.text());
    }
    let first: Value = serde_json::from_str(text.split('\n').next().expect("a line")).expect("JSON");
    first["session_id"].as_str().expect("an id").to_owned()
}

fn events(daemon: &Daemon, session: &str) -> u64 {
    daemon.get(&format!("/api/v1/sessions/{session}")).1["events"].as_u64().unwrap_or(0)
}

/// What the API says of a session.
fn said(daemon: &Daemon, session: &str) -> Vec<Value> {
    ["", "/spans", "/turns", "/agents", "/files", "/files/changes", "/tasks"]
        .iter()
        .map(|part| {
            let (status, value) = daemon.get(&format!("/api/v1/sessions/{session}{part}"));
            assert_eq!(status, 200, "{part}: {value}");
            value
        })
        .collect()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[test]
fn a_session_is_told_as_it_was() {
    let home = Home::new();
    let daemon = home.serve();
    let session = replay(&daemon, "claude-code", "multi");
    wait_until("all events", || events(&daemon, &session) == 47);
    let said = said(&daemon, &session);

    let spans = list(&said[1], "spans");
    let tools: Vec<_> = spans.iter().filter(|span| span["kind"] == "tool").collect();
    assert_eq!(tools.len() as u64, said[0]["tools"].as_u64().expect("a count"));
    let failed: Vec<_> = tools.iter().filter(|span| span["outcome"] == "failed").collect();
    assert!(failed.iter().any(|span| span["error"] == "Exit code 3 oops"), "{failed:#?}");
    assert!(failed.iter().any(|span| span["error"] == "No such tool available: NoSuchTool"), "{failed:#?}");
    let background = tools.iter().find(|span| span["background"] == true).expect("a background call");
    assert_eq!((&background["closed_by"], &background["outcome"]), (&"hook.user_prompt".into(), &"ok".into()));
    assert!(spans.iter().all(|span| span["end_at"].as_str() >= span["begin_at"].as_str()), "{spans:#?}");

    let turns = list(&said[2], "turns");
    assert_eq!((turns.len(), &turns[0]["tools"], &turns[1]["automatic"]), (2, &16.into(), &true.into()));
    let file = &list(&said[4], "files")[0];
    assert_eq!(file["path"], "/home/dev/project/a.txt");
    assert_eq!((&file["reads"], &file["writes"], &file["edits"]), (&1.into(), &1.into(), &1.into()));
    let changes = list(&said[5], "changes");
    let patches: Vec<_> = changes.iter().filter_map(|change| change["patch"].as_str()).collect();
    assert_eq!(patches, ["+alpha\n+beta\n+gamma\n", "@@ -1,3 +1,3 @@\n alpha\n-beta\n+BETA ü\n gamma\n"]);
    assert_eq!(said[0]["files_edited"], 1);
}

#[test]
fn pages_of_spans_join_without_a_gap() {
    let home = Home::new();
    let daemon = home.serve();
    let session = replay(&daemon, "claude-code", "multi");
    wait_until("all events", || events(&daemon, &session) == 47);
    let whole = daemon.get(&format!("/api/v1/sessions/{session}/spans")).1;
    let mut joined = Vec::new();
    let mut since = Value::from(0);
    while !since.is_null() {
        let (_, part) = daemon.get(&format!("/api/v1/sessions/{session}/spans?limit=2&since={since}"));
        joined.extend(list(&part, "spans").clone());
        since = part["next"].clone();
    }
    assert_eq!(&joined, list(&whole, "spans"));
    assert_eq!(daemon.get("/api/v1/sessions/none/spans").0, 404);
    assert_eq!(daemon.get(&format!("/api/v1/sessions/{session}/spans?since=x")).0, 400);
}

#[test]
fn sessions_are_found_by_what_they_are() {
    let home = Home::new();
    let daemon = home.serve();
    let claude = replay(&daemon, "claude-code", "apierror");
    let codex = replay(&daemon, "codex", "plain");
    wait_until("both", || events(&daemon, &claude) == 7 && events(&daemon, &codex) > 3);
    let ids = |query: &str| -> Vec<String> {
        let (_, value) = daemon.get(&format!("/api/v1/sessions?{query}"));
        let sessions = list(&value, "sessions").clone();
        sessions.iter().map(|session| session["session_id"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(ids("agent=codex"), std::slice::from_ref(&codex));
    assert_eq!(ids("agent=codex,claude-code"), [codex.clone(), claude]);
    assert_eq!(ids("limit=1"), [codex]);
    assert!(ids("needs=permission").is_empty());
    assert_eq!(ids("state=ended&project=project").len(), 2);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test makes the store of an older program")]
fn a_store_of_an_older_program_is_folded_again() {
    let home = Home::new();
    let daemon = home.serve();
    let sessions =
        [("claude-code", "multi"), ("claude-code", "subagent"), ("claude-code", "interactive"), ("codex", "subagent")]
            .map(|(agent, name)| replay(&daemon, agent, name));
    wait_until("all events", || events(&daemon, &sessions[3]) == 13);
    let before: Vec<_> = sessions.iter().map(|session| said(&daemon, session)).collect();
    assert!(daemon.terminate());

    let store = rusqlite::Connection::open(home.path.join("tailhook.db")).expect("the store");
    store
        .execute_batch(
            "UPDATE session SET fold = 0, status = NULL,
                 state = json_object('session', json_extract(state, '$.session'), 'calls', json('{\"ended\":[\"t1\"]}'));
             DELETE FROM file; DELETE FROM task; DELETE FROM span WHERE kind = 'tool';
             UPDATE span SET id = id || '-stale';",
        )
        .expect("an older store");
    drop(store);

    let daemon = home.serve();
    // What comes while it is folded again is not lost on it.
    let late = replay(&daemon, "claude-code", "echo");
    wait_until("folded again", || {
        sessions.iter().zip(&before).all(|(session, before)| said(&daemon, session) == *before)
    });
    wait_until("the new one", || events(&daemon, &late) == 22);
    assert_eq!(list(&daemon.get(&format!("/api/v1/sessions/{late}/turns")).1, "turns").len(), 1);
}

#[test]
fn a_call_that_names_its_subagent_has_the_last_word() {
    let home = Home::new();
    let daemon = home.serve();
    let tell = |event: &str, fields: &str| {
        home.hook(format!(r#"{{"session_id":"s","hook_event_name":"{event}",{fields}}}"#).as_bytes());
    };
    let call = |id: u8, what: &str| {
        format!(
            r#""tool_name":"Agent","tool_use_id":"t{id}","tool_input":{{"subagent_type":"aide","description":"{what}","prompt":"{what}, all"}}"#
        )
    };
    let agent = |id: u8| format!(r#""agent_id":"a{id}","agent_type":"aide""#);
    for (id, what) in [(1, "first"), (2, "second")] {
        tell("PreToolUse", &call(id, what));
    }
    // Their hooks ran side by side, and the younger one's was faster.
    for id in [2, 1] {
        tell("SubagentStart", &agent(id));
    }
    for (id, what) in [(1, "first"), (2, "second")] {
        tell("SubagentStop", &agent(id));
        tell("PostToolUse", &format!(r#"{},"tool_response":{{"agentId":"a{id}"}}"#, call(id, what)));
    }
    daemon.wait_for_seq(8);
    let (_, spans) = daemon.get("/api/v1/sessions/s/spans");
    let seen = |id: &str| {
        let span = list(&spans, "spans").iter().find(|span| span["id"] == id).expect("a span");
        (span["parent"].clone(), span["summary"].clone())
    };
    assert_eq!(seen("agent:a1"), ("tool:t1".into(), "first".into()));
    assert_eq!(seen("agent:a2"), ("tool:t2".into(), "second".into()));
    let (_, agents) = daemon.get("/api/v1/sessions/s/agents");
    let asked: Vec<_> = list(&agents, "agents").iter().map(|agent| (&agent["agent_id"], &agent["prompt"])).collect();
    assert!(asked.contains(&(&"a1".into(), &"first, all".into())), "{asked:?}");
    assert!(asked.contains(&(&"a2".into(), &"second, all".into())), "{asked:?}");
}

#[test]
fn the_branch_of_a_session_is_known() {
    let home = Home::new();
    let daemon = home.serve();
    let folder = home.path.join("project");
    std::fs::create_dir_all(folder.join(".git")).expect("a folder");
    let on =
        |branch: &str| std::fs::write(folder.join(".git/HEAD"), format!("ref: refs/heads/{branch}\n")).expect("HEAD");
    let prompt = |n: u32| {
        let cwd = folder.display();
        home.hook(
            format!(r#"{{"session_id":"s","cwd":"{cwd}","hook_event_name":"UserPromptSubmit","prompt":"{n}"}}"#)
                .as_bytes(),
        );
    };
    let branch = || daemon.get("/api/v1/sessions/s").1["git_branch"].clone();
    on("trunk");
    prompt(1);
    wait_until("trunk", || branch() == "trunk");
    on("side");
    prompt(2);
    wait_until("side", || branch() == "side");
    assert_eq!(daemon.get("/api/v1/sessions/s").1["git_repository"], folder.to_str().expect("text"));
}

/// Hands over one event as a hook with this process would that started at this time.
fn told(home: &Home, pid: u32, at_ms: u64, payload: &str) {
    use std::os::unix::ffi::OsStrExt;
    use tailhook_journal::{Appended, Flags, Frame, Limits, Place, append, sys};

    let place = Place { uid: sys::effective_uid(), home: Some(home.path.as_os_str().as_bytes()) };
    let frame = Frame {
        flags: Flags::default(),
        pid,
        ppid: 77,
        hook_ns: 0,
        stamp_ns: at_ms * 1_000_000,
        total_bytes: payload.len() as u64,
        agent: b"claude-code",
        event: b"",
        payload: payload.as_bytes(),
        stages: None,
    };
    assert_ne!(append(&place, Limits::default(), &frame), Appended::Dropped);
}

#[test]
fn what_two_hooks_tell_is_stored_once_and_what_is_told_again_and_again_is_kept() {
    let home = Home::new();
    let daemon = home.serve();
    let payload = |session: &str, n: u32| {
        format!(
            r#"{{"session_id":"{session}","hook_event_name":"PreToolUse","tool_name":"Bash","tool_use_id":"t{n}"}}"#
        )
    };
    let now_ms = tailhook_journal::sys::now_ns() / 1_000_000 - 60_000;
    for n in 0..20_u32 {
        for copy in 0..2 {
            told(&home, 1_000 + 2 * n + copy, now_ms + u64::from(n * 40 + copy * 9), &payload("twice", n));
        }
    }
    for n in 0..20_u32 {
        told(&home, 2_000 + n, now_ms + 10_000 + u64::from(n), &payload("often", 0));
    }
    wait_until("all", || events(&daemon, "often") == 20);
    assert_eq!(events(&daemon, "twice"), 20);
    let stats = daemon.get("/api/v1/stats").1;
    assert_eq!((&stats["duplicates"], &stats["duplicates_by"]["claude-code"]), (&20.into(), &20.into()));
    assert_eq!(stats["events"]["stored"], 40);
}
