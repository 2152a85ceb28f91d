//! The storing half of a pass: one transaction, then the live ring, then whoever wants to know.

use std::sync::Arc;
use std::time::Instant;

use tailhook_journal::sys;

use crate::live::Live;
use crate::measure::Measure;
use crate::store::{Batch, Committed, Piece, StoreError, Writer};
use crate::surroundings::Surroundings;
use crate::transcript::{Inbox, Takeover};

/// Where events go.
pub(super) struct Storing {
    pub(super) writer: Writer,
    pub(super) live: Arc<Live>,
    pub(super) measure: Arc<Measure>,
    pub(super) transcripts: Option<Transcripts>,
    pub(super) surroundings: Option<Surroundings>,
}

/// The follower of transcripts, as this thread knows it.
pub(crate) struct Transcripts {
    /// What it has read.
    pub(crate) takeover: Takeover,
    /// What it wants to know.
    pub(crate) inbox: Arc<Inbox>,
    /// Taken, and not stored yet.
    pending: Option<Piece>,
}

impl Transcripts {
    /// A follower that has given nothing yet.
    pub(crate) fn new(takeover: Takeover, inbox: Arc<Inbox>) -> Self {
        Self { takeover, inbox, pending: None }
    }

    fn take(&mut self) -> Option<Piece> {
        self.pending.take().or_else(|| self.takeover.take())
    }

    /// Tries again later, unless the piece itself is what the store refuses: events of hooks must not wait for that.
    fn failed(&mut self, piece: Option<Piece>, error: &StoreError) {
        if piece.is_some() && error.is_contents_fault() {
            tracing::error!("left out a piece of a transcript: {error}");
            self.takeover.stored();
        } else {
            self.pending = piece;
        }
    }
}

impl Storing {
    /// Stores a batch, and what was found beside it, all or nothing.
    pub(super) fn store(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        batch.piece = self.transcripts.as_mut().and_then(Transcripts::take);
        batch.facts = self.surroundings.as_ref().map(|surroundings| surroundings.facts.take()).unwrap_or_default();
        if batch.is_empty() {
            return self.writer.catch_up();
        }
        let reasons = self.surroundings.as_ref().map(|_| Surroundings::reasons(&batch.events)).unwrap_or_default();
        let started = Instant::now();
        let committed = self.writer.store(batch, sys::now_ns()).inspect_err(|error| {
            if let Some(surroundings) = &self.surroundings {
                surroundings.facts.put_back(std::mem::take(&mut batch.facts));
            }
            if let Some(transcripts) = &mut self.transcripts {
                transcripts.failed(batch.piece.take(), error);
            }
        })?;
        let (took, last_seq) = (started.elapsed(), self.writer.last_seq());
        let notices = self.transcripts.as_ref().map(|_| Inbox::notices(&committed.events)).unwrap_or_default();
        // Subscribers wait for this; the threads that are told afterwards do not.
        let note = |committed: &Committed| self.measure.committed(&committed.events, took, last_seq);
        self.live.publish(committed, note, || {
            if let Err(error) = self.writer.follow() {
                // The next pass begins with it, and nothing else is stored before.
                tracing::warn!("{error}");
            }
        });
        if let Some(transcripts) = &self.transcripts {
            if batch.piece.take().is_some() {
                transcripts.takeover.stored();
            }
            transcripts.inbox.tell(notices);
        }
        if let Some(surroundings) = &self.surroundings {
            surroundings.tell(reasons);
        }
        Ok(())
    }
}
