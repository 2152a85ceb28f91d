//! Reading: pages of events, sessions, counts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use tailhook_core::envelope::timestamp_text;
use tailhook_core::event::EventData;
use tailhook_core::{Envelope, Name};

use super::content::{Unpacker, damaged};
use super::retention::{Extent, REMOVED};
use super::search::Lookup;
use super::writer::Stored;
use super::{StoreError, cannot_open, schema, sql};

/// A connection that only reads.
pub(crate) struct Reader {
    pub(super) connection: Connection,
    unpacker: RefCell<Unpacker>,
    path: PathBuf,
    lookup: RefCell<Option<Lookup>>,
}

/// Number of the newest event there has been; also of a store that has none left.
pub(super) const LAST_SEQ: &str = "SELECT max(coalesce((SELECT max(seq) FROM event), 0), \
    coalesce((SELECT value FROM counter WHERE name = 'removed'), 0))";

/// The payload last, so that one which is not read costs nothing; crossed, so that events are read in their order.
pub(super) const EVENT: &str = "SELECT event.seq, event.stamp_ns, session.session_id, kind.name, agent.name, event.content, \
    event.payload FROM event CROSS JOIN session ON session.id = event.session \
    CROSS JOIN kind ON kind.id = event.kind CROSS JOIN agent ON agent.id = event.agent";

impl Reader {
    /// Opens the store, which must be there.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = schema::open_for_reading(path)?;
        Ok(Self { connection, unpacker: RefCell::default(), path: path.into(), lookup: RefCell::default() })
    }

    /// Looks at a store that nobody has open: how many events it holds. All of a small one is checked.
    pub(crate) fn check(path: &Path) -> Result<u64, StoreError> {
        /// Reading this much takes well under a second.
        const SMALL: u64 = 256 << 20;
        let reader = Self::open(path)?;
        let damaged = |cause| cannot_open(path, cause);
        if std::fs::metadata(path).is_ok_and(|file| file.len() <= SMALL) {
            let said: String =
                reader.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(damaged)?;
            if said != "ok" {
                let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
                return Err(damaged(rusqlite::Error::SqliteFailure(code, Some(said))));
            }
        }
        reader.event_count().map_err(|error| match error {
            StoreError::Sql { cause, .. } => cannot_open(path, cause),
            other => other,
        })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Number of the newest event.
    pub(crate) fn last_seq(&self) -> Result<u64, StoreError> {
        self.connection.query_row(LAST_SEQ, [], |row| row.get(0)).map_err(sql("read the last event's number"))
    }

    /// How many events there are.
    pub(crate) fn event_count(&self) -> Result<u64, StoreError> {
        // Numbers have no gaps and events go from the front alone, so counting needs no scan.
        Ok(self.last_seq()?.saturating_sub(self.counter(REMOVED)?))
    }

    /// How far back it reaches, and what it takes.
    pub(crate) fn extent(&self) -> Result<Extent, StoreError> {
        Extent::of(&self.connection).map_err(sql("measure the store"))
    }

    /// One event.
    pub(crate) fn event(&self, seq: u64) -> Result<Option<Stored>, StoreError> {
        self.connection
            .prepare_cached(&format!("{EVENT} WHERE event.seq = ?1"))
            .and_then(|mut select| select.query_row([seq], |row| self.stored(row, true)).optional())
            .map_err(sql("read an event"))
    }

    /// Number of the oldest event; of the next one where there is none.
    pub(crate) fn first_seq(&self) -> Result<u64, StoreError> {
        self.connection
            .query_row("SELECT coalesce(min(seq), 0) FROM event", [], |row| row.get(0))
            .map_err(sql("read the first event's number"))
    }

    /// What tells this store from every other.
    pub(super) fn identity(&self) -> Result<i64, StoreError> {
        self.connection
            .query_row("SELECT id FROM identity", [], |row| row.get(0))
            .map_err(sql("read the store's identity"))
    }

    /// A count of losses.
    pub(crate) fn counter(&self, name: &str) -> Result<u64, StoreError> {
        self.connection
            .query_row("SELECT coalesce((SELECT value FROM counter WHERE name = ?1), 0)", [name], |row| row.get(0))
            .map_err(sql("read a counter"))
    }

    /// The search index. None: there is none that can be used.
    pub(super) fn take_lookup(&self) -> Option<Lookup> {
        let kept = self.lookup.take().filter(|lookup| lookup.is_current(&self.path));
        kept.or_else(|| Lookup::open(&self.path, self.identity().ok()?))
    }

    /// Back for the next query, unless it has failed.
    pub(super) fn keep_lookup(&self, lookup: Lookup, works: bool) {
        self.lookup.replace(works.then_some(lookup));
    }

    /// The event of a row. None: it is damaged, and the others are not.
    pub(super) fn readable(&self, row: &Row<'_>, with_payload: bool) -> rusqlite::Result<Option<Stored>> {
        match self.stored(row, with_payload) {
            Err(rusqlite::Error::FromSqlConversionFailure(..)) => {
                tracing::warn!("event {} is damaged and left out", row.get::<_, u64>(0)?);
                Ok(None)
            }
            event => event.map(Some),
        }
    }

    /// Events that were told again and left out, by who told them: an agent, or `transcript`.
    pub(crate) fn duplicates(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let read = || -> rusqlite::Result<BTreeMap<String, u64>> {
            let mut select = self.connection.prepare_cached(
                "SELECT substr(name, 12), value FROM counter WHERE name GLOB 'duplicates:*' AND value > 0",
            )?;
            select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        read().map_err(sql("read a counter"))
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
            kind: Name::of(row.get_ref(3)?.as_str()?),
            agent: Name::of(row.get_ref(4)?.as_str()?),
            data,
            payload: None,
        };
        Ok(Stored { stamp_ns: row.get(1)?, envelope, data_json: None, payload })
    }

    /// The essential fields that an event's `content` holds, and its payload if that lies with them.
    pub(super) fn unpack(&self, content: ValueRef<'_>) -> rusqlite::Result<(EventData, Option<Vec<u8>>)> {
        let mut unpacker = self.unpacker.borrow_mut();
        let (data, joint) = unpacker.content(&self.connection, content.as_blob()?).map_err(damaged)?;
        Ok((serde_json::from_slice(&data).map_err(damaged)?, joint))
    }
}
