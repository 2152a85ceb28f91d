//! From the journal to the store: one thread that sleeps until the kernel says that something was appended.
//!
//! A pass reads what has gathered, parses it, stores it in one transaction and hands it to the live ring. Under load
//! passes grow by themselves; at rest one event is one pass. There is no timer while nothing happens.

mod folder;
mod limits;
mod reading;
mod segment;
mod segments;
mod spill;
mod torn;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tailhook_core::{Redaction, agents};

use crate::live::Live;
use crate::measure::Measure;
use crate::store::{StoreError, Writer};
use limits::Limits;
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
    redaction: Redaction,
    live: Arc<Live>,
    measure: Arc<Measure>,
    trouble: bool,
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
        redaction: Redaction,
        live: Arc<Live>,
        measure: Arc<Measure>,
    ) -> Result<(Self, Waker), IngestError> {
        let segments = Segments::open(folders, Limits::default(), redaction.clone(), writer.positions()?)?;
        let watch = Watch::new(segments.folders()).map_err(|cause| IngestError::Watch { cause })?;
        let waker = watch.waker();
        Ok((Self { segments, watch, writer, redaction, live, measure, trouble: false }, waker))
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
            let patience = self.segments.is_unsettled().then_some(SETTLE);
            if self.watch.wait(patience) == Woken::Stop {
                self.last_pass();
                return;
            }
        }
    }

    /// One batch. True: there is more to read already.
    fn pass(&mut self) -> Result<bool, StoreError> {
        let redaction = &self.redaction;
        let gathered = self.segments.gather(|raw| agents::parse(raw, redaction));
        if gathered.batch.is_empty() {
            return Ok(gathered.more);
        }
        let started = Instant::now();
        let committed = match self.writer.commit(&gathered.batch, tailhook_journal::sys::now_ns()) {
            Ok(committed) => committed,
            Err(error) => {
                self.segments.rewind();
                self.measure.waits(self.segments.waiting_bytes());
                return Err(error);
            }
        };
        let more = gathered.more;
        self.segments.stored(gathered);
        // At rest all that was found is stored, and the kernel need not be asked.
        self.measure.waits(if more { self.segments.waiting_bytes() } else { 0 });
        self.measure.committed(&committed.events, started.elapsed(), self.writer.last_seq());
        self.live.publish(committed);
        Ok(more)
    }

    fn last_pass(&mut self) {
        while matches!(self.pass(), Ok(true)) {}
        self.writer.settle();
    }

    fn in_trouble(&mut self, error: &StoreError) {
        if !self.trouble {
            tracing::error!("{error}; events wait in the journal");
        }
        self.trouble = true;
        self.measure.store_trouble(Some(error.to_string()));
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
