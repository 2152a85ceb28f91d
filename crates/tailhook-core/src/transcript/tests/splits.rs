//! However a file is read, the store comes to the same: in any pieces, again from the beginning, with the end missing.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::transcript::{Answer, HookRun, Message};

const FILES: [(Format, &str); 6] = [
    (Format::ClaudeCode, MULTI),
    (Format::ClaudeCode, HOOKS),
    (Format::Codex, include_str!("../../../fixtures/transcripts/codex/multi.jsonl")),
    (Format::Codex, include_str!("../../../fixtures/transcripts/codex/subagent.jsonl")),
    (Format::GeminiCli, include_str!("../../../fixtures/transcripts/gemini-cli/multi.jsonl")),
    (Format::GeminiCli, include_str!("../../../fixtures/transcripts/gemini-cli/subagent.jsonl")),
];

/// What a store keeps: of a message the first that has its key, of an answer the last that has its id.
#[derive(Debug, Default, PartialEq)]
struct Kept {
    messages: BTreeMap<String, Message>,
    answers: BTreeMap<String, Answer>,
    hook_runs: BTreeMap<String, HookRun>,
}

impl Kept {
    fn keep(&mut self, taken: Taken) {
        for message in taken.messages {
            self.messages.entry(message.key.clone()).or_insert(message);
        }
        self.answers.extend(taken.answers.into_iter().map(|answer| (answer.id.clone(), answer)));
        for run in taken.hook_runs {
            let failed = run.failed;
            self.hook_runs.entry(run.key.clone()).or_insert(run).failed |= failed;
        }
    }

    /// Reads lines in pieces that end after each of these.
    fn read(&mut self, format: Format, lines: &[&str], ends: &[usize]) {
        let source = Source { format, ..source("", None) };
        let (mut carry, mut taken, mut at) = (Carry::default(), Taken::default(), 0);
        for (index, line) in lines.iter().enumerate() {
            read_line(line.as_bytes(), at, &source, &mut carry, &Redaction::default(), &mut taken);
            at += line.len() as u64 + 1;
            if ends.contains(&index) {
                self.keep(std::mem::take(&mut taken));
                carry = serde_json::from_str(&serde_json::to_string(&carry).unwrap()).unwrap();
            }
        }
        self.keep(taken);
    }
}

proptest! {
    #[test]
    fn a_file_gives_the_same_however_it_is_read(
        (format, text) in prop::sample::select(FILES.to_vec()),
        ends in prop::collection::vec(0..80_usize, 0..8),
        begun in 0..80_usize,
        cut in 0..400_usize,
    ) {
        let lines: Vec<&str> = text.lines().collect();
        let (mut whole, mut pieces) = (Kept::default(), Kept::default());
        whole.read(format, &lines, &[]);
        // Some of it, with its last line cut off; then it is found to be another file, and read from its beginning.
        let begun = begun.min(lines.len() - 1);
        let mut first = lines[..begun].to_vec();
        first.push(lines[begun].get(..cut.min(lines[begun].len() - 1)).unwrap_or_default());
        pieces.read(format, &first, &ends);
        pieces.read(format, &lines, &ends);
        prop_assert_eq!(pieces, whole);
    }
}
