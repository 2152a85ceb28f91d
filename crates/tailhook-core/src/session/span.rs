//! A stretch of time in a session: a tool call, a subagent, a turn, a compaction.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::envelope::timestamp_text;

/// What goes on in a span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SpanKind {
    /// One tool call.
    #[default]
    Tool,
    /// A subagent at work.
    Agent,
    /// From a prompt to the end of what it asked for.
    Turn,
    /// The context was made smaller.
    Compaction,
}

/// How a span ended, or that it has not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Goes on.
    #[default]
    Running,
    /// A person was asked for permission and has not answered.
    Waiting,
    /// Ended well.
    Ok,
    /// Ended with an error.
    Failed,
    /// Permission was refused.
    Denied,
    /// A person interrupted it.
    Interrupted,
    /// Nothing told its end, and it is over.
    Unfinished,
    /// The agent's process ended without a word.
    Gone,
}

macro_rules! names {
    ($type:ty { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $type {
            /// The name in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// From the name in JSON.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

names!(SpanKind { Tool = "tool", Agent = "agent", Turn = "turn", Compaction = "compaction" });
names!(Outcome {
    Running = "running",
    Waiting = "waiting",
    Ok = "ok",
    Failed = "failed",
    Denied = "denied",
    Interrupted = "interrupted",
    Unfinished = "unfinished",
    Gone = "gone",
});
names!(Source { Hook = "hook", Transcript = "transcript" });

/// Who told of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A hook.
    #[default]
    Hook,
    /// The agent's own record.
    Transcript,
}

/// One span. Times are nanoseconds since the Unix epoch; a span never ends before it begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Span {
    /// Unique in its session: `tool:ID`, `turn:N`, `agent:ID`, `compaction:SEQ`, or `call:SEQ` for a call without an id.
    pub id: String,
    /// What goes on in it.
    pub kind: SpanKind,
    /// The span it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Number of the turn it began in; 0 before the first.
    pub turn: u64,
    /// The agent's id of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_use_id: Option<String>,
    /// The subagent that it belongs to, or is. None: the main agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Kind of that subagent, on its own span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<String>,
    /// e.g. `Bash`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
    /// At most 200 characters that say what it is about.
    pub summary: String,
    /// What was asked for, on turns and subagents. A later version of the span may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The event that began it.
    pub begin_seq: u64,
    /// When it began.
    pub begin_ns: u64,
    /// When a person was asked for permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_ns: Option<u64>,
    /// Its end, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// It goes on, or went on, beside the turn.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub background: bool,
    /// A turn that no person asked for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Who told of its begin.
    pub source: Source,
}

/// How a span ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The event that ended it or proved that it is over.
    pub seq: u64,
    /// When that was.
    pub ns: u64,
    /// In which way.
    pub outcome: Outcome,
    /// Type of that event.
    pub closed_by: String,
    /// How long the tool ran, as the agent measured it.
    pub duration_ms: Option<u64>,
    /// What went wrong.
    pub error: Option<String>,
}

impl Span {
    /// Where it stands.
    pub fn outcome(&self) -> Outcome {
        match &self.end {
            Some(end) => end.outcome,
            None if self.asked_ns.is_some() => Outcome::Waiting,
            None => Outcome::Running,
        }
    }

    /// Ends it; not before it began.
    pub(super) fn close(&mut self, mut end: End) {
        end.ns = end.ns.max(self.begin_ns);
        self.end = Some(end);
    }

    /// When the person answered: an agent that tells how long the tool ran tells that by the way. One that asked and got
    /// a refusal has its answer at the end.
    fn answered_ns(&self) -> Option<u64> {
        let (asked, end) = (self.asked_ns?, self.end.as_ref()?);
        if end.outcome == Outcome::Denied {
            return Some(end.ns.max(asked));
        }
        let ran_ns = end.duration_ms?.saturating_mul(1_000_000);
        Some(end.ns.saturating_sub(ran_ns).clamp(asked, end.ns.max(asked)))
    }

    /// As clients see it.
    pub fn view(&self) -> SpanView {
        let mcp = self.tool_name.as_deref().and_then(|name| name.strip_prefix("mcp__")?.split_once("__"));
        let answered_ns = self.answered_ns();
        let wait_ns = self.asked_ns.zip(answered_ns).map(|(asked, answered)| answered - asked);
        let whole_ns = self.end.as_ref().map(|end| end.ns - self.begin_ns);
        let run_ns = match (whole_ns, self.asked_ns, wait_ns) {
            (Some(whole), None, _) => Some(whole),
            (Some(whole), Some(_), Some(wait)) => Some(whole.saturating_sub(wait)),
            _ => None,
        };
        let end = self.end.as_ref();
        SpanView {
            id: self.id.clone(),
            kind: self.kind,
            parent: self.parent.clone(),
            turn: self.turn,
            tool_use_id: self.tool_use_id.clone(),
            agent_id: self.agent_id.clone(),
            agent_type: self.agent_type.clone(),
            tool_name: self.tool_name.clone(),
            mcp_server: mcp.map(|(server, _)| server.to_owned()),
            mcp_tool: mcp.map(|(_, tool)| tool.to_owned()),
            summary: self.summary.clone(),
            begin_seq: self.begin_seq,
            end_seq: end.map(|end| end.seq),
            begin_at: timestamp_text(self.begin_ns),
            end_at: end.map(|end| timestamp_text(end.ns)),
            asked_at: self.asked_ns.map(timestamp_text),
            answered_at: answered_ns.map(timestamp_text),
            wait_us: wait_ns.map(|ns| ns / 1_000),
            run_us: run_ns.map(|ns| ns / 1_000),
            duration_ms: end.and_then(|end| end.duration_ms),
            outcome: self.outcome(),
            closed_by: end.map(|end| end.closed_by.clone()),
            error: end.and_then(|end| end.error.clone()),
            background: self.background,
            automatic: self.automatic,
            source: self.source,
        }
    }
}

/// One span as clients see it. Times are RFC 3339 text in UTC with microseconds; absent fields are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SpanView {
    /// See [`Span::id`].
    pub id: String,
    /// What goes on in it.
    pub kind: SpanKind,
    /// The span it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Number of the turn it began in; 0 before the first.
    pub turn: u64,
    /// The agent's id of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_use_id: Option<String>,
    /// The subagent that it belongs to, or is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Kind of that subagent, on its own span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<String>,
    /// e.g. `Bash`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
    /// Server of an MCP tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mcp_server: Option<String>,
    /// Its name there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mcp_tool: Option<String>,
    /// At most 200 characters that say what it is about.
    pub summary: String,
    /// The event that began it.
    pub begin_seq: u64,
    /// The event that ended it or proved that it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_seq: Option<u64>,
    /// When it began.
    pub begin_at: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_at: Option<String>,
    /// When a person was asked for permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<String>,
    /// When that person answered, where that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<String>,
    /// From the question to the answer, microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_us: Option<u64>,
    /// The whole time without the waiting, microseconds. Absent where the waiting is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_us: Option<u64>,
    /// How long the tool ran, as the agent measured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// How it ended, or that it has not.
    pub outcome: Outcome,
    /// Type of the event that ended it or proved that it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// It goes on, or went on, beside the turn.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub background: bool,
    /// A turn that no person asked for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Who told of its begin.
    pub source: Source,
}
