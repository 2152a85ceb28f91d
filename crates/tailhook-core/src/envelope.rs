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

impl Envelope {
    /// Writes it as JSON, like its `Serialize` without a payload, around `data` that has been written already.
    pub fn write_around(&self, data: &[u8], json: &mut Vec<u8>) {
        fn field(json: &mut Vec<u8>, name: &str, value: &impl Serialize) {
            json.extend_from_slice(name.as_bytes());
            // Texts and numbers can always be written, and a vector takes all.
            let _ = serde_json::to_writer(json, value);
        }
        field(json, "{\"type\":", &self.kind);
        field(json, ",\"timestamp\":", &self.timestamp);
        field(json, ",\"seq\":", &self.seq);
        field(json, ",\"session_id\":", &self.session_id);
        field(json, ",\"agent\":", &self.agent);
        json.extend_from_slice(b",\"data\":");
        json.extend_from_slice(data);
        json.push(b'}');
    }
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
    use super::{Envelope, timestamp_text};
    use crate::event::EventData;

    #[test]
    fn around_its_data_it_is_written_as_ever() {
        let envelope = Envelope {
            kind: "a.\"b\"\\\n".into(),
            timestamp: timestamp_text(7),
            seq: u64::MAX,
            session_id: "\u{1}ü\u{2028}</script>".into(),
            agent: String::new(),
            data: EventData { summary: "\"".into(), hook_us: 3, ..EventData::default() },
            payload: None,
        };
        let data = serde_json::to_vec(&envelope.data).expect("JSON");
        let mut around = Vec::new();
        envelope.write_around(&data, &mut around);
        assert_eq!(String::from_utf8(around).expect("text"), serde_json::to_string(&envelope).expect("JSON"));
    }

    #[test]
    fn timestamps_have_six_decimals() {
        assert_eq!(timestamp_text(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(timestamp_text(1_795_312_800_123_456_789), "2026-11-22T02:00:00.123456Z");
    }
}
