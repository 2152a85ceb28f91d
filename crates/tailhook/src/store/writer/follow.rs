//! What follows from an event that came alone, in a second transaction.
//!
//! Somebody waits for the event, and nobody for its place among the others, the journal's position and the row of its
//! session: so these are written when the event has been handed on. Nothing is lost between the two: what has no place
//! yet lies in a table of its own, with all that it takes to make one, and the next writer does that before anything else.

use tailhook_core::session::Change;

use super::Writer;
use super::arrival::Arrival;
use super::commit::save_position;
use super::row::{Row, Rows};
use crate::store::transaction::Transaction;
use crate::store::{Set, StoreError, folding, refold, rows};

/// What it adds to the log: the pages of the event, of the session, of a span and of their indexes.
const FOLLOWING_BYTES: u64 = 7 << 12;

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
        let mut events = Rows::new(&transaction, &mut self.packer, &mut self.names);
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
        self.look_at_file()?;
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
        let mut event = refold::parsed(arrival.stamp_ns, &arrival.agent, &arrival.data, &arrival.payload);
        // As it was decided when it came: a payload that was cut or freed of secrets may no longer say it.
        event.session_id.clone_from(&arrival.session_id);
        let transaction = Transaction::begin(&mut self.connection)?;
        let mut changed = Set::default();
        let applied = folding::apply(&transaction, &mut self.sessions, &mut changed, &event, arrival.seq, false)?;
        let mut events = Rows::new(&transaction, &mut self.packer, &mut self.names);
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
            self.restart_log();
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
    if let Some((segment, offset)) = &arrival.mark.0 {
        save_position(transaction, segment, *offset)?;
    }
    Arrival::clear(transaction)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::types::Value;
    use tailhook_core::{Event, RawEvent, Redaction, agents};

    use super::super::{Batch, Position, SESSIONS_IN_MEMORY, Writer};
    use super::Arrival;
    use crate::store::recorded::recorded;
    use crate::store::{Reader, schema};

    /// The nth event, which ends at the nth byte of its segment.
    fn alone(n: usize, event: &Event) -> Batch {
        batch(n, std::slice::from_ref(event))
    }

    fn batch(n: usize, events: &[Event]) -> Batch {
        let position = Position { segment: "segment".into(), offset: Some(n as u64) };
        Batch { events: events.to_vec(), positions: vec![position], ..Batch::default() }
    }

    /// All that there is, row by row.
    fn all(path: &Path) -> Vec<Vec<Value>> {
        let store = schema::open_for_reading(path).expect("the store");
        let mut all = Vec::new();
        for rows in [
            "SELECT * FROM session ORDER BY id",
            "SELECT * FROM span ORDER BY session, id",
            "SELECT * FROM file ORDER BY session, path, seq",
            "SELECT * FROM task ORDER BY session, id",
            "SELECT * FROM event ORDER BY seq",
            "SELECT * FROM kind ORDER BY id",
            "SELECT * FROM agent ORDER BY id",
            "SELECT * FROM position",
            "SELECT * FROM arrival",
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
        for (n, pair) in events.chunks(2).enumerate() {
            writer.commit(&mut batch(n * 2 + pair.len(), pair), 0).expect("stored");
        }
        let mut writer = Writer::open(&in_two).expect("a store");
        let mut left = 0;
        for (n, event) in events.iter().enumerate() {
            writer.store(&mut alone(n + 1, event), 0).expect("stored");
            left += usize::from(writer.rest.is_some());
            writer.follow().expect("written");
        }
        assert!(left > events.len() / 2, "{left} of {} were left for later", events.len());
        for (n, event) in events.iter().enumerate() {
            Writer::open(&killed).expect("a store").store(&mut alone(n + 1, event), 0).expect("stored");
        }
        drop(Writer::open(&killed).expect("a store"));
        assert!(all(&in_two) == all(&at_once), "in two transactions");
        assert!(all(&killed) == all(&at_once), "killed in between");
    }

    #[test]
    fn what_could_not_be_written_is_written_before_the_next_event() {
        let folder = tempfile::tempdir().expect("a folder");
        let [well, locked] = ["well", "locked"].map(|name| folder.path().join(name));
        let events = recorded(1);
        let mut writer = Writer::open(&well).expect("a store");
        for (n, event) in events[..20].iter().enumerate() {
            writer.commit(&mut alone(n, event), 0).expect("stored");
        }
        let mut writer = Writer::open(&locked).expect("a store");
        let mut refused = 0;
        for (n, event) in events[..20].iter().enumerate() {
            writer.store(&mut alone(n, event), 0).expect("stored");
            if writer.rest.is_some() && refused < 3 {
                let mut other = schema::open_for_checkpoints(&locked).expect("the store");
                let lock = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).expect("the lock");
                writer.follow().expect_err("the store is locked");
                writer.store(&mut alone(n, event), 0).expect_err("the store is locked");
                drop(lock);
                refused += 1;
            }
            writer.follow().expect("nothing is left, or it is written");
        }
        assert_eq!(refused, 3);
        writer.catch_up().expect("folded");
        assert!(all(&locked) == all(&well));
    }

    /// A prompt of so many bytes; the first begins its session.
    fn prompt(bytes: usize) -> Event {
        let prompt = "p".repeat(bytes);
        let payload = format!(r#"{{"session_id":"s","hook_event_name":"UserPromptSubmit","prompt":"{prompt}"}}"#);
        agents::parse(&RawEvent { payload: payload.into_bytes().into(), ..RawEvent::default() }, &Redaction::off())
    }

    #[test]
    fn what_has_no_place_yet_is_stored_all_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let mut writer = Writer::open(&path).expect("a store");
        for n in 1..=2 {
            writer.store(&mut alone(n, &prompt(10)), 0).expect("stored");
        }
        assert!(writer.rest.is_some());
        drop(writer);
        // The next writer cannot make the place yet, and knows where to go on.
        let mut other = schema::open_for_checkpoints(&path).expect("the store");
        let lock = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).expect("the lock");
        let mut writer = Writer::open(&path).expect("the store");
        assert_eq!(writer.last_seq(), 2);
        assert_eq!(writer.positions().expect("positions"), [("segment".to_owned(), 2)].into());
        drop(lock);
        writer.commit(&mut alone(3, &prompt(10)), 0).expect("stored");
        assert_eq!(writer.positions().expect("positions"), [("segment".to_owned(), 3)].into());
        let reader = Reader::open(&path).expect("the store");
        for seq in 1..=3 {
            assert!(reader.event(seq).expect("readable").is_some(), "event {seq}");
        }
    }

    #[test]
    fn an_event_takes_its_place_in_the_session_that_it_came_with() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let mut writer = Writer::open(&path).expect("a store");
        let event = Event { session_id: "told otherwise".into(), ..prompt(10) };
        writer.commit(&mut alone(1, &event), 0).expect("stored");
        writer.store(&mut alone(2, &event), 0).expect("stored");
        assert!(writer.rest.is_some());
        drop(writer);
        drop(Writer::open(&path).expect("the store"));
        let stored = Reader::open(&path).and_then(|reader| reader.event(2)).expect("readable").expect("there");
        assert_eq!(stored.envelope.session_id, "told otherwise");
    }

    /// What is more than a page, or has a position that is more than an offset, has nothing to wait for.
    #[test]
    fn an_event_that_does_not_fit_a_page_has_its_place_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let mut writer = Writer::open(&path).expect("a store");
        writer.commit(&mut alone(1, &prompt(10)), 0).expect("stored");
        let is_placed = |writer: &mut Writer, mut batch: Batch| {
            writer.store(&mut batch, 0).expect("stored");
            let arrived = Arrival::find(&schema::open_for_reading(&path).expect("the store")).expect("readable");
            assert_eq!(arrived.is_none(), writer.rest.is_none());
            writer.follow().expect("written");
            arrived.is_none()
        };
        assert!(!is_placed(&mut writer, alone(2, &prompt(2_000))));
        assert!(is_placed(&mut writer, alone(3, &prompt(4_000))));
        let mut two = alone(4, &prompt(10));
        two.positions.push(Position { segment: "other".into(), offset: Some(1) });
        assert!(is_placed(&mut writer, two));
        let mut gone = alone(5, &prompt(10));
        gone.positions[0].offset = None;
        assert!(is_placed(&mut writer, gone));
        assert!(!is_placed(&mut writer, Batch { positions: Vec::new(), ..alone(6, &prompt(10)) }));
        assert_eq!(writer.positions().expect("positions"), [("other".to_owned(), 1)].into());
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
                writer.store(&mut alone(0, &agents::parse(&raw, &Redaction::off())), 0).expect("stored");
                assert_eq!(writer.rest.is_some(), round == 1, "{name}");
                writer.follow().expect("written");
                assert!(writer.sessions.len() <= SESSIONS_IN_MEMORY, "{} in memory", writer.sessions.len());
            }
        }
    }
}
