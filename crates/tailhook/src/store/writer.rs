//! Writing: one batch, one transaction.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use rusqlite::{Connection, Transaction, params};
use tailhook_core::envelope::timestamp_text;
use tailhook_core::session::{Fact, Session};
use tailhook_core::transcript::price::PriceTable;
use tailhook_core::{Envelope, Event};

use super::checkpoint::Checkpoints;
use super::content::{self, Packed, Packer};
use super::folding::{self, Sessions};
use super::names::Names;
use super::reader::LAST_SEQ;
use super::refold::{self, Refolding, Step};
use super::retention::{self, Due, Retention};
use super::retold::{Judgement, Retold};
use super::search::Indexing;
use super::transcript::{self, Piece};
use super::{StoreError, schema, sql};

/// Sessions kept in memory; one that is not is read from the store when its next event comes.
const SESSIONS_IN_MEMORY: usize = 256;

const INSERT: &str = "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// What the journal gave, and how far that brings it.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) events: Vec<Event>,
    pub(crate) positions: Vec<Position>,
    /// What was found out about sessions.
    pub(crate) facts: HashMap<String, Fact>,
    /// Torn regions met.
    pub(crate) torn: u64,
    /// Events that hooks dropped since the last batch.
    pub(crate) dropped: u64,
    /// Payloads whose spill file was gone.
    pub(crate) lost: u64,
    /// What a follower read from a transcript, with events of its own.
    pub(crate) piece: Option<Piece>,
    /// Events that came through the spool.
    pub(crate) spooled: u64,
}

impl Batch {
    /// Nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.facts.is_empty()
            && self.positions.is_empty()
            && self.torn == 0
            && self.dropped == 0
            && self.piece.is_none()
    }

    /// The events of the journal, then those of a transcript.
    fn take_events(&mut self) -> impl Iterator<Item = Event> + use<> {
        let of_transcript = self.piece.as_ref().map(|piece| piece.taken.events.clone()).unwrap_or_default();
        std::mem::take(&mut self.events).into_iter().chain(of_transcript)
    }
}

/// How far a segment is stored; `offset` none: the segment is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) segment: String,
    pub(crate) offset: Option<u64>,
}

/// One event as it stands in the store.
#[derive(Debug)]
pub(crate) struct Stored {
    /// From the hook, nanoseconds since the Unix epoch.
    pub(crate) stamp_ns: u64,
    /// Without payload.
    pub(crate) envelope: Envelope,
    /// The agent's bytes.
    pub(crate) payload: Vec<u8>,
}

/// What a batch became.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    pub(crate) events: Vec<Stored>,
    /// Rows of the sessions that changed.
    pub(crate) sessions: Vec<Session>,
}

/// The one connection that writes.
pub(crate) struct Writer {
    connection: Connection,
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
}

