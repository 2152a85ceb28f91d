//! Cline: its command line (seen: 3.0.65), and its editor extension from its documents.
//!
//! ```text
//! {"hookName": "tool_call", "taskId": "..", "sessionContext": {"rootSessionId": ".."}, "workspaceRoots": [".."],
//!  "agent_id": "..", "parent_agent_id": null, "tool_call": {"id": "..", "name": "..", "input": {}},
//!  "preToolUse": {"toolName": "..", "parameters": {}}}
//! ```
//!
//! - The command line has names of its own in `hookName`; the extension has those of the files. Both say what an event
//!   is about in a field of the latter's name, in which the command line has all parameters as texts.
//! - Each agent has an id and a task, the main one as well; subagents name a parent.
//! - A call that fails ends as one that does not: only its output tells.

use super::claude_code::INTERRUPT;
use super::json::{Fields, Value};
use super::line::Line;
use super::tool::{self, push_field};
use super::{MAX_NAME_CHARS, MAX_PATH_CHARS};
use crate::event::EventData;
use crate::name::Name;

/// The field that an event of the command line is about.
const ABOUT: [(&str, &str); 8] = [
    ("agent_start", "taskStart"),
    ("agent_resume", "taskResume"),
    ("agent_abort", "taskCancel"),
    ("agent_end", "taskComplete"),
    ("agent_error", "error"),
    ("tool_call", "preToolUse"),
    ("tool_result", "postToolUse"),
    ("prompt_submit", "userPromptSubmit"),
];

/// Names the fields of a call as others do.
pub(super) fn name_fields(fields: &mut Fields<'_>) {
    let Some(call) = fields.first_of(&["tool_call", "tool_result"]).map(Value::object) else { return };
    let names = [("tool_name", "name"), ("tool_use_id", "id"), ("tool_input", "input"), ("tool_response", "output")];
    for (name, own) in names {
        if let Some(value) = call.get(own) {
            fields.alias(name, value);
        }
    }
}

/// The session that all agents of a task belong to.
pub(super) fn session<'a>(fields: &Fields<'a>) -> Option<Value<'a>> {
    fields.get("sessionContext")?.object().get("rootSessionId")
}

/// The type, where it is not what the name says: a task is a session.
pub(super) fn kind(name: &str, fields: &Fields<'_>) -> Option<&'static str> {
    let is_subagent = fields.get("parent_agent_id").is_some();
    Some(match name {
        "agent_start" | "agent_resume" if is_subagent => "hook.subagent_start",
        "agent_end" | "agent_abort" | "agent_error" if is_subagent => "hook.subagent_stop",
        "TaskStart" | "TaskResume" | "agent_start" | "agent_resume" => "hook.session_start",
        "TaskComplete" | "agent_end" => "hook.stop",
        "TaskCancel" | "agent_abort" => "hook.interrupt",
        "TaskError" | "agent_error" => "hook.stop_failure",
        "SessionShutdown" | "session_shutdown" => "hook.session_end",
        "tool_call" => "hook.pre_tool_use",
        "tool_result" => "hook.post_tool_use",
        "prompt_submit" => "hook.user_prompt",
        _ => return None,
    })
}

/// What the error of a command that a person interrupted ends with.
const ABORTED: &str = "Command was aborted";
/// Characters of an error that are looked at.
const MAX_ERROR_CHARS: usize = 80;

/// Fills in what this event says about itself.
pub(super) fn read(name: &str, fields: &Fields<'_>, data: &mut EventData) {
    let own = format!("{}{}", name.get(..1).unwrap_or_default().to_lowercase(), name.get(1..).unwrap_or_default());
    let own = ABOUT.iter().find(|(told, _)| *told == name).map_or(own.as_str(), |(_, about)| about);
    let about = fields.get(own).map(Value::object).unwrap_or_default();
    let roots = fields.get("workspaceRoots").map(Value::items).unwrap_or_default();
    data.cwd = roots.first().and_then(|root| root.text(MAX_PATH_CHARS));
    if fields.get("parent_agent_id").is_none() {
        data.agent_id = None;
    }
    let tool_name = data.tool_name.take().or_else(|| about.text("toolName", MAX_NAME_CHARS).map(Name::from));
    data.tool_name = tool_name.or_else(|| about.text("tool", MAX_NAME_CHARS).map(Name::from));
    data.duration_ms = about.get("executionTimeMs").and_then(Value::number);
    data.failed = matches!(name, "TaskError" | "agent_error") || has_failed(&about) || has_failed_part(fields);
    data.reason = match name {
        "TaskStart" | "agent_start" => Some("startup".to_owned()),
        "TaskResume" | "agent_resume" => Some("resume".to_owned()),
        _ if data.failed && has_aborted_part(fields) => Some(INTERRUPT.to_owned()),
        _ => None,
    };
    let mut summary = Line::default();
    if let Some(tool) = data.tool_name.as_deref() {
        let input = fields.get("tool_input").or_else(|| about.get("parameters"));
        tool::describe(&mut summary, tool, input, data.cwd.as_deref());
    } else {
        push_field(&mut summary, &about, "", &["prompt", "task", "message"]);
        for (part, names) in [
            (about.get("taskMetadata"), &["initialTask", "result", "completionStatus"][..]),
            (fields.get("turn"), &["outputText"]),
        ] {
            if summary.is_empty() {
                push_field(&mut summary, &part.map(Value::object).unwrap_or_default(), "", names);
            }
        }
    }
    data.summary = summary.into_text();
}

fn has_failed(part: &Fields<'_>) -> bool {
    part.get("success").is_some_and(|success| success.raw() == "false")
}

/// A call may do several things, each of which fails for itself.
fn has_failed_part(fields: &Fields<'_>) -> bool {
    let Some(output) = fields.get("tool_response") else { return false };
    has_failed(&output.object()) || output.items().into_iter().any(|part| has_failed(&part.object()))
}

fn has_aborted_part(fields: &Fields<'_>) -> bool {
    let Some(output) = fields.get("tool_response") else { return false };
    let error = |part: &Value<'_>| part.object().text("error", MAX_ERROR_CHARS);
    output.items().iter().filter_map(error).any(|error| error.ends_with(ABORTED))
}
