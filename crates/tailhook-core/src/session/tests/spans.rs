//! What an event changes beside the session's row: spans with their times, the tree of subagents, tasks.

use std::collections::BTreeMap;

use super::*;
use crate::session::{Change, Outcome, Span, SpanKind, SpanView};
use crate::work::{Task, TaskState};

/// The spans as clients see them when all of these have happened, by id.
fn spans(events: &[(&str, &str)]) -> BTreeMap<String, SpanView> {
    let is_span = |change| if let Change::Span(span) = change { Some(span) } else { None };
    changes(events).into_iter().filter_map(is_span).map(|span| (span.id.clone(), Span::view(span))).collect()
}

/// As [`fold_of`], for what an event changes.
fn changes(events: &[(&str, &str)]) -> Vec<Change> {
    let mut state = SessionState::new("s");
    let mut changes = Vec::new();
    for (index, (name, fields)) in events.iter().enumerate() {
        let (second, name) = name.split_once(' ').expect("a second");
        let stamp_ns = second.parse::<u64>().expect("a second") * SECOND;
        changes.extend(state.apply(index as u64 + 1, &event("claude-code", stamp_ns, name, fields)));
    }
    changes
}

#[test]
fn the_time_a_person_is_asked_is_apart_from_the_time_a_tool_runs() {
    let begin = ("100 PreToolUse", BASH.1);
    let asks = ("101 PermissionRequest", ASKS.1);
    let times = |end: (&'static str, &'static str)| {
        let course = spans(&[begin, asks, end])["tool:t1"].course.clone();
        (course.outcome, course.wait_us, course.run_us)
    };
    // Asked for six of the ten seconds: it says itself that it ran for three.
    let ran = r#""tool_name":"Bash","tool_use_id":"t1","duration_ms":3000"#;
    assert_eq!(times(("110 PostToolUse", ran)), (Outcome::Ok, Some(6_000_000), Some(4_000_000)));
    // It cannot have run for longer than since the question.
    let longer = r#""tool_name":"Bash","tool_use_id":"t1","duration_ms":60000"#;
    assert_eq!(times(("110 PostToolUse", longer)), (Outcome::Ok, Some(0), Some(10_000_000)));
    // Without that nobody knows when the answer came.
    assert_eq!(times(("110 PostToolUse", BASH_END.1)), (Outcome::Ok, None, None));
    let refused = r#""tool_name":"Bash","tool_use_id":"t1","reason":"no""#;
    assert_eq!(times(("110 PermissionDenied", refused)), (Outcome::Denied, Some(9_000_000), Some(1_000_000)));
    // A call that nobody asked about ran all the time.
    let course = &spans(&[begin, ("104 PostToolUse", BASH_END.1)])["tool:t1"].course;
    assert_eq!((course.wait_us, course.run_us), (None, Some(4_000_000)));
}

