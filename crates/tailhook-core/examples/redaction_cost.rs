//! What redaction and parsing cost on this machine, on recorded payloads and on large text.
//!
//! `cargo run --release -p tailhook-core --example redaction_cost`

use std::hint::black_box;
use std::time::Instant;

use tailhook_core::{RawEvent, Redaction, agents};

const SESSION: &str = include_str!("../fixtures/claude-code/multi-ef5c1bd1.jsonl");
/// Rust source: the text agents read and write most.
const SOURCE: &str = include_str!("../src/session/fold.rs");
const RUNS: usize = 7;

fn main() {
    let payloads: Vec<&str> = SESSION.lines().collect();
    let mut sizes: Vec<usize> = payloads.iter().map(|payload| payload.len()).collect();
    sizes.sort_unstable();
    let median = payloads.iter().find(|payload| payload.len() == sizes[sizes.len() / 2]).expect("a median");
    let session_bytes: usize = sizes.iter().sum();

    println!("redaction, nothing found, best of {RUNS}");
    scan("a session of recorded payloads", &SESSION.repeat(40));
    scan("1 MB of source code", &write_of(&SOURCE.repeat(1_000_000 / SOURCE.len())));
    scan("1 MB of prose", &write_of(&"The render of the tokens returned there, reordered. ".repeat(20_000)));
    scan("1 MB of base64", &write_of(&base64(1_000_000)));

    println!("redaction with patterns of the user's, nothing found, best of {RUNS}");
    let patterns =
        ["ACME-[0-9]{6}", "(?i)project (falcon|osprey)", r"[0-9]{3}-[0-9]{2}-[0-9]{4}", r"\b10\.1\.\d+\.\d+"];
    for count in [1, 4] {
        let patterns: Vec<String> = patterns[..count].iter().map(|&pattern| pattern.into()).collect();
        let redaction = Redaction::default().with_patterns(&patterns).expect("patterns");
        scan_with(
            &redaction,
            &format!("1 MB of source code, {count} patterns"),
            &write_of(&SOURCE.repeat(1_000_000 / SOURCE.len())),
        );
    }

    println!("parse with redaction, best of {RUNS}");
    let all = payloads.len() as f64;
    let ns = best(200, || payloads.iter().for_each(|payload| parse(payload)));
    println!("  {:>8.2} us  a payload of a session of {} ({session_bytes} B)", ns / all / 1000.0, payloads.len());
    let ns = best(20_000, || parse(median));
    println!("  {:>8.2} us  the median payload ({} B)", ns / 1000.0, median.len());
    let large = write_of(&SOURCE.repeat(1_000_000 / SOURCE.len()));
    let ns = best(5, || parse(&large));
    println!("  {:>8.2} us  a Write of 1 MB", ns / 1000.0);
}

fn scan(what: &str, text: &str) {
    scan_with(&Redaction::default(), what, text);
}

fn scan_with(redaction: &Redaction, what: &str, text: &str) {
    assert_eq!(redaction.apply(text.as_bytes()).count, 0, "{what}");
    let ns = best(10, || {
        black_box(redaction.apply(black_box(text.as_bytes())));
    });
    let per_byte = ns / text.len() as f64;
    println!("  {per_byte:>8.3} ns/B = {:>6.3} us/KB  {what} ({} B)", per_byte * 1.024, text.len());
}

fn parse(payload: &str) {
    let raw = RawEvent {
        stamp_ns: 1,
        hook_ns: 1,
        pid: 2,
        ppid: 2,
        agent: "claude-code".into(),
        event_hint: "".into(),
        truncated: false,
        total_bytes: 0,
        stages: None,
        payload: payload.as_bytes().into(),
    };
    black_box(agents::parse(black_box(&raw), &Redaction::default()));
}

/// Nanoseconds of one call, in the best of several series.
fn best(calls: u32, mut work: impl FnMut()) -> f64 {
    let series = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..calls).for_each(|_| work());
        start.elapsed().as_nanos() as f64 / f64::from(calls)
    };
    (0..RUNS).map(|_| series(&mut work)).fold(f64::INFINITY, f64::min)
}

fn write_of(content: &str) -> String {
    let content = serde_json::to_string(content).expect("a string is JSON");
    format!(
        r#"{{"session_id":"s","cwd":"/p","hook_event_name":"PreToolUse","tool_name":"Write","tool_input":{{"file_path":"/p/a","content":{content}}},"tool_use_id":"t"}}"#
    )
}

/// Even bytes of base64's alphabet, the same on every run.
fn base64(bytes: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(ALPHABET[(state >> 58) as usize])
    };
    (0..bytes).map(|_| next()).collect()
}
