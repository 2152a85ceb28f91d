//! What one client gets, in order.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;

use super::super::Shared;
use super::super::error::Failure;
use super::{Wants, system};
use crate::live::{Encoded, LiveBatch, LiveEvent, Subscription};
use crate::store::EventQuery;

/// How often every client hears that the daemon is there.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(30);
/// Events per query while replaying.
const REPLAY_EVENTS: usize = 500;
/// Batches that may go out at once when they have gathered.
const COALESCED_BATCHES: usize = 64;

/// One message; events have a `seq`.
pub(super) struct Item {
    pub(super) seq: Option<u64>,
    pub(super) message: Encoded,
}

/// The events of one client, from the store and from the ring.
pub(super) struct Feed {
    pub(super) wants: Wants,
    pub(super) shared: Arc<Shared>,
    subscription: Subscription,
    /// All events up to this one were given, or were not wanted.
    seen: u64,
    /// The ring went on without us; the next event tells how far.
    lagged: bool,
}

impl Feed {
    pub(super) fn new(shared: Arc<Shared>, wants: Wants) -> Self {
        let subscription = shared.live.subscribe();
        // After subscribing: what is newer than this will come from the ring.
        let head = shared.measure.seq();
        let seen = wants.since.unwrap_or(head);
        Self { wants, shared, subscription, seen, lagged: false }
    }

    /// The next page from the store. False: it was the last one, and what is newer comes from the ring.
    pub(super) async fn replay(&mut self, items: &mut Vec<Item>) -> Result<bool, Failure> {
        let query = EventQuery { since: Some(self.seen), ..self.wants.filter.query(REPLAY_EVENTS) };
        let page = self.shared.read(move |reader| reader.events(&query)).await?;
        for stored in page.events {
            let seq = stored.envelope.seq;
            self.seen = seq;
            let event = LiveEvent::new(stored);
            let message = event.encoded(self.wants.form, self.wants.payload).clone();
            items.push(Item { seq: Some(seq), message });
        }
        // A page may end past its last event: where nothing matched.
        self.seen = self.seen.max(page.next.unwrap_or(0));
        Ok(page.next.is_some())
    }

    /// Waits for what is stored next, and takes all that has gathered: the slower the client, the larger its batches.
    /// Can be dropped while it waits without losing anything. False: there is no more.
    pub(super) async fn receive(&mut self, items: &mut Vec<Item>) -> bool {
        match self.subscription.ring.recv().await {
            Ok(batch) => self.take(&batch, items),
            Err(RecvError::Lagged(_)) => self.lagged = true,
            Err(RecvError::Closed) => return false,
        }
        for _ in 0..COALESCED_BATCHES {
            match self.subscription.ring.try_recv() {
                Ok(batch) => self.take(&batch, items),
                Err(TryRecvError::Lagged(_)) => self.lagged = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        true
    }

    fn take(&mut self, batch: &LiveBatch, items: &mut Vec<Item>) {
        for event in &batch.events {
            let seq = event.stored.envelope.seq;
            if seq <= self.seen {
                continue;
            }
            if std::mem::take(&mut self.lagged) && seq > self.seen + 1 {
                let message = system(self.wants.form, "system.gap", json!({ "from": self.seen + 1, "to": seq - 1 }));
                items.push(Item { seq: None, message });
            }
            self.seen = seq;
            if self.wants.filter.takes(&event.stored) {
                let message = event.encoded(self.wants.form, self.wants.payload).clone();
                items.push(Item { seq: Some(seq), message });
            }
        }
        if self.wants.sessions {
            for session in &batch.sessions {
                if self.wants.filter.takes_session(&session.session_id, &session.agent) {
                    items.push(Item { seq: None, message: session.encoded(self.wants.form).clone() });
                }
            }
        }
    }

    /// The regular sign of life.
    pub(super) fn heartbeat(&self) -> Encoded {
        system(
            self.wants.form,
            "system.heartbeat",
            json!({
                "seq": self.shared.measure.seq(),
                "subscribers": self.shared.live.subscribers(),
                "uptime_s": self.shared.measure.uptime_s(),
            }),
        )
    }
}

/// Until the daemon ends.
pub(super) async fn ended(stopping: &mut watch::Receiver<bool>) {
    // An error says that the daemon is gone already.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
