//! How long events take from the hook to this screen.

use std::collections::VecDeque;

/// Of so many events, the newest.
const KEPT: usize = 512;

/// The latest delays, microseconds.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    delays: VecDeque<u64>,
}

impl Latency {
    pub(crate) fn add(&mut self, us: i64) {
        if self.delays.len() == KEPT {
            self.delays.pop_front();
        }
        self.delays.push_back(us.max(0).cast_unsigned());
    }

    /// The middle one and the one that one in a hundred exceeds; none without any.
    pub(crate) fn p50_p99(&self) -> Option<(u64, u64)> {
        let mut sorted: Vec<u64> = self.delays.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| sorted.get(sorted.len() * percent / 100).copied();
        at(50).zip(at(99))
    }
}
