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

use super::calls;
use super::line::{Line, MAX_NAME_CHARS, MAX_NUMBER, MAX_TOOLS, number, push_text};
use super::{Answer, Carry, HookRun, MAX_TEXT_CHARS, Message, Role, Taken, Tokens};
use crate::agents::json::{Fields, Value};
use crate::redaction::Redaction;

/// Longest command that is kept, in characters.
const MAX_COMMAND_CHARS: usize = 512;
/// What the client writes in place of an answer, e.g. when the API refused. Nobody was paid for it.
const NO_MODEL: &str = "<synthetic>";

/// Reads one line.
pub(super) fn read(line: &Line<'_>, carry: &mut Carry, redaction: &Redaction, taken: &mut Taken) {
    match line.name("type").as_deref() {
        Some("assistant") => line.read_answer(carry, redaction, taken),
        Some("user") => line.read_user(carry, redaction, taken),
        Some("attachment") => line.read_attachment(taken),
        Some("system") => line.read_system(taken),
        _ => {}
    }
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
            let answer = Answer {
                id: id.clone(),
                at_ns: self.at_ns,
                model: model.clone(),
                prompt_id,
                tokens,
                cache_write_1h,
                context_window: None,
            };
            match taken.answers.last_mut().filter(|last| last.id == answer.id) {
                Some(last) => *last = answer,
                None => taken.answers.push(answer),
            }
        }
        let message = self.message(Role::Assistant, self.key(), carry);
        push(Message { model, answer_id, tools, ..message }.saying(said), taken);
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
            push(self.message(Role::User, self.key(), carry).saying(said), taken);
        }
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
        self.name("uuid").unwrap_or_else(|| self.place())
    }
}

fn push(message: Message, taken: &mut Taken) {
    if !message.is_empty() {
        taken.messages.push(message);
    }
}

fn read_usage(usage: &Fields<'_>) -> (Tokens, u64) {
    let tokens = Tokens {
        input: number(usage, "input_tokens"),
        output: number(usage, "output_tokens"),
        cache_read: number(usage, "cache_read_input_tokens"),
        cache_write: number(usage, "cache_creation_input_tokens"),
    };
    let written = usage.get("cache_creation").map(Value::object).unwrap_or_default();
    (tokens, number(&written, "ephemeral_1h_input_tokens").min(tokens.cache_write))
}
