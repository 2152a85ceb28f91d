//! Agents without a module of their own, and events that other programs publish.
//!
//! Most agents copied the field names of Claude Code; some write them in camel case, some name them their own way.
//! Names come from the agents' documentation (Cursor, Windsurf, Kiro CLI), whose payloads nobody has seen yet, and from
//! Factory Droid (seen: 0.225.2): Claude Code's fields without ids of calls, and no end of a call that fails.

use super::claude_code::{self, push_unknown};
use super::json::{Fields, Value};
use super::line::Line;
use super::tool::{self, push_field};
use super::{MAX_NAME_CHARS, MAX_PATH_CHARS, read_common};
use crate::event::EventData;
use crate::name::Name;

/// Where an event's name may stand, best first.
pub(super) const EVENT_NAMES: [&str; 6] =
    ["hook_event_name", "hookEventName", "hookName", "agent_action_name", "event", "type"];

/// Where a session's id may stand, best first.
pub(super) const SESSION_IDS: [&str; 5] = ["session_id", "sessionId", "conversation_id", "trajectory_id", "taskId"];

/// Fills in what an unknown agent's event says about itself.
pub(super) fn read(kind: &str, fields: &Fields<'_>, data: &mut EventData) {
    let name = |names: &[&str]| fields.first_of(names).and_then(|value| value.text(MAX_NAME_CHARS));
    data.tool_name = data.tool_name.take().or_else(|| name(&["toolName"]).map(Name::from));
    data.tool_use_id = data.tool_use_id.take().or_else(|| name(&["toolUseId", "toolCallId", "tool_call_id"]));
    data.prompt_id = data.prompt_id.take().or_else(|| name(&["generation_id", "turn_id", "promptId"]));
    data.agent_id = data.agent_id.take().or_else(|| name(&["subagent_id", "agentId"]));
    data.agent_type = data.agent_type.take().or_else(|| name(&["subagent_type", "agentType", "agentName"]));
    data.cwd = data.cwd.take().or_else(|| first_root(fields));

    let names_its_input_otherwise =
        matches!(kind, "hook.pre_tool_use" | "hook.post_tool_use") && fields.get("tool_input").is_none();
    if let Some(name) = claude_name(kind)
        && !names_its_input_otherwise
    {
        claude_code::read(name, fields, data);
    }
    if data.summary.is_empty() {
        let mut summary = Line::default();
        let input = fields.first_of(&["tool_input", "toolArgs", "toolInput", "tool_info", "parameters"]);
        if data.tool_name.is_some() || input.is_some() {
            let tool_name = data.tool_name.as_deref().unwrap_or_default();
            tool::describe(&mut summary, tool_name, input, data.cwd.as_deref());
        }
        if summary.is_empty() {
            push_unknown(&mut summary, fields, data);
        }
        if summary.is_empty() {
            push_field(&mut summary, fields, "", &["text", "output", "response", "path", "url", "query"]);
        }
        data.summary = summary.into_text();
    }
    data.failed |= fields.first_of(&["error", "errorMessage"]).is_some() || kind.ends_with("_failure");
}

/// An event that a program published: `{"type", "data", "session_id"?}`.
pub(super) fn is_envelope(fields: &Fields<'_>) -> bool {
    fields.get("type").and_then(Value::characters).is_some() && fields.get("data").is_some()
}

/// Fills in what the published data says about itself.
pub(super) fn read_external(fields: &Fields<'_>, data: &mut EventData) {
    let Some(published) = fields.get("data") else { return };
    let mut summary = Line::default();
    if let Some(text) = published.characters() {
        summary.push(text);
    }
    let published = published.object();
    read_common(&published, data);
    data.reason = claude_code::reason(&published, "reason");
    data.failed = published.get("failed").is_some_and(Value::is_true);
    push_field(&mut summary, &published, "", &["summary", "message", "title", "text", "description", "name", "status"]);
    data.summary = summary.into_text();
}

/// Claude Code's name for an event of this type, where the fields are likely the same.
fn claude_name(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "hook.pre_tool_use" => "PreToolUse",
        "hook.post_tool_use" => "PostToolUse",
        "hook.post_tool_use_failure" => "PostToolUseFailure",
        "hook.permission_request" => "PermissionRequest",
        "hook.user_prompt" => "UserPromptSubmit",
        "hook.session_start" => "SessionStart",
        "hook.session_end" => "SessionEnd",
        "hook.stop" => "Stop",
        "hook.subagent_start" => "SubagentStart",
        "hook.subagent_stop" => "SubagentStop",
        "hook.notification" => "Notification",
        "hook.pre_compact" => "PreCompact",
        "hook.message_display" => "MessageDisplay",
        _ => return None,
    })
}

fn first_root(fields: &Fields<'_>) -> Option<String> {
    fields.first_of(&["workspace_roots", "workspaceRoots"])?.items().first()?.text(MAX_PATH_CHARS)
}
