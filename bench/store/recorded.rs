//! The recorded payloads, over and over, each time with other ids.

use std::path::Path;

use anyhow::{Context, Result};
use bench_report::results;

/// All lines of all recordings, and where in them we are.
pub(crate) struct Recorded {
    lines: Vec<Vec<u8>>,
    at: usize,
    round: u64,
}

impl Recorded {
    pub(crate) fn read() -> Result<Self> {
        let folder = results::root().join("crates/tailhook-core/fixtures/claude-code");
        let mut files: Vec<_> = std::fs::read_dir(&folder)
            .with_context(|| format!("could not read {}", folder.display()))?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension() == Some("jsonl".as_ref()))
            .collect();
        files.sort();
        let lines = |path: &std::path::PathBuf| lines(path);
        let lines = files.iter().map(lines).collect::<Result<Vec<_>>>()?.concat();
        Ok(Self { lines, at: 0, round: 0 })
    }

    /// The next payload.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        if self.at == self.lines.len() {
            (self.at, self.round) = (0, self.round + 1);
        }
        self.at += 1;
        with_other_ids(&self.lines[self.at - 1], self.round)
    }
}

fn lines(path: &Path) -> Result<Vec<Vec<u8>>> {
    Ok(std::fs::read_to_string(path)?.lines().map(|line| line.as_bytes().to_vec()).collect())
}

/// Replaces what looks like an id, the same by the same: 36 characters in groups by dashes, or what follows `toolu_`.
fn with_other_ids(payload: &[u8], round: u64) -> Vec<u8> {
    let mut other = payload.to_vec();
    let mut at = 0;
    while at < other.len() {
        let length = if is_uuid(&other[at..]) {
            36
        } else if other[at..].starts_with(b"toolu_") {
            6 + other[at + 6..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()
        } else {
            at += 1;
            continue;
        };
        let skip = if other[at] == b't' { 6 } else { 0 };
        scramble(&mut other[at + skip..at + length], round);
        at += length;
    }
    other
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() >= 36
        && bytes[..36].iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
        })
}

fn scramble(id: &mut [u8], round: u64) {
    let seed = id.iter().fold(round.wrapping_add(0xcbf2_9ce4_8422_2325), |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut state = seed | 1;
    for byte in id.iter_mut().filter(|byte| **byte != b'-') {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = b"0123456789abcdef"[(state >> 32) as usize % 16];
    }
}
