//! `GET /api/v1/agents`: what each agent has done, side by side.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::Shared;
use super::error::Failure;
use crate::store::{AgentTotals, Reader};

/// One agent. Counts are of all its sessions that are stored, durations of all their calls whose end was told.
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
    let kept = Arc::clone(&shared);
    let compare = move |reader: &Reader| {
        // Held over the reading: whoever asks meanwhile finds it read already.
        let mut comparison = kept.comparison.lock().unwrap_or_else(PoisonError::into_inner);
        reader.compare_agents(&mut comparison)
    };
    let totals = shared.read(compare).await?;
    let mut agents: Vec<_> = totals.into_iter().map(summary).collect();
    agents.sort_by(|one, other| other.last_at.cmp(&one.last_at));
    Ok(Json(AgentList { agents }))
}

fn summary((agent, totals): (String, AgentTotals)) -> Summary {
    let AgentTotals { sessions, events, tools, failures, last_at, p50_ms, p95_ms } = totals;
    Summary { agent, sessions, events, tools, failures, p50_ms, p95_ms, last_at }
}
