//! The file that is written: `SQLite` looks at it once, when it opens it.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, MAIN_DB};

use super::{STATEMENTS, Writer};
use crate::store::checkpoint::Checkpoints;
use crate::store::{StoreError, schema, sql};

/// Which file the store was when it was opened. One that was moved or removed can still be written to, and nobody would
/// find again what is stored there.
pub(super) struct StoreFile {
    path: PathBuf,
    /// Its device and inode; none where it could not be looked at.
    id: Option<(u64, u64)>,
}

impl StoreFile {
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), id: id(path) }
    }

    /// It is still where it was.
    fn is_there(&self) -> Result<(), StoreError> {
        let now = id(&self.path);
        if self.id.is_none() || now == self.id {
            return Ok(());
        }
        Err(StoreError::Moved { path: self.path.clone(), replaced: now.is_some() })
    }
}

fn id(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

impl Writer {
    /// Whether what is written now will be found: it is still the same file, and may be written. One that could not be
    /// written when it was opened is opened again.
    pub(super) fn look_at_file(&mut self) -> Result<(), StoreError> {
        self.file.is_there()?;
        let is_read_only = |connection: &Connection| connection.is_readonly(MAIN_DB).map_err(sql("look at the store"));
        if !is_read_only(&self.connection)? {
            return Ok(());
        }
        let connection = schema::open_for_writing(&self.file.path)?;
        if !is_read_only(&connection)? {
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            (self.checkpoints, self.connection) = (Checkpoints::start(&self.file.path)?, connection);
            self.file = StoreFile::at(&self.file.path);
        }
        Ok(())
    }
}
