//! `GET /api/v1/agents`: what each agent has done, side by side.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use tailhook_core::session::Session;

use super::Shared;
use super::error::Failure;
use crate::store::{EventQuery, SessionQuery, Stored};

/// Sessions that are counted, the newest ones.
const SESSIONS: usize = 10_000;
/// Begins and ends of calls that durations are taken from, the newest ones.
const TOOL_EVENTS: usize = 4_000;
const BEGIN: &str = "hook.pre_tool_use";
const ENDS: [&str; 2] = ["hook.post_tool_use", "hook.post_tool_use_failure"];

/// One agent. Counts are of all its sessions; durations are of its latest calls, from the begin's hook to the end's.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "AgentSummary")]
struct Summary {
    agent: String,
    sessions: u64,
    events: u64,
    tools: u64,
    failures: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    p50_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p95_ms: Option<u64>,
    last_at: String,
}

/// Those with the newest events first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AgentList {
    agents: Vec<Summary>,
}

/// `GET /api/v1/agents`
pub(super) async fn agents(State(shared): State<Arc<Shared>>) -> Result<Json<AgentList>, Failure> {
    let agents = shared
        .read(|reader| {
            let mut kinds = ENDS.map(str::to_owned).to_vec();
            kinds.push(BEGIN.to_owned());
            let query = EventQuery { kinds, limit: TOOL_EVENTS, ..EventQuery::default() };
            Ok(together(reader.sessions(&SessionQuery::newest(SESSIONS))?, &reader.events(&query)?.events))
        })
        .await?;
    Ok(Json(AgentList { agents }))
}

fn together(sessions: Vec<Session>, events: &[Stored]) -> Vec<Summary> {
    let mut agents: BTreeMap<String, Summary> = BTreeMap::new();
    for session in sessions {
        let agent = agents.entry(session.agent.clone()).or_default();
        agent.agent = session.agent;
        agent.sessions += 1;
        agent.events += session.events;
        agent.tools += session.tools;
        agent.failures += session.failures;
        agent.last_at = session.last_at.max(std::mem::take(&mut agent.last_at));
    }
    for (name, mut durations) in durations(events) {
        durations.sort_unstable();
        if let Some(agent) = agents.get_mut(name) {
            agent.p50_ms = percentile(&durations, 50);
            agent.p95_ms = percentile(&durations, 95);
        }
    }
    let mut agents: Vec<_> = agents.into_values().collect();
    agents.sort_by(|one, other| other.last_at.cmp(&one.last_at));
    agents
}

/// A call that has begun.
struct Open<'e> {
    tool_use_id: Option<&'e str>,
    summary: &'e str,
    stamp_ns: u64,
}

/// How long the calls of each agent took, milliseconds. Calls are told apart by their id; where an agent gives none, by
/// the tool and what it worked on, or else the oldest call of the tool has ended.
fn durations(events: &[Stored]) -> HashMap<&str, Vec<u64>> {
    let mut open: HashMap<[&str; 2], Vec<Open<'_>>> = HashMap::new();
    let mut durations: HashMap<&str, Vec<u64>> = HashMap::new();
    for Stored { envelope, stamp_ns, .. } in events {
        let data = &envelope.data;
        let calls = open.entry([&envelope.session_id, data.tool_name.as_deref().unwrap_or_default()]).or_default();
        let (tool_use_id, summary) = (data.tool_use_id.as_deref(), data.summary.as_str());
        if envelope.kind == BEGIN {
            calls.push(Open { tool_use_id, summary, stamp_ns: *stamp_ns });
            continue;
        }
        let at = match tool_use_id {
            Some(_) => calls.iter().position(|call| call.tool_use_id == tool_use_id),
            None => calls.iter().position(|call| call.summary == summary).or((!calls.is_empty()).then_some(0)),
        };
        let begun = at.map(|at| calls.remove(at).stamp_ns);
        if let Some(ms) = data.duration_ms.or_else(|| Some(stamp_ns.saturating_sub(begun?) / 1_000_000)) {
            durations.entry(envelope.agent.as_str()).or_default().push(ms);
        }
    }
    durations
}

fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().checked_sub(1)?)).copied()
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles() {
        let ten: Vec<u64> = (1..=10).collect();
        assert_eq!((percentile(&ten, 50), percentile(&ten, 95)), (Some(6), Some(10)));
        assert_eq!((percentile(&[7], 50), percentile(&[7], 95)), (Some(7), Some(7)));
        assert_eq!(percentile(&[], 50), None);
    }
}
