//! One line of a transcript, and what the lines of all agents have in common.

use jiff::Timestamp;

use super::{Carry, MAX_TEXT_CHARS, Message, Role, Source};
use crate::agents::json::{Fields, Value};

/// Longest id or name that is kept, in characters.
pub(super) const MAX_NAME_CHARS: usize = 256;
/// Largest number that is taken for one, so that sums stay numbers whatever a line says.
pub(super) const MAX_NUMBER: u64 = 1 << 40;
/// Most tool calls kept of one line.
pub(super) const MAX_TOOLS: usize = 64;

/// One line of which the top-level fields are known.
pub(super) struct Line<'a> {
    pub(super) fields: &'a Fields<'a>,
    /// How many bytes into its file it begins.
    pub(super) at: u64,
    /// 0 if the line has no time.
    pub(super) at_ns: u64,
    pub(super) source: &'a Source,
}

impl<'a> Line<'a> {
    pub(super) fn new(fields: &'a Fields<'a>, at: u64, source: &'a Source) -> Self {
        Self { fields, at, at_ns: stamp_ns(fields), source }
    }

    /// A text field of the line, at most as long as a name.
    pub(super) fn name(&self, field: &str) -> Option<String> {
        self.fields.text(field, MAX_NAME_CHARS)
    }

    /// A key for a line that has none of its own: where it stands in its file.
    pub(super) fn place(&self) -> String {
        format!("{}@{}", self.source.agent_id, self.at)
    }

    /// A message without anything in it yet.
    pub(super) fn message(&self, role: Role, key: String, carry: &Carry) -> Message {
        Message {
            key,
            at_ns: self.at_ns,
            role,
            text: String::new(),
            truncated: false,
            model: None,
            answer_id: None,
            prompt_id: carry.prompt_id.clone(),
            tools: Vec::new(),
        }
    }
}

impl Message {
    /// The same with this text, as much of it as is kept.
    pub(super) fn saying(mut self, mut text: String) -> Self {
        let end = text.char_indices().nth(MAX_TEXT_CHARS).map(|(end, _)| end);
        text.truncate(end.unwrap_or(text.len()));
        (self.text, self.truncated) = (text, end.is_some());
        self
    }

    /// Nobody would miss it.
    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.tools.is_empty()
    }
}

/// Adds the text of a block of a message, after an empty line. One character too many is taken, so that it shows that
/// there were more.
pub(super) fn push_text(said: &mut String, block: &Fields<'_>) {
    let room = (MAX_TEXT_CHARS + 1).saturating_sub(said.chars().count());
    if let Some(text) = block.text("text", room).filter(|text| !text.is_empty()) {
        if !said.is_empty() {
            said.push_str("\n\n");
        }
        said.push_str(&text);
    }
}

/// A number field; 0 if there is none.
pub(super) fn number(fields: &Fields<'_>, name: &str) -> u64 {
    fields.get(name).and_then(Value::number).unwrap_or(0).min(MAX_NUMBER)
}

fn stamp_ns(fields: &Fields<'_>) -> u64 {
    let text = fields.text("timestamp", 64).unwrap_or_default();
    let stamp = text.parse::<Timestamp>().map_or(0, Timestamp::as_nanosecond);
    u64::try_from(stamp).unwrap_or(0).min(i64::MAX as u64)
}
