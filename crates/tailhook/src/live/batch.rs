//! A stored batch as subscribers get it: written once per form, whoever gets it.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use tailhook_core::Envelope;
use tailhook_core::session::Session;

use super::encode::{Form, Shape, encode, encode_around, list};
use super::frame::Framed;
use crate::store::{Committed, Stored};

/// Events of one batch at most, so that the first go out while the last are written, and a client that stands still
/// holds on to little.
const BATCH_EVENTS: usize = 512;
/// The same in bytes of payload; one event can be more.
const BATCH_BYTES: usize = 512 << 10;

/// A stored batch, or a piece of one, ready to be sent.
pub(crate) struct LiveBatch {
    /// All that one transaction stored; the pieces share it, and nobody moves it.
    stored: Arc<Vec<Stored>>,
    /// What of it is here.
    range: Range<usize>,
    /// Each event by itself, for those who do not want all. Made for the first of them.
    forms: OnceLock<Box<[Forms]>>,
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
type Forms = [[OnceLock<Framed>; 2]; 2];

/// One event of a batch.
#[derive(Clone, Copy)]
pub(crate) struct LiveEvent<'b> {
    batch: &'b LiveBatch,
    /// Its place in the batch.
    n: usize,
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
        let stored = Arc::new(committed.events);
        let mut pieces = Vec::new();
        let (mut start, mut bytes) = (0, 0);
        for (n, event) in stored.iter().enumerate() {
            if n - start >= BATCH_EVENTS || bytes >= BATCH_BYTES {
                pieces.push(Self::new(&stored, start..n, Vec::new()));
                (start, bytes) = (n, 0);
            }
            bytes += event.payload.len();
        }
        let sessions = committed.sessions.into_iter().map(LiveSession::new).collect();
        pieces.push(Self::new(&stored, start..stored.len(), sessions));
        pieces.into_iter().map(Arc::new).collect()
    }

    fn new(stored: &Arc<Vec<Stored>>, range: Range<usize>, sessions: Vec<LiveSession>) -> Self {
        let stored = Arc::clone(stored);
        Self { stored, range, forms: OnceLock::new(), sessions, whole: Default::default() }
    }

    /// What was stored.
    pub(crate) fn stored(&self) -> &[Stored] {
        &self.stored[self.range.clone()]
    }

    /// The same, to be sent one by one.
    pub(crate) fn events(&self) -> impl ExactSizeIterator<Item = LiveEvent<'_>> + Clone {
        (0..self.range.len()).map(|n| LiveEvent { batch: self, n })
    }

    /// About what it takes in memory once it is written in a form or two.
    pub(super) fn bytes(&self) -> usize {
        self.stored().iter().map(|event| 2_048 + event.payload.len()).sum::<usize>() + self.sessions.len() * 2_048
    }

    /// About what a client of its own form is sent.
    pub(crate) fn bytes_to_send(&self, with_payload: bool) -> usize {
        let payloads = || self.stored().iter().map(|event| event.payload.len()).sum::<usize>();
        self.range.len() * 1_024 + if with_payload { payloads() } else { 0 }
    }

    /// All envelopes in the shape that a client gets.
    pub(crate) fn whole(&self, shape: Shape, with_payload: bool, with_sessions: bool) -> &Whole {
        let place = &self.whole[shape.number()][usize::from(with_payload)][usize::from(with_sessions)];
        place.get_or_init(|| {
            let form = shape.form();
            let sessions = self.sessions.iter().filter(|_| with_sessions).map(|session| session.encoded(form));
            let parts = || {
                let events = self.events().map(|event| event.encoded(form, with_payload));
                events.chain(sessions.clone())
            };
            match shape {
                Shape::Single if parts().nth(1).is_none() => {
                    Whole::Frames(parts().next().map(|part| part.frame().clone()).unwrap_or_default())
                }
                Shape::Single => {
                    let mut bytes = Vec::with_capacity(parts().map(|part| part.frame().len()).sum());
                    parts().for_each(|part| bytes.extend_from_slice(part.frame()));
                    Whole::Frames(bytes.into())
                }
                Shape::Batches(_) => {
                    let count = self.range.len() + sessions.clone().count();
                    let capacity = self.bytes_to_send(with_payload);
                    Whole::Frame(list(form, count, capacity, |list| {
                        self.events().for_each(|event| list.push(|bytes| event.write(form, with_payload, bytes)));
                        sessions.for_each(|session| list.push(|bytes| bytes.extend_from_slice(session.message())));
                    }))
                }
            }
        })
    }
}

impl<'b> LiveEvent<'b> {
    pub(crate) fn stored(self) -> &'b Stored {
        &self.batch.stored()[self.n]
    }

    /// The envelope, with the payload where it was asked for.
    pub(crate) fn encoded(self, form: Form, with_payload: bool) -> &'b Framed {
        let forms = self.batch.forms.get_or_init(|| (0..self.batch.range.len()).map(|_| Forms::default()).collect());
        forms[self.n][form as usize][usize::from(with_payload)]
            .get_or_init(|| encode_event(form, with_payload, self.stored()))
    }

    /// Appends the same to others. It is kept by itself only where that takes longer than to write it again.
    fn write(self, form: Form, with_payload: bool, bytes: &mut Vec<u8>) {
        let stored = self.stored();
        match &stored.data_json {
            Some(data) if form == Form::Json && !with_payload => stored.envelope.write_around(data, bytes),
            _ => bytes.extend_from_slice(self.encoded(form, with_payload).message()),
        }
    }
}

