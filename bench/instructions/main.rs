//! How many instructions the hook and the frame's codec take: a number that load does not change, so that it can fail a
//! test. Counted by callgrind, in user space only.
//!
//! `bench-instructions` counts and keeps the result as the baseline; `bench-instructions --check` compares with it.

mod count;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use bench_report::results;
use serde::{Deserialize, Serialize};

/// A file of the results.
const BASELINE: &str = "instructions.json";
/// How far a count may be from the baseline, either way.
const TOLERANCE_PERCENT: u64 = 5;
const UPDATE: &str =
    "if that is meant, run `target/release/bench-instructions` and commit bench/results/instructions.json";

/// Instructions by what was counted.
#[derive(Debug, Serialize, Deserialize)]
struct Counts {
    /// Counts of another processor's instructions say nothing about these.
    processor: String,
    instructions: BTreeMap<String, u64>,
}

fn main() -> Result<()> {
    let check = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--check") => true,
        Some(other) => bail!("unknown argument {other}; known: --check"),
    };
    if !count::is_possible() {
        println!("skipped: valgrind is not installed (Debian: apt-get install valgrind)");
        return Ok(());
    }
    let now = Counts { processor: std::env::consts::ARCH.into(), instructions: count::all()? };
    if !check {
        for (name, count) in &now.instructions {
            println!("{count:>9} {name}");
        }
        return results::write_json(BASELINE, &now);
    }
    let text =
        std::fs::read_to_string(results::path(BASELINE)).context("there is no baseline: run bench-instructions")?;
    let baseline: Counts = serde_json::from_str(&text)?;
    if baseline.processor != now.processor {
        println!("skipped: the baseline was counted on {}, this is {}", baseline.processor, now.processor);
        return Ok(());
    }
    let changes = changes(&baseline.instructions, &now.instructions);
    if changes.is_empty() {
        println!("all {} counts are within {TOLERANCE_PERCENT} % of the baseline", now.instructions.len());
        return Ok(());
    }
    bail!("instruction counts left the baseline:\n{}\n{UPDATE}", changes.join("\n"))
}

/// One line for each count that is too far from the baseline, or stands on one side only.
fn changes(baseline: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = baseline.keys().chain(now.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| match (baseline.get(name), now.get(name)) {
            (Some(&was), Some(&is)) => {
                let percent = (is as f64 / was.max(1) as f64 - 1.0) * 100.0;
                (is.abs_diff(was) * 100 > was * TOLERANCE_PERCENT)
                    .then(|| format!("  {name}: {was} -> {is} ({percent:+.1} %)"))
            }
            (was, is) => Some(format!("  {name}: {was:?} -> {is:?}")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
        pairs.iter().map(|&(name, count)| (name.to_owned(), count)).collect()
    }

    #[test]
    fn five_percent_either_way_pass() {
        let baseline = counts(&[("a", 1_000)]);
        for now in [950, 1_000, 1_050] {
            assert_eq!(changes(&baseline, &counts(&[("a", now)])), Vec::<String>::new());
        }
        assert_eq!(changes(&baseline, &counts(&[("a", 1_051)])), ["  a: 1000 -> 1051 (+5.1 %)"]);
        assert_eq!(changes(&baseline, &counts(&[("a", 949)])), ["  a: 1000 -> 949 (-5.1 %)"]);
    }

    #[test]
    fn what_came_or_went_is_told() {
        assert_eq!(
            changes(&counts(&[("a", 1)]), &counts(&[("b", 2)])),
            ["  a: Some(1) -> None", "  b: None -> Some(2)"]
        );
    }
}
