//! The tables, and how an older store becomes a current one.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, MAIN_DB, OpenFlags, TransactionBehavior};

use super::content::{self, Packer};
use super::{StoreError, cannot_open, open};

/// Each step takes a store from its index to the next; `user_version` counts the steps taken. A step that was
/// released is never changed.
const STEPS: &[&str] = &[
    "
    -- A session as folded from its events. `state` is JSON that only tailhook-core understands.
    CREATE TABLE session (
        id          INTEGER PRIMARY KEY,
        session_id  TEXT NOT NULL UNIQUE,
        last_seq    INTEGER NOT NULL,
        state       TEXT NOT NULL
    ) STRICT;
    CREATE INDEX session_by_last_seq ON session (last_seq);

    CREATE TABLE kind (
        id    INTEGER PRIMARY KEY,
        name  TEXT NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE agent (
        id    INTEGER PRIMARY KEY,
        name  TEXT NOT NULL UNIQUE
    ) STRICT;

    -- seq is the event's place in the stream. data is the envelope's `data`, payload the agent's bytes after redaction.
    CREATE TABLE event (
        seq       INTEGER PRIMARY KEY,
        stamp_ns  INTEGER NOT NULL,
        session   INTEGER NOT NULL REFERENCES session,
        kind      INTEGER NOT NULL REFERENCES kind,
        agent     INTEGER NOT NULL REFERENCES agent,
        data      TEXT NOT NULL,
        payload   BLOB NOT NULL
    ) STRICT;
    CREATE INDEX event_by_session ON event (session, seq);
    CREATE INDEX event_by_kind ON event (kind, seq);

    -- How far each journal segment is stored. Written in the transaction that stores its events: hence exactly once.
    CREATE TABLE position (
        segment  TEXT PRIMARY KEY,
        offset   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Losses, so that each is a number somebody can see: torn, dropped, lost.
    CREATE TABLE counter (
        name   TEXT PRIMARY KEY,
        value  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    super::transcript::TABLES,
    "
    -- Which rules folded the session (0: those of a program before there were any), and what sessions are asked for by.
    ALTER TABLE session ADD COLUMN fold INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE session ADD COLUMN agent TEXT;
    ALTER TABLE session ADD COLUMN project TEXT;
    ALTER TABLE session ADD COLUMN status TEXT;
    ALTER TABLE session ADD COLUMN needs TEXT;
    CREATE INDEX session_by_fold ON session (fold);

    -- What took time in a session. Those that are open are in the session's state as well.
    CREATE TABLE span (
        session      INTEGER NOT NULL REFERENCES session,
        id           TEXT NOT NULL,
        kind         TEXT NOT NULL,
        parent       TEXT,
        turn         INTEGER NOT NULL,
        agent_id     TEXT,
        agent_type   TEXT,
        tool_name    TEXT,
        summary      TEXT NOT NULL,
        prompt       TEXT,
        begin_seq    INTEGER NOT NULL,
        begin_ns     INTEGER NOT NULL,
        asked_ns     INTEGER,
        end_seq      INTEGER,
        end_ns       INTEGER,
        outcome      TEXT NOT NULL,
        closed_by    TEXT,
        duration_ms  INTEGER,
        error        TEXT,
        background   INTEGER NOT NULL,
        automatic    INTEGER NOT NULL,
        source       TEXT NOT NULL,
        PRIMARY KEY (session, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX span_by_begin ON span (session, begin_seq);

    -- One row for each time that a call touched a file. How it changed stands in the payload of that event.
    CREATE TABLE file (
        session   INTEGER NOT NULL REFERENCES session,
        path      TEXT NOT NULL,
        seq       INTEGER NOT NULL,
        at_ns     INTEGER NOT NULL,
        kind      TEXT NOT NULL,
        agent_id  TEXT,
        added     INTEGER,
        removed   INTEGER,
        PRIMARY KEY (session, path, seq)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE task (
        session  INTEGER NOT NULL REFERENCES session,
        id       TEXT NOT NULL,
        place    INTEGER NOT NULL,
        subject  TEXT NOT NULL,
        state    TEXT NOT NULL,
        PRIMARY KEY (session, id)
    ) STRICT, WITHOUT ROWID;
",
    "
    -- What events are compressed with. Every one that an event names stays.
    CREATE TABLE dictionary (
        id     INTEGER PRIMARY KEY,
        bytes  BLOB NOT NULL
    ) STRICT;
    INSERT INTO dictionary VALUES (1, first_dictionary());

    -- content is the envelope's `data` and the agent's bytes, payload the latter where they are many; see content.rs.
    ALTER TABLE event RENAME TO event_1;
    CREATE TABLE event (
        seq       INTEGER PRIMARY KEY,
        stamp_ns  INTEGER NOT NULL,
        session   INTEGER NOT NULL REFERENCES session,
        kind      INTEGER NOT NULL REFERENCES kind,
        agent     INTEGER NOT NULL REFERENCES agent,
        content   BLOB NOT NULL,
        payload   BLOB
    ) STRICT;
    INSERT INTO event SELECT seq, stamp_ns, session, kind, agent, packed_content(data, payload), packed_payload(data, payload)
        FROM event_1 ORDER BY seq;
    DROP TABLE event_1;
    -- Each ends with seq, as all indexes do.
    CREATE INDEX event_by_session ON event (session);
    CREATE INDEX event_by_kind ON event (kind);
",
    "
    -- Tells this store from every other: what was made from its events and lies elsewhere names it.
    CREATE TABLE identity (id INTEGER NOT NULL) STRICT;
    INSERT INTO identity VALUES (random());
",
    "
    -- Events of a type are found by the search index, which is kept behind the live path.
    DROP INDEX event_by_kind;
",
    "
    -- An event that came alone, until its place among the others is made: one row, or none. Uncompressed, and with the
    -- position that the others have in a table of their own.
    CREATE TABLE arrival (
        seq         INTEGER PRIMARY KEY,
        stamp_ns    INTEGER NOT NULL,
        session_id  TEXT NOT NULL,
        kind        TEXT NOT NULL,
        agent       TEXT NOT NULL,
        data        BLOB NOT NULL,
        payload     BLOB NOT NULL,
        segment     TEXT,
        offset      INTEGER
    ) STRICT;
    -- A program of the last format stored the event first and its session's row afterwards. Where it was killed in
    -- between, the session is folded again.
    UPDATE session SET fold = 0 WHERE session_id <> ''
        AND id = (SELECT session FROM event ORDER BY seq DESC LIMIT 1) AND last_seq < (SELECT max(seq) FROM event);
",
];

/// How long a batch waits for a lock.
const BUSY: Duration = Duration::from_millis(500);
/// The format from which on events are compressed.
const COMPRESSED: i64 = 4;

/// Opens the store for writing; makes it, or brings it up to date, where needed.
pub(super) fn open_for_writing(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = open(path, flags)?;
    let failed = |cause| cannot_open(path, cause);
    // Before anything else: whatever is said to a store of a newer program may change it.
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    let known = STEPS.len() as i64;
    if found > known {
        return Err(StoreError::Newer { path: path.into(), found, known });
    }
    if found == 0 {
        // Free pages can go in small pieces; said before anything is written, or it counts for nothing.
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL").map_err(failed)?;
    }
    // NORMAL: a power cut may cost the last transactions, a killed process none. The journal on tmpfs would not survive
    // a power cut either.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
             PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -2000; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;",
        )
        .map_err(failed)?;
    if connection.is_readonly(MAIN_DB).map_err(failed)? && !lies_in_a_writable_folder(&connection) {
        // A file alone can be waited for. Not so what lies beside it and all connections of a process share: it stays as it
        // was when the first of them came.
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
        return Err(failed(rusqlite::Error::SqliteFailure(code, Some("its folder cannot be written".into()))));
    }
    if (1..known).contains(&found) {
        tracing::info!("bringing the store from format {found} to {known}");
    }
    if found < COMPRESSED {
        functions_of_compression(&connection).map_err(failed)?;
    }
    for (at, step) in STEPS.iter().enumerate().skip(usize::try_from(found).unwrap_or(0)) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        transaction.execute_batch(step).map_err(failed)?;
        transaction.pragma_update(None, "user_version", at as i64 + 1).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    if (1..COMPRESSED).contains(&found) {
        // Gives back what the old tables took, and makes the file one that can shrink.
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM").map_err(failed)?;
    }
    // A store that somebody else holds is to be named soon: the events that come meanwhile wait in the journal.
    connection.busy_timeout(BUSY).map_err(failed)?;
    Ok(connection)
}

/// Where it really is, links followed.
fn lies_in_a_writable_folder(store: &Connection) -> bool {
    let folder = store.path().and_then(|path| Path::new(path).parent());
    folder.is_some_and(|folder| rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok())
}

/// The step to [`COMPRESSED`] compresses what was stored before.
fn functions_of_compression(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
    let failed = |cause: std::io::Error| rusqlite::Error::UserFunctionError(cause.into());
    connection.create_scalar_function("first_dictionary", 0, flags, |_| Ok(content::DICTIONARY))?;
    for (name, wants_payload) in [("packed_content", false), ("packed_payload", true)] {
        let packer = Mutex::new(Packer::new(1).map_err(failed)?);
        connection.create_scalar_function(name, 2, flags, move |arguments| {
            let (data, payload) = (arguments.get_raw(0).as_str()?.as_bytes(), arguments.get_raw(1).as_blob()?);
            let mut packer = packer.lock().unwrap_or_else(PoisonError::into_inner);
            let pieces = packer.pack(data, payload).map_err(failed)?;
            let piece = if wants_payload { pieces.payload } else { Some(pieces.content) };
            Ok(piece.map(<[u8]>::to_vec))
        })?;
    }
    Ok(())
}

/// Whether this file is a store, of any program's version.
pub(super) fn is_ours(path: &Path) -> Result<bool, StoreError> {
    let read = |connection: &Connection| -> rusqlite::Result<bool> {
        let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let tables =
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('event', 'session', 'position')";
        Ok(format > 0 && connection.query_row(tables, [], |row| row.get::<_, i64>(0))? == 3)
    };
    read(&open_for_reading(path)?).map_err(|cause| cannot_open(path, cause))
}

/// Opens the store, which must be there, to move its write-ahead log.
pub(super) fn open_for_checkpoints(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection
        .execute_batch("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -256;")
        .map_err(|cause| cannot_open(path, cause))?;
    Ok(connection)
}

/// Opens the store for reading.
pub(super) fn open_for_reading(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection
        .execute_batch("PRAGMA busy_timeout = 5000; PRAGMA cache_size = -2000;")
        .map_err(|cause| cannot_open(path, cause))?;
    Ok(connection)
}
