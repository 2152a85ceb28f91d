//! Writing: the one connection that does, and what it does between batches.

mod arrival;
mod batch;
mod commit;
mod file;
mod follow;
mod row;

use std::collections::HashMap;
use std::path::Path;

use rusqlite::Connection;
use tailhook_core::transcript::price::PriceTable;

use super::checkpoint::Checkpoints;
use super::content::{self, Packer};
use super::folding::Sessions;
use super::names::Names;
use super::reader::LAST_SEQ;
use super::refold::{self, Refolding, Step};
use super::retention::{self, Due, Retention};
use super::retold::Retold;
use super::search::Indexing;
use super::transaction::Transaction;
use super::{StoreError, schema, sql};

use arrival::Arrival;
pub(crate) use batch::{Batch, Committed, Position, Stored};
use file::StoreFile;
use follow::Rest;

/// Sessions kept in memory; one that is not is read from the store when its next event comes.
const SESSIONS_IN_MEMORY: usize = 256;

/// Prepared statements that are kept.
const STATEMENTS: usize = 64;

/// The one connection that writes.
pub(crate) struct Writer {
    connection: Connection,
    file: StoreFile,
    checkpoints: Checkpoints,
    indexing: Indexing,
    packer: Packer,
    last_seq: u64,
    names: Names,
    sessions: Sessions,
    retold: Retold,
    prices: PriceTable,
    retention: Retention,
    due: Due,
    /// Sessions may be left that an older program folded.
    may_refold: bool,
    refolding: Option<Refolding>,
    /// What follows from the last event, if that is not written yet.
    rest: Option<Rest>,
    /// The last event may have no place yet: a daemon was killed, or a disk was full.
    may_be_behind: bool,
}

impl Writer {
    /// Opens the store, making it if it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = schema::open_for_writing(path)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let placed: u64 =
            connection.query_row(LAST_SEQ, [], |row| row.get(0)).map_err(sql("read the last event's number"))?;
        let arrived = Arrival::find(&connection)?;
        let last_seq = arrived.as_ref().map_or(placed, |arrival| arrival.seq.max(placed));
        let packer = content::dictionary_id(&connection).map_err(sql("find the dictionary")).and_then(|id| {
            Packer::new(id).map_err(|cause| StoreError::Compression { what: "prepare compression", cause })
        })?;
        let checkpoints = Checkpoints::start(path)?;
        let mut writer = Self {
            connection,
            file: StoreFile::at(path),
            checkpoints,
            indexing: Indexing::start(path, placed)?,
            packer,
            last_seq,
            names: Names::default(),
            sessions: Sessions::default(),
            retold: Retold::default(),
            prices: PriceTable::default(),
            retention: Retention::default(),
            due: Due::default(),
            may_refold: true,
            refolding: None,
            rest: None,
            may_be_behind: arrived.is_some(),
        };
        // Readers see it from then on. What cannot be written now is written before the next event.
        if let Err(error) = writer.catch_up() {
            tracing::warn!("{error}");
        }
        Ok(writer)
    }

    /// Counts by these prices.
    pub(crate) fn with_prices(mut self, prices: PriceTable) -> Self {
        self.prices = prices;
        self
    }

    /// Keeps no more than this.
    pub(crate) fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Removes a few events of those that are not kept any longer. True: there is more to remove.
    pub(crate) fn retain(&mut self, now_ns: u64) -> Result<bool, StoreError> {
        if !self.due.now(now_ns, self.last_seq) {
            return Ok(false);
        }
        self.due.more = false;
        let removed = retention::step(&mut self.connection, self.retention, now_ns)?;
        for session in &removed.sessions {
            self.sessions.remove(session);
        }
        self.due.more = removed.more;
        if removed.more && self.checkpoints.wrote(1 << 18) {
            self.restart_log();
        }
        Ok(removed.more)
    }

    /// Number of the newest event.
    pub(crate) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// How far each segment is stored.
    pub(crate) fn positions(&self) -> Result<HashMap<String, u64>, StoreError> {
        let read = || -> rusqlite::Result<HashMap<String, u64>> {
            let mut statement = self.connection.prepare("SELECT segment, offset FROM position")?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        let mut positions = read().map_err(sql("read the journal's position"))?;
        // Of an event that has no place yet, its own is the newer one.
        positions.extend(Arrival::find(&self.connection)?.and_then(|arrival| arrival.mark.0));
        Ok(positions)
    }

    /// Moves what stands in the write-ahead log into the database, so that a store at rest is one file.
    pub(crate) fn settle(&self) {
        // Readers that are still there leave some of it to the next one who opens the store; nothing depends on it.
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }

    /// Moves what stands in the write-ahead log into the database, so that the log is written from its beginning again: into
    /// pages that are there, which takes half as long as new ones.
    fn restart_log(&self) {
        // A reader that still needs the log lets it grow until the next time.
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()));
    }

    /// Folds a few events of a session again that an older program has folded. True: there is more of it to do.
    pub(crate) fn refold(&mut self) -> Result<bool, StoreError> {
        if !self.may_refold {
            return Ok(false);
        }
        let result = self.try_refold();
        if !matches!(result, Ok(true)) {
            self.may_refold = false;
        }
        result
    }

    fn try_refold(&mut self) -> Result<bool, StoreError> {
        // Most stores have none: nothing is written to find that out.
        if self.refolding.is_none() && refold::next(&self.connection)?.is_none() {
            return Ok(false);
        }
        let transaction = Transaction::begin(&mut self.connection)?;
        let step = refold::step(&transaction, self.refolding.take(), &mut self.sessions)?;
        transaction.commit()?;
        self.refolding = match step {
            Step::Done => return Ok(false),
            Step::Between => None,
            Step::Within(refolding) => Some(*refolding),
        };
        self.checkpoints.wrote(1 << 16);
        Ok(true)
    }
}
