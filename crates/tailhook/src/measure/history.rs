//! The last hour, minute by minute.
//!
//! A minute is closed by the first event of a later one: nothing ticks while nothing happens, and a minute without
//! events is not there.

use std::collections::VecDeque;

use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::Serialize;
use tailhook_core::envelope::timestamp_text;

use super::distribution::histogram;

const MINUTES: u64 = 60;
const MINUTE_NS: u64 = 60_000_000_000;

/// One minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Minute {
    /// When it began.
    pub(crate) at: String,
    pub(crate) events: u64,
    pub(crate) hook_us: Percentiles,
    pub(crate) delivery_us: Percentiles,
    pub(crate) commit_us: Percentiles,
    #[serde(skip)]
    number: u64,
}

/// Of one minute, microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Percentiles {
    pub(crate) p50: u64,
    pub(crate) p99: u64,
}

/// The minute that is not over, and those before it.
pub(super) struct History {
    closed: VecDeque<Minute>,
    number: u64,
    events: u64,
    hook_us: Histogram<u32>,
    delivery_us: Histogram<u32>,
    commit_us: Histogram<u32>,
}

impl History {
    pub(super) fn new() -> Self {
        Self {
            closed: VecDeque::new(),
            number: 0,
            events: 0,
            hook_us: histogram(),
            delivery_us: histogram(),
            commit_us: histogram(),
        }
    }

    /// What follows belongs to the minute of this moment.
    pub(super) fn turn_to(&mut self, now_ns: u64) {
        let number = now_ns / MINUTE_NS;
        // A clock that was set back does not reopen what is closed.
        if number <= self.number {
            return;
        }
        self.closed.extend(self.open());
        self.number = number;
        self.events = 0;
        for histogram in [&mut self.hook_us, &mut self.delivery_us, &mut self.commit_us] {
            histogram.reset();
        }
        self.closed.retain(|minute| minute.number + MINUTES > number);
    }

    pub(super) fn count_event(&mut self) {
        self.events += 1;
    }

    pub(super) fn record_times(&mut self, hook_us: u64, delivery_us: u64) {
        self.hook_us.saturating_record(hook_us);
        self.delivery_us.saturating_record(delivery_us);
    }

    pub(super) fn record_commit(&mut self, us: u64) {
        self.commit_us.saturating_record(us);
    }

    /// The minutes of the last hour in which something happened, oldest first.
    pub(super) fn minutes(&self, now_ns: u64) -> Vec<Minute> {
        let now = now_ns / MINUTE_NS;
        self.closed.iter().cloned().chain(self.open()).filter(|minute| minute.number + MINUTES > now).collect()
    }

    fn open(&self) -> Option<Minute> {
        let percentiles = |times: &Histogram<u32>| Percentiles {
            p50: times.value_at_quantile(0.5),
            p99: times.value_at_quantile(0.99),
        };
        (self.events > 0).then(|| Minute {
            at: timestamp_text(self.number * MINUTE_NS),
            events: self.events,
            hook_us: percentiles(&self.hook_us),
            delivery_us: percentiles(&self.delivery_us),
            commit_us: percentiles(&self.commit_us),
            number: self.number,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_come_and_go() {
        let mut history = History::new();
        assert!(history.minutes(MINUTE_NS * 1_000).is_empty());
        for minute in [1_000, 1_001, 1_003, 1_059, 1_000] {
            history.turn_to(minute * MINUTE_NS + 5);
            history.count_event();
            history.record_times(minute - 990, 7);
            history.record_commit(3);
        }
        let seen = |now: u64| {
            let minutes = history.minutes(now * MINUTE_NS);
            minutes.iter().map(|minute| (minute.number, minute.events, minute.hook_us.p50)).collect::<Vec<_>>()
        };
        assert_eq!(seen(1_059), [(1_000, 1, 10), (1_001, 1, 11), (1_003, 1, 13), (1_059, 2, 10)]);
        assert_eq!(seen(1_062).len(), 2, "no event was needed for the others to go");
        assert!(seen(1_119).is_empty());
        assert_eq!(history.minutes(1_059 * MINUTE_NS)[0].at, "1970-01-01T16:40:00.000000Z");
    }
}
