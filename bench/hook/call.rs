//! One call, as an agent makes it.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::candidates::Candidate;

/// From before the spawn until the process is reaped.
pub(crate) fn once(candidate: &Candidate, payload: &[u8], home: &Path) -> Result<Duration> {
    let (mut ours, theirs) = UnixStream::pair()?;
    let (_out, out) = UnixStream::pair()?;
    let (_err, err) = UnixStream::pair()?;
    let mut command = Command::new(&candidate.program);
    command
        .args(&candidate.arguments)
        .env("TAILHOOK_HOME", home)
        .envs(candidate.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::from(OwnedFd::from(out)))
        .stderr(Stdio::from(OwnedFd::from(err)));
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("could not start {}", candidate.program.display()))?;
    // The command holds our copies of the child's ends.
    drop(command);
    // A program that does not read may be gone already.
    let _ = ours.write_all(payload);
    drop(ours);
    let status = child.wait()?;
    let time = start.elapsed();
    ensure!(status.success(), "{} ended with {status}", candidate.name);
    Ok(time)
}
