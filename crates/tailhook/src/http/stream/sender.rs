//! The outgoing half of a stream.

use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;

use crate::live::{Encoded, Form, join};

/// A client that takes nothing for so long is let go; it can come back with `since`.
const PATIENCE: Duration = Duration::from_secs(30);

/// The connection is gone.
#[derive(Debug)]
pub(super) struct Closed;

/// Gathers what is to be sent, sends it in as few writes as the form allows.
pub(super) struct Sender {
    socket: SplitSink<WebSocket, Message>,
    form: Form,
    /// One message is an array of envelopes, not one envelope.
    batches: bool,
    waiting: Vec<Encoded>,
}

impl Sender {
    pub(super) fn new(socket: SplitSink<WebSocket, Message>, form: Form, batches: bool) -> Self {
        Self { socket, form, batches, waiting: Vec::new() }
    }

    /// Adds to the next message.
    pub(super) fn push(&mut self, message: Encoded) {
        self.waiting.push(message);
    }

    /// Sends what has gathered. Waits while the client's connection is full, not longer than [`PATIENCE`].
    pub(super) async fn flush(&mut self) -> Result<(), Closed> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        let send = async {
            if self.batches {
                self.socket.feed(message(self.form, join(self.form, &waiting))).await?;
            } else {
                for envelope in waiting {
                    self.socket.feed(message(self.form, envelope)).await?;
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

fn message(form: Form, bytes: Encoded) -> Message {
    match form {
        // What `encode` wrote as JSON is text.
        Form::Json => Message::Text(Utf8Bytes::try_from(bytes).unwrap_or_default()),
        Form::MessagePack => Message::binary(bytes),
    }
}
