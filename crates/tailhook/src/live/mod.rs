//! What was just stored, for whoever listens.
//!
//! After each commit the batch goes into one ring that all subscribers read at their own pace. An event is serialised
//! once, whoever gets it. A subscriber that falls behind the whole ring is told which events it missed: a live view
//! can lag, it never lies.

mod encode;
mod filter;

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;
use serde_json::value::RawValue;
use tailhook_core::Envelope;
use tailhook_core::session::Session;
use tokio::sync::broadcast;

use crate::store::{Committed, Stored};

pub(crate) use encode::{Encoded, Form, encode, join};
pub(crate) use filter::Filter;

/// Batches that a subscriber may be behind.
const RING_BATCHES: usize = 256;

/// The ring, and who listens to it.
pub(crate) struct Live {
    ring: broadcast::Sender<Arc<LiveBatch>>,
    subscribers: AtomicUsize,
}

/// One stored batch, ready to be sent.
pub(crate) struct LiveBatch {
    pub(crate) events: Vec<LiveEvent>,
    /// Sessions that the batch changed, as envelopes of type `system.session`.
    pub(crate) sessions: Vec<LiveSession>,
}

/// One event, serialised at most once per form, with and without its payload.
pub(crate) struct LiveEvent {
    pub(crate) stored: Stored,
    forms: [[OnceLock<Encoded>; 2]; 2],
}

/// One changed session.
pub(crate) struct LiveSession {
    pub(crate) session_id: String,
    pub(crate) agent: String,
    envelope: System<'static, Session>,
    forms: [OnceLock<Encoded>; 2],
}

/// Counts as a subscriber while it lives.
pub(crate) struct Subscription {
    pub(crate) ring: broadcast::Receiver<Arc<LiveBatch>>,
    live: Arc<Live>,
}

impl Live {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { ring: broadcast::Sender::new(RING_BATCHES), subscribers: AtomicUsize::new(0) })
    }

    /// Hands a stored batch to all subscribers. Never waits: the ring overwrites its oldest batch.
    pub(crate) fn publish(&self, committed: Committed) {
        if committed.events.is_empty() || self.ring.receiver_count() == 0 {
            return;
        }
        let batch = LiveBatch {
            events: committed.events.into_iter().map(LiveEvent::new).collect(),
            sessions: committed.sessions.into_iter().map(LiveSession::new).collect(),
        };
        // An error only says that the last subscriber has just left.
        let _ = self.ring.send(Arc::new(batch));
    }

    /// Everything that is published from now on.
    pub(crate) fn subscribe(self: &Arc<Self>) -> Subscription {
        self.subscribers.fetch_add(1, Ordering::Relaxed);
        Subscription { ring: self.ring.subscribe(), live: Arc::clone(self) }
    }

    /// The same, for the daemon's own ends: not counted as a subscriber.
    pub(crate) fn overhear(&self) -> broadcast::Receiver<Arc<LiveBatch>> {
        self.ring.subscribe()
    }

    /// How many listen.
    pub(crate) fn subscribers(&self) -> usize {
        self.subscribers.load(Ordering::Relaxed)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.live.subscribers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl LiveEvent {
    pub(crate) fn new(stored: Stored) -> Self {
        Self { stored, forms: Default::default() }
    }

    /// The envelope, with the payload where it was asked for.
    pub(crate) fn encoded(&self, form: Form, with_payload: bool) -> &Encoded {
        self.forms[form as usize][usize::from(with_payload)].get_or_init(|| {
            if with_payload { encode(form, &full_envelope(&self.stored)) } else { encode(form, &self.stored.envelope) }
        })
    }
}

impl LiveSession {
    fn new(session: Session) -> Self {
        Self {
            session_id: session.session_id.clone(),
            agent: session.agent.clone(),
            envelope: System { kind: "system.session", timestamp: session.last_at.clone(), data: session },
            forms: Default::default(),
        }
    }

    /// As an envelope of type `system.session`.
    pub(crate) fn encoded(&self, form: Form) -> &Encoded {
        self.forms[form as usize].get_or_init(|| encode(form, &self.envelope))
    }
}

/// A message of the daemon itself: like an envelope, without `seq`.
#[derive(Serialize)]
pub(crate) struct System<'a, T: Serialize> {
    /// e.g. `system.heartbeat`.
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    /// As in an envelope.
    pub(crate) timestamp: String,
    pub(crate) data: T,
}

/// The envelope with the agent's JSON in it. What is not JSON comes as a string.
pub(crate) fn full_envelope(stored: &Stored) -> Envelope {
    let text = String::from_utf8_lossy(&stored.payload);
    let payload =
        serde_json::from_str::<Box<RawValue>>(text.trim()).or_else(|_| serde_json::value::to_raw_value(&text)).ok();
    Envelope { payload, ..stored.envelope.clone() }
}
