//! The least that storing rows takes: plain inserts in large transactions, nothing compressed, nothing indexed but what
//! pages of events need.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use rusqlite::{Connection, params};

/// About what the daemon stores at once.
const BATCH: u64 = 4_000;

#[expect(clippy::disallowed_methods, reason = "this is not the daemon's database, it is compared with it")]
pub(crate) fn per_second(folder: &Path, data: &str, payload: &[u8], rows: u64) -> Result<f64> {
    let start = Instant::now();
    let mut connection = Connection::open(folder.join("plain.db"))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         CREATE TABLE event (seq INTEGER PRIMARY KEY, stamp_ns INTEGER, session INTEGER, kind INTEGER, agent INTEGER,
                             data TEXT NOT NULL, payload BLOB NOT NULL) STRICT;
         CREATE INDEX event_by_session ON event (session); CREATE INDEX event_by_kind ON event (kind);",
    )?;
    let mut seq = 0;
    while seq < rows {
        let transaction = connection.transaction()?;
        for _ in 0..BATCH.min(rows - seq) {
            seq += 1;
            transaction
                .prepare_cached("INSERT INTO event VALUES (?, ?, 1, 1, 1, ?, ?)")?
                .execute(params![seq, seq, data, payload])?;
        }
        transaction.commit()?;
    }
    Ok(rows as f64 / start.elapsed().as_secs_f64())
}
