//! What transcripts gave: the conversation, what it took, and what hooks cost.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use schemars::JsonSchema;
use serde::Serialize;
use tailhook_core::Session;

use super::Shared;
use super::api::number;
use super::error::Failure;
use super::query::{Name, query_value};
use super::sessions::of_session;
use crate::measure::Spread;
use crate::store::{HookRuns, MessageRow, Reader, Spent};

const DEFAULT_MESSAGES: usize = 100;
const MAX_MESSAGES: usize = 1_000;

/// A part of a conversation, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct MessagePage {
    messages: Vec<MessageRow>,
    /// `since` of the next page, if there is one.
    next: Option<u64>,
}

/// `GET /api/v1/sessions/{id}/messages?since=&limit=`
pub(super) async fn messages(
    State(shared): State<Arc<Shared>>,
    Name(id): Name,
    uri: Uri,
) -> Result<Json<MessagePage>, Failure> {
    let since = number(&uri, "since")?.unwrap_or(0).min(i64::MAX as u64);
    let limit = number(&uri, "limit")?.map_or(DEFAULT_MESSAGES, |n| usize::try_from(n).unwrap_or(MAX_MESSAGES));
    let limit = limit.clamp(1, MAX_MESSAGES);
    let read = move |reader: &Reader, number, _: &Session| reader.messages(number, since, limit);
    let mut messages = of_session(&shared, id, read).await?;
    let more = messages.len() > limit;
    messages.truncate(limit);
    let next = messages.last().filter(|_| more).map(|last| last.n);
    Ok(Json(MessagePage { messages, next }))
}

/// What a session took.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct UsageAnswer {
    /// The dearest first.
    models: Vec<ModelSpent>,
    /// In their order.
    turns: Vec<TurnSpent>,
    /// What the main agent's model was given for its latest answer, tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    context_tokens: Option<u64>,
    /// How much that model can be given, tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    context_window: Option<u64>,
    /// The prices of all its models are known.
    priced: bool,
}

/// What one model took.
#[derive(Debug, Serialize, JsonSchema)]
struct ModelSpent {
    model: String,
    #[serde(flatten)]
    spent: Spent,
}

/// What one turn took.
#[derive(Debug, Serialize, JsonSchema)]
struct TurnSpent {
    /// The turn's number; 0 is what belongs to none that is known.
    n: u64,
    #[serde(flatten)]
    spent: Spent,
}

/// `GET /api/v1/sessions/{id}/usage`
pub(super) async fn usage(State(shared): State<Arc<Shared>>, Name(id): Name) -> Result<Json<UsageAnswer>, Failure> {
    let prices = shared.prices.clone();
    let read = move |reader: &Reader, number, session: &Session| Ok((session.clone(), reader.usage(number, &prices)?));
    let (session, usage) = of_session(&shared, id, read).await?;
    Ok(Json(UsageAnswer {
        priced: usage.models.iter().all(|(_, spent)| spent.cost_usd.is_some()),
        models: usage.models.into_iter().map(|(model, spent)| ModelSpent { model, spent }).collect(),
        turns: usage.turns.into_iter().map(|(n, spent)| TurnSpent { n, spent }).collect(),
        context_tokens: session.context_tokens,
        context_window: session.context_window,
    }))
}

/// One hook command at one event.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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

/// What hooks cost the agents that ran them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProfileAnswer {
    /// The dearest first.
    hooks: Vec<HookRow>,
    /// The dearest, if any took time.
    slowest: Option<HookRow>,
    /// Sessions with a recorded run.
    sessions: u64,
    /// Days (UTC) with a recorded run.
    days: u64,
    /// What tailhook's own hook takes, from its start to its append, microseconds, since the daemon's start.
    own_us: Spread,
}

/// `GET /api/v1/profile?session=&since=`
pub(super) async fn profile(State(shared): State<Arc<Shared>>, uri: Uri) -> Result<Json<ProfileAnswer>, Failure> {
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
    let slowest = hooks.first().filter(|row| row.total_ms > 0).cloned();
    Ok(Json(ProfileAnswer { hooks, slowest, sessions, days, own_us: shared.measure.numbers().hook_us }))
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
