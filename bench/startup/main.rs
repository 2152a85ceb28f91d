//! How long the command line takes to say anything: `tailhook --version`, spawn to reaped, in turns with a program that
//! does nothing and with programs that everybody knows to be quick.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};
use bench_report::table::time_text;
use bench_report::{Machine, Sample, Table, Turns, results};

const ROUNDS: usize = 1_000;
const WARM_UP: usize = 50;
/// What `--version` may take on top of a program that does nothing.
const BUDGET_US: f64 = 2_000.0;

struct Candidate {
    name: &'static str,
    program: PathBuf,
    arguments: &'static [&'static str],
    times: Sample,
}

fn main() -> Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let candidate = |name, program: &Path, arguments| Candidate {
        name,
        program: program.to_owned(),
        arguments,
        times: Sample::default(),
    };
    let tailhook = results::binary("tailhook")?;
    let mut candidates = vec![
        candidate("/bin/true", Path::new("/bin/true"), &[]),
        candidate("tailhook --version", &tailhook, &["--version"]),
        candidate("tailhook tail --help", &tailhook, &["tail", "--help"]),
        candidate("tailhook config", &tailhook, &["config"]),
        candidate("git --version", Path::new("/usr/bin/git"), &["--version"]),
    ];
    candidates.retain(|candidate| candidate.program.exists());
    let rounds = if quick { ROUNDS / 10 } else { ROUNDS };
    let mut turns = Turns::new(candidates.len());
    for round in 0..rounds + WARM_UP {
        for at in turns.next_round().to_vec() {
            let candidate = &mut candidates[at];
            let start = Instant::now();
            let status = Command::new(&candidate.program)
                .args(candidate.arguments)
                .env("TAILHOOK_HOME", "/nowhere")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            let took = start.elapsed();
            status.with_context(|| format!("could not run {}", candidate.program.display()))?;
            if round >= WARM_UP {
                candidate.times.push(took);
            }
        }
    }
    let report = report(&candidates);
    println!("{report}");
    if !quick {
        results::write("startup.md", &report)?;
    }
    Ok(())
}

fn report(candidates: &[Candidate]) -> String {
    let mut table = Table::new(1, &["program", "p50", "p99", "over /bin/true"]);
    let p50 = |candidate: &Candidate| candidate.times.summary().map_or(0.0, |summary| summary.p50_us);
    let floor = candidates.first().map_or(0.0, p50);
    for candidate in candidates {
        let Some(summary) = candidate.times.summary() else { continue };
        let over = summary.p50_us - floor;
        table.row([candidate.name.into(), time_text(summary.p50_us), time_text(summary.p99_us), time_text(over)]);
    }
    let over = candidates.get(1).map_or(0.0, p50) - floor;
    let verdict = if over <= BUDGET_US { "within" } else { "over" };
    format!(
        "# The command line's start\n\nSpawn to reaped, in turns, {}.\n\n{table}\n`tailhook --version` is {verdict} its budget: a \
         program that does nothing and {}.\n",
        Machine::here(),
        time_text(BUDGET_US)
    )
}
