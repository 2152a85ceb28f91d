//! Compressing what we say and inflating what the client says. (RFC 7692, section 7.2.)

use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::extension::Agreed;
use crate::live::{COMPRESSED, Framed};

/// Every compressed message ends in these, so nobody sends them.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// Shorter messages gain nothing.
const MIN_BYTES: usize = 128;
/// Connections that are compressed at once. Each keeps a window and its tables, about 200 KiB; the next ones are served
/// without.
const MOST: usize = 64;

/// The right to compress one connection.
#[derive(Debug)]
pub(super) struct Permit(());

static USED: AtomicUsize = AtomicUsize::new(0);

impl Permit {
    pub(super) fn take() -> Option<Self> {
        let more = |used| (used < MOST).then_some(used + 1);
        USED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Self(()))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        USED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Compresses the messages of one connection.
pub(super) struct Deflater {
    /// Made when there is something to compress.
    state: Option<Compress>,
    agreed: Agreed,
    _permit: Permit,
}

impl Deflater {
    pub(super) fn new(agreed: Agreed, permit: Permit) -> Self {
        Self { state: None, agreed, _permit: permit }
    }

    /// Frames a message, compressed; none: as it is, it is as good.
    pub(super) fn frame(&mut self, first: u8, message: &[u8]) -> Option<Framed> {
        if message.len() < MIN_BYTES {
            return None;
        }
        let bits = self.agreed.server_window_bits;
        let state = self.state.get_or_insert_with(|| Compress::new_with_window_bits(Compression::fast(), false, bits));
        let mut whole = true;
        let framed = Framed::build(first | COMPRESSED, message.len() / 2, |bytes| {
            whole = deflate(state, message, bytes);
            bytes.truncate(bytes.len() - TAIL.len());
        });
        if self.agreed.server_no_context_takeover {
            state.reset();
        }
        debug_assert!(whole, "deflate takes any bytes");
        Some(framed)
    }
}

/// Appends what the message becomes, up to and with [`TAIL`].
fn deflate(state: &mut Compress, mut message: &[u8], bytes: &mut Vec<u8>) -> bool {
    loop {
        bytes.reserve(message.len() / 2 + 64);
        let before = state.total_in();
        if state.compress_vec(message, bytes, FlushCompress::Sync).is_err() {
            return false;
        }
        message = &message[(state.total_in() - before) as usize..];
        // It stops early only for want of room.
        if message.is_empty() && bytes.len() < bytes.capacity() {
            return bytes.ends_with(&TAIL);
        }
    }
}

/// Inflates the messages of one client.
pub(super) struct Inflater {
    state: Option<Decompress>,
    agreed: Agreed,
}

/// Why a message could not be inflated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inflation {
    Corrupt,
    TooLarge,
}

impl Inflater {
    pub(super) fn new(agreed: Agreed) -> Self {
        Self { state: None, agreed }
    }

    /// A whole message. Never makes more than `most` bytes of it.
    pub(super) fn inflate(&mut self, message: &[u8], most: usize) -> Result<Vec<u8>, Inflation> {
        // zlib knows no window of 8 bits; a larger one reads the same.
        let bits = self.agreed.client_window_bits.max(9);
        let state = self.state.get_or_insert_with(|| Decompress::new_with_window_bits(false, bits));
        let mut bytes = Vec::new();
        let mut ended = false;
        for mut part in [message, &TAIL] {
            loop {
                bytes.reserve((part.len() * 3).clamp(256, 16 << 10));
                let before = state.total_in();
                let status = state.decompress_vec(part, &mut bytes, FlushDecompress::Sync);
                part = &part[(state.total_in() - before) as usize..];
                ended = matches!(status.map_err(|_| Inflation::Corrupt)?, Status::StreamEnd);
                if bytes.len() > most {
                    return Err(Inflation::TooLarge);
                }
                if ended || (part.is_empty() && bytes.len() < bytes.capacity()) {
                    break;
                }
            }
            if ended {
                break;
            }
        }
        // A final block may end a message, and nothing can follow it in the same stream.
        if ended || self.agreed.client_no_context_takeover {
            state.reset(false);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};
    use proptest::prelude::*;

    use super::*;

    fn agreed(offer: &'static str) -> Agreed {
        let offer = HeaderMap::from_iter([(header::SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(offer))]);
        Agreed::from_offers(&offer).expect("an offer to take")
    }

    /// An inflater for what a server of ours sends.
    fn reader(server: Agreed) -> Inflater {
        Inflater::new(Agreed {
            client_window_bits: server.server_window_bits,
            client_no_context_takeover: server.server_no_context_takeover,
            ..server
        })
    }

    #[test]
    fn a_message_that_resembles_the_last_takes_little() {
        let message = br#"{"type":"hook.pre_tool_use","timestamp":"2026-11-22T02:00:00.123456Z","seq":42,"session_id":"53793fe4-0000","agent":"claude-code","data":{"event":"PreToolUse","tool_name":"Bash"}}"#;
        let sizes = |offer| {
            let mut deflater = Deflater::new(agreed(offer), Permit::take().expect("a permit"));
            [(); 2].map(|()| deflater.frame(1, message).expect("long enough").message().len())
        };
        let [first, second] = sizes("permessage-deflate");
        assert!(second < first / 4, "{first} {second}");
        let [first, second] = sizes("permessage-deflate; server_no_context_takeover");
        assert_eq!(first, second);
    }

    #[test]
    fn a_bomb_ends_early() {
        let mut deflater = Deflater::new(agreed("permessage-deflate"), Permit::take().expect("a permit"));
        let bomb = deflater.frame(1, &vec![0; 64 << 20]).expect("long enough");
        assert!(bomb.message().len() < 1 << 20);
        let mut inflater = reader(agreed("permessage-deflate"));
        assert_eq!(inflater.inflate(bomb.message(), 1 << 20), Err(Inflation::TooLarge));
        assert_eq!(reader(agreed("permessage-deflate")).inflate(&[0xff; 9], 1 << 20), Err(Inflation::Corrupt));
    }

    #[test]
    fn permits_are_given_back() {
        let permits: Vec<_> = std::iter::from_fn(Permit::take).take(MOST + 1).collect();
        assert!(permits.len() <= MOST);
        drop(permits);
        assert!(Permit::take().is_some());
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 128..20_000), 1..8),
            takeover in any::<bool>(),
        ) {
            let offer = if takeover { "permessage-deflate" } else { "permessage-deflate; server_no_context_takeover" };
            let mut deflater = Deflater::new(agreed(offer), Permit::take().expect("a permit"));
            let mut inflater = reader(agreed(offer));
            for message in &messages {
                let framed = deflater.frame(1, message).expect("long enough");
                prop_assert_eq!(&inflater.inflate(framed.message(), 1 << 20).expect("inflates"), message);
            }
        }
    }
}
