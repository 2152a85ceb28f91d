//! Which events: the options that `tail`, `watch` and `export` share.
#![expect(clippy::doc_markdown, reason = "doc comments here are the help text, where backticks are noise")]

use std::fmt::Write as _;

use clap::Args;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use serde::Deserialize;
use tailhook_core::{Envelope, Expression};

use super::client::{Client, escape};
use super::exit::{Code, Failure};
use super::own;

#[derive(Debug, Default, Args)]
pub(super) struct Selection {
    /// Only what this expression says, e.g. failed, 'tool_name:Bash AND failed', 'duration>2s cargo'
    #[arg(value_name = "FILTER")]
    words: Vec<String>,
    /// The same as an option
    #[arg(long, short = 'q', value_name = "FILTER", value_parser = expression)]
    filter: Option<String>,
    /// Only this session
    #[arg(long, value_name = "ID")]
    pub(super) session: Option<String>,
    /// Only these types, e.g. hook.pre_tool_use,hook.post_* (comma-separated)
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only this agent
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
}

impl Selection {
    /// The filter expression; empty: everything.
    pub(super) fn expression(&self) -> Result<String, Failure> {
        let words = self.words.join(" ");
        if !words.trim().is_empty() {
            expression(&words).map_err(|why| {
                Failure::new(
                    Code::Usage,
                    format!("cannot read the filter {words:?}: {why}"),
                    "tailhook tail --help says what it may be",
                )
            })?;
        }
        Ok(match (&self.filter, words.trim()) {
            (None, words) => words.to_owned(),
            (Some(filter), "") => filter.clone(),
            (Some(filter), words) => format!("({filter}) AND ({words})"),
        })
    }

    /// Types and agents, as they stand in an address before more.
    pub(super) fn kinds_and_agents(&self) -> String {
        parts([("type", self.kind.as_deref()), ("agent", self.agent.as_deref())])
    }

    /// All of it, and from when on, as it stands in an address before more.
    pub(super) fn query(&self, since: Option<&Since>) -> Result<String, Failure> {
        Ok(self.in_address(self.expression()?, since))
    }

    /// The same for whoever looks at what agents do: without tailhook's own proofs, unless they are asked for.
    pub(super) fn query_of_work(&self, since: Option<&Since>) -> Result<String, Failure> {
        let expression = self.expression()?;
        let is_asked = self.session.is_some() || self.agent.is_some() || own::is_named(&expression);
        Ok(self.in_address(if is_asked { expression } else { own::left_out(&expression) }, since))
    }

    fn in_address(&self, mut expression: String, since: Option<&Since>) -> String {
        if let Some(Since::Time(time)) = since {
            expression = if expression.is_empty() {
                format!("time>={time}")
            } else {
                format!("({expression}) AND time>={time}")
            };
        }
        let expression = Some(expression.as_str()).filter(|text| !text.is_empty());
        parts([("session", self.session.as_deref()), ("q", expression)]) + &self.kinds_and_agents()
    }
}

fn parts<const N: usize>(parts: [(&str, Option<&str>); N]) -> String {
    parts.into_iter().fold(String::new(), |mut text, (name, value)| {
        if let Some(value) = value {
            let _ = write!(text, "{name}={}&", escape(value));
        }
        text
    })
}

/// As the daemon will read it, so that a slip is told before anything is asked for.
fn expression(text: &str) -> Result<String, String> {
    match Expression::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => {
            let character = text[..error.at].chars().count() + 1;
            Err(format!("{} (character {character}); {}", error.message, error.hint))
        }
    }
}

/// From when on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Since {
    /// After the event of this number.
    Seq(u64),
    /// From this moment on.
    Time(Timestamp),
}

/// For the command line: a number, `10m` ago, a time of today or a date.
pub(super) fn since(text: &str) -> Result<Since, String> {
    read_since(text, &Zoned::now())
}

/// For the command line, where the number of an event means nothing.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    match since(text) {
        Ok(Since::Time(time)) => Ok(time),
        _ => Err("a time: 10m, 2h, 3d, 14:30, 2026-11-22, 2026-11-22T14:30".into()),
    }
}

/// What a filter may be, for the help.
pub(super) fn filters() -> String {
    format!(
        "Filters:\n\
         \x20 cargo test         both words, in prompts, commands, paths and results\n\
         \x20 \"cargo test\"       the words next to each other\n\
         \x20 migrat*            a word that begins so\n\
         \x20 tool_name:Bash     the field has this value\n\
         \x20 type:hook.post_*   its value begins so; agent_id:* has any\n\
         \x20 failed, truncated  it is so\n\
         \x20 duration>2s        also >= < <= and :, as in bytes>=10k, time<2026-11-22\n\
         \x20 A OR B, NOT A      and (A OR B) C; AND may be left out\n\n\
         Fields: {}",
        tailhook_core::filter::field_names()
    )
}

