//! What was just stored, for whoever listens.
//!
//! After each commit the batch goes into one ring that all subscribers read at their own pace. An event is serialised
//! once, whoever gets it. A subscriber that falls behind the whole ring is told which events it missed: a live view
//! can lag, it never lies.

mod attended;
mod batch;
mod encode;
mod filter;
mod frame;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::store::Committed;

pub(crate) use attended::attended;
pub(crate) use batch::{LiveBatch, LiveEvent, System, Whole, encode_event, full_envelope};
pub(crate) use encode::{Form, Shape, encode, join};
pub(crate) use filter::Filter;
pub(crate) use frame::{COMPRESSED, First, Framed};

/// Batches that a subscriber may be behind.
const RING_BATCHES: usize = 1_024;
/// Memory that batches take while somebody has not read them yet; beyond it the oldest go.
const RING_BYTES: usize = 64 << 20;

/// A batch of so many events at most is published at rest: the next one is not being waited for.
const FEW: usize = 8;

/// The ring, and who listens to it.
pub(crate) struct Live {
    ring: broadcast::Sender<Arc<Slot>>,
    /// What went into the ring and may still be there, oldest first.
    published: Mutex<VecDeque<Published>>,
    subscribers: AtomicUsize,
    gaps: AtomicU64,
    /// Held while a batch is handed out and the store settles.
    settling: Mutex<()>,
}

/// A batch in the ring, or nothing if the ring was too large.
struct Slot(Mutex<Option<Arc<LiveBatch>>>);

/// A batch that went into the ring.
struct Published {
    /// Gone when everybody has read it, or the ring has lost it.
    slot: Weak<Slot>,
    bytes: usize,
    /// Held so that the thread that made the batch frees it: one that frees another's memory makes that one wait, and the
    /// ring's readers are many.
    batch: Option<Arc<LiveBatch>>,
}

/// Counts as a subscriber while it lives.
pub(crate) struct Subscription {
    ring: Receiver,
    live: Arc<Live>,
}

/// Everything that is published after it was made.
pub(crate) struct Receiver(broadcast::Receiver<Arc<Slot>>);

/// What came from the ring.
pub(crate) enum Received {
    Batch(Arc<LiveBatch>),
    /// One or more batches are gone.
    Lagged,
    /// Nothing, now.
    Empty,
    /// There will be no more.
    Closed,
}

