//! How many events a second reach the store, when more come than that.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bench_report::payload;
use serde::Serialize;
use tailhook_journal::Appended;

use crate::daemon::{Daemon, Home};

/// Fits the journal, which takes 32 MiB.
const PREFILLED: u64 = 25_000;
/// Writers that append as fast as they can.
const WRITERS: u64 = 2;
/// Most that each of them appends, so that the spool's limit is not reached.
const MOST_EACH: u64 = 200_000;

/// Events of 1 KB.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Throughput {
    /// Waited in the journal when the daemon started.
    pub(crate) prefilled: u64,
    /// Stored per second, from the daemon's start.
    pub(crate) prefilled_per_second: f64,
    /// Appended by two threads as fast as they could.
    pub(crate) flat_out: u64,
    /// Of those, found no room in the journal and went to the spool.
    pub(crate) spooled: u64,
    /// Appended per second meanwhile.
    pub(crate) appended_per_second: f64,
    /// Stored per second, from the first append until all were stored.
    pub(crate) stored_per_second: f64,
}

pub(crate) fn run(seconds: u64) -> Result<Throughput> {
    let home = Home::new()?;
    let payload = payload::of_size(1 << 10);
    // The journal's folder is made by the first append.
    for _ in 0..PREFILLED {
        let (_, appended) = home.append(&payload);
        ensure!(appended == Appended::Journal, "the journal did not take an event: {appended:?}");
    }
    let start = Instant::now();
    let daemon = Daemon::start(&home)?;
    let stored = daemon.wait_for(PREFILLED, Duration::from_mins(1))?;
    let prefilled_per_second = PREFILLED as f64 / (stored - start).as_secs_f64();

    let start = Instant::now();
    let limit = Duration::from_secs(seconds.div_ceil(5));
    let spooled = std::thread::scope(|scope| -> Result<Vec<(u64, u64)>> {
        let writer = || {
            let (mut appended, mut spooled) = (0, 0);
            while appended < MOST_EACH && start.elapsed() < limit {
                match home.append(&payload).1 {
                    Appended::Journal => {}
                    Appended::Spool => spooled += 1,
                    Appended::Dropped => anyhow::bail!("an event was dropped"),
                }
                appended += 1;
            }
            Ok((appended, spooled))
        };
        let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(writer)).collect();
        writers.into_iter().map(|writer| writer.join().unwrap_or_else(|_| anyhow::bail!("a writer panicked"))).collect()
    })?;
    let appending = start.elapsed().as_secs_f64();
    let flat_out: u64 = spooled.iter().map(|(appended, _)| appended).sum();
    let stored = daemon.wait_for(PREFILLED + flat_out, Duration::from_mins(2))?;
    let stats = daemon.stats()?;
    ensure!(stats.seq == PREFILLED + flat_out, "{} events are stored, not {}", stats.seq, PREFILLED + flat_out);
    ensure!(stats.events.torn + stats.events.dropped == 0, "the daemon counted losses");
    Ok(Throughput {
        prefilled: PREFILLED,
        prefilled_per_second,
        flat_out,
        spooled: spooled.iter().map(|(_, spooled)| spooled).sum(),
        appended_per_second: flat_out as f64 / appending,
        stored_per_second: flat_out as f64 / (stored - start).as_secs_f64(),
    })
}
