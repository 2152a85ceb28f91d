//! Keeping the index up to date.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rusqlite::{Connection, ErrorCode};
use tailhook_core::filter::{SEARCH_VERSION, Subject, index_text};
use tailhook_journal::sys;

use super::{TABLES, belongs_to, meta, open_index, path_of, set_meta, shard_of};
use crate::store::{Reader, StoreError, Stored, sql};

/// So many events wait before the thread is woken: those that wait are found without the index, and the index grows in
/// pieces that are worth a transaction.
const EVERY_EVENTS: u64 = 256;
/// So many events go into one transaction.
const STEP_EVENTS: u64 = 4_096;
/// So many are read from the store at once. While it is read its log cannot start again, and under load this thread may have
/// to wait in the middle for a processor.
const READ_EVENTS: u64 = 256;

/// The writer's end of the thread, which ends with it.
pub(in crate::store) struct Indexing {
    notice: SyncSender<()>,
    noticed: u64,
}

impl Indexing {
    /// Starts the thread for a store whose newest event is `last_seq`.
    pub(in crate::store) fn start(store: &Path, last_seq: u64) -> Result<Self, StoreError> {
        let (notice, notices) = sync_channel(1);
        // Of a time that is no more, for instance before an older store was put back. Now: nobody may ask it.
        let holds_more = open_index(store, false)
            .is_ok_and(|index| meta(&index, "indexed").is_ok_and(|seq| seq.unwrap_or(0) as u64 > last_seq));
        if holds_more {
            remove(store);
        }
        let store = store.to_owned();
        std::thread::Builder::new()
            .name("search".into())
            .spawn(move || {
                // Whoever waits for an event comes first. Where that cannot be had, it goes on as it is.
                let _ = rustix::process::nice(15);
                sys::work_when_idle();
                Thread { store }.run(&notices);
            })
            .map_err(|cause| StoreError::Thread { cause })?;
        Ok(Self { notice, noticed: last_seq })
    }

    /// Events up to this one are stored.
    pub(in crate::store) fn stored(&mut self, last_seq: u64) {
        if last_seq >= self.noticed + EVERY_EVENTS {
            self.noticed = last_seq;
            // A full channel: the thread is about to look anyway.
            let _ = self.notice.try_send(());
        }
    }
}

struct Thread {
    store: PathBuf,
}

impl Thread {
    fn run(&self, notices: &Receiver<()>) {
        let mut index = None;
        loop {
            if let Err(error) = self.catch_up(&mut index) {
                index = None;
                tracing::warn!("could not bring the search index up to date: {error}; searches take longer");
                if is_damaged(&error) {
                    remove(&self.store);
                }
            }
            if let Some(index) = &index {
                index.rest();
            }
            if notices.recv().is_err() {
                return;
            }
        }
    }

    /// Indexes what has been stored since, step by step, until fewer events are left than are worth it.
    fn catch_up(&self, index: &mut Option<Index>) -> Result<(), StoreError> {
        let index = match index {
            Some(index) => index,
            None => index.insert(self.open()?),
        };
        while index.step()? {}
        Ok(())
    }

    fn open(&self) -> Result<Index, StoreError> {
        let reader = Reader::open(&self.store)?;
        let identity = reader.identity()?;
        let open = || -> Result<Option<Connection>, StoreError> {
            let index = open_index(&self.store, true)?;
            let usable = || -> rusqlite::Result<bool> {
                index.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
                let is_new: bool = index.query_row("SELECT count(*) = 0 FROM sqlite_master", [], |row| row.get(0))?;
                if is_new {
                    index.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM; BEGIN")?;
                    index.execute_batch(TABLES)?;
                    set_meta(&index, "version", i64::from(SEARCH_VERSION))?;
                    set_meta(&index, "store", identity)?;
                    index.execute_batch("COMMIT")?;
                }
                belongs_to(&index, identity)
            };
            Ok(usable().map_err(sql("read the search index"))?.then_some(index))
        };
        let connection = match open() {
            Ok(Some(index)) => index,
            Ok(None) => {
                remove(&self.store);
                open()?
                    .ok_or(StoreError::Sql { what: "make the search index", cause: rusqlite::Error::InvalidQuery })?
            }
            Err(error) if is_damaged(&error) => {
                tracing::warn!("the search index is damaged and is made again");
                remove(&self.store);
                open()?.ok_or(error)?
            }
            Err(error) => return Err(error),
        };
        let indexed = meta(&connection, "indexed").map_err(sql("read the search index"))?.unwrap_or(0) as u64;
        Ok(Index { connection, reader, indexed })
    }
}

