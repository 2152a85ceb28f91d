//! One hook call: as it came ([`RawEvent`]) and as understood ([`Event`]).

use std::borrow::Cow;

use crate::name::Name;
use crate::work::Work;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the hook handed over, before anybody looked into it.
#[derive(Debug, Clone, Default)]
pub struct RawEvent<'a> {
    /// When the hook appended it, nanoseconds since the Unix epoch (the hook's wall clock).
    pub stamp_ns: u64,
    /// Nanoseconds from the hook's start to its append.
    pub hook_ns: u64,
    /// Process that ran the hook.
    pub pid: u32,
    /// Its parent: the agent in exec form, a shell otherwise.
    pub ppid: u32,
    /// First argument of the hook: which agent called. Default `claude-code`.
    pub agent: Cow<'a, str>,
    /// Second argument of the hook: the event's name, for agents whose payload does not hold it. Empty if none.
    pub event_hint: Cow<'a, str>,
    /// The hook stopped before the end of its input (deadline or size limit).
    pub truncated: bool,
    /// Bytes that the agent wrote; more than `payload` holds where the hook stopped early. 0: as many as it holds.
    pub total_bytes: u64,
    /// Where the hook's time went, if it was asked to say.
    pub stages: Option<HookStages>,
    /// The agent's bytes.
    pub payload: Cow<'a, [u8]>,
}

/// When the hook reached each of its stages, microseconds since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HookStages {
    /// The first bytes of the payload were there.
    pub first_read_us: u64,
    /// The payload had ended.
    pub input_end_us: u64,
    /// The journal was open.
    pub opened_us: u64,
    /// Number of reads that it took.
    pub reads: u64,
}

/// One hook call, understood as far as it can be. Parsing never fails: what is odd is listed in `problems`.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `hook.` and the event's name in snake case, e.g. `hook.pre_tool_use`; `UserPromptSubmit` is `hook.user_prompt`.
    /// Events that other programs publish keep their own type.
    pub kind: Name,
    /// The agent's own name for the event, e.g. `PreToolUse`. Empty if the payload has none.
    pub name: Name,
    /// `claude-code`, `codex`, `gemini-cli`, … or `external`.
    pub agent: Name,
    /// The agent's session id; empty if the payload has none.
    pub session_id: String,
    /// Nanoseconds since the Unix epoch, from the hook.
    pub stamp_ns: u64,
    /// The essential fields, small enough to travel with every envelope.
    pub data: EventData,
    /// The agent's JSON as it came, after redaction. Not valid JSON if `problems` says so.
    pub payload: Vec<u8>,
    /// What was wrong with the payload. Unknown fields and unknown events are no problem.
    pub problems: Vec<Problem>,
    /// Process that ran the hook, and its parent; 0 where there was none. Not stored.
    pub pid: u32,
    /// See `pid`.
    pub ppid: u32,
    /// What the fold needs beyond `data`. Not stored: the payload gives it again.
    pub work: Work,
}

/// The essential fields of an event. All optional fields are left out of the JSON when absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EventData {
    /// The agent's own name for the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Name>,
    /// Tool that runs, e.g. `Bash`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<Name>,
    /// The call's id, the same in all events of one call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_use_id: Option<String>,
    /// Subagent that the event came from; absent for the main agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Kind of that subagent, or of the main agent if it was started as a named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<String>,
    /// Working directory of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The prompt that this event belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_id: Option<String>,
    /// e.g. `default`, `acceptEdits`, `bypassPermissions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission_mode: Option<String>,
    /// Model, where the payload names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Why a session started, ended, stopped or was refused: `source`, `reason`, `trigger` or `notification_type`.
    /// `task_notification` on a prompt that no person wrote, `compact` on the subagent that compacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The calls that a batch of parallel calls ends with, where one event closes several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_use_ids: Vec<String>,
    /// The session's title, on the events that bring it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_title: Option<String>,
    /// The agent's own record of the session, on starts and prompts; of the subagent, on those of Codex's subagents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript_path: Option<String>,
    /// Parent process of the hook, on starts and ends: the agent if it runs hooks without a shell in between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_pid: Option<u32>,
    /// `transcript` where no hook told of this but the agent's own record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `lean` on starts and prompts of a session whose hooks leave tool calls to the transcript.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// How long the tool ran, as the agent measured it, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// The call, or the turn, failed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// At most 200 characters that say what happened: the command, the file, the prompt, the message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// The payload is not whole: the hook's deadline or size limit came first.
    pub truncated: bool,
    /// How many bytes the agent wrote: before redaction, and also where the payload was cut off.
    pub bytes: u64,
    /// How many secrets were removed.
    #[serde(skip_serializing_if = "is_zero")]
    pub redacted: u32,
    /// Microseconds from the hook's start to its append.
    pub hook_us: u64,
    /// Where that time went; only with `TAILHOOK_HOOK_DEBUG=1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook_stages: Option<HookStages>,
    /// Microseconds from the hook's append to the store's write. Filled in by the store.
    pub delivery_us: u64,
    /// What was wrong with the payload.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if hands a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// Something odd about a payload that was stored all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// No bytes at all.
    Empty,
    /// Not a JSON object.
    NotJson,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// No `session_id` where the agent always gives one.
    NoSession,
    /// No event name, neither in the payload nor as an argument.
    NoEventName,
    /// The hook stopped before the end of the payload.
    Truncated,
}
