//! A stretch of time in a session: a tool call, a subagent, a turn, a compaction.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::Name;

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

/// One span. What it is has the same words for the fold, the store and clients; how it went each is told in its own way:
/// as a [`Course`], or as a [`CourseView`](super::CourseView).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(
    rename = "SpanView",
    bound = "C: JsonSchema + Default + Serialize",
    description = "One span. Times are RFC 3339 text in UTC with microseconds; absent fields are left out."
)]
pub struct Span<C = Course> {
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
    /// The subagent that it belongs to, or is. Absent: the main agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Kind of that subagent, on its own span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<String>,
    /// e.g. `Bash`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<Name>,
    /// At most 200 characters that say what it is about.
    pub summary: String,
    /// The event that began it.
    pub begin_seq: u64,
    /// It goes on, or went on, beside the turn.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub background: bool,
    /// A turn that no person asked for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Who told of its begin.
    pub source: Source,
    /// How it went.
    #[serde(flatten)]
    pub course: C,
}

/// How a span went, as the fold and the store keep it. Times are nanoseconds since the Unix epoch; a span never ends
/// before it begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Course {
    /// What was asked for, on turns and subagents. A later version of the span may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// When it began.
    pub begin_ns: u64,
    /// When a person was asked for permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_ns: Option<u64>,
    /// Its end, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
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
        match &self.course.end {
            Some(end) => end.outcome,
            None if self.course.asked_ns.is_some() => Outcome::Waiting,
            None => Outcome::Running,
        }
    }

    /// Ends it; not before it began.
    pub(super) fn close(&mut self, mut end: End) {
        end.ns = end.ns.max(self.course.begin_ns);
        self.course.end = Some(end);
    }
}
