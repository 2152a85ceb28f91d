//! The filter language: which events somebody wants to see.
//!
//! ```text
//! tool_name:Bash AND failed            both must hold; AND may be left out
//! type:hook.post_* OR type:hook.stop   one of them; * at an end stands for the rest
//! NOT agent:codex                      anything else
//! duration>2s (cargo OR "npm test")    comparisons, groups, full text
//! ```
//!
//! One expression serves the page, the command line, the API and the stream, so it means the same everywhere:
//! [`Expression::matches`] decides, on an event that was just stored as on one that is read back. What a database could
//! do with an index it learns from [`Expression::candidates`]; it never has to understand the language.
//!
//! Files in reading order: [`expression`](self) the shape, `parse` and `print` its text, `field` what can be asked
//! about, `text` how words are compared, `searched` which text of an event they are looked for in, `terms` what an
//! index holds, `candidates` what it is asked.

mod candidates;
mod expression;
mod field;
mod parse;
mod print;
mod searched;
mod subject;
mod terms;
mod text;

pub use candidates::Candidates;
pub use expression::Expression;
pub use field::field_names;
pub use parse::{MAX_EXPRESSION_BYTES, ParseError};
pub use searched::{SEARCH_VERSION, search_text};
pub use subject::Subject;
pub use terms::index_text;

#[cfg(test)]
mod tests;
