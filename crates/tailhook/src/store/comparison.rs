//! What each agent has done, over all that is stored: sums over the sessions' rows and the spans of their calls. No event
//! is read.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Row;

use super::reader::Reader;
use super::{StoreError, sql};

/// One agent's sessions together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct AgentTotals {
    pub(crate) sessions: u64,
    pub(crate) events: u64,
    pub(crate) tools: u64,
    pub(crate) failures: u64,
    pub(crate) last_at: String,
    pub(crate) durations: Durations,
}

/// How many calls took how many milliseconds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Durations {
    calls: u64,
    by_ms: BTreeMap<u64, u64>,
}

impl Durations {
    fn add(&mut self, ms: u64) {
        self.calls += 1;
        *self.by_ms.entry(ms).or_default() += 1;
    }

    /// So many of a hundred calls took no longer than this. None: there are no calls.
    pub(crate) fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.calls * percent / 100).min(self.calls.checked_sub(1)?);
        let mut before = 0;
        let reaches = |(ms, calls): (&u64, &u64)| {
            before += calls;
            (before > rank).then_some(*ms)
        };
        self.by_ms.iter().find_map(reaches)
    }
}

const SESSIONS: &str = "SELECT id, state ->> '$.session.agent', state ->> '$.session.events', \
    state ->> '$.session.tools', state ->> '$.session.failures', state ->> '$.session.last_at' \
    FROM session WHERE session_id <> '' AND state <> ''";

/// Calls whose end was told: as the agent measured it, or else from the begin's hook to the end's.
const CALLS: &str = "SELECT session, coalesce(duration_ms, (end_ns - begin_ns) / 1000000) FROM span \
    WHERE kind = 'tool' AND closed_by IN ('hook.post_tool_use', 'hook.post_tool_use_failure')";

impl Reader {
    /// All agents, by name.
    pub(crate) fn compare_agents(&self) -> Result<BTreeMap<String, AgentTotals>, StoreError> {
        self.compare().map_err(sql("compare the agents"))
    }

    fn compare(&self) -> rusqlite::Result<BTreeMap<String, AgentTotals>> {
        // One view of the store for both, whatever is written meanwhile.
        let view = self.connection.unchecked_transaction()?;
        let mut names: Vec<String> = Vec::new();
        let mut totals: Vec<AgentTotals> = Vec::new();
        let mut agents: HashMap<i64, usize> = HashMap::new();
        let mut sessions = view.prepare_cached(SESSIONS)?;
        let mut rows = sessions.query([])?;
        while let Some(row) = rows.next()? {
            let name: Option<String> = row.get(1)?;
            let name = name.unwrap_or_default();
            let at = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                totals.push(AgentTotals::default());
                totals.len() - 1
            });
            agents.insert(row.get(0)?, at);
            totals[at].add(row)?;
        }
        let mut calls = view.prepare_cached(CALLS)?;
        let mut rows = calls.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(at) = agents.get(&row.get(0)?) {
                totals[*at].durations.add(row.get(1)?);
            }
        }
        Ok(names.into_iter().zip(totals).collect())
    }
}

impl AgentTotals {
    fn add(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let count = |at| row.get::<_, Option<u64>>(at).map(Option::unwrap_or_default);
        self.sessions += 1;
        self.events += count(2)?;
        self.tools += count(3)?;
        self.failures += count(4)?;
        let last_at: Option<String> = row.get(5)?;
        if let Some(last_at) = last_at.filter(|last_at| *last_at > self.last_at) {
            self.last_at = last_at;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tailhook_core::{RawEvent, Redaction, agents};

    use super::super::{Batch, Writer};
    use super::*;

    #[test]
    fn percentiles() {
        let of = |times: &[u64]| {
            let mut durations = Durations::default();
            for ms in times {
                durations.add(*ms);
            }
            (durations.percentile(50), durations.percentile(95))
        };
        assert_eq!(of(&[5, 2, 9, 1, 10, 3, 8, 4, 7, 6]), (Some(6), Some(10)));
        assert_eq!(of(&[7]), (Some(7), Some(7)));
        assert_eq!(of(&[3, 3, 3, 3, 3, 3, 3, 3, 3, 100]), (Some(3), Some(100)));
        assert_eq!(of(&[]), (None, None));
    }

    /// More calls than any page of events holds, in sessions of two agents: each counts.
    #[test]
    fn every_call_there_is_counts() {
        const CALLS: u64 = 3_000;
        let event = |agent: &'static str, name: &str, n: u64, at_ms: u64| {
            let payload = format!(
                r#"{{"session_id":"{agent}{}","hook_event_name":"{name}","tool_name":"Bash","tool_use_id":"t{n}"}}"#,
                n % 3
            );
            let raw = RawEvent {
                stamp_ns: at_ms * 1_000_000,
                agent: agent.into(),
                payload: payload.into_bytes().into(),
                ..RawEvent::default()
            };
            agents::parse(&raw, &Redaction::default())
        };
        let mut events = Vec::new();
        for n in 0..CALLS {
            for (agent, takes_ms) in [("codex", 10), ("gemini-cli", n % 100)] {
                events.push(event(agent, if agent == "codex" { "PreToolUse" } else { "BeforeTool" }, n, n * 1_000));
                let end = if agent == "codex" { "PostToolUse" } else { "AfterTool" };
                events.push(event(agent, end, n, n * 1_000 + takes_ms));
            }
        }
        // One that never ended has no duration.
        events.push(event("codex", "PreToolUse", CALLS, CALLS * 1_000));
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("tailhook.db");
        let mut writer = Writer::open(&path).expect("a store");
        writer.commit(&mut Batch { events, ..Batch::default() }, 0).expect("stored");
        let agents = Reader::open(&path).and_then(|reader| reader.compare_agents()).expect("a comparison");
        assert_eq!(agents.keys().collect::<Vec<_>>(), ["codex", "gemini-cli"]);
        let codex = &agents["codex"];
        assert_eq!((codex.sessions, codex.events, codex.tools), (3, 2 * CALLS + 1, CALLS + 1));
        assert_eq!((codex.durations.percentile(50), codex.durations.calls), (Some(10), CALLS));
        let gemini = &agents["gemini-cli"];
        assert_eq!((gemini.tools, gemini.durations.calls), (CALLS, CALLS));
        assert_eq!((gemini.durations.percentile(50), gemini.durations.percentile(95)), (Some(50), Some(95)));
    }
}
