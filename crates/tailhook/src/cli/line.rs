//! One event as one line for a person.

use jiff::tz::TimeZone;
use tailhook_core::Envelope;
use tailhook_core::event::HookStages;

use super::text::{clock, cut, duration, fit, micros, one_line, plain, short_id, tool_label, width};

/// How lines are written.
#[derive(Debug, Clone)]
pub(super) struct Style {
    /// Colours of a terminal, or none.
    pub(super) colours: bool,
    /// What a line may take; none: as much as it needs.
    pub(super) columns: Option<usize>,
    /// Times are in this zone.
    pub(super) zone: TimeZone,
}

/// Below this width there is no column for the agent, and below the other none for the session.
const WITH_AGENT: usize = 100;
const WITH_SESSION: usize = 60;
const EVENT: usize = 16;
const TOOL: usize = 10;
const MAX_TOOL: usize = 24;
/// Of event and tool, the one that says more.
const NARROW: usize = 12;

/// Eight colours that can be told apart on light and dark; a session keeps its own.
const SESSION_COLOURS: [u8; 8] = [39, 208, 141, 34, 170, 37, 178, 69];

/// The colour of a session, wherever it is shown: one of the 256 of a terminal.
pub(super) fn session_colour(id: &str) -> u8 {
    SESSION_COLOURS[id.bytes().map(usize::from).sum::<usize>() % SESSION_COLOURS.len()]
}

impl Style {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Time, session, agent, event, tool, what happened, how long, how it ended.
    pub(super) fn line(&self, envelope: &Envelope) -> String {
        let data = &envelope.data;
        let room = self.columns.unwrap_or(usize::MAX);
        let time = clock(micros(&envelope.timestamp), &self.zone);
        let wide = room >= WITH_SESSION;
        let time = if wide { time.as_str() } else { time.get(..8).unwrap_or(&time) };
        let mut parts = vec![("2".to_owned(), time.to_owned())];
        if wide {
            let colour = format!("38;5;{}", session_colour(&envelope.session_id));
            parts.push((colour, fit(&short_id(&envelope.session_id), 8)));
        }
        if room >= WITH_AGENT {
            parts.push(("2".into(), fit(&plain(&envelope.agent), 11)));
        }
        let event = plain(envelope.kind.strip_prefix("hook.").unwrap_or(&envelope.kind));
        let tool = data.tool_name.as_deref().map(tool_label).unwrap_or_default();
        let tone = if data.failed { "31" } else { "1" };
        if wide {
            parts.push((tone.into(), fit(&event, EVENT)));
            parts.push(("36".into(), format!("{:<TOOL$}", cut(&tool, MAX_TOOL))));
        } else {
            parts.push((tone.into(), fit(if tool.is_empty() { &event } else { &tool }, NARROW)));
        }
        let end = ends(envelope);
        let used = |parts: &[(String, String)]| parts.iter().map(|(_, text)| width(text) + 1).sum::<usize>();
        let left = room.saturating_sub(used(&parts) + end.iter().map(|(_, text)| width(text) + 2).sum::<usize>());
        let summary = one_line(&data.summary);
        parts.push(("0".into(), if self.columns.is_some() { cut(&summary, left.saturating_sub(1)) } else { summary }));
        let mut line = String::new();
        for (code, text) in &parts {
            let separator = if line.is_empty() || text.is_empty() { "" } else { " " };
            line.push_str(separator);
            line.push_str(&if code == "0" { text.clone() } else { self.paint(code, text) });
        }
        let mut line = line.trim_end().to_owned();
        for (code, text) in end {
            line.push_str("  ");
            line.push_str(&self.paint(code, &text));
        }
        line
    }
}

/// What stands behind the summary.
fn ends(envelope: &Envelope) -> Vec<(&'static str, String)> {
    let data = &envelope.data;
    let mut ends = Vec::new();
    if let Some(ms) = data.duration_ms {
        ends.push(("2", duration(ms)));
    }
    if data.failed {
        ends.push(("31", "failed".into()));
    }
    if data.truncated {
        ends.push(("33", "cut off".into()));
    }
    if let Some(HookStages { first_read_us, input_end_us, opened_us, reads }) = data.hook_stages {
        let text = format!(
            "hook: first byte {first_read_us} us, end {input_end_us} us ({reads} reads), open {opened_us} us, \
             appended {} us",
            data.hook_us
        );
        ends.push(("2", text));
    }
    ends
}

#[cfg(test)]
mod tests {
    use tailhook_core::event::EventData;

    use super::*;

    fn envelope(data: EventData) -> Envelope {
        Envelope {
            kind: "hook.post_tool_use".into(),
            timestamp: "2026-11-22T02:00:00.123456Z".into(),
            seq: 1,
            session_id: "0123456789".into(),
            agent: "claude-code".into(),
            data,
            payload: None,
        }
    }

    fn style(colours: bool, columns: Option<usize>) -> Style {
        Style { colours, columns, zone: TimeZone::UTC }
    }

    fn failed() -> Envelope {
        envelope(EventData {
            tool_name: Some("Bash".into()),
            summary: "cargo test --workspace".into(),
            duration_ms: Some(1_234),
            failed: true,
            ..EventData::default()
        })
    }

    #[test]
    fn a_line_says_what_happened() {
        assert_eq!(
            style(false, None).line(&failed()),
            "02:00:00.123 01234567 claude-code post_tool_use    Bash       cargo test --workspace  1.2s  failed"
        );
        assert_eq!(
            style(false, Some(80)).line(&failed()),
            "02:00:00.123 01234567 post_tool_use    Bash       cargo test --w…  1.2s  failed"
        );
        for columns in [40, 60, 80, 100, 200] {
            let line = style(false, Some(columns)).line(&failed());
            assert!(width(&line) <= columns && line.ends_with("failed"), "{columns}: {line:?}");
        }
        assert_eq!(style(true, Some(80)).line(&failed()).matches("\x1b[0m").count(), 6);
    }

    #[test]
    fn a_debugged_hook_tells_where_its_time_went() {
        let stages = HookStages { first_read_us: 12, input_end_us: 34, opened_us: 56, reads: 2 };
        let data = EventData { hook_us: 78, hook_stages: Some(stages), ..EventData::default() };
        assert!(
            style(false, None)
                .line(&envelope(data))
                .ends_with("  hook: first byte 12 us, end 34 us (2 reads), open 56 us, appended 78 us")
        );
    }

    #[test]
    fn nothing_in_an_event_steers_the_terminal() {
        let hostile = "a\x1b]0;owned\x07b\r\u{9b}31m\u{202e}";
        let data = EventData { summary: hostile.into(), tool_name: Some(hostile.into()), ..EventData::default() };
        let event = Envelope {
            session_id: hostile.into(),
            agent: hostile.into(),
            kind: hostile.into(),
            timestamp: hostile.into(),
            ..envelope(data)
        };
        let line = style(false, None).line(&event);
        assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
    }
}
