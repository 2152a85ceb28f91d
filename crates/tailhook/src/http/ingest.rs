//! Events over HTTP: for `http` hooks, containers and other machines. They go into the journal like any other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use tailhook_journal::frame::{INLINE_BYTES, NAME_BYTES};
use tailhook_journal::spill::{Spill, Spilled};
use tailhook_journal::{Appended, Flags, Frame, Limits, Place, append, sys};

use super::Shared;
use super::error::Failure;
use super::openapi::Accepted;
use super::query::Name;

/// As large as what the hook keeps of one payload.
pub(super) const MAX_BODY_BYTES: usize = 8 << 20;

/// The event is in the journal.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Ingested {
    /// Always true.
    accepted: bool,
}

/// `POST /api/v1/ingest/{agent}`: 202 once the journal has it.
pub(super) async fn ingest(
    State(shared): State<Arc<Shared>>,
    Name(agent): Name,
    body: Result<Bytes, BytesRejection>,
) -> Result<Accepted<Ingested>, Failure> {
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
    if append_payload(&shared.home.place(), agent.as_bytes(), &body).is_none() {
        return Err(Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the journal and the spool are full or cannot be written",
            "tailhook status",
        ));
    }
    Ok(Accepted(Ingested { accepted: true }))
}

/// What the hook does, for bytes that are here already. Gives the event's stamp, which no other event of this process
/// has; `None`: there is no room for it.
pub(crate) fn append_payload(place: &Place<'_>, agent: &[u8], payload: &[u8]) -> Option<u64> {
    let limits = Limits::default();
    let (pid, stamp_ns) = (sys::process_id(), unique_stamp());
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
        return (append(place, limits, &frame) != Appended::Dropped).then_some(stamp_ns);
    }
    let spill = spilled(place, limits, stamp_ns, payload)?;
    frame.flags = Flags::SPILLED;
    frame.payload = spill.name();
    if append(place, limits, &frame) == Appended::Dropped {
        spill.discard();
        return None;
    }
    Some(stamp_ns)
}

fn spilled(place: &Place<'_>, limits: Limits, stamp_ns: u64, payload: &[u8]) -> Option<Spilled> {
    let mut spill = Spill::begin(place, limits, stamp_ns, sys::process_id()).ok()?;
    for piece in payload.chunks(INLINE_BYTES) {
        if spill.write(place, limits, piece).is_err() {
            spill.discard();
            return None;
        }
    }
    spill.finish().ok()
}

/// Now, or a moment later if another event already has this moment.
fn unique_stamp() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = sys::now_ns();
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(now.max(last + 1)));
    now.max(last.unwrap_or(0) + 1)
}
