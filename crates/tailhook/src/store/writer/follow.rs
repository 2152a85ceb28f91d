//! What follows from an event that came alone, in a second transaction.
//!
//! Somebody waits for the event, and nobody for its place among the others, the journal's position and the row of its
//! session: so these are written when the event has been handed on. Nothing is lost between the two: what has no place
//! yet lies in a table of its own, with all that it takes to make one, and the next writer does that before anything else.

use std::collections::HashSet;

use tailhook_core::session::Change;

use super::Writer;
use super::arrival::Arrival;
use super::commit::save_position;
use super::row::{Row, Rows};
use crate::store::transaction::Transaction;
use crate::store::{StoreError, folding, refold, rows};

/// What it adds to the log: the pages of the event, of the session, of a span and of their indexes.
const FOLLOWING_BYTES: u64 = 9 << 12;

/// What is left to be written.
pub(super) struct Rest {
    pub(super) arrival: Arrival,
    /// Number of its session, which is in memory.
    pub(super) session: i64,
    /// What it changed beside the session's row.
    pub(super) changes: Vec<Change>,
}

impl Writer {
    /// Makes the last event's place, if that is left to be done. Where it fails, the event stays where it is until
    /// [`Self::catch_up`].
    pub(crate) fn follow(&mut self) -> Result<(), StoreError> {
        let Some(rest) = self.rest.take() else { return Ok(()) };
        let result = self.try_follow(&rest);
        if result.is_err() {
            self.may_be_behind = true;
            self.forget();
        }
        result
    }

    fn try_follow(&mut self, Rest { arrival, session, changes }: &Rest) -> Result<(), StoreError> {
        let transaction = Transaction::begin(&mut self.connection)?;
        let mut events = Rows::new(&transaction, &mut self.packer, &mut self.names)?;
        place(&transaction, &mut events, arrival, *session)?;
        // No files are among the changes, so there is nothing to be counted.
        rows::write(&transaction, *session, changes)?;
        if let Some(folded) = self.sessions.get(&arrival.session_id) {
            folding::save(&transaction, folded)?;
        }
        drop(events);
        transaction.commit()?;
        self.followed();
        self.look()
    }

    /// A look at the store as it is now: the next event then begins with two calls to the kernel fewer, because `SQLite`
    /// has noted already up to where its readers may read the log.
    fn look(&self) -> Result<(), StoreError> {
        Arrival::find(&self.connection).map(drop)
    }

    /// Makes the last event's place if that was left to be done. To be called before anything else is stored.
    pub(crate) fn catch_up(&mut self) -> Result<(), StoreError> {
        self.reopen_if_read_only()?;
        if !self.may_be_behind {
            return Ok(());
        }
        let result = self.try_catch_up();
        match result {
            Ok(()) => self.may_be_behind = false,
            Err(_) => self.forget(),
        }
        result
    }

    fn try_catch_up(&mut self) -> Result<(), StoreError> {
        let Some(arrival) = Arrival::find(&self.connection)? else { return Ok(()) };
        let event = refold::parsed(arrival.stamp_ns, &arrival.agent, &arrival.data, &arrival.payload);
        let transaction = Transaction::begin(&mut self.connection)?;
        let mut changed = HashSet::new();
        let applied = folding::apply(&transaction, &mut self.sessions, &mut changed, &event, arrival.seq, false)?;
        let mut events = Rows::new(&transaction, &mut self.packer, &mut self.names)?;
        place(&transaction, &mut events, &arrival, applied.session)?;
        for folded in changed.iter().filter_map(|id| self.sessions.get(id)) {
            folding::save(&transaction, folded)?;
        }
        drop(events);
        transaction.commit()?;
        self.followed();
        Ok(())
    }

    fn followed(&mut self) {
        if self.checkpoints.wrote(FOLLOWING_BYTES) {
            self.settle();
        }
        self.placed();
    }
}

