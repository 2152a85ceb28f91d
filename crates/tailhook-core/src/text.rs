//! Bytes as text.

use std::borrow::Cow;

/// The same text, with U+FFFD in place of what is no UTF-8. Almost all payloads are ASCII, which the strict reading takes
/// a word at a time; `String::from_utf8_lossy` alone looks at each byte.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}
