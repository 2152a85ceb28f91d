//! One event in full, as lines that can be read.

use serde_json::Value;

use crate::cli::text::{micros, milliseconds, one_line, plain, width};

/// Lines of one text; the rest is counted. The page and `tailhook export --payload` have all of it.
const MAX_TEXT_LINES: usize = 400;
const MAX_TEXT_CHARS: usize = 64 << 10;
const MAX_LINES: usize = 4_000;
const MAX_DEPTH: usize = 12;
/// What is told first, and what last: ids and places say least.
const FIRST: [&str; 12] = [
    "tool_input",
    "command",
    "file_path",
    "description",
    "prompt",
    "message",
    "last_assistant_message",
    "error",
    "reason",
    "tool_response",
    "stdout",
    "stderr",
];
const LAST: [&str; 9] = [
    "hook_event_name",
    "tool_name",
    "tool_use_id",
    "prompt_id",
    "permission_mode",
    "cwd",
    "session_id",
    "transcript_path",
    "agent_transcript_path",
];

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Key,
    Text,
    /// From the agent's own text with line breaks.
    Block,
    Faint,
    Bad,
}

/// One line: indented, a key or nothing, a value or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) indent: usize,
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) tone: Tone,
}

/// The event that is open.
#[derive(Debug, Default)]
pub(crate) struct Detail {
    pub(crate) seq: u64,
    /// Empty while the daemon has not answered.
    pub(crate) lines: Vec<Line>,
    pub(crate) at_us: i64,
    pub(crate) scroll: usize,
}

impl Detail {
    /// Asked for, not here yet.
    pub(crate) fn of(seq: u64) -> Self {
        Self { seq, ..Self::default() }
    }

    /// The daemon's answer: an envelope with its payload.
    pub(crate) fn fill(&mut self, envelope: &Value) {
        let data = &envelope["data"];
        let text = |value: &Value| one_line(value.as_str().unwrap_or_default());
        self.at_us = micros(envelope["timestamp"].as_str().unwrap_or_default());
        self.lines.clear();
        let us = |name: &str| milliseconds(data[name].as_u64().unwrap_or(0));
        let mut about = format!("hook {} ms, store {} ms", us("hook_us"), us("delivery_us"));
        if let Some(bytes) = data["bytes"].as_u64() {
            about = format!("{about}, {bytes} bytes");
        }
        self.put(0, "", &format!("{}  {}", text(&envelope["type"]), text(&envelope["agent"])), Tone::Faint);
        self.put(0, "", &about, Tone::Faint);
        for (name, word) in [("truncated", "the payload is cut off"), ("failed", "failed")] {
            if data[name] == true {
                self.put(0, "", word, Tone::Bad);
            }
        }
        self.put(0, "", "", Tone::Text);
        match &envelope["payload"] {
            Value::Object(payload) => self.object(0, payload),
            Value::Null => self.put(0, "", "no payload", Tone::Faint),
            other => self.value(0, "", other, 0),
        }
        if self.lines.len() >= MAX_LINES {
            self.lines.truncate(MAX_LINES);
            self.lines.push(faint(0, "… the page shows the rest"));
        }
    }

    /// Why there is nothing to show.
    pub(crate) fn fail(&mut self, why: &str) {
        self.lines = vec![Line { indent: 0, key: String::new(), value: one_line(why), tone: Tone::Bad }];
    }

    pub(crate) fn scroll_by(&mut self, steps: isize) {
        self.scroll = self.scroll.saturating_add_signed(steps).min(self.lines.len().saturating_sub(1));
    }

    fn put(&mut self, indent: usize, key: &str, value: &str, tone: Tone) {
        self.lines.push(Line { indent, key: plain(key), value: value.to_owned(), tone });
    }

