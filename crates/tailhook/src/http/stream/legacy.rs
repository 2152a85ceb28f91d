//! The historic protocol: one object with `type`, `timestamp` and `data` for each event, nothing beside them.
//!
//! It has no token. So it is off unless somebody asks for it, it answers this machine alone, and nothing can be sent by it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use tailhook_core::Envelope;
use tailhook_core::event::EventData;

use crate::live::{Form, Framed, encode, full_envelope};
use crate::store::Stored;

/// How it is spoken.
#[derive(Debug, Clone)]
pub(crate) struct Legacy {
    /// Prompts that begin with this are commands to another program and are left out; empty: none.
    skip_prefix: Arc<str>,
}

impl Legacy {
    pub(crate) fn new(skip_prefix: &str) -> Self {
        Self { skip_prefix: skip_prefix.into() }
    }

    /// Whether the event is left out.
    pub(super) fn skips(&self, envelope: &Envelope) -> bool {
        // The summary begins as the prompt does, whatever the agent calls the field that it stands in.
        !self.skip_prefix.is_empty()
            && envelope.kind == "hook.user_prompt"
            && envelope.data.summary.starts_with(&*self.skip_prefix)
    }
}

/// One event as it was said then.
#[derive(Serialize)]
pub(super) struct LegacyEnvelope<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: &'a str,
    data: LegacyData<'a>,
}

/// What stands beside `data` elsewhere is in it here.
#[derive(Serialize)]
struct LegacyData<'a> {
    session_id: &'a str,
    agent: &'a str,
    seq: u64,
    #[serde(flatten)]
    data: &'a EventData,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a RawValue>,
}

impl<'a> From<&'a Envelope> for LegacyEnvelope<'a> {
    fn from(envelope: &'a Envelope) -> Self {
        let Envelope { kind, timestamp, seq, session_id, agent, data, payload } = envelope;
        let data = LegacyData { session_id, agent, seq: *seq, data, payload: payload.as_deref() };
        Self { kind, timestamp, data }
    }
}

/// Written for one client: nobody else gets it in this shape.
pub(super) fn encoded(stored: &Stored, with_payload: bool) -> Framed {
    if with_payload {
        encode(Form::Json, &LegacyEnvelope::from(&full_envelope(stored)))
    } else {
        encode(Form::Json, &LegacyEnvelope::from(&stored.envelope))
    }
}
