//! Qwen Code (seen: 0.24.4): Claude Code's event names and fields on Gemini CLI's tools, with these differences.
//!
//! - A call has two ids. `tool_call_id` is the same wherever the call is named; `tool_use_id` is another one in a batch.
//! - `UserPromptSubmit` also precedes each request that only brings the results of tools, with an empty prompt: that is
//!   no prompt of anybody's.
//! - A failing shell command is a `PostToolUseFailure`, an unknown tool appears in its batch alone.
//! - `qwen -p` sends no `SessionEnd`.

use super::MAX_NAME_CHARS;
use super::claude_code;
use super::json::{Fields, Value};
use crate::event::EventData;

/// The type, where it is not what the name says.
pub(super) fn kind(name: &str, fields: &Fields<'_>) -> Option<&'static str> {
    let prompt = || fields.get("prompt").and_then(Value::characters);
    let brings_results = name == "UserPromptSubmit" && prompt().is_some_and(|mut prompt| prompt.next().is_none());
    brings_results.then_some("hook.pre_model_request")
}

/// Fills in what this event says about itself.
pub(super) fn read(name: &str, fields: &Fields<'_>, data: &mut EventData) {
    if let Some(id) = fields.text("tool_call_id", MAX_NAME_CHARS) {
        data.tool_use_id = Some(id);
    }
    claude_code::read(name, fields, data);
}
