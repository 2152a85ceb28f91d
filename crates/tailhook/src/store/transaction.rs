//! A transaction of the writer.

use std::ops::Deref;

use rusqlite::Connection;

use super::{StoreError, sql};

/// All or nothing: undone where it is dropped. Its statements are prepared once: an event that comes alone would wait
/// for `BEGIN` to be parsed.
pub(super) struct Transaction<'c> {
    connection: &'c Connection,
    is_open: bool,
}

impl<'c> Transaction<'c> {
    /// Begins as a writer: one that begins by reading gets no patience when it comes to write. A reader that met the log
    /// half changed holds the writer's lock for a moment, and the batch would have to be read again.
    pub(super) fn begin(connection: &'c mut Connection) -> Result<Self, StoreError> {
        execute(connection, "BEGIN IMMEDIATE").map_err(sql("begin a transaction"))?;
        Ok(Self { connection, is_open: true })
    }

    pub(super) fn commit(mut self) -> Result<(), StoreError> {
        execute(self.connection, "COMMIT").map_err(sql("commit"))?;
        self.is_open = false;
        Ok(())
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // Some errors have undone it already.
        if self.is_open && !self.connection.is_autocommit() {
            // What fails now fails again where the next one begins, and is told there.
            let _ = execute(self.connection, "ROLLBACK");
        }
    }
}

fn execute(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([]).map(drop)
}
