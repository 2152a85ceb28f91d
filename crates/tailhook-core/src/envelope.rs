//! What goes out: the shape of one event on the stream and in the API.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::event::EventData;

/// One event as every client sees it, on the WebSocket, over HTTP and from `tailhook tail --json`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Envelope {
    /// e.g. `hook.pre_tool_use`.
    #[serde(rename = "type")]
    pub kind: String,
    /// RFC 3339 in UTC with microseconds, from the hook's clock.
    pub timestamp: String,
    /// The event's place in the store, counted from 1 without gaps at the time of writing.
    pub seq: u64,
    /// Empty if the payload names no session.
    pub session_id: String,
    /// e.g. `claude-code`.
    pub agent: String,
    /// The essential fields.
    pub data: EventData,
    /// The agent's JSON, where it was asked for. A payload that is not JSON comes as a string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Box<RawValue>>,
}

/// Nanoseconds since the Unix epoch as RFC 3339 with exactly six decimals, e.g. `2026-11-22T02:00:00.123456Z`.
pub fn timestamp_text(stamp_ns: u64) -> String {
    let stamp = Timestamp::UNIX_EPOCH
        .checked_add(SignedDuration::from_nanos(i64::try_from(stamp_ns).unwrap_or(i64::MAX)))
        .unwrap_or(Timestamp::MAX);
    format!("{stamp:.6}")
}

#[cfg(test)]
mod tests {
    use super::timestamp_text;

    #[test]
    fn timestamps_have_six_decimals() {
        assert_eq!(timestamp_text(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(timestamp_text(1_795_312_800_123_456_789), "2026-11-22T02:00:00.123456Z");
    }
}
