//! How much at once, and how long.

use std::time::Duration;

/// What decides when the reader does something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// One batch reads about so much, spilled payloads included.
    pub(super) batch_bytes: usize,
    /// A segment of which so much is stored is sealed.
    pub(super) rotate_bytes: u64,
    /// Sealed segments that may wait for hooks that hold them. More are not made.
    pub(super) max_sealed: usize,
    /// After so many spilled bytes were stored, it is counted again how many lie there.
    pub(super) recount_bytes: u64,
    /// How long bytes that are no frame may wait for their rest before it is asked whether anybody is still writing.
    pub(super) tail_patience: Duration,
    /// How long at most, whoever holds the segment: longer than a hook lives. A write once begun takes microseconds; who
    /// holds a segment for longer has been stopped before it or after it.
    pub(super) max_tail_patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_bytes: 4 << 20,
            rotate_bytes: 4 << 20,
            max_sealed: 8,
            recount_bytes: 8 << 20,
            tail_patience: Duration::from_millis(100),
            max_tail_patience: Duration::from_secs(2),
        }
    }
}
