//! Which text of an event words are looked for in: prompts, commands, paths, messages, what tools gave back.
//!
//! That is the event's summary, tool, names and folder, and the strings in the agent's JSON, except those that identify
//! something: each of them is another word, nobody types one, and fields find them. Long texts count by their
//! beginning, so that an event with a megabyte in it costs no more than others.

use super::subject::Subject;
use super::text::Folded;
use crate::agents::json::Characters;

/// Counts the ways in which [`search_text`] has been made. An index built from another one finds other events.
pub const SEARCH_VERSION: u32 = 1;

/// Of one string in the payload, so many characters are looked at.
const MAX_STRING_CHARS: usize = 2_048;
/// Of one event, about so many bytes.
const MAX_TEXT_BYTES: usize = 16 << 10;
/// How deep a payload is followed. What lies deeper is looked at as if it lay here.
const MAX_DEPTH: usize = 32;

/// The words of an event, folded as they are compared, with one space between: `" cargo test "`.
pub fn search_text<'e>(event: impl Into<Subject<'e>>) -> String {
    folded(&event.into()).into_text()
}

pub(super) fn folded(subject: &Subject<'_>) -> Folded {
    let data = subject.data;
    let mut folded = Folded::default();
    folded.push(subject.kind.chars());
    for name in [&data.event, &data.tool_name].into_iter().flatten() {
        folded.push(name.chars());
    }
    for text in [&data.agent_type, &data.cwd, &data.model, &data.reason].into_iter().flatten() {
        folded.push(text.chars());
    }
    folded.push(data.summary.chars());
    push_strings(&crate::text::lossy(subject.payload), &mut folded);
    folded
}

/// Walks over the payload as bytes between quotes: one that was cut off, or is no JSON at all, gives what is there.
fn push_strings(json: &str, folded: &mut Folded) {
    let mut rest = json;
    let mut depth = 0_usize;
    // Whether what lies at this depth is of interest, by the key that stands before it.
    let mut wanted = [true; MAX_DEPTH];
    while folded.len() < MAX_TEXT_BYTES {
        let Some(quote) = memchr::memchr(b'"', rest.as_bytes()) else { return };
        for byte in rest[..quote].bytes() {
            match byte {
                b'{' | b'[' => {
                    depth += 1;
                    if depth < MAX_DEPTH {
                        wanted[depth] = wanted[depth - 1];
                    }
                }
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let Some((string, after)) = end_of_string(&rest[quote + 1..]) else { return };
        rest = after;
        let at = depth.min(MAX_DEPTH - 1);
        if rest.trim_ascii_start().starts_with(':') {
            wanted[at] = (at == 0 || wanted[at - 1]) && !identifies(string);
        } else if wanted[at] {
            folded.push(Characters::new(string).take(MAX_STRING_CHARS));
        }
    }
}

/// Splits at the quote that ends a string.
fn end_of_string(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some((&text[..at], &text[at + 1..]));
        }
        at += 2;
    }
}

/// Keys whose strings identify something, and those that the summary's fields say better.
fn identifies(key: &str) -> bool {
    key == "id"
        || key == "uuid"
        || key.ends_with("_id")
        || key.ends_with("Id")
        || key.ends_with("_ids")
        || matches!(key, "transcript_path" | "agent_transcript_path" | "timestamp" | "signature" | "data_url" | "cwd")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expect: &str) {
        let mut folded = Folded::default();
        push_strings(json, &mut folded);
        assert_eq!(folded.into_text(), expect, "{json}");
    }

    #[test]
    fn strings_but_no_keys_and_no_ids() {
        check(r#"{"session_id":"s-1","prompt":"Fix the \"parser\"\n","n":1}"#, " fix the parser ");
        check(r#"{"tool_input":{"command":"ls","ids":["x"]},"tool_use_id":"t"}"#, " ls x ");
        check(r#"{"a":[{"id":"x","b":"one"},"two"],"request_id":["x",{"c":"y"}],"d":"three"}"#, " one two three ");
        check(r#"{"a":"\ud83d lone","b":"é"}"#, " lone e ");
    }

    #[test]
    fn cut_off_or_no_json_at_all() {
        check(r#"{"a":"one","b":{"c":"tw"#, " one ");
        check("plain", "");
        check(r#"}}]"a" "b\""#, " a ");
        check(&("[".repeat(100_000) + "\"deep\""), " deep ");
        check(r#"{"a":"x\"#, "");
    }

    #[test]
    fn long_texts_count_by_their_beginning() {
        let json = format!("{{\"a\":\"{} tail\",\"b\":\"next\"}}", "word ".repeat(1_000));
        let mut folded = Folded::default();
        push_strings(&json, &mut folded);
        assert!(!folded.contains(&Folded::of("tail"), false) && folded.contains(&Folded::of("next"), false));
        let json = format!("[{}]", vec!["\"words and more\""; 10_000].join(","));
        let mut folded = Folded::default();
        push_strings(&json, &mut folded);
        assert!(folded.len() < 2 * MAX_TEXT_BYTES);
    }
}
