//! From the journal to the store: one thread that sleeps until the kernel says that something was appended.
//!
//! A pass reads what has gathered, parses it, stores it in one transaction and hands it to the live ring. Under load
//! passes grow by themselves, and the next is read while one is stored; at rest one event is one pass. There is no
//! timer while nothing happens.

mod folder;
mod limits;
mod reading;
mod redaction;
mod segment;
mod segments;
mod spill;
mod storing;
mod torn;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tailhook_core::agents;
use tailhook_journal::sys;

use crate::live::Live;
use crate::measure::{Measure, Trouble};
use crate::store::{StoreError, Writer};
use crate::surroundings::Surroundings;
use limits::Limits;
use reading::Gathered;
pub(crate) use redaction::SharedRedaction;
use segments::Segments;
use storing::Storing;
pub(crate) use storing::Transcripts;
pub(crate) use watch::Waker;
use watch::{Watch, Woken};

/// How long to wait when the store fails, before trying again. The journal keeps what comes meanwhile.
const RETRY: Duration = Duration::from_secs(1);
/// So many events are worth a thread that stores them while the next are read.
const MANY: usize = 256;
/// How far apart passes begin that store so many.
const BREATH: Duration = Duration::from_millis(2);
/// How long a daemon that is to end goes on storing what is still being appended.
const LAST_PASSES: Duration = Duration::from_millis(300);
/// How often to look whether a sealed segment or an unfinished frame has been let go. Only while there is one. As long after
/// a load its memory is given back.
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
    redaction: SharedRedaction,
    storing: Storing,
    watch: Watch,
    trouble: bool,
    /// The last pass stored many events.
    is_busy: bool,
    load: Load,
    /// There was no thread to be had.
    is_alone: bool,
}

