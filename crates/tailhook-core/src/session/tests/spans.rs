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
fn a_call_that_names_its_subagent_has_the_last_word() {
    let input = |what: &str| {
        format!(r#""tool_input":{{"subagent_type":"aide","description":"{what}","prompt":"{what}, all of it"}}"#)
    };
    let begin = |id: u8, what: &str| format!(r#""tool_name":"Agent","tool_use_id":"t{id}",{}"#, input(what));
    let end = |id: u8, what: &str| format!(r#"{},"tool_response":{{"agentId":"a{id}"}}"#, begin(id, what));
    let (first, second) = (begin(1, "first"), begin(2, "second"));
    let (first_ends, second_ends) = (end(1, "first"), end(2, "second"));
    let [a1, a2] = [1, 2].map(|id| format!(r#""agent_id":"a{id}","agent_type":"aide""#));
    let events = [
        ("100 UserPromptSubmit", PROMPT.1),
        ("101 PreToolUse", &*first),
        ("101 PreToolUse", &*second),
        // Their hooks ran side by side, and the younger one's was faster.
        ("102 SubagentStart", &*a2),
        ("102 SubagentStart", &*a1),
        ("105 PostToolUse", &*second_ends),
        ("106 SubagentStop", &*a1),
        ("107 PostToolUse", &*first_ends),
    ];
    let seen = |events: &[(&str, &str)]| {
        let mut told = changes(events).into_iter().filter_map(|change| match change {
            Change::Span(span) if span.id == "agent:a2" => Some((span.parent, span.summary, span.course.prompt)),
            _ => None,
        });
        told.next_back().expect("a span")
    };
    assert_eq!(
        seen(&events[..5]),
        (Some("tool:t1".into()), "first".into(), Some("first, all of it".into())),
        "a guess"
    );
    // One while it runs, and the other when it has ended.
    assert_eq!(seen(&events[..6]), (Some("tool:t2".into()), "second".into(), Some("second, all of it".into())));
    let amended = changes(&events).into_iter().find_map(|change| match change {
        Change::Amend(amend) if amend.id == "agent:a1" => Some((amend.parent, amend.summary, amend.prompt)),
        _ => None,
    });
    assert_eq!(amended, Some((Some("tool:t1".into()), "first".into(), Some("first, all of it".into()))));
}

#[test]
fn a_batch_that_comes_after_the_end_of_its_turn_says_how_its_calls_ended() {
    let batch = r#""tool_calls":[{"tool_name":"NoSuchTool","tool_use_id":"t1",
        "tool_response":"<tool_use_error>No such tool available: NoSuchTool</tool_use_error>"}]"#;
    let begin = ("101 PreToolUse", r#""tool_name":"NoSuchTool","tool_use_id":"t1","tool_input":{}"#);
    let (prompt, late) = (("100 UserPromptSubmit", PROMPT.1), ("102 PostToolBatch", batch));
    let ends = |events: &[(&str, &str)]| {
        let ends = changes(events).into_iter().filter_map(|change| match change {
            Change::Span(span) if span.id == "tool:t1" => Some(span.outcome()),
            Change::Amend(amend) if amend.id == "tool:t1" => amend.end.map(|end| end.outcome),
            _ => None,
        });
        ends.collect::<Vec<_>>()
    };
    let given_up = ends(&[prompt, begin, ("103 Stop", ""), late, late]);
    assert_eq!(given_up, [Outcome::Running, Outcome::Unfinished, Outcome::Failed]);
    let all_late = ends(&[prompt, ("103 Stop", ""), ("104 SessionEnd", ""), begin, late, late]);
    assert_eq!(all_late, [Outcome::Unfinished, Outcome::Failed]);
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