fn read_since(text: &str, now: &Zoned) -> Result<Since, String> {
    let text = text.trim();
    if let Ok(seq) = text.parse() {
        return Ok(Since::Seq(seq));
    }
    let zone = now.time_zone();
    let local = |time: DateTime| time.to_zoned(zone.clone()).map(|zoned| Since::Time(zoned.timestamp()));
    let ago = |ago: SignedDuration| now.timestamp().checked_sub(ago).map(Since::Time);
    // Days are no time of the clock, but everybody means 24 hours.
    let days =
        text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()).filter(|days| (0..100_000).contains(days));
    let found = if let Some(days) = days {
        ago(SignedDuration::from_hours(24 * days)).ok()
    } else if let Ok(length) = text.parse::<SignedDuration>() {
        ago(length.abs()).ok()
    } else if let Ok(time) = text.parse::<Timestamp>() {
        Some(Since::Time(time))
    } else if text.contains('-') {
        text.parse::<DateTime>().and_then(local).ok()
    } else {
        text.parse::<Time>().map(|time| now.date().to_datetime(time)).and_then(local).ok()
    };
    found.ok_or_else(|| "a number of an event, or a time: 10m, 2h, 3d, 14:30, 2026-11-22, 2026-11-22T14:30".into())
}

impl Since {
    /// The event after which to look. Hooks' clocks are almost in the order of events; where they are not, the filter by
    /// time that [`Selection::query`] adds is exact, and this is early enough.
    pub(super) fn seq(&self, client: &Client) -> Result<u64, Failure> {
        const EARLIER: u64 = 1_000;
        let time = match self {
            Self::Seq(seq) => return Ok(*seq),
            Self::Time(time) => *time,
        };
        let stats: serde_json::Value = client.get("/api/v1/stats")?;
        let (mut low, mut high) = (0, stats["seq"].as_u64().unwrap_or(0));
        while low < high {
            let middle = low + (high - low) / 2;
            let page: Page = client.get(&format!("/api/v1/events?since={middle}&limit=1"))?;
            let found = page.events.first();
            let is_before =
                found.and_then(|event| event.timestamp.parse::<Timestamp>().ok()).is_some_and(|at| at < time);
            if is_before { low = middle + 1 } else { high = middle }
        }
        Ok(low.saturating_sub(EARLIER))
    }
}

/// A page of events.
#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) events: Vec<Envelope>,
    /// Where the next page in the same direction begins.
    pub(super) next: Option<u64>,
}

/// The zone of whoever sits at the terminal.
pub(super) fn zone() -> TimeZone {
    TimeZone::system()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_when_on() {
        let now: Zoned = "2026-11-22T10:00:00+01:00[Europe/Berlin]".parse().expect("a time");
        let time = |text: &str| Since::Time(text.parse().expect("a time"));
        for (text, expected) in [
            ("0", Since::Seq(0)),
            ("42", Since::Seq(42)),
            ("10m", time("2026-11-22T08:50:00Z")),
            ("1h 30m", time("2026-11-22T07:30:00Z")),
            ("2d", time("2026-11-20T09:00:00Z")),
            ("08:30", time("2026-11-22T07:30:00Z")),
            ("2026-11-22", time("2026-11-21T23:00:00Z")),
            ("2026-11-22T02:00:00Z", time("2026-11-22T02:00:00Z")),
            ("2026-11-22T02:00", time("2026-11-22T01:00:00Z")),
        ] {
            assert_eq!(read_since(text, &now).as_ref(), Ok(&expected), "{text}");
        }
        for text in ["", "soon", "-1", "10 parsecs", "99999999999999999999d", "2026-13-01"] {
            assert!(read_since(text, &now).is_err(), "{text}");
        }
    }

    #[test]
    fn words_and_option_both_count() {
        let selection = Selection {
            words: vec!["tool:Bash".into(), "failed".into()],
            filter: Some("a OR b".into()),
            agent: Some("codex".into()),
            ..Selection::default()
        };
        assert_eq!(selection.expression().expect("valid"), "(a OR b) AND (tool:Bash failed)");
        assert!(selection.query(None).expect("valid").ends_with("&agent=codex&"));
        assert_eq!(Selection::default().query(None).expect("valid"), "");
        assert!(Selection { words: vec!["(".into()], ..Selection::default() }.expression().is_err());
    }
}
