//! What a daemon costs while nothing happens: how often a thread of it is woken, and its memory.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bench_report::payload;
use serde::Serialize;

use crate::client::{self, Form};
use crate::daemon::{Daemon, Home};

/// Some events, so that everything that is made at first use is there.
const EVENTS: u64 = 1_000;

/// Agents, where each writes its transcripts, and what real clients wrote.
const TRANSCRIPTS: [(&str, &str, &str); 3] = [
    (
        "claude-code",
        "projects/p/SESSION.jsonl",
        include_str!("../../crates/tailhook-core/fixtures/transcripts/multi.jsonl"),
    ),
    (
        "codex",
        "sessions/2026/11/28/rollout-2026-11-28T19-36-50-SESSION.jsonl",
        include_str!("../../crates/tailhook-core/fixtures/transcripts/codex/multi.jsonl"),
    ),
    (
        "gemini-cli",
        "tmp/p/chats/session-2026-11-28T19-36-BEGIN.jsonl",
        include_str!("../../crates/tailhook-core/fixtures/transcripts/gemini-cli/multi.jsonl"),
    ),
];

/// In one state.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Idle {
    pub(crate) state: &'static str,
    pub(crate) seconds: u64,
    /// Context switches of all threads in that time.
    pub(crate) wakeups: u64,
    pub(crate) threads: usize,
    /// Resident memory.
    pub(crate) rss_kib: u64,
    /// The same, with what is shared divided by those who share it.
    pub(crate) pss_kib: u64,
}

pub(crate) fn run(seconds: u64) -> Result<Vec<Idle>> {
    let home = Home::new()?;
    let daemon = Daemon::start(&home)?;
    let mut states = vec![observe(&daemon, "just started", seconds)?];
    let payload = payload::of_size(1 << 10);
    for _ in 0..EVENTS {
        home.append(&payload);
    }
    daemon.wait_for(EVENTS, Duration::from_secs(10))?;
    states.push(observe(&daemon, "after 1,000 events", seconds)?);
    follow_transcripts(&home, &daemon)?;
    states.push(observe(&daemon, "with three transcripts followed", seconds)?);
    let _subscriber = client::connect(&daemon, Form::Single)?;
    states.push(observe(&daemon, "with one subscriber", seconds)?);
    Ok(states)
}

/// Tells of a session of each agent, and waits until its transcript has been read.
fn follow_transcripts(home: &Home, daemon: &Daemon) -> Result<()> {
    let id = "01a223a9-098d-7521-a5a2-f0c1f3107ad8";
    for (agent, file, lines) in TRANSCRIPTS {
        let session = format!("{agent}-{id}");
        let path = home.path().join(file.replace("SESSION", &session).replace("BEGIN", &session[..8]));
        fs::create_dir_all(path.parent().context("no folder")?)?;
        fs::write(&path, lines)?;
        let payload = serde_json::json!({
            "session_id": session, "transcript_path": path, "hook_event_name": "SessionStart", "source": "startup",
        });
        home.append_as(agent, payload.to_string().as_bytes());
        let start = Instant::now();
        while !daemon.get(&format!("/api/v1/sessions/{session}"))?.contains("context_tokens") {
            anyhow::ensure!(start.elapsed() < Duration::from_secs(10), "the transcript of {agent} was not read");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    Ok(())
}

fn observe(daemon: &Daemon, state: &'static str, seconds: u64) -> Result<Idle> {
    let pid = daemon.pid();
    // What was begun may end first.
    std::thread::sleep(Duration::from_secs(1));
    let before = switches(pid)?;
    std::thread::sleep(Duration::from_secs(seconds));
    let after = switches(pid)?;
    let threads = after.len();
    let by_thread = after.iter().map(|(thread, count)| count - before.get(thread).unwrap_or(&0));
    // A thread that ended was woken to do so.
    let ended = before.keys().filter(|thread| !after.contains_key(*thread)).count() as u64;
    let wakeups = by_thread.sum::<u64>() + ended;
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let kib = |name| number(&rollup, name).context("no such field in smaps_rollup");
    Ok(Idle { state, seconds, wakeups, threads, rss_kib: kib("Rss:")?, pss_kib: kib("Pss:")? })
}

/// Context switches of each thread so far.
fn switches(pid: u32) -> Result<HashMap<OsString, u64>> {
    let mut threads = HashMap::new();
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let thread = thread?;
        let status = fs::read_to_string(thread.path().join("status"))?;
        let of = |name| number(&status, name).unwrap_or(0);
        threads.insert(thread.file_name(), of("voluntary_ctxt_switches:") + of("nonvoluntary_ctxt_switches:"));
    }
    Ok(threads)
}

fn number(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}
