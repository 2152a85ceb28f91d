//! Sessions, and what belongs to one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tailhook_core::agents::patch;
use tailhook_core::envelope::timestamp_text;
use tailhook_core::session::Session;

use super::Shared;
use super::api::number;
use super::error::Failure;
use super::query::query_value;
use crate::store::{FileChange, Reader, SessionQuery, StoreError};

const DEFAULT_LIMIT: usize = 1_000;
const MAX_LIMIT: usize = 1_000;
/// Changes of files come with their diffs, each of up to 64 KiB.
const DEFAULT_CHANGES: usize = 50;
const MAX_CHANGES: usize = 100;

/// `GET /api/v1/sessions?state=&agent=&project=&needs=&limit=`
pub(super) async fn list(State(shared): State<Arc<Shared>>, uri: Uri) -> Result<Response, Failure> {
    let names = |name| {
        let value = query_value(&uri, name).unwrap_or_default();
        value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let query = SessionQuery {
        states: names("state"),
        agents: names("agent"),
        projects: names("project"),
        needs: names("needs"),
        limit: limit(&uri, DEFAULT_LIMIT, MAX_LIMIT)?,
    };
    let (sessions, seq) = shared.read(move |reader| Ok((reader.sessions(&query)?, reader.last_seq()?))).await?;
    Ok(Json(json!({ "sessions": sessions, "seq": seq })).into_response())
}

/// `GET /api/v1/sessions/{id}`
pub(super) async fn one(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let found = shared.read(move |reader| reader.session(&id)).await?;
    Ok(Json(found.ok_or_else(|| Failure::not_found("session"))?).into_response())
}

/// `GET /api/v1/sessions/{id}/spans?since=&limit=`
pub(super) async fn spans(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Failure> {
    let (since, limit) = (since(&uri)?, limit(&uri, DEFAULT_LIMIT, MAX_LIMIT)?);
    let part = of_session(&shared, id, move |reader, number, _| reader.spans(number, since, limit)).await?;
    Ok(Json(json!({ "spans": part.items, "next": part.next })).into_response())
}

/// `GET /api/v1/sessions/{id}/turns?since=&limit=`: `since` is a turn's number.
pub(super) async fn turns(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Failure> {
    let (since, limit) = (since(&uri)?, limit(&uri, DEFAULT_LIMIT, MAX_LIMIT)?);
    let part = of_session(&shared, id, move |reader, number, _| reader.turns(number, since, limit)).await?;
    Ok(Json(json!({ "turns": part.items, "next": part.next })).into_response())
}

/// `GET /api/v1/sessions/{id}/agents`
pub(super) async fn agents(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let agents = of_session(&shared, id, Reader::agents).await?;
    Ok(Json(json!({ "agents": agents })).into_response())
}

/// `GET /api/v1/sessions/{id}/files?limit=`
pub(super) async fn files(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Failure> {
    let limit = limit(&uri, DEFAULT_LIMIT, MAX_LIMIT)?;
    let files = of_session(&shared, id, move |reader, number, _| reader.files(number, limit)).await?;
    Ok(Json(json!({ "files": files })).into_response())
}

/// `GET /api/v1/sessions/{id}/files/changes?path=&since=&limit=`
pub(super) async fn file_changes(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Failure> {
    let path = query_value(&uri, "path").filter(|path| !path.is_empty());
    let (since, limit) = (since(&uri)?, limit(&uri, DEFAULT_CHANGES, MAX_CHANGES)?);
    let (changes, next) = of_session(&shared, id, move |reader, number, _| {
        let part = reader.file_changes(number, path.as_deref(), since, limit)?;
        let changes = part.items.into_iter().map(|change| shown(reader, &change)).collect::<Result<Vec<_>, _>>()?;
        Ok((changes, part.next))
    })
    .await?;
    Ok(Json(json!({ "changes": changes, "next": next })).into_response())
}

/// `GET /api/v1/sessions/{id}/tasks`
pub(super) async fn tasks(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let tasks = of_session(&shared, id, |reader, number, _| reader.tasks(number)).await?;
    Ok(Json(json!({ "tasks": tasks })).into_response())
}

/// A change with its diff, which the payload of its event holds.
fn shown(reader: &Reader, change: &FileChange) -> Result<Value, StoreError> {
    let payload = match change.kind.as_str() {
        "read" => None,
        _ => reader.event(change.seq)?.map(|stored| stored.payload),
    };
    let patch = payload.and_then(|payload| patch(&payload, &change.path));
    let mut value = json!({
        "path": change.path, "seq": change.seq, "at": timestamp_text(change.at_ns), "kind": change.kind,
    });
    let mut set = |name: &str, given: Option<Value>| {
        if let Some(given) = given {
            value[name] = given;
        }
    };
    set("agent_id", change.agent_id.clone().map(Value::from));
    set("added", change.added.map(Value::from));
    set("removed", change.removed.map(Value::from));
    set("truncated", patch.as_ref().filter(|patch| patch.truncated).map(|_| true.into()));
    set("patch", patch.map(|patch| patch.text.into()));
    Ok(value)
}

/// Reads something of a session that must be there.
async fn of_session<T: Send + 'static>(
    shared: &Arc<Shared>,
    id: String,
    read: impl FnOnce(&Reader, i64, &Session) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Failure> {
    let found = shared
        .read(move |reader| match (reader.session_number(&id)?, reader.session(&id)?) {
            (Some(number), Some(row)) => read(reader, number, &row).map(Some),
            _ => Ok(None),
        })
        .await?;
    found.ok_or_else(|| Failure::not_found("session"))
}

fn since(uri: &Uri) -> Result<u64, Failure> {
    // What the store counts with.
    Ok(number(uri, "since")?.unwrap_or(0).min(i64::MAX as u64))
}

fn limit(uri: &Uri, default: usize, most: usize) -> Result<usize, Failure> {
    let limit = number(uri, "limit")?.map_or(default, |n| usize::try_from(n).unwrap_or(most));
    Ok(limit.clamp(1, most))
}
