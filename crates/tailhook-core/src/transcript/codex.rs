//! The lines of Codex CLI's rollouts (seen: 0.169.0): `{timestamp, type, payload}`.
//!
//! | `type`, `payload.type` | what is read |
//! |---|---|
//! | `event_msg`, `task_started` | how much the model can be given |
//! | `turn_context` | the turn and its model, which hold for the lines after it |
//! | `event_msg`, `item_completed` of a `UserMessage` | what the person typed; the `user` messages beside it hold what the client adds as well |
//! | `response_item`, `message` of the `assistant` | what the model said |
//! | `response_item`, `function_call`, `custom_tool_call`, `local_shell_call` | a tool call |
//! | `token_usage_record` | what the answer before it took, once for each request |
//!
//! The messages of an answer stand in front of its record and do not name it, so answers are counted: `TURN/N`. A turn of
//! a subagent says which of its session's it works for. `input_tokens` counts what came from or went to the cache as well,
//! `output_tokens` counts reasoning. A subagent has a file of its own; a fork begins with a copy of its parent's lines,
//! whose turns keep their ids.

use super::line::{Line, MAX_NAME_CHARS, number, push_text};
use super::{Answer, Carry, Message, Role, Taken, Tokens};
use crate::agents::json::{Fields, Value};

/// Reads one line.
pub(super) fn read(line: &Line<'_>, carry: &mut Carry, taken: &mut Taken) {
    let Some(payload) = line.fields.get("payload").map(Value::object) else { return };
    let name = |field| payload.text(field, MAX_NAME_CHARS);
    match (line.name("type").as_deref(), name("type").as_deref()) {
        (Some("event_msg"), Some("task_started")) => {
            let window = number(&payload, "model_context_window");
            carry.context_window = Some(window).filter(|window| *window > 0).or(carry.context_window);
        }
        (Some("event_msg"), Some("item_completed")) => read_item(line, &payload, carry, taken),
        (Some("turn_context"), _) => begin_turn(&payload, carry),
        (Some("response_item"), Some("message")) if name("role").as_deref() == Some("assistant") => {
            let part = part(line, &payload, carry);
            push(part.saying(said(&payload)), taken);
        }
        (Some("response_item"), Some("function_call" | "custom_tool_call" | "local_shell_call")) => {
            let part = part(line, &payload, carry);
            push(Message { tools: name("call_id").into_iter().collect(), ..part }, taken);
        }
        (Some("token_usage_record"), _) => taken.answers.extend(read_record(line, &payload, carry)),
        _ => {}
    }
}

/// Told of before each request, so that it may change nothing.
fn begin_turn(context: &Fields<'_>, carry: &mut Carry) {
    let turn = context.text("turn_id", MAX_NAME_CHARS);
    if turn != carry.turn {
        (carry.turn, carry.answers) = (turn, 0);
    }
    carry.prompt_id = context.text("root_turn_id", MAX_NAME_CHARS).or_else(|| carry.turn.clone());
    carry.model = context.text("model", MAX_NAME_CHARS).or(carry.model.take());
}

fn read_item(line: &Line<'_>, payload: &Fields<'_>, carry: &Carry, taken: &mut Taken) {
    let item = payload.get("item").map(Value::object).unwrap_or_default();
    if item.text("type", MAX_NAME_CHARS).as_deref() == Some("UserMessage") {
        let key = item.text("id", MAX_NAME_CHARS).unwrap_or_else(|| line.place());
        push(line.message(Role::User, key, carry).saying(said(&item)), taken);
    }
}

/// A part of the answer that has no record yet.
fn part(line: &Line<'_>, item: &Fields<'_>, carry: &Carry) -> Message {
    Message {
        model: carry.model.clone(),
        answer_id: answer_id(carry),
        ..line.message(Role::Assistant, item.text("id", MAX_NAME_CHARS).unwrap_or_else(|| line.place()), carry)
    }
}

fn answer_id(carry: &Carry) -> Option<String> {
    carry.turn.as_ref().map(|turn| format!("{turn}/{}", carry.answers))
}

fn read_record(line: &Line<'_>, record: &Fields<'_>, carry: &mut Carry) -> Option<Answer> {
    let usage = record.get("usage")?.object();
    let (id, model) = (answer_id(carry)?, carry.model.clone()?);
    carry.answers += 1;
    let (cache_read, cache_write) = (number(&usage, "cached_input_tokens"), number(&usage, "cache_write_input_tokens"));
    let tokens = Tokens {
        input: number(&usage, "input_tokens").saturating_sub(cache_read).saturating_sub(cache_write),
        output: number(&usage, "output_tokens"),
        cache_read,
        cache_write,
    };
    Some(Answer {
        id,
        at_ns: line.at_ns,
        model,
        prompt_id: carry.prompt_id.clone(),
        tokens,
        cache_write_1h: 0,
        context_window: carry.context_window,
    })
}

fn said(message: &Fields<'_>) -> String {
    let mut said = String::new();
    for block in message.get("content").map(Value::items).unwrap_or_default() {
        push_text(&mut said, &block.object());
    }
    said
}

fn push(message: Message, taken: &mut Taken) {
    if !message.is_empty() {
        taken.messages.push(message);
    }
}
