//! One piece at a time from the follower to the ingest thread, and the word that it is stored.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::ingest::Waker;
use crate::store::Piece;

/// The follower's end.
pub(crate) struct Handover {
    pieces: SyncSender<Piece>,
    stored: Receiver<()>,
    waker: Option<Waker>,
}

/// The ingest thread's end.
pub(crate) struct Takeover {
    pieces: Receiver<Piece>,
    stored: SyncSender<()>,
}

/// The daemon ends.
#[derive(Debug)]
pub(super) struct Ended;

/// Both ends. The one for the follower works once it knows how to wake the other.
pub(crate) fn handover() -> (Handover, Takeover) {
    let (pieces, taken) = sync_channel(1);
    let (stored, heard) = sync_channel(1);
    (Handover { pieces, stored: heard, waker: None }, Takeover { pieces: taken, stored })
}

impl Handover {
    /// With what wakes the ingest thread.
    pub(crate) fn with_waker(mut self, waker: Waker) -> Self {
        self.waker = Some(waker);
        self
    }

    /// Waits until the piece is stored.
    pub(super) fn give(&self, piece: Piece) -> Result<(), Ended> {
        self.pieces.send(piece).map_err(|_| Ended)?;
        if let Some(waker) = &self.waker {
            waker.look();
        }
        self.stored.recv().map_err(|_| Ended)
    }
}

impl Takeover {
    /// The piece that waits, if there is one.
    pub(crate) fn take(&self) -> Option<Piece> {
        self.pieces.try_recv().ok()
    }

    /// The piece that was taken is stored.
    pub(crate) fn stored(&self) {
        // An error says that the follower has ended.
        let _ = self.stored.send(());
    }
}
