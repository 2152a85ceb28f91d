//! One event as one line for a person.

use tailhook_core::Envelope;
use tailhook_core::event::HookStages;

use super::text::{duration, plain};

/// Colours of a terminal, or none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) colours: bool,
}

/// Eight colours that can be told apart on light and dark; a session keeps its own.
const SESSION_COLOURS: [u8; 8] = [39, 208, 141, 34, 170, 37, 178, 69];

/// The colour of a session, wherever it is shown: one of the 256 of a terminal.
pub(super) fn session_colour(id: &str) -> u8 {
    SESSION_COLOURS[id.bytes().map(usize::from).sum::<usize>() % SESSION_COLOURS.len()]
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Time, session, agent, event, tool, what happened, how long.
    pub(super) fn line(self, envelope: &Envelope) -> String {
        let data = &envelope.data;
        let colour = session_colour(&envelope.session_id);
        let short: String = plain(&envelope.session_id).chars().take(8).collect();
        let event = plain(envelope.kind.strip_prefix("hook.").unwrap_or(&envelope.kind));
        let event = if data.failed {
            self.paint("31", &format!("{event:<18}"))
        } else {
            self.paint("1", &format!("{event:<18}"))
        };
        let mut line = format!(
            "{} {} {} {event}",
            self.paint("2", clock(&envelope.timestamp)),
            self.paint(&format!("38;5;{colour}"), &format!("{short:<8}")),
            self.paint("2", &format!("{:<11}", plain(&envelope.agent))),
        );
        for (part, code) in [(data.tool_name.as_deref(), "36"), (Some(data.summary.as_str()), "0")] {
            if let Some(part) = part.filter(|part| !part.is_empty()) {
                line.push(' ');
                line.push_str(&self.paint(code, &plain(part)));
            }
        }
        if let Some(ms) = data.duration_ms {
            line.push_str(&self.paint("2", &format!("  {}", duration(ms))));
        }
        if data.failed {
            line.push_str(&self.paint("31", "  failed"));
        }
        if data.truncated {
            line.push_str(&self.paint("33", "  cut off"));
        }
        if let Some(stages) = data.hook_stages {
            let HookStages { first_read_us, input_end_us, opened_us, reads } = stages;
            let text = format!(
                "  hook: first byte {first_read_us} us, end {input_end_us} us ({reads} reads), open {opened_us} us, \
                 appended {} us",
                data.hook_us
            );
            line.push_str(&self.paint("2", &text));
        }
        line
    }
}

/// The time of day, to the millisecond.
fn clock(timestamp: &str) -> &str {
    timestamp.get(11..23).unwrap_or(timestamp)
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

    #[test]
    fn a_line_says_what_happened() {
        let data = EventData {
            tool_name: Some("Bash".into()),
            summary: "cargo test".into(),
            duration_ms: Some(1_234),
            failed: true,
            ..EventData::default()
        };
        assert_eq!(
            Style { colours: false }.line(&envelope(data)),
            "02:00:00.123 01234567 claude-code post_tool_use      Bash cargo test  1.2s  failed"
        );
    }

    #[test]
    fn nothing_in_an_event_steers_the_terminal() {
        let data = EventData { summary: "a\x1b]0;owned\x07b\r\u{9b}31m".into(), ..EventData::default() };
        let line = Style { colours: false }.line(&envelope(data));
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}
