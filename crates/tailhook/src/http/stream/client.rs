//! What a client says.

use serde::Deserialize;
use serde_json::json;

use super::system;
use super::websocket::Connection;
use crate::live::Filter;

/// Events that `get_history` gives at most.
const MAX_HISTORY: usize = 1_000;

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
            _ => self.complain("unknown message; known: register, subscribe, get_status, get_history"),
        }
    }

    async fn history(&mut self, params: HistoryParams) {
        let filter = Filter { kinds: params.event_types, ..self.feed.wants.filter.clone() };
        let query = filter.query(params.limit.unwrap_or(100).clamp(1, MAX_HISTORY));
        let Ok(page) = self.feed.shared.read(move |reader| reader.events(&query)).await else {
            return self.complain("the store cannot be read now; try again later");
        };
        let events: Vec<_> = page.events.into_iter().map(|stored| stored.envelope).collect();
        self.say("history", json!({ "events": events }));
    }

    fn say(&mut self, kind: &str, data: serde_json::Value) {
        self.sender.push(system(self.feed.wants.form, kind, data));
    }
}
