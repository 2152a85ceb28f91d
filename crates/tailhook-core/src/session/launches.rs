//! Subagents: which call started them, when they ran.

use serde::{Deserialize, Serialize};

use super::State;
use super::calls::Call;
use super::change::{Amend, Change};
use super::fold::SessionState;
use super::span::{Outcome, Span, SpanKind};
use crate::event::Event;

/// Most running subagents; the oldest is given up first.
const MAX_AGENTS: usize = 64;
/// Most calls remembered whose subagent has not told of itself yet.
const MAX_LAUNCHES: usize = 32;

/// Subagents that were started, and by which call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Launches(Vec<Launched>);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Launched {
    agent_id: String,
    call: String,
    summary: String,
}

impl Launches {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn push(&mut self, launched: Launched) {
        if self.0.len() == MAX_LAUNCHES {
            self.0.remove(0);
        }
        self.0.push(launched);
    }

    fn take(&mut self, agent_id: &str) -> Option<Launched> {
        let at = self.0.iter().position(|launched| launched.agent_id == agent_id)?;
        Some(self.0.remove(at))
    }
}

impl SessionState {
    pub(super) fn start_agent(&mut self, seq: u64, event: &Event) {
        self.session.subagents += 1;
        let data = &event.data;
        let Some(agent_id) = &data.agent_id else { return };
        if self.base == State::Ended || self.agents.iter().any(|span| span.agent_id.as_ref() == Some(agent_id)) {
            return;
        }
        let mut span = self.span(SpanKind::Agent, format!("agent:{agent_id}"), seq, event);
        span.agent_type.clone_from(&data.agent_type);
        if let Some(launched) = self.launches.take(agent_id) {
            // The call has ended already, so it does not wait for what it started.
            span.background = true;
            span.summary = launched.summary;
            span.parent = Some(launched.call);
        } else if let Some(call) = self.calls.launching(data.agent_type.as_deref()) {
            call.has_launched = true;
            span.parent = Some(call.span.id.clone());
            span.summary.clone_from(&call.span.summary);
            let launch = call.launch.as_ref();
            span.course.prompt = launch.and_then(|launch| launch.prompt.clone());
            span.background = launch.is_some_and(|launch| launch.background);
        }
        self.put(span.clone());
        span.course.prompt = None;
        if self.agents.len() == MAX_AGENTS {
            let oldest = self.agents.remove(0);
            self.close(oldest, seq, event, Outcome::Unfinished);
        }
        self.agents.push(span);
    }

    /// A call that is told of after the subagent that it started: the oldest of its kind that nobody has claimed.
    pub(super) fn claim_agent(&mut self, call: &mut Call) {
        let Some(launch) = &call.launch else { return };
        let started = |span: &&mut Span| {
            let kind_fits = launch.agent_type.is_none() || launch.agent_type == span.agent_type;
            let is_unclaimed = span.parent.as_deref().is_none_or(|parent| parent.starts_with("turn:"));
            is_unclaimed && kind_fits && span.course.begin_ns >= call.span.course.begin_ns
        };
        let Some(span) = self.agents.iter_mut().find(started) else { return };
        call.has_launched = true;
        span.parent = Some(call.span.id.clone());
        span.summary.clone_from(&call.span.summary);
        span.background = launch.background;
        let mut claimed = span.clone();
        claimed.course.prompt.clone_from(&launch.prompt);
        self.put(claimed);
    }

    /// A call tells which subagent it has started. Only that is certain: hooks run side by side, so that which call a
    /// subagent was taken for is a guess by their order.
    pub(super) fn launched(&mut self, agent_id: &str, call: &str, event: &Event) {
        let background = event.work.background;
        let id = format!("agent:{agent_id}");
        let summary = event.data.summary.clone();
        let prompt = event.work.launch.as_ref().and_then(|launch| launch.prompt.clone());
        if let Some(span) = self.agents.iter_mut().find(|span| span.id == id) {
            // A call that ends before its subagent does not wait for it.
            span.background = true;
            span.parent = Some(call.to_owned());
            if !summary.is_empty() {
                span.summary = summary;
            }
            let mut span = span.clone();
            span.course.prompt = prompt;
            self.put(span);
        } else {
            // It has ended, or it has not told of itself yet.
            let parent = Some(call.to_owned());
            let amend = Amend { id, parent, background, summary: summary.clone(), prompt, ..Amend::default() };
            self.changes.push(Change::Amend(amend));
            self.launches.push(Launched { agent_id: agent_id.to_owned(), call: call.to_owned(), summary });
        }
    }

    /// Codex tells the prompt of some subagents.
    pub(super) fn prompt_agent(&mut self, agent_id: &str, event: &Event) {
        let Some(span) = self.agents.iter().find(|span| span.agent_id.as_deref() == Some(agent_id)) else { return };
        let mut span = span.clone();
        span.course.prompt.clone_from(&event.work.prompt);
        self.put(span);
    }

    pub(super) fn stop_agent(&mut self, seq: u64, event: &Event) {
        let Some(agent_id) = event.data.agent_id.as_deref() else { return };
        let calls = self.calls.take_all_of(Some(agent_id), event.stamp_ns);
        self.give_up(calls, seq, event, Outcome::Unfinished);
        self.waits.drop_of(Some(agent_id));
        if let Some(at) = self.agents.iter().position(|span| span.agent_id.as_deref() == Some(agent_id)) {
            let span = self.agents.remove(at);
            self.close(span, seq, event, Outcome::Ok);
        }
    }

    /// The call that these subagents work for is over, so they are, unless they work in the background.
    pub(super) fn stop_agents_of(&mut self, call: &str, seq: u64, event: &Event, outcome: Outcome) {
        let works_for = |span: &Span| span.parent.as_deref() == Some(call) && !span.background;
        let (over, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.agents).into_iter().partition(works_for);
        self.agents = kept;
        for span in over {
            let calls = self.calls.take_all_of(span.agent_id.as_deref(), event.stamp_ns);
            self.give_up(calls, seq, event, outcome);
            self.waits.drop_of(span.agent_id.as_deref());
            self.close(span, seq, event, outcome);
        }
    }
}
