//! Codex CLI (seen: 0.169.0): Claude Code's event names and fields, with these differences.
//!
//! - `turn_id` stands where Claude Code has `prompt_id`; `model` is on almost every event.
//! - `tool_response` is a text for built-in tools: the bare output of a shell command (its exit code is nowhere),
//!   `Exit code: N` and more for a patch. Only for MCP tools it is an object.
//! - `Interrupt` (Esc, Ctrl-C) comes instead of `Stop`; `PreModelRequest` and `PostModelRequest` frame each request.
//! - `transcript_path` of an event inside a subagent is the subagent's own, but for its stop, which says it apart.
//! - Every shell call is `Bash`, whatever the model's tool is called.

use super::claude_code;
use super::json::{Fields, Value};
use super::line::Line;
use super::tool::push_field;
use super::{MAX_NAME_CHARS, MAX_PATH_CHARS};
use crate::event::EventData;

/// Fills in what this event says about itself.
pub(super) fn read(name: &str, fields: &Fields<'_>, data: &mut EventData) {
    if data.prompt_id.is_none() {
        data.prompt_id = fields.text("turn_id", MAX_NAME_CHARS);
    }
    data.transcript_path = match name {
        "SubagentStart" => fields.text("transcript_path", MAX_PATH_CHARS),
        "SubagentStop" => fields.text("agent_transcript_path", MAX_PATH_CHARS),
        _ => None,
    };
    if name != "PostModelRequest" {
        claude_code::read(name, fields, data);
        if name == "PostToolUse" {
            data.failed = fields.get("tool_response").is_some_and(|response| says_failed(response));
        }
        return;
    }
    let mut summary = Line::default();
    data.reason = claude_code::reason(fields, "status");
    data.failed = data.reason.as_deref() == Some("failed");
    push_field(&mut summary, fields, "", &["error"]);
    if summary.is_empty() {
        push_usage(&mut summary, fields);
    }
    data.summary = summary.into_text();
}

/// e.g. `100 tokens in, 20 out`.
fn push_usage(summary: &mut Line, fields: &Fields<'_>) {
    let usage = fields.get("token_usage").map(Value::object).unwrap_or_default();
    let tokens = |name| usage.get(name).and_then(Value::number);
    if let (Some(input), Some(output)) = (tokens("input_tokens"), tokens("output_tokens")) {
        summary.push_str(&format!("{input} tokens in, {output} out"));
    }
}

fn says_failed(response: Value<'_>) -> bool {
    match response.text("Exit code: NNN".len()) {
        Some(text) => text.strip_prefix("Exit code: ").is_some_and(|code| code.lines().next() != Some("0")),
        None => response.object().get("isError").is_some_and(Value::is_true),
    }
}
