//! What redaction costs on this machine, on recorded payloads and on large text, and what it finds in the corpus of
//! `tests/corpus`.
//!
//! `cargo run --release -p tailhook-core --example redaction_cost`

#[path = "common/machine.rs"]
mod machine;

#[path = "../tests/corpus/mod.rs"]
mod corpus;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use corpus::Tally;
use tailhook_core::{RawEvent, Redaction, agents};

/// Rust source: the text agents read and write most.
const SOURCE: &str = include_str!("../src/session/fold.rs");
const AGENTS: [&str; 4] = ["claude-code", "codex", "gemini-cli", "qwen-code"];
const PATTERNS: [&str; 4] =
    ["ACME-[0-9]{6}", "(?i)project (falcon|osprey)", r"[0-9]{3}-[0-9]{2}-[0-9]{4}", r"\b10\.1\.\d+\.\d+"];
const RUNS: usize = 7;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let mut text =
        String::from("# Redaction\n\nMade by `cargo run --release -p tailhook-core --example redaction_cost`.\n\n");
    writeln!(text, "{}\n", machine::machine())?;
    found(&mut text)?;
    cost(&mut text)?;
    print!("{text}");
    std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/results/redaction.md"), text)?;
    Ok(())
}

/// What is found, and what is taken for a secret.
fn found(text: &mut String) -> Result<()> {
    let (known, all) = corpus::tallies();
    writeln!(
        text,
        "## What it finds\n\nThe corpus is `crates/tailhook-core/tests/corpus`, made up and not used to write the rules. Recall: texts whose \
         secret is gone, of all that hold one. Precision: places where a secret was taken, of all where something was.\n"
    )?;
    writeln!(text, "| secrets | recall | precision |\n|---|---:|---:|")?;
    let mut row = |name: &str, tally: &Tally| {
        let Tally { secrets, found, taken, taken_rightly, .. } = tally;
        let (recall, precision) = (tally.recall() * 100.0, tally.precision() * 100.0);
        writeln!(
            text,
            "| {name} | {recall:.1} % ({found} of {secrets}) | {precision:.1} % ({taken_rightly} of {taken}) |"
        )
    };
    row("of a shape that a rule knows, wherever they stand", &known)?;
    row("these, and others that only a name or a place gives away", &all)?;
    Ok(())
}

/// What it takes.
fn cost(text: &mut String) -> Result<()> {
    let recorded = recorded()?;
    let payloads = || recorded.iter().map(|(_, payload)| payload.as_str());
    let bytes: usize = payloads().map(str::len).sum();
    let source = write_of(&SOURCE.repeat(1_000_000 / SOURCE.len()));
    writeln!(text, "\n## What it costs\n\nThe best of {RUNS} series on one core; 1 KB is 1,000 bytes.\n")?;
    writeln!(text, "| what | us per KB |\n|---|---:|")?;
    let mut row = |name: &str, ns: f64, bytes: usize| writeln!(text, "| {name} | {:.2} |", ns / bytes as f64);
    let plain = Redaction::default();
    let all = |redaction: &Redaction| {
        best(20, || payloads().for_each(|payload| drop(black_box(redaction.apply(black_box(payload.as_bytes()))))))
    };
    let name = format!("the {} recorded payloads of the fixtures ({} KB)", recorded.len(), bytes / 1_000);
    row(&name, all(&plain), bytes)?;
    for count in [1, PATTERNS.len()] {
        let patterns: Vec<String> = PATTERNS[..count].iter().map(|&pattern| pattern.into()).collect();
        let redaction = plain.clone().with_patterns(&patterns)?;
        row(&format!("the same with {count} of the user's own patterns"), all(&redaction), bytes)?;
    }
    row("1 MB of source code", scan(&source), source.len())?;
    for (name, content) in [
        ("1 MB of prose", "The render of the tokens returned there, reordered. ".repeat(20_000)),
        ("1 MB of base64", base64(1_000_000)),
    ] {
        let large = write_of(&content);
        row(name, scan(&large), large.len())?;
    }
    let time = |redaction: &Redaction| {
        best(20, || recorded.iter().for_each(|(agent, payload)| parse(agent, payload, redaction))) / 1_000.0
    };
    let (mut with, mut without) = (f64::INFINITY, f64::INFINITY);
    // In turn: what else the machine does meets both.
    for _ in 0..3 {
        with = time(&plain).min(with);
        without = time(&Redaction::off()).min(without);
    }
    let events = recorded.len() as f64;
    writeln!(
        text,
        "\nTo understand a recorded payload takes {:.2} us with redaction and {:.2} us with `redact = \"off\"`.",
        with / events,
        without / events
    )?;
    Ok(())
}

/// Every recorded payload, and whose it is.
fn recorded() -> Result<Vec<(&'static str, String)>> {
    let mut payloads = Vec::new();
    for agent in AGENTS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(agent);
        for file in std::fs::read_dir(&folder)? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "jsonl") {
                let text = std::fs::read_to_string(&path)?;
                payloads.extend(text.lines().map(|line| (agent, line.to_owned())));
            }
        }
    }
    Ok(payloads)
}

/// Nanoseconds for a text in which nothing is found.
fn scan(text: &str) -> f64 {
    let redaction = Redaction::default();
    assert_eq!(redaction.apply(text.as_bytes()).count, 0, "a secret in {text:.80}");
    best(10, || drop(black_box(redaction.apply(black_box(text.as_bytes())))))
}

fn parse(agent: &str, payload: &str, redaction: &Redaction) {
    let raw = RawEvent { agent: agent.into(), payload: payload.as_bytes().into(), ..RawEvent::default() };
    black_box(agents::parse(black_box(&raw), redaction));
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
