//! Starts, prompts and ends.

use super::State;
use super::calls::Call;
use super::change::{Amend, Change};
use super::fold::{SessionState, end, is_late};
use super::span::{Outcome, Span, SpanKind};
use crate::event::Event;

/// A start that arrives within this time after a prompt belongs before it: the hooks of a session's first moments run
/// side by side.
const START_RACE_NS: u64 = 2_000_000_000;

/// Why a session is over whose process ended without a word.
const GONE: &str = "process_gone";
const LEFT: &str = "terminal_closed";

impl SessionState {
    pub(super) fn start(&mut self, seq: u64, event: &Event) {
        let reason = event.data.reason.as_deref();
        if reason == Some("compact") {
            self.leave_compaction(seq, event);
            return;
        }
        self.session.start_reason = reason.map(str::to_owned);
        self.session.agent_pid = event.data.agent_pid.or(self.session.agent_pid);
        let after_prompt = self.prompt_ns > 0 && event.stamp_ns < self.prompt_ns + START_RACE_NS;
        if after_prompt && self.base != State::Ended || is_late(event, self.turn_end_ns) {
            return;
        }
        // What is open now was left so by a crash.
        self.close_all(seq, event, Outcome::Unfinished);
        self.session.failed = false;
        self.session.end_reason = None;
        self.enter(State::Starting, None);
    }

    pub(super) fn prompt(&mut self, seq: u64, event: &Event) {
        let data = &event.data;
        if let Some(agent_id) = &data.agent_id {
            self.prompt_agent(agent_id, event);
            return;
        }
        // Cursor runs the hooks in Claude Code's settings beside its own: the same prompt comes to both.
        let is_open = self.turn.is_some() && data.prompt_id.is_some() && data.prompt_id == self.turn_prompt_id;
        if is_open && event.agent == "cursor" {
            return;
        }
        let automatic = data.reason.as_deref() == Some("task_notification");
        if let Some(task) = &event.work.ended_task {
            self.end_background(seq, event, task);
        }
        let over = self.calls.take_all_of(None, event.stamp_ns);
        self.interrupt(over, seq, event);
        let late = is_late(event, self.turn_end_ns);
        if !late {
            self.waits.drop_of(None);
            self.session.failed = false;
            self.session.end_reason = None;
            self.prompt_ns = event.stamp_ns;
            self.enter(State::Working, None);
        }
        self.begin_turn(seq, event, automatic, late);
        if automatic {
            return;
        }
        self.session.turns += 1;
        if !self.titled && self.session.title.is_none() && !data.summary.is_empty() {
            self.session.title = Some(data.summary.clone());
        }
    }

    fn begin_turn(&mut self, seq: u64, event: &Event, automatic: bool, late: bool) {
        if automatic && self.turn.is_some() {
            // The notice came in the middle of a turn and belongs to it.
            return;
        }
        if !late && let Some(turn) = self.turn.take() {
            self.last_turn = Some((turn.id.clone(), self.turn_prompt_id.take()));
            self.close(turn, seq, event, Outcome::Interrupted);
        }
        self.turns += 1;
        let mut turn = self.span(SpanKind::Turn, format!("turn:{}", self.turns), seq, event);
        turn.automatic = automatic;
        turn.course.prompt.clone_from(&event.work.prompt);
        if late {
            // Its end came first.
            let mut end = end(seq, event, Outcome::Ok);
            end.ns = self.turn_end_ns;
            turn.close(end);
            self.put(turn);
            return;
        }
        self.put(turn.clone());
        turn.course.prompt = None;
        self.turn = Some(turn);
        self.turn_prompt_id.clone_from(&event.data.prompt_id);
    }

    pub(super) fn end_turn(&mut self, seq: u64, event: &Event, outcome: Outcome) {
        if self.base == State::Ended || self.ends_turn_before(seq, event, outcome) {
            return;
        }
        self.turn_end_ns = event.stamp_ns;
        // OpenCode says that it is idle after a failure and after an interruption as well.
        let is_over = outcome == Outcome::Ok && self.turn.is_none() && self.base == State::WaitingUser;
        if outcome == Outcome::Interrupted {
            let over = self.calls.take_all();
            self.interrupt(over, seq, event);
        } else {
            let over = self.calls.take_all_of(None, event.stamp_ns);
            self.give_up(over, seq, event, Outcome::Unfinished);
        }
        self.waits.drop_of(None);
        if let Some(running) = &event.work.running_tasks {
            self.keep_background(seq, event, running);
        }
        if let Some(mut turn) = self.turn.take() {
            self.last_turn = Some((turn.id.clone(), self.turn_prompt_id.take()));
            let mut end = end(seq, event, outcome);
            end.error = (outcome == Outcome::Failed).then(|| event.data.summary.clone());
            turn.close(end);
            self.put(turn);
        }
        if is_over {
            return;
        }
        self.session.failed = outcome == Outcome::Failed;
        let detail = match outcome {
            Outcome::Failed => Some(event.data.summary.clone()),
            Outcome::Interrupted => Some("interrupted".to_owned()),
            _ => None,
        };
        self.enter(State::WaitingUser, detail.filter(|detail| !detail.is_empty()));
    }

