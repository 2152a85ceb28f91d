//! Finds every secret in one pass.
//!
//! Each shape of secret contains three bytes in a row that are rare in other text, its trigger. The scan looks up every
//! position in a table and calls the rule of a trigger where one stands.

use super::{Found, assignment, credentials, tokens};

/// Three bytes, and the rule that knows what they may be part of. It gets the position of the first of them.
struct Trigger {
    bytes: [u8; 3],
    rule: fn(&[u8], usize) -> Option<Found>,
}

const fn trigger(bytes: [u8; 3], rule: fn(&[u8], usize) -> Option<Found>) -> Trigger {
    Trigger { bytes, rule }
}

static TRIGGERS: [Trigger; 39] = [
    trigger(*b"sk-", tokens::sk_key),
    trigger(*b"sk_", tokens::stripe_key),
    trigger(*b"rk_", tokens::stripe_key),
    trigger(*b"AKI", tokens::aws_key),
    trigger(*b"ASI", tokens::aws_key),
    trigger(*b"AIz", tokens::google_key),
    trigger(*b"hp_", tokens::github_token),
    trigger(*b"ho_", tokens::github_token),
    trigger(*b"hu_", tokens::github_token),
    trigger(*b"hs_", tokens::github_token),
    trigger(*b"hr_", tokens::github_token),
    trigger(*b"_pa", tokens::github_fine_token),
    trigger(*b"lpa", tokens::gitlab_token),
    trigger(*b"pm_", tokens::npm_token),
    trigger(*b"xox", tokens::slack_token),
    trigger(*b"hf_", tokens::huggingface_token),
    trigger(*b"eyJ", tokens::jwt),
    trigger(*b"rer", credentials::bearer_token),
    trigger(*b"RER", credentials::bearer_token),
    trigger(*b"-BE", credentials::private_key),
    trigger(*b"://", credentials::url_password),
    trigger(*b":\\/", credentials::url_password),
    trigger(*b"KEY", assignment::key),
    trigger(*b"KEN", assignment::token),
    trigger(*b"RET", assignment::secret),
    trigger(*b"ORD", assignment::password),
    trigger(*b"SWD", assignment::passwd),
    trigger(*b"Key", assignment::key),
    trigger(*b"_ke", assignment::key_after_mark),
    trigger(*b"-ke", assignment::key_after_mark),
    trigger(*b"-Ke", assignment::key_after_mark),
    trigger(*b"ike", assignment::key_after_mark),
    trigger(*b"ken", assignment::token),
    trigger(*b"ecr", assignment::secret_from_second),
    trigger(*b"swo", assignment::password_from_fourth),
    trigger(*b"swd", assignment::passwd),
    trigger(*b"sWo", assignment::password_from_fourth),
    trigger(*b"_pw", assignment::pwd),
    trigger(*b"_PW", assignment::pwd),
];

const TABLE_BITS: u32 = 12;
const MULTIPLIER: u32 = 0x9E37_79B1;

/// Which trigger has this hash, counted from 1; 0 for none.
static TABLE: [u8; 1 << TABLE_BITS] = table();

const fn hash(three_bytes: u32) -> usize {
    (three_bytes.wrapping_mul(MULTIPLIER) >> (32 - TABLE_BITS)) as usize
}

const fn table() -> [u8; 1 << TABLE_BITS] {
    let mut table = [0; 1 << TABLE_BITS];
    let mut index = 0;
    while index < TRIGGERS.len() {
        let [a, b, c] = TRIGGERS[index].bytes;
        let slot = hash(u32::from_le_bytes([a, b, c, 0]));
        assert!(table[slot] == 0, "two triggers have the same hash: choose another multiplier");
        index += 1;
        table[slot] = index as u8;
    }
    table
}

/// All secrets, in order and apart from each other.
pub(super) fn secrets(bytes: &[u8]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut from = 0;
    while let Some((at, trigger)) = next_trigger(bytes, from) {
        from = at + 1;
        let Some(secret) = (trigger.rule)(bytes, at) else { continue };
        // A password in a URL lies ahead: the user before it may be a secret as well.
        if secret.kind != credentials::URL_PASSWORD {
            from = secret.end.max(from);
        }
        match found.last_mut() {
            Some(last) if secret.start < last.end => {
                last.start = last.start.min(secret.start);
                last.end = last.end.max(secret.end);
            }
            _ => found.push(secret),
        }
    }
    found
}

/// How many positions are looked up with one load of eight bytes and one branch.
const POSITIONS_AT_ONCE: usize = 6;

/// The first trigger at or after `from`. No secret ends less than a byte after its trigger, so the last three bytes
/// need no look.
fn next_trigger(bytes: &[u8], from: usize) -> Option<(usize, &'static Trigger)> {
    let mut at = from;
    while let Some(eight_bytes) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let eight_bytes = u64::from_le_bytes(*eight_bytes);
        let looked_up = |position: usize| TABLE[hash((eight_bytes >> (8 * position)) as u32 & 0x00FF_FFFF)];
        if (0..POSITIONS_AT_ONCE).fold(0, |entries, position| entries | looked_up(position)) != 0
            && let Some(found) = (at..at + POSITIONS_AT_ONCE).find_map(|at| Some((at, trigger_at(bytes, at)?)))
        {
            return Some(found);
        }
        at += POSITIONS_AT_ONCE;
    }
    (at..bytes.len()).find_map(|at| Some((at, trigger_at(bytes, at)?)))
}

fn trigger_at(bytes: &[u8], at: usize) -> Option<&'static Trigger> {
    let &[a, b, c, _] = bytes.get(at..)?.first_chunk()?;
    let entry = TABLE[hash(u32::from_le_bytes([a, b, c, 0]))];
    let trigger = TRIGGERS.get(usize::from(entry).checked_sub(1)?)?;
    (trigger.bytes == [a, b, c]).then_some(trigger)
}
