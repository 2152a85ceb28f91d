//! `OpenCode` (seen: 1.18.33), as the plugin tells it that `tailhook install` writes: the client's own event names, Claude
//! Code's fields.
//!
//! A subagent is a session of its own there; `parent_id` names the one that started it. A call that throws or is refused
//! has no end. An interruption is an error by name, before and after which the session is said to be idle.

use super::MAX_NAME_CHARS;
use super::claude_code::{self, INTERRUPT, push_call};
use super::json::{Fields, Value};
use super::line::Line;
use super::tool::push_field;
use crate::event::EventData;
use crate::name::Name;

/// The error that is none: a person interrupted the turn.
const ABORTED: &str = "MessageAbortedError";
/// What the output of a shell command ends with that a person interrupted, as it stands in JSON.
const ABORTED_COMMAND: &str = r#"User aborted the command\n</shell_metadata>""#;

/// The type, where it is not what the name says.
pub(super) fn kind(name: &str, fields: &Fields<'_>) -> Option<&'static str> {
    Some(match name {
        "session.error" if error_name(fields).as_deref() == Some(ABORTED) => "hook.interrupt",
        "session.created" => "hook.session_start",
        "session.deleted" => "hook.session_end",
        "session.idle" => "hook.stop",
        "session.error" => "hook.stop_failure",
        "session.compacted" => "hook.post_compact",
        "chat.message" => "hook.user_prompt",
        "tool.execute.before" => "hook.pre_tool_use",
        "tool.execute.after" => "hook.post_tool_use",
        "permission.asked" | "permission.updated" => "hook.permission_request",
        _ => return None,
    })
}

/// Fills in what this event says about itself.
pub(super) fn read(name: &str, fields: &Fields<'_>, data: &mut EventData) {
    let mut summary = Line::default();
    match name {
        "tool.execute.before" => push_call(&mut summary, fields, data),
        "tool.execute.after" => {
            let response = fields.get("tool_response").map(Value::object).unwrap_or_default();
            let metadata = response.get("metadata").map(Value::object).unwrap_or_default();
            data.failed = metadata.get("exit").and_then(Value::number).is_some_and(|code| code != 0);
            if response.get("output").is_some_and(|output| output.raw().ends_with(ABORTED_COMMAND)) {
                data.failed = true;
                data.reason = Some(INTERRUPT.to_owned());
            }
            push_call(&mut summary, fields, data);
        }
        "session.error" => {
            data.failed = error_name(fields).as_deref() != Some(ABORTED);
            let error = fields.get("error").map(Value::object).unwrap_or_default();
            let about = error.get("data").map(Value::object).unwrap_or_default();
            push_field(&mut summary, &about, "", &["message"]);
            if summary.is_empty() {
                push_field(&mut summary, &error, "", &["message", "name"]);
            }
            data.reason = claude_code::reason(&error, "name");
        }
        "session.created" => {
            data.reason = Some("startup".to_owned());
            push_field(&mut summary, fields, "", &["title"]);
        }
        "chat.message" => push_field(&mut summary, fields, "", &["prompt"]),
        "permission.asked" | "permission.updated" | "permission.replied" => {
            let call = fields.get("tool").map(Value::object).unwrap_or_default();
            data.tool_use_id = call.text("callID", MAX_NAME_CHARS);
            data.tool_name = fields.text("permission", MAX_NAME_CHARS).map(Name::from);
            push_field(&mut summary, fields, "", &["patterns", "title", "permission", "type", "reply"]);
        }
        _ => claude_code::push_unknown(&mut summary, fields, data),
    }
    data.summary = summary.into_text();
}

fn error_name(fields: &Fields<'_>) -> Option<String> {
    fields.get("error")?.object().text("name", MAX_NAME_CHARS)
}
