//! How a file is written, and new JSON written the same way.

use super::json::{Document, Kind, Node};

/// A value to be written. Keys keep their order, which a `serde_json::Value` would sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json {
    String(String),
    Number(u64),
    Boolean(bool),
    Array(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

/// The habits of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) newline: &'static str,
    /// What one level of nesting adds.
    pub(super) unit: String,
    /// What stands between a key and its value.
    colon: String,
    /// Whether the file has lines at all.
    pub(super) lines: bool,
}

/// How one value is laid out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Layout<'a> {
    /// On the line where it starts.
    Inline,
    /// Over lines; the value's closing bracket gets this indentation.
    Lines(&'a str),
}

impl Style {
    /// What Claude Code itself writes: two spaces, a space behind the colon. Line ends as in `text`, if it has any.
    pub(super) fn standard(text: &str) -> Self {
        Self { newline: newline(text).unwrap_or("\n"), unit: "  ".to_owned(), colon: ": ".to_owned(), lines: true }
    }

    pub(super) fn of(document: &Document<'_>) -> Self {
        let text = document.text();
        let mut style = Self::standard(text);
        let root = document.root();
        // An empty object says nothing about how its owner would fill it.
        style.lines = root.parts().is_empty() || newline(root.text()).is_some();
        if let Some((key, value)) = root.members().first() {
            let colon = &text[key.range().end..value.range().start];
            if newline(colon).is_none() {
                colon.clone_into(&mut style.colon);
            }
        }
        if let Some(unit) = document.nodes().find_map(|node| unit(document, node)) {
            style.unit = unit;
        }
        style
    }

    /// What follows a comma when elements share a line and the file shows no example.
    pub(super) fn comma_gap(&self) -> &'static str {
        if self.colon.ends_with(' ') { " " } else { "" }
    }

    /// A value as text.
    pub(super) fn write(&self, value: &Json, layout: Layout<'_>) -> String {
        let mut out = String::new();
        self.value(value, layout, &mut out);
        out
    }

    /// A key and its value as text.
    pub(super) fn write_member(&self, key: &str, value: &Json, layout: Layout<'_>) -> String {
        let mut out = String::new();
        self.key(key, &mut out);
        self.value(value, layout, &mut out);
        out
    }

    fn key(&self, key: &str, out: &mut String) {
        out.push_str(&quoted(key));
        out.push_str(&self.colon);
    }

    fn value(&self, value: &Json, layout: Layout<'_>, out: &mut String) {
        match value {
            Json::String(string) => out.push_str(&quoted(string)),
            Json::Number(number) => out.push_str(&number.to_string()),
            Json::Boolean(boolean) => out.push_str(if *boolean { "true" } else { "false" }),
            Json::Array(items) => {
                self.container(['[', ']'], items, layout, out, |item, layout, out| self.value(item, layout, out));
            }
            Json::Object(members) => {
                self.container(['{', '}'], members, layout, out, |(key, value), layout, out| {
                    self.key(key, out);
                    self.value(value, layout, out);
                });
            }
        }
    }

    fn container<T>(
        &self,
        [open, close]: [char; 2],
        parts: &[T],
        layout: Layout<'_>,
        out: &mut String,
        write: impl Fn(&T, Layout<'_>, &mut String),
    ) {
        out.push(open);
        match layout {
            Layout::Inline => {
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                        out.push_str(self.comma_gap());
                    }
                    write(part, layout, out);
                }
            }
            Layout::Lines(_) if parts.is_empty() => {}
            Layout::Lines(indent) => {
                let inner = format!("{indent}{}", self.unit);
                for (index, part) in parts.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    out.push_str(self.newline);
                    out.push_str(&inner);
                    write(part, Layout::Lines(&inner), out);
                }
                out.push_str(self.newline);
                out.push_str(indent);
            }
        }
        out.push(close);
    }
}

/// The first line end of a text. JSON strings hold no raw ones, so it is one between values.
pub(super) fn newline(text: &str) -> Option<&'static str> {
    let at = text.find(['\r', '\n'])?;
    Some(match &text.as_bytes()[at..] {
        [b'\r', b'\n', ..] => "\r\n",
        [b'\r', ..] => "\r",
        _ => "\n",
    })
}

/// The white space at the start of the line that `at` stands in.
pub(super) fn line_indent(text: &str, at: usize) -> &str {
    let start = text[..at].rfind(['\r', '\n']).map_or(0, |newline| newline + 1);
    let line = &text[start..at];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// How much deeper than its container the first part of a container is, if it has a line of its own.
fn unit(document: &Document<'_>, container: Node<'_>) -> Option<String> {
    if !matches!(container.kind(), Kind::Object | Kind::Array) {
        return None;
    }
    let text = document.text();
    let first = container.first_part()?;
    newline(&text[container.range().start..first])?;
    let unit = line_indent(text, first).strip_prefix(line_indent(text, container.range().start))?;
    (!unit.is_empty()).then(|| unit.to_owned())
}

pub(super) fn quoted(string: &str) -> String {
    serde_json::Value::from(string).to_string()
}
