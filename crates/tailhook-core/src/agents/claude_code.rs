//! Claude Code (seen: 2.1.197): what its events say.
//!
//! Always there: `session_id`, `transcript_path`, `cwd`, `hook_event_name`. Events from inside a subagent carry the
//! parent's session and their own `agent_id`. A payload has neither a time nor a number; calls are told apart by
//! `tool_use_id`, which only `PermissionRequest` lacks.

use super::json::{Fields, Value};
use super::line::Line;
use super::tool::{self, push_field};
use super::{MAX_NAME_CHARS, MAX_PATH_CHARS, line};
use crate::event::EventData;

/// How a prompt begins that reports the end of a background task and was written by no person.
const TASK_NOTIFICATION: &str = "<task-notification>";
/// How much of such a prompt is searched for its summary, in characters.
const MAX_NOTIFICATION_CHARS: usize = 4096;
/// How many calls of one batch are kept by id.
const MAX_BATCH_IDS: usize = 64;

/// The reason of a failure that is none: a person interrupted the call.
pub(super) const INTERRUPT: &str = "interrupt";

/// Fills in what this event says about itself.
pub(super) fn read(name: &str, fields: &Fields<'_>, data: &mut EventData) {
    let mut summary = Line::default();
    match name {
        "PreToolUse" | "PostToolUse" | "PermissionRequest" => push_call(&mut summary, fields, data),
        "PostToolUseFailure" => {
            data.failed = true;
            push_field(&mut summary, fields, "", &["error"]);
            if fields.get("is_interrupt").is_some_and(Value::is_true) {
                data.reason = Some(INTERRUPT.to_owned());
            }
        }
        "PermissionDenied" => {
            data.failed = true;
            data.reason = reason(fields, "reason");
            push_call(&mut summary, fields, data);
        }
        "PostToolBatch" => push_batch(&mut summary, fields, data),
        "UserPromptSubmit" => push_prompt(&mut summary, fields, data),
        "SessionStart" => push_reason(&mut summary, fields, data, "source", &["session_title"]),
        "SessionEnd" => push_reason(&mut summary, fields, data, "reason", &[]),
        "Setup" => push_reason(&mut summary, fields, data, "trigger", &[]),
        "PreCompact" | "PostCompact" => {
            push_reason(&mut summary, fields, data, "trigger", &["compact_summary", "custom_instructions"]);
        }
        "Stop" => push_field(&mut summary, fields, "", &["last_assistant_message"]),
        "SubagentStop" => {
            // The subagent that compacts has an empty type and never started.
            if fields.get("agent_type").is_some() && data.agent_type.is_none() {
                data.reason = Some("compact".to_owned());
            }
            push_field(&mut summary, fields, "", &["last_assistant_message"]);
        }
        "StopFailure" => {
            data.failed = true;
            push_reason(&mut summary, fields, data, "error", &["last_assistant_message", "error_details"]);
        }
        "Notification" => push_reason(&mut summary, fields, data, "notification_type", &["message", "title"]),
        "UserPromptExpansion" => push_reason(&mut summary, fields, data, "expansion_type", &["prompt"]),
        "Elicitation" => {
            push_field(&mut summary, fields, "", &["mcp_server_name"]);
            push_field(&mut summary, fields, ": ", &["message"]);
            data.reason = reason(fields, "mode");
        }
        "ElicitationResult" => {
            push_field(&mut summary, fields, "", &["mcp_server_name"]);
            push_field(&mut summary, fields, ": ", &["action"]);
            data.reason = reason(fields, "action");
        }
        "ConfigChange" => push_path(&mut summary, fields, data, "source"),
        "InstructionsLoaded" => push_path(&mut summary, fields, data, "load_reason"),
        "FileChanged" => push_path(&mut summary, fields, data, "event"),
        "SubagentStart" => push_field(&mut summary, fields, "", &["agent_type"]),
        "TaskCreated" | "TaskCompleted" => push_field(&mut summary, fields, "", &["task_subject", "task_description"]),
        "TeammateIdle" => push_field(&mut summary, fields, "", &["teammate_name"]),
        "CwdChanged" => push_field(&mut summary, fields, "", &["new_cwd"]),
        "WorktreeCreate" | "WorktreeRemove" => push_field(&mut summary, fields, "", &["name", "worktree_path"]),
        "MessageDisplay" => push_field(&mut summary, fields, "", &["delta"]),
        _ => push_unknown(&mut summary, fields, data),
    }
    data.summary = summary.into_text();
}

