//! Counting with callgrind.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use bench_report::payload;
use bench_report::results::{self, MemoryFolder};

/// Payloads that are counted, bytes.
const SIZES: [usize; 2] = [1 << 10, 32 << 10];
/// The codec is run so often and twice so often: the difference leaves out the program's start.
const TIMES: u64 = 100;

/// Whether callgrind is here.
pub(crate) fn is_possible() -> bool {
    let version = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Everything.
pub(crate) fn all() -> Result<BTreeMap<String, u64>> {
    let home = MemoryFolder::new("instructions")?;
    let mut counts = BTreeMap::new();
    for size in SIZES {
        let text = payload::size_text(size);
        counts.insert(format!("hook, {text}"), hook(home.path(), size)?);
        for what in ["encode", "decode"] {
            counts.insert(format!("frame {what}, {text}"), codec(what, size)?);
        }
    }
    Ok(counts)
}

/// One call of the hook that appends to a segment that is there.
fn hook(home: &Path, size: usize) -> Result<u64> {
    // A file, not a pipe: the number of reads is then always the same.
    let input = home.join("payload");
    std::fs::write(&input, payload::of_size(size))?;
    let count = || {
        let mut command = callgrind(&results::binary("tailhook-hook")?);
        // Of the whole environment, what it is made of costs instructions: it is always this.
        command.env("TAILHOOK_HOME", home).stdin(File::open(&input)?);
        run(&mut command)
    };
    // The first call makes the journal.
    count()?;
    count()
}

fn codec(what: &str, size: usize) -> Result<u64> {
    let count = |times: u64| {
        let mut command = callgrind(&results::binary("bench-frame")?);
        run(command.args([what.to_owned(), size.to_string(), times.to_string()]))
    };
    Ok((count(2 * TIMES)?.saturating_sub(count(TIMES)?)) / TIMES)
}

fn callgrind(program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command
}

fn run(command: &mut Command) -> Result<u64> {
    let output = command.stdout(Stdio::null()).stderr(Stdio::piped()).output().context("could not run valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind failed: {said}");
    let collected = said.lines().find_map(|line| line.split_once("Collected :")).context("valgrind counted nothing")?;
    collected.1.trim().parse().with_context(|| format!("not a count: {}", collected.1))
}
