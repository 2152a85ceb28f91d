//! A WebSocket client that sends what no library would, and knows permessage-deflate, which tungstenite does not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use flate2::{Decompress, FlushDecompress};
use serde_json::Value;

use crate::support::{Daemon, PATIENCE};

/// One open stream.
pub(crate) struct RawSocket {
    pub(crate) stream: BufReader<TcpStream>,
    /// The answer to the handshake.
    pub(crate) head: String,
    inflater: Decompress,
    /// Bytes of frames that came.
    pub(crate) received: usize,
}

impl RawSocket {
    /// Opens the stream; `more` is further header lines, each with its line end.
    pub(crate) fn open(daemon: &Daemon, query: &str, more: &str) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", daemon.port)).expect("the daemon listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let request = format!(
            "GET /api/v1/stream?{query} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n",
            daemon.port, daemon.token
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut head).expect("an answer"), 0, "{head}");
        }
        Self { stream, head, inflater: Decompress::new(false), received: 0 }
    }

    /// The same once it is answered with a hello.
    pub(crate) fn greeted(daemon: &Daemon, query: &str, more: &str) -> Self {
        let mut socket = Self::open(daemon, query, more);
        let hello = socket.envelopes();
        assert_eq!(hello[0]["type"], "system.hello", "{hello:?}");
        socket
    }

    /// The next frame: its first byte and its payload; none once the connection has ended.
    pub(crate) fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).ok()?;
        let mut read = |count: usize| {
            let mut bytes = vec![0; count];
            self.stream.read_exact(&mut bytes).map(|()| bytes).ok()
        };
        let length = match head[1] {
            126 => read(2)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
            127 => read(8)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
            length => length.into(),
        };
        let payload = read(length)?;
        self.received += length;
        Some((head[0], payload))
    }

    /// The next message, inflated where it is compressed.
    pub(crate) fn message(&mut self) -> Vec<u8> {
        let (first, mut payload) = self.frame().expect("the connection lives");
        assert!([1, 2].contains(&(first & 0x0f)), "{first:x}");
        if first & 0x40 == 0 {
            return payload;
        }
        payload.extend_from_slice(&[0, 0, 0xff, 0xff]);
        let mut message = Vec::with_capacity(8 << 20);
        self.inflater.decompress_vec(&payload, &mut message, FlushDecompress::Sync).expect("inflates");
        message
    }

    /// The envelopes of the next JSON message.
    pub(crate) fn envelopes(&mut self) -> Vec<Value> {
        match serde_json::from_slice(&self.message()).expect("JSON") {
            Value::Array(envelopes) => envelopes,
            envelope => vec![envelope],
        }
    }

    /// Sends one frame, masked as a client must.
    pub(crate) fn send(&mut self, first: u8, payload: &[u8]) {
        let mut bytes = vec![first];
        match payload.len() {
            length @ 0..126 => bytes.push(0x80 | length as u8),
            length => {
                bytes.push(0xff);
                bytes.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        // A mask of zeros is a mask.
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(payload);
        self.send_bytes(&bytes);
    }

    /// Sends what is no frame. The other side may have hung up already.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// Reads on to the close frame; gives its code.
    pub(crate) fn close_code(&mut self) -> Option<u16> {
        while let Some((first, payload)) = self.frame() {
            if first == 0x88 {
                return payload.first_chunk().map(|code| u16::from_be_bytes(*code));
            }
        }
        panic!("the connection ended without a goodbye");
    }
}
