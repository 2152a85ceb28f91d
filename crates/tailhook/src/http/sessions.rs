//! Sessions, and what belongs to one.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use schemars::JsonSchema;
use serde::Serialize;
use tailhook_core::agents::patch;
use tailhook_core::envelope::timestamp_text;
use tailhook_core::session::{Session, SpanView};
use tailhook_core::work::Task;

use super::Shared;
use super::api::number;
use super::error::Failure;
use super::query::{Name, query_value};
use crate::store::{Agent, File, FileChange, Reader, SessionQuery, StoreError, Turn};

const DEFAULT_LIMIT: usize = 1_000;
const MAX_LIMIT: usize = 1_000;
/// Changes of files come with their diffs, each of up to 64 KiB.
const DEFAULT_CHANGES: usize = 50;
const MAX_CHANGES: usize = 100;

/// Sessions, those with the newest events first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SessionList {
    sessions: Vec<Session>,
    /// The newest event when this was read: what came after it is on the stream.
    seq: u64,
}

/// `GET /api/v1/sessions?state=&agent=&project=&needs=&limit=`
pub(super) async fn list(State(shared): State<Arc<Shared>>, uri: Uri) -> Result<Json<SessionList>, Failure> {
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
    // The number first: a session may be newer than it, never older.
    let (seq, sessions) = shared.read(move |reader| Ok((reader.last_seq()?, reader.sessions(&query)?))).await?;
    Ok(Json(SessionList { sessions, seq }))
}

/// `GET /api/v1/sessions/{id}`
pub(super) async fn one(State(shared): State<Arc<Shared>>, Name(id): Name) -> Result<Json<Session>, Failure> {
    let found = shared.read(move |reader| reader.session(&id)).await?;
    found.map(Json).ok_or_else(|| Failure::not_found("session"))
}

/// Spans in the order in which they began.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SpanPage {
    spans: Vec<SpanView>,
    /// `since` of the next page, if there is one.
    next: Option<u64>,
}

/// `GET /api/v1/sessions/{id}/spans?since=&limit=`
pub(super) async fn spans(
    State(shared): State<Arc<Shared>>,
    Name(id): Name,
    uri: Uri,
) -> Result<Json<SpanPage>, Failure> {
    let (since, limit) = (since(&uri)?, limit(&uri, DEFAULT_LIMIT, MAX_LIMIT)?);
    let part = of_session(&shared, id, move |reader, number, _| reader.spans(number, since, limit)).await?;
    Ok(Json(SpanPage { spans: part.items, next: part.next }))
}

/// Turns, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TurnPage {
    turns: Vec<Turn>,
    /// `since` of the next page, if there is one.
    next: Option<u64>,
}

/// `GET /api/v1/sessions/{id}/turns?since=&limit=`: `since` is a turn's number.
pub(super) async fn turns(
    State(shared): State<Arc<Shared>>,
    Name(id): Name,
    uri: Uri,
) -> Result<Json<TurnPage>, Failure> {
    let (since, limit) = (since(&uri)?, limit(&uri, DEFAULT_LIMIT, MAX_LIMIT)?);
    let prices = shared.prices.clone();
    let part = of_session(&shared, id, move |reader, number, _| {
        let mut part = reader.turns(number, since, limit)?;
        let mut spent: HashMap<_, _> = reader.usage(number, &prices)?.turns.into_iter().collect();
        for turn in &mut part.items {
            turn.spent = spent.remove(&turn.n);
        }
        Ok(part)
    })
    .await?;
    Ok(Json(TurnPage { turns: part.items, next: part.next }))
}

/// The main agent, then all subagents in the order in which they began.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SessionAgents {
    agents: Vec<Agent>,
}

/// `GET /api/v1/sessions/{id}/agents`
pub(super) async fn agents(State(shared): State<Arc<Shared>>, Name(id): Name) -> Result<Json<SessionAgents>, Failure> {
    let agents = of_session(&shared, id, Reader::agents).await?;
    Ok(Json(SessionAgents { agents }))
}

/// Files that tools touched, the latest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FileList {
    files: Vec<File>,
}

/// `GET /api/v1/sessions/{id}/files?limit=`
pub(super) async fn files(
    State(shared): State<Arc<Shared>>,
    Name(id): Name,
    uri: Uri,
) -> Result<Json<FileList>, Failure> {
    let limit = limit(&uri, DEFAULT_LIMIT, MAX_LIMIT)?;
    let files = of_session(&shared, id, move |reader, number, _| reader.files(number, limit)).await?;
    Ok(Json(FileList { files }))
}

/// What was done to files, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ChangePage {
    changes: Vec<ShownChange>,
    /// `since` of the next page, if there is one.
    next: Option<u64>,
}

/// `GET /api/v1/sessions/{id}/files/changes?path=&since=&limit=`
pub(super) async fn file_changes(
    State(shared): State<Arc<Shared>>,
    Name(id): Name,
    uri: Uri,
) -> Result<Json<ChangePage>, Failure> {
    let path = query_value(&uri, "path").filter(|path| !path.is_empty());
    let (since, limit) = (since(&uri)?, limit(&uri, DEFAULT_CHANGES, MAX_CHANGES)?);
    let (changes, next) = of_session(&shared, id, move |reader, number, _| {
        let part = reader.file_changes(number, path.as_deref(), since, limit)?;
        let changes = part.items.into_iter().map(|change| shown(reader, change)).collect::<Result<Vec<_>, _>>()?;
        Ok((changes, part.next))
    })
    .await?;
    Ok(Json(ChangePage { changes, next }))
}

/// The list of tasks that the agent keeps.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TaskList {
    tasks: Vec<Task>,
}

/// `GET /api/v1/sessions/{id}/tasks`
pub(super) async fn tasks(State(shared): State<Arc<Shared>>, Name(id): Name) -> Result<Json<TaskList>, Failure> {
    let tasks = of_session(&shared, id, |reader, number, _| reader.tasks(number)).await?;
    Ok(Json(TaskList { tasks }))
}

/// One time that a file was touched.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FileChange")]
struct ShownChange {
    path: String,
    seq: u64,
    at: String,
    /// `read`, `write` or `edit`.
    kind: String,
    /// The subagent that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<String>,
    /// Lines, where the payload tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<u64>,
    /// Lines, where the payload tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<u64>,
    /// The patch is not whole.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
    /// What changed, as a unified diff without a head.
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
}

/// A change with its diff, which the payload of its event holds.
fn shown(reader: &Reader, change: FileChange) -> Result<ShownChange, StoreError> {
    let payload = match change.kind.as_str() {
        "read" => None,
        _ => reader.event(change.seq)?.map(|stored| stored.payload),
    };
    let patch = payload.and_then(|payload| patch(&payload, &change.path));
    Ok(ShownChange {
        path: change.path,
        seq: change.seq,
        at: timestamp_text(change.at_ns),
        kind: change.kind,
        agent_id: change.agent_id,
        added: change.added,
        removed: change.removed,
        truncated: patch.as_ref().is_some_and(|patch| patch.truncated),
        patch: patch.map(|patch| patch.text),
    })
}

/// Reads something of a session that must be there.
pub(super) async fn of_session<T: Send + 'static>(
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
