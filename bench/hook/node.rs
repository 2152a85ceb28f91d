//! The same call from a parent that runs on Node: Claude Code is one.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use bench_report::results::{self, MemoryFolder};
use bench_report::{Sample, payload};
use serde_json::json;

use crate::candidates::{Candidate, FLOOR, IN_SHELL, OURS, READ};
use crate::options::Options;

/// Bytes of the payload.
pub(crate) const SIZE: usize = 1 << 10;

/// Times by the candidates' names; none where there is no Node.
pub(crate) fn run(candidates: &[Candidate], options: &Options) -> Result<Option<Vec<(String, Sample)>>> {
    if Command::new("node").arg("--version").stdout(Stdio::null()).status().is_err() {
        return Ok(None);
    }
    let seen: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| [FLOOR, READ, OURS, IN_SHELL].contains(&candidate.name.as_str()))
        .chain(candidates.iter().filter(|candidate| options.also.iter().any(|(name, _)| *name == candidate.name)))
        .collect();
    let home = MemoryFolder::new("node")?;
    let payload_file = home.path().join("payload");
    std::fs::write(&payload_file, payload::of_size(SIZE))?;
    let list: Vec<_> = seen
        .iter()
        .map(|candidate| {
            json!({
                "program": candidate.program,
                "arguments": candidate.arguments.iter().map(|a| a.to_string_lossy()).collect::<Vec<_>>(),
                "variables": { "TAILHOOK_HOME": home.path() },
            })
        })
        .collect();
    eprintln!("as seen from Node, {} rounds", options.rounds_at(SIZE) / 2);
    let output = Command::new("node")
        .arg(results::root().join("bench/hook/peers/spawn.mjs"))
        .arg((options.rounds_at(SIZE) / 2).to_string())
        .arg(&payload_file)
        .arg(serde_json::to_string(&list)?)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "node ended with {}", output.status);
    let times: Vec<Vec<u64>> = serde_json::from_slice(&output.stdout).context("node printed something else")?;
    let samples = times.into_iter().map(|times| times.into_iter().collect::<Sample>());
    Ok(Some(seen.iter().map(|candidate| candidate.name.clone()).zip(samples).collect()))
}
