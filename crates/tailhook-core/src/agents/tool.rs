//! What a tool call does, in a few words, from its name and its input.
//!
//! Agents name the same things differently (`Bash` and `run_shell_command`, `file_path` and `path`), so one table
//! serves all of them. A tool that is not in the table is described by the first telling field of its input.

use super::json::{Fields, Value};
use super::line::Line;

/// How much of a patch or a to-do list is read in search of something to show, in characters.
const MAX_LOOK_CHARS: usize = 4096;

/// Fields that describe a call of an unknown tool, best first.
const TELLING_FIELDS: [&str; 15] = [
    "command",
    "file_path",
    "filePath",
    "path",
    "pattern",
    "query",
    "url",
    "description",
    "prompt",
    "message",
    "subject",
    "name",
    "title",
    "text",
    "id",
];

/// Appends what the call does: the command, the file, the pattern, the task.
pub(crate) fn describe(line: &mut Line, tool_name: &str, input: Option<Value<'_>>, cwd: Option<&str>) {
    let input = input.map(Value::object).unwrap_or_default();
    if let Some((server, tool)) = tool_name.strip_prefix("mcp__").and_then(|name| name.split_once("__")) {
        line.push_str(server).push_str(": ").push_str(tool);
        push_first(line, &input, " ");
        return;
    }
    match tool_name {
        "Write" | "Edit" | "MultiEdit" | "Read" | "NotebookEdit" | "NotebookRead" | "LS" | "write_file" | "replace"
        | "read_file" | "list_directory" | "Create" | "create" | "view" | "write" | "edit" | "read" | "editor" => {
            let path =
                ["file_path", "filePath", "notebook_path", "absolute_path", "dir_path", "directory_path", "path"];
            if let Some(path) = input.first_of(&path).and_then(|path| path.look(MAX_LOOK_CHARS)) {
                line.push_str(below(&path, cwd));
            }
        }
        "Grep" | "Glob" | "glob" | "grep" | "search_file_content" | "grep_search" => {
            push_field(line, &input, "", &["pattern", "query"]);
            if let Some(path) = input.first_of(&["path", "dir_path"]).and_then(|path| path.look(MAX_LOOK_CHARS)) {
                let path = below(&path, cwd);
                if path != "." {
                    line.push_str(" in ").push_str(path);
                }
            }
        }
        "Task" | "Agent" | "task" | "spawn_agent" | "collaborationspawn_agent" => {
            push_field(line, &input, "", &["description", "task_name", "message", "prompt", "task"]);
        }
        "run_commands" => push_field(line, &input, "", &["commands"]),
        "search_codebase" => push_field(line, &input, "", &["queries"]),
        "read_files" => push_read_files(line, &input, cwd),
        "invoke_agent" => {
            push_field(line, &input, "", &["agent_name"]);
            push_field(line, &input, ": ", &["description", "prompt"]);
        }
        "WebFetch" | "web_fetch" => push_field(line, &input, "", &["url", "prompt"]),
        "TaskCreate" => push_field(line, &input, "", &["subject", "description"]),
        "TaskUpdate" => {
            push_field(line, &input, "#", &["taskId", "task_id"]);
            push_field(line, &input, " ", &["status", "subject"]);
        }
        "Skill" => {
            push_field(line, &input, "", &["skill", "command", "name"]);
            push_field(line, &input, " ", &["args"]);
        }
        "AskUserQuestion" => push_question(line, &input),
        "ExitPlanMode" => push_field(line, &input, "", &["plan"]),
        "EnterWorktree" => push_field(line, &input, "", &["name", "path"]),
        "TodoWrite" | "todowrite" | "write_todos" => push_todos(line, &input),
        "apply_patch" => push_patched_files(line, &input, cwd),
        _ => push_first(line, &input, ""),
    }
}

/// A path, relative to the working directory if it lies below.
pub(crate) fn below<'p>(path: &'p str, cwd: Option<&str>) -> &'p str {
    match cwd.map(|cwd| cwd.trim_end_matches('/')).and_then(|cwd| path.strip_prefix(cwd)) {
        Some("" | "/") => ".",
        Some(rest) => rest.strip_prefix('/').unwrap_or(path),
        None => path,
    }
}

/// Appends `lead` and the first of these fields that is a text; nothing if there is none.
pub(crate) fn push_field(line: &mut Line, fields: &Fields<'_>, lead: &str, names: &[&str]) {
    if let Some(value) = names.iter().find_map(|name| fields.get(name)) {
        push_value(line, value, lead);
    }
}

fn push_value(line: &mut Line, value: Value<'_>, lead: &str) {
    if let Some(characters) = value.characters() {
        line.push_str(lead).push(characters);
        return;
    }
    // A command may come as the list of its words.
    let mut lead = lead;
    for word in value.items().into_iter().filter_map(Value::characters) {
        line.push_str(lead).push(word);
        lead = " ";
    }
}

fn push_first(line: &mut Line, input: &Fields<'_>, lead: &str) {
    let value = input.first_of(&TELLING_FIELDS).or_else(|| input.values().find(|value| value.characters().is_some()));
    if let Some(value) = value {
        push_value(line, value, lead);
    }
}

