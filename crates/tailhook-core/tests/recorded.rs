//! Every recorded payload of a real client: read without a problem, nothing lost, and folded into what happened.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;
use tailhook_core::event::EventData;
use tailhook_core::session::{Repeat, Repeats};
use tailhook_core::{Event, RawEvent, Redaction, SessionState, State, agents};

const SECOND_NS: u64 = 1_000_000_000;

/// The recorded sessions of an agent, by file name.
fn sessions(agent: &str) -> Vec<(String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(agent);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let read = |file: &PathBuf| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        // Not `lines`: a payload may hold U+2028, and a line end is `\n` alone.
        let payloads = fs::read_to_string(file).unwrap().trim_end().split('\n').map(str::to_owned).collect();
        (name, payloads)
    };
    files.iter().map(read).collect()
}

fn parse(agent: &str, index: usize, payload: &str) -> Event {
    let raw = RawEvent {
        stamp_ns: 1_795_312_800 * SECOND_NS + index as u64 * SECOND_NS,
        hook_ns: 200_000,
        pid: 3,
        ppid: 2,
        agent: agent.into(),
        event_hint: hint(agent, payload).into(),
        truncated: false,
        total_bytes: 0,
        stages: None,
        payload: payload.as_bytes().into(),
    };
    agents::parse(&raw, &Redaction::default())
}

/// What the hook is given as its second argument: Copilot CLI starts a subagent without saying what it does.
fn hint(agent: &str, payload: &str) -> &'static str {
    if agent == "copilot" && !payload.contains("hook_event_name") { "SubagentStart" } else { "" }
}

const AGENTS: [&str; 8] = ["claude-code", "codex", "gemini-cli", "qwen-code", "copilot", "opencode", "droid", "cline"];

#[test]
fn every_payload_is_read_and_none_of_its_fields_is_lost() {
    let mut payloads = 0;
    for agent in AGENTS {
        for (name, session) in sessions(agent) {
            for (index, payload) in session.iter().enumerate() {
                let event = parse(agent, index, payload);
                let place = format!("{agent}/{name}:{}", index + 1);
                assert_eq!(event.problems, [], "{place}");
                assert_eq!(event.payload, payload.as_bytes(), "{place}");
                assert_eq!(event.data.redacted, 0, "{place}");
                check_fields(&event, &serde_json::from_str(payload).unwrap(), &place);
                payloads += 1;
            }
        }
    }
    assert!(payloads > 500, "only {payloads} payloads");
}

/// The essential fields against an independent reading of the same JSON.
fn check_fields(event: &Event, payload: &Value, place: &str) {
    let text = |name: &str| payload.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    // Where some agents have it.
    let at = |places: &[&str]| places.iter().find_map(|place| payload.pointer(place).and_then(Value::as_str));
    let data: &EventData = &event.data;
    let session = match event.agent.as_str() {
        "cline" => at(&["/sessionContext/rootSessionId"]),
        "copilot" => at(&["/parent_agent_id", "/session_id", "/sessionId"]),
        _ => text("session_id"),
    };
    assert_eq!(Some(event.session_id.as_str()), session, "{place}");
    let name = text("hook_event_name").or(text("hookName")).unwrap_or(hint(&event.agent, &payload.to_string()));
    assert_eq!(event.name, name, "{place}");
    assert_eq!(data.event.as_deref(), Some(name), "{place}");
    let asked = if event.agent == "opencode" { at(&["/permission"]) } else { None };
    let tool = text("tool_name").or(at(&["/tool_call/name", "/tool_result/name"])).or(asked);
    assert_eq!(data.tool_name.as_deref(), tool, "{place}");
    let id = text("tool_call_id").or(text("tool_use_id"));
    let id = id.or(at(&["/tool_call/id", "/tool_result/id", "/tool/callID"]));
    assert_eq!(data.tool_use_id.as_deref(), id, "{place}");
    let is_main = payload.get("parent_agent_id").is_some_and(Value::is_null);
    assert_eq!(data.agent_id.as_deref(), text("agent_id").filter(|_| !is_main), "{place}");
    assert_eq!(data.agent_type.as_deref(), text("agent_type"), "{place}");
    assert_eq!(data.cwd.as_deref(), text("cwd").or(at(&["/workspaceRoots/0"])), "{place}");
    assert_eq!(data.permission_mode.as_deref(), text("permission_mode"), "{place}");
    assert_eq!(data.session_title.as_deref(), text("session_title"), "{place}");
    let duration = payload.get("duration_ms").or(payload.pointer("/postToolUse/executionTimeMs"));
    assert_eq!(data.duration_ms, duration.and_then(Value::as_u64), "{place}");
    let in_request = payload.pointer("/llm_request/model").and_then(Value::as_str);
    assert_eq!(data.model.as_deref(), text("model").or(in_request), "{place}");
    let turn = if event.agent == "codex" { text("turn_id") } else { None };
    assert_eq!(data.prompt_id.as_deref(), text("prompt_id").or(turn), "{place}");
    let calls = payload.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
    let ids: Vec<&str> = calls.filter_map(|call| call["tool_use_id"].as_str()).collect();
    assert_eq!(data.tool_use_ids, ids, "{place}");
    assert!(data.summary.chars().count() <= agents::MAX_SUMMARY_CHARS, "{place}");
    assert!(!data.summary.chars().any(char::is_control), "{place}");
}

