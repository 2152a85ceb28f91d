//! What was just stored, for whoever listens.
//!
//! After each commit the batch goes into one ring that all subscribers read at their own pace. An event is serialised
//! once, whoever gets it. A subscriber that falls behind the whole ring is told which events it missed: a live view
//! can lag, it never lies.

mod filter;

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use tailhook_core::Envelope;
use tailhook_core::session::Session;
use tokio::sync::broadcast;

use crate::store::{Committed, Stored};

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

/// One event, serialised at most once per form.
pub(crate) struct LiveEvent {
    pub(crate) stored: Stored,
    json: OnceLock<Arc<str>>,
    full_json: OnceLock<Arc<str>>,
}

/// One changed session.
pub(crate) struct LiveSession {
    pub(crate) session_id: String,
    pub(crate) agent: String,
    pub(crate) json: Arc<str>,
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
            sessions: committed.sessions.iter().map(LiveSession::new).collect(),
        };
        // An error only says that the last subscriber has just left.
        let _ = self.ring.send(Arc::new(batch));
    }

    /// Everything that is published from now on.
    pub(crate) fn subscribe(self: &Arc<Self>) -> Subscription {
        self.subscribers.fetch_add(1, Ordering::Relaxed);
        Subscription { ring: self.ring.subscribe(), live: Arc::clone(self) }
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
        Self { stored, json: OnceLock::new(), full_json: OnceLock::new() }
    }

    /// The envelope, with the payload where it was asked for.
    pub(crate) fn json(&self, with_payload: bool) -> &Arc<str> {
        if with_payload {
            self.full_json.get_or_init(|| to_json(&full_envelope(&self.stored)))
        } else {
            self.json.get_or_init(|| to_json(&self.stored.envelope))
        }
    }
}

impl LiveSession {
    fn new(session: &Session) -> Self {
        Self {
            session_id: session.session_id.clone(),
            agent: session.agent.clone(),
            json: to_json(&System { kind: "system.session", timestamp: session.last_at.clone(), data: session }),
        }
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

/// As text for the stream.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Arc<str> {
    // Strings, numbers and maps with string keys: nothing that JSON could not hold.
    serde_json::to_string(value).unwrap_or_default().into()
}

/// One message from parts: a JSON array, or the parts one by one where the client knows no batches.
pub(crate) fn array(parts: &[Arc<str>]) -> Utf8Bytes {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len() + 1).sum::<usize>() + 1);
    text.push('[');
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        text.push_str(part);
    }
    text.push(']');
    text.into()
}
