//! How an event moves a session.

use serde::{Deserialize, Serialize};

use super::calls::{Call, Calls};
use super::change::Change;
use super::facts::AgentProcess;
use super::launches::Launches;
use super::span::{Course, End, Outcome, Source, Span, SpanKind};
use super::tasks::Tasks;
use super::tools::is_interrupted;
use super::waits::Waits;
use super::{Need, Session, State};
use crate::agents::SELF;
use crate::envelope::{timestamp_text, write_timestamp};
use crate::event::Event;
use crate::name::Name;

/// How much earlier than another event one may have happened that arrives after it. A greater distance is a clock that
/// was set back.
const MAX_LATE_NS: u64 = 10_000_000_000;

/// Type of the event by which the daemon tells that an agent's process ended without a word.
pub const PROCESS_GONE: &str = "session.process_gone";
/// The daemon's own word for a session whose process lives on without the terminal that it reads from.
pub const TERMINAL_CLOSED: &str = "session.terminal_closed";

/// One session with what the fold has to remember. Store this as JSON; show [`Session`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionState {
    /// What clients see.
    pub session: Session,
    pub(super) calls: Calls,
    pub(super) waits: Waits,
    /// Spans of the subagents at work.
    pub(super) agents: Vec<Span>,
    /// Subagents that calls have started and that have not told of themselves yet.
    pub(super) launches: Launches,
    /// Calls that go on beside the turn, each with the agent's id of the task.
    pub(super) background: Vec<(String, Span)>,
    pub(super) tasks: Tasks,
    /// The open turn, and the id of its prompt.
    pub(super) turn: Option<Span>,
    pub(super) turn_prompt_id: Option<String>,
    /// The turn before: its span and the id of its prompt, for an end that comes late.
    pub(super) last_turn: Option<(String, Option<String>)>,
    /// Turns so far, of persons and others.
    pub(super) turns: u64,
    pub(super) compaction: Option<Span>,
    /// The state without the open questions, which come before all but the end.
    pub(super) base: State,
    pub(super) base_detail: Option<String>,
    /// The state to go back to after compaction.
    pub(super) before_compaction: State,
    /// This session tells of permissions by `PermissionRequest`, so its notifications add nothing.
    pub(super) asks_by_request: bool,
    /// The title was given by the agent, and a prompt does not replace it.
    pub(super) titled: bool,
    /// When the latest prompt, and the latest end of a turn or of the session, happened.
    pub(super) prompt_ns: u64,
    pub(super) turn_end_ns: u64,
    last_ns: u64,
    /// The latest event that an agent told.
    pub(super) told_seq: u64,
    /// The process it runs in, where that is sure.
    pub(super) process: Option<AgentProcess>,
    /// Some was told by the transcript.
    hears_transcript: bool,
    #[serde(skip)]
    pub(super) changes: Vec<Change>,
}

impl SessionState {
    /// Rules of the fold. A store that was folded by other rules is folded again from its events.
    pub const VERSION: u32 = 4;

    /// A session of which nothing has happened yet.
    pub fn new(session_id: impl Into<String>) -> Self {
        Self::resume(Session { session_id: session_id.into(), ..Session::default() })
    }

    /// A session of which nothing but its row is known.
    pub fn resume(session: Session) -> Self {
        Self { base: session.state, turns: session.turns, session, ..Self::default() }
    }

    /// Takes in one event, and gives what it changes beside the session's row. `seq` is its place in the store; the
    /// caller gives each event of the session once, in order.
    pub fn apply(&mut self, seq: u64, event: &Event) -> Vec<Change> {
        self.count(seq, event);
        if event.agent == SELF && event.kind == PROCESS_GONE {
            self.lose(seq, event);
            self.show(event.stamp_ns);
        } else if event.agent == SELF && event.kind == TERMINAL_CLOSED {
            self.leave(seq, event);
            self.show(event.stamp_ns);
        } else if event.agent != "external" && event.agent != SELF {
            self.told_seq = seq;
            self.hears_transcript |= event.data.source.is_some();
            self.know(event);
            self.act(seq, event);
            self.show(event.stamp_ns);
        }
        std::mem::take(&mut self.changes)
    }

