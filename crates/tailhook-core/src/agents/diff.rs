//! Which files a call touched, and how they changed, from what stands in its payload.
//!
//! Agents say it in different ways: Claude Code with the hunks it applied, Gemini CLI with a unified diff, Codex with the
//! patch it was given; what was replaced by what, or the whole new content, is there in any case.

use std::fmt::Write as _;

use super::MAX_PATH_CHARS;
use super::json::{Fields, Value};
use crate::event::EventData;
use crate::work::{FileTouch, MAX_FILES, Touch};

/// Longest diff of one change, in bytes. It ends with a whole line.
pub const MAX_PATCH_BYTES: usize = 64 << 10;

/// How one call changed one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Lines that begin with `@@`, `+`, `-` or a space, as in a unified diff without its head.
    pub text: String,
    /// There was more of it.
    pub truncated: bool,
}

/// The diff that the payload of a call's end holds of this file; `None` if it holds none.
///
/// `path` is as in [`FileTouch::path`].
pub fn patch(payload: &[u8], path: &str) -> Option<Patch> {
    let text = crate::text::lossy(payload);
    let (fields, _) = Fields::read(&text);
    let tool = fields.text("tool_name", 256)?;
    let cwd = fields.text("cwd", MAX_PATH_CHARS);
    let mut text = changes(&tool, &fields, cwd.as_deref()).into_iter().find(|change| change.path == path)?.text;
    if text.is_empty() {
        return None;
    }
    let truncated = text.len() > MAX_PATCH_BYTES;
    if truncated {
        let most = text.floor_char_boundary(MAX_PATCH_BYTES);
        let end = text[..most].rfind('\n').map_or(most, |at| at + 1);
        text.truncate(end);
    }
    Some(Patch { text, truncated })
}

/// The files that a successful call touched.
pub(super) fn touched(tool: &str, fields: &Fields<'_>, data: &EventData) -> Vec<FileTouch> {
    let cwd = data.cwd.as_deref();
    if matches!(tool, "Read" | "read_file" | "NotebookRead" | "read") {
        let read = |path| FileTouch { path, kind: Touch::Read, added: None, removed: None };
        return path_of(fields, cwd).map(read).into_iter().collect();
    }
    let touch = |change: Change| {
        let count = |sign| change.text.lines().filter(|line| line.starts_with(sign)).count() as u64;
        let (added, removed) = (count('+'), count('-'));
        FileTouch { path: change.path, kind: change.kind, added: Some(added), removed: Some(removed) }
    };
    changes(tool, fields, cwd).into_iter().take(MAX_FILES).map(touch).collect()
}

struct Change {
    path: String,
    kind: Touch,
    text: String,
}

fn changes(tool: &str, fields: &Fields<'_>, cwd: Option<&str>) -> Vec<Change> {
    let kind = match tool {
        "Write" | "write_file" | "Create" | "write" => Touch::Write,
        "Edit" | "MultiEdit" | "NotebookEdit" | "replace" | "edit" | "editor" => Touch::Edit,
        "apply_patch" => return patched(fields, cwd),
        _ => return Vec::new(),
    };
    let Some(path) = path_of(fields, cwd) else { return Vec::new() };
    vec![Change { path, kind, text: text_of(fields) }]
}

fn path_of(fields: &Fields<'_>, cwd: Option<&str>) -> Option<String> {
    let input = fields.get("tool_input")?.object();
    let path =
        input.first_of(&["file_path", "filePath", "notebook_path", "absolute_path", "path"])?.text(MAX_PATH_CHARS)?;
    (!path.is_empty()).then(|| completed(&path, cwd))
}

fn completed(path: &str, cwd: Option<&str>) -> String {
    let is_whole = path.starts_with(['/', '\\', '~']) || path.as_bytes().get(1) == Some(&b':');
    match cwd {
        Some(cwd) if !is_whole => format!("{}/{path}", cwd.trim_end_matches('/')),
        _ => path.to_owned(),
    }
}

fn text_of(fields: &Fields<'_>) -> String {
    let response = fields.get("tool_response").map(Value::object).unwrap_or_default();
    let hunks = response.get("structuredPatch").filter(|hunks| hunks.is_list());
    let mut text = String::new();
    for hunk in hunks.map(Value::items).unwrap_or_default() {
        push_hunk(&mut text, &hunk.object());
    }
    let is_update = hunks.is_some() && response.text("type", 8).as_deref() == Some("update");
    if !text.is_empty() || is_update {
        return text;
    }
    let shown = response.get("returnDisplay").map(Value::object).unwrap_or_default();
    if let Some(diff) = shown.text("fileDiff", usize::MAX) {
        let body = diff.find("\n@@").map_or("", |at| &diff[at + 1..]);
        return body.to_owned();
    }
    let input = fields.get("tool_input").map(Value::object).unwrap_or_default();
    for edit in input.get("edits").map(Value::items).unwrap_or_default() {
        push_replacement(&mut text, &edit.object());
    }
    push_replacement(&mut text, &input);
    if let Some(content) =
        input.first_of(&["content", "new_source", "file_text"]).and_then(|content| content.text(usize::MAX))
    {
        push_lines(&mut text, '+', &content);
    }
    text
}

