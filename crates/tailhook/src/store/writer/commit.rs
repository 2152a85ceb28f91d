//! One batch, one transaction.

use rusqlite::params;
use tailhook_core::transcript::price::PriceTable;
use tailhook_core::{Event, session};

use super::arrival::{self, Arrival, Mark};
use super::follow::Rest;
use super::row::{Row, Rows};
use super::{Batch, Committed, Position, SESSIONS_IN_MEMORY, Stored, Writer};
use crate::store::folding::{self, Sessions};
use crate::store::names::Names;
use crate::store::retold::Judgement;
use crate::store::transaction::Transaction;
use crate::store::transcript::{self, Piece};
use crate::store::{Set, StoreError, sql};

/// About the essential fields of an event.
const DATA_BYTES: usize = 512;
/// What a transaction adds to the log beside its events: a page or two.
const ITSELF_BYTES: u64 = 2 << 12;

impl Writer {
    /// Stores all of a batch or nothing, and takes its events out of it. Of an event that comes alone it stores the event
    /// and the journal's position, on a page of their own: its place, and what it changed, are made by [`Self::follow`],
    /// once those who wait for the event have it.
    pub(crate) fn store(&mut self, batch: &mut Batch, now_ns: u64) -> Result<Committed, StoreError> {
        self.catch_up()?;
        let result = self.try_store(batch, now_ns);
        if result.is_err() {
            self.forget();
        }
        result
    }

    /// Both at once.
    #[cfg(test)]
    pub(crate) fn commit(&mut self, batch: &mut Batch, now_ns: u64) -> Result<Committed, StoreError> {
        let committed = self.store(batch, now_ns)?;
        self.follow()?;
        Ok(committed)
    }

    /// What was folded in memory is not in the store: forgets it, so that it is read again.
    pub(super) fn forget(&mut self) {
        self.sessions.clear();
        self.names = Names::default();
        self.refolding = None;
        self.retold.clear();
        self.rest = None;
    }

    fn try_store(&mut self, batch: &mut Batch, now_ns: u64) -> Result<Committed, StoreError> {
        let counts = Counts::of(batch);
        let is_alone = batch.events.len() == 1 && batch.piece.is_none() && batch.facts.is_empty();
        let mark = if is_alone { Mark::of(&batch.positions) } else { None };
        let transaction = Transaction::begin(&mut self.connection)?;
        let mut commit = Commit {
            rows: Rows::new(&transaction, &mut self.packer, &mut self.names),
            transaction: &transaction,
            sessions: &mut self.sessions,
            seq: self.last_seq,
            now_ns,
            mark,
            rest: None,
            changed: Set::default(),
            written_bytes: ITSELF_BYTES,
            committed: Committed::default(),
        };
        commit.committed.events.reserve(batch.events.len());
        for event in batch.take_events() {
            match self.retold.judge(&transaction, commit.sessions, &event)? {
                Judgement::Store => commit.event(event)?,
                Judgement::LeaveOut { counter } => count(&transaction, &counter, 1)?,
                Judgement::StoreAfter { held, counter } => {
                    commit.mark = None;
                    count(&transaction, &counter, -1)?;
                    commit.event(*held)?;
                    commit.event(event)?;
                }
            }
        }
        if let Some(piece) = &batch.piece {
            commit.piece(piece, &self.prices)?;
        }
        for (session_id, fact) in &batch.facts {
            commit.fact(session_id, fact)?;
        }
        let Filled { committed, seq, rest, written_bytes } = commit.changed_sessions()?;
        if rest.is_none() {
            save_positions(&transaction, &batch.positions)?;
        }
        counts.save(&transaction)?;
        transaction.commit()?;
        self.last_seq = seq;
        self.rest = rest;
        if self.checkpoints.wrote(written_bytes) {
            self.restart_log();
        }
        if self.rest.is_none() {
            self.placed();
        }
        Ok(committed)
    }

    /// All events have their place. Keeps what is in memory small: of a session that waits for its row, that is all there
    /// is.
    pub(super) fn placed(&mut self) {
        self.indexing.stored(self.last_seq);
        if self.sessions.len() > SESSIONS_IN_MEMORY {
            self.sessions.clear();
        }
    }
}

/// A transaction as it fills.
struct Commit<'t> {
    transaction: &'t Transaction<'t>,
    rows: Rows<'t>,
    sessions: &'t mut Sessions,
    /// Number of the last event.
    seq: u64,
    now_ns: u64,
    /// Of an event that comes alone, and may leave for later what follows from it.
    mark: Option<Mark>,
    rest: Option<Rest>,
    /// Sessions that were changed.
    changed: Set,
    written_bytes: u64,
    committed: Committed,
}

