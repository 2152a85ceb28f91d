//! An event's row among the others.

use rusqlite::{CachedStatement, params};

use crate::store::content::{Packed, Packer};
use crate::store::names::Names;
use crate::store::transaction::Transaction;
use crate::store::{StoreError, sql};

const INSERT: &str = "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// What is to be stored.
pub(super) struct Row<'a> {
    pub(super) seq: u64,
    pub(super) stamp_ns: u64,
    /// The session's number.
    pub(super) session: i64,
    pub(super) kind: &'a str,
    pub(super) agent: &'a str,
    /// The envelope's `data`.
    pub(super) data: &'a [u8],
    /// The agent's bytes.
    pub(super) payload: &'a [u8],
}

/// What stores it, for as long as a transaction lasts.
pub(super) struct Rows<'t> {
    transaction: &'t Transaction<'t>,
    /// Prepared for the first.
    insert: Option<CachedStatement<'t>>,
    packer: &'t mut Packer,
    names: &'t mut Names,
}

impl<'t> Rows<'t> {
    pub(super) fn new(transaction: &'t Transaction<'t>, packer: &'t mut Packer, names: &'t mut Names) -> Self {
        Self { transaction, insert: None, packer, names }
    }

    pub(super) fn insert(&mut self, row: &Row<'_>) -> Result<(), StoreError> {
        let packed = self.packer.pack(row.data, row.payload);
        let Packed { content, payload } =
            packed.map_err(|cause| StoreError::Compression { what: "compress an event", cause })?;
        let kind = self.names.kind(self.transaction, row.kind)?;
        let agent = self.names.agent(self.transaction, row.agent)?;
        let insert = match &mut self.insert {
            Some(insert) => insert,
            none => none.insert(self.transaction.prepare_cached(INSERT).map_err(sql("store an event"))?),
        };
        insert
            .execute(params![row.seq, row.stamp_ns, row.session, kind, agent, content, payload])
            .map(drop)
            .map_err(sql("store an event"))
    }
}
