//! What agents waited for hooks of ours, by the half hour: from these anybody's day can be added up, wherever they live.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::Serialize;
use tailhook_core::envelope::timestamp_text;

const HALF_HOUR_NS: u64 = 1_800_000_000_000;
/// A day, and the hour that is put back in autumn.
const KEPT: u64 = 50;

/// Half an hour in which hooks ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct HalfHour {
    /// When it began.
    pub(crate) at: String,
    /// Calls of the hook.
    pub(crate) hooks: u64,
    /// All of their time, from start to append.
    pub(crate) hook_us: u64,
    #[serde(skip)]
    number: u64,
}

/// Those of the last day, oldest first.
#[derive(Default)]
pub(super) struct Spent(VecDeque<HalfHour>);

impl Spent {
    pub(super) fn record(&mut self, now_ns: u64, hook_us: u64) {
        let now = now_ns / HALF_HOUR_NS;
        // A clock that was set back goes on with what is open.
        if self.0.back().is_none_or(|last| last.number < now) {
            self.0.push_back(HalfHour { at: timestamp_text(now * HALF_HOUR_NS), hooks: 0, hook_us: 0, number: now });
            self.0.retain(|each| each.number + KEPT > now);
        }
        if let Some(last) = self.0.back_mut() {
            last.hooks += 1;
            last.hook_us = last.hook_us.saturating_add(hook_us);
        }
    }

    pub(super) fn half_hours(&self, now_ns: u64) -> Vec<HalfHour> {
        let now = now_ns / HALF_HOUR_NS;
        self.0.iter().filter(|each| each.number + KEPT > now).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_hours_add_up_and_go() {
        let mut spent = Spent::default();
        assert!(spent.half_hours(0).is_empty());
        for (number, hook_us) in [(100, 20), (100, 30), (101, 7), (149, 1), (100, 5)] {
            spent.record(number * HALF_HOUR_NS + 9, hook_us);
        }
        let seen = |now: u64| {
            let halves = spent.half_hours(now * HALF_HOUR_NS);
            halves.iter().map(|each| (each.number, each.hooks, each.hook_us)).collect::<Vec<_>>()
        };
        assert_eq!(seen(149), [(100, 2, 50), (101, 1, 7), (149, 2, 6)]);
        assert_eq!(seen(150).len(), 2, "no hook was needed for the first to go");
        assert!(seen(199).is_empty());
        assert_eq!(spent.half_hours(149 * HALF_HOUR_NS)[0].at, "1970-01-03T02:00:00.000000Z");
    }
}
