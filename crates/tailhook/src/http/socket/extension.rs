//! Agreeing on permessage-deflate. (RFC 7692, section 7.)

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use axum::http::{HeaderMap, header};

/// What we compress with at most: 8 KiB hold the last dozen envelopes, which is what the next one resembles.
const OUR_WINDOW_BITS: u8 = 13;
/// What a client is asked to compress with where it lets us ask: it says little.
const CLIENT_WINDOW_BITS: u8 = 10;
/// What the format allows. zlib cannot compress with 8.
const WINDOW_BITS: RangeInclusive<u8> = 8..=15;

/// What both sides do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Agreed {
    /// Each of our messages starts anew: the client keeps no window.
    pub(super) server_no_context_takeover: bool,
    pub(super) server_window_bits: u8,
    /// Each of the client's messages starts anew.
    pub(super) client_no_context_takeover: bool,
    pub(super) client_window_bits: u8,
    /// The client has let us choose its window.
    pub(super) names_client_window: bool,
}

impl Agreed {
    /// The first offer that can be taken. An offer with anything unknown in it is not ours to take.
    pub(super) fn from_offers(headers: &HeaderMap) -> Option<Self> {
        let offers = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter().filter_map(|value| value.to_str().ok());
        offers.flat_map(|value| value.split(',')).find_map(Self::from_offer)
    }

    fn from_offer(offer: &str) -> Option<Self> {
        let mut parts = offer.split(';').map(str::trim);
        if parts.next()? != "permessage-deflate" {
            return None;
        }
        let mut agreed = Self {
            server_no_context_takeover: false,
            server_window_bits: OUR_WINDOW_BITS,
            client_no_context_takeover: false,
            client_window_bits: *WINDOW_BITS.end(),
            names_client_window: false,
        };
        let mut known = Vec::new();
        for part in parts {
            let (name, value) = part.split_once('=').map_or((part, None), |(name, value)| (name.trim(), Some(value)));
            if known.contains(&name) {
                return None;
            }
            known.push(name);
            match (name, value) {
                ("server_no_context_takeover", None) => agreed.server_no_context_takeover = true,
                ("client_no_context_takeover", None) => agreed.client_no_context_takeover = true,
                ("server_max_window_bits", Some(value)) => {
                    agreed.server_window_bits = OUR_WINDOW_BITS.min(window_bits(value).filter(|bits| *bits > 8)?);
                }
                ("client_max_window_bits", value) => {
                    let most = value.map_or(Some(*WINDOW_BITS.end()), window_bits)?;
                    agreed.client_window_bits = CLIENT_WINDOW_BITS.min(most);
                    agreed.names_client_window = true;
                }
                _ => return None,
            }
        }
        Some(agreed)
    }

    /// For the answer's header.
    pub(super) fn header(self) -> String {
        let mut text = format!("permessage-deflate; server_max_window_bits={}", self.server_window_bits);
        if self.server_no_context_takeover {
            text.push_str("; server_no_context_takeover");
        }
        if self.client_no_context_takeover {
            text.push_str("; client_no_context_takeover");
        }
        if self.names_client_window {
            let _ = write!(text, "; client_max_window_bits={}", self.client_window_bits);
        }
        text
    }
}

fn window_bits(value: &str) -> Option<u8> {
    let digits = value.trim().trim_matches('"');
    digits.parse().ok().filter(|bits| WINDOW_BITS.contains(bits) && !digits.starts_with(['0', '+']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(offers: &str) -> Option<String> {
        let headers =
            HeaderMap::from_iter([(header::SEC_WEBSOCKET_EXTENSIONS, offers.parse().expect("a header's value"))]);
        Agreed::from_offers(&headers).map(Agreed::header)
    }

    #[test]
    fn offers_and_answers() {
        for (offers, wanted) in [
            ("permessage-deflate", Some("")),
            ("permessage-deflate; client_max_window_bits", Some("; client_max_window_bits=10")),
            ("permessage-deflate; client_max_window_bits=9", Some("; client_max_window_bits=9")),
            ("x-webkit-deflate-frame, permessage-deflate", Some("")),
            ("permessage-deflate;server_no_context_takeover", Some("; server_no_context_takeover")),
            ("permessage-deflate; mode=fast, permessage-deflate", Some("")),
            ("permessage-deflate; client_no_context_takeover=1", None),
            ("permessage-deflate; server_max_window_bits=8", None),
            ("permessage-deflate; server_max_window_bits=16", None),
            ("permessage-deflate; server_max_window_bits", None),
            ("permessage-deflate; client_max_window_bits; client_max_window_bits", None),
            ("permessage-bzip2", None),
            ("", None),
        ] {
            let wanted = wanted.map(|rest| format!("permessage-deflate; server_max_window_bits=13{rest}"));
            assert_eq!(answer(offers), wanted, "{offers}");
        }
        assert_eq!(
            answer("permessage-deflate; server_max_window_bits=\"12\"").as_deref(),
            Some("permessage-deflate; server_max_window_bits=12")
        );
    }
}
