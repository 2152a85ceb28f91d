//! What transcripts gave: the conversation, what it took, and what hooks cost.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::Shared;
use super::api::number;
use super::error::Failure;
use super::query::query_value;
use crate::store::{HookRuns, Spent};

const DEFAULT_MESSAGES: usize = 100;
const MAX_MESSAGES: usize = 1_000;

/// `GET /api/v1/sessions/{id}/messages?since=&limit=`
pub(super) async fn messages(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Failure> {
    let since = number(&uri, "since")?.unwrap_or(0).min(i64::MAX as u64);
    let limit = number(&uri, "limit")?.map_or(DEFAULT_MESSAGES, |n| usize::try_from(n).unwrap_or(MAX_MESSAGES));
    let limit = limit.clamp(1, MAX_MESSAGES);
    let mut messages = shared
        .read(move |reader| match reader.session(&id)? {
            Some(_) => reader.messages(&id, since, limit).map(Some),
            None => Ok(None),
        })
        .await?
        .ok_or_else(|| Failure::not_found("session"))?;
    let more = messages.len() > limit;
    messages.truncate(limit);
    let next = messages.last().filter(|_| more).map(|last| last.n);
    Ok(Json(json!({ "messages": messages, "next": next })).into_response())
}

/// `GET /api/v1/sessions/{id}/usage`
pub(super) async fn usage(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let prices = shared.prices.clone();
    let (session, usage) = shared
        .read(move |reader| match reader.session(&id)? {
            Some(session) => Ok(Some((session, reader.usage(&id, &prices)?))),
            None => Ok(None),
        })
        .await?
        .ok_or_else(|| Failure::not_found("session"))?;
    let row = |name: &str, value: Value, spent: Spent| {
        let mut row = json!(spent);
        row[name] = value;
        row
    };
    let all_priced = usage.models.iter().all(|(_, spent)| spent.cost_usd.is_some());
    let models: Vec<_> = usage.models.into_iter().map(|(model, spent)| row("model", json!(model), spent)).collect();
    let turns: Vec<_> = usage.turns.into_iter().map(|(n, spent)| row("n", json!(n), spent)).collect();
    let mut answer = json!({ "models": models, "turns": turns, "priced": all_priced });
    for (name, value) in [("context_tokens", session.context_tokens), ("context_window", session.context_window)] {
        if let Some(value) = value {
            answer[name] = json!(value);
        }
    }
    Ok(Json(answer).into_response())
}

/// One hook command at one event.
#[derive(Debug, Serialize)]
struct HookRow {
    event: String,
    command: String,
    /// It is tailhook's.
    ours: bool,
    agent: &'static str,
    calls: u64,
    failures: u64,
    p50_ms: u64,
    p99_ms: u64,
    total_ms: u64,
    per_session_ms: u64,
    per_day_ms: u64,
}

/// `GET /api/v1/profile?session=&since=`
pub(super) async fn profile(State(shared): State<Arc<Shared>>, uri: Uri) -> Result<Response, Failure> {
    let session = query_value(&uri, "session").filter(|session| !session.is_empty());
    let since_ns = match query_value(&uri, "since").filter(|since| !since.is_empty()) {
        Some(since) => moment(&since)?,
        None => 0,
    };
    let (runs, (sessions, days)) = shared
        .read(move |reader| {
            let id = session.as_deref();
            Ok((reader.hook_runs(id, since_ns)?, reader.hook_run_extent(id, since_ns)?))
        })
        .await?;
    let mut hooks: Vec<_> = runs.into_iter().map(|runs| hook_row(runs, sessions.max(1), days.max(1))).collect();
    hooks.sort_by_key(|row| std::cmp::Reverse(row.total_ms));
    let slowest = hooks.first().filter(|row| row.total_ms > 0);
    Ok(Json(json!({
        "hooks": hooks,
        "slowest": slowest,
        "sessions": sessions,
        "days": days,
        "own_us": shared.measure.numbers().hook_us,
    }))
    .into_response())
}

fn hook_row(runs: HookRuns, sessions: u64, days: u64) -> HookRow {
    let HookRuns { event, command, mut durations_ms, failures } = runs;
    durations_ms.sort_unstable();
    let calls = durations_ms.len() as u64;
    let at = |percent: usize| durations_ms.get((durations_ms.len() - 1) * percent / 100).copied().unwrap_or(0);
    let total_ms = durations_ms.iter().sum::<u64>();
    HookRow {
        ours: command.contains("tailhook-hook"),
        event,
        command,
        agent: "claude-code",
        calls,
        failures,
        p50_ms: at(50),
        p99_ms: at(99),
        total_ms,
        per_session_ms: total_ms / sessions,
        per_day_ms: total_ms / days,
    }
}

/// A moment in RFC 3339, or how long ago: `90m`, `24h`, `7d`. Nanoseconds since the Unix epoch.
fn moment(text: &str) -> Result<u64, Failure> {
    let wrong = || Failure::bad_request("since is no moment", "e.g. since=24h, since=7d or since=2026-11-22T00:00:00Z");
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Ok(u64::try_from(stamp.as_nanosecond()).unwrap_or(0).min(i64::MAX as u64));
    }
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let ago_ns = count.saturating_mul(seconds).saturating_mul(1_000_000_000);
    Ok(tailhook_journal::sys::now_ns().saturating_sub(ago_ns))
}
