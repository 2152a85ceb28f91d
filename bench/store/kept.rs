//! What takes the room in a store.

use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};

/// Bytes of the pages that hold events alone, and how many sessions there are.
#[expect(clippy::disallowed_methods, reason = "what the daemon wrote, looked at from outside")]
pub(crate) fn events_and_sessions(store: &Path) -> Result<(u64, u64)> {
    let store = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let ask = |query: &str| store.query_row(query, [], |row| row.get(0)).with_context(|| query.to_owned());
    Ok((ask("SELECT sum(pgsize) FROM dbstat WHERE name = 'event'")?, ask("SELECT count(*) FROM session")?))
}
