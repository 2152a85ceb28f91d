//! Full-text search, in a file of its own beside the store.
//!
//! The index is made from the events and can be made again, so it lies apart: whoever writes it never holds up the
//! writer of events, and one that is damaged or gone is no loss. A thread follows the store by its own cursor; what
//! lies beyond the cursor is searched without an index, so an answer never depends on how far the thread has come.
//!
//! It holds for each event the words and terms of [`tailhook_core::filter::index_text`], and neither where in the event
//! nor how often: a third of the size, and enough to find candidates, which [`tailhook_core::Expression::matches`] then
//! judges. A shard holds a fixed number of events: the newest matches are found without looking at the others, and
//! when its events are gone it goes as a whole.

mod lookup;
#[cfg(test)]
mod tests;
mod thread;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use tailhook_core::filter::SEARCH_VERSION;

pub(super) use lookup::{Bounds, Lookup};
pub(super) use thread::Indexing;

use super::{StoreError, open};

/// Events in one shard.
const SHARD_EVENTS: u64 = 1 << 18;

const TABLES: &str = "
    -- version: of the words; store: whose events these are; indexed: up to which one.
    CREATE TABLE meta (
        name   TEXT PRIMARY KEY,
        value  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Where the index of a store lies.
fn path_of(store: &Path) -> PathBuf {
    store.with_extension("search.db")
}

fn shard_of(seq: u64) -> u64 {
    seq.saturating_sub(1) / SHARD_EVENTS
}

fn open_index(store: &Path, writable: bool) -> Result<Connection, StoreError> {
    let path = path_of(store);
    let access = if writable {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    } else {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    };
    let index = open(&path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    index
        .execute_batch("PRAGMA busy_timeout = 5000; PRAGMA cache_size = -2000; PRAGMA temp_store = MEMORY;")
        .map_err(|cause| StoreError::Open { path, cause })?;
    Ok(index)
}

fn meta(index: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    index.prepare_cached("SELECT value FROM meta WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()
}

fn set_meta(index: &Connection, name: &str, value: i64) -> rusqlite::Result<()> {
    index.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?.execute((name, value)).map(drop)
}

/// Whether the index was made from this store's events, and in the way of this program.
fn belongs_to(index: &Connection, identity: i64) -> rusqlite::Result<bool> {
    Ok(meta(index, "version")? == Some(i64::from(SEARCH_VERSION)) && meta(index, "store")? == Some(identity))
}
