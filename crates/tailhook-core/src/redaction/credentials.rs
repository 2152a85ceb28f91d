//! Secrets known by what stands around them: bearer tokens, PEM blocks, passwords in URLs, the user's address.

use std::sync::LazyLock;

use memchr::memmem;

use super::escape::{Before, before, quote_at, quoted_end};
use super::{Found, MARK};

pub(super) const URL_PASSWORD: &str = "url_password";

/// Longest user name and password looked for in a URL, in bytes.
const MAX_USER_BYTES: usize = 128;
const MAX_PASSWORD_BYTES: usize = 512;

/// What follows `Bearer `, from the fourth letter of that word.
pub(super) fn bearer_token(bytes: &[u8], at: usize) -> Option<Found> {
    let word = at.checked_sub(3)?;
    let after = word + b"bearer".len();
    if !bytes.get(word..after)?.eq_ignore_ascii_case(b"bearer") || before(bytes, word) != Before::Boundary {
        return None;
    }
    let spaces = bytes[after..].iter().take_while(|byte| **byte == b' ').count();
    let start = after + spaces;
    let in_token = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    let token = &bytes[start..start + bytes[start..].iter().take_while(in_token).count()];
    // `Bearer authentication` is a phrase.
    let telling = |byte: &u8| byte.is_ascii_digit() || b"_~+/=".contains(byte);
    let looks_random = token.iter().any(telling) || token.iter().skip(1).any(u8::is_ascii_uppercase);
    let is_secret = spaces > 0 && (token.len() >= 8 && looks_random || token.len() >= 16);
    is_secret.then_some(Found { start, end: start + token.len(), kind: "bearer_token" })
}

/// A PEM block, from the fifth dash of `-----BEGIN … PRIVATE KEY-----`.
pub(super) fn private_key(bytes: &[u8], at: usize) -> Option<Found> {
    const MIN_BODY_BYTES: usize = 40;
    let start = at.checked_sub(4)?;
    let label = bytes[start..].strip_prefix(b"-----BEGIN ").and_then(pem_label)?;
    if !label.ends_with(b"PRIVATE KEY") && !label.ends_with(b"PRIVATE KEY BLOCK") {
        return None;
    }
    let body = start + b"-----BEGIN ".len() + label.len() + b"-----".len();
    let mut end = body;
    while let Some(length) = body_unit(bytes, end) {
        if let Some(label) = bytes[end..].strip_prefix(b"-----END ").and_then(pem_label) {
            end += b"-----END ".len() + label.len() + b"-----".len();
            return Some(Found { start, end, kind: "private_key" });
        }
        end += length;
    }
    (end - body >= MIN_BODY_BYTES).then_some(Found { start, end, kind: "private_key" })
}

/// The capitals up to the five dashes that close a header or a footer.
fn pem_label(rest: &[u8]) -> Option<&[u8]> {
    const MAX_LABEL_BYTES: usize = 64;
    let in_label = |byte: &&u8| byte.is_ascii_uppercase() || **byte == b' ';
    let label = &rest[..rest.iter().take(MAX_LABEL_BYTES).take_while(in_label).count()];
    rest[label.len()..].starts_with(b"-----").then_some(label)
}

/// How many bytes the next character of a PEM body takes; `None` if it cannot be part of one.
fn body_unit(bytes: &[u8], at: usize) -> Option<usize> {
    let byte = *bytes.get(at)?;
    if byte != b'\\' {
        let in_body = byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/=-:,._()@<>".contains(&byte);
        return in_body.then_some(1);
    }
    let run = bytes[at..].iter().take_while(|byte| **byte == b'\\').count();
    let line_end = matches!(bytes.get(at + run), Some(b'n' | b'r' | b't' | b'/'));
    line_end.then_some(run + 1)
}

/// The password in `scheme://user:password@host`, from the colon.
pub(super) fn url_password(bytes: &[u8], at: usize) -> Option<Found> {
    if !bytes.get(at.checked_sub(1)?)?.is_ascii_alphanumeric() {
        return None;
    }
    let user = [&b"://"[..], b":\\/\\/"].into_iter().find(|mark| bytes[at..].starts_with(mark))?.len() + at;
    let in_user = |byte: &&u8| byte.is_ascii_graphic() && !b"/?#\"\\:@<>'`[]".contains(byte) || !byte.is_ascii();
    let start = user + bytes[user..].iter().take(MAX_USER_BYTES).take_while(in_user).count() + 1;
    if bytes.get(start - 1) != Some(&b':') {
        return None;
    }
    let in_password = |byte: &&u8| byte.is_ascii_graphic() && !b"/?#\"\\<>'`".contains(byte) || !byte.is_ascii();
    let length = bytes[start..].iter().take(MAX_PASSWORD_BYTES).take_while(in_password).count();
    let password = &bytes[start..start + length];
    let password = &password[..memchr::memrchr(b'@', password)?];
    // A reference to a variable holds no secret.
    let is_secret = !password.is_empty() && memmem::find(password, MARK).is_none() && !password.starts_with(b"$");
    is_secret.then_some(Found { start, end: start + password.len(), kind: URL_PASSWORD })
}

/// The name of the field, ready to be looked for: making that ready takes as long as looking through a small payload.
static EMAIL_FIELD: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(b"\"user_email\""));

/// The values of `user_email` fields of the payload itself, not of JSON inside its strings.
pub(super) fn user_emails(bytes: &[u8]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(offset) = EMAIL_FIELD.find(&bytes[from..]) {
        let name = from + offset;
        from = name + EMAIL_FIELD.needle().len();
        if name > 0 && bytes[name - 1] == b'\\' {
            continue;
        }
        let Some(value) = value_after(bytes, from) else { continue };
        let end = quoted_end(bytes, value, 0);
        if end > value && !bytes[value..].starts_with(MARK) {
            found.push(Found { start: value, end, kind: "email" });
        }
        from = end;
    }
    found
}

/// Where the string begins that is the value of a field whose name ends at `at`.
fn value_after(bytes: &[u8], at: usize) -> Option<usize> {
    let spaces = |at: usize| at + bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let colon = spaces(at);
    if bytes.get(colon) != Some(&b':') {
        return None;
    }
    quote_at(bytes, spaces(colon + 1)).filter(|quote| quote.depth == 0).map(|quote| quote.end)
}
