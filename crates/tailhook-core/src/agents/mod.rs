//! What agents write to a hook's stdin, understood as one [`Event`].
//!
//! [`parse`] never fails. A field of an unexpected type is as if it were not there, unknown fields and events pass
//! through in the payload, and what is odd is listed in the event's problems. One module per agent knows which of its
//! fields say what happened; formats were read off payloads of real clients, which are kept as this crate's fixtures.
//!
//! Order of work: secrets leave the bytes first, so that nothing read from them later can hold one; then one pass finds
//! the top-level fields ([`json`]), and only those that are shown are decoded.

mod claude_code;
mod cline;
mod codex;
mod copilot;
mod diff;
mod gemini_cli;
mod generic;
pub(crate) mod json;
mod kind;
mod line;
mod opencode;
mod own;
mod qwen_code;
mod tool;
mod work;

use std::borrow::Cow;

use crate::event::{Event, EventData, Problem, RawEvent};
use crate::name::Name;
use crate::redaction::Redaction;
use json::{Fields, Value};

pub use diff::{MAX_PATCH_BYTES, Patch, patch};
pub use line::MAX_SUMMARY_CHARS;
pub use own::{OWN_AGENTS, is_own};

/// Longest id, name or mode that is kept outside the payload, in characters.
const MAX_NAME_CHARS: usize = 256;
/// Longest path that is kept outside the payload, in characters.
const MAX_PATH_CHARS: usize = 4096;

/// What stands behind the agent's name and a `+` where hooks leave tool calls to the transcript.
pub const LEAN: &str = "lean";
/// Agent of the events by which the daemon tells what no hook told.
pub const SELF: &str = "tailhook";

/// Whose payload format applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    ClaudeCode,
    Codex,
    GeminiCli,
    QwenCode,
    OpenCode,
    Cline,
    Copilot,
    External,
    Generic,
}

/// Turns the bytes of one hook call into an event, with the secrets that `redaction` finds removed.
///
/// ```
/// use tailhook_core::{RawEvent, Redaction, agents};
///
/// let raw = RawEvent {
///     stamp_ns: 1, hook_ns: 2_000, pid: 10, ppid: 9, agent: "claude-code".into(), event_hint: "".into(),
///     truncated: false, total_bytes: 0, stages: None,
///     payload: br#"{"session_id":"s1","cwd":"/p","hook_event_name":"PreToolUse","tool_name":"Bash",
///                   "tool_input":{"command":"cargo test"},"tool_use_id":"t1"}"#.into(),
/// };
/// let event = agents::parse(&raw, &Redaction::default());
/// assert_eq!(event.kind, "hook.pre_tool_use");
/// assert_eq!(event.data.summary, "cargo test");
/// ```
pub fn parse(raw: &RawEvent<'_>, redaction: &Redaction) -> Event {
    let redacted = redaction.apply(&raw.payload);
    let mut problems = Vec::new();
    let text = crate::text::lossy(&redacted.bytes);
    if matches!(text, Cow::Owned(_)) {
        problems.push(Problem::NotUtf8);
    }
    let (mut fields, whole) = Fields::read(&text);
    if text.trim_ascii().is_empty() {
        problems.push(Problem::Empty);
    } else if !whole {
        problems.push(Problem::NotJson);
    }

    let (argument, profile) = raw.agent.split_once('+').map_or((&*raw.agent, None), |(name, rest)| (name, Some(rest)));
    let agent = agent_name(argument, &fields);
    let format = format_of(&agent, &fields);
    match format {
        Format::Cline => cline::name_fields(&mut fields),
        Format::Copilot => copilot::name_fields(&mut fields),
        _ => {}
    }
    let name = event_name(format, &fields, &raw.event_hint);
    let session_id = session_id(format, &fields);
    // `system.*` is what the daemon says itself; nobody else may sound like it.
    let keeps_type = format == Format::External && !name.is_empty() && !name.starts_with("system.");
    let own_kind = match format {
        Format::QwenCode => qwen_code::kind(&name, &fields),
        Format::OpenCode => opencode::kind(&name, &fields),
        Format::Cline => cline::kind(&name, &fields),
        Format::Copilot => copilot::kind(&name, &fields),
        _ => None,
    };
    let kind = match own_kind {
        Some(kind) => kind.into(),
        None if keeps_type => name.clone(),
        None => kind::of(&name),
    };

    let mut data = EventData {
        event: (!name.is_empty()).then(|| name.clone()),
        truncated: raw.truncated,
        bytes: raw.total_bytes.max(raw.payload.len() as u64),
        redacted: redacted.count,
        hook_us: raw.hook_ns / 1000,
        hook_stages: raw.stages,
        ..EventData::default()
    };
    read_common(&fields, &mut data);
    match format {
        Format::ClaudeCode => claude_code::read(&name, &fields, &mut data),
        Format::Codex => codex::read(&name, &fields, &mut data),
        Format::GeminiCli => gemini_cli::read(&name, &fields, &mut data),
        Format::QwenCode => qwen_code::read(&name, &fields, &mut data),
        Format::OpenCode => opencode::read(&name, &fields, &mut data),
        Format::Cline => cline::read(&name, &fields, &mut data),
        Format::Copilot => copilot::read(&kind, &fields, &mut data),
        Format::External => generic::read_external(&fields, &mut data),
        Format::Generic => generic::read(&kind, &fields, &mut data),
    }
    if matches!(kind.as_str(), kind::SESSION_START | kind::SESSION_END) {
        data.agent_pid = Some(raw.ppid).filter(|pid| *pid > 1);
    }
    if matches!(kind.as_str(), kind::SESSION_START | kind::USER_PROMPT | kind::SETUP) {
        data.transcript_path = fields.text("transcript_path", MAX_PATH_CHARS);
        data.profile = profile.filter(|profile| *profile == LEAN).map(str::to_owned);
    }

    if name.is_empty() {
        problems.push(Problem::NoEventName);
    }
    if session_id.is_empty() && !matches!(format, Format::External | Format::Generic) {
        problems.push(Problem::NoSession);
    }
    if raw.truncated {
        problems.push(Problem::Truncated);
    }
    data.problems.clone_from(&problems);
    let work = work::read(&kind, &fields, &data);
    Event {
        kind,
        name,
        agent,
        session_id,
        stamp_ns: raw.stamp_ns,
        data,
        problems,
        pid: raw.pid,
        ppid: raw.ppid,
        work,
        payload: redacted.bytes.into_owned(),
    }
}

