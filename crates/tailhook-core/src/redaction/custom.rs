//! Secrets whose shape the user has told us.
//!
//! A pattern is looked for in the text of each JSON string as it stands in the payload, escapes included, and never
//! beyond it: what is replaced leaves the quotes and whole escape sequences alone. Patterns come from a file that only
//! the user writes, and still each is bounded: in its length, in the memory that it compiles to, and by an engine whose
//! time grows with the text alone.

use std::fmt;
use std::sync::Arc;

use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};

use super::{Found, MARK};

/// Patterns at most: each is one more pass over every payload.
const MAX_PATTERNS: usize = 32;
/// Characters of one.
const MAX_LENGTH: usize = 1_000;
/// What one may compile to, bytes.
const MAX_COMPILED_BYTES: usize = 1 << 20;

/// Patterns, ready to use. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Patterns(Arc<[Regex]>);

/// A pattern that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// As it was written.
    pub pattern: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.pattern, self.message)
    }
}

impl std::error::Error for PatternError {}

impl Patterns {
    pub(super) fn new(patterns: &[String]) -> Result<Self, PatternError> {
        if let Some(one_too_many) = patterns.get(MAX_PATTERNS) {
            return Err(refused(one_too_many, format!("more than {MAX_PATTERNS} patterns")));
        }
        patterns.iter().map(|pattern| compile(pattern)).collect::<Result<_, _>>().map(Self)
    }

    /// What the patterns find, in order, none overlapping another and none in a mark.
    pub(super) fn find(&self, bytes: &[u8]) -> Vec<Found> {
        let mut found = Vec::new();
        if self.0.is_empty() {
            return found;
        }
        for (start, end) in texts(bytes) {
            let text = &bytes[start..end];
            for found_here in self.0.iter().flat_map(|pattern| pattern.find_iter(text)) {
                let (from, to) = whole_escapes(text, found_here.start(), found_here.end());
                if from < to && !touches_mark(text, from, to) {
                    found.push(Found { start: start + from, end: start + to, kind: "custom" });
                }
            }
        }
        found.sort_by_key(|found| (found.start, found.end));
        found.dedup_by(|later, earlier| {
            let overlap = later.start < earlier.end;
            if overlap {
                earlier.end = earlier.end.max(later.end);
            }
            overlap
        });
        found
    }
}

fn compile(pattern: &str) -> Result<Regex, PatternError> {
    if pattern.chars().count() > MAX_LENGTH {
        return Err(refused(pattern, format!("longer than {MAX_LENGTH} characters")));
    }
    let compiled = RegexBuilder::new(pattern).size_limit(MAX_COMPILED_BYTES).dfa_size_limit(MAX_COMPILED_BYTES).build();
    let compiled = compiled.map_err(|error| {
        // The engine draws the place with several lines; its last one says what is wrong.
        let message = error.to_string();
        refused(pattern, message.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned())
    })?;
    if compiled.is_match(b"") {
        return Err(refused(pattern, "it matches where nothing stands".into()));
    }
    Ok(compiled)
}

fn refused(pattern: &str, message: String) -> PatternError {
    PatternError { pattern: pattern.chars().take(80).collect(), message }
}

/// The insides of the strings; all of it where this is no JSON.
fn texts(bytes: &[u8]) -> Vec<(usize, usize)> {
    let begins_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| b"{[\"".contains(byte));
    if !begins_json {
        return vec![(0, bytes.len())];
    }
    let mut texts = Vec::new();
    let mut open = None;
    let mut at = 0;
    while let Some(offset) = memchr::memchr2(b'"', b'\\', &bytes[at..]) {
        at += offset;
        match (bytes[at], open) {
            // Whatever follows is part of the escape.
            (b'\\', _) => at += 1,
            (_, None) => open = Some(at + 1),
            (_, Some(start)) => {
                texts.push((start, at));
                open = None;
            }
        }
        at += 1;
        if at > bytes.len() {
            break;
        }
    }
    // A payload may have been cut off.
    texts.extend(open.map(|start| (start, bytes.len())));
    texts
}

