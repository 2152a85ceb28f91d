//! The thread that follows transcripts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tailhook_core::agents::LEAN;
use tailhook_core::transcript::{Format, Source};

use super::file::Followed;
use super::handover::{Ended, Handover};
use super::inbox::{Calls, Inbox, Notice};
use super::place;
use super::watch::{Touched, Watch};
use crate::ingest::SharedRedaction;
use crate::store::{Reader, SessionQuery, StoreError};

/// Most files followed at once; the one that gave nothing for longest goes first, and comes back with its session's next
/// prompt.
const MAX_FILES: usize = 256;
/// Sessions that are looked up in the store at the start.
const MAX_SESSIONS: usize = 256;
/// The buffer at rest.
const REST_BYTES: usize = 64 << 10;
/// Behind everything else that runs: what a transcript tells can wait, an agent cannot.
const NICE: i32 = 5;

/// Everything that the thread needs.
pub(crate) struct Follower {
    inbox: Arc<Inbox>,
    watch: Watch,
    handover: Handover,
    redaction: SharedRedaction,
    database: PathBuf,
    files: HashMap<PathBuf, Followed>,
    buffer: Vec<u8>,
    /// Counts pieces, so that the files can be told apart by their last one.
    turn: u64,
}

impl Follower {
    /// A follower of what the store at `database` knows and its inbox will be told.
    pub(crate) fn new(handover: Handover, redaction: SharedRedaction, database: PathBuf) -> std::io::Result<Self> {
        let (watch, alarm) = Watch::new()?;
        let inbox = Arc::new(Inbox::new(alarm));
        Ok(Self { inbox, watch, handover, redaction, database, files: HashMap::new(), buffer: Vec::new(), turn: 0 })
    }