/// The agent's name as it is stored: lower case, short names spelt out. Cursor runs other agents' hooks as well, and
/// says so in the payload.
fn agent_name(argument: &str, fields: &Fields<'_>) -> Name {
    if fields.get("cursor_version").is_some() {
        return "cursor".into();
    }
    match argument {
        "" | "claude" | "claude-code" => "claude-code".into(),
        "codex" | "codex-cli" => "codex".into(),
        "gemini" | "gemini-cli" => "gemini-cli".into(),
        "qwen" | "qwen-code" => "qwen-code".into(),
        other => other.chars().filter(|c| !c.is_control()).take(64).collect::<String>().to_lowercase().into(),
    }
}

fn format_of(agent: &str, fields: &Fields<'_>) -> Format {
    match agent {
        "claude-code" => Format::ClaudeCode,
        "codex" => Format::Codex,
        "gemini-cli" => Format::GeminiCli,
        "qwen-code" => Format::QwenCode,
        "opencode" => Format::OpenCode,
        "cline" => Format::Cline,
        "copilot" => Format::Copilot,
        "external" | SELF if generic::is_envelope(fields) => Format::External,
        _ => Format::Generic,
    }
}

fn event_name(format: Format, fields: &Fields<'_>, hint: &str) -> Name {
    let names: &[&str] = match format {
        Format::External => &["type"],
        Format::Generic | Format::Cline | Format::Copilot => &generic::EVENT_NAMES,
        _ => &["hook_event_name"],
    };
    let name = fields.first_of(names).and_then(|name| name.look(MAX_NAME_CHARS)).unwrap_or_default();
    let name = if name.is_empty() { hint } else { &*name };
    if name.len() <= MAX_NAME_CHARS && !name.contains(char::is_control) {
        return Name::of(name);
    }
    name.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect::<String>().into()
}

fn session_id(format: Format, fields: &Fields<'_>) -> String {
    let names: &[&str] = match format {
        Format::Generic | Format::Cline | Format::Copilot => &generic::SESSION_IDS,
        _ => &["session_id"],
    };
    let own = match format {
        Format::Cline => cline::session(fields),
        Format::Copilot => copilot::session_of_subagent(fields),
        _ => None,
    };
    own.or_else(|| fields.first_of(names)).and_then(|id| id.text(MAX_NAME_CHARS)).unwrap_or_default()
}

/// The fields that mean the same in every format that has them.
fn read_common(fields: &Fields<'_>, data: &mut EventData) {
    let name = |field: &str| fields.text(field, MAX_NAME_CHARS).filter(|text| !text.is_empty());
    let tool = fields.get("tool_name").and_then(|tool| tool.look(MAX_NAME_CHARS)).filter(|tool| !tool.is_empty());
    data.tool_name = tool.map(|tool| Name::of(&tool));
    data.tool_use_id = name("tool_use_id");
    data.agent_id = name("agent_id");
    data.agent_type = name("agent_type");
    data.cwd = fields.text("cwd", MAX_PATH_CHARS);
    data.prompt_id = name("prompt_id");
    data.permission_mode = name("permission_mode");
    data.model = name("model");
    data.session_title = fields.text("session_title", MAX_SUMMARY_CHARS).map(|title| line::one_line(&title));
    data.duration_ms = fields.get("duration_ms").and_then(Value::number);
}

#[cfg(test)]
mod tests;
