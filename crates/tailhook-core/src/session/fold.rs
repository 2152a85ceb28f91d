//! How an event moves a session.

use serde::{Deserialize, Serialize};

use super::calls::Calls;
use super::waits::{Wait, Waits};
use super::{Session, State};
use crate::envelope::timestamp_text;
use crate::event::{Event, EventData};

/// A start that arrives within this time after a prompt belongs before it: the hooks of a session's first moments run
/// side by side.
const START_RACE_NS: u64 = 2_000_000_000;
/// How much earlier than another event one may have happened that arrives after it. A greater distance is a clock that
/// was set back.
const MAX_LATE_NS: u64 = 10_000_000_000;
/// Most running subagents kept by id.
const MAX_SUBAGENTS: usize = 64;

/// One session with what the fold has to remember. Store this as JSON; show [`Session`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionState {
    /// What clients see.
    pub session: Session,
    calls: Calls,
    waits: Waits,
    /// Subagents at work, by id.
    subagents: Vec<String>,
    /// The state without the open questions, which come before all but the end.
    base: State,
    base_detail: Option<String>,
    /// The state to go back to after compaction.
    before_compaction: State,
    /// This session tells of permissions by `PermissionRequest`, so its notifications add nothing.
    asks_by_request: bool,
    /// The title was given by the agent, and a prompt does not replace it.
    titled: bool,
    /// When the latest prompt, and the latest end of a turn or of the session, happened.
    prompt_ns: u64,
    turn_end_ns: u64,
    last_ns: u64,
}

impl SessionState {
    /// A session of which nothing has happened yet.
    pub fn new(session_id: impl Into<String>) -> Self {
        let session = Session { session_id: session_id.into(), ..Session::default() };
        Self { session, ..Self::default() }
    }

    /// Takes in one event. `seq` is its place in the store; the caller gives each event of the session once, in order.
    pub fn apply(&mut self, seq: u64, event: &Event) {
        self.count(seq, event);
        if event.agent == "external" {
            return;
        }
        self.know(event);
        self.act(event);
        self.show(event.stamp_ns);
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
            row.last_at = timestamp_text(event.stamp_ns);
        }
        if row.agent.is_empty() || row.agent == "external" {
            row.agent.clone_from(&event.agent);
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
        set(&mut row.transcript_path, data.transcript_path.as_deref());
        if data.transcript_path.is_some() {
            row.profile.clone_from(&data.profile);
        }
        if let Some(title) = data.session_title.as_deref().filter(|title| !title.is_empty()) {
            set(&mut row.title, Some(title));
            self.titled = true;
        }
    }

    fn act(&mut self, event: &Event) {
        let data = &event.data;
        let agent_id = data.agent_id.as_deref();
        match event.kind.as_str() {
            "hook.session_start" => self.start(event),
            "hook.setup" | "hook.instructions_loaded" if self.base == State::Unknown => {
                self.enter(State::Starting, None);
            }
            "hook.user_prompt" => self.prompt(event),
            "hook.pre_tool_use" => self.begin_call(event),
            "hook.post_tool_use" | "hook.post_tool_use_failure" | "hook.permission_denied" => {
                if self.calls.end(data) {
                    self.session.tools += 1;
                }
                self.waits.answer(data);
                self.is_at_work(event);
            }
            "hook.post_tool_batch" => {
                for id in &data.tool_use_ids {
                    if self.calls.end_id(id) {
                        self.session.tools += 1;
                    }
                }
                self.waits.answer_batch(data);
                self.is_at_work(event);
            }
            "hook.permission_request" => self.ask_permission(event),
            "hook.notification" => self.notify(data),
            "hook.elicitation" => {
                let detail = data.summary.clone();
                self.waits.ask(Wait { tool_use_id: None, tool_name: None, agent_id: None, detail });
            }
            "hook.elicitation_result" => self.waits.answer_form(),
            "hook.stop" => self.end_turn(event, None, false),
            "hook.stop_failure" => self.end_turn(event, Some(data.summary.clone()), true),
            "hook.interrupt" => {
                self.calls.end_all();
                self.end_turn(event, Some("interrupted".to_owned()), false);
            }
            "hook.post_model_request" => self.session.failed |= data.failed,
            "hook.subagent_start" => self.start_subagent(agent_id),
            "hook.subagent_stop" => self.stop_subagent(agent_id, event.stamp_ns),
            "hook.pre_compact" => self.compact(event),
            "hook.post_compact" => self.leave_compaction(),
            "hook.session_end" => self.end(event),
            _ => {}
        }
    }

