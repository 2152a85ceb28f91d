//! One event as the list shows it: small, harmless, without the payload.

use tailhook_core::Envelope;

use super::kind::{Mark, Phase, kind_of};
use crate::cli::text::{micros, one_line, plain, tool_label};

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) seq: u64,
    /// Microseconds since the Unix epoch.
    pub(crate) at_us: i64,
    pub(crate) kind: String,
    pub(crate) mark: Mark,
    pub(crate) phase: Phase,
    /// As the agent says it; for showing there is the session's name.
    pub(crate) session_id: String,
    pub(crate) agent: String,
    /// The tool, or what the event is called.
    pub(crate) label: String,
    pub(crate) summary: String,
    pub(crate) tool_use_id: String,
    /// Empty for the main agent.
    pub(crate) agent_id: String,
    pub(crate) agent_type: String,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) failed: bool,
    /// Something about the payload was odd, or it is not whole.
    pub(crate) odd: bool,
}

impl Row {
    pub(crate) fn new(envelope: &Envelope) -> Self {
        let data = &envelope.data;
        let kind = kind_of(&envelope.kind);
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let tool = data.tool_name.as_deref().filter(|_| kind.phase != Phase::None || kind.mark == Mark::Ask);
        let summary = if data.summary.is_empty() { text(&data.reason) } else { data.summary.clone() };
        Self {
            seq: envelope.seq,
            at_us: micros(&envelope.timestamp),
            mark: if data.failed && kind.phase == Phase::End && kind.mark == Mark::Done {
                Mark::Failed
            } else {
                kind.mark
            },
            phase: kind.phase,
            label: match tool {
                Some(tool) if kind.phase != Phase::Batch => tool_label(tool),
                _ => kind.label,
            },
            kind: envelope.kind.to_string(),
            session_id: envelope.session_id.clone(),
            agent: plain(&envelope.agent),
            summary: one_line(&summary),
            tool_use_id: text(&data.tool_use_id),
            agent_id: text(&data.agent_id),
            agent_type: one_line(&text(&data.agent_type)),
            duration_ms: data.duration_ms,
            failed: data.failed,
            odd: data.truncated || !data.problems.is_empty(),
        }
    }
}