impl Live {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            ring: broadcast::Sender::new(RING_BATCHES),
            published: Mutex::default(),
            subscribers: AtomicUsize::new(0),
            gaps: AtomicU64::new(0),
            settling: Mutex::default(),
        })
    }

    /// Hands a stored batch to all subscribers. Never waits: the ring overwrites its oldest batch. Before that
    /// `note` says that the batch is there, after it `follow` completes the store: who has heard of an event either way, and
    /// waits until all is [`Self::settled`], finds it there.
    pub(crate) fn publish(&self, committed: Committed, note: impl FnOnce(&Committed), follow: impl FnOnce()) {
        let _settling = self.settling.lock().unwrap_or_else(PoisonError::into_inner);
        note(&committed);
        self.hand_out(committed);
        follow();
    }

    /// Waits until the store holds all that was handed out, and what follows from it: who has heard of an event may ask
    /// for its session next.
    pub(crate) fn settled(&self) {
        drop(self.settling.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn hand_out(&self, committed: Committed) {
        if committed.events.is_empty() && committed.sessions.is_empty() || self.ring.receiver_count() == 0 {
            return;
        }
        attended::publishing(committed.events.len() <= FEW, || {
            for piece in LiveBatch::pieces(committed) {
                let slot = Arc::new(Slot(Mutex::new(Some(Arc::clone(&piece)))));
                self.make_room(&slot, piece);
                // An error only says that the last subscriber has just left.
                let _ = self.ring.send(slot);
            }
        });
    }

    /// Empties the oldest batches while all together are too large. Those that everybody has read go.
    fn make_room(&self, slot: &Arc<Slot>, batch: Arc<LiveBatch>) {
        let mut published = self.published();
        published.retain(|published| published.slot.strong_count() > 0);
        published.push_back(Published { slot: Arc::downgrade(slot), bytes: batch.bytes(), batch: Some(batch) });
        let mut total: usize = published.iter().map(|published| published.bytes).sum();
        while total > RING_BYTES && published.len() > 1 {
            let Some(Published { slot, bytes, .. }) = published.pop_front() else { break };
            if let Some(oldest) = slot.upgrade() {
                *oldest.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            total -= bytes;
        }
    }

    /// Nothing is published for a while: what somebody has not read goes with its last reader.
    pub(crate) fn rest(&self) {
        self.published().iter_mut().for_each(|published| published.batch = None);
    }

    fn published(&self) -> MutexGuard<'_, VecDeque<Published>> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that is published from now on.
    pub(crate) fn subscribe(self: &Arc<Self>) -> Subscription {
        self.subscribers.fetch_add(1, Ordering::Relaxed);
        Subscription { ring: self.overhear(), live: Arc::clone(self) }
    }

    /// The same, for the daemon's own ends: not counted as a subscriber.
    pub(crate) fn overhear(&self) -> Receiver {
        Receiver(self.ring.subscribe())
    }

    /// How many listen.
    pub(crate) fn subscribers(&self) -> usize {
        self.subscribers.load(Ordering::Relaxed)
    }

    /// A subscriber was told that it missed events.
    pub(crate) fn count_gap(&self) {
        self.gaps.fetch_add(1, Ordering::Relaxed);
    }

    /// How often that was.
    pub(crate) fn gaps(&self) -> u64 {
        self.gaps.load(Ordering::Relaxed)
    }

    /// Batches in the ring that somebody has not read yet.
    pub(crate) fn waiting_batches(&self) -> usize {
        self.ring.len()
    }
}

impl Receiver {
    /// Waits for the next batch. Can be dropped while it waits without losing anything.
    pub(crate) async fn recv(&mut self) -> Received {
        match self.0.recv().await {
            Ok(slot) => Received::of(&slot),
            Err(RecvError::Lagged(_)) => Received::Lagged,
            Err(RecvError::Closed) => Received::Closed,
        }
    }

    /// The next batch if there is one already.
    pub(crate) fn try_recv(&mut self) -> Received {
        match self.0.try_recv() {
            Ok(slot) => Received::of(&slot),
            Err(TryRecvError::Lagged(_)) => Received::Lagged,
            Err(TryRecvError::Empty) => Received::Empty,
            Err(TryRecvError::Closed) => Received::Closed,
        }
    }
}

impl Received {
    fn of(slot: &Slot) -> Self {
        match &*slot.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(batch) => Self::Batch(Arc::clone(batch)),
            None => Self::Lagged,
        }
    }
}

impl std::ops::Deref for Subscription {
    type Target = Receiver;

    fn deref(&self) -> &Receiver {
        &self.ring
    }
}

impl std::ops::DerefMut for Subscription {
    fn deref_mut(&mut self) -> &mut Receiver {
        &mut self.ring
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.live.subscribers.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::batch::tests::committed;
    use super::*;

    fn publish(live: &Live) {
        live.publish(committed([10]), |_| (), || ());
    }

    fn take(subscription: &mut Subscription) -> Weak<LiveBatch> {
        match subscription.try_recv() {
            Received::Batch(batch) => Arc::downgrade(&batch),
            _ => panic!("a batch was published"),
        }
    }

    #[test]
    fn a_batch_goes_when_the_next_is_published_or_nothing_is_for_a_while() {
        let live = Live::new();
        let mut subscription = live.subscribe();
        publish(&live);
        let first = take(&mut subscription);
        assert!(first.upgrade().is_some(), "its reader did not free it");
        publish(&live);
        assert!(first.upgrade().is_none());
        let second = take(&mut subscription);
        live.rest();
        assert!(second.upgrade().is_none());
        // One that was not read yet goes with its reader.
        publish(&live);
        live.rest();
        assert!(take(&mut subscription).upgrade().is_none());
        assert_eq!(live.published().len(), 1);
    }

    #[test]
    fn a_reader_that_is_behind_too_much_is_told() {
        let live = Live::new();
        let mut subscription = live.subscribe();
        let bytes = 10 << 20;
        for _ in 0..8 {
            live.publish(committed([bytes]), |_| (), || ());
        }
        let mut received = Vec::new();
        loop {
            match subscription.try_recv() {
                Received::Batch(_) => received.push(true),
                Received::Lagged => received.push(false),
                Received::Empty | Received::Closed => break,
            }
        }
        assert_eq!(received, [false, false, true, true, true, true, true, true]);
    }
}