    fn start(&mut self, event: &Event) {
        let reason = event.data.reason.as_deref();
        if reason == Some("compact") {
            self.leave_compaction();
            return;
        }
        self.session.start_reason = reason.map(str::to_owned);
        self.session.agent_pid = event.data.agent_pid.or(self.session.agent_pid);
        let after_prompt = self.prompt_ns > 0 && event.stamp_ns < self.prompt_ns + START_RACE_NS;
        if after_prompt && self.base != State::Ended || is_late(event, self.turn_end_ns) {
            return;
        }
        self.calls.end_all();
        self.waits.clear();
        self.subagents.clear();
        self.session.failed = false;
        self.session.end_reason = None;
        self.enter(State::Starting, None);
    }

    fn prompt(&mut self, event: &Event) {
        let data = &event.data;
        if data.agent_id.is_some() {
            return;
        }
        self.calls.end_all_of(None, event.stamp_ns);
        if !is_late(event, self.turn_end_ns) {
            self.waits.drop_of(None);
            self.session.failed = false;
            self.session.end_reason = None;
            self.prompt_ns = event.stamp_ns;
            self.enter(State::Working, None);
        }
        if data.reason.as_deref() == Some("task_notification") {
            return;
        }
        self.session.turns += 1;
        if !self.titled && self.session.title.is_none() && !data.summary.is_empty() {
            self.session.title = Some(data.summary.clone());
        }
    }

    fn begin_call(&mut self, event: &Event) {
        let data = &event.data;
        if self.base == State::Ended || !self.calls.begin(data, event.stamp_ns) {
            return;
        }
        self.session.tools += 1;
        if event.agent == "gemini-cli" && data.tool_name.as_deref() == Some("invoke_agent") {
            self.session.subagents += 1;
        }
        // A subagent in the background works on while the main agent waits for its user; and a begin that is older
        // than the end of the turn is only late.
        if data.agent_id.is_none() && !is_late(event, self.turn_end_ns) {
            self.enter(State::Working, None);
        }
    }

    /// A session that is seen from its middle on is at work if one of its calls ends.
    fn is_at_work(&mut self, event: &Event) {
        let unclear = matches!(self.base, State::Unknown | State::Starting);
        if unclear && event.data.agent_id.is_none() && !is_late(event, self.turn_end_ns) {
            self.enter(State::Working, None);
        }
    }

    fn ask_permission(&mut self, event: &Event) {
        let data = &event.data;
        self.asks_by_request = true;
        self.is_at_work(event);
        if self.base == State::Ended {
            return;
        }
        let call = self.calls.like(data);
        let detail = match &data.tool_name {
            Some(tool) if data.summary.is_empty() => tool.clone(),
            Some(tool) if !tool.starts_with("mcp__") => format!("{tool}: {}", data.summary),
            _ => data.summary.clone(),
        };
        self.waits.ask(Wait {
            tool_use_id: data.tool_use_id.clone().or_else(|| call.and_then(|call| call.tool_use_id.clone())),
            tool_name: data.tool_name.clone(),
            agent_id: data.agent_id.clone(),
            detail,
        });
    }

    fn notify(&mut self, data: &EventData) {
        match data.reason.as_deref() {
            Some("permission_prompt" | "ToolPermission") if !self.asks_by_request && self.base == State::Working => {
                let call = self.calls.latest();
                self.waits.ask(Wait {
                    tool_use_id: None,
                    tool_name: None,
                    agent_id: call.and_then(|call| call.agent_id.clone()),
                    detail: data.summary.clone(),
                });
            }
            Some("idle_prompt") if self.base == State::Working => self.enter(State::WaitingUser, None),
            _ => {}
        }
    }

