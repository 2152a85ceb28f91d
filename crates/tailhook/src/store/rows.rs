//! What events change beside a session's row: spans, files, tasks.

use rusqlite::params;
use tailhook_core::session::{Amend, Change, Span};
use tailhook_core::work::{FileTouch, Task, Touch};

use super::transaction::Transaction;
use super::{StoreError, sql};

/// A span as it is now; what was asked for stays if it is left out.
const PUT_SPAN: &str = "INSERT INTO span (session, id, kind, parent, turn, agent_id, agent_type, tool_name, summary, \
    prompt, begin_seq, begin_ns, asked_ns, end_seq, end_ns, outcome, closed_by, duration_ms, error, background, \
    automatic, source) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22) \
    ON CONFLICT (session, id) DO UPDATE SET parent = excluded.parent, summary = excluded.summary, \
    prompt = coalesce(excluded.prompt, prompt), asked_ns = excluded.asked_ns, end_seq = excluded.end_seq, \
    end_ns = excluded.end_ns, outcome = excluded.outcome, closed_by = excluded.closed_by, \
    duration_ms = excluded.duration_ms, error = excluded.error, background = excluded.background";

/// Writes what one event changed. Gives how many files were written or edited for the first time in the session.
pub(super) fn write(transaction: &Transaction<'_>, session: i64, changes: &[Change]) -> Result<u64, StoreError> {
    let mut new_files = 0;
    for change in changes {
        match change {
            Change::Span(span) => put_span(transaction, session, span),
            Change::Amend(amend) => amend_span(transaction, session, amend),
            Change::File { seq, at_ns, agent_id, touch } => {
                add_file(transaction, session, (*seq, *at_ns), agent_id.as_deref(), touch)
                    .map(|is_new| new_files += u64::from(is_new))
            }
            Change::Task(task) => put_task(transaction, session, task),
            Change::TaskGone(id) => transaction
                .prepare_cached("DELETE FROM task WHERE session = ?1 AND id = ?2")
                .and_then(|mut delete| delete.execute(params![session, id]))
                .map(drop),
            Change::Tasks(tasks) => replace_tasks(transaction, session, tasks),
        }
        .map_err(sql("store what an event changed"))?;
    }
    Ok(new_files)
}

/// Removes all of a session's rows.
pub(super) fn clear(transaction: &Transaction<'_>, session: i64) -> Result<(), StoreError> {
    for table in ["span", "file", "task"] {
        transaction
            .execute(&format!("DELETE FROM {table} WHERE session = ?1"), [session])
            .map_err(sql("fold a session again"))?;
    }
    Ok(())
}

fn put_span(transaction: &Transaction<'_>, session: i64, span: &Span) -> rusqlite::Result<()> {
    let end = span.course.end.as_ref();
    transaction
        .prepare_cached(PUT_SPAN)?
        .execute(params![
            session,
            span.id,
            span.kind.as_str(),
            span.parent,
            span.turn,
            span.agent_id,
            span.agent_type,
            span.tool_name.as_deref(),
            span.summary,
            span.course.prompt,
            span.begin_seq,
            span.course.begin_ns,
            span.course.asked_ns,
            end.map(|end| end.seq),
            end.map(|end| end.ns),
            span.outcome().as_str(),
            end.map(|end| end.closed_by.as_str()),
            end.and_then(|end| end.duration_ms),
            end.and_then(|end| end.error.as_deref()),
            span.background,
            span.automatic,
            span.source.as_str(),
        ])
        .map(drop)
}

fn amend_span(transaction: &Transaction<'_>, session: i64, amend: &Amend) -> rusqlite::Result<()> {
    if let Some(begin) = &amend.begin {
        transaction
            .prepare_cached(
                "UPDATE span SET begin_seq = ?3, begin_ns = min(?4, coalesce(end_ns, ?4)), summary = ?5 \
                 WHERE session = ?1 AND id = ?2",
            )?
            .execute(params![session, amend.id, begin.seq, begin.ns, begin.summary])?;
    }
    if let Some(end) = &amend.end {
        transaction
            .prepare_cached(
                "UPDATE span SET end_seq = ?3, end_ns = max(?4, begin_ns), outcome = ?5, closed_by = ?6, \
                 duration_ms = ?7, error = ?8, background = background OR ?9 WHERE session = ?1 AND id = ?2",
            )?
            .execute(params![
                session,
                amend.id,
                end.seq,
                end.ns,
                end.outcome.as_str(),
                end.closed_by,
                end.duration_ms,
                end.error,
                amend.background,
            ])?;
    }
    if let Some(parent) = &amend.parent {
        transaction
            .prepare_cached(
                "UPDATE span SET parent = ?3, background = background OR ?4, prompt = coalesce(?5, prompt), \
                 summary = CASE ?6 WHEN '' THEN summary ELSE ?6 END WHERE session = ?1 AND id = ?2",
            )?
            .execute(params![session, amend.id, parent, amend.background, amend.prompt, amend.summary])?;
    }
    Ok(())
}

/// True: the file was not written or edited before, and is now.
fn add_file(
    transaction: &Transaction<'_>,
    session: i64,
    (seq, at_ns): (u64, u64),
    agent_id: Option<&str>,
    touch: &FileTouch,
) -> rusqlite::Result<bool> {
    let is_new = touch.kind != Touch::Read
        && !transaction
            .prepare_cached("SELECT 1 FROM file WHERE session = ?1 AND path = ?2 AND kind <> 'read' LIMIT 1")?
            .exists(params![session, touch.path])?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO file VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![session, touch.path, seq, at_ns, touch.kind.as_str(), agent_id, touch.added, touch.removed])?;
    Ok(is_new)
}

fn put_task(transaction: &Transaction<'_>, session: i64, task: &Task) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO task VALUES (?1, ?2, (SELECT coalesce(max(place), 0) + 1 FROM task WHERE session = ?1), ?3, ?4) \
             ON CONFLICT (session, id) DO UPDATE SET state = excluded.state, \
             subject = CASE excluded.subject WHEN '' THEN subject ELSE excluded.subject END",
        )?
        .execute(params![session, task.id, task.subject, task.state.as_str()])
        .map(drop)
}

fn replace_tasks(transaction: &Transaction<'_>, session: i64, tasks: &[Task]) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM task WHERE session = ?1")?.execute([session])?;
    tasks.iter().try_for_each(|task| put_task(transaction, session, task))
}
