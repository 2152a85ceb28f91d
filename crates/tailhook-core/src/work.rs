//! What an event says beyond its essential fields: the files that a call touched, the tasks it changed, the calls that a
//! batch ends. Only the fold reads it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most files that one event touches; a patch may name many.
pub const MAX_FILES: usize = 64;
/// Most tasks of one session.
pub const MAX_TASKS: usize = 256;
/// Most background tasks of one session.
pub const MAX_BACKGROUND: usize = 64;

/// Read off a payload by [`crate::agents::parse`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Work {
    /// Tells calls apart that have no id: a number made of the call's input.
    pub input: Option<u64>,
    /// A call that starts a subagent.
    pub launch: Option<Launch>,
    /// The subagent that a call has started, by id.
    pub launched: Option<String>,
    /// The call goes on in the background.
    pub background: bool,
    /// The background task that a call has become.
    pub background_id: Option<String>,
    /// A background task that has ended.
    pub ended_task: Option<EndedTask>,
    /// All background tasks that still run; `None`: the event says nothing of them.
    pub running_tasks: Option<Vec<String>>,
    /// The prompt, longer than the summary.
    pub prompt: Option<String>,
    /// The calls that a batch ends.
    pub calls: Vec<EndedCall>,
    /// Files that the call read or changed.
    pub files: Vec<FileTouch>,
    /// What became of the list of tasks.
    pub tasks: Option<TaskNews>,
    /// The latest event of the session that was known when its process was found gone.
    pub after_seq: Option<u64>,
}

/// A subagent to be started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// Kind of the subagent, where the call names it.
    pub agent_type: Option<String>,
    /// What it is asked to do.
    pub prompt: Option<String>,
    /// The call does not wait for it.
    pub background: bool,
}

/// The end of a background task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndedTask {
    /// The agent's id of the task.
    pub task_id: String,
    /// The call it was started by, where that is told.
    pub tool_use_id: Option<String>,
    /// It failed, or was killed.
    pub failed: bool,
    /// It was killed.
    pub killed: bool,
}

/// One call as a batch tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndedCall {
    /// The call's id.
    pub tool_use_id: String,
    /// Tool, e.g. `Bash`.
    pub tool_name: String,
    /// As in [`crate::event::EventData::summary`].
    pub summary: String,
    /// Why it failed, if the model was told that it did.
    pub error: Option<String>,
    /// It was not allowed to run.
    pub refused: bool,
}

/// How a file was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Touch {
    /// Made, or replaced as a whole.
    Write,
    /// Changed in places, or removed.
    Edit,
    /// Read.
    Read,
}

impl Touch {
    /// The name in JSON, e.g. `edit`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Edit => "edit",
            Self::Read => "read",
        }
    }
}

/// One file that one call touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileTouch {
    /// As the call names it; a relative one is completed with the working directory.
    pub path: String,
    /// What was done to it.
    pub kind: Touch,
    /// Lines added, where the payload tells.
    pub added: Option<u64>,
    /// Lines removed, where the payload tells.
    pub removed: Option<u64>,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Not begun.
    #[default]
    Pending,
    /// Being worked on.
    InProgress,
    /// Done.
    Completed,
}

impl TaskState {
    /// The name in JSON, e.g. `in_progress`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
        }
    }

    /// From the name that agents use.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "pending" => Self::Pending,
            "in_progress" => Self::InProgress,
            "completed" | "done" => Self::Completed,
            _ => return None,
        })
    }
}

/// One task of a session's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// The agent's id of it, or its place in the list.
    pub id: String,
    /// What is to be done.
    pub subject: String,
    /// How far it is.
    pub state: TaskState,
}

/// What an event says of the list of tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskNews {
    /// The whole list.
    All(Vec<Task>),
    /// One task, new or known.
    One {
        /// Its id.
        id: String,
        /// What is to be done, if told.
        subject: Option<String>,
        /// How far it is, if told.
        state: Option<TaskState>,
    },
    /// One task is no more.
    Gone(String),
}
