//! Where a JSON string's text can be cut without breaking it.
//!
//! A payload often holds JSON inside a string, whose quotes are escaped: `\"` one string deep, `\\\"` two deep. A quote
//! with `n` backslashes before it belongs to the depth of the trailing zeros of `n + 1`: 0, 1, 3 and 7 backslashes are
//! depth 0 to 3, and what is left over are escaped backslashes.

/// What stands directly before a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// A letter, digit or underscore: a name goes on here.
    Word,
    /// Anything else, an escape sequence included.
    Boundary,
    /// The position is inside an escape sequence: the `n` of `\n`, the digits of `\u00e9`.
    InsideEscape,
}

/// Longest escape sequence, `\u00e9`.
const MAX_ESCAPE_BYTES: usize = 6;

pub(super) fn before(bytes: &[u8], at: usize) -> Before {
    let window = &bytes[at.saturating_sub(MAX_ESCAPE_BYTES)..at];
    let Some(last) = window.last() else { return Before::Boundary };
    if let Some(backslash) = memchr::memrchr(b'\\', window) {
        let distance = window.len() - backslash;
        let run = backslashes_before(bytes, at - distance + 1);
        let length = if bytes.get(at - distance + 1) == Some(&b'u') { MAX_ESCAPE_BYTES } else { 2 };
        if run % 2 == 1 && distance < length {
            return Before::InsideEscape;
        }
        // After an even run stands the escape of an inner string, `\\n`.
        if distance <= 2 || run % 2 == 1 && distance == length {
            return Before::Boundary;
        }
    }
    if is_word(*last) { Before::Word } else { Before::Boundary }
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// How many backslashes end directly before a position.
pub(super) fn backslashes_before(bytes: &[u8], at: usize) -> usize {
    bytes[..at].iter().rev().take_while(|byte| **byte == b'\\').count()
}

/// A quote that begins exactly here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quote {
    /// How many strings it lies inside of.
    pub(super) depth: u32,
    /// The first byte after it.
    pub(super) end: usize,
}

pub(super) fn quote_at(bytes: &[u8], at: usize) -> Option<Quote> {
    let run = bytes.get(at..)?.iter().take_while(|byte| **byte == b'\\').count();
    let depth = (run + 1).trailing_zeros();
    let exact = run + 1 == 1 << depth;
    (exact && bytes.get(at + run) == Some(&b'"')).then_some(Quote { depth, end: at + run + 1 })
}

/// Where the text ends that a quote of this depth opened before `start`: before the next quote that closes it or a
/// string around it, or at the end of the bytes.
pub(super) fn quoted_end(bytes: &[u8], start: usize, depth: u32) -> usize {
    for offset in memchr::memchr_iter(b'"', &bytes[start..]) {
        let at = start + offset;
        let run = backslashes_before(&bytes[start..], offset);
        let found = (run + 1).trailing_zeros();
        if found <= depth {
            return at - ((1 << found) - 1);
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::{Before, before, quote_at, quoted_end};

    #[test]
    fn positions_inside_escapes_are_known() {
        let check = |text: &str, expect: Before| assert_eq!(before(text.as_bytes(), text.len()), expect, "{text}");
        check("", Before::Boundary);
        check("a", Before::Word);
        check("a-", Before::Boundary);
        check(r"\n", Before::Boundary);
        check("\\", Before::InsideEscape);
        check(r"\\", Before::Boundary);
        check(r"\\n", Before::Boundary);
        check(r"\\nx", Before::Word);
        check(r"\nx", Before::Word);
        check(r"\u00e", Before::InsideEscape);
        check(r"\u00e9", Before::Boundary);
        check(r"\u00e9a", Before::Word);
    }

    #[test]
    fn quotes_close_their_own_depth_and_what_lies_inside() {
        let check = |text: &str, depth, expect: &str| {
            assert_eq!(&text[..quoted_end(text.as_bytes(), 0, depth)], expect, "{text}");
        };
        assert_eq!(quote_at(br#"\\\"x"#, 0).map(|quote| (quote.depth, quote.end)), Some((2, 4)));
        assert!(quote_at(br#"\\"x"#, 0).is_none());
        check(r#"a\"b"c"#, 0, r#"a\"b"#);
        check(r#"a\\"c"#, 0, r"a\\");
        check(r#"a\\\"b\"c"#, 1, r#"a\\\"b"#);
        check(r#"a"c\""#, 1, "a");
        check("abc", 0, "abc");
    }
}
