//! Gemini CLI (seen: 0.61.0): own event names, nothing that identifies a call.
//!
//! - There is no `tool_use_id`, turn id or agent id. Whoever pairs `BeforeTool` with `AfterTool` goes by the session,
//!   the tool and what it works on, oldest first.
//! - A failed call is an `AfterTool` with `tool_response.error`; a shell command that exits with an error has none, and one
//!   that a person interrupted says so in `returnDisplay`. That is all that is told of an interruption.
//! - `PreCompress` with `trigger` `auto` precedes every model request and says nothing about compaction.
//! - The model's name stands in `llm_request` of the model events alone.

use super::MAX_NAME_CHARS;
use super::claude_code::{self, INTERRUPT, push_reason};
use super::json::{Fields, Value};
use super::line::Line;
use super::tool::push_field;
use crate::event::EventData;

/// What stands for the output of a shell command that a person interrupted.
const CANCELLED: &str = "Command cancelled by user.";

/// Fills in what this event says about itself.
pub(super) fn read(name: &str, fields: &Fields<'_>, data: &mut EventData) {
    let mut summary = Line::default();
    match name {
        "BeforeTool" => claude_code::push_call(&mut summary, fields, data),
        "AfterTool" => {
            let response = fields.get("tool_response").map(Value::object).unwrap_or_default();
            if let Some(error) = response.get("error") {
                data.failed = true;
                push_error(&mut summary, error);
            }
            if response.text("returnDisplay", MAX_NAME_CHARS).as_deref() == Some(CANCELLED) {
                data.failed = true;
                data.reason = Some(INTERRUPT.to_owned());
            }
            if summary.is_empty() {
                claude_code::push_call(&mut summary, fields, data);
            }
        }
        "BeforeAgent" => push_field(&mut summary, fields, "", &["prompt"]),
        "AfterAgent" => push_field(&mut summary, fields, "", &["prompt_response"]),
        "SessionStart" => push_reason(&mut summary, fields, data, "source", &[]),
        "SessionEnd" => push_reason(&mut summary, fields, data, "reason", &[]),
        "PreCompress" => push_reason(&mut summary, fields, data, "trigger", &[]),
        "BeforeModel" | "BeforeToolSelection" | "AfterModel" => push_model(&mut summary, fields, data),
        "Notification" => {
            push_reason(&mut summary, fields, data, "notification_type", &["message"]);
            let details = fields.get("details").map(Value::object).unwrap_or_default();
            push_field(&mut summary, &details, ": ", &["command", "title"]);
        }
        _ => claude_code::push_unknown(&mut summary, fields, data),
    }
    data.summary = summary.into_text();
}

/// An error is `{message, type}`, or a text.
fn push_error(summary: &mut Line, error: Value<'_>) {
    match error.characters() {
        Some(text) => {
            summary.push(text);
        }
        None => push_field(summary, &error.object(), "", &["message", "type"]),
    }
}

/// What the model said, or else which model it is.
fn push_model(summary: &mut Line, fields: &Fields<'_>, data: &mut EventData) {
    data.model = fields.get("llm_request").and_then(|request| request.object().text("model", MAX_NAME_CHARS));
    let response = fields.get("llm_response").map(Value::object).unwrap_or_default();
    push_field(summary, &response, "", &["text"]);
    if summary.is_empty() {
        summary.push_str(data.model.as_deref().unwrap_or_default());
    }
}
