//! Tool calls: begun, asked about, ended.

use super::State;
use super::calls::Call;
use super::change::{Amend, Begin, Change};
use super::fold::{SessionState, end, is_late};
use super::span::{Outcome, Span, SpanKind};
use super::waits::Wait;
use crate::event::{Event, EventData};
use crate::name::Name;
use crate::work::{EndedCall, EndedTask, MAX_BACKGROUND};

impl SessionState {
    /// The span of a call that this event names.
    fn call_span(&self, seq: u64, event: &Event) -> Span {
        let data = &event.data;
        let id = data.tool_use_id.as_deref().map_or_else(|| format!("call:{seq}"), tool_span);
        let mut span = self.span(SpanKind::Tool, id, seq, event);
        span.tool_use_id.clone_from(&data.tool_use_id);
        span.tool_name.clone_from(&data.tool_name);
        span
    }

    pub(super) fn begin_call(&mut self, seq: u64, event: &Event) {
        let data = &event.data;
        if self.is_known(seq, event) {
            return;
        }
        let span = self.call_span(seq, event);
        self.session.tools += 1;
        if event.agent == "gemini-cli" && data.tool_name.as_deref() == Some("invoke_agent") {
            self.session.subagents += 1;
        }
        if self.base == State::Ended {
            self.calls.remember_given_up(&span, Outcome::Unfinished);
            self.close(span, seq, event, Outcome::Unfinished);
            return;
        }
        self.put(span.clone());
        let mut call = Call::new(span, event);
        self.claim_agent(&mut call);
        if let Some(given_up) = self.calls.begin(call) {
            self.give_up_one(given_up, seq, event, Outcome::Unfinished);
        }
        // A subagent in the background works on while the main agent waits for its user; and a begin that is older
        // than the end of the turn is only late.
        if data.agent_id.is_none() && !is_late(event, self.turn_end_ns) {
            self.enter(State::Working, None);
        }
    }

    /// Whether a call is known already whose begin this is: its end arrived first, or its begin came twice.
    fn is_known(&mut self, seq: u64, event: &Event) -> bool {
        let Some(id) = &event.data.tool_use_id else { return false };
        if let Some(ended) = self.calls.ended(id) {
            if let Some(end_ns) = ended.before_begin.take() {
                let begin = Begin { seq, ns: event.stamp_ns.min(end_ns), summary: event.data.summary.clone() };
                self.changes.push(Change::Amend(Amend { id: tool_span(id), begin: Some(begin), ..Amend::default() }));
            }
            return true;
        }
        self.calls.is_open(id)
    }

    pub(super) fn end_call(&mut self, seq: u64, event: &Event) {
        let data = &event.data;
        let mut end = end(seq, event, outcome_of(event));
        end.duration_ms = data.duration_ms;
        end.error = error_of(event);
        let known_id = data.tool_use_id.as_deref().unwrap_or_default();
        let span_id = if let Some(call) = self.calls.take(event) {
            let mut span = call.span;
            let id = span.id.clone();
            span.background |= event.work.background;
            self.calls.remember(&span, true, None);
            if let Some(task_id) = &event.work.background_id {
                self.go_on_beside(task_id.clone(), span, seq, event);
            } else {
                span.close(end);
                self.put(span);
            }
            id
        } else if let Some(ended) = self.calls.ended(known_id) {
            let id = tool_span(known_id);
            if !ended.is_told {
                ended.is_told = true;
                let background = event.work.background;
                let end = Some(end);
                self.changes.push(Change::Amend(Amend { id: id.clone(), end, background, ..Amend::default() }));
            }
            id
        } else {
            self.session.tools += 1;
            let mut span = self.call_span(seq, event);
            span.course.begin_ns =
                span.course.begin_ns.saturating_sub(data.duration_ms.unwrap_or(0).saturating_mul(1_000_000));
            span.background = event.work.background;
            self.calls.remember(&span, true, Some(event.stamp_ns));
            let id = span.id.clone();
            span.close(end);
            self.put(span);
            id
        };
        if let Some(agent_id) = &event.work.launched {
            self.launched(agent_id, &span_id, event);
        }
        if let Some(task) = &event.work.ended_task {
            self.end_background(seq, event, task);
        }
        self.waits.answer(data);
        self.is_at_work(event);
    }

    pub(super) fn end_batch(&mut self, seq: u64, event: &Event) {
        for told in &event.work.calls {
            let mut end = end(seq, event, batch_outcome(told));
            end.error.clone_from(&told.error);
            if let Some(call) = self.calls.take_id(&told.tool_use_id) {
                self.calls.remember(&call.span, false, None);
                let mut span = call.span;
                span.close(end);
                self.put(span);
            } else if let Some(ended) = self.calls.ended(&told.tool_use_id) {
                // It was given up with its turn, before the transcript or a hook that nobody waited for told this.
                if std::mem::take(&mut ended.is_unknown) && !ended.is_told {
                    let id = tool_span(&told.tool_use_id);
                    self.changes.push(Change::Amend(Amend { id, end: Some(end), ..Amend::default() }));
                }
            } else {
                self.session.tools += 1;
                let mut span = self.span(SpanKind::Tool, tool_span(&told.tool_use_id), seq, event);
                span.tool_use_id = Some(told.tool_use_id.clone());
                span.tool_name = Some(Name::of(&told.tool_name));
                span.summary.clone_from(&told.summary);
                self.calls.remember(&span, false, Some(event.stamp_ns));
                span.close(end);
                self.put(span);
            }
        }
        self.waits.answer_batch(&event.data);
        self.is_at_work(event);
    }

