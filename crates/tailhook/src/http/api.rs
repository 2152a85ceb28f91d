//! Events, sessions and numbers as JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use schemars::JsonSchema;
use serde::Serialize;
use tailhook_core::Envelope;

use super::Shared;
use super::error::Failure;
use super::kept::{Kept, kept};
use super::openapi::Octets;
use super::query::{Name, filter, query_value};
use crate::hook_version;
use crate::live::full_envelope;
use crate::measure::{HalfHour, Minute, SlowHook, Spread};
use crate::store::EventQuery;

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1_000;

/// The daemon answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// Number of the newest event.
    seq: u64,
    /// `ok`, or `trouble` while the store fails and events wait in the journal.
    status: &'static str,
    version: &'static str,
    /// Why the store fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// What mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// `GET /healthz`
pub(super) async fn health(State(shared): State<Arc<Shared>>) -> Json<Health> {
    let numbers = shared.measure.numbers();
    let (error, hint) = numbers.trouble.map(|trouble| (trouble.error, trouble.hint)).unzip();
    let status = if error.is_some() { "trouble" } else { "ok" };
    Json(Health { seq: numbers.seq, status, version: env!("CARGO_PKG_VERSION"), error, hint })
}

/// Events, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct EventPage {
    events: Vec<Envelope>,
    /// `since` of the next page where `since` was given, `before` of it otherwise; null: there is none.
    next: Option<u64>,
    /// The newest event of the store when this was read: what comes after it is on the stream.
    seq: u64,
}

/// `GET /api/v1/events`
pub(super) async fn events(State(shared): State<Arc<Shared>>, uri: Uri) -> Result<Json<EventPage>, Failure> {
    let value = |name| query_value(&uri, name);
    let filter = filter(&uri)?;
    let limit = number(&uri, "limit")?.map_or(DEFAULT_LIMIT, |n| usize::try_from(n).unwrap_or(MAX_LIMIT));
    let with_payload = value("payload").as_deref() == Some("full");
    let query = EventQuery {
        payload: with_payload,
        since: number(&uri, "since")?,
        before: number(&uri, "before")?,
        ..filter.query(limit.clamp(1, MAX_LIMIT))
    };
    // The number first: the page holds all that matches up to it.
    let (seq, page) = shared.read(move |reader| Ok((reader.last_seq()?, reader.events(&query)?))).await?;
    let events: Vec<_> = page
        .events
        .into_iter()
        .map(|stored| if with_payload { full_envelope(&stored) } else { stored.envelope })
        .collect();
    Ok(Json(EventPage { events, next: page.next, seq }))
}

/// `GET /api/v1/events/{seq}`
pub(super) async fn event(State(shared): State<Arc<Shared>>, Name(seq): Name) -> Result<Json<Envelope>, Failure> {
    let stored = one(&shared, &seq).await?;
    Ok(Json(full_envelope(&stored)))
}

/// `GET /api/v1/events/{seq}/raw`: the payload's bytes as they are stored.
pub(super) async fn raw_payload(State(shared): State<Arc<Shared>>, Name(seq): Name) -> Result<Octets, Failure> {
    let stored = one(&shared, &seq).await?;
    // Not as JSON, although most are: a browser must not be led to show what an agent said.
    Ok(Octets(stored.payload))
}

async fn one(shared: &Arc<Shared>, seq: &str) -> Result<crate::store::Stored, Failure> {
    let seq: u64 =
        seq.parse().map_err(|_| Failure::bad_request("an event's seq is a whole number", "e.g. /api/v1/events/1"))?;
    // What the store counts with.
    let seq = seq.min(i64::MAX as u64);
    shared.read(move |reader| reader.event(seq)).await?.ok_or_else(|| Failure::not_found("event"))
}