/// Grows the range so that it cuts no escape sequence.
fn whole_escapes(text: &[u8], mut start: usize, mut end: usize) -> (usize, usize) {
    let mut at = 0;
    while let Some(offset) = memchr::memchr(b'\\', &text[at..]) {
        let escape = at + offset;
        if escape >= end {
            break;
        }
        let after = (escape + if text.get(escape + 1) == Some(&b'u') { 6 } else { 2 }).min(text.len());
        if escape < start && start < after {
            start = escape;
        }
        if escape < end && end < after {
            end = after;
        }
        at = after;
    }
    (start, end)
}

/// Whether the range lies in, or over a part of, something that was replaced already.
fn touches_mark(text: &[u8], start: usize, end: usize) -> bool {
    memmem::find_iter(text, MARK).any(|mark| {
        let close = memchr::memchr(b']', &text[mark..]).map_or(text.len(), |offset| mark + offset + 1);
        mark < end && start < close
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::Redaction;

    fn redact(patterns: &[&str], text: &str) -> String {
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.into()).collect();
        let redaction = Redaction::default().with_patterns(&patterns).expect("patterns");
        String::from_utf8(redaction.apply(text.as_bytes()).bytes.into_owned()).expect("text")
    }

    #[test]
    fn what_the_user_names_goes() {
        for (pattern, text, wanted) in [
            ("ACME-[0-9]{6}", r#"{"a":"id ACME-123456."}"#, r#"{"a":"id [redacted:custom]."}"#),
            ("[0-9]+", r#"{"a":12,"b":"12"}"#, r#"{"a":12,"b":"[redacted:custom]"}"#),
            (".+", r#"{"a":"b"}"#, r#"{"[redacted:custom]":"[redacted:custom]"}"#),
            ("x.*", r#"{"a":"1x\"y\n"}"#, r#"{"a":"1[redacted:custom]"}"#),
            ("n", r#"{"a":"1\n2"}"#, r#"{"a":"1[redacted:custom]2"}"#),
            ("00e", r#"{"a":"\u00e9\\"}"#, r#"{"a":"[redacted:custom]\\"}"#),
            ("(?i)mühle", r#"{"a":"Die MÜHLE"}"#, r#"{"a":"Die [redacted:custom]"}"#),
            ("key", "no JSON, key", "no JSON, [redacted:custom]"),
            ("end", r#"{"a":"cut off at the end"#, r#"{"a":"cut off at the [redacted:custom]"#),
            ("redacted|custom|x", r#"{"a":"x"}"#, r#"{"a":"[redacted:custom]"}"#),
        ] {
            assert_eq!(redact(&[pattern], text), wanted, "{pattern}");
        }
        assert_eq!(redact(&["abc", "bcd", "d"], r#"["abcd abc"]"#), r#"["[redacted:custom] [redacted:custom]"]"#);
    }

    #[test]
    fn a_pattern_that_cannot_be_used_is_named() {
        let error = |pattern: &str| {
            let refused = Redaction::default().with_patterns(&[pattern.to_owned()]);
            refused.expect_err("not a usable pattern").to_string()
        };
        assert_eq!(error("a("), r#""a(": unclosed group"#);
        assert!(error("x*").ends_with("it matches where nothing stands"));
        assert!(error(r"(?:\pL{500}){500}").contains("size limit"), "{}", error(r"(?:\pL{500}){500}"));
        assert!(error(&"a".repeat(1_001)).ends_with("longer than 1000 characters"));
        let many = vec!["a".to_owned(); 33];
        assert!(Redaction::default().with_patterns(&many).is_err());
    }

    proptest! {
        #[test]
        fn json_stays_json(text in any::<String>(), pattern in "[a-z\\\\.]{1,3}|\\\\w+|\\.+|.") {
            let patterns = [pattern];
            if let Ok(redaction) = Redaction::default().with_patterns(&patterns) {
                let json = serde_json::json!({ "a": text, "b": [1, { "c": text }] }).to_string();
                let once = redaction.apply(json.as_bytes()).bytes.into_owned();
                prop_assert!(serde_json::from_slice::<serde_json::Value>(&once).is_ok(), "{}", String::from_utf8_lossy(&once));
                prop_assert_eq!(&redaction.apply(&once).bytes.into_owned(), &once);
            }
        }

        #[test]
        fn any_bytes_do(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let redaction = Redaction::default().with_patterns(&["[^a]+".into(), "\\\\".into()]).expect("patterns");
            redaction.apply(&bytes);
        }
    }
}
