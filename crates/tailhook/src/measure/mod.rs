//! The daemon's numbers about itself: how many, how long, how much was lost.

mod distribution;
mod history;
mod slow;
mod spent;

use std::sync::Mutex;
use std::time::{Duration, Instant};

pub(crate) use distribution::{BOUNDS_US, Classes, Spread};
pub(crate) use history::Minute;
pub(crate) use slow::SlowHook;
pub(crate) use spent::HalfHour;

use crate::store::Stored;
use distribution::Distribution;
use history::History;
use slow::SlowHooks;
use spent::Spent;

/// Everything that is counted while the daemon runs.
pub(crate) struct Measure {
    started: Instant,
    inner: Mutex<Inner>,
}

struct Inner {
    hook: Distribution,
    delivery: Distribution,
    commit: Distribution,
    history: History,
    slow_hooks: SlowHooks,
    spent: Spent,
    events: u64,
    bytes: u64,
    batches: u64,
    seq: u64,
    lag_bytes: u64,
    store_failures: u64,
    trouble: Option<Trouble>,
}

/// What is wrong with the store, and what mends it.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) error: String,
    pub(crate) hint: String,
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
    /// Of hook, delivery and commit.
    pub(crate) classes: [Classes; 3],
    pub(crate) slow_hook_count: u64,
    /// Bytes in the journal that are not stored yet.
    pub(crate) lag_bytes: u64,
    /// Times that the store began to fail.
    pub(crate) store_failures: u64,
    pub(crate) trouble: Option<Trouble>,
}

impl Measure {
    pub(crate) fn new(seq: u64, slow_hook: Duration) -> Self {
        Self {
            started: Instant::now(),
            inner: Mutex::new(Inner {
                hook: Distribution::new(),
                delivery: Distribution::new(),
                commit: Distribution::new(),
                history: History::new(),
                slow_hooks: SlowHooks::new(slow_hook.as_micros() as u64),
                spent: Spent::default(),
                events: 0,
                bytes: 0,
                batches: 0,
                seq,
                lag_bytes: 0,
                store_failures: 0,
                trouble: None,
            }),
        }
    }

    /// A batch was stored.
    pub(crate) fn committed(&self, events: &[Stored], took: Duration, seq: u64) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        inner.seq = seq;
        if events.is_empty() {
            return;
        }
        let now_ns = tailhook_journal::sys::now_ns();
        inner.history.turn_to(now_ns);
        for event in events {
            let data = &event.envelope.data;
            inner.bytes += data.bytes;
            inner.history.count_event();
            // No hook ran, and when the agent wrote its line is no measure of ours.
            if data.source.is_some() {
                continue;
            }
            inner.hook.record(data.hook_us);
            inner.delivery.record(data.delivery_us);
            inner.history.record_times(data.hook_us, data.delivery_us);
            inner.slow_hooks.record(event);
            inner.spent.record(now_ns, data.hook_us);
        }
        inner.commit.record(took.as_micros() as u64);
        inner.history.record_commit(took.as_micros() as u64);
        inner.batches += 1;
        inner.events += events.len() as u64;
    }

    /// So much waits in the journal.
    pub(crate) fn waits(&self, lag_bytes: u64) {
        self.lock().lag_bytes = lag_bytes;
    }

    /// The store fails, and why; or it works again.
    pub(crate) fn store_trouble(&self, trouble: Option<Trouble>) {
        let mut inner = self.lock();
        inner.store_failures += u64::from(trouble.is_some() && inner.trouble.is_none());
        inner.trouble = trouble;
    }

    /// Why the store fails, while it does.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.lock().trouble.clone()
    }

    /// Hooks that took longer than this are kept from now on.
    pub(crate) fn set_slow_hook(&self, slow_hook: Duration) {
        self.lock().slow_hooks.more_than_us = slow_hook.as_micros() as u64;
    }

    /// Number of the newest event that is stored.
    pub(crate) fn seq(&self) -> u64 {
        self.lock().seq
    }

    /// Seconds since the start.
    pub(crate) fn uptime_s(&self) -> u64 {
        self.started.elapsed().as_secs()
    }

    /// The last hour in minutes, oldest first.
    pub(crate) fn history(&self) -> Vec<Minute> {
        self.lock().history.minutes(tailhook_journal::sys::now_ns())
    }

    /// What hooks took in the last day, by the half hour, oldest first.
    pub(crate) fn half_hours(&self) -> Vec<HalfHour> {
        self.lock().spent.half_hours(tailhook_journal::sys::now_ns())
    }

    /// The newest hooks that took longer than they may, oldest first.
    pub(crate) fn slow_hooks(&self) -> Vec<SlowHook> {
        self.lock().slow_hooks.newest()
    }

    /// All other numbers.
    pub(crate) fn numbers(&self) -> Numbers {
        let uptime_s = self.uptime_s();
        let inner = self.lock();
        Numbers {
            uptime_s,
            seq: inner.seq,
            events: inner.events,
            bytes: inner.bytes,
            batches: inner.batches,
            hook_us: inner.hook.spread(),
            delivery_us: inner.delivery.spread(),
            commit_us: inner.commit.spread(),
            classes: [inner.hook.classes(), inner.delivery.classes(), inner.commit.classes()],
            slow_hook_count: inner.slow_hooks.count,
            lag_bytes: inner.lag_bytes,
            store_failures: inner.store_failures,
            trouble: inner.trouble.clone(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