    fn object(&mut self, indent: usize, object: &serde_json::Map<String, Value>) {
        let mut keys: Vec<&String> = object.keys().collect();
        let place = |key: &str| {
            let first = FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
            (LAST.iter().position(|last| *last == key).map_or(0, |last| last + 1), first)
        };
        keys.sort_by_key(|key| place(key));
        let scalars = keys.iter().filter(|key| !is_deep(&object[**key]));
        let column = scalars.map(|key| width(key)).max().unwrap_or(0).min(20);
        for key in keys {
            self.value(indent, key, &object[key], column);
        }
    }

    fn value(&mut self, indent: usize, key: &str, value: &Value, column: usize) {
        if self.lines.len() > MAX_LINES {
            return;
        }
        let tone = if matches!(key, "error" | "stderr") { Tone::Bad } else { Tone::Text };
        match value {
            Value::Object(object) if !object.is_empty() && indent < MAX_DEPTH => {
                self.put(indent, key, "", Tone::Key);
                self.object(indent + 1, object);
            }
            Value::Array(items) if !items.is_empty() && indent < MAX_DEPTH => {
                self.put(indent, key, "", Tone::Key);
                for item in items {
                    self.value(indent + 1, "-", item, 1);
                }
            }
            Value::String(text) if text.contains('\n') => self.block(indent, key, text, tone),
            Value::String(text) => {
                let cut: String = text.chars().take(MAX_TEXT_CHARS).collect();
                self.put(indent, &pad(key, column), &plain(&cut), tone);
            }
            other => self.put(indent, &pad(key, column), &plain(&other.to_string()), tone),
        }
    }

    fn block(&mut self, indent: usize, key: &str, text: &str, tone: Tone) {
        self.put(indent, key, "", Tone::Key);
        let tone = if tone == Tone::Bad { Tone::Bad } else { Tone::Block };
        let cut: String = text.chars().take(MAX_TEXT_CHARS).collect();
        let lines: Vec<&str> = cut.lines().collect();
        for line in lines.iter().take(MAX_TEXT_LINES) {
            self.put(indent + 1, "", &plain(&line.replace('\t', "    ")), tone);
        }
        let left = text.lines().count().saturating_sub(lines.len().min(MAX_TEXT_LINES));
        if left > 0 {
            self.lines.push(faint(indent + 1, &format!("… {left} more lines")));
        }
    }
}

fn faint(indent: usize, text: &str) -> Line {
    Line { indent, key: String::new(), value: text.into(), tone: Tone::Faint }
}

fn is_deep(value: &Value) -> bool {
    match value {
        Value::Object(object) => !object.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::String(text) => text.contains('\n'),
        _ => false,
    }
}

fn pad(key: &str, columns: usize) -> String {
    format!("{key:<columns$}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(payload: &Value) -> String {
        let mut detail = Detail::of(1);
        detail.fill(&json!({ "type": "hook.stop", "agent": "a", "data": { "hook_us": 17 }, "payload": payload }));
        let line =
            |line: &Line| format!("{}{} {}", "  ".repeat(line.indent), line.key, line.value).trim_end().to_owned();
        detail.lines.iter().skip(3).map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_payload_reads_from_what_matters_to_what_does_not() {
        let payload = json!({
            "cwd": "/home/dev", "session_id": "s", "tool_name": "Bash",
            "tool_input": { "command": "npm test", "timeout": 3 },
            "tool_response": { "stdout": "ok\n\x1b[31mred", "interrupted": false, "list": [] },
        });
        insta::assert_snapshot!(shown(&payload), @r"
        tool_input
          command npm test
          timeout 3
        tool_response
          stdout
             ok
             �[31mred
          interrupted false
          list        []
        tool_name  Bash
        cwd        /home/dev
        session_id s
        ");
    }

    #[test]
    fn what_is_huge_is_cut() {
        let text = shown(&json!({ "prompt": "line\n".repeat(100_000), "many": vec![1; 100_000] }));
        assert!(text.contains("… 99600 more lines"), "{}", &text[text.len() - 300..]);
        assert!(text.lines().count() < MAX_LINES + 10);
        let mut deep = json!(1);
        for _ in 0..100 {
            deep = json!([deep]);
        }
        assert!(shown(&deep).contains("[["));
    }
}
