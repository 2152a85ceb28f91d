//! The stream: replay from the store, then live, with nothing missing and nothing twice.
//!
//! [`feed`] is what a client gets; `websocket` and `sse` are two ways of sending it, `legacy` how it was said once.

mod client;
mod feed;
mod legacy;
mod sse;
mod websocket;

use axum::http::Uri;
use serde::Serialize;
use serde_json::json;

use super::error::Failure;
use super::query::{filter, query_value};
use crate::live::{Filter, Form, Framed, LiveEvent, Shape, System, encode, encode_event};
use crate::store::Stored;
pub(crate) use legacy::Legacy;
pub(super) use sse::sse;
pub(super) use websocket::{legacy, websocket};

/// What the client asked for.
struct Wants {
    filter: Filter,
    since: Option<u64>,
    payload: bool,
    sessions: bool,
    shape: Shape,
    /// The client speaks the historic protocol.
    legacy: Option<Legacy>,
}

impl Wants {
    fn from_query(uri: &Uri) -> Result<Self, Failure> {
        let value = |name| query_value(uri, name);
        let since = value("since").filter(|text| !text.is_empty()).map(|text| parse_since(&text)).transpose()?;
        Ok(Self {
            filter: filter(uri)?,
            since,
            payload: value("payload").as_deref() == Some("full"),
            sessions: value("sessions").as_deref() == Some("true"),
            shape: Shape::Single,
            legacy: None,
        })
    }

    /// Whether every event and every session goes to this client as others get it.
    fn takes_all(&self) -> bool {
        self.filter.takes_all() && self.legacy.is_none()
    }

    /// Whether the event goes to this client, beyond what [`Filter`] says.
    fn leaves_in(&self, stored: &Stored) -> bool {
        self.legacy.as_ref().is_none_or(|legacy| !legacy.skips(&stored.envelope))
    }

    /// The event as this client gets it.
    fn encoded(&self, event: LiveEvent<'_>) -> Framed {
        match self.legacy {
            None => event.encoded(self.shape.form(), self.payload).clone(),
            Some(_) => legacy::encoded(event.stored(), self.payload),
        }
    }

    /// The same of one that is in no batch.
    fn encode(&self, stored: &Stored) -> Framed {
        match self.legacy {
            None => encode_event(self.shape.form(), self.payload, stored),
            Some(_) => legacy::encoded(stored, self.payload),
        }
    }
}

fn parse_since(text: &str) -> Result<u64, Failure> {
    text.parse()
        .map_err(|_| Failure::bad_request("since is not a number", "give the last seq that you have, e.g. since=0"))
}

/// A message of the daemon's own.
fn system(form: Form, kind: &str, data: impl Serialize) -> Framed {
    let timestamp = tailhook_core::envelope::timestamp_text(tailhook_journal::sys::now_ns());
    encode(form, &System { kind, timestamp, data })
}

/// The first word to every client.
fn hello(form: Form, seq: u64) -> Framed {
    system(form, "system.hello", json!({ "seq": seq, "version": env!("CARGO_PKG_VERSION") }))
}