impl Writer {
    /// Opens the store, making it if it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = schema::open_for_writing(path)?;
        connection.set_prepared_statement_cache_capacity(32);
        let last_seq =
            connection.query_row(LAST_SEQ, [], |row| row.get(0)).map_err(sql("read the last event's number"))?;
        let packer = content::dictionary_id(&connection).map_err(sql("find the dictionary")).and_then(|id| {
            Packer::new(id).map_err(|cause| StoreError::Compression { what: "prepare compression", cause })
        })?;
        let checkpoints = Checkpoints::start(path)?;
        Ok(Self {
            connection,
            checkpoints,
            indexing: Indexing::start(path, last_seq)?,
            packer,
            last_seq,
            names: Names::default(),
            sessions: HashMap::new(),
            retold: Retold::default(),
            prices: PriceTable::default(),
            retention: Retention::default(),
            due: Due::default(),
            may_refold: true,
            refolding: None,
        })
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
            self.settle();
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
        read().map_err(sql("read the journal's position"))
    }

    /// Moves what stands in the write-ahead log into the database, so that a store at rest is one file.
    pub(crate) fn settle(&self) {
        // Readers that are still there leave some of it to the next one who opens the store; nothing depends on it.
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }

    /// Stores all of a batch or nothing, and takes its events out of it.
    pub(crate) fn commit(&mut self, batch: &mut Batch, now_ns: u64) -> Result<Committed, StoreError> {
        let result = self.try_commit(batch, now_ns);
        if result.is_err() {
            // What was folded in memory is not in the store: forget it and read it again.
            self.sessions.clear();
            self.names = Names::default();
            self.refolding = None;
            self.retold.clear();
        }
        result
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
        let transaction = self.connection.transaction().map_err(sql("begin a transaction"))?;
        let step = refold::step(&transaction, self.refolding.take(), &mut self.sessions)?;
        transaction.commit().map_err(sql("commit"))?;
        self.refolding = match step {
            Step::Done => return Ok(false),
            Step::Between => None,
            Step::Within(refolding) => Some(*refolding),
        };
        self.checkpoints.wrote(1 << 16);
        Ok(true)
    }

    fn try_commit(&mut self, batch: &mut Batch, now_ns: u64) -> Result<Committed, StoreError> {
        let transaction = self.connection.transaction().map_err(sql("begin a transaction"))?;
        let mut committed = Committed::default();
        let mut changed = HashSet::new();
        let mut seq = self.last_seq;
        let mut written_bytes = 0;
        let mut data = Vec::new();
        let mut insert = transaction.prepare_cached(INSERT).map_err(sql("store an event"))?;
        let count_of = |what: fn(&Event) -> bool| batch.events.iter().filter(|event| what(event)).count() as u64;
        let truncated = count_of(|event| event.data.truncated);
        let malformed = count_of(|event| !event.problems.is_empty());
        let mut store = |mut event: Event, sessions: &mut Sessions| -> Result<(), StoreError> {
            seq += 1;
            let session = folding::apply(&transaction, sessions, &mut changed, &event, seq)?;
            event.data.delivery_us = now_ns.saturating_sub(event.stamp_ns) / 1_000;
            data.clear();
            serde_json::to_writer(&mut data, &event.data)
                .map_err(|cause| StoreError::Content { what: "write an event", cause })?;
            let packed = self.packer.pack(&data, &event.payload);
            let packed = packed.map_err(|cause| StoreError::Compression { what: "compress an event", cause })?;
            // A page of the log for each event and then what its payload takes: an estimate is enough.
            written_bytes += 2_048 + event.payload.len() as u64;
            let (kind, agent) =
                (self.names.kind(&transaction, &event.kind)?, self.names.agent(&transaction, &event.agent)?);
            let Packed { content, payload } = &packed;
            insert
                .execute(params![seq, event.stamp_ns, session, kind, agent, content, payload])
                .map_err(sql("store an event"))?;
            committed.events.push(Stored::new(event, seq));
            Ok(())
        };
        for event in batch.take_events() {
            match self.retold.judge(&transaction, &mut self.sessions, &event)? {
                Judgement::Store => store(event, &mut self.sessions)?,
                Judgement::LeaveOut { counter } => count(&transaction, &counter, 1).map_err(sql("count a loss"))?,
                Judgement::StoreAfter { held, counter } => {
                    count(&transaction, &counter, -1).map_err(sql("count a loss"))?;
                    store(*held, &mut self.sessions)?;
                    store(event, &mut self.sessions)?;
                }
            }
        }
        drop(insert);
        if let Some(piece) = &batch.piece {
            let session_id = piece.transcript.source.session_id.as_str();
            // A session that is not there was removed: nobody asks for its transcript any more.
            if let Some(folded) = folding::find(&transaction, &mut self.sessions, session_id)? {
                let spent = transcript::save(&transaction, folded.id, piece, &self.prices, now_ns)?;
                if folded.state.session.spend(&spent) {
                    changed.insert(session_id.into());
                }
            }
        }
        for (session_id, fact) in &batch.facts {
            if let Some(folded) = folding::find(&transaction, &mut self.sessions, session_id)?
                && folded.state.learn(fact)
            {
                changed.insert(session_id.clone());
            }
        }
        for session_id in changed {
            if let Some(folded) = self.sessions.get(&session_id) {
                folding::save(&transaction, folded)?;
                if !session_id.is_empty() {
                    committed.sessions.push(folded.state.session.clone());
                }
            }
        }
        save_positions(&transaction, &batch.positions).map_err(sql("store the journal's position"))?;
        for (name, more) in [
            ("torn", batch.torn),
            ("dropped", batch.dropped),
            ("lost", batch.lost),
            ("spooled", batch.spooled),
            ("truncated", truncated),
            ("malformed", malformed),
        ] {
            if more > 0 {
                count(&transaction, name, more.cast_signed()).map_err(sql("count a loss"))?;
            }
        }
        transaction.commit().map_err(sql("commit"))?;
        self.last_seq = seq;
        self.indexing.stored(seq);
        if self.checkpoints.wrote(written_bytes) {
            self.settle();
        }
        if self.sessions.len() > SESSIONS_IN_MEMORY {
            self.sessions.clear();
        }
        Ok(committed)
    }
}

impl Stored {
    fn new(event: Event, seq: u64) -> Self {
        Self {
            stamp_ns: event.stamp_ns,
            envelope: Envelope {
                kind: event.kind,
                timestamp: timestamp_text(event.stamp_ns),
                seq,
                session_id: event.session_id,
                agent: event.agent,
                data: event.data,
                payload: None,
            },
            payload: event.payload,
        }
    }
}

fn save_positions(transaction: &Transaction<'_>, positions: &[Position]) -> rusqlite::Result<()> {
    let mut upsert = transaction.prepare_cached("INSERT OR REPLACE INTO position VALUES (?1, ?2)")?;
    let mut delete = transaction.prepare_cached("DELETE FROM position WHERE segment = ?1")?;
    for position in positions {
        match position.offset {
            Some(offset) => upsert.execute(params![position.segment, offset])?,
            None => delete.execute([&position.segment])?,
        };
    }
    Ok(())
}

fn count(transaction: &Transaction<'_>, name: &str, more: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO counter VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = value + ?2")?
        .execute(params![name, more])
        .map(drop)
}