/// An event of a later version: the call if there is one, the first telling text otherwise.
pub(super) fn push_unknown(summary: &mut Line, fields: &Fields<'_>, data: &mut EventData) {
    if data.tool_name.is_some() {
        push_call(summary, fields, data);
    }
    if summary.is_empty() {
        push_field(
            summary,
            fields,
            "",
            &["message", "prompt", "title", "description", "command", "error", "file_path"],
        );
    }
    let names = ["reason", "source", "trigger"];
    data.reason = names.iter().find_map(|name| reason(fields, name));
}

pub(super) fn push_call(summary: &mut Line, fields: &Fields<'_>, data: &EventData) {
    let tool_name = data.tool_name.as_deref().unwrap_or_default();
    tool::describe(summary, tool_name, fields.get("tool_input"), data.cwd.as_deref());
}

/// The prompt; for the notice that a background task ended, what that notice says.
pub(super) fn push_prompt(summary: &mut Line, fields: &Fields<'_>, data: &mut EventData) {
    let notice = fields
        .text("prompt", MAX_NOTIFICATION_CHARS)
        .filter(|prompt| prompt.trim_start().starts_with(TASK_NOTIFICATION));
    let Some(notice) = notice else {
        push_field(summary, fields, "", &["prompt"]);
        return;
    };
    data.reason = Some("task_notification".to_owned());
    let said = notice.split_once("<summary>").and_then(|(_, rest)| rest.split_once("</summary>"));
    summary.push_str(said.map_or(notice.as_str(), |(said, _)| said));
}

/// Sets the reason from one field and the summary from the first of the others, or from the reason.
pub(super) fn push_reason(
    summary: &mut Line,
    fields: &Fields<'_>,
    data: &mut EventData,
    reason_field: &str,
    texts: &[&str],
) {
    data.reason = reason(fields, reason_field);
    push_field(summary, fields, "", texts);
    if summary.is_empty() {
        summary.push_str(data.reason.as_deref().unwrap_or_default());
    }
}

pub(super) fn reason(fields: &Fields<'_>, name: &str) -> Option<String> {
    fields.text(name, MAX_NAME_CHARS).map(|text| line::one_line(&text)).filter(|text| !text.is_empty())
}

fn push_path(summary: &mut Line, fields: &Fields<'_>, data: &mut EventData, reason_field: &str) {
    data.reason = reason(fields, reason_field);
    if let Some(path) = fields.text("file_path", MAX_PATH_CHARS) {
        summary.push_str(tool::below(&path, data.cwd.as_deref()));
    }
}

/// The tools of a batch with how often each was called, and the ids of the calls.
fn push_batch(summary: &mut Line, fields: &Fields<'_>, data: &mut EventData) {
    let mut tools: Vec<(String, usize)> = Vec::new();
    for call in fields.get("tool_calls").map(Value::items).unwrap_or_default() {
        let call = call.object();
        if let Some(id) = call.text("tool_use_id", MAX_NAME_CHARS)
            && data.tool_use_ids.len() < MAX_BATCH_IDS
        {
            data.tool_use_ids.push(id);
        }
        let Some(tool) = call.text("tool_name", MAX_NAME_CHARS) else { continue };
        match tools.iter_mut().find(|(name, _)| *name == tool) {
            Some((_, times)) => *times += 1,
            None => tools.push((tool, 1)),
        }
    }
    let mut lead = "";
    for (tool, times) in tools {
        summary.push_str(lead).push_str(&tool);
        if times > 1 {
            summary.push_str(&format!(" ×{times}"));
        }
        lead = ", ";
    }
}