    fn end_turn(&mut self, event: &Event, detail: Option<String>, failed: bool) {
        if self.base == State::Ended || is_late(event, self.prompt_ns) {
            return;
        }
        self.turn_end_ns = event.stamp_ns;
        self.calls.end_all_of(None, event.stamp_ns);
        self.waits.drop_of(None);
        self.session.failed = failed;
        self.enter(State::WaitingUser, detail.filter(|detail| !detail.is_empty()));
    }

    fn start_subagent(&mut self, agent_id: Option<&str>) {
        self.session.subagents += 1;
        if let Some(id) = agent_id
            && self.base != State::Ended
            && self.subagents.len() < MAX_SUBAGENTS
        {
            self.subagents.push(id.to_owned());
        }
    }

    fn stop_subagent(&mut self, agent_id: Option<&str>, stamp_ns: u64) {
        let Some(id) = agent_id else { return };
        self.subagents.retain(|running| running != id);
        self.calls.end_all_of(Some(id), stamp_ns);
        self.waits.drop_of(Some(id));
    }

    fn compact(&mut self, event: &Event) {
        // Gemini CLI sends this before every model request.
        if event.agent == "gemini-cli" && event.data.reason.as_deref() == Some("auto") {
            return;
        }
        if !matches!(self.base, State::Compacting | State::Ended) {
            self.before_compaction = self.base;
            self.enter(State::Compacting, event.data.reason.clone());
        }
    }

    fn leave_compaction(&mut self) {
        if self.base == State::Compacting {
            self.enter(self.before_compaction, None);
        }
    }

    fn end(&mut self, event: &Event) {
        let data = &event.data;
        self.calls.end_all();
        self.waits.clear();
        self.subagents.clear();
        if self.base != State::Ended {
            // An API error ends a `codex exec` and a `gemini -p` without any other event.
            let unfinished = matches!(self.base, State::Working | State::Compacting);
            let reason = data.reason.as_deref().unwrap_or("ended");
            let detail = if unfinished { format!("{reason}, turn unfinished") } else { reason.to_owned() };
            self.turn_end_ns = event.stamp_ns;
            self.session.end_reason.clone_from(&data.reason);
            self.session.agent_pid = data.agent_pid.or(self.session.agent_pid);
            self.enter(State::Ended, Some(detail));
        }
    }

    fn enter(&mut self, state: State, detail: Option<String>) {
        self.base = state;
        self.base_detail = detail;
    }

    /// Brings the row up to date with what the fold knows.
    fn show(&mut self, stamp_ns: u64) {
        let (state, detail) = match self.waits.first() {
            Some(wait) if self.base != State::Ended => (State::WaitingPermission, Some(wait.detail.clone())),
            _ => (self.base, self.base_detail.clone()),
        };
        let row = &mut self.session;
        if row.state != state {
            row.state = state;
            row.state_since = timestamp_text(stamp_ns);
        }
        row.state_detail = detail;
        row.running_tools = self.calls.len() as u32;
        row.running_subagents = self.subagents.len() as u32;
        row.current = self.calls.latest().map(super::calls::Call::title);
    }
}

/// Whether an event happened before another that arrived earlier.
fn is_late(event: &Event, after_ns: u64) -> bool {
    event.stamp_ns < after_ns && after_ns - event.stamp_ns < MAX_LATE_NS
}

fn set(field: &mut Option<String>, value: Option<&str>) {
    if let Some(value) = value
        && field.as_deref() != Some(value)
    {
        *field = Some(value.to_owned());
    }
}

/// The last name of a path with either kind of separator.
fn project_of(cwd: &str) -> Option<String> {
    let name = cwd.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    (!name.is_empty()).then(|| name.to_owned())
}