    /// Where to tell it of events.
    pub(crate) fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.inbox)
    }

    /// Runs until the inbox is stopped or the ingest thread has ended.
    pub(crate) fn run(mut self) {
        // On Linux this is the thread's own; elsewhere it would be the whole daemon's.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::setpriority_process(None, NICE);
        let _ = self.follow_all();
    }

    fn follow_all(&mut self) -> Result<(), Ended> {
        self.look_into_store();
        let mut touched: Vec<PathBuf> = self.files.keys().cloned().collect();
        loop {
            for path in std::mem::take(&mut touched) {
                self.read(&path)?;
            }
            self.buffer.truncate(REST_BYTES);
            self.buffer.shrink_to(REST_BYTES);
            match self.watch.wait() {
                Touched::These(paths) => touched = paths,
                Touched::Any => touched.extend(self.files.keys().cloned()),
            }
            let queue = self.inbox.take();
            if queue.stop {
                return Err(Ended);
            }
            if queue.overflowed {
                self.look_into_store();
                touched.extend(self.files.keys().cloned());
            }
            for notice in &queue.notices {
                touched.extend(self.take(notice));
                touched.extend(self.take_untold(notice));
            }
            touched.sort_unstable();
            touched.dedup();
        }
    }

    /// Reads what is new in a file, a piece at a time.
    fn read(&mut self, path: &Path) -> Result<(), Ended> {
        let Some(file) = self.files.get_mut(path) else { return Ok(()) };
        let redaction = self.redaction.get();
        while let Some(piece) = file.next(&redaction, &mut self.buffer) {
            self.handover.give(piece)?;
            self.turn += 1;
            file.stored(self.turn);
            if self.inbox.is_stopped() {
                return Err(Ended);
            }
        }
        Ok(())
    }

    /// What was followed before, and sessions whose notice was lost with the daemon that was told.
    fn look_into_store(&mut self) {
        let read = || -> Result<_, StoreError> {
            let reader = Reader::open(&self.database)?;
            Ok((reader.transcripts(MAX_FILES)?, reader.sessions(&SessionQuery::newest(MAX_SESSIONS))?))
        };
        let (rows, sessions) = match read() {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!("{error}; transcripts of earlier sessions are followed from their next prompt on");
                return;
            }
        };
        for row in rows {
            if !self.files.contains_key(Path::new(&row.path)) {
                self.follow(Followed::resume(row));
            }
        }
        for session in sessions {
            let Some((format, path)) = Format::of(&session.agent).zip(session.transcript_path) else { continue };
            if !self.files.contains_key(Path::new(&path)) {
                let lean = session.profile.as_deref() == Some(LEAN);
                let calls = if lean { Calls::Since(stamp_ns(&session.started_at)) } else { Calls::ByHook };
                let session_id = session.session_id;
                self.take(&Notice { format, session_id, agent_id: None, transcript_path: Some(path), calls });
            }
        }
    }

    /// Follows what a notice names; gives the file to look at.
    fn take(&mut self, notice: &Notice) -> Option<PathBuf> {
        let (format, session_id, named) = (notice.format, &notice.session_id, notice.transcript_path.as_deref());
        let (main, path) = match &notice.agent_id {
            None => {
                let main = match named {
                    Some(path) => place::main(format, path, session_id)?,
                    None => self.main_of(session_id)?.path.clone(),
                };
                (main.clone(), main)
            }
            Some(agent_id) => {
                let main = self.main_of(session_id)?.path.clone();
                let path = place::subagent(format, &main, agent_id, named)?;
                (main, path)
            }
        };
        self.follow_anew(&path, &main, notice, notice.agent_id.as_deref());
        // A subagent's calls are told of in the same way as its session's.
        let inherited = self.files.get(&main).and_then(|main| main.source.calls_since_ns);
        let source = &mut self.files.get_mut(&path)?.source;
        source.calls_since_ns = match notice.calls {
            Calls::Since(since_ns) => source.calls_since_ns.or(Some(since_ns)),
            Calls::ByHook => None,
            Calls::Unknown => inherited,
        };
        Some(path)
    }

    /// Subagents that only their files tell of, as soon as a turn has ended.
    fn take_untold(&mut self, notice: &Notice) -> Vec<PathBuf> {
        if notice.agent_id.is_some() || notice.transcript_path.is_some() {
            return Vec::new();
        }
        let Some(main) = self.main_of(&notice.session_id).map(|file| file.path.clone()) else { return Vec::new() };
        let found = place::untold_subagents(notice.format, &main, &notice.session_id);
        for (agent_id, path) in &found {
            self.follow_anew(path, &main, notice, Some(agent_id));
        }
        found.into_iter().map(|(_, path)| path).collect()
    }

    /// Follows a file that is not followed yet.
    fn follow_anew(&mut self, path: &Path, main: &Path, notice: &Notice, agent_id: Option<&str>) {
        if self.files.contains_key(path) {
            return;
        }
        let source = Source {
            format: notice.format,
            session_id: notice.session_id.clone(),
            agent_id: agent_id.unwrap_or_default().to_owned(),
            transcript_path: main.to_string_lossy().into_owned(),
            calls_since_ns: None,
        };
        self.follow(Followed::new(path.to_owned(), source));
    }

    fn main_of(&self, session_id: &str) -> Option<&Followed> {
        self.files.values().find(|file| file.source.session_id == session_id && file.source.agent_id.is_empty())
    }

    fn follow(&mut self, file: Followed) {
        if self.files.len() >= MAX_FILES
            && let Some(path) = self.files.values().min_by_key(|file| file.turn).map(|file| file.path.clone())
        {
            self.watch.forget(&path);
            self.files.remove(&path);
        }
        // Before the file is read for the first time: what comes in between is announced.
        self.watch.follow(&file.path);
        self.turn += 1;
        self.files.insert(file.path.clone(), file.used(self.turn));
    }
}

/// A time of the API, as nanoseconds since the Unix epoch.
fn stamp_ns(text: &str) -> u64 {
    text.parse::<jiff::Timestamp>().ok().and_then(|stamp| u64::try_from(stamp.as_nanosecond()).ok()).unwrap_or(u64::MAX)
}
