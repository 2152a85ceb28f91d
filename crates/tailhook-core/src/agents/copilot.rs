//! GitHub Copilot CLI (seen: 1.0.102), registered by the names with a capital.
//!
//! - Most events then have Claude Code's fields. `SubagentStart`, `Notification` and `PermissionRequest` keep the client's own
//!   names in part, and the first of them does not say which event it is: the hook's second argument does.
//! - A subagent's events carry its own id as the session and the session's as `parent_agent_id`. Its `Stop` comes right
//!   before the `SubagentStop` that says the same.
//! - A call has no id. Its result is `tool_result`; a failing shell command is a success there, with its exit code in the
//!   words for the model.
//! - `PermissionRequest` comes for calls that are allowed without a question as well; a `Notification` for those that are
//!   not.

use super::generic;
use super::json::{Fields, Value};
use crate::event::EventData;

/// What the client appends to a shell command's output.
const EXIT_CODE: &str = "completed with exit code ";

/// Names fields as others do.
pub(super) fn name_fields(fields: &mut Fields<'_>) {
    if let Some(result) = fields.get("tool_result") {
        fields.alias("tool_response", result);
    }
    if let Some(path) = fields.get("transcriptPath") {
        fields.alias("transcript_path", path);
    }
}

/// The type, where it is not what the name says.
pub(super) fn kind(name: &str, fields: &Fields<'_>) -> Option<&'static str> {
    (name == "Stop" && fields.get("agent_id").is_some()).then_some("hook.subagent_idle")
}

/// The session that a subagent works for.
pub(super) fn session_of_subagent<'a>(fields: &Fields<'a>) -> Option<Value<'a>> {
    fields.get("agent_id").and_then(|_| fields.get("parent_agent_id"))
}

/// Fills in what this event says about itself.
pub(super) fn read(kind: &str, fields: &Fields<'_>, data: &mut EventData) {
    generic::read(kind, fields, data);
    if kind == "hook.post_tool_use" {
        let result = fields.get("tool_result").map(Value::object).unwrap_or_default();
        let said = result.text("text_result_for_llm", usize::MAX).unwrap_or_default();
        let code = said.rsplit_once(EXIT_CODE).and_then(|(_, rest)| rest.strip_suffix('>'));
        data.failed |= code.is_some_and(|code| code != "0");
    }
}
