//! Changes to a JSON text that leave every byte outside them alone.
//!
//! Removing is the exact inverse of appending: both take the comma and the white space before a part, never what
//! follows it. Only a container that was empty needs more, because filling it replaces the white space in it: whoever
//! removes the last part has to know what that was.

use std::ops::Range;

use super::json::{Document, Node};
use super::style::{Json, Layout, Style, line_indent, newline};

/// A range of the text and what comes in its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// The text after all edits, which do not overlap.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.range.start);
    let mut out = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in edits {
        out.push_str(&text[at..edit.range.start]);
        out.push_str(&edit.text);
        at = edit.range.end;
    }
    out.push_str(&text[at..]);
    out
}

/// What is appended to a container.
#[derive(Debug)]
pub(super) enum Part {
    Item(Json),
    Member(&'static str, Json),
}

impl Part {
    fn write(&self, style: &Style, layout: Layout<'_>) -> String {
        match self {
            Self::Item(value) => style.write(value, layout),
            Self::Member(key, value) => style.write_member(key, value, layout),
        }
    }
}

/// Puts parts behind those that an object or array has, laid out as the last of them is.
pub(super) fn append(document: &Document<'_>, style: &Style, container: Node<'_>, parts: &[Part]) -> Edit {
    let text = document.text();
    let existing = container.parts();
    let Some(last) = existing.last() else {
        return fill(document, style, container, parts);
    };
    let gap = gap_before_last(text, container, &existing);
    let (separator, layout) = if newline(gap).is_some() {
        let indent = line_indent(text, last.start);
        (format!("{}{indent}", style.newline), Layout::Lines(indent))
    } else {
        let gap = if existing.len() > 1 { gap } else { style.comma_gap() };
        // `[{` on one line and `}]` on another: the neighbour starts on the line of its predecessor and has lines itself.
        let lines = newline(&text[last.clone()]).is_some();
        let layout = if lines { Layout::Lines(line_indent(text, last.start)) } else { Layout::Inline };
        (gap.to_owned(), layout)
    };
    let separator = format!(",{separator}");
    Edit { range: last.end..last.end, text: format!("{separator}{}", join(parts, &separator, style, layout)) }
}

/// The first parts of an empty container.
fn fill(document: &Document<'_>, style: &Style, container: Node<'_>, parts: &[Part]) -> Edit {
    let text = if style.lines {
        let outer = line_indent(document.text(), container.range().start);
        let inner = format!("{}{outer}{}", style.newline, style.unit);
        let parts = join(parts, &format!(",{inner}"), style, Layout::Lines(inner.trim_start_matches(['\r', '\n'])));
        format!("{inner}{parts}{}{outer}", style.newline)
    } else {
        join(parts, &format!(",{}", style.comma_gap()), style, Layout::Inline)
    };
    Edit { range: container.interior(), text }
}

fn join(parts: &[Part], separator: &str, style: &Style, layout: Layout<'_>) -> String {
    parts.iter().map(|part| part.write(style, layout)).collect::<Vec<_>>().join(separator)
}

/// Puts a value in the place of another, on one line if the other was.
pub(super) fn replace(document: &Document<'_>, style: &Style, old: Node<'_>, new: &Json) -> Edit {
    let indent = line_indent(document.text(), old.range().start);
    let layout = if newline(old.text()).is_some() { Layout::Lines(indent) } else { Layout::Inline };
    Edit { range: old.range(), text: style.write(new, layout) }
}

/// Removes the parts whose place in `gone` is true, but not all of them: that is for [`clear`].
pub(super) fn remove(container: Node<'_>, gone: &[bool]) -> Vec<Edit> {
    let mut edits = Vec::new();
    // Also where the container is of another kind than the caller looked for, and `gone` therefore is shorter.
    if !gone.contains(&true) {
        return edits;
    }
    let parts = container.parts();
    let mut kept_before = false;
    for (index, part) in parts.iter().enumerate() {
        if !gone[index] {
            kept_before = true;
            continue;
        }
        let range = if kept_before { parts[index - 1].end..part.end } else { part.start..parts[index + 1].start };
        edits.push(Edit { range, text: String::new() });
    }
    edits
}

/// Empties a container down to `interior`, the white space that it held before somebody filled it.
pub(super) fn clear(container: Node<'_>, interior: &str) -> Edit {
    Edit { range: container.interior(), text: interior.to_owned() }
}

/// The white space between the comma or opening bracket and the last part.
fn gap_before_last<'t>(text: &'t str, container: Node<'_>, parts: &[Range<usize>]) -> &'t str {
    let last = parts[parts.len() - 1].start;
    let start = if parts.len() > 1 { parts[parts.len() - 2].end } else { container.interior().start };
    // White space may stand before the comma as well.
    let gap = &text[start..last];
    gap.rfind(',').map_or(gap, |comma| &gap[comma + 1..])
}
