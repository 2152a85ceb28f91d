//! Sessions folded from their events as these are stored.
//!
//! A session that was folded by the rules of an older program keeps its row and gets no spans, files and tasks until it
//! has been folded again from its first event: see [`super::refold`].

use rusqlite::{OptionalExtension, params};
use serde::Deserialize;
use tailhook_core::Event;
use tailhook_core::session::{Change, Need, Session, SessionState};

use super::transaction::Transaction;
use super::{Map, Set, StoreError, sql};

/// Sessions that are looked through for the one that a new session continues: the latest.
const MAX_CANDIDATES: usize = 32;

/// A session in memory.
pub(super) struct Folded {
    pub(super) id: i64,
    pub(super) state: SessionState,
    /// Its rows are those of the current rules.
    pub(super) is_current: bool,
}

/// Sessions in memory, by the agent's id.
pub(super) type Sessions = Map<Folded>;

/// The part of a stored state that every version has written.
#[derive(Deserialize)]
struct Row {
    session: Session,
}

/// The session of a stored state, whichever version wrote it.
pub(super) fn session_of(state: &str) -> Result<Session, StoreError> {
    serde_json::from_str(state)
        .map(|row: Row| row.session)
        .map_err(|cause| StoreError::Content { what: "read a session", cause })
}

/// What became of an event in its session.
pub(super) struct Applied {
    /// The session's number.
    pub(super) session: i64,
    /// What it changed beside the session's row, if that and the row are left to be written.
    pub(super) left: Option<Vec<Change>>,
}

/// Applies the event to its session. Events without a session share one that nobody sees. Where `may_leave`, nothing is
/// written yet if that can be done as well later: the session is there, and no other is to be read or written for it.
pub(super) fn apply(
    transaction: &Transaction<'_>,
    sessions: &mut Sessions,
    changed: &mut Set,
    event: &Event,
    seq: u64,
    may_leave: bool,
) -> Result<Applied, StoreError> {
    let id = &event.session_id;
    let (folded, is_new) = load(transaction, sessions, id, seq)?;
    let session = folded.id;
    if !changed.contains(id) {
        changed.insert(id.clone());
    }
    if id.is_empty() {
        return Ok(Applied { session, left: (may_leave && !is_new).then(Vec::new) });
    }
    let beside = folded.state.apply(seq, event);
    let is_cleared = event.kind == "hook.session_start" && event.data.reason.as_deref() == Some("clear");
    // How many files a session has edited is known when they are written.
    let has_files = beside.iter().any(|change| matches!(change, Change::File { .. }));
    if may_leave && folded.is_current && !is_new && !is_cleared && !has_files {
        return Ok(Applied { session, left: Some(beside) });
    }
    if folded.is_current {
        folded.state.session.files_edited += super::rows::write(transaction, session, &beside)?;
    }
    if is_cleared {
        changed.extend(link(transaction, sessions, id)?);
    }
    Ok(Applied { session, left: None })
}

/// The session, which begins with this event if it has not been seen before; then true.
fn load<'s>(
    transaction: &Transaction<'_>,
    sessions: &'s mut Sessions,
    id: &str,
    seq: u64,
) -> Result<(&'s mut Folded, bool), StoreError> {
    let is_new = find(transaction, sessions, id)?.is_none();
    if is_new {
        transaction
            .prepare_cached("INSERT INTO session (session_id, last_seq, state, fold) VALUES (?1, ?2, '', ?3)")
            .and_then(|mut insert| insert.execute(params![id, seq, SessionState::VERSION]))
            .map_err(sql("store a session"))?;
        let number = transaction.last_insert_rowid();
        let folded = Folded { id: number, state: SessionState::new(id), is_current: true };
        sessions.insert(id.to_owned(), folded);
    }
    Ok((sessions.get_mut(id).expect("just inserted"), is_new))
}

/// A session that has been seen before.
pub(super) fn find<'s>(
    transaction: &Transaction<'_>,
    sessions: &'s mut Sessions,
    id: &str,
) -> Result<Option<&'s mut Folded>, StoreError> {
    if !sessions.contains_key(id) {
        let found = transaction
            .prepare_cached("SELECT id, state, fold FROM session WHERE session_id = ?1")
            .and_then(|mut select| {
                select
                    .query_row([id], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, u32>(2)?)))
                    .optional()
            })
            .map_err(sql("read a session"))?;
        let Some((number, state, version)) = found else { return Ok(None) };
        let is_current = version == SessionState::VERSION;
        let state = if is_current {
            serde_json::from_str(&state).map_err(|cause| StoreError::Content { what: "read a session", cause })?
        } else {
            SessionState::resume(session_of(&state)?)
        };
        sessions.insert(id.to_owned(), Folded { id: number, state, is_current });
    }
    Ok(sessions.get_mut(id))
}

/// Finds the session that this one continues, and notes it on both. Gives the older one's id.
fn link(transaction: &Transaction<'_>, sessions: &mut Sessions, id: &str) -> Result<Option<String>, StoreError> {
    let newer = &sessions[id].state.session;
    if newer.previous_session_id.is_some() {
        return Ok(None);
    }
    let in_memory = sessions.values().map(|folded| &folded.state.session).filter(|older| newer.continues(older));
    let mut older = in_memory.max_by_key(|older| older.last_seq).map(|older| older.session_id.clone());
    if older.is_none() {
        let states: Vec<String> = transaction
            .prepare_cached("SELECT state FROM session WHERE state <> '' ORDER BY last_seq DESC LIMIT ?1")
            .and_then(|mut select| select.query_map([MAX_CANDIDATES], |row| row.get(0))?.collect())
            .map_err(sql("read sessions"))?;
        for state in states {
            let candidate = session_of(&state)?;
            // What is in memory is newer than what is stored.
            if !sessions.contains_key(&candidate.session_id) && newer.continues(&candidate) {
                older = Some(candidate.session_id);
                break;
            }
        }
    }
    let Some(older) = older else { return Ok(None) };
    load(transaction, sessions, &older, 0)?.0.state.session.next_session_id = Some(id.to_owned());
    let (newer, _) = load(transaction, sessions, id, 0)?;
    newer.state.session.previous_session_id = Some(older.clone());
    Ok(Some(older))
}

/// Writes a session's row. By which rules it was folded changes once in its life and is indexed: [`set_version`] is for
/// that.
pub(super) fn save(transaction: &Transaction<'_>, folded: &Folded) -> Result<(), StoreError> {
    let state =
        serde_json::to_string(&folded.state).map_err(|cause| StoreError::Content { what: "write a session", cause })?;
    let session = &folded.state.session;
    transaction
        .prepare_cached(
            "UPDATE session SET last_seq = ?2, state = ?3, agent = ?4, project = ?5, status = ?6, needs = ?7 WHERE id = ?1",
        )
        .and_then(|mut update| {
            update.execute(params![
                folded.id,
                session.last_seq,
                state,
                session.agent,
                session.project,
                session.state.as_str(),
                session.needs.map(Need::as_str),
            ])
        })
        .map_err(sql("store a session"))?;
    Ok(())
}

/// Notes that a session is folded by the current rules.
pub(super) fn set_version(transaction: &Transaction<'_>, session: i64) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE session SET fold = ?2 WHERE id = ?1")
        .and_then(|mut update| update.execute(params![session, SessionState::VERSION]))
        .map(drop)
        .map_err(sql("store a session"))
}
