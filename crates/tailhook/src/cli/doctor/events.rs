//! What has come lately: when each type of event was heard last, and whether the clock that stamped them is sane.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::daemon::Daemon;
use super::finding::Finding;

/// Of so many events, the newest.
const LOOKED_AT: usize = 1_000;
/// Types that are named; the rest is counted.
const NAMED: usize = 8;
/// An event from further ahead was not stamped by this machine's clock as it is now.
const SKEW_S: i64 = 60;
/// No machine that runs this stood at an earlier time.
const EARLIEST: &str = "2025-01-01T00:00:00Z";

pub(super) fn check(daemon: &Daemon) -> Vec<Finding> {
    match daemon.client.get::<Value>(&format!("/api/v1/events?limit={LOOKED_AT}")) {
        Ok(page) => {
            let events = page["events"].as_array().map(Vec::as_slice).unwrap_or_default();
            let heard = heard(events);
            vec![clock(Timestamp::now(), heard.values().max().copied()), types(Timestamp::now(), &heard)]
        }
        Err(failure) => vec![Finding::failure("types", &failure)],
    }
}

/// The newest time of each type.
fn heard(events: &[Value]) -> BTreeMap<&str, Timestamp> {
    let mut newest = BTreeMap::new();
    for event in events {
        let time = event["timestamp"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
        if let (Some(kind), Some(time)) = (event["type"].as_str(), time) {
            newest.entry(kind).and_modify(|known: &mut Timestamp| *known = time.max(*known)).or_insert(time);
        }
    }
    newest
}

fn clock(now: Timestamp, newest: Option<Timestamp>) -> Finding {
    let earliest = EARLIEST.parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH);
    if now < earliest {
        let message = format!("this machine's clock stands at {now:.0}: events get that time");
        return Finding::problem("clock", message).fix("timedatectl status");
    }
    match newest.map(|newest| newest.as_second() - now.as_second()) {
        Some(ahead) if ahead > SKEW_S => {
            let message = format!("the newest event is {} ahead of this machine's clock", span(ahead));
            Finding::warning("clock", message).fix("timedatectl status")
        }
        _ => Finding::ok("clock", format!("{now:.0}, and no event is ahead of it")),
    }
}

fn types(now: Timestamp, heard: &BTreeMap<&str, Timestamp>) -> Finding {
    if heard.is_empty() {
        return Finding::ok("types", "no event has come yet");
    }
    let mut newest: Vec<_> = heard.iter().collect();
    newest.sort_by_key(|(_, time)| std::cmp::Reverse(**time));
    let ago = |time: &Timestamp| span((now.as_second() - time.as_second()).max(0));
    let mut said: Vec<String> =
        newest.iter().take(NAMED).map(|(kind, time)| format!("{kind} {} ago", ago(time))).collect();
    if let Some(more) = newest.len().checked_sub(NAMED).filter(|more| *more > 0) {
        said.push(format!("{more} more types"));
    }
    Finding::ok("types", format!("heard last: {}", said.join(", ")))
}

/// `12s`, `4m`, `2h`, `3d`.
fn span(seconds: i64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::finding::Status;
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn each_type_is_named_once_newest_first() {
        let event = |kind: &str, at: &str| json!({ "type": kind, "timestamp": at });
        let events = [
            event("hook.stop", "2026-11-22T02:00:00Z"),
            event("hook.stop", "2026-11-22T02:01:00Z"),
            event("hook.pre_tool_use", "2026-11-22T02:01:58Z"),
            json!({ "type": "hook.odd", "timestamp": 7 }),
        ];
        let finding = types(time("2026-11-22T02:02:00Z"), &heard(&events));
        assert_eq!(finding.message, "heard last: hook.pre_tool_use 2s ago, hook.stop 1m ago");
        assert_eq!(types(time("2026-11-22T02:02:00Z"), &heard(&[])).message, "no event has come yet");
    }

    #[test]
    fn a_clock_that_cannot_be_right_is_named() {
        let now = time("2026-11-22T02:00:00Z");
        assert_eq!(clock(now, None).status, Status::Ok);
        assert_eq!(clock(now, Some(time("2026-11-22T01:00:00Z"))).status, Status::Ok);
        assert_eq!(clock(now, Some(time("2026-11-22T04:00:00Z"))).status, Status::Warning);
        assert_eq!(clock(time("1970-01-01T00:10:00Z"), None).status, Status::Problem);
    }
}
