//! The event that came alone, from its arrival until it stands among the others.
//!
//! Somebody waits for such an event, and nobody for what follows from it. So all that is written first is one page: the
//! event as it is, and the journal's position with it. Its place, compressed and in the index of its session, is made
//! when it has been handed on; see [`super::follow`].

use rusqlite::{Connection, OptionalExtension, params};
use tailhook_core::Name;

use super::Position;
use crate::store::transaction::Transaction;
use crate::store::{StoreError, sql};

/// A larger payload would not fit the page beside the fields.
pub(super) const MAX_BYTES: usize = 3_000;

/// A row of the table, which has one or none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) seq: u64,
    pub(super) stamp_ns: u64,
    pub(super) session_id: String,
    pub(super) kind: Name,
    pub(super) agent: Name,
    /// The envelope's `data`.
    pub(super) data: Vec<u8>,
    /// The agent's bytes.
    pub(super) payload: Vec<u8>,
    pub(super) mark: Mark,
}

/// How far a segment of the journal is stored with an event. None: it came from elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mark(pub(super) Option<(String, u64)>);

impl Mark {
    /// Of a batch of one event; none: its positions are more than a mark.
    pub(super) fn of(positions: &[Position]) -> Option<Self> {
        match positions {
            [] => Some(Self(None)),
            [Position { segment, offset: Some(offset) }] => Some(Self(Some((segment.clone(), *offset)))),
            _ => None,
        }
    }
}

impl Arrival {
    pub(super) fn insert(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let (segment, offset) = self.mark.0.as_ref().map(|(segment, offset)| (segment, offset)).unzip();
        transaction
            .prepare_cached("INSERT INTO arrival VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
            .and_then(|mut insert| {
                insert.execute(params![
                    self.seq,
                    self.stamp_ns,
                    self.session_id,
                    self.kind.as_str(),
                    self.agent.as_str(),
                    self.data,
                    self.payload,
                    segment,
                    offset
                ])
            })
            .map(drop)
            .map_err(sql("store an event"))
    }

    /// The one that has no place yet.
    pub(super) fn find(store: &Connection) -> Result<Option<Self>, StoreError> {
        store
            .prepare_cached("SELECT * FROM arrival")
            .and_then(|mut select| {
                let row = |row: &rusqlite::Row<'_>| {
                    let (segment, offset): (Option<String>, Option<u64>) = (row.get(7)?, row.get(8)?);
                    Ok(Self {
                        seq: row.get(0)?,
                        stamp_ns: row.get(1)?,
                        session_id: row.get(2)?,
                        kind: Name::of(row.get_ref(3)?.as_str()?),
                        agent: Name::of(row.get_ref(4)?.as_str()?),
                        data: row.get(5)?,
                        payload: row.get(6)?,
                        mark: Mark(segment.zip(offset)),
                    })
                };
                select.query_row([], row).optional()
            })
            .map_err(sql("read the last event"))
    }

    /// It stands among the others now.
    pub(super) fn clear(transaction: &Transaction<'_>) -> Result<(), StoreError> {
        transaction
            .prepare_cached("DELETE FROM arrival")
            .and_then(|mut delete| delete.execute([]))
            .map(drop)
            .map_err(sql("make an event's place"))
    }
}
