//! Tool calls with a begin and an end, paired from events.

use std::collections::HashMap;

use super::kind::{Mark, Phase, closes};
use super::row::Row;

/// How a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Running,
    Waiting,
    Ok,
    Failed,
    Denied,
    /// The turn went on or ended, and no end was ever sent.
    Lost,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) agent_id: String,
    pub(crate) agent_type: String,
    pub(crate) label: String,
    pub(crate) summary: String,
    pub(crate) begin_us: i64,
    pub(crate) end_us: Option<i64>,
    /// 0: no begin came.
    pub(crate) begin_seq: u64,
    /// 0: no end came.
    pub(crate) end_seq: u64,
    pub(crate) asked_us: Option<i64>,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) outcome: Outcome,
}

/// All calls of the rows that are loaded, by their id.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    by_id: HashMap<String, Span>,
    /// Ids of the calls that are open, with session and agent.
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    session_id: String,
    agent_id: String,
    id: String,
}

impl Spans {
    pub(crate) fn of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Self {
        let mut spans = Self::default();
        rows.into_iter().for_each(|row| spans.add(row));
        spans
    }

    pub(crate) fn get(&self, tool_use_id: &str) -> Option<&Span> {
        self.by_id.get(tool_use_id)
    }

    /// In no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Span> {
        self.by_id.values()
    }

    /// Rows come in the order of their seq.
    pub(crate) fn add(&mut self, row: &Row) {
        if row.kind == "hook.permission_request" {
            self.ask(row);
        }
        if closes(&row.kind) {
            self.close(row);
        }
        match row.phase {
            Phase::Begin if !row.tool_use_id.is_empty() => self.begin(row),
            Phase::End if !row.tool_use_id.is_empty() => self.finish(row),
            _ => {}
        }
    }

    fn begin(&mut self, row: &Row) {
        if let Some(span) = self.by_id.get_mut(&row.tool_use_id) {
            // The end overtook it.
            if span.begin_seq == 0 {
                (span.begin_seq, span.begin_us) = (row.seq, row.at_us);
            }
            return;
        }
        self.by_id.insert(row.tool_use_id.clone(), Span { begin_seq: row.seq, ..blank(row) });
        self.open.push(Open {
            session_id: row.session_id.clone(),
            agent_id: row.agent_id.clone(),
            id: row.tool_use_id.clone(),
        });
    }

    fn finish(&mut self, row: &Row) {
        let span = self.by_id.entry(row.tool_use_id.clone()).or_insert_with(|| {
            let ran_us = row.duration_ms.unwrap_or(0).cast_signed().saturating_mul(1_000);
            Span { begin_us: row.at_us.saturating_sub(ran_us), ..blank(row) }
        });
        span.end_seq = row.seq;
        span.end_us = Some(row.at_us.max(span.begin_us));
        span.duration_ms = row.duration_ms;
        span.outcome = match row.mark {
            Mark::Denied => Outcome::Denied,
            _ if row.failed || row.mark == Mark::Failed => Outcome::Failed,
            _ => Outcome::Ok,
        };
        self.open.retain(|open| open.id != row.tool_use_id);
    }

    /// A request that names no call belongs to the newest open one of that tool.
    fn ask(&mut self, row: &Row) {
        let by_tool = |open: &&Open| {
            open.session_id == row.session_id
                && open.agent_id == row.agent_id
                && self.by_id.get(&open.id).is_some_and(|span| span.label == row.label)
        };
        let id = if row.tool_use_id.is_empty() {
            self.open.iter().rev().find(by_tool).map(|open| open.id.clone())
        } else {
            Some(row.tool_use_id.clone())
        };
        if let Some(span) = id.and_then(|id| self.by_id.get_mut(&id))
            && span.end_us.is_none()
        {
            span.asked_us = Some(row.at_us);
            span.outcome = Outcome::Waiting;
        }
    }

    fn close(&mut self, row: &Row) {
        let whole = row.kind == "hook.session_end";
        self.open.retain(|open| {
            let ended = open.session_id == row.session_id && (whole || open.agent_id == row.agent_id);
            if ended && let Some(span) = self.by_id.get_mut(&open.id) {
                span.end_us = Some(row.at_us.max(span.begin_us));
                span.outcome = Outcome::Lost;
            }
            !ended
        });
    }
}

fn blank(row: &Row) -> Span {
    Span {
        agent_id: row.agent_id.clone(),
        agent_type: row.agent_type.clone(),
        label: row.label.clone(),
        summary: row.summary.clone(),
        begin_us: row.at_us,
        end_us: None,
        begin_seq: 0,
        end_seq: 0,
        asked_us: None,
        duration_ms: None,
        outcome: Outcome::Running,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::row;
    use super::*;

    fn outcome(kinds: &[&str]) -> Outcome {
        let rows: Vec<Row> = kinds.iter().zip(1..).map(|(kind, seq)| row(seq, "s", kind, Some("t"))).collect();
        Spans::of(&rows).get("t").expect("a call").outcome
    }

    #[test]
    fn a_call_ends_as_its_events_say() {
        for (kinds, expected) in [
            (&["pre_tool_use"][..], Outcome::Running),
            (&["pre_tool_use", "permission_request"], Outcome::Waiting),
            (&["pre_tool_use", "permission_request", "post_tool_use"], Outcome::Ok),
            (&["pre_tool_use", "post_tool_use_failure"], Outcome::Failed),
            (&["pre_tool_use", "permission_denied"], Outcome::Denied),
            (&["pre_tool_use", "stop"], Outcome::Lost),
            (&["post_tool_use", "pre_tool_use"], Outcome::Ok),
        ] {
            assert_eq!(outcome(kinds), expected, "{kinds:?}");
        }
    }

    #[test]
    fn a_subagents_end_leaves_the_main_agents_calls_open() {
        let mut ended = row(2, "s", "subagent_stop", None);
        ended.agent_id = "a1".into();
        let spans = Spans::of(&[row(1, "s", "pre_tool_use", Some("t")), ended]);
        assert_eq!(spans.get("t").expect("a call").outcome, Outcome::Running);
    }
}
