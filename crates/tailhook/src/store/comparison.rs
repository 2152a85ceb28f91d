//! What each agent has done, over all that is stored: sums over the sessions' rows and the spans of their calls. No event
//! is read.
//!
//! Every span is looked at once. What came of it is kept for each session, and the next time only those are read again
//! that have changed: with a newer event, folded again by newer rules, or gone.

mod times;

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Row};
use tailhook_core::session::SessionState;

use super::reader::Reader;
use super::retention::REMOVED;
use super::{StoreError, sql};
use times::{SessionTimes, Times};

/// One agent's sessions together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct AgentTotals {
    pub(crate) sessions: u64,
    pub(crate) events: u64,
    pub(crate) tools: u64,
    pub(crate) failures: u64,
    pub(crate) last_at: String,
    /// Of the calls whose end was told; none: there are none.
    pub(crate) p50_ms: Option<u64>,
    pub(crate) p95_ms: Option<u64>,
}

/// The store as it was when it was last looked at.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Number of the first event that has not been seen.
    next_seq: u64,
    /// How many events had been removed.
    removed: u64,
    sessions: HashMap<i64, Counted>,
    agents: Vec<Agent>,
}

#[derive(Debug)]
struct Agent {
    name: String,
    times: Times,
}

/// What one session counts for.
#[derive(Debug)]
struct Counted {
    /// Its place among the agents.
    agent: usize,
    events: u64,
    tools: u64,
    failures: u64,
    last_at: Box<str>,
    times: SessionTimes,
    /// Folded by the current rules; until then its spans change without an event.
    is_current: bool,
}

const SESSION: &str = "SELECT id, last_seq, fold, state ->> '$.session.agent', state ->> '$.session.events', \
    state ->> '$.session.tools', state ->> '$.session.failures', state ->> '$.session.last_at' \
    FROM session WHERE session_id <> '' AND state <> ''";

/// Calls whose end was told: as the agent measured it, or else from the begin's hook to the end's.
const CALLS: &str = "SELECT coalesce(duration_ms, (end_ns - begin_ns) / 1000000) FROM span \
    WHERE session = ?1 AND kind = 'tool' AND closed_by IN ('hook.post_tool_use', 'hook.post_tool_use_failure')";

impl Reader {
    /// All agents, by name. `comparison` is what an earlier call left, or new.
    pub(crate) fn compare_agents(
        &self,
        comparison: &mut Comparison,
    ) -> Result<BTreeMap<String, AgentTotals>, StoreError> {
        if let Err(cause) = comparison.look(&self.connection) {
            // Half of it may be of now.
            *comparison = Comparison::default();
            return Err(sql("compare the agents")(cause));
        }
        Ok(comparison.totals())
    }
}

impl Comparison {
    /// Reads what has changed since the last look.
    fn look(&mut self, store: &Connection) -> rusqlite::Result<()> {
        // One view of the store for all of it, whatever is written meanwhile.
        let view = store.unchecked_transaction()?;
        self.forget_removed(&view)?;
        let unsettled: Vec<i64> =
            self.sessions.iter().filter(|(_, counted)| !counted.is_current).map(|(id, _)| *id).collect();
        for id in unsettled {
            let mut select = view.prepare_cached(&format!("{SESSION} AND id = ?1"))?;
            let mut rows = select.query([id])?;
            while let Some(row) = rows.next()? {
                self.count(&view, row)?;
            }
        }
        let mut select = view.prepare_cached(&format!("{SESSION} AND last_seq >= ?1"))?;
        let mut rows = select.query([self.next_seq])?;
        while let Some(row) = rows.next()? {
            self.count(&view, row)?;
        }
        Ok(())
    }

    /// Sessions go with their last event, and with them their rows.
    fn forget_removed(&mut self, view: &Connection) -> rusqlite::Result<()> {
        let removed = view
            .prepare_cached("SELECT value FROM counter WHERE name = ?1")?
            .query_row([REMOVED], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        if std::mem::replace(&mut self.removed, removed) == removed {
            return Ok(());
        }
        let left: HashSet<i64> = view
            .prepare_cached("SELECT id FROM session")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let gone: Vec<i64> = self.sessions.keys().filter(|id| !left.contains(id)).copied().collect();
        for id in gone {
            self.forget(id);
        }
        Ok(())
    }

    fn forget(&mut self, id: i64) {
        if let Some(counted) = self.sessions.remove(&id) {
            self.agents[counted.agent].times.remove(&counted.times);
        }
    }

    /// Counts a session as it is now, in place of what it was.
    fn count(&mut self, view: &Connection, row: &Row<'_>) -> rusqlite::Result<()> {
        let number = |at| row.get::<_, Option<u64>>(at).map(Option::unwrap_or_default);
        let text = |at| row.get::<_, Option<String>>(at).map(Option::unwrap_or_default);
        let id = row.get(0)?;
        let mut calls = view.prepare_cached(CALLS)?;
        let ms = calls.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let counted = Counted {
            agent: self.agent(&text(3)?),
            events: number(4)?,
            tools: number(5)?,
            failures: number(6)?,
            last_at: text(7)?.into(),
            times: SessionTimes::new(ms),
            is_current: row.get::<_, u32>(2)? == SessionState::VERSION,
        };
        self.forget(id);
        self.agents[counted.agent].times.add(&counted.times);
        self.sessions.insert(id, counted);
        self.next_seq = self.next_seq.max(number(1)? + 1);
        Ok(())
    }

    /// Its place; there are few.
    fn agent(&mut self, name: &str) -> usize {
        self.agents.iter().position(|known| known.name == name).unwrap_or_else(|| {
            self.agents.push(Agent { name: name.to_owned(), times: Times::default() });
            self.agents.len() - 1
        })
    }

    fn totals(&self) -> BTreeMap<String, AgentTotals> {
        let of = |agent: &Agent| {
            let (p50_ms, p95_ms) = (agent.times.percentile(50), agent.times.percentile(95));
            AgentTotals { p50_ms, p95_ms, ..AgentTotals::default() }
        };
        let mut totals: Vec<AgentTotals> = self.agents.iter().map(of).collect();
        for counted in self.sessions.values() {
            let total = &mut totals[counted.agent];
            total.sessions += 1;
            total.events += counted.events;
            total.tools += counted.tools;
            total.failures += counted.failures;
            if *counted.last_at > *total.last_at {
                total.last_at = counted.last_at.to_string();
            }
        }
        let named = self.agents.iter().map(|agent| agent.name.clone()).zip(totals);
        named.filter(|(_, total)| total.sessions > 0).collect()
    }
}

#[cfg(test)]
mod tests;