impl Commit<'_> {
    fn event(&mut self, mut event: Event) -> Result<(), StoreError> {
        self.seq += 1;
        let mark = self.mark.take().filter(|_| event.payload.len() <= arrival::MAX_BYTES);
        let applied =
            folding::apply(self.transaction, self.sessions, &mut self.changed, &event, self.seq, mark.is_some())?;
        event.data.delivery_us = self.now_ns.saturating_sub(event.stamp_ns) / 1_000;
        let mut data = Vec::with_capacity(DATA_BYTES);
        serde_json::to_writer(&mut data, &event.data)
            .map_err(|cause| StoreError::Content { what: "write an event", cause })?;
        // Beside the pages that every transaction writes. An estimate is enough.
        self.written_bytes += 2_048 + event.payload.len() as u64;
        if let Some((mark, changes)) = mark.zip(applied.left) {
            let arrival = Arrival {
                seq: self.seq,
                stamp_ns: event.stamp_ns,
                session_id: event.session_id.clone(),
                kind: event.kind.clone(),
                agent: event.agent.clone(),
                data: data.clone(),
                payload: event.payload.clone(),
                mark,
            };
            arrival.insert(self.transaction)?;
            self.rest = Some(Rest { arrival, session: applied.session, changes });
        } else {
            self.rows.insert(&Row {
                seq: self.seq,
                stamp_ns: event.stamp_ns,
                session: applied.session,
                kind: &event.kind,
                agent: &event.agent,
                data: &data,
                payload: &event.payload,
            })?;
        }
        self.committed.events.push(Stored::new(event, self.seq, data));
        Ok(())
    }

    /// What a follower read from a transcript, beyond its events.
    fn piece(&mut self, piece: &Piece, prices: &PriceTable) -> Result<(), StoreError> {
        let session_id = piece.transcript.source.session_id.as_str();
        // A session that is not there was removed: nobody asks for its transcript any more.
        if let Some(folded) = folding::find(self.transaction, self.sessions, session_id)? {
            let spent = transcript::save(self.transaction, folded.id, piece, prices, self.now_ns)?;
            if folded.state.session.spend(&spent) {
                self.changed.insert(session_id.into());
            }
        }
        Ok(())
    }

    /// What was found out about a session.
    fn fact(&mut self, session_id: &str, fact: &session::Fact) -> Result<(), StoreError> {
        if let Some(folded) = folding::find(self.transaction, self.sessions, session_id)?
            && folded.state.learn(fact)
        {
            self.changed.insert(session_id.into());
        }
        Ok(())
    }

    /// The rows of the sessions that changed, and what subscribers are told of them: nothing else follows.
    fn changed_sessions(mut self) -> Result<Filled, StoreError> {
        for session_id in &self.changed {
            if let Some(folded) = self.sessions.get(session_id) {
                if self.rest.is_none() {
                    folding::save(self.transaction, folded)?;
                }
                if !session_id.is_empty() {
                    self.committed.sessions.push(folded.state.session.clone());
                }
            }
        }
        let Self { committed, seq, rest, written_bytes, .. } = self;
        Ok(Filled { committed, seq, rest, written_bytes })
    }
}

/// What a transaction holds.
struct Filled {
    committed: Committed,
    /// Number of the last event.
    seq: u64,
    rest: Option<Rest>,
    written_bytes: u64,
}

/// What is counted in the store, so that each is a number somebody can see.
struct Counts([(&'static str, u64); 6]);

impl Counts {
    fn of(batch: &Batch) -> Self {
        let events = |what: fn(&Event) -> bool| batch.events.iter().filter(|event| what(event)).count() as u64;
        Self([
            ("torn", batch.torn),
            ("dropped", batch.dropped),
            ("lost", batch.lost),
            ("spooled", batch.spooled),
            ("truncated", events(|event| event.data.truncated)),
            ("malformed", events(|event| !event.problems.is_empty())),
        ])
    }

    fn save(self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let counts = self.0.into_iter().filter(|(_, more)| *more > 0);
        counts.into_iter().try_for_each(|(name, more)| count(transaction, name, more.cast_signed()))
    }
}

fn count(transaction: &Transaction<'_>, name: &str, more: i64) -> Result<(), StoreError> {
    transaction
        .prepare_cached("INSERT INTO counter VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = value + ?2")
        .and_then(|mut upsert| upsert.execute(params![name, more]))
        .map(drop)
        .map_err(sql("count a loss"))
}

fn save_positions(transaction: &Transaction<'_>, positions: &[Position]) -> Result<(), StoreError> {
    for position in positions {
        match position.offset {
            Some(offset) => save_position(transaction, &position.segment, offset)?,
            None => transaction
                .prepare_cached("DELETE FROM position WHERE segment = ?1")
                .and_then(|mut delete| delete.execute([&position.segment]))
                .map(drop)
                .map_err(sql("store the journal's position"))?,
        }
    }
    Ok(())
}

pub(super) fn save_position(transaction: &Transaction<'_>, segment: &str, offset: u64) -> Result<(), StoreError> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO position VALUES (?1, ?2)")
        .and_then(|mut upsert| upsert.execute(params![segment, offset]))
        .map(drop)
        .map_err(sql("store the journal's position"))
}
