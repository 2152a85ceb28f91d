//! Events over HTTP: for `http` hooks, containers and other machines. They go into the journal like any other.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tailhook_journal::frame::{INLINE_BYTES, NAME_BYTES};
use tailhook_journal::spill::Spill;
use tailhook_journal::{Appended, Flags, Frame, Limits, Place, append, sys};

use super::Shared;
use super::error::Failure;

/// As large as what the hook keeps of one payload.
pub(super) const MAX_BODY_BYTES: usize = 8 << 20;

/// `POST /api/v1/ingest/{agent}`: 202 once the journal has it.
pub(super) async fn ingest(
    State(shared): State<Arc<Shared>>,
    Path(agent): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Failure> {
    let body = body.map_err(|rejection| {
        Failure::new(rejection.status(), "the body could not be read whole", "send at most 8 MiB")
    })?;
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if agent.is_empty() || agent.len() > NAME_BYTES || !agent.bytes().all(known) {
        return Err(Failure::bad_request(
            "this is no name of an agent",
            "use letters, digits and - _ . alone, e.g. /api/v1/ingest/claude-code",
        ));
    }
    if body.is_empty() || serde_json::from_slice::<&serde_json::value::RawValue>(&body).is_err() {
        return Err(Failure::bad_request("the body is not JSON", "send one hook payload as the body"));
    }
    let appended = append_payload(&shared.home.place(), agent.as_bytes(), &body);
    if appended == Appended::Dropped {
        return Err(Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the journal and the spool are full or cannot be written",
            "tailhook status",
        ));
    }
    Ok((StatusCode::ACCEPTED, Json(json!({ "accepted": true }))).into_response())
}

/// What the hook does, for bytes that are here already.
pub(super) fn append_payload(place: &Place<'_>, agent: &[u8], payload: &[u8]) -> Appended {
    let limits = Limits::default();
    let (pid, stamp_ns) = (sys::process_id(), sys::now_ns());
    let mut frame = Frame {
        flags: Flags::default(),
        pid,
        ppid: 0,
        hook_ns: 0,
        stamp_ns,
        total_bytes: payload.len() as u64,
        agent,
        event: b"",
        payload,
        stages: None,
    };
    if payload.len() <= INLINE_BYTES {
        return append(place, limits, &frame);
    }
    let Ok(mut spill) = Spill::begin(place, limits, stamp_ns, pid) else { return Appended::Dropped };
    for piece in payload.chunks(INLINE_BYTES) {
        if spill.write(place, limits, piece).is_err() {
            spill.discard();
            return Appended::Dropped;
        }
    }
    frame.flags = Flags::SPILLED;
    frame.payload = spill.name();
    append(place, limits, &frame)
}
