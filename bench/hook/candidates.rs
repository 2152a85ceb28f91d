//! Who is measured: the floor and ourselves.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use bench_report::plot::Kind;
use bench_report::results;

use crate::options::Options;

/// What every ratio is taken of.
pub(crate) const FLOOR: &str = "exit-only assembly";
/// Reads and does nothing else.
pub(crate) const READ: &str = "read-only assembly";
/// What an agent would run.
pub(crate) const OURS: &str = "tailhook-hook";
/// The same binary, told to read and exit.
pub(crate) const WITHOUT_HANDOFF: &str = "tailhook-hook, no hand-off";
/// The same binary, and nothing that the daemon handed back: every page of the payload's file is new.
pub(crate) const NO_SPARE: &str = "tailhook-hook, no spare";
/// As an agent runs a command that is not in exec form.
pub(crate) const IN_SHELL: &str = "sh -c tailhook-hook";

/// A program and how it is called.
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) variables: Vec<(&'static str, OsString)>,
    /// Takes part in fewer rounds.
    pub(crate) slow: bool,
    /// Finds no spare file; takes part only where a payload needs one.
    pub(crate) without_spare: bool,
}

impl Candidate {
    pub(crate) fn new(name: &str, kind: Kind, program: impl Into<PathBuf>) -> Self {
        let (arguments, variables) = (Vec::new(), Vec::new());
        Self {
            name: name.into(),
            kind,
            program: program.into(),
            arguments,
            variables,
            slow: false,
            without_spare: false,
        }
    }

    pub(crate) fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    pub(crate) fn without_spare(mut self) -> Self {
        self.without_spare = true;
        self
    }

    pub(crate) fn slow(mut self) -> Self {
        self.slow = true;
        self
    }
}

/// The floor, ourselves and what was named on the command line.
pub(crate) fn without_peers(options: &Options) -> Result<Vec<Candidate>> {
    let hook = results::binary("tailhook-hook")?;
    let mut candidates = Vec::new();
    for (name, source) in [(FLOOR, "exit"), (READ, "read")] {
        match assemble(source)? {
            Some(program) => candidates.push(Candidate::new(name, Kind::Floor, program)),
            None => eprintln!("no {name}: there is no source for {}", std::env::consts::ARCH),
        }
    }
    candidates.push(Candidate::new(OURS, Kind::Ours, &hook));
    candidates.push(Candidate::new(NO_SPARE, Kind::Ours, &hook).without_spare());
    candidates.push(Candidate::new(WITHOUT_HANDOFF, Kind::Ours, &hook).variable("TAILHOOK_DISABLE", "1"));
    candidates.push(Candidate::new("/bin/true", Kind::Floor, "/bin/true"));
    candidates.push(Candidate::new(IN_SHELL, Kind::Ours, "/bin/sh").argument("-c").argument(&hook));
    for (name, program) in &options.also {
        candidates.push(Candidate::new(name, Kind::Ours, program));
    }
    Ok(candidates)
}

/// None where the source for this processor is missing.
fn assemble(name: &str) -> Result<Option<PathBuf>> {
    let source = results::root().join("bench/hook/floor").join(std::env::consts::ARCH).join(format!("{name}.S"));
    if !source.exists() {
        return Ok(None);
    }
    let program = results::work_folder("floor")?.join(name);
    let status = Command::new("cc")
        .args(["-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none", "-o"])
        .args([&program, &source])
        .status()
        .context("could not run cc")?;
    ensure!(status.success(), "could not assemble {}", source.display());
    Ok(Some(program))
}