    /// The process it runs in, where that is sure.
    pub fn process(&self) -> Option<&AgentProcess> {
        self.process.as_ref()
    }

    /// Whether some of it was told by the agent's own record instead of by hooks.
    pub fn hears_transcript(&self) -> bool {
        self.hears_transcript
    }

    /// Numbers and times.
    fn count(&mut self, seq: u64, event: &Event) {
        let row = &mut self.session;
        if row.events == 0 {
            row.first_seq = seq;
            row.started_at = timestamp_text(event.stamp_ns);
            row.state_since.clone_from(&row.started_at);
        }
        row.events += 1;
        row.last_seq = row.last_seq.max(seq);
        if event.stamp_ns >= self.last_ns {
            self.last_ns = event.stamp_ns;
            write_timestamp(event.stamp_ns, &mut row.last_at);
        }
        if (row.agent.is_empty() || row.agent == "external") && event.agent != SELF {
            row.agent = event.agent.to_string();
        }
        if event.data.failed {
            row.failures += 1;
        }
    }

    /// What is told of the session by the way.
    fn know(&mut self, event: &Event) {
        let (row, data) = (&mut self.session, &event.data);
        if data.agent_id.is_none() {
            set(&mut row.cwd, data.cwd.as_deref());
            set(&mut row.permission_mode, data.permission_mode.as_deref());
            set(&mut row.model, data.model.as_deref());
        }
        if row.project.is_none() {
            row.project = data.cwd.as_deref().and_then(project_of);
        }
        // Subagents of Codex have a record of their own.
        if data.agent_id.is_none() && data.transcript_path.is_some() {
            set(&mut row.transcript_path, data.transcript_path.as_deref());
            row.profile.clone_from(&data.profile);
        }
        if let Some(title) = data.session_title.as_deref().filter(|title| !title.is_empty()) {
            set(&mut row.title, Some(title));
            self.titled = true;
        }
    }

    fn act(&mut self, seq: u64, event: &Event) {
        let data = &event.data;
        match event.kind.as_str() {
            "hook.session_start" => self.start(seq, event),
            "hook.setup" | "hook.instructions_loaded" if self.base == State::Unknown => {
                self.enter(State::Starting, None);
            }
            "hook.user_prompt" => self.prompt(seq, event),
            "hook.pre_tool_use" => self.begin_call(seq, event),
            "hook.post_tool_use" | "hook.post_tool_use_failure" | "hook.permission_denied" => {
                self.end_call(seq, event);
                // Gemini CLI tells of an interruption nowhere else.
                if event.agent == "gemini-cli" && is_interrupted(data) {
                    self.end_turn(seq, event, Outcome::Interrupted);
                }
            }
            "hook.post_tool_batch" => self.end_batch(seq, event),
            "hook.permission_request" => self.ask_permission(event),
            "hook.notification" => self.notify(event),
            "hook.elicitation" => self.ask_form(event),
            "hook.elicitation_result" => self.waits.answer_form(),
            "hook.stop" => self.end_turn(seq, event, Outcome::Ok),
            "hook.stop_failure" => self.end_turn(seq, event, Outcome::Failed),
            "hook.interrupt" => self.end_turn(seq, event, Outcome::Interrupted),
            "hook.post_model_request" => self.session.failed |= data.failed,
            "hook.subagent_start" => self.start_agent(seq, event),
            "hook.subagent_stop" => self.stop_agent(seq, event),
            "hook.pre_compact" => self.compact(seq, event),
            "hook.post_compact" => self.leave_compaction(seq, event),
            "hook.session_end" => self.end(seq, event),
            _ => {}
        }
        if let Some(news) = &event.work.tasks {
            self.tasks.hear(news, &mut self.changes);
        }
        for touch in &event.work.files {
            let agent_id = data.agent_id.clone();
            self.changes.push(Change::File { seq, at_ns: event.stamp_ns, agent_id, touch: touch.clone() });
        }
    }

