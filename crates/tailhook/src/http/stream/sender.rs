//! The outgoing half of a stream.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;

use crate::live::array;

/// A client that takes nothing for so long is let go; it can come back with `since`.
const PATIENCE: Duration = Duration::from_secs(30);

/// The connection is gone.
#[derive(Debug)]
pub(super) struct Closed;

/// What one message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One envelope.
    Single,
    /// A JSON array of envelopes.
    Batches,
}

/// Gathers what is to be sent, sends it in as few writes as the form allows.
pub(super) struct Sender {
    socket: SplitSink<WebSocket, Message>,
    form: Form,
    waiting: Vec<Arc<str>>,
}

impl Sender {
    pub(super) fn new(socket: SplitSink<WebSocket, Message>, form: Form) -> Self {
        Self { socket, form, waiting: Vec::new() }
    }

    /// Adds to the next message.
    pub(super) fn push(&mut self, json: Arc<str>) {
        self.waiting.push(json);
    }

    /// Sends what has gathered. Waits while the client's connection is full, not longer than [`PATIENCE`].
    pub(super) async fn flush(&mut self) -> Result<(), Closed> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        let send = async {
            match self.form {
                Form::Batches => self.socket.feed(Message::Text(array(&waiting))).await?,
                Form::Single => {
                    for json in &waiting {
                        self.socket.feed(Message::Text(Utf8Bytes::from(json.as_ref()))).await?;
                    }
                }
            }
            self.socket.flush().await
        };
        match tokio::time::timeout(PATIENCE, send).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Closed),
        }
    }

    /// Says goodbye.
    pub(super) async fn close(&mut self) -> Result<(), Closed> {
        self.flush().await?;
        let goodbye = self.socket.send(Message::Close(None));
        // The daemon is ending: it does not wait for clients that do not answer.
        tokio::time::timeout(Duration::from_millis(200), goodbye).await.map_err(|_| Closed)?.map_err(|_| Closed)
    }
}
