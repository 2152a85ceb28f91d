//! What a client is sent.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::AsyncWriteExt;

use super::deflate::Deflater;
use super::{CloseCode, Writer};
use crate::live::{First, Framed};

/// A client that takes nothing for so long is let go; it can come back with `since`.
const PATIENCE: Duration = Duration::from_secs(30);
/// Nobody waits longer for a client to hear goodbye.
const GOODBYE: Duration = Duration::from_millis(200);
/// Pieces in one system call.
const SLICES: usize = 64;

/// The connection is gone.
#[derive(Debug)]
pub(in crate::http) struct Closed;

/// The writing half of a connection.
pub(in crate::http) struct Outgoing {
    writer: Writer,
    deflater: Option<Deflater>,
    /// Frames, or parts of them, to be written.
    waiting: VecDeque<Bytes>,
}

impl Outgoing {
    pub(super) fn new(writer: Writer, deflater: Option<Deflater>) -> Self {
        Self { writer, deflater, waiting: VecDeque::new() }
    }

    /// Each message is compressed for this client alone.
    pub(in crate::http) fn is_compressed(&self) -> bool {
        self.deflater.is_some()
    }

    /// Adds a message.
    pub(in crate::http) fn push(&mut self, message: &Framed) {
        let first = message.frame()[0];
        let compressed = self.deflater.as_mut().and_then(|deflater| deflater.frame(first, message.message()));
        self.waiting.push_back(compressed.as_ref().unwrap_or(message).frame().clone());
    }

    /// Adds frames that are whole already, for a client whose messages are not compressed.
    pub(in crate::http) fn push_frames(&mut self, frames: Bytes) {
        debug_assert!(!self.is_compressed());
        self.waiting.push_back(frames);
    }

    /// Answers a ping.
    pub(in crate::http) fn pong(&mut self, payload: &[u8]) {
        self.control(First::Pong, payload);
    }

    fn control(&mut self, first: First, payload: &[u8]) {
        let frame = Framed::build(first as u8, payload.len(), |bytes| bytes.extend_from_slice(payload));
        self.waiting.push_back(frame.frame().clone());
    }

    /// Sends what has gathered. Waits while the client's connection is full, not longer than [`PATIENCE`] for any of it.
    pub(in crate::http) async fn flush(&mut self) -> Result<(), Closed> {
        while !self.waiting.is_empty() {
            let empty = || IoSlice::new(&[]);
            let mut slices: [IoSlice<'_>; SLICES] = std::array::from_fn(|_| empty());
            let count = self.waiting.len().min(SLICES);
            for (slice, bytes) in slices.iter_mut().zip(&self.waiting) {
                *slice = IoSlice::new(bytes);
            }
            let write = self.writer.write_vectored(&slices[..count]);
            let Ok(Ok(written @ 1..)) = tokio::time::timeout(PATIENCE, write).await else { return Err(Closed) };
            self.written(written);
        }
        self.writer.flush().await.map_err(|_| Closed)
    }

    fn written(&mut self, mut bytes: usize) {
        while let Some(first) = self.waiting.front_mut() {
            if bytes < first.len() {
                first.advance(bytes);
                return;
            }
            bytes -= first.len();
            self.waiting.pop_front();
        }
    }

    /// Says goodbye.
    pub(in crate::http) async fn close(&mut self, code: Option<u16>) -> Result<(), Closed> {
        self.control(First::Close, &code.map_or(Vec::new(), |code| code.to_be_bytes().to_vec()));
        let goodbye = async {
            self.flush().await?;
            self.writer.shutdown().await.map_err(|_| Closed)
        };
        tokio::time::timeout(GOODBYE, goodbye).await.map_err(|_| Closed)?
    }

    /// The same for a reason of ours.
    pub(in crate::http) async fn end(&mut self, code: CloseCode) -> Result<(), Closed> {
        self.close(Some(code as u16)).await
    }
}
