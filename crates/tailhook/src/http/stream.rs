//! The WebSocket: replay from the store, then live, with nothing missing and nothing twice.

mod client;
mod sender;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::Uri;
use axum::response::Response;
use serde_json::json;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::MissedTickBehavior;

use super::Shared;
use super::error::Failure;
use super::login::query_value;
use crate::live::{Filter, LiveBatch, LiveEvent, Subscription, System, to_json};
use sender::{Closed, Form, Sender};

const HEARTBEAT: Duration = Duration::from_secs(30);
/// Events per query while replaying.
const REPLAY_EVENTS: usize = 500;
/// Batches that may go out as one message when they have gathered.
const COALESCED_BATCHES: usize = 64;
/// What a client may say at once: an event it publishes, or a command.
const MAX_INCOMING_BYTES: usize = 8 << 20;
/// Subprotocols, best first.
const PROTOCOLS: [&str; 1] = ["tailhook.v1.json"];

/// What the client asked for.
struct Wants {
    filter: Filter,
    since: Option<u64>,
    payload: bool,
    sessions: bool,
}

/// `GET /api/v1/stream`
pub(super) async fn websocket(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    let value = |name| query_value(&uri, name);
    let since = match value("since").filter(|text| !text.is_empty()) {
        Some(text) => Some(text.parse().map_err(|_| {
            Failure::bad_request("since is not a number", "give the last seq that you have, e.g. since=0")
        })?),
        None => None,
    };
    let wants = Wants {
        filter: Filter::new(value("session").as_deref(), value("type").as_deref(), value("agent").as_deref()),
        since,
        payload: value("payload").as_deref() == Some("full"),
        sessions: value("sessions").as_deref() == Some("true"),
    };
    let upgrade = upgrade
        .map_err(|_| Failure::bad_request("this is not a WebSocket upgrade", "connect with a WebSocket client"))?
        .protocols(PROTOCOLS)
        .max_message_size(MAX_INCOMING_BYTES);
    let form = if upgrade.selected_protocol().is_some() { Form::Batches } else { Form::Single };
    Ok(upgrade.on_upgrade(move |socket| async move {
        // Closed is the one way a stream ends; there is nobody left to tell.
        let _ = Stream::new(socket, form, wants, shared).run().await;
    }))
}

/// One client of the stream.
struct Stream {
    sender: Sender,
    incoming: futures_util::stream::SplitStream<WebSocket>,
    wants: Wants,
    subscription: Subscription,
    shared: Arc<Shared>,
    /// All events up to this one were sent, or were not wanted.
    seen: u64,
    /// The ring went on without us; the next event tells how far.
    lagged: bool,
}

impl Stream {
    fn new(socket: WebSocket, form: Form, wants: Wants, shared: Arc<Shared>) -> Self {
        use futures_util::StreamExt;
        let subscription = shared.live.subscribe();
        // After subscribing: what is newer than this will come from the ring.
        let head = shared.measure.seq();
        let (outgoing, incoming) = socket.split();
        let seen = wants.since.unwrap_or(head);
        Self { sender: Sender::new(outgoing, form), incoming, wants, subscription, shared, seen, lagged: false }
    }

    async fn run(mut self) -> Result<(), Closed> {
        use futures_util::StreamExt;
        self.system("system.hello", json!({ "seq": self.shared.measure.seq(), "version": env!("CARGO_PKG_VERSION") }));
        self.sender.flush().await?;
        if self.wants.since.is_some() {
            self.replay().await?;
        }
        let mut heartbeat = tokio::time::interval_at(tokio::time::Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopping = self.shared.stopping.clone();
        loop {
            tokio::select! {
                batch = self.subscription.ring.recv() => match batch {
                    Ok(batch) => self.take(&batch),
                    Err(RecvError::Lagged(_)) => self.lagged = true,
                    Err(RecvError::Closed) => return Ok(()),
                },
                message = self.incoming.next() => match message {
                    Some(Ok(Message::Text(text))) => self.answer(&text).await,
                    Some(Ok(Message::Binary(_))) => self.complain("binary messages are not understood here"),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                },
                _ = heartbeat.tick() => self.system("system.heartbeat", json!({
                    "seq": self.shared.measure.seq(),
                    "subscribers": self.shared.live.subscribers(),
                    "uptime_s": self.shared.measure.uptime_s(),
                })),
                _ = stopping.changed() => return self.sender.close().await,
            }
            // What has gathered meanwhile goes out in the same message: the slower the client, the larger its batches.
            for _ in 0..COALESCED_BATCHES {
                match self.subscription.ring.try_recv() {
                    Ok(batch) => self.take(&batch),
                    Err(TryRecvError::Lagged(_)) => self.lagged = true,
                    Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                }
            }
            self.sender.flush().await?;
        }
    }

    /// From the store, up to what it holds when it is read. Live events that come meanwhile wait in the ring, or, if
    /// the ring overtakes us, are read from the store as well.
    async fn replay(&mut self) -> Result<(), Closed> {
        loop {
            let query = crate::store::EventQuery { since: Some(self.seen), ..self.wants.filter.query(REPLAY_EVENTS) };
            let Ok(page) = self.shared.read(move |reader| reader.events(&query)).await else {
                self.complain("the store cannot be read now; try again later");
                return self.sender.flush().await;
            };
            let more = page.next.is_some();
            for stored in page.events {
                self.seen = stored.envelope.seq;
                if self.wants.filter.takes(&stored.envelope) {
                    self.sender.push(Arc::clone(LiveEvent::new(stored).json(self.wants.payload)));
                }
            }
            self.sender.flush().await?;
            if !more {
                return Ok(());
            }
        }
    }

    fn take(&mut self, batch: &LiveBatch) {
        for event in &batch.events {
            let seq = event.stored.envelope.seq;
            if seq <= self.seen {
                continue;
            }
            if std::mem::take(&mut self.lagged) && seq > self.seen + 1 {
                self.system("system.gap", json!({ "from": self.seen + 1, "to": seq - 1 }));
            }
            self.seen = seq;
            if self.wants.filter.takes(&event.stored.envelope) {
                self.sender.push(Arc::clone(event.json(self.wants.payload)));
            }
        }
        if self.wants.sessions {
            for session in &batch.sessions {
                if self.wants.filter.takes_session(&session.session_id, &session.agent) {
                    self.sender.push(Arc::clone(&session.json));
                }
            }
        }
    }

    fn system(&mut self, kind: &str, data: serde_json::Value) {
        let timestamp = tailhook_core::envelope::timestamp_text(tailhook_journal::sys::now_ns());
        self.sender.push(to_json(&System { kind, timestamp, data }));
    }

    fn complain(&mut self, error: &str) {
        self.system("error", json!({ "error": error }));
    }
}
