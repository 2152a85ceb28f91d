//! A span as clients see it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::span::{Outcome, Span};
use crate::envelope::timestamp_text;

/// One span as clients see it. Times are RFC 3339 text in UTC with microseconds; absent fields are left out.
pub type SpanView = Span<CourseView>;

/// How a span went, as clients see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CourseView {
    /// Server of an MCP tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mcp_server: Option<String>,
    /// Its name there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mcp_tool: Option<String>,
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
}

impl Span {
    /// As clients see it.
    pub fn view(self) -> SpanView {
        let mcp = self.tool_name.as_deref().and_then(|name| name.strip_prefix("mcp__")?.split_once("__"));
        let (asked_ns, answered_ns) = (self.course.asked_ns, self.answered_ns());
        let wait_ns = asked_ns.zip(answered_ns).map(|(asked, answered)| answered - asked);
        let whole_ns = self.course.end.as_ref().map(|end| end.ns - self.course.begin_ns);
        let run_ns = match (whole_ns, asked_ns, wait_ns) {
            (Some(whole), None, _) => Some(whole),
            (Some(whole), Some(_), Some(wait)) => Some(whole.saturating_sub(wait)),
            _ => None,
        };
        let end = self.course.end.as_ref();
        let course = CourseView {
            mcp_server: mcp.map(|(server, _)| server.to_owned()),
            mcp_tool: mcp.map(|(_, tool)| tool.to_owned()),
            end_seq: end.map(|end| end.seq),
            begin_at: timestamp_text(self.course.begin_ns),
            end_at: end.map(|end| timestamp_text(end.ns)),
            asked_at: asked_ns.map(timestamp_text),
            answered_at: answered_ns.map(timestamp_text),
            wait_us: wait_ns.map(|ns| ns / 1_000),
            run_us: run_ns.map(|ns| ns / 1_000),
            duration_ms: end.and_then(|end| end.duration_ms),
            outcome: self.outcome(),
            closed_by: end.map(|end| end.closed_by.clone()),
            error: end.and_then(|end| end.error.clone()),
        };
        Span {
            id: self.id,
            kind: self.kind,
            parent: self.parent,
            turn: self.turn,
            tool_use_id: self.tool_use_id,
            agent_id: self.agent_id,
            agent_type: self.agent_type,
            tool_name: self.tool_name,
            summary: self.summary,
            begin_seq: self.begin_seq,
            background: self.background,
            automatic: self.automatic,
            source: self.source,
            course,
        }
    }

    /// When the person answered: an agent that tells how long the tool ran tells that by the way. One that asked and got
    /// a refusal has its answer at the end.
    fn answered_ns(&self) -> Option<u64> {
        let (asked, end) = (self.course.asked_ns?, self.course.end.as_ref()?);
        if end.outcome == Outcome::Denied {
            return Some(end.ns.max(asked));
        }
        let ran_ns = end.duration_ms?.saturating_mul(1_000_000);
        Some(end.ns.saturating_sub(ran_ns).clamp(asked, end.ns.max(asked)))
    }
}
