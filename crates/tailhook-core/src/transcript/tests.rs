//! On files that the real clients wrote (fixtures/transcripts).

mod codex;
mod gemini_cli;
mod splits;

use super::price::PriceTable;
use super::{Carry, Format, Role, Source, Taken, read_line};
use crate::redaction::Redaction;

fn source(agent_id: &str, calls_since_ns: Option<u64>) -> Source {
    Source {
        format: Format::ClaudeCode,
        session_id: "s1".into(),
        agent_id: agent_id.into(),
        transcript_path: "/home/dev/.claude/projects/p/s1.jsonl".into(),
        calls_since_ns,
    }
}

/// What was said, and by whom; calls left out.
fn said(taken: &Taken) -> Vec<(Role, &str)> {
    taken.messages.iter().filter(|message| !message.text.is_empty()).map(|m| (m.role, &*m.text)).collect()
}

/// The tool calls of all messages, in their order.
fn called(taken: &Taken) -> Vec<&str> {
    taken.messages.iter().flat_map(|message| message.tools.iter().map(String::as_str)).collect()
}

/// Each of these once.
fn distinct<'a>(keys: impl Iterator<Item = &'a str>) -> usize {
    keys.collect::<std::collections::HashSet<_>>().len()
}

/// Reads a whole file; the carry goes through JSON after each line, as it does in the store.
fn read(text: &str, source: &Source) -> Taken {
    let (mut taken, mut carry, mut at) = (Taken::default(), Carry::default(), 0);
    for line in text.lines() {
        read_line(line.as_bytes(), at, source, &mut carry, &Redaction::default(), &mut taken);
        at += line.len() as u64 + 1;
        carry = serde_json::from_str(&serde_json::to_string(&carry).unwrap()).unwrap();
    }
    taken
}

const MULTI: &str = include_str!("../../fixtures/transcripts/multi.jsonl");
const HOOKS: &str = include_str!("../../fixtures/transcripts/hooks.jsonl");
const SUBAGENT: &str = include_str!("../../fixtures/transcripts/subagent-a966.jsonl");