#[test]
fn a_tool_of_a_server_is_told_with_its_server() {
    for (name, expected) in [
        ("mcp__kit__echo", Some(("kit", "echo"))),
        ("mcp__kit__read__all", Some(("kit", "read__all"))),
        ("mcp__kit", None),
        ("Bash", None),
    ] {
        let fields = format!(r#""tool_name":"{name}","tool_use_id":"t1""#);
        let course = &spans(&[("100 PreToolUse", &fields)])["tool:t1"].course;
        assert_eq!(course.mcp_server.as_deref().zip(course.mcp_tool.as_deref()), expected, "{name}");
    }
}

#[test]
fn subagents_are_a_tree() {
    let spans = spans(&[
        ("100 UserPromptSubmit", PROMPT.1),
        (
            "101 PreToolUse",
            r#""tool_name":"Agent","tool_use_id":"t1","tool_input":{"subagent_type":"lead","description":"look","prompt":"look around"}"#,
        ),
        ("102 SubagentStart", r#""agent_id":"a1","agent_type":"lead""#),
        (
            "103 PreToolUse",
            r#""agent_id":"a1","tool_name":"Agent","tool_use_id":"t2","tool_input":{"subagent_type":"aide","description":"count","prompt":"count"}"#,
        ),
        ("104 SubagentStart", r#""agent_id":"a2","agent_type":"aide""#),
        ("105 PreToolUse", r#""agent_id":"a2","tool_name":"Bash","tool_use_id":"t3""#),
    ]);
    let parents = ["tool:t3", "agent:a2", "tool:t2", "agent:a1", "tool:t1", "turn:1"];
    for [child, parent] in parents.array_windows() {
        assert_eq!(spans[*child].parent.as_deref(), Some(*parent), "{child}");
    }
    assert_eq!(spans["turn:1"].parent, None);
    assert_eq!((spans["agent:a2"].agent_type.as_deref(), &*spans["agent:a2"].summary), (Some("aide"), "count"));
}

#[test]
fn a_background_agent_ends_when_it_stops_and_not_with_its_call_or_turn() {
    let events = [
        ("100 UserPromptSubmit", PROMPT.1),
        ("101 PreToolUse", r#""tool_name":"Agent","tool_use_id":"t1","tool_input":{"run_in_background":true}"#),
        ("102 SubagentStart", r#""agent_id":"a1","agent_type":"aide""#),
        (
            "103 PostToolUse",
            r#""tool_name":"Agent","tool_use_id":"t1","tool_response":{"status":"async_launched","agentId":"a1"}"#,
        ),
        ("104 Stop", ""),
        ("200 SubagentStop", r#""agent_id":"a1","agent_type":"aide""#),
        // The compacting of a context ends like a subagent that nobody has started.
        ("201 SubagentStop", r#""agent_id":"a9","agent_type":"""#),
    ];
    let running = &spans(&events[..5])["agent:a1"];
    assert_eq!((running.background, running.course.outcome), (true, Outcome::Running));
    let ended = spans(&events);
    let agent = &ended["agent:a1"];
    assert_eq!((agent.course.outcome, agent.course.run_us), (Outcome::Ok, Some(98_000_000)));
    assert_eq!(
        (agent.course.closed_by.as_deref(), agent.parent.as_deref()),
        (Some("hook.subagent_stop"), Some("tool:t1"))
    );
    assert_eq!(ended["turn:1"].course.closed_by.as_deref(), Some("hook.stop"));
    assert_eq!(ended.values().filter(|span| span.kind == SpanKind::Agent).count(), 1);
}

#[test]
fn tasks_are_told_one_by_one_or_all_at_once() {
    let created = ("100 TaskCreated", r#""task_id":"1","task_subject":"read""#);
    let second = ("101 TaskCreated", r#""task_id":"2","task_subject":"write""#);
    let done = ("102 TaskCompleted", r#""task_id":"1","task_subject":"read""#);
    let counts = |events: &[(&str, &str)]| {
        let session = fold(events);
        (session.tasks_done, session.tasks_total)
    };
    assert_eq!(counts(&[created, second, done]), (1, 2));
    assert_eq!(counts(&[done, created, second]), (1, 2), "a creation that comes late undoes nothing");
    let list = (
        "103 PostToolUse",
        r#""tool_name":"TodoWrite","tool_use_id":"t1","tool_input":{"todos":[{"content":"a","status":"completed"},
            {"content":"b","status":"in_progress"},{"content":"c","status":"pending"}]}"#,
    );
    assert_eq!(counts(&[created, list]), (1, 3), "a list takes the place of what was known");
    let told = changes(&[list])
        .into_iter()
        .find_map(|change| if let Change::Tasks(tasks) = change { Some(tasks) } else { None });
    let told: Vec<_> = told.expect("a list").into_iter().map(|Task { subject, state, .. }| (subject, state)).collect();
    let expected = [("a", TaskState::Completed), ("b", TaskState::InProgress), ("c", TaskState::Pending)];
    assert_eq!(told, expected.map(|(subject, state)| (subject.to_owned(), state)));
}
