//! What an agent writes down about its own session: one line of a transcript becomes records.
//!
//! A transcript is a file of JSON lines that the agent appends to while it works. It says what hooks do not: which model
//! answered, how many tokens that took, what was said, what the agent waited for each hook. It also tells of every tool
//! call, which is how the lean profile sees them without a hook on their path.
//!
//! [`read_line`] is given one line after the other and appends to [`Taken`]; what it has to remember from line to line is
//! a [`Carry`], which is small, bounded and can be stored as JSON. Reading never fails: a line that is no JSON, or of a
//! kind nobody knows, gives nothing. Secrets leave a line before anything is read from it.
//!
//! | file | holds |
//! |---|---|
//! | `line` | what the lines of all agents have in common |
//! | `claude_code`, `codex`, `gemini_cli` | the lines of each agent |
//! | `calls` | tool calls as the events that hooks would have told |
//! | `price` | what models cost, and how much fits their context |

mod calls;
mod claude_code;
mod codex;
mod gemini_cli;
mod line;
pub mod price;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::agents::json::Fields;
use crate::event::Event;
use crate::redaction::Redaction;
pub use calls::Carry;
use line::Line;

/// Longest text of a message that is kept, in characters.
pub const MAX_TEXT_CHARS: usize = 32 << 10;

/// Who writes a transcript, and so how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Claude Code.
    ClaudeCode,
    /// Codex CLI.
    Codex,
    /// Gemini CLI.
    GeminiCli,
}

impl Format {
    /// That of an agent, by its name; none if nobody knows how it writes.
    pub fn of(agent: &str) -> Option<Self> {
        match agent {
            "claude-code" => Some(Self::ClaudeCode),
            "codex" => Some(Self::Codex),
            "gemini-cli" => Some(Self::GeminiCli),
            _ => None,
        }
    }
}

/// Whose lines these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// How they are written.
    pub format: Format,
    /// The session that the file belongs to.
    pub session_id: String,
    /// The subagent that the file belongs to; empty for the main agent.
    pub agent_id: String,
    /// The session's file, as events name it.
    pub transcript_path: String,
    /// Tool calls from this moment on become events, nanoseconds since the Unix epoch. None: hooks tell of them.
    pub calls_since_ns: Option<u64>,
}

/// What lines gave.
#[derive(Debug, Default, PartialEq)]
pub struct Taken {
    /// What was said, in the order of the lines.
    pub messages: Vec<Message>,
    /// Answers of a model. One that stands on several lines is here several times; the last is right.
    pub answers: Vec<Answer>,
    /// Hook commands that ran.
    pub hook_runs: Vec<HookRun>,
    /// Tool calls, as hooks would have told them.
    pub events: Vec<Event>,
}

impl Taken {
    /// Nothing was in the lines.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.answers.is_empty() && self.hook_runs.is_empty() && self.events.is_empty()
    }
}

/// Reads one line, without its line end, that begins `at` bytes into its file.
pub fn read_line(line: &[u8], at: u64, source: &Source, carry: &mut Carry, redaction: &Redaction, taken: &mut Taken) {
    // Most of a line is text that nobody searches twice: secrets leave first, so that nothing read can hold one.
    let redacted = redaction.apply(line);
    let text = crate::text::lossy(&redacted.bytes);
    let (fields, whole) = Fields::read(&text);
    if !whole {
        return;
    }
    let line = Line::new(&fields, at, source);
    match source.format {
        Format::ClaudeCode => claude_code::read(&line, carry, redaction, taken),
        Format::Codex => codex::read(&line, carry, taken),
        Format::GeminiCli => gemini_cli::read(&line, taken),
    }
}

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person, or the agent that started a subagent.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The same whenever the same line is read; different for all lines of a session.
    pub key: String,
    /// Nanoseconds since the Unix epoch, the agent's clock.
    pub at_ns: u64,
    /// Who said it.
    pub role: Role,
    /// What, at most [`MAX_TEXT_CHARS`] characters. Empty where only tools were called.
    pub text: String,
    /// The text was longer.
    pub truncated: bool,
    /// Which model, for answers.
    pub model: Option<String>,
    /// The answer that this is a part of.
    pub answer_id: Option<String>,
    /// The prompt that this belongs to, as in the events of hooks.
    pub prompt_id: Option<String>,
    /// Tool calls made in it.
    pub tools: Vec<String>,
}

/// Number of tokens of an answer. The three kinds of input add up to what the model was given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Tokens {
    /// Read anew.
    pub input: u64,
    /// Written.
    pub output: u64,
    /// Read from the cache.
    pub cache_read: u64,
    /// Read anew and put into the cache.
    pub cache_write: u64,
}

impl Tokens {
    /// Adds another answer's.
    pub fn add(&mut self, more: Self) {
        self.input = self.input.saturating_add(more.input);
        self.output = self.output.saturating_add(more.output);
        self.cache_read = self.cache_read.saturating_add(more.cache_read);
        self.cache_write = self.cache_write.saturating_add(more.cache_write);
    }

    /// Takes out what was added.
    pub fn subtract(&mut self, less: Self) {
        self.input = self.input.saturating_sub(less.input);
        self.output = self.output.saturating_sub(less.output);
        self.cache_read = self.cache_read.saturating_sub(less.cache_read);
        self.cache_write = self.cache_write.saturating_sub(less.cache_write);
    }

    /// What the model was given.
    pub fn context(&self) -> u64 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }
}

/// One answer of a model: one request to its API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The API's id of it.
    pub id: String,
    /// Nanoseconds since the Unix epoch, the agent's clock.
    pub at_ns: u64,
    /// As the API names it.
    pub model: String,
    /// The prompt that it belongs to.
    pub prompt_id: Option<String>,
    /// What it took.
    pub tokens: Tokens,
    /// How many of `tokens.cache_write` stay for an hour, which costs more.
    pub cache_write_1h: u64,
    /// How much the model can be given, tokens, where the agent says so.
    pub context_window: Option<u64>,
}

/// One run of a hook command, anybody's, as the agent measured it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookRun {
    /// The same whenever the same run is told of, which may be twice.
    pub key: String,
    /// Nanoseconds since the Unix epoch, the agent's clock: the end of the run or shortly after.
    pub at_ns: u64,
    /// The agent's name of the event, e.g. `PostToolUse`.
    pub event: String,
    /// The command as it stands in the settings, at most 512 characters.
    pub command: String,
    /// How long the agent waited, milliseconds.
    pub duration_ms: u64,
    /// It failed, blocked or was given up.
    pub failed: bool,
}
