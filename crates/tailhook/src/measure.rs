//! The daemon's numbers about itself: how many, how long, how much was lost.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::Serialize;

use crate::store::Stored;

/// Everything that is counted while the daemon runs.
pub(crate) struct Measure {
    started: Instant,
    inner: Mutex<Inner>,
}

struct Inner {
    hook_us: Histogram<u32>,
    delivery_us: Histogram<u32>,
    commit_us: Histogram<u32>,
    events: u64,
    bytes: u64,
    batches: u64,
    seq: u64,
    lag_bytes: u64,
    trouble: Option<String>,
}

/// A distribution, microseconds.
#[derive(Debug, Clone, Copy, Default, Serialize, serde::Deserialize, JsonSchema)]
pub(crate) struct Spread {
    pub(crate) count: u64,
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) max: u64,
}

/// A moment's numbers. Those of time and events count from the daemon's start.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    pub(crate) uptime_s: u64,
    pub(crate) seq: u64,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    pub(crate) batches: u64,
    pub(crate) hook_us: Spread,
    pub(crate) delivery_us: Spread,
    pub(crate) commit_us: Spread,
    /// Bytes in the journal that are not stored yet.
    pub(crate) lag_bytes: u64,
    pub(crate) trouble: Option<String>,
}

impl Measure {
    pub(crate) fn new(seq: u64) -> Self {
        // Two digits are enough to compare with; three cost eight times the memory.
        let histogram = || Histogram::new_with_bounds(1, 60_000_000, 2).expect("constant bounds");
        Self {
            started: Instant::now(),
            inner: Mutex::new(Inner {
                hook_us: histogram(),
                delivery_us: histogram(),
                commit_us: histogram(),
                events: 0,
                bytes: 0,
                batches: 0,
                seq,
                lag_bytes: 0,
                trouble: None,
            }),
        }
    }

    /// A batch was stored.
    pub(crate) fn committed(&self, events: &[Stored], took: Duration, seq: u64) {
        let mut inner = self.lock();
        for event in events {
            inner.bytes += event.envelope.data.bytes;
            // No hook ran, and when the agent wrote its line is no measure of ours.
            if event.envelope.data.source.is_some() {
                continue;
            }
            inner.hook_us.saturating_record(event.envelope.data.hook_us);
            inner.delivery_us.saturating_record(event.envelope.data.delivery_us);
        }
        if !events.is_empty() {
            inner.commit_us.saturating_record(took.as_micros() as u64);
            inner.batches += 1;
        }
        inner.events += events.len() as u64;
        inner.seq = seq;
    }

    /// So much waits in the journal.
    pub(crate) fn waits(&self, lag_bytes: u64) {
        self.lock().lag_bytes = lag_bytes;
    }

    /// The store fails, and why; or it works again.
    pub(crate) fn store_trouble(&self, trouble: Option<String>) {
        self.lock().trouble = trouble;
    }

    /// Number of the newest event that is stored.
    pub(crate) fn seq(&self) -> u64 {
        self.lock().seq
    }

    /// Seconds since the start.
    pub(crate) fn uptime_s(&self) -> u64 {
        self.started.elapsed().as_secs()
    }

    /// All of them.
    pub(crate) fn numbers(&self) -> Numbers {
        let uptime_s = self.uptime_s();
        let inner = self.lock();
        Numbers {
            uptime_s,
            seq: inner.seq,
            events: inner.events,
            bytes: inner.bytes,
            batches: inner.batches,
            hook_us: spread(&inner.hook_us),
            delivery_us: spread(&inner.delivery_us),
            commit_us: spread(&inner.commit_us),
            lag_bytes: inner.lag_bytes,
            trouble: inner.trouble.clone(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn spread(histogram: &Histogram<u32>) -> Spread {
    let at = |quantile| histogram.value_at_quantile(quantile);
    Spread { count: histogram.len(), p50: at(0.5), p99: at(0.99), max: histogram.max() }
}
