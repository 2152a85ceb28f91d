//! From before the append to the envelope's arrival, both on one clock in one process.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bench_report::{Sample, payload};
use tailhook_journal::Appended;

use crate::bare::{Echo, Store};
use crate::client::{Client, Form};
use crate::daemon::{Daemon, Home};

/// Up to this rate there is room between two events for the bare ways.
const LEISURE_PER_SECOND: u64 = 200;
/// About an envelope without its payload.
const ENVELOPE_BYTES: usize = 480;

/// The times of one form at one rate.
pub(crate) struct Latency {
    pub(crate) form: Form,
    pub(crate) per_second: u64,
    pub(crate) delivery: Sample,
    pub(crate) echo: Sample,
    pub(crate) commit: Sample,
}

pub(crate) fn run(form: Form, per_second: u64, seconds: u64) -> Result<Latency> {
    let home = Home::new()?;
    let daemon = Daemon::start(&home)?;
    let (mut echo, store) = (Echo::start()?, Store::open(home.disk())?);
    let (payload, envelope) = (payload::of_size(1 << 10), "e".repeat(ENVELOPE_BYTES));
    let wanted = per_second * seconds;
    let client = Client::start(&daemon, form, wanted)?;

    let mut sent = Vec::with_capacity(usize::try_from(wanted)?);
    let (mut echoes, mut commits) = (Sample::default(), Sample::default());
    let start = Instant::now();
    for n in 0..wanted {
        let due = Duration::from_nanos(1_000_000_000 / per_second * n);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        let (stamp_ns, appended) = home.append(&payload);
        ensure!(appended == Appended::Journal, "the journal did not take an event: {appended:?}");
        sent.push(stamp_ns);
        if per_second <= LEISURE_PER_SECOND {
            // Each from the same rest: a processor that sleeps wakes slower than a busy one answers.
            let period = Duration::from_nanos(1_000_000_000 / per_second);
            std::thread::sleep((due + period / 3).saturating_sub(start.elapsed()));
            echoes.push_ns(echo.one_way(&envelope)?);
            std::thread::sleep((due + period * 2 / 3).saturating_sub(start.elapsed()));
            commits.push_ns(store.commit(&envelope, &payload)?);
        }
    }
    daemon.wait_for(wanted, Duration::from_secs(10))?;
    let arrivals = client.arrivals().context("the client")?;
    ensure!(arrivals.len() == sent.len(), "{} of {} events arrived", arrivals.len(), sent.len());
    let delivery = arrivals.iter().zip(&sent).map(|(arrival, sent)| arrival.saturating_sub(*sent)).collect();
    Ok(Latency { form, per_second, delivery, echo: echoes, commit: commits })
}
