//! A session as something to read: prompts, calls with how they ended, what the agent said last in each turn.
//!
//! Event text is never markup: what is short stands in a code span, what is long in a fence, each with more backticks
//! than the text has.

use jiff::tz::TimeZone;
use serde_json::Value;
use tailhook_core::Envelope;

use super::super::text::{clock, duration, micros, one_line, plain, plain_lines, tool_label};

/// Characters of one text; the rest is in the other formats.
const MAX_CHARS: usize = 16 << 10;

/// What has been written so far, as far as it matters for what comes.
#[derive(Debug, Default)]
pub(super) struct Markdown {
    session: Option<String>,
}

impl Markdown {
    /// One event; most say nothing that another one does not say better.
    pub(super) fn event(&mut self, envelope: &Envelope, zone: &TimeZone) -> String {
        let data = &envelope.data;
        let payload: Value =
            envelope.payload.as_ref().and_then(|payload| serde_json::from_str(payload.get()).ok()).unwrap_or_default();
        let field = |field: &str| payload[field].as_str().map(str::to_owned);
        let time = clock(micros(&envelope.timestamp), zone);
        let time = time.get(..8).unwrap_or(&time);
        let heading = self.heading(envelope);
        let spoken = |heading: &str, name: &str| {
            let spoken = field(name).unwrap_or_else(|| data.summary.clone());
            format!("## {time} {heading}\n\n{}\n", fence(&spoken))
        };
        let said = match envelope.kind.strip_prefix("hook.").unwrap_or(&envelope.kind) {
            "user_prompt" | "before_agent" => spoken("Prompt", "prompt"),
            "stop" | "after_agent" if data.agent_id.is_none() => spoken("Answer", "last_assistant_message"),
            "subagent_stop" => spoken("Subagent's answer", "last_assistant_message"),
            "stop_failure" => spoken("Turn failed", "error"),
            "post_tool_use" | "post_tool_use_failure" | "after_tool" => call(envelope, time, &payload),
            "permission_request" | "permission_denied" | "notification" | "session_start" | "session_end"
            | "interrupt" | "pre_compact" => {
                let name = data.event.as_deref().unwrap_or(&envelope.kind);
                let about = if data.summary.is_empty() {
                    data.reason.clone().unwrap_or_default()
                } else {
                    data.summary.clone()
                };
                format!("- {time} {} {}\n", span(name), span(&about))
            }
            _ => return heading,
        };
        heading + &said
    }

    fn heading(&mut self, envelope: &Envelope) -> String {
        if self.session.as_ref() == Some(&envelope.session_id) {
            return String::new();
        }
        let first = if self.session.is_some() { "\n" } else { "" };
        self.session = Some(envelope.session_id.clone());
        let day = envelope.timestamp.get(..10).unwrap_or_default();
        let place = envelope.data.cwd.as_deref().map(|cwd| span(cwd) + "\n\n").unwrap_or_default();
        format!("{first}# {} {} {}\n\n{place}", plain(&envelope.agent), span(&envelope.session_id), plain(day))
    }
}

fn call(envelope: &Envelope, time: &str, payload: &Value) -> String {
    let data = &envelope.data;
    let tool = tool_label(data.tool_name.as_deref().unwrap_or("tool"));
    let who = data.agent_type.as_deref().map(|who| format!(" ({})", span(who))).unwrap_or_default();
    let duration = data.duration_ms.map(|ms| format!(" {}", duration(ms))).unwrap_or_default();
    let how = if data.failed { " **failed**" } else { "" };
    let mut line = format!("- {time} {}{who} {}{duration}{how}\n", span(&tool), span(&data.summary));
    if let Some(error) = payload["error"].as_str().filter(|_| data.failed) {
        let fenced = fence(error);
        // Indented: it belongs to the item.
        line.push_str(&format!("\n{fenced}\n").replace('\n', "\n  "));
        line = line.trim_end().to_owned() + "\n\n";
    }
    line
}

/// As code within a line.
fn span(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return text;
    }
    let ticks = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// As code of its own.
fn fence(text: &str) -> String {
    let cut: String = text.chars().take(MAX_CHARS).collect();
    let more = if cut.len() < text.len() { "\n…" } else { "" };
    let text = plain_lines(&cut);
    let ticks = "`".repeat((longest_run(&text) + 1).max(3));
    format!("{ticks}text\n{text}{more}\n{ticks}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(events: &[(&str, Value, Value)]) -> String {
        let mut markdown = Markdown::default();
        let event = |(n, (kind, data, payload)): (usize, &(&str, Value, Value))| {
            let mut data = data.clone();
            data["truncated"] = false.into();
            let json = json!({
                "type": format!("hook.{kind}"), "timestamp": format!("2026-11-22T02:00:0{n}.5Z"), "seq": n, "session_id": "s1",
                "agent": "claude-code", "data": data, "payload": payload,
            });
            serde_json::from_str::<Envelope>(&json.to_string()).expect("an envelope")
        };
        events.iter().enumerate().map(event).map(|event| markdown.event(&event, &TimeZone::UTC)).collect()
    }

    #[test]
    fn a_session_can_be_read() {
        insta::assert_snapshot!(written(&[
            ("session_start", json!({ "event": "SessionStart", "reason": "startup", "cwd": "/home/dev" }), json!({})),
            ("user_prompt", json!({ "summary": "fix" }), json!({ "prompt": "fix it\n# not a heading\n````\nrm" })),
            ("pre_tool_use", json!({ "tool_name": "Bash" }), json!({})),
            ("post_tool_use", json!({ "tool_name": "Bash", "summary": "echo `date`", "duration_ms": 34 }), json!({})),
            (
                "post_tool_use_failure",
                json!({ "tool_name": "mcp__db__query", "summary": "select", "failed": true }),
                json!({ "error": "no such table\n<script>" })
            ),
            ("stop", json!({ "summary": "done" }), json!({ "last_assistant_message": "It is *done*." })),
        ]));
    }
}