#[test]
fn an_answer_on_several_lines_counts_once() {
    let taken = read(MULTI, &source("", None));
    let ids = distinct(taken.answers.iter().map(|answer| &*answer.id));
    // The model was asked 15 times, in 19 lines; one answer's lines do not stand together.
    assert_eq!((ids, MULTI.matches(r#""role":"assistant""#).count()), (15, 19));
    let answer = &taken.answers[0];
    assert_eq!((answer.tokens.input, answer.tokens.output), (100, 20));
    assert_eq!(PriceTable::default().cost(answer), Some(0.001));
    assert!(answer.prompt_id.is_some());
}

#[test]
fn the_conversation_is_what_was_said() {
    let taken = read(MULTI, &source("", None));
    let said = said(&taken);
    assert_eq!(said[0], (Role::User, "[[scenario:multi]] go"));
    assert_eq!(said[1], (Role::Assistant, "Starting."));
    assert!(said.iter().any(|(_, text)| text.starts_with("All done.")));
    assert_eq!(called(&taken).len(), MULTI.matches(r#""type":"tool_use""#).count());
    assert_eq!(distinct(taken.messages.iter().map(|message| &*message.key)), taken.messages.len());
}

#[test]
fn hooks_cost_what_the_agent_waited() {
    let runs = read(HOOKS, &source("", None)).hook_runs;
    let of = |event: &str, command: &str| {
        let found: Vec<_> = runs.iter().filter(|run| run.event == event && run.command.contains(command)).collect();
        (found.len(), found.iter().filter(|run| run.failed).count(), found.iter().map(|run| run.duration_ms).min())
    };
    assert_eq!(of("PreToolUse", "sleep 0.3"), (3, 0, Some(306)));
    assert_eq!(of("PreToolUse", "exit 1").1, 3, "it fails each time");
    assert_eq!(of("Stop", "sleep 5"), (1, 1, Some(1009)), "given up after its timeout");
    // The summary at the end of a turn names all, also those that said nothing.
    let summary = read(MULTI, &source("", None)).hook_runs;
    assert_eq!((summary.len(), &*summary[0].event, summary[0].duration_ms), (1, "Stop", 94));
}

#[test]
fn calls_are_the_events_that_hooks_would_have_told() {
    let events = read(MULTI, &source("", Some(1))).events;
    let begin = &events[0];
    assert_eq!((begin.kind.as_str(), begin.session_id.as_str()), ("hook.pre_tool_use", "s1"));
    assert_eq!(begin.data.summary, "echo hello from bash");
    assert_eq!(begin.data.source.as_deref(), Some("transcript"));
    assert!(begin.data.prompt_id.is_some() && begin.data.permission_mode.as_deref() == Some("bypassPermissions"));
    let end = &events[1];
    assert_eq!((end.kind.as_str(), &end.data.tool_use_id), ("hook.post_tool_use", &begin.data.tool_use_id));
    assert!(end.stamp_ns > begin.stamp_ns);
    let payload: serde_json::Value = serde_json::from_slice(&end.payload).unwrap();
    assert_eq!(payload["tool_response"]["stdout"], "hello from bash");
    assert_eq!(payload["tool_input"]["command"], "echo hello from bash");
    let of = |kind: &str| events.iter().filter(|event| event.kind == kind).count();
    let ends = of("hook.post_tool_use") + of("hook.post_tool_use_failure") + of("hook.post_tool_batch");
    assert_eq!((of("hook.pre_tool_use"), ends), (16, 16), "every call begins and ends once");
    let not_run = events.iter().find(|event| event.kind == "hook.post_tool_batch").unwrap();
    assert_eq!((not_run.data.summary.as_str(), not_run.data.tool_use_ids.len()), ("Grep", 1), "there is no such tool");
    assert!(read(MULTI, &source("", None)).events.is_empty(), "hooks tell of them");
    assert!(read(MULTI, &source("", Some(i64::MAX as u64))).events.is_empty(), "before anybody asked");
}

#[test]
fn a_subagents_calls_are_its_own() {
    let taken = read(SUBAGENT, &source("a966", Some(1)));
    assert_eq!(taken.events.len(), 4);
    assert!(taken.events.iter().all(|event| event.data.agent_id.as_deref() == Some("a966")));
    let failed = &taken.events[3];
    assert_eq!(failed.kind, "hook.post_tool_use_failure");
    assert!(failed.data.failed && failed.data.summary.starts_with("File does not exist."));
}

#[test]
fn secrets_leave_before_anything_is_read() {
    let line = r#"{"type":"assistant","uuid":"u","timestamp":"2026-11-22T07:54:27.280Z","message":{"id":"m","model":"x",
        "content":[{"type":"text","text":"key sk-ant-REDACTED"},
        {"type":"tool_use","id":"t","name":"Bash","input":{"command":"echo ghp_0123456789abcdefghijABCDEFGHIJ012345"}}]}}"#;
    let taken = read(&line.replace('\n', ""), &source("", Some(1)));
    let all = format!("{taken:?}");
    assert!(all.contains("[redacted:anthropic_key]") && !all.contains("sk-ant-") && !all.contains("ghp_"), "{all}");
    assert!(!String::from_utf8_lossy(&taken.events[0].payload).contains("ghp_"));
}

#[test]
fn nonsense_gives_nothing_and_harms_nobody() {
    let deep = format!(r#"{{"type":"user","message":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let huge = r#"{"type":"assistant","message":{"id":"m","model":"x","usage":{"input_tokens":18446744073709551615,
        "output_tokens":-1},"content":"text"},"timestamp":"9999-12-30T00:00:00Z"}"#
        .replace('\n', "");
    for format in [Format::Codex, Format::GeminiCli] {
        for line in ["", "{", "null", "7", r#"{"id":7,"payload":7}"#, r#"{"id":"x","type":"gemini"}"#, &deep] {
            assert!(read(line, &Source { format, ..source("", None) }).is_empty(), "{format:?} {line:.80}");
        }
    }
    for line in ["", "{", "null", "[]", "7", r#"{"type":7}"#, r#"{"type":"assistant","message":[]}"#, &deep] {
        assert!(read(line, &source("", Some(1))).is_empty(), "{line:.80}");
    }
    let answer = read(&huge, &source("", Some(1))).answers.remove(0);
    assert!(answer.tokens.input < u64::MAX / 1_000_000 && answer.tokens.output == 0);
    assert!(i64::try_from(answer.at_ns).is_ok());
    let mut taken = Taken::default();
    let bytes = b"{\"type\":\"user\",\"message\":{\"content\":\"a\xff\xfeb\"},\"uuid\":\"u\"}";
    read_line(bytes, 0, &source("", None), &mut Carry::default(), &Redaction::default(), &mut taken);
    assert_eq!(taken.messages[0].text, "a\u{fffd}\u{fffd}b");
}
