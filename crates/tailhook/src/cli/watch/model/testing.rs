//! Rows and sessions for tests.

use serde_json::json;
use tailhook_core::{Envelope, Session};

use super::row::Row;

/// An event as the daemon sends it, at 02:00 and as many seconds as its seq.
pub(crate) fn envelope(seq: u64, session: &str, kind: &str, id: Option<&str>) -> Envelope {
    let data = json!({
        "tool_name": id.map(|_| "Bash"), "tool_use_id": id, "summary": format!("{kind} {seq}"), "truncated": false,
        "bytes": 412, "hook_us": 17, "delivery_us": 94,
    });
    let timestamp = format!("2026-11-22T02:{:02}:{:02}.000000Z", seq / 60 % 60, seq % 60);
    let json = json!({
        "type": format!("hook.{kind}"), "timestamp": timestamp, "seq": seq, "session_id": session, "agent": "claude-code",
        "data": data,
    });
    serde_json::from_value(json).expect("an envelope")
}

pub(crate) fn row(seq: u64, session: &str, kind: &str, id: Option<&str>) -> Row {
    Row::new(&envelope(seq, session, kind, id))
}

/// The row at another second.
pub(crate) fn at(second: i64, row: Row) -> Row {
    Row { at_us: second * 1_000_000, ..row }
}

/// A session as the daemon sends it.
pub(crate) fn session(id: &str, project: &str, state: &str, detail: &str) -> Session {
    serde_json::from_value(json!({
        "session_id": id, "agent": "claude-code", "project": project, "state": state, "state_detail": detail,
        "state_since": "2026-11-22T02:00:00Z", "last_at": "2026-11-22T02:01:00Z", "title": format!("work on {project}"),
        "tools": 12, "turns": 3,
    }))
    .expect("a session")
}
