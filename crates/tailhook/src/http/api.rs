//! Events, sessions and numbers as JSON.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Shared;
use super::error::Failure;
use super::query::{filter, query_value};
use crate::live::{Live, full_envelope};
use crate::measure::Numbers;
use crate::store::EventQuery;

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1_000;

/// `GET /healthz`
pub(super) async fn health(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION"), "seq": shared.measure.seq() }))
}

/// `GET /api/v1/events`
pub(super) async fn events(State(shared): State<Arc<Shared>>, uri: Uri) -> Result<Response, Failure> {
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
    let page = shared.read(move |reader| reader.events(&query)).await?;
    let events: Vec<_> = page
        .events
        .into_iter()
        .map(|stored| if with_payload { full_envelope(&stored) } else { stored.envelope })
        .collect();
    Ok(Json(json!({ "events": events, "next": page.next })).into_response())
}

/// `GET /api/v1/events/{seq}`
pub(super) async fn event(State(shared): State<Arc<Shared>>, Path(seq): Path<String>) -> Result<Response, Failure> {
    let stored = one(&shared, &seq).await?;
    Ok(Json(full_envelope(&stored)).into_response())
}

/// `GET /api/v1/events/{seq}/raw`: the payload's bytes as they are stored.
pub(super) async fn raw_payload(
    State(shared): State<Arc<Shared>>,
    Path(seq): Path<String>,
) -> Result<Response, Failure> {
    let stored = one(&shared, &seq).await?;
    // Not as JSON, although most are: a browser must not be led to show what an agent said.
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], stored.payload).into_response())
}

async fn one(shared: &Arc<Shared>, seq: &str) -> Result<crate::store::Stored, Failure> {
    let seq = seq.parse().map_err(|_| Failure::bad_request("an event's seq is a number", "e.g. /api/v1/events/1"))?;
    shared.read(move |reader| reader.event(seq)).await?.ok_or_else(|| Failure::not_found("event"))
}

/// `GET /api/v1/stats`
pub(super) async fn stats(State(shared): State<Arc<Shared>>) -> Result<Response, Failure> {
    let numbers = shared.measure.numbers();
    let losses = losses(&shared).await?;
    Ok(Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "port": shared.port,
        "uptime_s": numbers.uptime_s,
        "seq": numbers.seq,
        "subscribers": shared.live.subscribers(),
        "events": losses,
        "hook_us": numbers.hook_us,
        "delivery_us": numbers.delivery_us,
        "commit_us": numbers.commit_us,
        "lag_bytes": numbers.lag_bytes,
        "store_trouble": numbers.trouble,
    }))
    .into_response())
}

/// What is stored, what is not, and what took another way.
#[derive(serde::Serialize)]
struct Losses {
    stored: u64,
    torn: u64,
    dropped: u64,
    lost: u64,
    spooled: u64,
    truncated: u64,
    malformed: u64,
}

async fn losses(shared: &Arc<Shared>) -> Result<Losses, Failure> {
    shared
        .read(|reader| {
            Ok(Losses {
                stored: reader.event_count()?,
                torn: reader.counter("torn")?,
                dropped: reader.counter("dropped")?,
                lost: reader.counter("lost")?,
                spooled: reader.counter("spooled")?,
                truncated: reader.counter("truncated")?,
                malformed: reader.counter("malformed")?,
            })
        })
        .await
}

/// `GET /metrics`: Prometheus text.
pub(super) async fn metrics(State(shared): State<Arc<Shared>>) -> Result<Response, Failure> {
    let losses = losses(&shared).await?;
    let text = prometheus(&shared.measure.numbers(), &losses, &shared.live);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

fn prometheus(numbers: &Numbers, losses: &Losses, live: &Live) -> String {
    let mut text = String::new();
    let mut one = |name: &str, kind: &str, help: &str, value: u64| {
        let _ = writeln!(text, "# HELP tailhook_{name} {help}\n# TYPE tailhook_{name} {kind}\ntailhook_{name} {value}");
    };
    one("events_total", "counter", "Events stored since the daemon started.", numbers.events);
    one("event_bytes_total", "counter", "Bytes of their payloads.", numbers.bytes);
    one("batches_total", "counter", "Transactions that stored them.", numbers.batches);
    one("torn_total", "counter", "Regions of the journal that were no frame.", losses.torn);
    one("dropped_total", "counter", "Events that hooks dropped because journal and spool were full.", losses.dropped);
    one("lost_payloads_total", "counter", "Events whose spilled payload was gone.", losses.lost);
    one("spooled_total", "counter", "Events that came through the spool.", losses.spooled);
    one("truncated_total", "counter", "Events of which only a part was kept.", losses.truncated);
    one("malformed_total", "counter", "Events whose payload is no JSON.", losses.malformed);
    one("events_stored", "gauge", "Events in the store.", losses.stored);
    one("lag_bytes", "gauge", "Bytes in the journal that are not stored yet.", numbers.lag_bytes);
    one("subscribers", "gauge", "Clients of the stream.", live.subscribers() as u64);
    one("ring_batches", "gauge", "Batches that some client has not been sent yet.", live.waiting_batches() as u64);
    one("gaps_total", "counter", "Times that a client was told which events it missed.", live.gaps());
    one("uptime_seconds", "gauge", "Since the daemon started.", numbers.uptime_s);
    for (name, help, spread) in [
        ("hook_seconds", "From a hook's start to its append.", numbers.hook_us),
        ("delivery_seconds", "From a hook's append to the store's write.", numbers.delivery_us),
        ("commit_seconds", "One transaction.", numbers.commit_us),
    ] {
        let seconds = |us: u64| us as f64 / 1e6;
        let _ = writeln!(
            text,
            "# HELP tailhook_{name} {help}\n# TYPE tailhook_{name} summary\n\
             tailhook_{name}{{quantile=\"0.5\"}} {}\ntailhook_{name}{{quantile=\"0.99\"}} {}\n\
             tailhook_{name}_count {}",
            seconds(spread.p50),
            seconds(spread.p99),
            spread.count
        );
    }
    text
}

/// A number of the query, if it is there.
pub(super) fn number(uri: &Uri, name: &str) -> Result<Option<u64>, Failure> {
    query_value(uri, name)
        .filter(|value| !value.is_empty())
        .map(|value| {
            value.parse().map_err(|_| {
                Failure::bad_request(
                    format!("{name} is not a number"),
                    format!("e.g. {name}=100, a whole number from 0"),
                )
            })
        })
        .transpose()
}
