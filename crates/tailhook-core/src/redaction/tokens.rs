//! Keys and tokens that are known by how they begin.
//!
//! A rule is called where its trigger stands, finds the token's first byte, wants a boundary before it and enough bytes
//! of the right kind after its prefix. Lengths are below what the issuers give out, so that a shortened example in a
//! document is taken as well, and above what ordinary words reach.

use super::Found;
use super::escape::{Before, before};

/// A run of these bytes makes the token.
type Alphabet = fn(u8) -> bool;

fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// The token that begins at `start` with `prefix`, if at least `min_bytes` of the alphabet follow.
fn token(
    bytes: &[u8],
    start: usize,
    prefix: &[u8],
    alphabet: Alphabet,
    min_bytes: usize,
    kind: &'static str,
) -> Option<Found> {
    if !bytes.get(start..)?.starts_with(prefix) || before(bytes, start) != Before::Boundary {
        return None;
    }
    let body = start + prefix.len();
    let length = run(&bytes[body..], alphabet);
    (length >= min_bytes).then_some(Found { start, end: body + length, kind })
}

fn run(bytes: &[u8], alphabet: Alphabet) -> usize {
    bytes.iter().take_while(|byte| alphabet(**byte)).count()
}

/// `sk-ant-…`, and `sk-…` of the many who copied the prefix.
pub(super) fn sk_key(bytes: &[u8], at: usize) -> Option<Found> {
    // Enough to judge by; without a bound `sk-sk-sk-…` would be read to its end from every `sk-` on.
    const MAX_JUDGED_BYTES: usize = 256;
    if let Some(found) = token(bytes, at, b"sk-ant-", base64url, 8, "anthropic_key") {
        return Some(found);
    }
    let body = bytes.get(at + 3..)?;
    let judged = &body[..run(&body[..body.len().min(MAX_JUDGED_BYTES)], base64url)];
    // `sk-learn-and-other-words` is a name: a key has digits, or is one long word.
    let digits = judged.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_key = digits >= 2 || judged.len() >= 20 && judged.iter().all(u8::is_ascii_alphanumeric);
    is_key.then(|| token(bytes, at, b"sk-", base64url, 16, "api_key"))?
}

/// `sk_live_…`, `rk_test_…`
pub(super) fn stripe_key(bytes: &[u8], at: usize) -> Option<Found> {
    let prefixes: [&[u8]; 4] = [b"sk_live_", b"sk_test_", b"rk_live_", b"rk_test_"];
    prefixes.iter().find_map(|prefix| token(bytes, at, prefix, alphanumeric, 10, "stripe_key"))
}

/// `AKIA` or `ASIA` and sixteen capitals or digits.
pub(super) fn aws_key(bytes: &[u8], at: usize) -> Option<Found> {
    let capitals = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let found = token(bytes, at, b"AKIA", capitals, 16, "aws_key")
        .or_else(|| token(bytes, at, b"ASIA", capitals, 16, "aws_key"))?;
    let ends_here = bytes.get(found.end).is_none_or(|byte| !word(*byte));
    (found.end - found.start == 20 && ends_here).then_some(found)
}

/// `AIza…`
pub(super) fn google_key(bytes: &[u8], at: usize) -> Option<Found> {
    token(bytes, at, b"AIza", base64url, 30, "google_key")
}

/// `ghp_…`, `gho_…`, `ghu_…`, `ghs_…`, `ghr_…`, from their second byte.
pub(super) fn github_token(bytes: &[u8], at: usize) -> Option<Found> {
    let start = at.checked_sub(1)?;
    token(bytes, start, &[b'g', b'h', bytes[at + 1], b'_'], alphanumeric, 20, "github_token")
}

/// `github_pat_…`, from its seventh byte.
pub(super) fn github_fine_token(bytes: &[u8], at: usize) -> Option<Found> {
    token(bytes, at.checked_sub(6)?, b"github_pat_", word, 20, "github_token")
}

/// `glpat-…`, from its second byte.
pub(super) fn gitlab_token(bytes: &[u8], at: usize) -> Option<Found> {
    token(bytes, at.checked_sub(1)?, b"glpat-", base64url, 16, "gitlab_token")
}

/// `npm_…`, from its second byte.
pub(super) fn npm_token(bytes: &[u8], at: usize) -> Option<Found> {
    token(bytes, at.checked_sub(1)?, b"npm_", alphanumeric, 30, "npm_token")
}

/// `hf_…`
pub(super) fn huggingface_token(bytes: &[u8], at: usize) -> Option<Found> {
    token(bytes, at, b"hf_", alphanumeric, 20, "huggingface_token")
}

/// `xoxb-…` and the other letters.
pub(super) fn slack_token(bytes: &[u8], at: usize) -> Option<Found> {
    let letter = *bytes.get(at + 3)?;
    if !b"abeoprs".contains(&letter) {
        return None;
    }
    token(bytes, at, &[b'x', b'o', b'x', letter, b'-'], base64url, 10, "slack_token")
}

/// Three parts of base64 with dots between, the first of which is JSON: `eyJ` is `{"`.
pub(super) fn jwt(bytes: &[u8], at: usize) -> Option<Found> {
    const MIN_PART_BYTES: usize = 8;
    // Within a run of base64 only its beginning counts, or each `-eyJ` in it would be tried.
    if before(bytes, at) != Before::Boundary || at > 0 && bytes[at - 1] == b'-' {
        return None;
    }
    let mut end = at;
    for part in 0..3 {
        if part > 0 {
            if bytes.get(end) != Some(&b'.') {
                return None;
            }
            end += 1;
        }
        let length = run(&bytes[end..], base64url);
        if length < MIN_PART_BYTES {
            return None;
        }
        end += length;
    }
    Some(Found { start: at, end, kind: "jwt" })
}
