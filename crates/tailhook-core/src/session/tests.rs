mod spans;

use super::{Need, Session, SessionState, State};
use crate::event::{Event, RawEvent};
use crate::redaction::Redaction;

const SECOND: u64 = 1_000_000_000;

fn event(agent: &str, stamp_ns: u64, name: &str, fields: &str) -> Event {
    let lead = if fields.is_empty() { "" } else { "," };
    let payload = format!(r#"{{"session_id":"s","cwd":"/home/dev/project","hook_event_name":"{name}"{lead}{fields}}}"#);
    let raw = RawEvent {
        stamp_ns,
        hook_ns: 0,
        pid: 3,
        ppid: 2,
        agent: agent.into(),
        event_hint: "".into(),
        truncated: false,
        total_bytes: 0,
        stages: None,
        payload: payload.into_bytes().into(),
    };
    crate::agents::parse(&raw, &Redaction::default())
}

/// Folds events a second apart; a number before the name is the second it happened in.
fn fold_of(agent: &str, events: &[(&str, &str)]) -> SessionState {
    let mut state = SessionState::new("s");
    for (index, (name, fields)) in events.iter().enumerate() {
        let (second, name) = match name.split_once(' ') {
            Some((second, name)) => (second.parse().unwrap(), name),
            None => (100 + index as u64, *name),
        };
        state.apply(index as u64 + 1, &event(agent, second * SECOND, name, fields));
    }
    state
}

fn fold(events: &[(&str, &str)]) -> Session {
    fold_of("claude-code", events).session
}

const PROMPT: (&str, &str) = ("UserPromptSubmit", r#""prompt":"go""#);
const BASH: (&str, &str) = ("PreToolUse", r#""tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"t1""#);
const BASH_END: (&str, &str) =
    ("PostToolUse", r#""tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"t1""#);
const ASKS: (&str, &str) = ("PermissionRequest", r#""tool_name":"Bash","tool_input":{"command":"ls"}"#);
const STOP: (&str, &str) = ("Stop", "");

#[test]
fn a_turn_goes_from_prompt_to_stop() {
    let session = fold(&[("SessionStart", r#""source":"startup""#)]);
    assert_eq!(session.state, State::Starting);
    let session = fold(&[PROMPT, BASH]);
    assert_eq!((session.state, session.current.as_deref()), (State::Working, Some("Bash: ls")));
    assert_eq!((session.running_tools, session.tools, session.turns), (1, 1, 1));
    assert_eq!((session.project.as_deref(), session.title.as_deref()), (Some("project"), Some("go")));
    let session = fold(&[PROMPT, BASH, BASH_END, STOP]);
    assert_eq!((session.state, session.running_tools, session.current), (State::WaitingUser, 0, None));
    assert_eq!(session.state_since, "1970-01-01T00:01:43.000000Z");
}

#[test]
fn a_permission_is_waited_for_until_its_call_ends() {
    let session = fold(&[PROMPT, BASH, ASKS]);
    assert_eq!((session.state, session.state_detail.as_deref()), (State::WaitingPermission, Some("Bash: ls")));
    let notice = ("Notification", r#""message":"Needs you","notification_type":"permission_prompt""#);
    for end in [
        BASH_END,
        ("PostToolUseFailure", r#""tool_use_id":"t1","error":"no""#),
        ("PermissionDenied", r#""tool_use_id":"t1","tool_name":"Bash","reason":"no""#),
        ("PostToolBatch", r#""tool_calls":[{"tool_use_id":"t1","tool_name":"Bash"}]"#),
        PROMPT,
    ] {
        assert_eq!(fold(&[PROMPT, BASH, ASKS, notice]).state, State::WaitingPermission);
        assert_eq!(fold(&[PROMPT, BASH, ASKS, notice, end]).state, State::Working, "{}", end.0);
        assert_eq!(fold(&[PROMPT, BASH, ASKS, end, notice]).state, State::Working, "late notice after {}", end.0);
    }
    assert_eq!(fold(&[PROMPT, BASH, ASKS, STOP]).state, State::WaitingUser);
}

#[test]
fn another_call_of_the_same_tool_answers_nothing() {
    let other = ("PreToolUse", r#""tool_name":"Bash","tool_input":{"command":"pwd"},"tool_use_id":"t2""#);
    let other_end = ("PostToolUse", r#""tool_name":"Bash","tool_input":{"command":"pwd"},"tool_use_id":"t2""#);
    assert_eq!(fold(&[PROMPT, BASH, other, ASKS, other_end]).state, State::WaitingPermission);
    assert_eq!(fold(&[PROMPT, BASH, other, ASKS, other_end, BASH_END]).state, State::Working);
}

#[test]
fn a_notification_alone_says_that_permission_is_waited_for() {
    let notice = ("Notification", r#""message":"Needs you","notification_type":"permission_prompt""#);
    assert_eq!(fold(&[PROMPT, BASH, notice]).state_detail.as_deref(), Some("Needs you"));
    assert_eq!(fold(&[PROMPT, BASH, notice, BASH_END]).state, State::Working);
}

#[test]
fn a_form_of_a_server_waits_for_its_answer() {
    let form = ("Elicitation", r#""mcp_server_name":"kit","message":"Colour?""#);
    let session = fold(&[PROMPT, form]);
    assert_eq!((session.state, session.state_detail.as_deref()), (State::WaitingPermission, Some("kit: Colour?")));
    assert_eq!(fold(&[PROMPT, form, ("ElicitationResult", r#""action":"cancel""#)]).state, State::Working);
}

#[test]
fn an_end_may_arrive_before_its_begin() {
    let session = fold(&[PROMPT, BASH_END, BASH]);
    assert_eq!((session.running_tools, session.tools), (0, 1));
    let session = fold(&[("100 UserPromptSubmit", PROMPT.1), ("105 Stop", ""), ("103 PreToolUse", BASH.1)]);
    assert_eq!(session.state, State::WaitingUser);
    let session = fold(&[("101 PreToolUse", BASH.1), ("100 UserPromptSubmit", PROMPT.1)]);
    assert_eq!((session.state, session.running_tools, session.turns), (State::Working, 1, 1));
    let session = fold(&[("101 UserPromptSubmit", PROMPT.1), ("100 SessionStart", r#""source":"startup""#)]);
    assert_eq!((session.state, session.start_reason.as_deref()), (State::Working, Some("startup")));
}

#[test]
fn only_a_start_or_a_prompt_revives() {
    let end = ("SessionEnd", r#""reason":"other""#);
    let ended = [PROMPT, BASH, end];
    assert_eq!(fold(&ended).state, State::Ended);
    assert_eq!(fold(&ended).running_tools, 0);
    for late in [BASH_END, BASH, STOP, ASKS, ("MessageDisplay", r#""delta":"x""#), end, ("101 UserPromptSubmit", "")] {
        let session = fold(&[&ended[..], &[late]].concat());
        let late_prompt = late.0.starts_with("101");
        assert_eq!((session.state, session.running_tools), (State::Ended, 0), "{}", late.0);
        assert_eq!(session.state_since, fold(&ended).state_since);
        assert_eq!(session.turns, 1 + u64::from(late_prompt));
    }
    assert_eq!(fold(&[&ended[..], &[("SessionStart", r#""source":"resume""#)]].concat()).state, State::Starting);
    assert_eq!(fold(&[&ended[..], &[PROMPT]].concat()).state, State::Working);
}

#[test]
fn a_start_in_the_middle_closes_what_a_crash_left_open() {
    let session = fold(&[PROMPT, BASH, ("500 SessionStart", r#""source":"resume""#)]);
    assert_eq!((session.state, session.running_tools), (State::Starting, 0));
}

#[test]
fn failures_show_until_the_next_prompt() {
    let failure = ("StopFailure", r#""error":"unknown","last_assistant_message":"API Error""#);
    let session = fold(&[PROMPT, failure]);
    assert_eq!((session.state, session.failed, session.failures), (State::WaitingUser, true, 1));
    assert_eq!(session.state_detail.as_deref(), Some("API Error"));
    assert!(!fold(&[PROMPT, failure, PROMPT]).failed);
}

#[test]
fn a_background_agent_works_on_after_the_turn() {
    let start = ("SubagentStart", r#""agent_id":"a","agent_type":"Explore""#);
    let call = ("PreToolUse", r#""tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"t9","agent_id":"a""#);
    let session = fold(&[PROMPT, start, STOP, call]);
    assert_eq!((session.state, session.running_subagents, session.running_tools), (State::WaitingUser, 1, 1));
    let session = fold(&[PROMPT, start, call, ("SubagentStop", r#""agent_id":"a","agent_type":"Explore""#)]);
    assert_eq!((session.running_subagents, session.running_tools, session.subagents), (0, 0, 1));
    let notice = ("UserPromptSubmit", r#""prompt":"<task-notification>\n""#);
    let session = fold(&[PROMPT, STOP, notice]);
    assert_eq!((session.state, session.turns), (State::Working, 1));
}

#[test]
fn compaction_ends_where_it_began() {
    let begin = ("PreCompact", r#""trigger":"manual""#);
    let end = ("PostCompact", r#""trigger":"manual""#);
    let start = ("SessionStart", r#""source":"compact""#);
    assert_eq!(fold(&[PROMPT, STOP, begin]).state, State::Compacting);
    assert_eq!(fold(&[PROMPT, STOP, begin, start, end]).state, State::WaitingUser);
    assert_eq!(fold(&[PROMPT, begin, end, start]).state, State::Working);
    assert_eq!(fold(&[PROMPT, begin, BASH]).state, State::Working);
}

#[test]
fn what_cursor_tells_two_hooks_counts_once() {
    let told = r#""cursor_version":"2.0","generation_id":"g1""#;
    let call = format!(r#"{told},"tool_name":"Shell","tool_use_id":"t1","tool_input":{{"command":"ls"}}"#);
    let prompt = format!(r#"{told},"prompt":"go""#);
    // Its own names from its own hooks, Claude Code's from those in Claude Code's settings.
    let mut state = SessionState::new("s");
    let events = [
        ("cursor", "beforeSubmitPrompt", &prompt),
        ("claude-code", "UserPromptSubmit", &prompt),
        ("claude-code", "PreToolUse", &call),
        ("cursor", "preToolUse", &call),
        ("cursor", "postToolUse", &call),
        ("claude-code", "PostToolUse", &call),
    ];
    for (index, (hook, name, fields)) in events.into_iter().enumerate() {
        let event = event(hook, (100 + index as u64) * SECOND, name, fields);
        assert_eq!(event.agent, "cursor");
        state.apply(index as u64 + 1, &event);
    }
    let session = state.session;
    assert_eq!((session.turns, session.tools, session.running_tools, session.failures), (1, 1, 0, 0));
}

#[test]
fn gemini_cli_compacts_and_ends_in_its_own_way() {
    let fold = |events: &[(&str, &str)]| fold_of("gemini-cli", events).session;
    let prompt = ("BeforeAgent", r#""prompt":"go""#);
    let call = ("BeforeTool", r#""tool_name":"run_shell_command","tool_input":{"command":"ls"}"#);
    let same_end = ("AfterTool", r#""tool_name":"run_shell_command","tool_input":{"command":"ls"}"#);
    let other = ("BeforeTool", r#""tool_name":"run_shell_command","tool_input":{"command":"pwd"}"#);
    assert_eq!(fold(&[prompt, ("PreCompress", r#""trigger":"auto""#)]).state, State::Working);
    let session = fold(&[prompt, call, other, same_end]);
    assert_eq!((session.running_tools, session.current.as_deref()), (1, Some("run_shell_command: pwd")));
    let asks = ("Notification", r#""notification_type":"ToolPermission","message":"Run?","details":{"command":"ls"}"#);
    let session = fold(&[prompt, call, asks]);
    assert_eq!((session.state, session.state_detail.as_deref()), (State::WaitingPermission, Some("Run?: ls")));
    assert_eq!(fold(&[prompt, call, asks, same_end]).state, State::Working);
    let end = ("SessionEnd", r#""reason":"exit""#);
    assert_eq!(fold(&[prompt, end, end, end]).events, 4);
    let cancelled = r#""tool_name":"run_shell_command","tool_input":{"command":"ls"},
        "tool_response":{"returnDisplay":"Command cancelled by user."}"#;
    let session = fold(&[prompt, call, other, ("AfterTool", cancelled)]);
    assert_eq!((session.state, session.state_detail.as_deref()), (State::WaitingUser, Some("interrupted")));
    assert_eq!((session.running_tools, session.failed), (0, false));
}

#[test]
fn opencode_is_idle_after_whatever_ended_its_turn() {
    let fold = |events: &[(&str, &str)]| fold_of("opencode", events).session;
    let prompt = ("chat.message", r#""prompt":"go""#);
    let idle = ("session.idle", "");
    let interrupted = ("session.error", r#""error":{"name":"MessageAbortedError","data":{"message":"Aborted"}}"#);
    let session = fold(&[prompt, interrupted, idle, idle]);
    assert_eq!((session.state, session.state_detail.as_deref()), (State::WaitingUser, Some("interrupted")));
    assert!(!session.failed);
    let failed = ("session.error", r#""error":{"name":"APIError","data":{"message":"no"}}"#);
    let session = fold(&[prompt, failed, idle]);
    assert_eq!((session.state, session.needs, session.failed), (State::WaitingUser, Some(Need::Failed), true));
    let session = fold(&[prompt, failed, idle, prompt, idle]);
    assert_eq!((session.needs, session.failed), (Some(Need::Idle), false));
}

#[test]
fn a_clear_continues_the_session_it_cleared() {
    let old = fold(&[PROMPT, STOP, ("SessionEnd", r#""reason":"clear""#)]);
    let mut new = fold_of("claude-code", &[("SessionStart", r#""source":"clear""#)]).session;
    (new.session_id, new.first_seq) = ("n".to_owned(), 4);
    assert!(new.continues(&old));
    assert!(!old.continues(&new));
    new.agent_pid = Some(77);
    assert!(!new.continues(&old));
}

#[test]
fn a_session_without_its_terminal_ends_when_it_has_nothing_to_do() {
    let left = |events: &[(&str, &str)], after_seq: usize| {
        let mut state = fold_of("gemini-cli", events);
        let told = format!(r#""type":"session.terminal_closed","data":{{"pid":1,"after_seq":{after_seq}}}"#);
        state.apply(50, &event("tailhook", 200 * SECOND, "x", &told));
        state
    };
    let prompt = ("BeforeAgent", r#""prompt":"go""#);
    let call = ("BeforeTool", r#""tool_name":"run_shell_command","tool_input":{"command":"ls"}"#);
    let asks = ("Notification", r#""notification_type":"ToolPermission","message":"Run?","details":{"command":"ls"}"#);
    let stop = ("AfterAgent", "");
    assert_eq!(left(&[prompt, call], 2).session.state, State::Working);
    assert_eq!(left(&[prompt, stop], 1).session.state, State::WaitingUser, "something was told since");
    let session = left(&[prompt, call, asks], 3).session;
    assert_eq!((session.state, session.needs, session.running_tools), (State::Ended, None, 0));
    let mut state = left(&[prompt, stop], 2);
    assert_eq!((state.session.state, state.session.end_reason.as_deref()), (State::Ended, Some("terminal_closed")));
    let mut woken = state.clone();
    woken.apply(51, &event("gemini-cli", 201 * SECOND, prompt.0, prompt.1));
    assert_eq!((woken.session.state, woken.session.end_reason), (State::Working, None));
    state.apply(51, &event("gemini-cli", 201 * SECOND, "SessionEnd", r#""reason":"exit""#));
    assert_eq!(state.session.end_reason.as_deref(), Some("exit"));
}

#[test]
fn other_programs_count_and_move_nothing() {
    let mut state = fold_of("claude-code", &[PROMPT]);
    let published = event("external", 200 * SECOND, "Stop", r#""type":"session.end","data":{}"#);
    state.apply(2, &published);
    assert_eq!((state.session.state, state.session.events), (State::Working, 2));
    assert_eq!(state.session.agent, "claude-code");
    let mut alone = SessionState::new("s");
    alone.apply(1, &published);
    assert_eq!((alone.session.agent.as_str(), alone.session.state), ("external", State::Unknown));
    alone.apply(2, &event("codex", 201 * SECOND, "UserPromptSubmit", ""));
    assert_eq!((alone.session.agent.as_str(), alone.session.state), ("codex", State::Working));
}

#[test]
fn the_fold_stays_small_whatever_comes() {
    let mut state = SessionState::new("s");
    for n in 0..2000_u64 {
        let fields = format!(r#""tool_name":"Bash","tool_use_id":"t{n}","agent_id":"a{n}""#);
        for name in ["SubagentStart", "PreToolUse", "PermissionRequest"] {
            state.apply(n, &event("claude-code", n, name, &fields));
        }
    }
    assert_eq!((state.session.running_tools, state.session.running_subagents), (256, 64));
    assert!(serde_json::to_string(&state).unwrap().len() < 100_000);
}
