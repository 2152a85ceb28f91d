//! What a full-text index holds of an event: its words, and one term for each value that is often asked for.
//!
//! A term begins with a character that no word has, so that `tool_name:Bash` and the word `bash` are different. With
//! terms an index answers "failed Bash calls of this session that say cargo" by itself, newest first.

use super::field::{Field, Flag, Number};
use super::searched;
use super::subject::Subject;

/// Begins a term. Of the private use area: in no word, and a letter to a tokenizer that only knows ASCII.
const MARK: char = '\u{E000}';
/// A byte that is neither letter nor digit, in a term, is this character and so many on.
const ESCAPE: u32 = 0xE100;
/// A longer value is cut off: an index finds more than is meant, never less.
const MAX_TERM_BYTES: usize = 120;

/// Fields that have terms, and the letter that tells them apart.
const FIELDS: [(Field, char); 9] = [
    (Field::Type, 'k'),
    (Field::Session, 's'),
    (Field::Agent, 'a'),
    (Field::ToolName, 't'),
    (Field::AgentId, 'i'),
    (Field::Project, 'p'),
    (Field::PermissionMode, 'm'),
    (Field::Model, 'o'),
    (Field::Reason, 'r'),
];

/// What an index of ASCII words is to hold of an event: words and terms with one space between.
pub fn index_text<'e>(event: impl Into<Subject<'e>>) -> String {
    let subject = event.into();
    let mut text = searched::folded(&subject);
    for (field, _) in FIELDS {
        if let Some(value) = field.of(&subject)
            && let Some(term) = of_value(field, value)
        {
            text.push_term(&term);
        }
    }
    for flag in [Flag::Failed, Flag::Truncated] {
        if flag.of(&subject) {
            text.push_term(&of_flag(flag));
        }
    }
    if let Some(duration_us) = Number::Duration.of(&subject) {
        text.push_term(&of_duration(magnitude(duration_us)));
    }
    text.into_text()
}

/// The term of a field's value, or of its beginning. None: the index does not hold this field.
pub(super) fn of_value(field: Field, value: &str) -> Option<String> {
    let (_, letter) = FIELDS.iter().find(|(known, _)| *known == field)?;
    let mut term = String::from_iter([MARK, *letter]);
    for character in value.chars() {
        let character = if character.is_ascii_alphanumeric() {
            character.to_ascii_lowercase()
        } else {
            char::from_u32(ESCAPE + u32::from(character) % 0x80).unwrap_or(MARK)
        };
        if term.len() + character.len_utf8() > MAX_TERM_BYTES {
            break;
        }
        term.push(character);
    }
    Some(term)
}

pub(super) fn of_flag(flag: Flag) -> String {
    String::from_iter([MARK, if flag == Flag::Failed { 'f' } else { 'u' }])
}

/// The term of all durations of one magnitude.
pub(super) fn of_duration(magnitude: u32) -> String {
    format!("{MARK}d{magnitude:02}")
}

/// The number of binary digits: everything above a bound has at least as many.
pub(super) fn magnitude(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}