/// The envelope of an event, with the payload where it was asked for.
pub(crate) fn encode_event(form: Form, with_payload: bool, stored: &Stored) -> Framed {
    match &stored.data_json {
        _ if with_payload => encode(form, &full_envelope(stored)),
        Some(data) if form == Form::Json => encode_around(data, &stored.envelope),
        _ => encode(form, &stored.envelope),
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

#[cfg(test)]
pub(super) mod tests {
    use serde_json::Value;
    use tailhook_core::{RawEvent, Redaction, agents};

    use super::*;
    use crate::store::{Batch, Writer};

    /// What a store made of events with payloads of these sizes, about.
    pub(in crate::live) fn committed(sizes: impl IntoIterator<Item = usize>) -> Committed {
        let folder = tempfile::tempdir().expect("a folder");
        let event = |(n, bytes): (usize, usize)| {
            let payload = format!(
                r#"{{"session_id":"s{}","hook_event_name":"UserPromptSubmit","prompt":"{n} \"ü\" {}"}}"#,
                n % 3,
                "x".repeat(bytes)
            );
            agents::parse(&RawEvent { payload: payload.into_bytes().into(), ..RawEvent::default() }, &Redaction::off())
        };
        let events = sizes.into_iter().enumerate().map(event).collect();
        let mut writer = Writer::open(&folder.path().join("store")).expect("a store");
        let mut committed = writer.commit(&mut Batch { events, ..Batch::default() }, 0).expect("stored");
        // In any order.
        committed.sessions.sort_by(|one, other| one.session_id.cmp(&other.session_id));
        committed
    }

    fn seqs(batch: &LiveBatch) -> Vec<u64> {
        batch.stored().iter().map(|event| event.envelope.seq).collect()
    }

    fn message(whole: &Whole) -> &[u8] {
        match whole {
            Whole::Frames(frames) => frames,
            Whole::Frame(frame) => frame.message(),
        }
    }

    #[test]
    fn pieces_hold_all_in_order_and_the_last_the_sessions() {
        let sizes = std::iter::repeat_n(10, BATCH_EVENTS + 200).chain([BATCH_BYTES - 1, 10, BATCH_BYTES / 2, 10]);
        let pieces = LiveBatch::pieces(committed(sizes));
        let lengths: Vec<_> = pieces.iter().map(|piece| piece.stored().len()).collect();
        assert_eq!(lengths, [BATCH_EVENTS, 201, 3]);
        assert_eq!(pieces.iter().flat_map(|piece| seqs(piece)).collect::<Vec<_>>(), (1..=716).collect::<Vec<_>>());
        assert_eq!(pieces.iter().map(|piece| piece.sessions.len()).collect::<Vec<_>>(), [0, 0, 3]);
        assert_eq!(pieces[1].events().map(|event| event.stored().envelope.seq).collect::<Vec<_>>(), seqs(&pieces[1]));
        // Nothing but sessions is a piece as well.
        let only = Committed { events: Vec::new(), ..committed([1]) };
        assert_eq!(LiveBatch::pieces(only).iter().map(|piece| piece.sessions.len()).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn all_at_once_says_what_each_says() {
        for shape in [Shape::Single, Shape::Batches(Form::Json), Shape::Batches(Form::MessagePack)] {
            for (with_payload, with_sessions) in [(false, false), (false, true), (true, false), (true, true)] {
                let form = shape.form();
                let fresh = LiveBatch::pieces(committed([1, 0, 300])).remove(0);
                let asked = LiveBatch::pieces(committed([1, 0, 300])).remove(0);
                asked.events().nth(1).expect("an event").encoded(form, with_payload);
                let (whole, parts) = (message(fresh.whole(shape, with_payload, with_sessions)), &asked);
                assert_eq!(whole, message(asked.whole(shape, with_payload, with_sessions)));
                let events = parts.events().map(|event| event.encoded(form, with_payload));
                let sessions = parts.sessions.iter().filter(|_| with_sessions).map(|session| session.encoded(form));
                let parts: Vec<_> = events.chain(sessions).collect();
                assert_eq!(parts.len(), 3 + usize::from(with_sessions) * 3);
                let expected = match shape {
                    Shape::Single => parts.iter().flat_map(|part| part.frame().to_vec()).collect(),
                    Shape::Batches(_) => super::super::join(form, parts.iter().copied()).message().to_vec(),
                };
                assert!(whole == expected, "{shape:?} {with_payload} {with_sessions}");
            }
        }
        let json = message(LiveBatch::pieces(committed([5])).remove(0).whole(Shape::Batches(Form::Json), true, false))
            .to_vec();
        let value: Value = serde_json::from_slice(&json).expect("JSON");
        assert_eq!((&value[0]["seq"], &value[0]["payload"]["prompt"]), (&1.into(), &"0 \"ü\" xxxxx".into()));
    }

    #[test]
    fn one_event_alone_is_one_frame() {
        let batch = LiveBatch::pieces(committed([5])).remove(0);
        let event = batch.events().next().expect("an event").encoded(Form::Json, false);
        assert_eq!(message(batch.whole(Shape::Single, false, false)), &event.frame()[..]);
        let message = encode_event(Form::Json, false, &batch.stored()[0]);
        assert_eq!(message.message(), event.message());
    }
}
