//! Reading: pages of events, sessions, counts.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use tailhook_core::envelope::timestamp_text;
use tailhook_core::event::EventData;
use tailhook_core::filter::Subject;
use tailhook_core::{Envelope, Expression};

use super::content::{Unpacker, damaged};
use super::writer::Stored;
use super::{StoreError, schema, sql};

/// A connection that only reads.
pub(crate) struct Reader {
    pub(super) connection: Connection,
    unpacker: RefCell<Unpacker>,
}

/// Which events are wanted. Empty lists and `None` mean: any.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventQuery {
    pub(crate) sessions: Vec<String>,
    /// Whole names, or beginnings that end in `*`.
    pub(crate) kinds: Vec<String>,
    pub(crate) agents: Vec<String>,
    /// What else must hold.
    pub(crate) expression: Arc<Expression>,
    /// Only events after this one, oldest first.
    pub(crate) since: Option<u64>,
    /// Only events before this one, the newest of them.
    pub(crate) before: Option<u64>,
    /// With their payloads; without, those of the events are empty.
    pub(crate) payload: bool,
    /// At most so many.
    pub(crate) limit: usize,
}

impl EventQuery {
    fn takes(&self, event: &Stored) -> bool {
        self.expression.is_empty()
            || self.expression.matches(Subject::new(&event.envelope, event.stamp_ns, &event.payload))
    }
}

/// A page of events, oldest first. It may hold fewer than asked for, or none, where there are more.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) events: Vec<Stored>,
    /// Where the next page in the same direction begins: the new `since` or `before`. None: there is no more.
    pub(crate) next: Option<u64>,
}

/// A page ends here even if it is not full: the next one goes on where it ended. Nobody waits for long, and a question
/// that few events answer holds up nobody else.
const MAX_ROWS_LOOKED_AT: usize = 20_000;

/// The payload last, so that one which is not read costs nothing.
const EVENT: &str = "SELECT event.seq, event.stamp_ns, session.session_id, kind.name, agent.name, event.content, \
    event.payload FROM event JOIN session ON session.id = event.session JOIN kind ON kind.id = event.kind \
    JOIN agent ON agent.id = event.agent";

impl Reader {
    /// Opens the store, which must be there.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: schema::open_for_reading(path)?, unpacker: RefCell::default() })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Number of the newest event.
    pub(crate) fn last_seq(&self) -> Result<u64, StoreError> {
        self.connection
            .query_row("SELECT coalesce(max(seq), 0) FROM event", [], |row| row.get(0))
            .map_err(sql("read the last event's number"))
    }

    /// How many events there are.
    pub(crate) fn event_count(&self) -> Result<u64, StoreError> {
        // The numbers have no gaps, so counting needs no scan.
        self.connection
            .query_row("SELECT coalesce(max(seq) - min(seq) + 1, 0) FROM event", [], |row| row.get(0))
            .map_err(sql("count the events"))
    }

    /// One event.
    pub(crate) fn event(&self, seq: u64) -> Result<Option<Stored>, StoreError> {
        self.connection
            .prepare_cached(&format!("{EVENT} WHERE event.seq = ?1"))
            .and_then(|mut select| select.query_row([seq], |row| self.stored(row, true)).optional())
            .map_err(sql("read an event"))
    }

    /// A page of events.
    pub(crate) fn events(&self, query: &EventQuery) -> Result<Page, StoreError> {
        let forward = query.since.is_some();
        let mut conditions: Vec<String> = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        let mut among = |column: &str, names: &str, test: &str, wanted: &[String]| {
            if !wanted.is_empty() {
                let tests = vec![test; wanted.len()].join(" OR ");
                conditions.push(format!("event.{column} IN (SELECT id FROM {names} WHERE {tests})"));
                values.extend(wanted.iter().cloned().map(Value::Text));
            }
        };
        among("session", "session", "session_id = ?", &query.sessions);
        among("kind", "kind", "name GLOB ?", &query.kinds);
        among("agent", "agent", "name = ?", &query.agents);
        for (bound, sign) in [(query.since, ">"), (query.before, "<")] {
            if let Some(bound) = bound {
                conditions.push(format!("event.seq {sign} ?"));
                values.push(Value::Integer(i64::try_from(bound).unwrap_or(i64::MAX)));
            }
        }
        let filter = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let order = if forward { "ASC" } else { "DESC" };
        let statement = format!("{EVENT} {filter} ORDER BY event.seq {order}");
        let with_payload = query.payload || query.expression.reads_payload();
        let read = || -> rusqlite::Result<(Vec<Stored>, Option<u64>)> {
            let mut select = self.connection.prepare_cached(&statement)?;
            let mut rows = select.query(params_from_iter(values))?;
            let (mut events, mut seen, mut looked_at) = (Vec::new(), 0, 0);
            while let Some(row) = rows.next()? {
                // There is more, whether it matches or not.
                if events.len() == query.limit || looked_at == MAX_ROWS_LOOKED_AT {
                    return Ok((events, Some(seen)));
                }
                let mut event = self.stored(row, with_payload)?;
                seen = event.envelope.seq;
                looked_at += 1;
                if query.takes(&event) {
                    if !query.payload {
                        event.payload = Vec::new();
                    }
                    events.push(event);
                }
            }
            Ok((events, None))
        };
        let (mut events, next) = read().map_err(sql("read events"))?;
        if !forward {
            events.reverse();
        }
        Ok(Page { events, next })
    }

    /// A count of losses.
    pub(crate) fn counter(&self, name: &str) -> Result<u64, StoreError> {
        self.connection
            .query_row("SELECT coalesce((SELECT value FROM counter WHERE name = ?1), 0)", [name], |row| row.get(0))
            .map_err(sql("read a counter"))
    }

    fn stored(&self, row: &Row<'_>, with_payload: bool) -> rusqlite::Result<Stored> {
        let (data, joint) = self.unpack(row.get_ref(5)?)?;
        let payload = match (joint, with_payload) {
            (Some(payload), _) => payload,
            (None, true) => match row.get_ref(6)?.as_blob_or_null()? {
                Some(piece) => self.unpacker.borrow_mut().payload(&self.connection, piece).map_err(damaged)?,
                None => Vec::new(),
            },
            (None, false) => Vec::new(),
        };
        let envelope = Envelope {
            seq: row.get(0)?,
            timestamp: timestamp_text(row.get(1)?),
            session_id: row.get(2)?,
            kind: row.get(3)?,
            agent: row.get(4)?,
            data,
            payload: None,
        };
        Ok(Stored { stamp_ns: row.get(1)?, envelope, payload })
    }

    /// The essential fields that an event's `content` holds, and its payload if that lies with them.
    pub(super) fn unpack(&self, content: ValueRef<'_>) -> rusqlite::Result<(EventData, Option<Vec<u8>>)> {
        let mut unpacker = self.unpacker.borrow_mut();
        let (data, joint) = unpacker.content(&self.connection, content.as_blob()?).map_err(damaged)?;
        Ok((serde_json::from_slice(&data).map_err(damaged)?, joint))
    }
}