/// The daemon's numbers. Spreads are of the time since its start.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Stats {
    version: &'static str,
    pid: u32,
    port: u16,
    uptime_s: u64,
    /// Number of the newest event.
    seq: u64,
    /// Clients of the stream.
    subscribers: usize,
    events: Losses,
    kept: Kept,
    /// Events that were told again and left out.
    duplicates: u64,
    /// The same by who told them: an agent, or `transcript`.
    duplicates_by: BTreeMap<String, u64>,
    /// From a hook's start to its append.
    hook_us: Spread,
    /// From a hook's append to the store's write.
    delivery_us: Spread,
    /// One transaction.
    commit_us: Spread,
    /// Bytes in the journal that are not stored yet.
    lag_bytes: u64,
    /// Hooks that took longer than `slow_hook_ms`.
    slow_hook_count: u64,
    /// The newest of them, oldest first.
    slow_hooks: Vec<SlowHook>,
    /// Times that a client was told which events it missed.
    gaps: u64,
    /// Times that the store began to fail.
    store_failures: u64,
    /// Why the store fails, while it does.
    store_trouble: Option<String>,
    /// What mends it.
    store_hint: Option<String>,
    /// How the hook beside the daemon's program differs, where it is of another version.
    #[serde(skip_serializing_if = "Option::is_none")]
    hook_skew: Option<String>,
    /// The minutes of the last hour in which something happened, oldest first.
    history: Vec<Minute>,
    /// What hooks took in the last day, in the half hours in which some ran, oldest first.
    half_hours: Vec<HalfHour>,
}

/// `GET /api/v1/stats`
pub(super) async fn stats(State(shared): State<Arc<Shared>>) -> Result<Json<Stats>, Failure> {
    let numbers = shared.measure.numbers();
    let (store_trouble, store_hint) = numbers.trouble.map(|trouble| (trouble.error, trouble.hint)).unzip();
    let (events, kept) = (losses(&shared).await?, kept(&shared).await?);
    let hook_skew = tokio::task::spawn_blocking(hook_version::skew).await.map_err(Failure::internal)?;
    Ok(Json(Stats {
        version: env!("CARGO_PKG_VERSION"),
        pid: std::process::id(),
        port: shared.names.port,
        uptime_s: numbers.uptime_s,
        seq: numbers.seq,
        subscribers: shared.live.subscribers(),
        duplicates: events.duplicates,
        duplicates_by: events.duplicates_by.clone(),
        events,
        kept,
        hook_us: numbers.hook_us,
        delivery_us: numbers.delivery_us,
        commit_us: numbers.commit_us,
        lag_bytes: numbers.lag_bytes,
        slow_hook_count: numbers.slow_hook_count,
        slow_hooks: shared.measure.slow_hooks(),
        gaps: shared.live.gaps(),
        store_failures: numbers.store_failures,
        store_trouble,
        store_hint,
        hook_skew,
        history: shared.measure.history(),
        half_hours: shared.measure.half_hours(),
    }))
}

/// What is stored, what is not, and what took another way. All but `stored` count from the store's beginning.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "EventCounts")]
pub(super) struct Losses {
    /// In the store now.
    pub(super) stored: u64,
    /// Regions of the journal that were no frame.
    pub(super) torn: u64,
    /// Dropped by hooks: journal and spool were full.
    pub(super) dropped: u64,
    /// Their spilled payload was gone.
    pub(super) lost: u64,
    /// Came through the spool.
    pub(super) spooled: u64,
    /// Only a part of them was kept.
    pub(super) truncated: u64,
    /// Their payload is no JSON.
    pub(super) malformed: u64,
    /// Told again and left out.
    pub(super) duplicates: u64,
    #[serde(skip)]
    duplicates_by: BTreeMap<String, u64>,
}

pub(super) async fn losses(shared: &Arc<Shared>) -> Result<Losses, Failure> {
    shared
        .read(|reader| {
            let duplicates_by = reader.duplicates()?;
            Ok(Losses {
                stored: reader.event_count()?,
                torn: reader.counter("torn")?,
                dropped: reader.counter("dropped")?,
                lost: reader.counter("lost")?,
                spooled: reader.counter("spooled")?,
                truncated: reader.counter("truncated")?,
                malformed: reader.counter("malformed")?,
                duplicates: duplicates_by.values().sum(),
                duplicates_by,
            })
        })
        .await
}

/// A number of the query, if it is there; at most what the store counts with.
pub(super) fn number(uri: &Uri, name: &str) -> Result<Option<u64>, Failure> {
    let Some(value) = query_value(uri, name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let number: u64 = value.parse().map_err(|_| {
        Failure::bad_request(format!("{name} is not a number"), format!("e.g. {name}=100, a whole number from 0"))
    })?;
    Ok(Some(number.min(i64::MAX as u64)))
}
