//! Types and agents, which events refer to by number.

use rusqlite::OptionalExtension;

use super::transaction::Transaction;
use super::{Map, StoreError, sql};

/// Types that other programs publish are theirs to choose: the memory for them is bounded.
const MAX_KNOWN: usize = 1_024;

/// The numbers that are known without asking the store.
#[derive(Default)]
pub(super) struct Names {
    kinds: Map<i64>,
    agents: Map<i64>,
}

/// How a table of names is asked, and how it gets one more.
struct Table {
    select: &'static str,
    insert: &'static str,
}

const KINDS: Table =
    Table { select: "SELECT id FROM kind WHERE name = ?1", insert: "INSERT INTO kind (name) VALUES (?1)" };
const AGENTS: Table =
    Table { select: "SELECT id FROM agent WHERE name = ?1", insert: "INSERT INTO agent (name) VALUES (?1)" };

impl Names {
    /// The number of a type.
    pub(super) fn kind(&mut self, transaction: &Transaction<'_>, name: &str) -> Result<i64, StoreError> {
        number(transaction, &mut self.kinds, &KINDS, name)
    }

    /// The number of an agent.
    pub(super) fn agent(&mut self, transaction: &Transaction<'_>, name: &str) -> Result<i64, StoreError> {
        number(transaction, &mut self.agents, &AGENTS, name)
    }
}

fn number(transaction: &Transaction<'_>, known: &mut Map<i64>, table: &Table, name: &str) -> Result<i64, StoreError> {
    if let Some(id) = known.get(name) {
        return Ok(*id);
    }
    let find = || -> rusqlite::Result<i64> {
        if let Some(id) = transaction.query_row(table.select, [name], |row| row.get(0)).optional()? {
            return Ok(id);
        }
        transaction.execute(table.insert, [name])?;
        Ok(transaction.last_insert_rowid())
    };
    let id = find().map_err(sql("store a name"))?;
    if known.len() >= MAX_KNOWN {
        known.clear();
    }
    known.insert(name.to_owned(), id);
    Ok(id)
}
