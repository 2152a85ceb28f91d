//! A program that is run to see what happens: for a bounded time, with bounded output, and without a trace.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};

/// What is read of each of its streams.
const MAX_OUTPUT_BYTES: u64 = 4_096;

/// What came of it.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Runs a program with empty input. [`io::ErrorKind::TimedOut`]: it, or somebody whom it started, did not end in time
/// and was killed.
pub(super) fn attempt(mut command: Command, patience: Duration) -> io::Result<Attempt> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(id as i32));
        let (stdout, stderr) = (beginning(child.stdout.take()), beginning(child.stderr.take()));
        let ended = async { tokio::join!(stdout, stderr, child.wait()) };
        if let Ok((stdout, stderr, status)) = tokio::time::timeout(patience, ended).await {
            return Ok(Attempt { status: status?, stdout, stderr });
        }
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("it did not end within {} s", patience.as_secs())))
    })
}

/// Up to the bound; the stream is closed then.
async fn beginning(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.take(MAX_OUTPUT_BYTES).read_to_end(&mut bytes).await;
    }
    bytes
}