#[test]
fn a_status_line_payload_is_no_event_but_is_kept() {
    for (_, session) in sessions("claude-code/statusline") {
        for payload in session {
            let event = parse("claude-code", 0, &payload);
            assert_eq!(event.kind, "hook.unknown");
            assert_eq!(event.payload, payload.as_bytes());
        }
    }
}

#[test]
fn a_large_write_is_read_whole() {
    let content = "tab\t \"quoted\" \\ ünïcödé 你好 🚀 line\n".repeat(12_000);
    let payload = serde_json::json!({
        "session_id": "s", "cwd": "/home/dev/project", "hook_event_name": "PreToolUse", "tool_name": "Write",
        "tool_input": { "file_path": "/home/dev/project/large.txt", "content": content }, "tool_use_id": "t",
    })
    .to_string();
    assert!(payload.len() > 500_000);
    let event = parse("claude-code", 0, &payload);
    assert_eq!((event.data.summary.as_str(), event.data.bytes), ("large.txt", payload.len() as u64));
    assert_eq!(event.payload, payload.as_bytes());
}

/// One line per event that changed something: where in the session it came, what it was, what the session shows then.
fn story(agent: &str, payloads: &[String]) -> String {
    let mut states: Vec<SessionState> = Vec::new();
    let mut story = String::new();
    let mut shown = String::new();
    for (index, payload) in payloads.iter().enumerate() {
        let event = parse(agent, index, payload);
        let known = states.iter().position(|state| state.session.session_id == event.session_id);
        let at = known.unwrap_or_else(|| {
            states.push(SessionState::new(event.session_id.as_str()));
            states.len() - 1
        });
        states[at].apply(index as u64 + 1, &event);
        let session = &states[at].session;
        let mut show = session.state.as_str().to_owned();
        let detail = session.state_detail.as_ref().map(|detail| format!(" ({detail})"));
        let running = (session.running_tools > 0).then(|| format!(" [{}]", session.running_tools));
        let agents = (session.running_subagents > 0).then(|| format!(" +{}", session.running_subagents));
        let current = session.current.as_ref().map(|current| format!(" {current}"));
        for part in [detail, running, agents, current].into_iter().flatten() {
            show.push_str(&part);
        }
        if show != shown {
            let kind = event.kind.trim_start_matches("hook.");
            writeln!(story, "{:>3} {kind} -> {show}", index + 1).unwrap();
            shown = show;
        }
    }
    for state in &states {
        let session = &state.session;
        let title = session.title.as_deref().unwrap_or("-");
        let counts = format!("{} turns, {} tools, {} failures", session.turns, session.tools, session.failures);
        let failed = if session.failed { ", failed" } else { "" };
        writeln!(story, "= {title}: {} events, {counts}, {} subagents{failed}", session.events, session.subagents)
            .unwrap();
    }
    story
}