    /// Whether this is the end of the turn before, which comes late.
    fn ends_turn_before(&mut self, seq: u64, event: &Event, outcome: Outcome) -> bool {
        let Some((id, prompt_id)) = &self.last_turn else { return is_late(event, self.prompt_ns) };
        let told = event.data.prompt_id.as_ref();
        let names_it = told.is_some() && told == prompt_id.as_ref() && self.turn_prompt_id.as_ref() != told;
        let before = is_late(event, self.prompt_ns) || self.turn.is_some() && names_it;
        if before {
            let end = Some(end(seq, event, outcome));
            self.changes.push(Change::Amend(Amend { id: id.clone(), end, ..Amend::default() }));
        }
        before
    }

    pub(super) fn compact(&mut self, seq: u64, event: &Event) {
        // Gemini CLI sends this before every model request.
        if event.agent == "gemini-cli" && event.data.reason.as_deref() == Some("auto") {
            return;
        }
        if matches!(self.base, State::Compacting | State::Ended) {
            return;
        }
        if let Some(unfinished) = self.compaction.take() {
            self.close(unfinished, seq, event, Outcome::Unfinished);
        }
        let span = self.span(SpanKind::Compaction, format!("compaction:{seq}"), seq, event);
        self.put(span.clone());
        self.compaction = Some(span);
        self.before_compaction = self.base;
        self.enter(State::Compacting, event.data.reason.clone());
    }

    pub(super) fn leave_compaction(&mut self, seq: u64, event: &Event) {
        if let Some(span) = self.compaction.take() {
            self.close(span, seq, event, Outcome::Ok);
        }
        if self.base == State::Compacting {
            self.enter(self.before_compaction, None);
        }
    }

    pub(super) fn end(&mut self, seq: u64, event: &Event) {
        let data = &event.data;
        self.close_all(seq, event, Outcome::Unfinished);
        // What the daemon found out gives way to what the agent says.
        let is_told = !matches!(self.session.end_reason.as_deref(), Some(GONE | LEFT));
        if self.base == State::Ended && is_told {
            return;
        }
        // An API error ends a `codex exec` and a `gemini -p` without any other event.
        let unfinished = matches!(self.base, State::Working | State::Compacting);
        let reason = data.reason.as_deref().unwrap_or("ended");
        let detail = if unfinished { format!("{reason}, turn unfinished") } else { reason.to_owned() };
        self.turn_end_ns = event.stamp_ns;
        self.session.end_reason.clone_from(&data.reason);
        self.session.agent_pid = data.agent_pid.or(self.session.agent_pid);
        self.enter(State::Ended, Some(detail));
    }

    /// The agent's process is gone, unless something was told after that was noticed.
    pub(super) fn lose(&mut self, seq: u64, event: &Event) {
        if self.base == State::Ended || event.work.after_seq.is_some_and(|after| self.told_seq > after) {
            return;
        }
        self.close_all(seq, event, Outcome::Gone);
        self.turn_end_ns = event.stamp_ns;
        self.session.end_reason = Some(GONE.to_owned());
        self.enter(State::Ended, Some("process gone".to_owned()));
    }

    /// Nobody can answer or go on with it, unless it still works or something was told after that was noticed.
    pub(super) fn leave(&mut self, seq: u64, event: &Event) {
        let works = matches!(self.base, State::Working | State::Compacting) && self.waits.first().is_none();
        let works = works || !self.agents.is_empty() || !self.background.is_empty();
        let told_since = event.work.after_seq.is_some_and(|after| self.told_seq > after);
        if self.base == State::Ended || works || told_since {
            return;
        }
        self.close_all(seq, event, Outcome::Unfinished);
        self.turn_end_ns = event.stamp_ns;
        self.session.end_reason = Some(LEFT.to_owned());
        self.enter(State::Ended, Some("terminal closed".to_owned()));
    }

    /// Everything that is open is over.
    fn close_all(&mut self, seq: u64, event: &Event, outcome: Outcome) {
        let over = self.calls.take_all();
        self.give_up(over, seq, event, outcome);
        let background = std::mem::take(&mut self.background).into_iter().map(|(_, span)| span);
        let agents = std::mem::take(&mut self.agents);
        for span in background.chain(agents).chain(self.compaction.take()) {
            self.close(span, seq, event, outcome);
        }
        if let Some(turn) = self.turn.take() {
            self.last_turn = Some((turn.id.clone(), self.turn_prompt_id.take()));
            self.close(turn, seq, event, outcome);
        }
        self.launches.clear();
        self.waits.clear();
    }

    /// These calls are over, and a person is the reason: what was asked for was refused, the rest was interrupted.
    fn interrupt(&mut self, calls: Vec<Call>, seq: u64, event: &Event) {
        for call in calls {
            let outcome = if call.span.course.asked_ns.is_some() { Outcome::Denied } else { Outcome::Interrupted };
            self.give_up_one(call, seq, event, outcome);
        }
    }

    /// These calls are over, and nothing told their end.
    pub(super) fn give_up(&mut self, calls: Vec<Call>, seq: u64, event: &Event, outcome: Outcome) {
        for call in calls {
            self.give_up_one(call, seq, event, outcome);
        }
    }

    pub(super) fn give_up_one(&mut self, call: Call, seq: u64, event: &Event, outcome: Outcome) {
        self.calls.remember_given_up(&call.span, outcome);
        let id = call.span.id.clone();
        let launches = call.launch.is_some();
        self.close(call.span, seq, event, outcome);
        if launches {
            self.stop_agents_of(&id, seq, event, outcome);
        }
    }
}

/// For tests and for the API: what a turn is called in its session.
impl Span {
    /// The number of a turn's span; `None` for other spans.
    pub fn turn_number(&self) -> Option<u64> {
        (self.kind == SpanKind::Turn).then_some(self.turn)
    }
}