    /// A session that is seen from its middle on is at work if one of its calls ends.
    fn is_at_work(&mut self, event: &Event) {
        let unclear = matches!(self.base, State::Unknown | State::Starting);
        if unclear && event.data.agent_id.is_none() && !is_late(event, self.turn_end_ns) {
            self.enter(State::Working, None);
        }
    }

    pub(super) fn ask_permission(&mut self, event: &Event) {
        let data = &event.data;
        self.asks_by_request = true;
        self.is_at_work(event);
        if self.base == State::Ended {
            return;
        }
        let detail = match &data.tool_name {
            Some(tool) if data.summary.is_empty() => tool.to_string(),
            Some(tool) if !tool.starts_with("mcp__") => format!("{tool}: {}", data.summary),
            _ => data.summary.clone(),
        };
        let asked = self.note_asked(event);
        self.waits.ask(Wait {
            tool_use_id: data.tool_use_id.clone().or(asked),
            tool_name: data.tool_name.clone(),
            agent_id: data.agent_id.clone(),
            detail,
        });
    }

    /// Notes on the call in question that it waits; gives its id.
    fn note_asked(&mut self, event: &Event) -> Option<String> {
        let call = self.calls.like(event)?;
        let id = call.span.tool_use_id.clone();
        if call.span.course.asked_ns.is_none() {
            call.span.course.asked_ns = Some(event.stamp_ns.max(call.span.course.begin_ns));
            let span = call.span.clone();
            self.put(span);
        }
        id
    }

    pub(super) fn notify(&mut self, event: &Event) {
        let data = &event.data;
        match data.reason.as_deref() {
            Some("permission_prompt" | "ToolPermission") if !self.asks_by_request && self.base == State::Working => {
                let Some(call) = self.calls.latest_mut() else {
                    self.waits.ask(question(None, None, data));
                    return;
                };
                call.span.course.asked_ns.get_or_insert(event.stamp_ns.max(call.span.course.begin_ns));
                let span = call.span.clone();
                self.waits.ask(question(None, span.agent_id.clone(), data));
                self.put(span);
            }
            Some("idle_prompt") if self.base == State::Working => self.enter(State::WaitingUser, None),
            _ => {}
        }
    }

    pub(super) fn ask_form(&mut self, event: &Event) {
        if self.base != State::Ended {
            self.waits.ask(question(None, None, &event.data));
        }
    }

    /// The call has answered, and what it started goes on.
    fn go_on_beside(&mut self, task_id: String, span: Span, seq: u64, event: &Event) {
        if self.background.len() == MAX_BACKGROUND {
            let (_, oldest) = self.background.remove(0);
            self.close(oldest, seq, event, Outcome::Unfinished);
        }
        self.put(span.clone());
        self.background.push((task_id, span));
    }

    pub(super) fn end_background(&mut self, seq: u64, event: &Event, task: &EndedTask) {
        let is_it = |(task_id, span): &(String, Span)| {
            *task_id == task.task_id || task.tool_use_id.is_some() && span.tool_use_id == task.tool_use_id
        };
        let Some(at) = self.background.iter().position(is_it) else { return };
        let (_, mut span) = self.background.remove(at);
        let outcome = match task {
            EndedTask { killed: true, .. } => Outcome::Interrupted,
            EndedTask { failed: true, .. } => Outcome::Failed,
            _ => Outcome::Ok,
        };
        let mut end = end(seq, event, outcome);
        end.error = (outcome == Outcome::Failed).then(|| event.data.summary.clone());
        span.close(end);
        self.put(span);
    }

    /// Only these background tasks still run.
    pub(super) fn keep_background(&mut self, seq: u64, event: &Event, running: &[String]) {
        let runs =
            |(task_id, span): &(String, Span)| running.contains(task_id) || span.course.begin_ns > event.stamp_ns;
        let (kept, over): (Vec<_>, Vec<_>) = std::mem::take(&mut self.background).into_iter().partition(runs);
        self.background = kept;
        for (_, span) in over {
            self.close(span, seq, event, Outcome::Ok);
        }
    }
}

/// What the span of a call with this id is called. The ids are the agents' to choose, so they have a room of their own.
fn tool_span(tool_use_id: &str) -> String {
    format!("tool:{tool_use_id}")
}

fn question(tool_name: Option<Name>, agent_id: Option<String>, data: &EventData) -> Wait {
    Wait { tool_use_id: None, tool_name, agent_id, detail: data.summary.clone() }
}

/// Whether a person interrupted the call that ends with this.
pub(super) fn is_interrupted(data: &EventData) -> bool {
    data.failed && data.reason.as_deref() == Some("interrupt")
}

fn outcome_of(event: &Event) -> Outcome {
    match event.kind.as_str() {
        "hook.permission_denied" => Outcome::Denied,
        _ if !event.data.failed => Outcome::Ok,
        _ if is_interrupted(&event.data) => Outcome::Interrupted,
        _ => Outcome::Failed,
    }
}

/// What went wrong; the summary of a failed end says so, but not that of a call which was refused.
fn error_of(event: &Event) -> Option<String> {
    let data = &event.data;
    match event.kind.as_str() {
        "hook.permission_denied" => data.reason.clone(),
        "hook.post_tool_use_failure" => Some(data.summary.clone()),
        _ if data.failed && event.agent == "gemini-cli" && !is_interrupted(data) => Some(data.summary.clone()),
        _ => None,
    }
}

/// A call of which only a batch tells the end: an error, or a refusal in words for the model.
fn batch_outcome(told: &EndedCall) -> Outcome {
    match &told.error {
        Some(_) if told.refused => Outcome::Denied,
        Some(_) => Outcome::Failed,
        None => Outcome::Ok,
    }
}
