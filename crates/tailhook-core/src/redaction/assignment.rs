//! Secrets known by the name they are given: `NAME=value`, `NAME: value`, `"NAME": "value"`.
//!
//! A name in capitals is believed: it is what environment variables look like. In other letters the word is common in
//! source code (`token = next()`), so there the value must look like a secret as well.

use memchr::memmem;

use super::escape::{Before, Quote, before, is_word, quote_at, quoted_end};
use super::{Found, MARK};

const KIND: &str = "secret";

/// Most spaces between a name, its sign and its value.
const MAX_SPACES: usize = 4;

/// How much of a value without quotes is judged. Without a bound `token=a.token=a.…` would be read to its end from every
/// name on.
const MAX_JUDGED_BYTES: usize = 512;

/// How a name or a value is enclosed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Enclosure {
    None,
    Single,
    Double(u32),
}

/// How sure the name makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Capitals,
    Other,
}

/// `…KEY`, or `…Key` with a word before it that tells what it opens, from the `K`.
pub(super) fn key(bytes: &[u8], at: usize) -> Option<Found> {
    match bytes[at + 1] {
        b'E' => after_name(bytes, at + 3, Name::Capitals),
        _ => opens_something(bytes, at).then(|| after_name(bytes, at + 3, Name::Other))?,
    }
}

/// `…_key`, `…-Key`, `…ikey`, from the byte before the `k`.
pub(super) fn key_after_mark(bytes: &[u8], at: usize) -> Option<Found> {
    let word = bytes.get(at + 1..at + 4)?;
    (word.eq_ignore_ascii_case(b"key") && opens_something(bytes, at + 1))
        .then(|| after_name(bytes, at + 4, Name::Other))?
}

/// `…TOKEN` or `…token`, from the third letter.
pub(super) fn token(bytes: &[u8], at: usize) -> Option<Found> {
    ending(bytes, at.checked_sub(2)?, b"token")
}

/// `…SECRET`, from the fourth letter.
pub(super) fn secret(bytes: &[u8], at: usize) -> Option<Found> {
    ending(bytes, at.checked_sub(3)?, b"secret")
}

/// `…secret`, from the second letter.
pub(super) fn secret_from_second(bytes: &[u8], at: usize) -> Option<Found> {
    ending(bytes, at.checked_sub(1)?, b"secret")
}

/// `…PASSWORD`, from the sixth letter.
pub(super) fn password(bytes: &[u8], at: usize) -> Option<Found> {
    ending(bytes, at.checked_sub(5)?, b"password")
}

/// `…password`, from the fourth letter.
pub(super) fn password_from_fourth(bytes: &[u8], at: usize) -> Option<Found> {
    ending(bytes, at.checked_sub(3)?, b"password")
}

/// `…PASSWD` or `…passwd`, from the fourth letter.
pub(super) fn passwd(bytes: &[u8], at: usize) -> Option<Found> {
    ending(bytes, at.checked_sub(3)?, b"passwd")
}

/// `…_PWD` or `…_pwd`, from the underscore. `PWD` alone is the working directory.
pub(super) fn pwd(bytes: &[u8], at: usize) -> Option<Found> {
    let before = at.checked_sub(1).map(|at| bytes[at])?;
    before.is_ascii_alphanumeric().then(|| ending(bytes, at, b"_pwd"))?
}

fn ending(bytes: &[u8], start: usize, word: &[u8]) -> Option<Found> {
    let end = start + word.len();
    let found = bytes.get(start..end)?;
    if !found.eq_ignore_ascii_case(word) || before(bytes, start) == Before::InsideEscape {
        return None;
    }
    let capitals = found.iter().all(|byte| !byte.is_ascii_lowercase());
    after_name(bytes, end, if capitals { Name::Capitals } else { Name::Other })
}

/// Whether the word before `key` says that it is one that opens something: `api_key`, `secretKey`.
fn opens_something(bytes: &[u8], key: usize) -> bool {
    let end = if key > 0 && b"_-".contains(&bytes[key - 1]) { key - 1 } else { key };
    let words: [&[u8]; 8] = [b"api", b"access", b"secret", b"private", b"auth", b"signing", b"encryption", b"license"];
    words.iter().any(|word| end >= word.len() && bytes[end - word.len()..end].eq_ignore_ascii_case(word))
}

