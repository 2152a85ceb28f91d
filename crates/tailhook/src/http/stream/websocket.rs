//! The WebSocket.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::Uri;
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::super::Shared;
use super::super::error::Failure;
use super::feed::{Feed, HEARTBEAT, Item, ended};
use super::sender::{Closed, Sender};
use super::{Wants, hello, system};
use crate::live::Form;

/// What a client may say at once: a command.
const MAX_INCOMING_BYTES: usize = 1 << 20;
/// Subprotocols, best first.
const PROTOCOLS: [&str; 2] = ["tailhook.v1.msgpack", "tailhook.v1.json"];

/// `GET /api/v1/stream`
pub(crate) async fn websocket(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    let mut wants = Wants::from_query(&uri, Form::Json)?;
    let upgrade = upgrade
        .map_err(|_| Failure::bad_request("this is not a WebSocket upgrade", "connect with a WebSocket client"))?
        .protocols(PROTOCOLS)
        .max_message_size(MAX_INCOMING_BYTES);
    let protocol = upgrade.selected_protocol().map(axum::http::HeaderValue::as_bytes);
    let batches = protocol.is_some();
    if protocol == Some(b"tailhook.v1.msgpack") {
        wants.form = Form::MessagePack;
    }
    Ok(upgrade.on_upgrade(move |socket| async move {
        let (outgoing, incoming) = socket.split();
        let connection =
            Connection { sender: Sender::new(outgoing, wants.form, batches), feed: Feed::new(shared, wants) };
        // Closed is the one way it ends; there is nobody left to tell.
        let _ = connection.run(incoming).await;
    }))
}

/// One client.
pub(super) struct Connection {
    pub(super) sender: Sender,
    pub(super) feed: Feed,
}

impl Connection {
    async fn run(mut self, mut incoming: SplitStream<WebSocket>) -> Result<(), Closed> {
        let mut items = Vec::new();
        self.sender.push(hello(self.feed.wants.form, self.feed.shared.measure.seq()));
        self.sender.flush().await?;
        if self.feed.wants.since.is_some() {
            self.replay(&mut items).await?;
        }
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopping = self.feed.shared.stopping.clone();
        loop {
            tokio::select! {
                more = self.feed.receive(&mut items) => if !more { return Ok(()) },
                message = incoming.next() => match message {
                    Some(Ok(Message::Text(text))) => self.answer(&text).await,
                    Some(Ok(Message::Binary(_))) => self.complain("binary messages are not understood here"),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                },
                _ = heartbeat.tick() => self.sender.push(self.feed.heartbeat()),
                () = ended(&mut stopping) => return self.sender.close().await,
            }
            self.send(&mut items).await?;
        }
    }

    async fn replay(&mut self, items: &mut Vec<Item>) -> Result<(), Closed> {
        loop {
            let Ok(more) = self.feed.replay(items).await else {
                self.complain("the store cannot be read now; connect again later");
                // What was asked for cannot be given: going on would leave a hole.
                return self.sender.close().await.and(Err(Closed));
            };
            self.send(items).await?;
            if !more {
                return Ok(());
            }
        }
    }

    async fn send(&mut self, items: &mut Vec<Item>) -> Result<(), Closed> {
        for item in items.drain(..) {
            self.sender.push(item.message);
        }
        self.sender.flush().await
    }

    pub(super) fn complain(&mut self, error: &str) {
        self.sender.push(system(self.feed.wants.form, "error", json!({ "error": error })));
    }
}
