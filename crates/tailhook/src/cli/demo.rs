//! `tailhook demo`: a daemon of its own, a recorded session, the real hook. Leaves nothing behind.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::arguments::DemoOptions;
use super::commands::open_in_browser;
use super::emit::{hook_program, run_hook};
use super::exit::Failure;
use super::print::say;
use super::stage::Stage;

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
    let stage = Stage::set_up("demo")?;
    let client = stage.client()?;
    // Whoever reads the address may take longer than a minute, and `tailhook open` knows nothing of this daemon.
    let url = client.lasting_login();
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
