//! When an agent was last heard.

use jiff::Timestamp;
use serde_json::Value;

use super::super::daemon::Daemon;
use super::super::finding::Finding;
use super::name;
use crate::cli::client::escape;
use crate::install::AgentInstall;

/// An event from further ahead than this was not stamped by this machine's clock as it is now.
const SKEW_S: i64 = 60;

pub(super) fn check(agent: &AgentInstall, daemon: &Daemon) -> Finding {
    let check = name(agent, "last_event");
    let page: Value = match daemon.client.get(&format!("/api/v1/events?agent={}&limit=1", escape(agent.name))) {
        Ok(page) => page,
        Err(failure) => return Finding::failure(&check, &failure),
    };
    let event = &page["events"][0];
    let (Some(kind), Some(timestamp)) = (event["type"].as_str(), event["timestamp"].as_str()) else {
        return Finding::ok(
            &check,
            "no event has come yet; an agent that runs already asks for hooks at its next start",
        );
    };
    let Ok(stamp) = timestamp.parse::<Timestamp>() else {
        return Finding::ok(&check, format!("{kind} at {timestamp}"));
    };
    let ago_s = Timestamp::now().as_second() - stamp.as_second();
    if ago_s < -SKEW_S {
        let message = format!("{kind} has the time {timestamp}, which is ahead of this machine's clock");
        return Finding::warning(&check, message).fix("timedatectl status");
    }
    Finding::ok(&check, format!("{kind}, {} ago", age(ago_s.max(0))))
}

fn age(seconds: i64) -> String {
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn ages() {
        for (seconds, text) in
            [(0, "0 seconds"), (1, "1 second"), (119, "1 minute"), (7_200, "2 hours"), (90_000, "1 day")]
        {
            assert_eq!(age(seconds), text);
        }
    }
}
