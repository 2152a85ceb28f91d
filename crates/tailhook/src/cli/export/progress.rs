//! How far it is, for somebody who waits at a terminal.

use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(100);

/// A line on standard error that is gone in the end.
pub(super) struct Progress {
    shown: bool,
    count: u64,
    last: Option<Instant>,
    wanted: bool,
}

impl Progress {
    pub(super) fn new(wanted: bool) -> Self {
        Self { shown: false, count: 0, last: None, wanted }
    }

    pub(super) fn add(&mut self, count: u64) {
        self.count += count;
        if self.wanted && self.last.is_none_or(|last| last.elapsed() > PAUSE) {
            eprint!("\r{} events", self.count);
            (self.shown, self.last) = (true, Some(Instant::now()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}
