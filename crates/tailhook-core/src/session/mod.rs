//! What the events of one session mean: who it is, what it does right now, whether it needs somebody.
//!
//! A [`SessionState`] is folded from events in the order of their `seq`. The order is not the order of what happened:
//! hooks of one agent run side by side, so the end of a call may arrive before its begin and a start after the first
//! prompt. What a state is and how an event moves it is said at [`State`] and in `fold`; the rules come from recorded
//! sessions of real clients.
//!
//! The fold of a prefix can be stored as JSON and taken up later with the same result. Its size is bounded, whatever
//! the session does.

mod calls;
mod change;
mod dialects;
mod facts;
mod fold;
mod launches;
mod repeats;
mod shown;
mod span;
mod spending;
mod tasks;
mod tools;
mod turns;
mod waits;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use change::{Amend, Begin, Change};
pub use dialects::Dialects;
pub use facts::{AgentProcess, Fact, Git};
pub use fold::{PROCESS_GONE, SessionState, TERMINAL_CLOSED};
pub use repeats::{Repeat, Repeats};
pub use shown::{CourseView, SpanView};
pub use span::{Course, End, Outcome, Source, Span, SpanKind};
pub use spending::Spending;

use crate::transcript::Tokens;

/// What a session is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// No event so far says what it does; also sessions that only other programs publish to.
    #[default]
    Unknown,
    /// Started, and no prompt yet.
    Starting,
    /// At work on a turn.
    Working,
    /// In a turn and blocked until a person answers: a permission, a question, a form of an MCP server.
    WaitingPermission,
    /// The turn is over, by itself, by failure or by interruption: the next prompt is a person's.
    WaitingUser,
    /// Compacting its context.
    Compacting,
    /// Ended. Only a new start or a prompt revives it.
    Ended,
}

impl State {
    /// The name in JSON, e.g. `waiting_permission`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Starting => "starting",
            Self::Working => "working",
            Self::WaitingPermission => "waiting_permission",
            Self::WaitingUser => "waiting_user",
            Self::Compacting => "compacting",
            Self::Ended => "ended",
        }
    }
}

/// What a session wants of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// An answer: a permission, a question, a form.
    Permission,
    /// The next prompt.
    Idle,
    /// A look: its last turn failed.
    Failed,
}

impl Need {
    /// The name in JSON, e.g. `permission`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permission => "permission",
            Self::Idle => "idle",
            Self::Failed => "failed",
        }
    }
}

/// One session as clients see it. Times are RFC 3339 text in UTC with microseconds; absent fields are left out of the
/// JSON. Counts are of this session with all its subagents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Session {
    /// The agent's id of the session.
    pub session_id: String,
    /// e.g. `claude-code`. `external` as long as no agent sent an event.
    pub agent: String,
    /// What it is doing.
    pub state: State,
    /// Since when it has been in this state.
    pub state_since: String,
    /// Why, where there is more to say: what waits for permission, why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_detail: Option<String>,
    /// What it wants of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs: Option<Need>,
    /// The tool that waits for permission, where the question names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<String>,
    /// The last turn failed.
    pub failed: bool,
    /// Working directory of the main agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Last name of the directory it started in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Branch of `cwd`, for the daemon to fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_branch: Option<String>,
    /// Top folder of the work tree that `cwd` lies in, for the daemon to fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_repository: Option<String>,
    /// The title the agent gave, or else the first prompt of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When its first event happened.
    pub started_at: String,
    /// When its latest event happened.
    pub last_at: String,
    /// `seq` of its first event.
    pub first_seq: u64,
    /// `seq` of its latest event.
    pub last_seq: u64,
    /// Events so far.
    pub events: u64,
    /// Prompts of a person.
    pub turns: u64,
    /// Tool calls.
    pub tools: u64,
    /// Failed or refused tool calls and failed turns.
    pub failures: u64,
    /// Subagents started.
    pub subagents: u64,
    /// Subagents at work now.
    pub running_subagents: u32,
    /// Tool calls open now.
    pub running_tools: u32,
    /// The latest call that is open, e.g. `Bash: cargo test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// Tasks of its list that are done.
    pub tasks_done: u32,
    /// Tasks of its list.
    pub tasks_total: u32,
    /// Files written or edited, for the store to count.
    pub files_edited: u64,
    /// Model, where an event named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What all its answers took, subagents' too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// What they cost, US dollars, as far as prices of their models are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// What the main agent's model was given for its latest answer, tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u64>,
    /// How much that model can be given, tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    /// `lean` where hooks leave tool calls to the transcript.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// e.g. `default`, `acceptEdits`, `bypassPermissions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission_mode: Option<String>,
    /// The agent's own record of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript_path: Option<String>,
    /// The session that this one took over from, for the daemon to fill in where [`Session::continues`] says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_session_id: Option<String>,
    /// The session that took over from this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_session_id: Option<String>,
    /// Parent process of the hooks: the agent if it runs them without a shell in between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_pid: Option<u32>,
    /// Why it started: `startup`, `resume`, `clear`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_reason: Option<String>,
    /// Why it ended: `clear`, `prompt_input_exit`, `other`; `process_gone` if its process ended without a word,
    /// `terminal_closed` if it only lost the terminal that it reads from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<String>,
}

impl Session {
    /// Takes over what no event tells and the daemon has filled in.
    pub fn keep_filled_in(&mut self, old: &Session) {
        self.git_branch.clone_from(&old.git_branch);
        self.git_repository.clone_from(&old.git_repository);
        self.previous_session_id.clone_from(&old.previous_session_id);
        self.next_session_id.clone_from(&old.next_session_id);
        self.tokens = old.tokens;
        self.cost_usd = old.cost_usd;
        self.context_tokens = old.context_tokens;
        self.context_window = old.context_window;
        self.model.clone_from(&old.model);
    }

    /// Whether this session is what `/clear` made of `older`: that one ended by a clear and this one started by one, in
    /// the same process of the same agent in the same directory.
    pub fn continues(&self, older: &Session) -> bool {
        let clear = Some("clear");
        self.session_id != older.session_id
            && self.start_reason.as_deref() == clear
            && older.end_reason.as_deref() == clear
            && self.agent == older.agent
            && self.cwd == older.cwd
            && self.agent_pid.is_some()
            && self.agent_pid == older.agent_pid
            && self.first_seq > older.first_seq
    }
}

#[cfg(test)]
mod tests;
