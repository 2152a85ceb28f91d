//! From the journal to the store: one thread that sleeps until the kernel says that something was appended.
//!
//! A pass reads what has gathered, parses it, stores it in one transaction and hands it to the live ring. Under load
//! passes grow by themselves; at rest one event is one pass. There is no timer while nothing happens.

mod folder;
mod limits;
mod reading;
mod redaction;
mod segment;
mod segments;
mod spill;
mod torn;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tailhook_core::agents;

use crate::live::Live;
use crate::measure::{Measure, Trouble};
use crate::store::{Piece, StoreError, Writer};
use crate::surroundings::Surroundings;
use crate::transcript::{Inbox, Takeover};
use limits::Limits;
pub(crate) use redaction::SharedRedaction;
use segments::Segments;
pub(crate) use watch::Waker;
use watch::{Watch, Woken};

/// How long to wait when the store fails, before trying again. The journal keeps what comes meanwhile.
const RETRY: Duration = Duration::from_secs(1);
/// How often to look whether a sealed segment or an unfinished frame has been let go. Only while there is one.
const SETTLE: Duration = Duration::from_millis(20);

/// Where events come from, and where bytes go that are none.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    pub(crate) journal: PathBuf,
    pub(crate) spool: PathBuf,
    pub(crate) torn: PathBuf,
}

/// What the ingest thread needs.
pub(crate) struct Ingest {
    segments: Segments,
    watch: Watch,
    writer: Writer,
    redaction: SharedRedaction,
    live: Arc<Live>,
    measure: Arc<Measure>,
    transcripts: Option<Transcripts>,
    surroundings: Option<Surroundings>,
    trouble: bool,
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

/// Why it could not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IngestError {
    #[error("could not open the journal {}: {cause}", path.display())]
    Journal { path: PathBuf, cause: std::io::Error },
    #[error("could not watch the journal: {cause}")]
    Watch { cause: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Ingest {
    /// Opens the journal and the spool, making their folders.
    pub(crate) fn open(
        folders: &Folders,
        writer: Writer,
        redaction: SharedRedaction,
        live: Arc<Live>,
        measure: Arc<Measure>,
    ) -> Result<(Self, Waker), IngestError> {
        let segments = Segments::open(folders, Limits::default(), redaction.clone(), writer.positions()?)?;
        let watch = Watch::new(segments.folders()).map_err(|cause| IngestError::Watch { cause })?;
        let waker = watch.waker();
        Ok((
            Self {
                segments,
                watch,
                writer,
                redaction,
                live,
                measure,
                transcripts: None,
                surroundings: None,
                trouble: false,
            },
            waker,
        ))
    }

    /// Stores what a follower of transcripts reads as well.
    pub(crate) fn with_transcripts(mut self, transcripts: Transcripts) -> Self {
        self.transcripts = Some(transcripts);
        self
    }

    /// Stores what is found out about sessions as well.
    pub(crate) fn with_surroundings(mut self, surroundings: Surroundings) -> Self {
        self.surroundings = Some(surroundings);
        self
    }

    /// Runs until it is woken to stop; what was appended by then is stored.
    pub(crate) fn run(mut self) {
        loop {
            let more = match self.pass() {
                Ok(more) => {
                    self.recovered();
                    more
                }
                Err(error) => {
                    self.in_trouble(&error);
                    if self.watch.wait(Some(RETRY)) == Woken::Stop {
                        return;
                    }
                    continue;
                }
            };
            if more {
                continue;
            }
            self.segments.sweep();
            let patience = if self.refold() || self.retain() {
                Some(Duration::ZERO)
            } else {
                self.segments.is_unsettled().then_some(SETTLE)
            };
            if self.watch.wait(patience) == Woken::Stop {
                self.last_pass();
                return;
            }
        }
    }

    /// One batch. True: there is more to read already.
    fn pass(&mut self) -> Result<bool, StoreError> {
        let redaction = self.redaction.get();
        let mut gathered = self.segments.gather(|raw| agents::parse(raw, &redaction));
        gathered.batch.piece = self.transcripts.as_mut().and_then(Transcripts::take);
        gathered.batch.facts =
            self.surroundings.as_ref().map(|surroundings| surroundings.facts.take()).unwrap_or_default();
        if gathered.batch.is_empty() {
            return Ok(gathered.more);
        }
        let started = Instant::now();
        let committed = match self.writer.commit(&gathered.batch, tailhook_journal::sys::now_ns()) {
            Ok(committed) => committed,
            Err(error) => {
                self.segments.rewind();
                if let Some(surroundings) = &self.surroundings {
                    surroundings.facts.put_back(std::mem::take(&mut gathered.batch.facts));
                }
                if let Some(transcripts) = &mut self.transcripts {
                    transcripts.failed(gathered.batch.piece, &error);
                }
                self.measure.waits(self.segments.waiting_bytes());
                return Err(error);
            }
        };
        let more = gathered.more;
        if let Some(transcripts) = &self.transcripts {
            if gathered.batch.piece.is_some() {
                transcripts.takeover.stored();
            }
            transcripts.inbox.tell(&committed.events);
        }
        if let Some(surroundings) = &self.surroundings {
            surroundings.tell(&gathered.batch.events);
        }
        self.segments.stored(gathered);
        // At rest all that was found is stored, and the kernel need not be asked.
        self.measure.waits(if more { self.segments.waiting_bytes() } else { 0 });
        self.measure.committed(&committed.events, started.elapsed(), self.writer.last_seq());
        self.live.publish(committed);
        Ok(more)
    }

    /// Goes on with what an older program left to be folded again. True: there is more of it.
    fn refold(&mut self) -> bool {
        self.writer.refold().unwrap_or_else(|error| {
            // It is tried again when the daemon starts again; the sessions keep the rows that they have.
            tracing::warn!("{error}");
            false
        })
    }

    /// Removes a few of the events that are no longer kept. True: there are more of them.
    fn retain(&mut self) -> bool {
        self.writer.retain(tailhook_journal::sys::now_ns()).unwrap_or_else(|error| {
            tracing::warn!("{error}");
            false
        })
    }

    fn last_pass(&mut self) {
        while matches!(self.pass(), Ok(true)) {}
        self.writer.settle();
    }

    fn in_trouble(&mut self, error: &StoreError) {
        if !self.trouble {
            tracing::error!("{error}; events wait in the journal; hint: {}", error.hint());
        }
        self.trouble = true;
        self.measure.store_trouble(Some(Trouble { error: error.to_string(), hint: error.hint() }));
    }

    fn recovered(&mut self) {
        if std::mem::take(&mut self.trouble) {
            tracing::info!("the store works again");
            self.measure.store_trouble(None);
        }
    }
}

#[cfg(test)]
mod tests;
