//! What was asked for on the command line.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

const HELP: &str = "bench-hook [--quick] [--rounds N] [--slow-rounds N] [--size BYTES]... [--also NAME=PROGRAM]...

  --quick         no peers, fewer rounds, results are printed and not kept
  --rounds N      rounds of the fast candidates (2000; half of that at 1 MB)
  --slow-rounds N rounds of the peers (50)
  --size BYTES    payload sizes instead of 1 KB, 32 KB and 1 MB
  --also N=P      measure one more program; results are printed and not kept";

/// Resolved.
pub(crate) struct Options {
    pub(crate) quick: bool,
    rounds: usize,
    pub(crate) slow_rounds: usize,
    pub(crate) sizes: Vec<usize>,
    pub(crate) also: Vec<(String, PathBuf)>,
}

impl Options {
    pub(crate) fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self { quick: false, rounds: 0, slow_rounds: 50, sizes: Vec::new(), also: Vec::new() };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} wants a value\n\n{HELP}"));
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--rounds" => options.rounds = value()?.parse()?,
                "--slow-rounds" => options.slow_rounds = value()?.parse()?,
                "--size" => options.sizes.push(value()?.parse()?),
                "--also" => {
                    let value = value()?;
                    let (name, program) = value.split_once('=').context("--also NAME=PROGRAM")?;
                    options.also.push((name.into(), program.into()));
                }
                "--help" | "-h" => {
                    println!("{HELP}");
                    std::process::exit(0);
                }
                _ => bail!("unknown argument {argument}\n\n{HELP}"),
            }
        }
        if options.rounds == 0 {
            options.rounds = if options.quick { 400 } else { 2_000 };
        }
        if options.sizes.is_empty() {
            options.sizes = vec![1 << 10, 32 << 10, 1 << 20];
        }
        Ok(options)
    }

    /// Large payloads take longer.
    pub(crate) fn rounds_at(&self, size: usize) -> usize {
        if size > 100_000 { self.rounds.div_ceil(2) } else { self.rounds }
    }

    /// Whether the results are worth keeping: all of the usual candidates and sizes.
    pub(crate) fn keeps_results(&self) -> bool {
        !self.quick && self.also.is_empty() && self.sizes.len() == 3
    }
}
