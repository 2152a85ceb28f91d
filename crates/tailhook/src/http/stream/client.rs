//! What a client says.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::super::ingest::append_payload;
use super::legacy::LegacyEnvelope;
use super::system;
use super::websocket::Connection;
use crate::live::{Filter, Received, encode};
use crate::store::Stored;

/// Events that `get_history` gives at most.
const MAX_HISTORY: usize = 1_000;

/// How long a publisher waits for its event's number.
const PATIENCE: Duration = Duration::from_secs(5);

/// What other programs may call their events: `session.start`, `todo.updated`, `build.finished`. `system.` is ours.
fn is_publishable(kind: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    kind.contains('.') && kind.len() <= 64 && kind.bytes().all(known) && !kind.starts_with("system.")
}

/// The messages that are understood, by the fields that tell them apart.
#[derive(Deserialize)]
struct Incoming {
    #[serde(rename = "type")]
    kind: Option<String>,
    command: Option<String>,
    session_id: Option<String>,
    channels: Option<Vec<String>>,
    params: Option<HistoryParams>,
}

#[derive(Deserialize, Default)]
struct HistoryParams {
    #[serde(default)]
    event_types: Vec<String>,
    limit: Option<usize>,
}

impl Connection {
    /// Answers one message. Whatever it is, the connection lives.
    pub(super) async fn answer(&mut self, text: &str) {
        let Ok(message) = serde_json::from_str::<Incoming>(text) else {
            return self.complain("this is not a message; see the stream's documentation");
        };
        match (message.command.as_deref(), message.kind.as_deref()) {
            (Some("subscribe"), _) => {
                self.feed.wants.filter.kinds = message.channels.unwrap_or_default();
                self.say("subscribed", json!({ "channels": self.feed.wants.filter.kinds }));
            }
            (Some("get_status"), _) => {
                let numbers = self.feed.shared.measure.numbers();
                self.say(
                    "status",
                    json!({
                        "version": env!("CARGO_PKG_VERSION"),
                        "seq": numbers.seq,
                        "uptime_s": numbers.uptime_s,
                        "subscribers": self.feed.shared.live.subscribers(),
                        "hook_us": numbers.hook_us,
                        "delivery_us": numbers.delivery_us,
                    }),
                );
            }
            (Some("get_history"), _) => self.history(message.params.unwrap_or_default()).await,
            (None, Some("register")) => {
                self.feed.wants.filter.sessions = message.session_id.into_iter().filter(|id| !id.is_empty()).collect();
                self.say("registered", json!({ "sessions": self.feed.wants.filter.sessions }));
            }
            (None, Some(kind)) if is_publishable(kind) => match self.feed.wants.legacy {
                None => self.publish(text).await,
                // Whoever has shown no token may have been sent by a page of any site.
                Some(_) => self.complain("this stream is read only; send events to /api/v1/stream, with the token"),
            },
            _ => self.complain("unknown message; known: register, subscribe, get_status, get_history, or an event"),
        }
    }

    /// An event of another program: into the journal like any other, and then it has a number.
    async fn publish(&mut self, text: &str) {
        let mut ring = self.feed.shared.live.overhear();
        let place = self.feed.shared.home.place();
        let Some(stamp_ns) = append_payload(&place, b"external", text.as_bytes()) else {
            return self.complain("the journal and the spool are full or cannot be written");
        };
        let stored = async {
            loop {
                match ring.recv().await {
                    Received::Batch(batch) => {
                        let ours = |event: &&Stored| event.stamp_ns == stamp_ns && event.envelope.agent == "external";
                        if let Some(event) = batch.stored().iter().find(ours) {
                            return Some(event.envelope.seq);
                        }
                    }
                    Received::Lagged | Received::Empty => {}
                    Received::Closed => return None,
                }
            }
        };
        // Late is not lost: it is in the journal and will be stored, only its number is not known yet.
        let seq = tokio::time::timeout(PATIENCE, stored).await.ok().flatten();
        self.push(encode(self.feed.wants.shape.form(), &json!({ "type": "published", "seq": seq })));
    }

    async fn history(&mut self, params: HistoryParams) {
        let filter = Filter { kinds: params.event_types, ..self.feed.wants.filter.clone() };
        let query = filter.query(params.limit.unwrap_or(100).clamp(1, MAX_HISTORY));
        let Ok(page) = self.feed.shared.read(move |reader| reader.events(&query)).await else {
            return self.complain("the store cannot be read now; try again later");
        };
        let taken = page.events.iter().filter(|stored| self.feed.wants.leaves_in(stored));
        let envelopes: Vec<_> = taken.map(|stored| &stored.envelope).collect();
        let events = if self.feed.wants.legacy.is_some() {
            json!(envelopes.into_iter().map(LegacyEnvelope::from).collect::<Vec<_>>())
        } else {
            json!(envelopes)
        };
        self.say("history", json!({ "events": events }));
    }

    fn say(&mut self, kind: &str, data: serde_json::Value) {
        self.push(system(self.feed.wants.shape.form(), kind, data));
    }
}
