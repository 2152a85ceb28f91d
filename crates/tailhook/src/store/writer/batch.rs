//! What goes into the store, and what it became.

use std::collections::HashMap;

use tailhook_core::envelope::timestamp_text;
use tailhook_core::session::{Fact, Session};
use tailhook_core::{Envelope, Event};

use crate::store::transcript::Piece;

/// What the journal gave, and how far that brings it.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) events: Vec<Event>,
    pub(crate) positions: Vec<Position>,
    /// What was found out about sessions.
    pub(crate) facts: HashMap<String, Fact>,
    /// Torn regions met.
    pub(crate) torn: u64,
    /// Events that hooks dropped since the last batch.
    pub(crate) dropped: u64,
    /// Payloads whose spill file was gone.
    pub(crate) lost: u64,
    /// What a follower read from a transcript, with events of its own.
    pub(crate) piece: Option<Piece>,
    /// Events that came through the spool.
    pub(crate) spooled: u64,
}

impl Batch {
    /// Nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.facts.is_empty()
            && self.positions.is_empty()
            && self.torn == 0
            && self.dropped == 0
            && self.piece.is_none()
    }

    /// The events of the journal, then those of a transcript.
    pub(super) fn take_events(&mut self) -> impl Iterator<Item = Event> {
        let of_transcript = self.piece.as_ref().map(|piece| piece.taken.events.clone()).unwrap_or_default();
        self.events.drain(..).chain(of_transcript)
    }
}

/// How far a segment is stored; `offset` none: the segment is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) segment: String,
    pub(crate) offset: Option<u64>,
}

/// One event as it stands in the store.
#[derive(Debug)]
pub(crate) struct Stored {
    /// From the hook, nanoseconds since the Unix epoch.
    pub(crate) stamp_ns: u64,
    /// Without payload.
    pub(crate) envelope: Envelope,
    /// The envelope's `data` as it was written to the store.
    pub(crate) data_json: Option<Vec<u8>>,
    /// The agent's bytes.
    pub(crate) payload: Vec<u8>,
}

/// What a batch became.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    pub(crate) events: Vec<Stored>,
    /// Rows of the sessions that changed.
    pub(crate) sessions: Vec<Session>,
}

impl Stored {
    pub(super) fn new(event: Event, seq: u64, data_json: Vec<u8>) -> Self {
        Self {
            stamp_ns: event.stamp_ns,
            envelope: Envelope {
                kind: event.kind,
                timestamp: timestamp_text(event.stamp_ns),
                seq,
                session_id: event.session_id,
                agent: event.agent,
                data: event.data,
                payload: None,
            },
            data_json: Some(data_json),
            payload: event.payload,
        }
    }
}
