//! What one client gets, in order.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use super::super::error::Failure;
use super::super::{Shared, Token};
use super::{Wants, system};
use crate::live::{Framed, LiveBatch, Received, Subscription};
use crate::store::EventQuery;

/// How often every client hears that the daemon is there.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(30);
/// Events per query while replaying.
const REPLAY_EVENTS: usize = 500;
/// About how many bytes may go out at once when they have gathered: what a client that stands still holds on to.
const COALESCED_BYTES: usize = 1 << 20;

/// What a client gets next.
pub(super) enum Item {
    /// One envelope; events have a `seq`.
    One { seq: Option<u64>, message: Framed },
    /// All of a batch.
    Whole(Arc<LiveBatch>),
}

impl Item {
    /// A message of the daemon's own.
    pub(super) fn own(message: Framed) -> Self {
        Self::One { seq: None, message }
    }
}

/// The events of one client, from the store and from the ring.
pub(super) struct Feed {
    pub(super) wants: Wants,
    pub(super) shared: Arc<Shared>,
    pub(super) over: Over,
    subscription: Subscription,
    /// All events up to this one were given, or were not wanted.
    seen: u64,
    /// The ring went on without us; the next event tells how far.
    lagged: bool,
}

impl Feed {
    pub(super) fn new(shared: Arc<Shared>, wants: Wants) -> Self {
        let over = Over { stopping: shared.stopping.clone(), token: shared.token.subscribe() };
        let subscription = shared.live.subscribe();
        // After subscribing: what is newer than this will come from the ring.
        let head = shared.measure.seq();
        let seen = wants.since.unwrap_or(head);
        Self { wants, shared, over, subscription, seen, lagged: false }
    }

    /// The next page from the store. False: it was the last one, and what is newer comes from the ring.
    pub(super) async fn replay(&mut self, items: &mut Vec<Item>) -> Result<bool, Failure> {
        let query = EventQuery {
            since: Some(self.seen),
            payload: self.wants.payload,
            ..self.wants.filter.query(REPLAY_EVENTS)
        };
        let page = self.shared.read(move |reader| reader.events(&query)).await?;
        for stored in page.events {
            let seq = stored.envelope.seq;
            self.seen = seq;
            if self.wants.leaves_in(&stored) {
                items.push(Item::One { seq: Some(seq), message: self.wants.encode(&stored) });
            }
        }
        // A page may end past its last event: where nothing matched.
        self.seen = self.seen.max(page.next.unwrap_or(0));
        Ok(page.next.is_some())
    }

    /// Waits for what is stored next, and takes all that has gathered: the slower the client, the larger its batches.
    /// Can be dropped while it waits without losing anything. False: there is no more.
    pub(super) async fn receive(&mut self, items: &mut Vec<Item>) -> bool {
        let mut received = self.subscription.recv().await;
        let mut bytes = 0;
        loop {
            match received {
                Received::Batch(batch) => {
                    bytes += batch.bytes_to_send(self.wants.payload);
                    self.take(batch, items);
                }
                Received::Lagged => self.lagged = true,
                Received::Empty => return true,
                Received::Closed => return false,
            }
            if bytes >= COALESCED_BYTES {
                return true;
            }
            received = self.subscription.try_recv();
        }
    }

    fn take(&mut self, batch: Arc<LiveBatch>, items: &mut Vec<Item>) {
        let stored = batch.stored();
        let Some((first, last)) = stored.first().zip(stored.last()) else { return };
        let (first, last) = (first.envelope.seq, last.envelope.seq);
        let form = self.wants.shape.form();
        if std::mem::take(&mut self.lagged) && first > self.seen + 1 {
            let message = system(form, "system.gap", json!({ "from": self.seen + 1, "to": first - 1 }));
            self.shared.live.count_gap();
            items.push(Item::own(message));
        }
        if first > self.seen && self.wants.takes_all() {
            self.seen = last;
            items.push(Item::Whole(batch));
            return;
        }
        for event in batch.events().filter(|event| event.stored().envelope.seq > self.seen) {
            let stored = event.stored();
            if self.wants.filter.takes(stored) && self.wants.leaves_in(stored) {
                items.push(Item::One { seq: Some(stored.envelope.seq), message: self.wants.encoded(event) });
            }
        }
        self.seen = self.seen.max(last);
        for session in batch.sessions.iter().filter(|_| self.wants.sessions) {
            if self.wants.filter.takes_session(&session.session_id, &session.agent) {
                items.push(Item::own(session.encoded(form).clone()));
            }
        }
    }

    /// The regular sign of life.
    pub(super) fn heartbeat(&self) -> Framed {
        system(
            self.wants.shape.form(),
            "system.heartbeat",
            json!({
                "seq": self.shared.measure.seq(),
                "subscribers": self.shared.live.subscribers(),
                "uptime_s": self.shared.measure.uptime_s(),
            }),
        )
    }
}

/// Why a stream ends that its client wants to go on.
#[derive(Clone)]
pub(super) struct Over {
    /// Turns true when the daemon ends.
    stopping: watch::Receiver<bool>,
    /// Changes when the token that opened this one is no longer the token.
    token: watch::Receiver<Token>,
}

impl Over {
    /// Waits for that.
    pub(super) async fn happens(&mut self) {
        // An error says that the daemon is gone already.
        tokio::select! {
            _ = self.stopping.wait_for(|stopping| *stopping) => {}
            _ = self.token.changed() => {}
        }
    }
}
