//! All segments of the journal and the spool, read in an order that keeps each writer's events in theirs.
//!
//! A writer that finds the journal full goes to the spool, and goes on there until the journal has room again. So:
//! sealed segments of the journal first; its active one next, unless a sealed spool waits to be finished; then the
//! spool. A full journal is sealed only after the spool was read to its end, and the spool is sealed right after it:
//! what a writer put there before it came back to the new journal is read before that.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tailhook_core::event::HookStages;
use tailhook_core::{Event, RawEvent};
use tailhook_journal::append::{ACTIVE, DROPPED};
use tailhook_journal::scan::{Item, Scan};
use tailhook_journal::spill::{SPILL_DIR, SPILLED};
use tailhook_journal::{Flags, Frame};

use super::segment::Segment;
use super::{IngestError, spill};
use crate::store::{Batch, Position};

/// One batch reads at most so much.
const BATCH_BYTES: usize = 4 << 20;
/// The buffer at rest.
const REST_BYTES: usize = 128 << 10;
/// An active segment of this size is sealed as soon as all of it is stored.
const ROTATE_BYTES: u64 = 4 << 20;
/// How long a sealed spool may hold up the journal: twice a hook's deadline. After that a stopped hook may come in late.
const SPOOL_PATIENCE: Duration = Duration::from_secs(2);
/// How long bytes that are no frame may wait for their rest before it is asked whether anybody is still writing.
const TAIL_PATIENCE: Duration = Duration::from_millis(100);

/// A folder with segments.
struct Folder {
    path: PathBuf,
    sealed: VecDeque<Segment>,
    active: Option<Segment>,
    /// When the newest sealed one was sealed.
    sealed_at: Instant,
    sealed_count: u64,
}

/// The journal and the spool.
pub(super) struct Segments {
    journal: Folder,
    spool: Folder,
    positions: HashMap<String, u64>,
    buffer: Vec<u8>,
    /// Since when the segment with this name ends in something that is no frame yet.
    tail: Option<(PathBuf, u64, Instant)>,
}

/// What one pass gathered.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) batch: Batch,
    /// Files to remove once the batch is stored.
    pub(super) spills: Vec<PathBuf>,
    /// The batch is full; more can be read at once.
    pub(super) more: bool,
}

impl Folder {
    fn open(path: PathBuf, positions: &HashMap<String, u64>) -> Result<Self, IngestError> {
        use std::os::unix::fs::{DirBuilderExt, MetadataExt};
        let failed = |cause| IngestError::Journal { path: path.clone(), cause };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(failed)?;
        let metadata = std::fs::symlink_metadata(&path).map_err(failed)?;
        let ours =
            metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0;
        if !ours {
            // The hook refuses such a folder too; reading it would only hide that.
            return Err(failed(std::io::Error::other("it is not a folder of ours alone (owner, mode)")));
        }
        let mut folder = Self {
            path: path.clone(),
            sealed: VecDeque::new(),
            active: None,
            sealed_at: Instant::now(),
            sealed_count: 0,
        };
        let mut numbers: Vec<u64> = std::fs::read_dir(&path)
            .map_err(failed)?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix("sealed-")?.parse().ok())
            .collect();
        numbers.sort_unstable();
        for number in numbers {
            let segment = Segment::open(&folder.sealed_path(number), |id| positions.get(id).copied());
            folder.sealed.push_back(segment.map_err(failed)?);
            folder.sealed_count = number + 1;
        }
        Ok(folder)
    }

    fn sealed_path(&self, number: u64) -> PathBuf {
        self.path.join(format!("sealed-{number}"))
    }

    fn active_path(&self) -> PathBuf {
        self.path.join(OsStr::from_bytes(ACTIVE.to_bytes()))
    }

    /// Opens the active segment if there is one.
    fn find_active(&mut self, positions: &HashMap<String, u64>) {
        let path = self.active_path();
        if self.active.as_ref().is_some_and(|active| !active.is_at(&path)) {
            // Somebody removed or replaced it; what can still be read of it is read.
            self.sealed.extend(self.active.take());
        }
        if self.active.is_none() {
            self.active = Segment::open(&path, |id| positions.get(id).copied()).ok();
        }
    }

    /// Renames the active segment, so that the next hook makes a new one.
    fn seal(&mut self) {
        let Some(mut active) = self.active.take() else { return };
        let path = self.sealed_path(self.sealed_count);
        if let Err(error) = std::fs::rename(&active.path, &path) {
            tracing::warn!("could not seal {}: {error}", active.path.display());
            self.active = Some(active);
            return;
        }
        active.path = path;
        self.sealed_count += 1;
        self.sealed_at = Instant::now();
        self.sealed.push_back(active);
    }

    fn is_read(&self) -> bool {
        self.sealed.is_empty() && self.active.as_ref().is_none_or(|active| active.at >= active.size())
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Segment> {
        self.sealed.iter_mut().chain(self.active.as_mut())
    }

    fn spill_folder(&self) -> PathBuf {
        self.path.join(OsStr::from_bytes(SPILL_DIR.to_bytes()))
    }

    /// Reads and resets the count of dropped events.
    fn take_dropped(&self) -> u64 {
        let path = self.path.join(OsStr::from_bytes(DROPPED.to_bytes()));
        let taken = self.path.join("dropped-taken");
        if std::fs::rename(&path, &taken).is_err() {
            return 0;
        }
        let count = std::fs::metadata(&taken).map_or(0, |m| m.len());
        let _ = std::fs::remove_file(&taken);
        count
    }
}