#[test]
fn sessions_fold_into_what_happened() {
    for agent in AGENTS {
        let stories: Vec<String> =
            sessions(agent).iter().map(|(name, session)| format!("# {name}\n{}", story(agent, session))).collect();
        insta::assert_snapshot!(agent, stories.join("\n"));
    }
}

/// The recorded sessions, told as fast as can be: each by a process of its own, so many milliseconds apart.
fn told(agent: &str, session: &[String], times: usize) -> Vec<Event> {
    let mut told = Vec::new();
    for (index, payload) in session.iter().enumerate() {
        for copy in 0..times {
            let stamp_ns = (index as u64 * 30 + copy as u64 * 9) * 1_000_000;
            let pid = (index * times + copy) as u32 + 10;
            told.push(Event { stamp_ns, pid, ppid: 2, ..parse(agent, index, payload) });
        }
    }
    told
}

/// Of these events, those that are not left out.
fn kept(events: &[Event]) -> usize {
    let mut repeats = Repeats::default();
    let judge = |event: &Event| {
        let hash = event.payload.iter().fold(7_u64, |hash, byte| hash.wrapping_mul(31) ^ u64::from(*byte));
        match repeats.judge(event, hash) {
            Repeat::New => 1,
            Repeat::Again => 0,
            Repeat::NewAfterAll => 2,
        }
    };
    events.iter().map(judge).sum()
}

#[test]
fn what_a_session_tells_is_kept_and_what_two_hooks_tell_is_kept_once() {
    for agent in AGENTS {
        for (name, session) in sessions(agent) {
            assert_eq!(kept(&told(agent, &session, 1)), session.len(), "{agent}/{name}");
            // What may happen twice is told twice until the session is known. Nothing in Droid's calls says that they do
            // not.
            let most = session.len() + if agent == "droid" { 10 } else { 4 };
            let twice = kept(&told(agent, &session, 2));
            assert!((session.len()..=most).contains(&twice), "{agent}/{name} told twice: {twice}");
        }
    }
}

#[test]
fn a_fold_can_be_stored_and_taken_up_at_any_event() {
    for agent in AGENTS {
        for (name, session) in sessions(agent) {
            let events: Vec<Event> =
                session.iter().enumerate().map(|(index, payload)| parse(agent, index, payload)).collect();
            let mut through = SessionState::new("s");
            let mut stored = SessionState::new("s");
            for (event, seq) in events.iter().zip(1..) {
                through.apply(seq, event);
                stored.apply(seq, event);
                let json = serde_json::to_string(&stored).unwrap();
                stored = serde_json::from_str(&json).unwrap();
                assert_eq!(stored, through, "{agent}/{name} after {seq}");
            }
            assert_eq!(through.session.events, events.len() as u64);
            assert_eq!(through.session.last_seq, events.len() as u64);
        }
    }
}

/// The events of a session in any order of arrival, each with the time it happened.
fn any_order() -> impl Strategy<Value = Vec<Event>> {
    let sessions: Vec<Vec<Event>> = AGENTS
        .iter()
        .flat_map(|agent| sessions(agent).into_iter().map(|(_, session)| (*agent, session)))
        .map(|(agent, session)| session.iter().enumerate().map(|(index, text)| parse(agent, index, text)).collect())
        .collect();
    prop::sample::select(sessions).prop_shuffle()
}

proptest! {
    #[test]
    fn events_in_any_order_leave_a_state_that_makes_sense(events in any_order(), stored_at in 0..60_usize) {
        let mut through = SessionState::new("s");
        let mut stored = SessionState::new("s");
        for (index, event) in events.iter().enumerate() {
            through.apply(index as u64 + 1, event);
            stored.apply(index as u64 + 1, event);
            if index == stored_at {
                stored = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();
            }
            let session = &through.session;
            prop_assert_eq!(session.events, index as u64 + 1);
            prop_assert!(u64::from(session.running_tools) <= session.tools);
            prop_assert_eq!(session.running_tools == 0, session.current.is_none());
            let is_over = (session.running_tools, session.running_subagents) == (0, 0);
            prop_assert!(is_over || session.state != State::Ended);
        }
        prop_assert_eq!(stored, through);
    }
}
