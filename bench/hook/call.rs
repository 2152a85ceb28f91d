//! One call, as an agent makes it.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::candidates::Candidate;

/// From before the spawn until the process is reaped.
pub(crate) fn once(candidate: &Candidate, payload: &[u8], home: &Path) -> Result<Duration> {
    let (time, status) = spawn(candidate, payload, home, |child| Ok(child.wait()?))?;
    ensure!(status.success(), "{} ended with {status}", candidate.name);
    Ok(time)
}

/// Whether a call ends by itself within a time; it is ended if it does not.
pub(crate) fn ends_within(limit: Duration, candidate: &Candidate, payload: &[u8], home: &Path) -> Result<bool> {
    let (_, ended) = spawn(candidate, payload, home, |child| {
        let start = Instant::now();
        while start.elapsed() < limit {
            if child.try_wait()?.is_some() {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill()?;
        child.wait()?;
        Ok(false)
    })?;
    Ok(ended)
}

fn spawn<T>(
    candidate: &Candidate,
    payload: &[u8],
    home: &Path,
    wait: impl FnOnce(&mut Child) -> Result<T>,
) -> Result<(Duration, T)> {
    let (mut ours, theirs) = UnixStream::pair()?;
    let (_out, out) = UnixStream::pair()?;
    let (_err, err) = UnixStream::pair()?;
    let mut command = Command::new(&candidate.program);
    command
        .args(&candidate.arguments)
        // Some peers leave a folder where they are started.
        .current_dir(std::env::temp_dir())
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
    let result = wait(&mut child)?;
    Ok((start.elapsed(), result))
}