impl Segments {
    /// Opens both folders, making them where they are missing.
    pub(super) fn open(journal: PathBuf, spool: PathBuf, positions: HashMap<String, u64>) -> Result<Self, IngestError> {
        Ok(Self {
            journal: Folder::open(journal, &positions)?,
            spool: Folder::open(spool, &positions)?,
            positions,
            buffer: Vec::new(),
            tail: None,
        })
    }

    /// The folders that hooks write to.
    pub(super) fn folders(&self) -> [PathBuf; 2] {
        [self.journal.path.clone(), self.spool.path.clone()]
    }

    /// Reads what has come, up to one batch.
    pub(super) fn gather(&mut self, mut parse: impl FnMut(&RawEvent<'_>) -> Event) -> Gathered {
        let mut gathered = Gathered::default();
        self.journal.find_active(&self.positions);
        self.spool.find_active(&self.positions);
        gathered.batch.dropped = self.journal.take_dropped() + self.spool.take_dropped();

        let spills = [self.journal.spill_folder(), self.spool.spill_folder()];
        let spool_first = !self.spool.sealed.is_empty() && self.spool.sealed_at.elapsed() < SPOOL_PATIENCE;
        let journal_active = self.journal.active.as_mut().filter(|_| !spool_first);
        let segments = self.journal.sealed.iter_mut().chain(journal_active).chain(self.spool.all());
        let mut room = BATCH_BYTES;
        self.buffer.resize(BATCH_BYTES.min(self.buffer.capacity().max(REST_BYTES)), 0);
        let mut tail = None;
        for segment in segments {
            while room > 0 {
                let waiting = usize::try_from(segment.size().saturating_sub(segment.at)).unwrap_or(usize::MAX);
                if waiting == 0 {
                    break;
                }
                let want = waiting.min(BATCH_BYTES);
                if self.buffer.len() < want {
                    self.buffer.resize(want, 0);
                }
                // Asked before reading: what is written after the answer is not in what we read.
                let stuck = self.tail.as_ref().filter(|(path, at, _)| *path == segment.path && *at == segment.at);
                let settled =
                    stuck.is_some_and(|(_, _, since)| since.elapsed() >= TAIL_PATIENCE) && segment.is_let_go();
                let Ok(n) = segment.read(&mut self.buffer[..want]) else { break };
                let settled = settled && segment.size() == segment.at + n as u64;
                let done = scan(&self.buffer[..n], settled, &spills, &mut gathered, &mut parse);
                segment.at += done as u64;
                room = room.saturating_sub(n);
                if done == 0 {
                    let since = stuck.map_or_else(Instant::now, |(_, _, since)| *since);
                    tail = Some((segment.path.clone(), segment.at, since));
                    break;
                }
            }
            if segment.at > segment.stored
                && let Some(segment_id) = segment.identify()
            {
                gathered.batch.positions.push(Position { segment: segment_id, offset: Some(segment.at) });
            }
        }
        self.tail = tail;
        gathered.more = room == 0;
        if gathered.batch.is_empty() {
            // Nothing came: all that was read is stored, so segments can go.
            self.buffer = Vec::new();
            self.rotate(&mut gathered.batch);
        }
        gathered
    }

    /// Removes sealed segments that are done with, and seals active ones that are large or full.
    fn rotate(&mut self, batch: &mut Batch) {
        let mut removed = false;
        for folder in [&mut self.journal, &mut self.spool] {
            while let Some(segment) = folder.sealed.front_mut() {
                // One that somebody else removed or replaced has no name of its own that could be removed.
                if segment.is_at(&segment.path) {
                    let claim = segment.claim();
                    if claim.is_none() || segment.size() > segment.at {
                        break;
                    }
                    if let Err(error) = std::fs::remove_file(&segment.path) {
                        tracing::warn!("could not remove {}: {error}", segment.path.display());
                        break;
                    }
                }
                removed = true;
                batch.positions.extend(segment.identify().map(|segment| Position { segment, offset: None }));
                folder.sealed.pop_front();
            }
        }
        if removed || !self.journal.sealed.is_empty() || !self.spool.sealed.is_empty() {
            return;
        }
        let journal_size = self.journal.active.as_ref().map_or(0, |active| active.at);
        let spool_used = self.spool.active.as_ref().is_some_and(|active| active.at > 0);
        if journal_size >= ROTATE_BYTES && self.journal.is_read() && self.spool.is_read() {
            self.journal.seal();
            self.reset_spilled();
        }
        if spool_used && self.spool.is_read() {
            self.spool.seal();
        }
    }

    /// All that was spilled so far has been read: the count of what lies there starts again.
    fn reset_spilled(&self) {
        for folder in [&self.journal, &self.spool] {
            let path = folder.path.join(OsStr::from_bytes(SPILLED.to_bytes()));
            if let Ok(file) = std::fs::File::options().write(true).open(path) {
                let _ = file.set_len(0);
            }
        }
    }

    /// The batch is stored: what it read need not be read again.
    pub(super) fn stored(&mut self, spills: Vec<PathBuf>) {
        for folder in [&mut self.journal, &mut self.spool] {
            for segment in folder.all() {
                segment.stored = segment.at;
                if let Some(id) = segment.identify() {
                    self.positions.insert(id, segment.at);
                }
            }
        }
        for path in spills {
            let _ = std::fs::remove_file(path);
        }
    }

    /// The batch could not be stored: read it again.
    pub(super) fn rewind(&mut self) {
        for folder in [&mut self.journal, &mut self.spool] {
            for segment in folder.all() {
                segment.at = segment.stored;
            }
        }
    }

    /// Something waits that no event of the kernel will announce.
    pub(super) fn is_unsettled(&self) -> bool {
        self.tail.is_some() || !self.journal.sealed.is_empty() || !self.spool.sealed.is_empty()
    }

    /// Spilled payloads whose hook is gone.
    pub(super) fn spilled_by_the_dead(&self) -> Vec<PathBuf> {
        [&self.journal, &self.spool].into_iter().flat_map(|folder| spill::of_the_dead(&folder.spill_folder())).collect()
    }

    /// Removes those that no frame named.
    #[expect(clippy::unused_self, reason = "belongs to the list above")]
    pub(super) fn sweep(&self, leftovers: &[PathBuf]) {
        for path in leftovers {
            if std::fs::remove_file(path).is_ok() {
                tracing::info!("removed {}: its hook was killed before it could hand it over", path.display());
            }
        }
    }
}

/// Takes the frames out of a stretch of bytes; gives how many bytes are done with.
fn scan(
    bytes: &[u8],
    settled: bool,
    spills: &[PathBuf],
    gathered: &mut Gathered,
    parse: &mut impl FnMut(&RawEvent<'_>) -> Event,
) -> usize {
    let mut scan = Scan::new(bytes, settled);
    for item in scan.by_ref() {
        match item {
            Item::Frame(frame) => {
                let event = read_frame(&frame, spills, gathered, parse);
                gathered.batch.events.push(event);
            }
            Item::Torn(torn, cause) => {
                tracing::warn!("{} bytes of the journal are no frame: {cause}", torn.len());
                gathered.batch.torn += 1;
            }
        }
    }
    scan.done()
}

fn read_frame(
    frame: &Frame<'_>,
    spills: &[PathBuf],
    gathered: &mut Gathered,
    parse: &mut impl FnMut(&RawEvent<'_>) -> Event,
) -> Event {
    let mut raw = RawEvent {
        stamp_ns: frame.stamp_ns,
        hook_ns: u64::from(frame.hook_ns),
        pid: frame.pid,
        ppid: frame.ppid,
        agent: String::from_utf8_lossy(frame.agent),
        event_hint: String::from_utf8_lossy(frame.event),
        truncated: frame.flags.has(Flags::TRUNCATED),
        total_bytes: frame.total_bytes,
        stages: frame.stages.map(|stages| HookStages {
            first_read_us: u64::from(stages.first_read_ns) / 1_000,
            input_end_us: u64::from(stages.input_end_ns) / 1_000,
            opened_us: u64::from(stages.opened_ns) / 1_000,
            reads: u64::from(stages.reads),
        }),
        payload: frame.payload.into(),
    };
    if frame.flags.has(Flags::SPILLED) {
        if let Some((path, payload)) = spill::read(spills, frame.payload) {
            gathered.spills.push(path);
            raw.payload = payload.into();
        } else {
            gathered.batch.lost += 1;
            raw.truncated = true;
            raw.payload = Vec::new().into();
        }
    }
    parse(&raw)
}
