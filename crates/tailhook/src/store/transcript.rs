//! What was read from transcripts: where each was left, what was said, what it took, which hooks ran.
//!
//! Everything is stored under a key that the line itself has, so a file that is read again from its beginning changes
//! nothing.

use rusqlite::{Connection, OptionalExtension, Row, params};
use tailhook_core::session::Spending;
use tailhook_core::transcript::price::PriceTable;
use tailhook_core::transcript::{Answer, Carry, Format, HookRun, Message, Source, Taken, Tokens};

use super::transaction::Transaction;
use super::{StoreError, sql};

/// The step of the schema that makes the tables.
pub(super) const TABLES: &str = "
    -- How far each transcript is stored; written in the transaction that stores what was read. `carry` is JSON that only
    -- tailhook-core understands.
    CREATE TABLE transcript (
        path            TEXT PRIMARY KEY,
        session         INTEGER NOT NULL REFERENCES session,
        agent_id        TEXT NOT NULL,
        main_path       TEXT NOT NULL,
        device          INTEGER NOT NULL,
        inode           INTEGER NOT NULL,
        offset          INTEGER NOT NULL,
        calls_since_ns  INTEGER,
        skipping        INTEGER NOT NULL,
        changed_ns      INTEGER NOT NULL,
        carry           TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX transcript_by_change ON transcript (changed_ns);
    CREATE INDEX transcript_by_session ON transcript (session);

    -- n orders the messages of a session as they were read.
    CREATE TABLE message (
        n          INTEGER PRIMARY KEY,
        session    INTEGER NOT NULL REFERENCES session,
        key        TEXT NOT NULL,
        agent_id   TEXT NOT NULL,
        at_ns      INTEGER NOT NULL,
        role       TEXT NOT NULL,
        text       TEXT NOT NULL,
        truncated  INTEGER NOT NULL,
        model      TEXT,
        answer     TEXT,
        prompt_id  TEXT,
        tools      TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX message_by_key ON message (session, key);
    CREATE INDEX message_by_session ON message (session, n);

    -- One request to a model, counted once for the session that it was first seen in.
    CREATE TABLE answer (
        id              TEXT PRIMARY KEY,
        session         INTEGER NOT NULL REFERENCES session,
        agent_id        TEXT NOT NULL,
        prompt_id       TEXT,
        model           TEXT NOT NULL,
        at_ns           INTEGER NOT NULL,
        input           INTEGER NOT NULL,
        output          INTEGER NOT NULL,
        cache_read      INTEGER NOT NULL,
        cache_write     INTEGER NOT NULL,
        cache_write_1h  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX answer_by_session ON answer (session);

    -- One run of a hook command, anybody's, as the agent measured it.
    CREATE TABLE hook_run (
        session      INTEGER NOT NULL REFERENCES session,
        key          TEXT NOT NULL,
        at_ns        INTEGER NOT NULL,
        event        TEXT NOT NULL,
        command      TEXT NOT NULL,
        duration_ms  INTEGER NOT NULL,
        failed       INTEGER NOT NULL,
        PRIMARY KEY (session, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX hook_run_by_time ON hook_run (at_ns);
";

/// One transcript, and how far it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transcript {
    pub(crate) path: String,
    pub(crate) source: Source,
    pub(crate) device: u64,
    pub(crate) inode: u64,
    /// Bytes.
    pub(crate) offset: u64,
    pub(crate) carry: Carry,
    /// `offset` lies in a line that is too long to be read.
    pub(crate) skipping: bool,
}

/// What was read from a transcript, and how far that brings it.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) transcript: Transcript,
    pub(crate) taken: Taken,
}

/// Stores all but the events of a piece for the session with this number.
pub(super) fn save(
    transaction: &Transaction<'_>,
    session: i64,
    piece: &Piece,
    prices: &PriceTable,
    now_ns: u64,
) -> Result<Spending, StoreError> {
    let agent_id = &piece.transcript.source.agent_id;
    save_position(transaction, session, &piece.transcript, now_ns)?;
    save_messages(transaction, session, agent_id, &piece.taken.messages).map_err(sql("store a message"))?;
    save_hook_runs(transaction, session, &piece.taken.hook_runs).map_err(sql("store a hook's run"))?;
    let mut change = Spending::default();
    for answer in &piece.taken.answers {
        save_answer(transaction, session, agent_id, answer, prices, &mut change).map_err(sql("store an answer"))?;
        if agent_id.is_empty() {
            change.model = Some(answer.model.clone());
            change.context_tokens = Some(answer.tokens.context());
            change.context_window = answer.context_window.or(change.context_window);
        }
    }
    Ok(change)
}

fn save_position(
    transaction: &Transaction<'_>,
    session: i64,
    transcript: &Transcript,
    now_ns: u64,
) -> Result<(), StoreError> {
    let carry = serde_json::to_string(&transcript.carry)
        .map_err(|cause| StoreError::Content { what: "write a transcript's position", cause })?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO transcript VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
        .and_then(|mut insert| {
            insert.execute(params![
                transcript.path,
                session,
                transcript.source.agent_id,
                transcript.source.transcript_path,
                // Some file systems number with all 64 bits.
                transcript.device.cast_signed(),
                transcript.inode.cast_signed(),
                transcript.offset,
                transcript.source.calls_since_ns,
                transcript.skipping,
                now_ns,
                carry
            ])
        })
        .map_err(sql("store a transcript's position"))?;
    Ok(())
}

fn save_messages(
    transaction: &Transaction<'_>,
    session: i64,
    agent_id: &str,
    messages: &[Message],
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO message (session, key, agent_id, at_ns, role, text, truncated, model, answer, prompt_id, tools)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING",
    )?;
    for message in messages {
        insert.execute(params![
            session,
            message.key,
            agent_id,
            message.at_ns,
            message.role.as_str(),
            message.text,
            message.truncated,
            message.model,
            message.answer_id,
            message.prompt_id,
            message.tools.join(" ")
        ])?;
    }
    Ok(())
}

fn save_hook_runs(transaction: &Transaction<'_>, session: i64, runs: &[HookRun]) -> rusqlite::Result<()> {
    // A run that failed and stands in a summary as well has failed.
    let mut insert = transaction.prepare_cached(
        "INSERT INTO hook_run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT DO UPDATE SET failed = max(failed, excluded.failed)",
    )?;
    for run in runs {
        insert.execute(params![session, run.key, run.at_ns, run.event, run.command, run.duration_ms, run.failed])?;
    }
    Ok(())
}

fn save_answer(
    transaction: &Transaction<'_>,
    session: i64,
    agent_id: &str,
    answer: &Answer,
    prices: &PriceTable,
    change: &mut Spending,
) -> rusqlite::Result<()> {
    let known: Option<(i64, Answer)> = transaction
        .prepare_cached(
            "SELECT session, id, prompt_id, model, at_ns, input, output, cache_read, cache_write, \
                         cache_write_1h FROM answer WHERE id = ?1",
        )?
        .query_row([&answer.id], |row| Ok((row.get(0)?, read_answer(row, 1)?)))
        .optional()?;
    if let Some((owner, known)) = known {
        // A forked session begins with a copy of its parent's lines; what they cost was paid once.
        if owner != session || known.tokens == answer.tokens {
            return Ok(());
        }
        change.less.add(known.tokens);
        change.cost_usd -= prices.cost(&known).unwrap_or(0.0);
    }
    let Tokens { input, output, cache_read, cache_write } = answer.tokens;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO answer VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?
        .execute(params![
            answer.id,
            session,
            agent_id,
            answer.prompt_id,
            answer.model,
            answer.at_ns,
            input,
            output,
            cache_read,
            cache_write,
            answer.cache_write_1h
        ])?;
    change.more.add(answer.tokens);
    change.cost_usd += prices.cost(answer).unwrap_or(0.0);
    Ok(())
}

/// An answer from the columns that begin at `at`.
fn read_answer(row: &Row<'_>, at: usize) -> rusqlite::Result<Answer> {
    Ok(Answer {
        id: row.get(at)?,
        prompt_id: row.get(at + 1)?,
        model: row.get(at + 2)?,
        at_ns: row.get(at + 3)?,
        tokens: Tokens {
            input: row.get(at + 4)?,
            output: row.get(at + 5)?,
            cache_read: row.get(at + 6)?,
            cache_write: row.get(at + 7)?,
        },
        cache_write_1h: row.get(at + 8)?,
        context_window: None,
    })
}

/// The transcripts that changed last, newest first.
pub(super) fn latest(connection: &Connection, limit: usize) -> Result<Vec<Transcript>, StoreError> {
    let read = || -> rusqlite::Result<Vec<(Transcript, String)>> {
        let mut select = connection.prepare(
            // A session that was stored before sessions of other agents had transcripts may not have its agent here.
            "SELECT path, session_id, transcript.agent_id, main_path, device, inode, offset, calls_since_ns, skipping, carry,
                coalesce(agent, 'claude-code')
             FROM transcript JOIN session ON session.id = transcript.session ORDER BY changed_ns DESC LIMIT ?1",
        )?;
        let rows = select.query_map([limit], |row| {
            let Some(format) = Format::of(&row.get::<_, String>(10)?) else { return Ok(None) };
            let source = Source {
                format,
                session_id: row.get(1)?,
                agent_id: row.get(2)?,
                transcript_path: row.get(3)?,
                calls_since_ns: row.get(7)?,
            };
            let transcript = Transcript {
                path: row.get(0)?,
                source,
                device: row.get::<_, i64>(4)?.cast_unsigned(),
                inode: row.get::<_, i64>(5)?.cast_unsigned(),
                offset: row.get(6)?,
                carry: Carry::default(),
                skipping: row.get(8)?,
            };
            Ok(Some((transcript, row.get(9)?)))
        })?;
        rows.filter_map(Result::transpose).collect()
    };
    let with_carry = |(transcript, carry): (Transcript, String)| {
        let carry = serde_json::from_str(&carry)
            .map_err(|cause| StoreError::Content { what: "read a transcript's position", cause })?;
        Ok(Transcript { carry, ..transcript })
    };
    read().map_err(sql("read the transcripts' positions"))?.into_iter().map(with_carry).collect()
}
