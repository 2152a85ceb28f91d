//! The transcript lines of Claude Code (seen: 2.1.197).
//!
//! | line | what is read |
//! |---|---|
//! | `assistant` | one block of an answer: a text or a tool call. Each line of an answer repeats its `message.id` and `usage`; lines of one answer need not stand together |
//! | `user` | a prompt, or a `tool_result` with the tool's own answer in `toolUseResult` |
//! | `attachment` of a type `hook_*` | a hook that printed something, failed or was given up, with command and `durationMs` |
//! | `system`, `stop_hook_summary` | all `Stop` hooks with command and `durationMs` |
//!
//! A hook of another event that succeeds silently leaves no line. `timestamp` has milliseconds. A subagent has a file
//! of its own, with the session of its parent.

use jiff::Timestamp;

use super::calls::{self, Carry};
use super::{Answer, HookRun, MAX_TEXT_CHARS, Message, Role, Source, Taken, Tokens};
use crate::agents::json::{Fields, Value};
use crate::redaction::Redaction;

/// Longest id or name that is kept, in characters.
const MAX_NAME_CHARS: usize = 256;
/// Longest command that is kept, in characters.
const MAX_COMMAND_CHARS: usize = 512;
/// Largest number that is taken for one, so that sums stay numbers whatever a line says.
const MAX_NUMBER: u64 = 1 << 40;
/// Most tool calls kept of one line.
const MAX_TOOLS: usize = 64;
/// What the client writes in place of an answer, e.g. when the API refused. Nobody was paid for it.
const NO_MODEL: &str = "<synthetic>";

/// Reads one line, without its line end, that begins `at` bytes into its file.
pub fn read_line(line: &[u8], at: u64, source: &Source, carry: &mut Carry, redaction: &Redaction, taken: &mut Taken) {
    // Most of a line is text that nobody searches twice: secrets leave first, so that nothing read can hold one.
    let redacted = redaction.apply(line);
    let text = crate::text::lossy(&redacted.bytes);
    let (fields, whole) = Fields::read(&text);
    if !whole {
        return;
    }
    let line = Line { fields: &fields, at, at_ns: stamp_ns(&fields), source };
    match fields.text("type", MAX_NAME_CHARS).as_deref() {
        Some("assistant") => line.read_answer(carry, redaction, taken),
        Some("user") => line.read_user(carry, redaction, taken),
        Some("attachment") => line.read_attachment(taken),
        Some("system") => line.read_system(taken),
        _ => {}
    }
}

/// One line of which the top-level fields are known.
pub(super) struct Line<'a> {
    pub(super) fields: &'a Fields<'a>,
    at: u64,
    /// 0 if the line has no time.
    pub(super) at_ns: u64,
    pub(super) source: &'a Source,
}

