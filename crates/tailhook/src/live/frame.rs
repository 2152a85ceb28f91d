//! A message as it goes over a WebSocket: the frame's head, then the bytes.
//!
//! What a server sends is not masked, so the frame of a message is the same for every client: it is written once, and
//! each connection sends the same bytes. (RFC 6455, section 5.2.)

use bytes::Bytes;

/// Longest head of a frame that is not masked.
const HEAD_BYTES: usize = 10;

/// The first byte of a whole message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum First {
    Text = 0x81,
    Binary = 0x82,
    Close = 0x88,
    Pong = 0x8a,
}

/// Set in the first byte of a message that is compressed. (RFC 7692, section 6.)
pub(crate) const COMPRESSED: u8 = 0x40;

/// A message of ours, framed. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Framed {
    bytes: Bytes,
    head_bytes: usize,
}

impl Framed {
    /// Frames what `write` appends to the vector that it is given.
    pub(crate) fn build(first: u8, capacity: usize, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        // The head is as long as the length needs, and the length is known last: room for the longest is left in front.
        let mut bytes = Vec::with_capacity(HEAD_BYTES + capacity);
        bytes.extend_from_slice(&[0; HEAD_BYTES]);
        write(&mut bytes);
        let (head, head_bytes) = head(first, bytes.len() - HEAD_BYTES);
        let start = HEAD_BYTES - head_bytes;
        bytes[start..HEAD_BYTES].copy_from_slice(&head[..head_bytes]);
        Self { bytes: Bytes::from(bytes).slice(start..), head_bytes }
    }

    /// Head and message.
    pub(crate) fn frame(&self) -> &Bytes {
        &self.bytes
    }

    /// The message alone.
    pub(crate) fn message(&self) -> &[u8] {
        &self.bytes[self.head_bytes..]
    }
}

fn head(first: u8, length: usize) -> ([u8; HEAD_BYTES], usize) {
    let mut head = [0; HEAD_BYTES];
    head[0] = first;
    let used = if length < 126 {
        head[1] = length as u8;
        2
    } else if let Ok(length) = u16::try_from(length) {
        head[1] = 126;
        head[2..4].copy_from_slice(&length.to_be_bytes());
        4
    } else {
        head[1] = 127;
        head[2..10].copy_from_slice(&(length as u64).to_be_bytes());
        10
    };
    (head, used)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use tungstenite::protocol::frame::FrameHeader;

    use super::*;

    #[test]
    fn another_reader_understands_the_heads() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 100_000] {
            let framed = Framed::build(First::Text as u8, 0, |bytes| bytes.resize(bytes.len() + length, b'x'));
            assert_eq!(framed.message().len(), length);
            let mut cursor = Cursor::new(framed.frame());
            let (header, read) = FrameHeader::parse(&mut cursor).expect("a frame").expect("a whole head");
            assert!(header.is_final && !header.rsv1 && header.mask.is_none());
            assert_eq!((read, cursor.position() as usize + length), (length as u64, framed.frame().len()));
        }
    }
}
