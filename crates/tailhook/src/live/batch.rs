//! A stored batch as subscribers get it: written once per form, whoever gets it.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use tailhook_core::Envelope;
use tailhook_core::session::Session;

use super::encode::{Form, Shape, encode, encode_around, join};
use super::frame::Framed;
use crate::store::{Committed, Stored};

/// Events of one batch at most, so that the first go out while the last are written, and a client that stands still
/// holds on to little.
const BATCH_EVENTS: usize = 512;
/// The same in bytes of payload; one event can be more.
const BATCH_BYTES: usize = 512 << 10;

/// One stored batch, ready to be sent.
pub(crate) struct LiveBatch {
    pub(crate) events: Vec<LiveEvent>,
    /// Sessions that the batch changed, as envelopes of type `system.session`.
    pub(crate) sessions: Vec<LiveSession>,
    /// All of it, for those who want all of it: by shape, with payloads or without, with sessions or without.
    whole: [[[OnceLock<Whole>; 2]; 2]; Shape::COUNT],
}

/// A batch in one shape.
pub(crate) enum Whole {
    /// A frame for each envelope, one after the other.
    Frames(Bytes),
    /// One frame with all envelopes.
    Frame(Framed),
}

/// One event, serialised at most once per form, with and without its payload.
pub(crate) struct LiveEvent {
    pub(crate) stored: Stored,
    forms: [[OnceLock<Framed>; 2]; 2],
}

/// One changed session.
pub(crate) struct LiveSession {
    pub(crate) session_id: String,
    pub(crate) agent: String,
    envelope: System<'static, Session>,
    forms: [OnceLock<Framed>; 2],
}

impl LiveBatch {
    /// A commit, in pieces of a size that is good to send.
    pub(super) fn pieces(committed: Committed) -> Vec<Arc<Self>> {
        let mut pieces = Vec::new();
        let (mut events, mut bytes) = (Vec::new(), 0);
        for stored in committed.events {
            if events.len() >= BATCH_EVENTS || bytes >= BATCH_BYTES {
                pieces.push(Self::new(std::mem::take(&mut events), Vec::new()));
                bytes = 0;
            }
            bytes += stored.payload.len();
            events.push(LiveEvent::new(stored));
        }
        pieces.push(Self::new(events, committed.sessions.into_iter().map(LiveSession::new).collect()));
        pieces.into_iter().map(Arc::new).collect()
    }

    fn new(events: Vec<LiveEvent>, sessions: Vec<LiveSession>) -> Self {
        Self { events, sessions, whole: Default::default() }
    }

    /// About what it takes in memory once it is written in a form or two.
    pub(super) fn bytes(&self) -> usize {
        self.events.iter().map(|event| 2_048 + event.stored.payload.len()).sum::<usize>() + self.sessions.len() * 2_048
    }

    /// About what a client of its own form is sent.
    pub(crate) fn bytes_to_send(&self, with_payload: bool) -> usize {
        let payloads = || self.events.iter().map(|event| event.stored.payload.len()).sum::<usize>();
        self.events.len() * 1_024 + if with_payload { payloads() } else { 0 }
    }

    /// All envelopes in the shape that a client gets.
    pub(crate) fn whole(&self, shape: Shape, with_payload: bool, with_sessions: bool) -> &Whole {
        let place = &self.whole[shape.number()][usize::from(with_payload)][usize::from(with_sessions)];
        place.get_or_init(|| {
            let form = shape.form();
            let events = self.events.iter().map(|event| event.encoded(form, with_payload));
            let sessions = self.sessions.iter().filter(|_| with_sessions).map(|session| session.encoded(form));
            let parts: Vec<&Framed> = events.chain(sessions).collect();
            match shape {
                Shape::Single if parts.len() == 1 => Whole::Frames(parts[0].frame().clone()),
                Shape::Single => {
                    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.frame().len()).sum());
                    for part in parts {
                        bytes.extend_from_slice(part.frame());
                    }
                    Whole::Frames(bytes.into())
                }
                Shape::Batches(form) => Whole::Frame(join(form, parts.iter().copied())),
            }
        })
    }
}

impl LiveEvent {
    pub(crate) fn new(stored: Stored) -> Self {
        Self { stored, forms: Default::default() }
    }

    /// The envelope, with the payload where it was asked for.
    pub(crate) fn encoded(&self, form: Form, with_payload: bool) -> &Framed {
        self.forms[form as usize][usize::from(with_payload)].get_or_init(|| match &self.stored.data_json {
            _ if with_payload => encode(form, &full_envelope(&self.stored)),
            Some(data) if form == Form::Json => encode_around(data, &self.stored.envelope),
            _ => encode(form, &self.stored.envelope),
        })
    }
}

impl LiveSession {
    fn new(session: Session) -> Self {
        Self {
            session_id: session.session_id.clone(),
            agent: session.agent.clone(),
            envelope: System { kind: "system.session", timestamp: session.last_at.clone(), data: session },
            forms: Default::default(),
        }
    }

    /// As an envelope of type `system.session`.
    pub(crate) fn encoded(&self, form: Form) -> &Framed {
        self.forms[form as usize].get_or_init(|| encode(form, &self.envelope))
    }
}

/// A message of the daemon itself: like an envelope, without `seq`.
#[derive(Serialize)]
pub(crate) struct System<'a, T: Serialize> {
    /// e.g. `system.heartbeat`.
    #[serde(rename = "type")]
    pub(crate) kind: &'a str,
    /// As in an envelope.
    pub(crate) timestamp: String,
    pub(crate) data: T,
}

/// The envelope with the agent's JSON in it. What is not JSON comes as a string.
pub(crate) fn full_envelope(stored: &Stored) -> Envelope {
    let text = tailhook_core::text::lossy(&stored.payload);
    let payload =
        serde_json::from_str::<Box<RawValue>>(text.trim()).or_else(|_| serde_json::value::to_raw_value(&text)).ok();
    Envelope { payload, ..stored.envelope.clone() }
}
