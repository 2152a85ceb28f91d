//! Tool calls of a transcript, as the events that hooks would have told.
//!
//! A call's line becomes the payload that a `PreToolUse` hook would have been given, its result's line that of
//! `PostToolUse` or `PostToolUseFailure`, and both go the way of every payload from there. A call that never ran, because
//! it was refused or makes no sense, is known to hooks by `PostToolBatch` alone, and so it is here. So spans, states and
//! files come out the same, wherever a call was seen.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::line::Line;
use crate::agents;
use crate::agents::json::{Fields, Value};
use crate::event::{Event, RawEvent};
use crate::redaction::Redaction;

/// Most calls remembered at once; the oldest is forgotten first.
const MAX_OPEN: usize = 128;
/// Longest input that is remembered for the end of its call, bytes. A longer one stands at the begin only.
const MAX_INPUT_BYTES: usize = 16 << 10;
/// Longest error text, in characters.
const MAX_ERROR_CHARS: usize = 16 << 10;

/// How the result of a call begins that the client did not run: it makes no sense, nobody may, somebody said no.
const NOT_RUN: [&str; 3] = ["<tool_use_error>", "Permission to use ", "The user doesn't want to "];

/// What has to be remembered from line to line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Carry {
    /// The prompt that the lines belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prompt_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) permission_mode: Option<String>,
    /// The model that is asked, where answers do not name it, and how much it can be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) context_window: Option<u64>,
    /// The turn, where that is not the prompt, and how many answers it has had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) turn: Option<String>,
    pub(super) answers: u64,
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    open: VecDeque<Open>,
}

/// A call without a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    id: String,
    name: String,
    /// Raw JSON; none if it was too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
}

/// A payload of a hook, in the order in which the client writes it.
#[derive(Serialize)]
struct Payload<'a> {
    session_id: &'a str,
    transcript_path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cwd: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_mode: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    agent_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_type: Option<String>,
    hook_event_name: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    tool_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_input: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_response: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "str::is_empty")]
    tool_use_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[BatchCall<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_interrupt: Option<bool>,
}

/// One of the calls of a `PostToolBatch`.
#[expect(clippy::struct_field_names, reason = "the client's names")]
#[derive(Serialize)]
struct BatchCall<'a> {
    tool_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_input: Option<&'a RawValue>,
    tool_use_id: &'a str,
    tool_response: String,
}

/// A block of type `tool_use`.
pub(super) fn begin(
    line: &Line<'_>,
    id: &str,
    block: &Fields<'_>,
    carry: &mut Carry,
    redaction: &Redaction,
) -> Option<Event> {
    line.source.calls_since_ns.filter(|since_ns| line.at_ns >= *since_ns)?;
    let name = block.text("name", 256)?;
    let input = block.get("input").map(Value::raw);
    if carry.open.len() >= MAX_OPEN {
        carry.open.pop_front();
    }
    let kept = input.filter(|input| input.len() <= MAX_INPUT_BYTES).map(str::to_owned);
    carry.open.push_back(Open { id: id.to_owned(), name: name.clone(), input: kept });
    let payload = Payload { tool_input: raw(input), ..payload(line, carry, "PreToolUse", &name, id) };
    event(line, &payload, redaction)
}

/// A block of type `tool_result`.
pub(super) fn end(line: &Line<'_>, block: &Fields<'_>, carry: &mut Carry, redaction: &Redaction) -> Option<Event> {
    line.source.calls_since_ns.filter(|since_ns| line.at_ns >= *since_ns)?;
    let id = block.text("tool_use_id", 256)?;
    let at = carry.open.iter().position(|open| open.id == id)?;
    let open = carry.open.remove(at)?;
    let input = raw(open.input.as_deref());
    if !block.get("is_error").is_some_and(Value::is_true) {
        // Subagents' files have no `toolUseResult`; what the model was told is the next best.
        let answer = line.fields.get("toolUseResult").or_else(|| block.get("content")).map(Value::raw);
        let payload = payload(line, carry, "PostToolUse", &open.name, &id);
        return event(line, &Payload { tool_input: input, tool_response: raw(answer), ..payload }, redaction);
    }
    let said = block.get("content").and_then(|content| content.text(MAX_ERROR_CHARS)).unwrap_or_default();
    if NOT_RUN.iter().any(|beginning| said.starts_with(beginning)) {
        let call = BatchCall { tool_name: &open.name, tool_input: input, tool_use_id: &id, tool_response: said };
        let payload = payload(line, carry, "PostToolBatch", "", "");
        return event(line, &Payload { tool_calls: Some([call]), ..payload }, redaction);
    }
    let payload = payload(line, carry, "PostToolUseFailure", &open.name, &id);
    let is_interrupt = Some(said.contains("[Request interrupted by user"));
    event(line, &Payload { tool_input: input, error: Some(said), is_interrupt, ..payload }, redaction)
}

fn payload<'a>(line: &Line<'a>, carry: &'a Carry, event: &'static str, tool: &'a str, id: &'a str) -> Payload<'a> {
    Payload {
        session_id: &line.source.session_id,
        transcript_path: &line.source.transcript_path,
        cwd: line.fields.text("cwd", 4096),
        prompt_id: carry.prompt_id.as_deref(),
        permission_mode: carry.permission_mode.as_deref(),
        agent_id: &line.source.agent_id,
        agent_type: line.fields.text("attributionAgent", 256),
        hook_event_name: event,
        tool_name: tool,
        tool_input: None,
        tool_response: None,
        tool_use_id: id,
        tool_calls: None,
        error: None,
        is_interrupt: None,
    }
}

fn raw(text: Option<&str>) -> Option<&RawValue> {
    text.and_then(|text| serde_json::from_str(text).ok())
}

fn event(line: &Line<'_>, payload: &Payload<'_>, redaction: &Redaction) -> Option<Event> {
    let raw = RawEvent {
        stamp_ns: line.at_ns,
        agent: "claude-code".into(),
        payload: serde_json::to_vec(payload).ok()?.into(),
        ..RawEvent::default()
    };
    let mut event = agents::parse(&raw, redaction);
    event.data.source = Some("transcript".to_owned());
    Some(event)
}