/// Whether much has been stored at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Load {
    /// Not lately.
    None,
    /// In one of the last passes.
    Now,
    /// Not since the last look: memory is given back at the next.
    Over,
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
        let storing = Storing { writer, live, measure, transcripts: None, surroundings: None };
        Ok((
            Self {
                segments,
                redaction,
                storing,
                watch,
                trouble: false,
                is_busy: false,
                load: Load::None,
                is_alone: false,
            },
            waker,
        ))
    }

    /// Stores what a follower of transcripts reads as well.
    pub(crate) fn with_transcripts(mut self, transcripts: Transcripts) -> Self {
        self.storing.transcripts = Some(transcripts);
        self
    }

    /// Stores what is found out about sessions as well.
    pub(crate) fn with_surroundings(mut self, surroundings: Surroundings) -> Self {
        self.storing.surroundings = Some(surroundings);
        self
    }

    /// Runs until it is woken to stop; what was appended by then is stored, or waits for the next daemon where it is too
    /// much for the time that is left.
    pub(crate) fn run(mut self) {
        let mut woken = Woken::Look;
        loop {
            let started = Instant::now();
            let passed = if woken == Woken::Grown { self.short_pass() } else { self.pass() };
            let more = match passed {
                Ok(more) => {
                    self.recovered();
                    more
                }
                Err(error) => {
                    self.in_trouble(&error);
                    woken = self.wait(Some(RETRY));
                    if woken == Woken::Stop {
                        return;
                    }
                    continue;
                }
            };
            if self.watch.is_stopped() {
                return self.last_passes();
            }
            if more || self.takes_a_breath(started) {
                woken = Woken::Look;
                continue;
            }
            // After a short pass the wait is none: whatever else is to be done waits for the whole one that follows.
            let patience = if woken == Woken::Grown { None } else { self.tidy() };
            woken = self.wait(patience);
            if woken == Woken::Stop {
                return self.last_passes();
            }
        }
    }

    /// Under load passes begin no closer than a breath, and nothing is watched in between. Whoever looked again at once
    /// would store every few events in a transaction of their own, and each notice of the kernel costs a hook its time.
    fn takes_a_breath(&mut self, started: Instant) -> bool {
        let is_busy = std::mem::take(&mut self.is_busy);
        if is_busy {
            std::thread::sleep(BREATH.saturating_sub(started.elapsed()));
        }
        is_busy
    }

    fn wait(&mut self, patience: Option<Duration>) -> Woken {
        let woken = self.watch.wait(patience, || self.segments.glance());
        // A segment alone may be read only where nothing else was left.
        if woken == Woken::Grown && patience.is_some() { Woken::Look } else { woken }
    }

    /// What is done when all is stored. Gives how long to wait for what no event of the kernel will announce.
    fn tidy(&mut self) -> Option<Duration> {
        self.segments.sweep();
        let next = if self.load == Load::Now { Load::Over } else { Load::None };
        let load = std::mem::replace(&mut self.load, next);
        if load != Load::Now {
            self.segments.rest();
            self.storing.live.rest();
        }
        // Once after each: what comes next may be many small steps.
        if load == Load::Over {
            sys::forget_code();
        }
        if self.refold() || self.retain() {
            return Some(Duration::ZERO);
        }
        // Under load the next batch comes within that time, and needs the same memory.
        (self.segments.is_unsettled() || load == Load::Now).then_some(SETTLE)
    }

    /// One batch, or many in a row while more comes. True: there is more to read already.
    fn pass(&mut self) -> Result<bool, StoreError> {
        let redaction = self.redaction.get();
        let gathered = self.segments.gather(|raw| agents::parse(raw, &redaction));
        self.store(gathered)
    }

    /// What has woken the thread and nothing else: an event that comes alone waits for no other file to be looked at.
    /// True: a whole pass is to follow at once.
    fn short_pass(&mut self) -> Result<bool, StoreError> {
        let redaction = self.redaction.get();
        let gathered = self.segments.gather_glanced(|raw| agents::parse(raw, &redaction));
        if gathered.batch.is_empty() { Ok(true) } else { self.store(gathered) }
    }

    fn store(&mut self, mut gathered: Gathered) -> Result<bool, StoreError> {
        self.is_busy = gathered.batch.events.len() >= MANY;
        if self.is_busy {
            self.load = Load::Now;
        }
        while gathered.more && gathered.batch.events.len() >= MANY && !self.is_alone && !self.watch.is_stopped() {
            let (stored, next) = self.store_and_read_ahead(&mut gathered);
            self.judge(stored)?;
            self.segments.stored(gathered);
            self.storing.measure.waits(self.segments.waiting_bytes());
            gathered = next;
            self.segments.tend(&mut gathered.batch);
        }
        let stored = self.storing.store(&mut gathered.batch);
        self.judge(stored)?;
        let more = gathered.more;
        self.segments.stored(gathered);
        // At rest all that was found is stored, and the kernel need not be asked.
        self.storing.measure.waits(if more { self.segments.waiting_bytes() } else { 0 });
        Ok(more)
    }

    /// Under load the next batch is read and parsed on one processor while another stores this one.
    fn store_and_read_ahead(&mut self, gathered: &mut Gathered) -> (Result<(), StoreError>, Gathered) {
        let Self { segments, redaction, storing, is_alone, .. } = self;
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("store".into());
            match thread.spawn_scoped(scope, || storing.store(&mut gathered.batch)) {
                Ok(thread) => {
                    let redaction = redaction.get();
                    let next = segments.read_ahead(|raw| agents::parse(raw, &redaction));
                    (thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), next)
                }
                // It is read again, and stored without one.
                Err(cause) => {
                    *is_alone = true;
                    (Err(StoreError::Thread { cause }), Gathered::default())
                }
            }
        })
    }

    /// What was not stored is to be read again.
    fn judge(&mut self, stored: Result<(), StoreError>) -> Result<(), StoreError> {
        stored.inspect_err(|_| {
            self.segments.rewind();
            self.storing.measure.waits(self.segments.waiting_bytes());
        })
    }

    /// Goes on with what an older program left to be folded again. True: there is more of it.
    fn refold(&mut self) -> bool {
        self.storing.writer.refold().unwrap_or_else(|error| {
            // It is tried again when the daemon starts again; the sessions keep the rows that they have.
            tracing::warn!("{error}");
            false
        })
    }

    /// Removes a few of the events that are no longer kept. True: there are more of them.
    fn retain(&mut self) -> bool {
        self.storing.writer.retain(sys::now_ns()).unwrap_or_else(|error| {
            tracing::warn!("{error}");
            false
        })
    }

    fn last_passes(mut self) {
        let end = Instant::now() + LAST_PASSES;
        while matches!(self.pass(), Ok(true)) && Instant::now() < end {}
        self.storing.writer.settle();
    }

    fn in_trouble(&mut self, error: &StoreError) {
        if !self.trouble {
            tracing::error!("{error}; events wait in the journal; hint: {}", error.hint());
        }
        self.trouble = true;
        self.storing.measure.store_trouble(Some(Trouble { error: error.to_string(), hint: error.hint() }));
    }

    fn recovered(&mut self) {
        if std::mem::take(&mut self.trouble) {
            tracing::info!("the store works again");
            self.storing.measure.store_trouble(None);
        }
    }
}

#[cfg(test)]
mod tests;
