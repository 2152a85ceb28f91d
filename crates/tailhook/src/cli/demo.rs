//! `tailhook demo`: a daemon of its own, a recorded session, the real hook. Leaves nothing behind.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::arguments::DemoOptions;
use super::client::Client;
use super::commands::{login_url, open_in_browser};
use super::emit::{hook_program, run_hook};
use super::exit::Failure;
use super::print;
use crate::config::{Flags, Settings};

/// Three sessions of the real Claude Code, as its hooks were called.
const RECORDING: &str = include_str!("../../demo/recording.jsonl");

/// One line of the recording.
#[derive(Deserialize)]
struct Recorded {
    /// Since the recording's start.
    at_ms: u64,
    /// What the agent wrote to the hook.
    payload: String,
}

static STOPPED: AtomicBool = AtomicBool::new(false);

pub(super) fn demo(options: &DemoOptions) -> Result<(), Failure> {
    let hook = hook_program()?;
    let recording: Vec<Recorded> = RECORDING
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::failed(format!("the recording is damaged: {error}")))?;
    stop_on_ctrl_c()?;
    let mut stage = Stage::set_up()?;
    let client = stage.client()?;
    let url = login_url(&client, None)?;
    say(&format!("the dashboard: {url}"))?;
    if !options.no_open {
        open_in_browser(&url);
    }
    say(&format!("replaying {} events of three recorded sessions; Ctrl-C ends", recording.len()))?;
    let start = Instant::now();
    for event in &recording {
        let due = Duration::from_secs_f64(event.at_ms as f64 / 1_000.0 / options.speed);
        if !sleep_until(start + due) {
            return Ok(());
        }
        run_hook(&hook, "claude-code", event.payload.as_bytes(), Some(&stage.home))?;
    }
    if !options.exit {
        say("all events are there; look around, Ctrl-C ends")?;
        while sleep_until(Instant::now() + Duration::from_hours(1)) {}
    }
    Ok(())
}

/// False: Ctrl-C came first.
fn sleep_until(due: Instant) -> bool {
    while !STOPPED.load(Ordering::Relaxed) {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(Duration::from_millis(50)));
    }
    false
}

fn stop_on_ctrl_c() -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("could not listen for Ctrl-C: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            if let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()))
            {
                tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {}, _ = hangup.recv() => {} }
            }
        });
        STOPPED.store(true, Ordering::Relaxed);
    });
    Ok(())
}

/// The demo's daemon and folder; both are gone when this is.
struct Stage {
    home: PathBuf,
    daemon: Child,
}

impl Stage {
    fn set_up() -> Result<Self, Failure> {
        use std::os::unix::fs::DirBuilderExt;
        use std::os::unix::process::CommandExt;
        let home = std::env::temp_dir().join(format!("tailhook-demo-{}", std::process::id()));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&home)
            .map_err(|error| Failure::failed(format!("could not make {}: {error}", home.display())))?;
        let program = std::env::current_exe().map_err(|error| Failure::failed(format!("who am I: {error}")))?;
        let daemon = Command::new(program)
            .args(["serve", "--port", "0", "--json"])
            .env("TAILHOOK_HOME", &home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // Ctrl-C is for us alone: we end it.
            .process_group(0)
            .spawn()
            .map_err(|error| Failure::failed(format!("could not start the daemon: {error}")));
        let mut stage = match daemon {
            Ok(daemon) => Self { home, daemon },
            Err(failure) => {
                let _ = std::fs::remove_dir_all(&home);
                return Err(failure);
            }
        };
        let mut line = String::new();
        let read = stage.daemon.stdout.take().map(|out| BufReader::new(out).read_line(&mut line));
        match read {
            Some(Ok(n)) if n > 0 => Ok(stage),
            _ => Err(Failure::failed("the demo's daemon did not start")),
        }
    }

    fn client(&mut self) -> Result<Client, Failure> {
        let settings = Settings::resolve(&Flags::default())?;
        Client::find(&Settings { home: settings.home.moved_to(&self.home), ..settings })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(pid) = rustix::process::Pid::from_raw(self.daemon.id() as i32) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.daemon.wait();
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

fn say(text: &str) -> Result<(), Failure> {
    print::line(text).map_err(|error| Failure::failed(format!("could not print: {error}")))
}
