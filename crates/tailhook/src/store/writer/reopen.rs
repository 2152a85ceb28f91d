//! A store that could not be written when it was opened, and may be now: `SQLite` never tries again.

use std::path::PathBuf;

use rusqlite::{Connection, MAIN_DB};

use super::{STATEMENTS, Writer};
use crate::store::checkpoint::Checkpoints;
use crate::store::{StoreError, schema, sql};

impl Writer {
    /// Opens it again, if that is so.
    pub(super) fn reopen_if_read_only(&mut self) -> Result<(), StoreError> {
        let is_read_only = |connection: &Connection| connection.is_readonly(MAIN_DB).map_err(sql("look at the store"));
        if !is_read_only(&self.connection)? {
            return Ok(());
        }
        let Some(path) = self.connection.path().map(PathBuf::from) else { return Ok(()) };
        let connection = schema::open_for_writing(&path)?;
        if !is_read_only(&connection)? {
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            (self.checkpoints, self.connection) = (Checkpoints::start(&path)?, connection);
        }
        Ok(())
    }
}
