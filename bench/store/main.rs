//! What the store costs and gives: bytes on disk, events a second, and how long answers take when it holds millions.
//!
//!     bench-store [--events N] [--keep]
//!
//! The recorded payloads are repeated with other ids until there are N events (500,000 if nobody says), in a store of
//! this run's own, which is removed afterwards. `--keep` writes the results to bench/results.

mod asks;
#[path = "../delivery/daemon.rs"]
mod daemon;
mod kept;
mod plain;
mod recorded;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bench_report::{Machine, Table, payload, results};
use serde::Serialize;
use tailhook_journal::Appended;

use daemon::{Daemon, Home};
use recorded::Recorded;

/// Fits the journal.
const WAITING: u64 = 25_000;
/// How often both ways of storing are measured.
const ROUNDS: usize = 9;

/// All that a run found out.
#[derive(Serialize)]
struct Run {
    machine: Machine,
    events: u64,
    payload_bytes: u64,
    store_bytes: u64,
    /// Of these, the events themselves: payloads and essential fields.
    event_bytes: u64,
    search_bytes: u64,
    /// Stored events to payloads.
    event_ratio: f64,
    /// Store and index to payloads.
    ratio: f64,
    /// Events of 1 KB that waited in the journal, stored a second while the index follows.
    stored_per_second: f64,
    /// The same rows by plain inserts, uncompressed, a batch in a transaction.
    plain_per_second: f64,
    /// From the last event stored until the index has them all, seconds.
    index_behind_s: f64,
    ready_ms: f64,
    rss_mib: f64,
    answers: Vec<asks::Answers>,
    /// Of the recorded sessions, on average.
    events_per_session: u64,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let keep = arguments.iter().any(|argument| argument == "--keep");
    let events = match arguments.iter().position(|argument| argument == "--events") {
        Some(at) => arguments.get(at + 1).context("--events N")?.replace(['_', ','], "").parse()?,
        None => 500_000,
    };
    // In turns, because the machine is not the same from one second to the next.
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| throughput()).collect::<Result<_>>()?;
    let stored_per_second = median(rounds.iter().map(|(stored, _)| *stored));
    let plain_per_second = median(rounds.iter().map(|(_, plain)| *plain));
    eprintln!("{stored_per_second:.0} events of 1 KB a second; {plain_per_second:.0} by plain inserts");

    let home = Home::new()?;
    let search = home.path().join("tailhook.search.db");
    std::os::unix::fs::symlink(home.disk().join("tailhook.search.db"), &search)?;
    let _files = Files(home.disk().to_owned());
    let (payload_bytes, index_behind_s) = fill(&home, events)?;
    let store_bytes = size(&home.disk().join("tailhook.db"))?;
    let (event_bytes, sessions) = kept::events_and_sessions(&home.disk().join("tailhook.db"))?;
    let search_bytes = size(&home.disk().join("tailhook.search.db"))?;

    let started = Instant::now();
    let daemon = Daemon::start(&home)?;
    let ready_ms = started.elapsed().as_secs_f64() * 1e3;
    let answers = asks::run(&daemon, events)?;
    let run = Run {
        machine: Machine::here(),
        events,
        payload_bytes,
        store_bytes,
        event_bytes,
        search_bytes,
        event_ratio: event_bytes as f64 / payload_bytes as f64,
        ratio: (store_bytes + search_bytes) as f64 / payload_bytes as f64,
        stored_per_second,
        plain_per_second,
        index_behind_s,
        ready_ms,
        rss_mib: rss_mib(daemon.pid())?,
        answers,
        events_per_session: events / sessions.max(1),
    };
    let text = markdown(&run);
    println!("{text}");
    if keep {
        results::write("store.md", &text)?;
        results::write_json("store.json", &run)?;
    }
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Events a second from the journal to committed rows, and the same rows by plain inserts.
fn throughput() -> Result<(f64, f64)> {
    let home = Home::new()?;
    let _files = Files(home.disk().to_owned());
    let payload = payload::of_size(1 << 10);
    for _ in 0..WAITING {
        ensure!(home.append(&payload).1 == Appended::Journal, "the journal did not take an event");
    }
    let daemon = Daemon::start(&home)?;
    // From here on: a start is no part of what goes on.
    let (start, before) = (Instant::now(), daemon.stats()?.seq);
    let stored = daemon.wait_for(WAITING, Duration::from_mins(1))?;
    let per_second = (WAITING - before) as f64 / (stored - start).as_secs_f64();
    let data = asks::data_of(&daemon, 1)?;
    drop(daemon);
    Ok((per_second, plain::per_second(home.disk(), &data, &payload, WAITING)?))
}

