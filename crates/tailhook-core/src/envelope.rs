//! What goes out: the shape of one event on the stream and in the API.

use std::cell::RefCell;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::event::EventData;
use crate::name::Name;

/// One event as every client sees it, on the WebSocket, over HTTP and from `tailhook tail --json`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Envelope {
    /// e.g. `hook.pre_tool_use`.
    #[serde(rename = "type")]
    pub kind: Name,
    /// RFC 3339 in UTC with microseconds, from the hook's clock.
    pub timestamp: String,
    /// The event's place in the store, counted from 1 without gaps at the time of writing.
    pub seq: u64,
    /// Empty if the payload names no session.
    pub session_id: String,
    /// e.g. `claude-code`.
    pub agent: Name,
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
    let mut text = String::with_capacity("0000-00-00T00:00:00.000000Z".len());
    write_timestamp(stamp_ns, &mut text);
    text
}

/// The same in place of what `stamp` holds.
pub fn write_timestamp(stamp_ns: u64, stamp: &mut String) {
    const SECOND_NS: u64 = 1_000_000_000;
    thread_local! {
        /// The latest second and its text, up to the decimals: under load it is that of thousands of events.
        static LATEST: RefCell<(u64, String)> = RefCell::default();
    }
    stamp.clear();
    if i64::try_from(stamp_ns).is_err() {
        stamp.push_str(&whole_text(stamp_ns));
        return;
    }
    LATEST.with_borrow_mut(|(second, text)| {
        if text.is_empty() || *second != stamp_ns / SECOND_NS {
            *second = stamp_ns / SECOND_NS;
            *text = whole_text(stamp_ns);
            text.truncate(text.len() - "000000Z".len());
        }
        stamp.push_str(text);
        let micros = stamp_ns % SECOND_NS / 1_000;
        let digit = |place: u64| char::from(b'0' + (micros / place % 10) as u8);
        stamp.extend([100_000, 10_000, 1_000, 100, 10, 1].map(digit));
        stamp.push('Z');
    });
}

fn whole_text(stamp_ns: u64) -> String {
    let stamp = Timestamp::UNIX_EPOCH
        .checked_add(SignedDuration::from_nanos(i64::try_from(stamp_ns).unwrap_or(i64::MAX)))
        .unwrap_or(Timestamp::MAX);
    format!("{stamp:.6}")
}

#[cfg(test)]
mod tests {
    use super::{Envelope, timestamp_text, whole_text};
    use crate::Name;
    use crate::event::EventData;

    #[test]
    fn around_its_data_it_is_written_as_ever() {
        let envelope = Envelope {
            kind: "a.\"b\"\\\n".into(),
            timestamp: timestamp_text(7),
            seq: u64::MAX,
            session_id: "\u{1}ü\u{2028}</script>".into(),
            agent: Name::default(),
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
        for _ in 0..2 {
            assert_eq!(timestamp_text(1_795_312_800_123_456_789), "2026-11-22T02:00:00.123456Z");
            assert_eq!(timestamp_text(1_795_312_800_999_999_999), "2026-11-22T02:00:00.999999Z");
            assert_eq!(timestamp_text(1_795_312_801_000_000_999), "2026-11-22T02:00:01.000000Z");
            assert_eq!(timestamp_text(999), "1970-01-01T00:00:00.000000Z");
        }
        for stamp_ns in [0, 1_000_000_000, u64::MAX / 2, u64::MAX] {
            assert_eq!(timestamp_text(stamp_ns), whole_text(stamp_ns));
        }
    }
}