impl Line<'_> {
    fn read_answer(&self, carry: &mut Carry, redaction: &Redaction, taken: &mut Taken) {
        let Some(message) = self.fields.get("message").map(Value::object) else { return };
        let model = message.text("model", MAX_NAME_CHARS).filter(|model| model != NO_MODEL);
        let answer_id = message.text("id", MAX_NAME_CHARS);
        let blocks = message.get("content").map(Value::items).unwrap_or_default();
        let mut said = String::new();
        let mut tools = Vec::new();
        for block in blocks.into_iter().map(Value::object) {
            match block.text("type", 32).as_deref() {
                Some("text") => push_text(&mut said, &block),
                Some("tool_use") => {
                    if let Some(id) = block.text("id", MAX_NAME_CHARS).filter(|_| tools.len() < MAX_TOOLS) {
                        taken.events.extend(calls::begin(self, &id, &block, carry, redaction));
                        tools.push(id);
                    }
                }
                _ => {}
            }
        }
        if let (Some(model), Some(id), Some(usage)) = (&model, &answer_id, message.get("usage")) {
            let (tokens, cache_write_1h) = read_usage(&usage.object());
            let prompt_id = carry.prompt_id.clone();
            let answer =
                Answer { id: id.clone(), at_ns: self.at_ns, model: model.clone(), prompt_id, tokens, cache_write_1h };
            match taken.answers.last_mut().filter(|last| last.id == answer.id) {
                Some(last) => *last = answer,
                None => taken.answers.push(answer),
            }
        }
        self.push_message(Role::Assistant, said, model, answer_id, tools, carry, taken);
    }

    fn read_user(&self, carry: &mut Carry, redaction: &Redaction, taken: &mut Taken) {
        if let Some(prompt_id) = self.fields.text("promptId", MAX_NAME_CHARS) {
            carry.prompt_id = Some(prompt_id);
        }
        if let Some(mode) = self.fields.text("permissionMode", MAX_NAME_CHARS) {
            carry.permission_mode = Some(mode);
        }
        let Some(content) = self.fields.get("message").and_then(|message| message.object().get("content")) else {
            return;
        };
        let mut said = String::new();
        if let Some(text) = content.text(MAX_TEXT_CHARS + 1) {
            said = text;
        } else {
            for block in content.items().into_iter().map(Value::object) {
                match block.text("type", 32).as_deref() {
                    Some("text") => push_text(&mut said, &block),
                    Some("tool_result") => taken.events.extend(calls::end(self, &block, carry, redaction)),
                    _ => {}
                }
            }
        }
        // What the client tells the model by itself, and the summary that takes the place of a compacted conversation.
        let by_nobody =
            ["isMeta", "isCompactSummary"].iter().any(|name| self.fields.get(name).is_some_and(Value::is_true));
        if !by_nobody {
            self.push_message(Role::User, said, None, None, Vec::new(), carry, taken);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one message")]
    fn push_message(
        &self,
        role: Role,
        mut text: String,
        model: Option<String>,
        answer_id: Option<String>,
        tools: Vec<String>,
        carry: &Carry,
        taken: &mut Taken,
    ) {
        if text.trim().is_empty() && tools.is_empty() {
            return;
        }
        let end = text.char_indices().nth(MAX_TEXT_CHARS).map(|(end, _)| end);
        text.truncate(end.unwrap_or(text.len()));
        taken.messages.push(Message {
            key: self.key(),
            at_ns: self.at_ns,
            role,
            text,
            truncated: end.is_some(),
            model,
            answer_id,
            prompt_id: carry.prompt_id.clone(),
            tools,
        });
    }

    /// A hook that left a trace of its own.
    fn read_attachment(&self, taken: &mut Taken) {
        let Some(run) = self.fields.get("attachment").map(Value::object) else { return };
        let failed = match run.text("type", 64).as_deref() {
            Some("hook_success") => false,
            Some(
                "hook_non_blocking_error" | "hook_blocking_error" | "hook_cancelled" | "hook_error_during_execution",
            ) => true,
            _ => return,
        };
        let cause = run.text("toolUseID", MAX_NAME_CHARS);
        let event = run.text("hookEvent", MAX_NAME_CHARS);
        self.push_run(cause, event, &run, failed, taken);
    }

    /// All hooks of the end of a turn, also those that said nothing.
    fn read_system(&self, taken: &mut Taken) {
        if self.fields.text("subtype", 64).as_deref() != Some("stop_hook_summary") {
            return;
        }
        for run in self.fields.get("hookInfos").map(Value::items).unwrap_or_default() {
            let cause = self.fields.text("toolUseID", MAX_NAME_CHARS);
            self.push_run(cause, Some("Stop".to_owned()), &run.object(), false, taken);
        }
    }

    fn push_run(
        &self,
        cause: Option<String>,
        event: Option<String>,
        run: &Fields<'_>,
        failed: bool,
        taken: &mut Taken,
    ) {
        let command = run.text("command", MAX_COMMAND_CHARS);
        let duration_ms = run.get("durationMs").and_then(Value::number).map(|ms| ms.min(MAX_NUMBER));
        let (Some(event), Some(command), Some(duration_ms)) = (event, command, duration_ms) else { return };
        // A Stop hook that printed something has a line of its own and stands in the summary; a command that stands
        // twice among the hooks of an event runs once.
        let key = format!("{}/{event}/{command}", cause.unwrap_or_else(|| self.key()));
        taken.hook_runs.push(HookRun { key, at_ns: self.at_ns, event, command, duration_ms, failed });
    }

    fn key(&self) -> String {
        self.fields.text("uuid", MAX_NAME_CHARS).unwrap_or_else(|| format!("{}@{}", self.source.agent_id, self.at))
    }
}

fn push_text(said: &mut String, block: &Fields<'_>) {
    let room = (MAX_TEXT_CHARS + 1).saturating_sub(said.chars().count());
    if let Some(text) = block.text("text", room).filter(|text| !text.is_empty()) {
        if !said.is_empty() {
            said.push_str("\n\n");
        }
        said.push_str(&text);
    }
}

fn read_usage(usage: &Fields<'_>) -> (Tokens, u64) {
    let number =
        |fields: &Fields<'_>, name: &str| fields.get(name).and_then(Value::number).unwrap_or(0).min(MAX_NUMBER);
    let tokens = Tokens {
        input: number(usage, "input_tokens"),
        output: number(usage, "output_tokens"),
        cache_read: number(usage, "cache_read_input_tokens"),
        cache_write: number(usage, "cache_creation_input_tokens"),
    };
    let written = usage.get("cache_creation").map(Value::object).unwrap_or_default();
    (tokens, number(&written, "ephemeral_1h_input_tokens").min(tokens.cache_write))
}

fn stamp_ns(fields: &Fields<'_>) -> u64 {
    let text = fields.text("timestamp", 64).unwrap_or_default();
    let stamp = text.parse::<Timestamp>().map_or(0, Timestamp::as_nanosecond);
    u64::try_from(stamp).unwrap_or(0).min(i64::MAX as u64)
}
