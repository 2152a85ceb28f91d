//! What an expression is asked about.

use std::cell::OnceCell;

use super::searched;
use super::text::Folded;
use crate::Envelope;
use crate::event::{Event, EventData};

/// One event, whether it was just read or comes back from a store. Its text is only looked at when asked for, and once.
pub struct Subject<'e> {
    pub(super) kind: &'e str,
    pub(super) session_id: &'e str,
    pub(super) agent: &'e str,
    /// Nanoseconds since the Unix epoch.
    pub(super) stamp_ns: u64,
    /// 0: not stored yet.
    pub(super) seq: u64,
    pub(super) data: &'e EventData,
    pub(super) payload: &'e [u8],
    text: OnceCell<Folded>,
}

impl<'e> Subject<'e> {
    /// An event as it stands in a store: the envelope (its own `payload` is not looked at), its time in nanoseconds
    /// since the Unix epoch, and the agent's bytes.
    pub fn new(envelope: &'e Envelope, stamp_ns: u64, payload: &'e [u8]) -> Self {
        Self {
            kind: &envelope.kind,
            session_id: &envelope.session_id,
            agent: &envelope.agent,
            stamp_ns,
            seq: envelope.seq,
            data: &envelope.data,
            payload,
            text: OnceCell::new(),
        }
    }

    pub(super) fn text(&self) -> &Folded {
        self.text.get_or_init(|| searched::folded(self))
    }

    /// Last component of the working directory.
    pub(super) fn project(&self) -> Option<&'e str> {
        let name = self.data.cwd.as_deref()?.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next()?;
        (!name.is_empty()).then_some(name)
    }
}

impl<'e> From<&'e Event> for Subject<'e> {
    fn from(event: &'e Event) -> Self {
        Self {
            kind: &event.kind,
            session_id: &event.session_id,
            agent: &event.agent,
            stamp_ns: event.stamp_ns,
            seq: 0,
            data: &event.data,
            payload: &event.payload,
            text: OnceCell::new(),
        }
    }
}
