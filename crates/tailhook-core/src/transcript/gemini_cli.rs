//! The lines of Gemini CLI's chat recordings (seen: 0.61.0).
//!
//! | line | what is read |
//! |---|---|
//! | with an `id` and `type` `user` | a prompt, a text or a list of parts |
//! | with an `id` and `type` `gemini` | an answer: text, `model`, `tokens`, `toolCalls` |
//! | `$set`, `$rewindTo`, the first one, other types | nothing: what the client keeps for itself |
//!
//! An answer is written again, whole and under its `id`, when its tokens and the results of its calls are known. So a
//! message is made of its text and one of each call, which lets each be stored when it is seen first. `input` counts
//! what came from the cache as well, and thoughts are paid like output. A session's subagents write files of their own.

use super::line::{Line, MAX_NAME_CHARS, MAX_TOOLS, number, push_text};
use super::{Answer, Carry, MAX_TEXT_CHARS, Message, Role, Taken, Tokens};
use crate::agents::json::{Fields, Value};

/// How texts begin that the client tells the model in the name of its user.
const BY_NOBODY: [&str; 2] = ["<session_context>", "<hook_context>"];

/// Reads one line.
pub(super) fn read(line: &Line<'_>, taken: &mut Taken) {
    let Some(id) = line.name("id") else { return };
    match line.name("type").as_deref() {
        Some("user") => read_prompt(line, id, taken),
        Some("gemini") => read_answer(line, &id, taken),
        _ => {}
    }
}

fn read_prompt(line: &Line<'_>, id: String, taken: &mut Taken) {
    let said = said(line.fields);
    if !BY_NOBODY.iter().any(|beginning| said.starts_with(beginning)) {
        push(line.message(Role::User, id, &Carry::default()).saying(said), taken);
    }
}

fn read_answer(line: &Line<'_>, id: &str, taken: &mut Taken) {
    let model = line.name("model");
    let part = |key: String| Message {
        model: model.clone(),
        answer_id: Some(id.to_owned()),
        ..line.message(Role::Assistant, key, &Carry::default())
    };
    push(part(id.to_owned()).saying(said(line.fields)), taken);
    let calls = line.fields.get("toolCalls").map(Value::items).unwrap_or_default();
    for call in calls.into_iter().take(MAX_TOOLS).map(Value::object) {
        let Some(call_id) = call.text("id", MAX_NAME_CHARS) else { continue };
        push(Message { tools: vec![call_id.clone()], ..part(format!("{id}/{call_id}")) }, taken);
    }
    let (Some(model), Some(tokens)) = (model, line.fields.get("tokens")) else { return };
    let answer = Answer {
        id: id.to_owned(),
        at_ns: line.at_ns,
        model,
        prompt_id: None,
        tokens: read_tokens(&tokens.object()),
        cache_write_1h: 0,
        context_window: None,
    };
    match taken.answers.last_mut().filter(|last| last.id == answer.id) {
        Some(last) => *last = answer,
        None => taken.answers.push(answer),
    }
}

fn push(message: Message, taken: &mut Taken) {
    let is_known = || taken.messages.iter().rev().take(MAX_TOOLS).any(|known| known.key == message.key);
    if !message.is_empty() && !is_known() {
        taken.messages.push(message);
    }
}

/// The text of a message: a string, or a list of parts of which some are no text. Thoughts are not said.
fn said(message: &Fields<'_>) -> String {
    let Some(content) = message.get("content") else { return String::new() };
    if let Some(text) = content.text(MAX_TEXT_CHARS + 1) {
        return text;
    }
    let mut said = String::new();
    for part in content.items().into_iter().map(Value::object) {
        if !part.get("thought").is_some_and(Value::is_true) {
            push_text(&mut said, &part);
        }
    }
    said
}

fn read_tokens(tokens: &Fields<'_>) -> Tokens {
    let cache_read = number(tokens, "cached");
    Tokens {
        input: number(tokens, "input").saturating_sub(cache_read) + number(tokens, "tool"),
        output: number(tokens, "output") + number(tokens, "thoughts"),
        cache_read,
        cache_write: 0,
    }
}