/// The value of a name that ends before `end`.
fn after_name(bytes: &[u8], end: usize, name: Name) -> Option<Found> {
    let (name_enclosure, sign) = match bytes.get(end)? {
        byte if is_word(*byte) => return None,
        b'\'' => (Enclosure::Single, end + 1),
        b'"' | b'\\' => quote_at(bytes, end).map(|quote| (Enclosure::Double(quote.depth), quote.end))?,
        _ => (Enclosure::None, end),
    };
    let (start, sign) = value_start(bytes, sign)?;
    let (enclosure, start) = match (bytes.get(start)?, quote_at(bytes, start)) {
        (b'\'', _) => (Enclosure::Single, start + 1),
        (_, Some(Quote { depth, end })) => (Enclosure::Double(depth), end),
        _ => (Enclosure::None, start),
    };
    let fits = match (name_enclosure, enclosure) {
        // A structural quote after an open name ends the string that the name is in.
        (Enclosure::None | Enclosure::Single, Enclosure::Double(depth))
        | (Enclosure::Double(depth), Enclosure::Single) => depth > 0,
        (Enclosure::Double(of_name), Enclosure::Double(of_value)) => of_name == of_value,
        (Enclosure::None | Enclosure::Single, Enclosure::Single) | (Enclosure::None, Enclosure::None) => true,
        (_, Enclosure::None) => false,
    };
    if !fits {
        return None;
    }
    let value_end = match enclosure {
        Enclosure::Double(depth) => quoted_end(bytes, start, depth),
        Enclosure::Single => {
            let length = memchr::memchr(b'\'', &bytes[start..]).unwrap_or(bytes.len() - start);
            quoted_end(&bytes[..start + length], start, 0)
        }
        Enclosure::None => open_end(&bytes[..bytes.len().min(start + MAX_JUDGED_BYTES)], start),
    };
    let value = &bytes[start..value_end];
    let believed = match (enclosure, name) {
        _ if is_placeholder(value) => false,
        (Enclosure::None, _) if sign.spaced || sign.byte == b':' => {
            is_random(value, 8) && ends_plainly(bytes, value_end)
        }
        (Enclosure::None, Name::Other) => is_random(value, 8) && ends_plainly(bytes, value_end),
        (_, Name::Capitals) => true,
        (_, Name::Other) => {
            let one_word = !value.iter().any(|byte| byte.is_ascii_whitespace() || b"(){}<>".contains(byte));
            one_word && (is_random(value, 6) || value.len() >= 12)
        }
    };
    if !believed {
        return None;
    }
    let end = if enclosure == Enclosure::None { open_end(bytes, start) } else { value_end };
    Some(Found { start, end, kind: KIND })
}

/// `=`, `:`, `:=` or `=>` between a name and its value.
#[derive(Debug, Clone, Copy)]
struct Sign {
    byte: u8,
    spaced: bool,
}

fn value_start(bytes: &[u8], at: usize) -> Option<(usize, Sign)> {
    let spaces = |at: usize| at + bytes[at..].iter().take(MAX_SPACES).take_while(|byte| **byte == b' ').count();
    let sign = spaces(at);
    let byte = *bytes.get(sign).filter(|byte| b"=:".contains(byte))?;
    let after = match (byte, bytes.get(sign + 1)?) {
        (b'=', b'=') | (b':', b':') => return None,
        (b'=', b'>') | (b':', b'=') => sign + 2,
        _ => sign + 1,
    };
    let value = spaces(after);
    Some((value, Sign { byte, spaced: sign > at || value > after }))
}

/// Where a value without quotes ends.
fn open_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => {
                let run = bytes[at..].iter().take_while(|byte| **byte == b'\\').count();
                if bytes.get(at + run) != Some(&b'/') {
                    break;
                }
                at += run;
            }
            b'"' | b'\'' | b'`' | b';' | b'|' | b'&' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'{' | b'}' => break,
            byte if byte.is_ascii_whitespace() || byte.is_ascii_control() => break,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Not a call, an index or a member of something.
fn ends_plainly(bytes: &[u8], end: usize) -> bool {
    !bytes.get(end).is_some_and(|byte| b"([{".contains(byte))
}

/// Long enough, with a digit or a sign that words do not have, and none of the dots of source code.
fn is_random(value: &[u8], min_bytes: usize) -> bool {
    let telling = |byte: &u8| byte.is_ascii_digit() || b"!@#$%^&*+=~".contains(byte);
    value.len() >= min_bytes && value.iter().any(telling) && !value.contains(&b'.')
}

/// Nothing, a reference, a word that stands for a value, or a text in which something was redacted before.
fn is_placeholder(value: &[u8]) -> bool {
    const MIN_BYTES: usize = 3;
    let words: [&[u8]; 7] = [b"true", b"false", b"null", b"none", b"undefined", b"string", b"required"];
    let stands_for: [&[u8]; 4] = [b"$", b"<", b"{{", b"%("];
    value.len() < MIN_BYTES
        || memmem::find(value, MARK).is_some()
        || stands_for.iter().any(|start| value.starts_with(start))
        || words.iter().any(|word| value.eq_ignore_ascii_case(word))
        || value.iter().all(|byte| b"*x.X-_ ".contains(byte))
        || value.len() < 6 && value.iter().all(u8::is_ascii_digit)
}