/// Among the others.
fn place(
    transaction: &Transaction<'_>,
    events: &mut Rows<'_>,
    arrival: &Arrival,
    session: i64,
) -> Result<(), StoreError> {
    events.insert(&Row {
        seq: arrival.seq,
        stamp_ns: arrival.stamp_ns,
        session,
        kind: &arrival.kind,
        agent: &arrival.agent,
        data: &arrival.data,
        payload: &arrival.payload,
    })?;
    if let Some((segment, offset)) = &arrival.position {
        save_position(transaction, segment, *offset)?;
    }
    Arrival::clear(transaction)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::types::Value;
    use tailhook_core::{Event, RawEvent, Redaction, agents};

    use super::super::{Batch, SESSIONS_IN_MEMORY, Writer};
    use crate::store::recorded::recorded;
    use crate::store::schema;

    fn alone(event: &Event) -> Batch {
        Batch { events: vec![event.clone()], ..Batch::default() }
    }

    /// All that was folded, row by row.
    fn folded(path: &Path) -> Vec<Vec<Value>> {
        let store = schema::open_for_reading(path).expect("the store");
        let mut all = Vec::new();
        for rows in [
            "SELECT * FROM session ORDER BY id",
            "SELECT * FROM span ORDER BY session, id",
            "SELECT * FROM file ORDER BY session, path, seq",
            "SELECT * FROM task ORDER BY session, id",
            "SELECT seq, session FROM event ORDER BY seq",
        ] {
            let mut select = store.prepare(rows).expect("a table");
            let columns = select.column_count();
            let rows = select.query_map([], |row| (0..columns).map(|n| row.get(n)).collect()).expect("rows");
            all.extend(rows.map(|row| row.expect("a row")));
        }
        all
    }

    #[test]
    fn a_writer_that_dies_in_between_leaves_nothing_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let [at_once, in_two, killed] = ["at-once", "in-two", "killed"].map(|name| folder.path().join(name));
        let events = recorded(1);
        let mut writer = Writer::open(&at_once).expect("a store");
        // Two at a time are none that come alone.
        for pair in events.chunks(2) {
            writer.commit(&mut Batch { events: pair.to_vec(), ..Batch::default() }, 0).expect("stored");
        }
        let mut writer = Writer::open(&in_two).expect("a store");
        let mut left = 0;
        for event in &events {
            writer.store(&mut alone(event), 0).expect("stored");
            left += usize::from(writer.rest.is_some());
            writer.follow().expect("written");
        }
        assert!(left > events.len() / 2, "{left} of {} were left for later", events.len());
        for event in &events {
            Writer::open(&killed).expect("a store").store(&mut alone(event), 0).expect("stored");
        }
        Writer::open(&killed).expect("a store").catch_up().expect("folded");
        assert!(folded(&in_two) == folded(&at_once), "in two transactions");
        assert!(folded(&killed) == folded(&at_once), "killed in between");
    }

    #[test]
    fn what_could_not_be_written_is_written_before_the_next_event() {
        let folder = tempfile::tempdir().expect("a folder");
        let [well, locked] = ["well", "locked"].map(|name| folder.path().join(name));
        let events = recorded(1);
        let mut writer = Writer::open(&well).expect("a store");
        for event in &events[..20] {
            writer.commit(&mut alone(event), 0).expect("stored");
        }
        let mut writer = Writer::open(&locked).expect("a store");
        let mut refused = 0;
        for event in &events[..20] {
            writer.store(&mut alone(event), 0).expect("stored");
            if writer.rest.is_some() && refused < 3 {
                let mut other = schema::open_for_checkpoints(&locked).expect("the store");
                let lock = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).expect("the lock");
                writer.follow().expect_err("the store is locked");
                writer.store(&mut alone(event), 0).expect_err("the store is locked");
                drop(lock);
                refused += 1;
            }
            writer.follow().expect("nothing is left, or it is written");
        }
        assert_eq!(refused, 3);
        writer.catch_up().expect("folded");
        assert!(folded(&locked) == folded(&well));
    }

    #[test]
    fn few_sessions_are_in_memory_also_where_events_come_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut writer = Writer::open(&folder.path().join("store")).expect("a store");
        let many = SESSIONS_IN_MEMORY as u64 + 50;
        // The first event of a session leaves nothing for later, the second does.
        for (round, name) in [(0, "SessionStart"), (1, "Stop")] {
            for n in 0..many {
                let payload = format!(r#"{{"session_id":"s{n}","hook_event_name":"{name}"}}"#).into_bytes().into();
                let raw = RawEvent { stamp_ns: round * many + n + 1, payload, ..RawEvent::default() };
                writer.store(&mut alone(&agents::parse(&raw, &Redaction::off())), 0).expect("stored");
                assert_eq!(writer.rest.is_some(), round == 1, "{name}");
                writer.follow().expect("written");
                assert!(writer.sessions.len() <= SESSIONS_IN_MEMORY, "{} in memory", writer.sessions.len());
            }
        }
    }
}
