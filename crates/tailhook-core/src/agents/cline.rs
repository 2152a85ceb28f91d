//! Cline, from its documents: what an event is about stands in a field of the event's own name.
//!
//! ```text
//! {"hookName": "PreToolUse", "taskId": "..", "workspaceRoots": [".."], "preToolUse": {"toolName": "..", "parameters": {}}}
//! ```

use super::json::{Fields, Value};
use super::line::Line;
use super::tool::{self, push_field};
use super::{MAX_NAME_CHARS, MAX_PATH_CHARS};
use crate::event::EventData;

/// The type, where it is not what the name says: a task is a session.
pub(super) fn kind(name: &str) -> Option<&'static str> {
    Some(match name {
        "TaskStart" | "TaskResume" => "hook.session_start",
        "TaskComplete" => "hook.stop",
        "TaskCancel" => "hook.interrupt",
        _ => return None,
    })
}

/// Fills in what this event says about itself.
pub(super) fn read(name: &str, fields: &Fields<'_>, data: &mut EventData) {
    let own = format!("{}{}", name.get(..1).unwrap_or_default().to_lowercase(), name.get(1..).unwrap_or_default());
    let about = fields.get(&own).map(Value::object).unwrap_or_default();
    let roots = fields.get("workspaceRoots").map(Value::items).unwrap_or_default();
    data.cwd = roots.first().and_then(|root| root.text(MAX_PATH_CHARS));
    data.tool_name = about.text("toolName", MAX_NAME_CHARS).or_else(|| about.text("tool", MAX_NAME_CHARS));
    data.duration_ms = about.get("executionTimeMs").and_then(Value::number);
    data.failed = about.get("success").is_some_and(|success| success.raw() == "false");
    data.reason = match name {
        "TaskStart" => Some("startup".to_owned()),
        "TaskResume" => Some("resume".to_owned()),
        _ => None,
    };
    let mut summary = Line::default();
    if let Some(tool) = data.tool_name.as_deref() {
        tool::describe(&mut summary, tool, about.get("parameters"), data.cwd.as_deref());
    } else {
        push_field(&mut summary, &about, "", &["prompt", "task", "message"]);
        if summary.is_empty() {
            let task = about.get("taskMetadata").map(Value::object).unwrap_or_default();
            push_field(&mut summary, &task, "", &["initialTask", "result", "completionStatus"]);
        }
    }
    data.summary = summary.into_text();
}