/// Brings so many events into the store; gives the bytes of their payloads, and how long the index took afterwards.
fn fill(home: &Home, events: u64) -> Result<(u64, f64)> {
    let daemon = Daemon::start(home)?;
    let mut recorded = Recorded::read()?;
    let (mut appended, mut bytes) = (0, 0);
    while appended < events {
        for _ in 0..WAITING.min(events - appended) {
            let payload = recorded.next();
            bytes += payload.len() as u64;
            ensure!(home.append(&payload).1 != Appended::Dropped, "an event was dropped");
            appended += 1;
        }
        daemon.wait_for(appended, Duration::from_mins(5))?;
        if appended % 500_000 < WAITING {
            eprintln!("{appended} events stored");
        }
    }
    let stats = daemon.stats()?;
    ensure!(stats.events.torn + stats.events.dropped == 0, "the daemon counted losses");
    let start = Instant::now();
    // All but the last few hundred, which are found without it.
    while asks::indexed(home.path())? + 512 < events {
        ensure!(start.elapsed() < Duration::from_mins(10), "the index does not follow");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok((bytes, start.elapsed().as_secs_f64()))
}

/// The database files on disk, removed at the end.
struct Files(PathBuf);

impl Drop for Files {
    fn drop(&mut self) {
        for name in ["tailhook.db", "tailhook.search.db", "plain.db"] {
            for end in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(self.0.join(format!("{name}{end}")));
            }
        }
    }
}

fn size(path: &Path) -> Result<u64> {
    Ok(std::fs::metadata(path).with_context(|| format!("no {}", path.display()))?.len())
}

fn rss_mib(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kib / 1024.0)
}

fn markdown(run: &Run) -> String {
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let mut sizes = Table::new(1, &["what", "size", "bytes an event"]);
    for (what, bytes) in [
        ("payloads as they came", run.payload_bytes),
        ("store", run.store_bytes),
        ("of it, the events: payloads and essential fields", run.event_bytes),
        ("search index", run.search_bytes),
    ] {
        sizes.row([what.into(), mib(bytes), format!("{:.0}", bytes as f64 / run.events as f64)]);
    }
    let mut answers = Table::new(1, &["asked over HTTP", "p50", "p99", "max", "count"]);
    for answer in &run.answers {
        let text = |ms: f64| format!("{ms:.2} ms");
        answers.row([
            answer.what.into(),
            text(answer.p50_ms),
            text(answer.p99_ms),
            text(answer.max_ms),
            answer.count.to_string(),
        ]);
    }
    format!(
        "# The store\n\n{}.\n\n{} events: the recorded payloads, repeated with other ids. Written by `bench-store --events {}`.\n\n\
         ## On disk\n\n{sizes}\nAn event as it is stored takes {:.2} of its payload's bytes; with indexes, sessions, spans and the search index it is {:.2}. \
         A recorded session is short, {} events on average: what is kept of each weighs more here than in a day of work.\n\n\
         ## Throughput\n\n- {:.0} events of 1 KB a second from the journal to committed rows, the index following; {:.0} by plain inserts of the same rows, uncompressed, in one transaction a batch ({:.2} of it). Medians of {ROUNDS} rounds in turns.\n\
         - The index had the last of {} events {:.2} s after it was stored.\n\n\
         ## Answers\n\n{answers}\n- From start to ready: {:.0} ms. Resident memory afterwards: {:.0} MiB.\n",
        run.machine,
        run.events,
        run.events,
        run.event_ratio,
        run.ratio,
        run.events_per_session,
        run.stored_per_second,
        run.plain_per_second,
        run.stored_per_second / run.plain_per_second,
        run.events,
        run.index_behind_s,
        run.ready_ms,
        run.rss_mib,
    )
}