    pub(super) fn enter(&mut self, state: State, detail: Option<String>) {
        self.base = state;
        self.base_detail = detail;
    }

    /// Brings the row up to date with what the fold knows.
    fn show(&mut self, stamp_ns: u64) {
        let wait = self.waits.first().filter(|_| self.base != State::Ended);
        let (state, detail, waiting_for) = match wait {
            Some(wait) => (State::WaitingPermission, Some(&wait.detail), wait.tool_name.as_ref()),
            None => (self.base, self.base_detail.as_ref(), None),
        };
        let row = &mut self.session;
        if row.state != state {
            row.state = state;
            row.state_since = timestamp_text(stamp_ns);
        }
        show_text(&mut row.state_detail, detail.map(String::as_str));
        show_text(&mut row.waiting_for, waiting_for.map(Name::as_str));
        row.needs = match state {
            State::WaitingPermission => Some(Need::Permission),
            State::WaitingUser if row.failed => Some(Need::Failed),
            State::WaitingUser => Some(Need::Idle),
            _ => None,
        };
        row.running_tools = self.calls.len() as u32;
        row.running_subagents = self.agents.len() as u32;
        let latest = self.calls.latest();
        let is_shown = match (latest, &row.current) {
            (Some(call), Some(shown)) => call.is_titled(shown),
            (None, None) => true,
            _ => false,
        };
        if !is_shown {
            row.current = latest.map(Call::title);
        }
        (row.tasks_done, row.tasks_total) = self.tasks.counts();
    }

    /// A span that begins with this event.
    pub(super) fn span(&self, kind: SpanKind, id: String, seq: u64, event: &Event) -> Span {
        let data = &event.data;
        let parent = match (&data.agent_id, &self.turn) {
            (Some(agent), _) if kind != SpanKind::Agent => Some(format!("agent:{agent}")),
            (_, Some(turn)) if kind != SpanKind::Turn => Some(turn.id.clone()),
            _ => None,
        };
        Span {
            id,
            kind,
            parent,
            turn: self.turns,
            agent_id: data.agent_id.clone(),
            summary: data.summary.clone(),
            begin_seq: seq,
            source: if data.source.is_some() { Source::Transcript } else { Source::Hook },
            course: Course { begin_ns: event.stamp_ns, ..Course::default() },
            ..Span::default()
        }
    }

    pub(super) fn put(&mut self, span: Span) {
        self.changes.push(Change::Span(span));
    }

    /// Closes a span that this event proves to be over.
    pub(super) fn close(&mut self, mut span: Span, seq: u64, event: &Event, outcome: Outcome) {
        span.close(end(seq, event, outcome));
        self.put(span);
    }
}

/// An end that this event tells.
pub(super) fn end(seq: u64, event: &Event, outcome: Outcome) -> End {
    End { seq, ns: event.stamp_ns, outcome, closed_by: event.kind.to_string(), duration_ms: None, error: None }
}

/// Whether an event happened before another that arrived earlier.
pub(super) fn is_late(event: &Event, after_ns: u64) -> bool {
    event.stamp_ns < after_ns && after_ns - event.stamp_ns < MAX_LATE_NS
}

/// The field says this from now on.
fn show_text(field: &mut Option<String>, value: Option<&str>) {
    if field.as_deref() != value {
        *field = value.map(str::to_owned);
    }
}

fn set(field: &mut Option<String>, value: Option<&str>) {
    if value.is_some() {
        show_text(field, value);
    }
}

/// The last name of a path with either kind of separator.
fn project_of(cwd: &str) -> Option<String> {
    let name = cwd.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    (!name.is_empty()).then(|| name.to_owned())
}