fn push_hunk(text: &mut String, hunk: &Fields<'_>) {
    let number = |name| hunk.get(name).and_then(Value::number).unwrap_or(0);
    let (old, new) = (number("oldStart"), number("newStart"));
    let _ = writeln!(text, "@@ -{old},{} +{new},{} @@", number("oldLines"), number("newLines"));
    for line in hunk.get("lines").map(Value::items).unwrap_or_default() {
        // A line of a file holds no line end; one that does must not look like several.
        text.extend(line.characters().into_iter().flatten().filter(|character| *character != '\n'));
        text.push('\n');
    }
}

fn push_replacement(text: &mut String, edit: &Fields<'_>) {
    let text_of = |names: &[&str]| edit.first_of(names).and_then(|text| text.text(usize::MAX));
    let old = text_of(&["old_string", "old_str", "old_text", "oldString"]);
    let new = text_of(&["new_string", "new_str", "new_text", "newString"]);
    if old.is_none() && new.is_none() {
        return;
    }
    text.push_str("@@\n");
    push_lines(text, '-', &old.unwrap_or_default());
    push_lines(text, '+', &new.unwrap_or_default());
}

fn push_lines(text: &mut String, sign: char, lines: &str) {
    for line in lines.lines() {
        text.push(sign);
        text.push_str(line);
        text.push('\n');
    }
}

/// The files of a patch in Codex's format: `*** Add File: PATH`, `*** Update File: PATH`, `*** Delete File: PATH`.
fn patched(fields: &Fields<'_>, cwd: Option<&str>) -> Vec<Change> {
    let input = fields.get("tool_input").map(Value::object).unwrap_or_default();
    let patch = input.first_of(&["command", "patch", "input"]).and_then(|patch| patch.text(usize::MAX));
    let mut changes: Vec<Change> = Vec::new();
    for line in patch.unwrap_or_default().lines() {
        let Some(mark) = line.strip_prefix("*** ") else {
            if let Some(change) = changes.last_mut() {
                change.text.push_str(line);
                change.text.push('\n');
            }
            continue;
        };
        let kinds = [("Add File: ", Touch::Write), ("Update File: ", Touch::Edit), ("Delete File: ", Touch::Edit)];
        let file = kinds.iter().find_map(|(lead, kind)| mark.strip_prefix(lead).map(|path| (path, *kind)));
        if let Some((path, kind)) = file {
            changes.push(Change { path: completed(path.trim_end(), cwd), kind, text: String::new() });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::{MAX_PATCH_BYTES, patch};

    fn check(tool: &str, input: &str, response: &str, path: &str, expect: &str) {
        let payload = format!(r#"{{"cwd":"/p","tool_name":"{tool}","tool_input":{input},"tool_response":{response}}}"#);
        let found = patch(payload.as_bytes(), path).map(|patch| patch.text).unwrap_or_default();
        assert_eq!(found, expect, "{tool}");
    }

    #[test]
    fn each_agent_says_how_a_file_changed() {
        let hunks =
            r#"{"structuredPatch":[{"oldStart":1,"oldLines":2,"newStart":1,"newLines":2,"lines":[" a","-b","+c"]}]}"#;
        check("Edit", r#"{"file_path":"/p/a"}"#, hunks, "/p/a", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
        check("Write", r#"{"file_path":"b","content":"x\ny\n"}"#, r#"{"type":"create"}"#, "/p/b", "+x\n+y\n");
        check("Write", r#"{"file_path":"b","content":"x"}"#, r#"{"type":"update","structuredPatch":[]}"#, "/p/b", "");
        let diff = r#"{"returnDisplay":{"fileDiff":"Index: a\n===\n--- a\n+++ a\n@@ -1 +1 @@\n-b\n+c\n"}}"#;
        check("replace", r#"{"file_path":"/p/a"}"#, diff, "/p/a", "@@ -1 +1 @@\n-b\n+c\n");
        check(
            "replace",
            r#"{"file_path":"/p/a","old_string":"b","new_string":"c\nd"}"#,
            "1",
            "/p/a",
            "@@\n-b\n+c\n+d\n",
        );
        let two =
            r#"{"command":"*** Begin Patch\n*** Add File: x\n+1\n*** Update File: /p/y\n@@\n-1\n+2\n*** End Patch"}"#;
        check("apply_patch", two, r#""Exit code: 0""#, "/p/x", "+1\n");
        check("apply_patch", two, r#""Exit code: 0""#, "/p/y", "@@\n-1\n+2\n");
        check("apply_patch", two, r#""Exit code: 0""#, "/p/z", "");
        check("Bash", r#"{"command":"x"}"#, "{}", "/p/x", "");
    }

    #[test]
    fn a_long_diff_ends_with_a_whole_line() {
        let content = "0123456789é\\n".repeat(20_000);
        let payload = format!(r#"{{"tool_name":"Write","tool_input":{{"file_path":"/a","content":"{content}"}}}}"#);
        let patch = patch(payload.as_bytes(), "/a").unwrap();
        assert!(patch.truncated && patch.text.len() <= MAX_PATCH_BYTES && patch.text.ends_with("é\n"));
    }
}
