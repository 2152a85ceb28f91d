//! Keeps a daemon running: starts it again when it dies, each time a little later, and gives up when it dies too often.

use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::presence::{self, Lock};
use crate::config::Settings;

/// Deaths in [`WINDOW`] after which it gives up.
const DEATHS: usize = 5;
const WINDOW: Duration = Duration::from_mins(1);
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LAST_DELAY: Duration = Duration::from_secs(10);

/// Why it ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SuperviseError {
    #[error("could not supervise: {0}")]
    Io(#[from] io::Error),
    #[error("could not start: a supervisor already runs on this home")]
    AlreadyRunning,
    #[error("could not start the daemon: it ended with {0}")]
    NeverStarted(ExitStatus),
    #[error("gave up: the daemon died {DEATHS} times in {} seconds, at last with {status}", WINDOW.as_secs())]
    GaveUp { status: ExitStatus },
}

/// Runs until told to end. `ready` hears the daemon's first ready line.
pub(crate) fn supervise(settings: &Settings, arguments: &[OsString], ready: fn(&str)) -> Result<(), SuperviseError> {
    presence::make_state_folder(&settings.home)?;
    let lock = Lock::take(&settings.home.supervisor_file())?;
    let Some(mut lock) = lock else { return Err(SuperviseError::AlreadyRunning) };
    lock.write(&std::process::id())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(arguments, ready))
}

async fn run(arguments: &[OsString], ready: fn(&str)) -> Result<(), SuperviseError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut deaths: Vec<Instant> = Vec::new();
    let mut delay = FIRST_DELAY;
    // Known once the daemon was ready. It comes back there even if the kernel chose: clients look for it where it was.
    let mut port: Option<u16> = None;
    loop {
        let mut child = match port {
            Some(port) => {
                let others =
                    arguments.iter().filter(|argument| !argument.as_encoded_bytes().starts_with(b"--port=")).cloned();
                start(&others.chain([format!("--port={port}").into()]).collect::<Vec<_>>())?
            }
            None => start(arguments)?,
        };
        let started = Instant::now();
        let forwarded = forward_ready_line(&mut child, port.is_none().then_some(ready));
        let pid = child.id();
        let ended = {
            let waiting = async {
                port = forwarded.await.or(port);
                child.wait().await
            };
            tokio::pin!(waiting);
            loop {
                tokio::select! {
                    status = &mut waiting => break Some(status?),
                    // What is meant for the daemon reaches it here as well.
                    _ = hang_up.recv() => tell(pid, Signal::HUP),
                    _ = terminate.recv() => break None,
                    _ = interrupt.recv() => break None,
                }
            }
        };
        let Some(status) = ended else { return end(&mut child).await };
        if port.is_none() {
            return Err(SuperviseError::NeverStarted(status));
        }
        if status.success() {
            // It was told to end by somebody else.
            return Ok(());
        }
        tracing::error!("the daemon ended with {status}; starting it again");
        deaths.retain(|death| death.elapsed() < WINDOW);
        deaths.push(Instant::now());
        if deaths.len() >= DEATHS {
            return Err(SuperviseError::GaveUp { status });
        }
        delay = if started.elapsed() > WINDOW { FIRST_DELAY } else { (delay * 2).min(LAST_DELAY) };
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
        }
    }
}

fn start(arguments: &[OsString]) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["serve", "--json", "--supervised"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
}

/// Reads the daemon's ready line, and hands it on to whoever started us. Gives the port, if the line came.
fn forward_ready_line(child: &mut Child, ready: Option<fn(&str)>) -> impl Future<Output = Option<u16>> + use<> {
    let stdout = child.stdout.take();
    async move {
        let line = BufReader::new(stdout?).lines().next_line().await.ok()??;
        if let Some(ready) = ready {
            ready(&line);
        }
        let said: serde_json::Value = serde_json::from_str(&line).ok()?;
        said["port"].as_u64()?.try_into().ok()
    }
}

/// An error says that it has ended already.
fn tell(pid: Option<u32>, signal: Signal) {
    if let Some(pid) = pid.and_then(|pid| Pid::from_raw(pid.cast_signed())) {
        let _ = kill_process(pid, signal);
    }
}

async fn end(child: &mut Child) -> Result<(), SuperviseError> {
    tell(child.id(), Signal::TERM);
    child.wait().await?;
    Ok(())
}