fn push_question(line: &mut Line, input: &Fields<'_>) {
    let questions = input.get("questions").map(Value::items).unwrap_or_default();
    match questions.first() {
        Some(question) => push_field(line, &question.object(), "", &["question", "header"]),
        None => push_first(line, input, ""),
    }
}

fn push_read_files(line: &mut Line, input: &Fields<'_>, cwd: Option<&str>) {
    let mut lead = "";
    for file in input.get("files").map(Value::items).unwrap_or_default() {
        let Some(path) = file.object().text("path", MAX_LOOK_CHARS) else { continue };
        line.push_str(lead).push_str(below(&path, cwd));
        lead = ", ";
    }
}

/// The to-do in progress, or the first one, and how many there are.
fn push_todos(line: &mut Line, input: &Fields<'_>) {
    let todos: Vec<Fields<'_>> =
        input.get("todos").map(Value::items).unwrap_or_default().into_iter().map(Value::object).collect();
    let in_progress = |todo: &&Fields<'_>| todo.text("status", 20).as_deref() == Some("in_progress");
    if let Some(todo) = todos.iter().find(in_progress).or_else(|| todos.first()) {
        push_field(line, todo, "", &["content", "description", "subject"]);
        line.push_str(&format!(" ({} in all)", todos.len()));
    }
}

/// The files of a patch in the format `*** Add File: PATH`.
fn push_patched_files(line: &mut Line, input: &Fields<'_>, cwd: Option<&str>) {
    let patch = input.first_of(&["command", "patch", "input"]).and_then(|patch| patch.text(MAX_LOOK_CHARS));
    let mut lead = "";
    for file in patch.iter().flat_map(|patch| patch.lines()).filter_map(patched_file) {
        line.push_str(lead).push_str(below(file, cwd));
        lead = ", ";
    }
    if line.is_empty() {
        push_first(line, input, "");
    }
}

fn patched_file(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("*** ")?;
    ["Add File: ", "Update File: ", "Delete File: "].iter().find_map(|lead| rest.strip_prefix(lead))
}

#[cfg(test)]
mod tests {
    use super::super::json::Fields;
    use super::super::line::Line;
    use super::{below, describe};

    fn check(tool: &str, input: &str, expect: &str) {
        let json = format!("{{\"i\":{input}}}");
        let (fields, _) = Fields::read(&json);
        let mut line = Line::default();
        describe(&mut line, tool, fields.get("i"), Some("/home/dev/project"));
        assert_eq!(line.into_text(), expect, "{tool} {input}");
    }

    #[test]
    fn each_tool_shows_what_it_works_on() {
        check("Bash", r#"{"command":"cargo test\n && true","description":"run"}"#, "cargo test && true");
        check("shell", r#"{"command":["ls","-l"]}"#, "ls -l");
        check("run_commands", r#"{"commands":["ls","pwd"]}"#, "ls pwd");
        check("read_files", r#"{"files":[{"path":"/home/dev/project/a"},{},{"path":"/b"}]}"#, "a, /b");
        check("edit", r#"{"filePath":"/home/dev/project/a/b.rs","oldString":"x"}"#, "a/b.rs");
        check("Write", r#"{"file_path":"/home/dev/project/a/b.rs","content":"x"}"#, "a/b.rs");
        check("Read", r#"{"file_path":"/home/dev/other.txt"}"#, "/home/dev/other.txt");
        check("list_directory", r#"{"dir_path":"/home/dev/project"}"#, ".");
        check("Grep", r#"{"pattern":"fn main","path":"/home/dev/project/src"}"#, "fn main in src");
        check("Grep", r#"{"pattern":"fn main","path":"/home/dev/project"}"#, "fn main");
        check("Agent", r#"{"prompt":"long","description":"count files"}"#, "count files");
        check("invoke_agent", r#"{"agent_name":"generalist","prompt":"count"}"#, "generalist: count");
        check("WebFetch", r#"{"prompt":"what","url":"https://example.com"}"#, "https://example.com");
        check("TaskUpdate", r#"{"taskId":"1","status":"completed"}"#, "#1 completed");
        check("Skill", r#"{"skill":"demo","args":"x"}"#, "demo x");
        check("AskUserQuestion", r#"{"questions":[{"question":"Which?","header":"Pick"}]}"#, "Which?");
        check("TodoWrite", r#"{"todos":[{"content":"A"},{"content":"B","status":"in_progress"}]}"#, "B (2 in all)");
        check("mcp__kit__echo", r#"{"text":"hi"}"#, "kit: echo hi");
        check("mcp__kit__ask", "{}", "kit: ask");
        check("Unheard", r#"{"n":1,"q":"first text"}"#, "first text");
        check("Unheard", "7", "");
        check(
            "apply_patch",
            r#"{"command":"*** Begin Patch\n*** Add File: a.txt\n+x\n*** Update File: /home/dev/project/b/c.txt\n"}"#,
            "a.txt, b/c.txt",
        );
    }

    #[test]
    fn paths_are_cut_at_whole_names_only() {
        assert_eq!(below("/a/bc/d", Some("/a/b")), "/a/bc/d");
        assert_eq!(below("/a/b/d", Some("/a/b/")), "d");
        assert_eq!(below("/a/b", Some("/")), "a/b");
        assert_eq!(below("a", None), "a");
    }
}
