//! Sessions of an older program, folded again from their events: a few events at a time, beside the live path.
//!
//! The rows of a session are written from its first event on; until its last has been reached, the session keeps the row
//! it had. A daemon that is killed in between begins the session again.

use rusqlite::{Connection, OptionalExtension, Row, params};
use tailhook_core::event::EventData;
use tailhook_core::session::SessionState;
use tailhook_core::{Event, RawEvent, Redaction, agents};

use super::content::Unpacker;
use super::folding::{self, Folded, Sessions};
use super::transaction::Transaction;
use super::{StoreError, rows, sql};

const EVENT: &str = "SELECT event.seq, event.stamp_ns, agent.name, event.content, event.payload FROM event \
    CROSS JOIN agent ON agent.id = event.agent";

/// Events folded in one step, so that what happens meanwhile waits for milliseconds.
const STEP: usize = 100;

/// The session at work.
pub(super) struct Refolding {
    id: i64,
    session_id: String,
    state: SessionState,
    at: u64,
}

/// How far a step has come.
pub(super) enum Step {
    /// There is nothing to fold again.
    Done,
    /// A session is done, and there may be others.
    Between,
    /// This session has more events.
    Within(Box<Refolding>),
}

/// Goes one step on.
pub(super) fn step(
    transaction: &Transaction<'_>,
    current: Option<Refolding>,
    sessions: &mut Sessions,
) -> Result<Step, StoreError> {
    let mut refolding = match current {
        Some(refolding) => refolding,
        None => match begin(transaction)? {
            Some(refolding) => refolding,
            None => return Ok(Step::Done),
        },
    };
    let events = read(transaction, &refolding)?;
    for (seq, event) in &events {
        let changes = refolding.state.apply(*seq, event);
        refolding.state.session.files_edited += rows::write(transaction, refolding.id, &changes)?;
        refolding.at = *seq;
    }
    if events.len() == STEP {
        return Ok(Step::Within(Box::new(refolding)));
    }
    let old = folding::find(transaction, sessions, &refolding.session_id)?;
    let mut state = refolding.state;
    if let Some(old) = old {
        state.keep_found(&old.state);
    }
    let folded = Folded { id: refolding.id, state, is_current: true };
    folding::save(transaction, &folded)?;
    folding::set_version(transaction, folded.id)?;
    sessions.insert(refolding.session_id, folded);
    Ok(Step::Between)
}

/// Number and id of the session with the newest events of those that are left.
pub(super) fn next(store: &Connection) -> Result<Option<(i64, String)>, StoreError> {
    store
        .prepare_cached(
            "SELECT id, session_id FROM session WHERE fold <> ?1 AND session_id <> '' ORDER BY last_seq DESC LIMIT 1",
        )
        .and_then(|mut select| {
            select.query_row([SessionState::VERSION], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
        .map_err(sql("fold a session again"))
}

fn begin(transaction: &Transaction<'_>) -> Result<Option<Refolding>, StoreError> {
    let Some((id, session_id)) = next(transaction)? else { return Ok(None) };
    rows::clear(transaction, id)?;
    Ok(Some(Refolding { id, state: SessionState::new(session_id.as_str()), session_id, at: 0 }))
}

fn read(transaction: &Transaction<'_>, refolding: &Refolding) -> Result<Vec<(u64, Event)>, StoreError> {
    let events = || -> rusqlite::Result<Vec<(u64, Event)>> {
        let mut select = transaction.prepare_cached(&format!(
            "{EVENT} WHERE event.session = ?1 AND event.seq > ?2 ORDER BY event.seq LIMIT ?3"
        ))?;
        let mut unpacker = Unpacker::default();
        let rows = select
            .query_map(params![refolding.id, refolding.at, STEP], |row| event(transaction, &mut unpacker, row))?;
        rows.collect()
    };
    events().map_err(sql("fold a session again"))
}

fn event(transaction: &Transaction<'_>, unpacker: &mut Unpacker, row: &Row<'_>) -> rusqlite::Result<(u64, Event)> {
    let agent: String = row.get(2)?;
    let (data, payload) = unpacker.event(transaction, row.get_ref(3)?, row.get_ref(4)?)?;
    Ok((row.get(0)?, parsed(row.get(1)?, &agent, &data, &payload)))
}

/// The event as it was when it was stored, as far as the fold reads it.
pub(super) fn parsed(stamp_ns: u64, agent: &str, data: &[u8], payload: &[u8]) -> Event {
    let data: EventData = serde_json::from_slice(data).unwrap_or_default();
    let raw = RawEvent {
        stamp_ns,
        ppid: data.agent_pid.unwrap_or(0),
        agent: agent.into(),
        event_hint: data.event.as_deref().unwrap_or_default().into(),
        truncated: data.truncated,
        payload: payload.into(),
        ..RawEvent::default()
    };
    // Its secrets are gone already.
    let mut event = agents::parse(&raw, &Redaction::off());
    event.data.source = data.source;
    event.data.profile = data.profile;
    event
}