/// An index is made from the events, and can be made again.
fn remove(store: &Path) {
    let path = path_of(store);
    for end in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(end);
        // One that is not there is what we want.
        let _ = std::fs::remove_file(file);
    }
}

/// The index, and the store that it follows.
struct Index {
    connection: Connection,
    reader: Reader,
    indexed: u64,
}

impl Index {
    /// Gives back the pages in memory: the next 256 events may be hours away.
    fn rest(&self) {
        for connection in [&self.connection, self.reader.connection()] {
            // What cannot be given back stays; nothing depends on it.
            let _ = connection.execute_batch("PRAGMA shrink_memory");
        }
    }

    /// One transaction. False: few events are left, or none.
    fn step(&mut self) -> Result<bool, StoreError> {
        let head = self.reader.last_seq()?;
        if head < self.indexed + EVERY_EVENTS {
            return Ok(false);
        }
        let first = self.reader.first_seq()?;
        let failed = || sql("write the search index");
        let transaction = self.connection.transaction().map_err(failed())?;
        remove_shards_before(&transaction, first).map_err(failed())?;
        let since = self.indexed.max(first.saturating_sub(1));
        let until = head.min(since + STEP_EVENTS);
        let mut shard = None;
        let mut put = |event: &Stored| {
            let wanted = shard_of(event.envelope.seq);
            if shard != Some(wanted) {
                transaction.execute_batch(&format!(
                    "CREATE VIRTUAL TABLE IF NOT EXISTS words_{wanted}
                     USING fts5(words, content = '', columnsize = 0, detail = none, tokenize = 'ascii')"
                ))?;
                shard = Some(wanted);
            }
            let words = index_text(Subject::new(&event.envelope, event.stamp_ns, &event.payload));
            transaction
                .prepare_cached(&format!("INSERT INTO words_{wanted} (rowid, words) VALUES (?1, ?2)"))?
                .execute((event.envelope.seq, words))
                .map(drop)
        };
        let mut read = since;
        while read < until {
            let next = until.min(read + READ_EVENTS);
            self.reader.each(read, next, &mut put)?;
            read = next;
        }
        set_meta(&transaction, "indexed", until as i64).map_err(failed())?;
        transaction.commit().map_err(failed())?;
        self.indexed = until;
        Ok(true)
    }
}

/// Shards of which every event is gone.
fn remove_shards_before(index: &Connection, first: u64) -> rusqlite::Result<()> {
    let mut select = index
        .prepare_cached("SELECT name FROM sqlite_master WHERE name GLOB 'words_*' AND sql LIKE 'CREATE VIRTUAL%'")?;
    let names: Vec<String> = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in names {
        let number = name.strip_prefix("words_").and_then(|number| number.parse::<u64>().ok());
        if number.is_some_and(|number| number < shard_of(first)) {
            index.execute_batch(&format!("DROP TABLE {name}"))?;
            let mut vacuum = index.prepare("PRAGMA incremental_vacuum")?;
            let mut rows = vacuum.query([])?;
            while rows.next()?.is_some() {}
        }
    }
    Ok(())
}

fn is_damaged(error: &StoreError) -> bool {
    matches!(error, StoreError::Sql { cause, .. } | StoreError::Open { cause, .. }
        if matches!(cause.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)))
}
