//! The part of a payload that only the fold of sessions reads; see [`crate::work`].

use super::diff;
use super::json::{Fields, Value};
use super::line::{Line, one_line};
use super::{MAX_NAME_CHARS, tool};
use crate::event::EventData;
use crate::work::{EndedCall, EndedTask, Launch, MAX_BACKGROUND, MAX_TASKS, Task, TaskNews, TaskState, Work};

/// Longest prompt that is kept beside the payload, in characters.
const MAX_PROMPT_CHARS: usize = 2_000;
/// How many calls of a batch are looked at.
const MAX_CALLS: usize = 64;
/// How much of an input tells it apart from others.
const INPUT_BYTES: usize = 1_024;
/// How a failed call begins in the words for the model.
const TOOL_ERROR: &str = "<tool_use_error>";
/// How a refused call begins there.
const REFUSALS: [&str; 3] = ["Permission ", "The user doesn't want", "Claude requested permissions"];

pub(super) fn read(kind: &str, fields: &Fields<'_>, data: &EventData) -> Work {
    let mut work = Work::default();
    let tool = data.tool_name.as_deref().unwrap_or_default();
    match kind {
        "hook.pre_tool_use" | "hook.permission_request" => {
            work.input = fields.get("tool_input").map(number_of);
            if starts_agent(tool) {
                work.launch = fields.get("tool_input").map(|input| launch(&input.object()));
            }
        }
        "hook.post_tool_use" | "hook.post_tool_use_failure" => {
            if data.tool_use_id.is_none() {
                work.input = fields.get("tool_input").map(number_of);
            }
            if !data.failed && kind == "hook.post_tool_use" {
                read_success(&mut work, tool, fields, data);
            }
        }
        "hook.post_tool_batch" => work.calls = calls(fields, data),
        "hook.user_prompt" if data.reason.as_deref() == Some("task_notification") => {
            work.ended_task = fields.text("prompt", MAX_PROMPT_CHARS).and_then(|prompt| ended_task(&prompt));
        }
        "hook.user_prompt" => work.prompt = fields.text("prompt", MAX_PROMPT_CHARS).filter(|text| !text.is_empty()),
        "hook.stop" => work.running_tasks = fields.get("background_tasks").and_then(ids),
        crate::session::PROCESS_GONE | crate::session::TERMINAL_CLOSED => {
            work.after_seq = fields.get("data").and_then(|data| data.object().get("after_seq").and_then(Value::number));
        }
        "hook.task_created" => work.tasks = told_task(fields, TaskState::Pending),
        "hook.task_completed" => work.tasks = told_task(fields, TaskState::Completed),
        _ => {}
    }
    work
}

/// Whether a call of this tool starts a subagent with a life of its own. Gemini CLI's `invoke_agent` does not: nothing
/// tells its events apart.
fn starts_agent(tool: &str) -> bool {
    matches!(tool, "Agent" | "Task" | "task" | "spawn_agent" | "collaborationspawn_agent")
}

fn launch(input: &Fields<'_>) -> Launch {
    let text = |names: &[&str], most| input.first_of(names).and_then(|value| value.text(most));
    Launch {
        agent_type: text(&["subagent_type", "agent_type"], MAX_NAME_CHARS),
        prompt: text(&["prompt", "message", "task"], MAX_PROMPT_CHARS),
        background: input.get("run_in_background").is_some_and(Value::is_true),
    }
}

fn read_success(work: &mut Work, tool: &str, fields: &Fields<'_>, data: &EventData) {
    let input = || fields.get("tool_input").map(Value::object).unwrap_or_default();
    match tool {
        "Agent" | "Task" | "spawn_agent" | "collaborationspawn_agent" => {
            let response = fields.get("tool_response");
            // Codex puts its JSON into a string.
            let inner = response.and_then(|response| response.text(4_096)).unwrap_or_default();
            let response = match response {
                Some(response) if inner.is_empty() => response.object(),
                _ => Fields::read(&inner).0,
            };
            let text = |name: &str| response.text(name, MAX_NAME_CHARS);
            work.launch = fields.get("tool_input").map(|input| launch(&input.object()));
            work.launched = text("agentId").or_else(|| text("agent_id"));
            work.background = text("status").as_deref() == Some("async_launched")
                || response.get("isAsync").is_some_and(Value::is_true);
        }
        "Bash" | "PowerShell" | "Monitor" => {
            // A string in Codex, which says nothing of the kind.
            let response = fields.get("tool_response").map(Value::object).unwrap_or_default();
            work.background_id = ["backgroundTaskId", "taskId"].iter().find_map(|n| response.text(n, MAX_NAME_CHARS));
            work.background = work.background_id.is_some();
        }
        "TaskStop" | "KillShell" | "KillBash" => {
            let input = input();
            let id = ["task_id", "shell_id", "bash_id"].iter().find_map(|name| input.text(name, MAX_NAME_CHARS));
            work.ended_task = id.map(|task_id| EndedTask { task_id, tool_use_id: None, failed: true, killed: true });
        }
        "TodoWrite" | "write_todos" | "update_plan" => {
            let list = input().first_of(&["todos", "plan"]);
            work.tasks = list.map(|list| TaskNews::All(tasks(list)));
        }
        "TaskCreate" => {
            let response = fields.get("tool_response").map(Value::object).unwrap_or_default();
            let task = response.get("task").map(Value::object).unwrap_or_default();
            work.tasks = task.text("id", MAX_NAME_CHARS).map(|id| TaskNews::One {
                id,
                subject: subject(&task).or_else(|| subject(&input())),
                state: None,
            });
        }
        "TaskUpdate" => work.tasks = updated_task(&input()),
        _ => work.files = diff::touched(tool, fields, data),
    }
}

fn updated_task(input: &Fields<'_>) -> Option<TaskNews> {
    let id = input.first_of(&["taskId", "task_id"]).and_then(|id| id.text(MAX_NAME_CHARS))?;
    let status = input.text("status", MAX_NAME_CHARS);
    if status.as_deref() == Some("deleted") {
        return Some(TaskNews::Gone(id));
    }
    let state = status.as_deref().and_then(TaskState::from_name);
    Some(TaskNews::One { id, subject: subject(input), state })
}

fn told_task(fields: &Fields<'_>, state: TaskState) -> Option<TaskNews> {
    let subject = fields.text("task_subject", MAX_PROMPT_CHARS).map(|text| one_line(&text));
    Some(TaskNews::One { id: fields.text("task_id", MAX_NAME_CHARS)?, subject, state: Some(state) })
}

fn subject(task: &Fields<'_>) -> Option<String> {
    let value = task.first_of(&["subject", "content", "description", "step"])?;
    value.text(MAX_PROMPT_CHARS).map(|text| one_line(&text))
}

fn tasks(list: Value<'_>) -> Vec<Task> {
    let task = |(index, value): (usize, Value<'_>)| {
        let task = value.object();
        let status = task.text("status", MAX_NAME_CHARS).unwrap_or_default();
        Task {
            id: task.text("id", MAX_NAME_CHARS).unwrap_or_else(|| (index + 1).to_string()),
            subject: subject(&task).unwrap_or_default(),
            state: TaskState::from_name(&status).unwrap_or_default(),
        }
    };
    list.items().into_iter().take(MAX_TASKS).enumerate().map(task).collect()
}

fn calls(fields: &Fields<'_>, data: &EventData) -> Vec<EndedCall> {
    let call = |value: Value<'_>| {
        let call = value.object();
        let tool_name = call.text("tool_name", MAX_NAME_CHARS).unwrap_or_default();
        let mut summary = Line::default();
        tool::describe(&mut summary, &tool_name, call.get("tool_input"), data.cwd.as_deref());
        let response = call.text("tool_response", MAX_PROMPT_CHARS).unwrap_or_default();
        let refused = REFUSALS.iter().any(|lead| response.starts_with(lead));
        let error = match response.strip_prefix(TOOL_ERROR) {
            Some(error) => Some(error.trim_end_matches("</tool_use_error>").trim_start_matches("Error: ")),
            None => refused.then_some(response.as_str()),
        };
        let error = error.map(one_line);
        Some(EndedCall {
            tool_use_id: call.text("tool_use_id", MAX_NAME_CHARS)?,
            tool_name,
            summary: summary.into_text(),
            error,
            refused,
        })
    };
    let items = fields.get("tool_calls").map(Value::items).unwrap_or_default();
    items.into_iter().take(MAX_CALLS).filter_map(call).collect()
}

fn ids(list: Value<'_>) -> Option<Vec<String>> {
    if !list.is_list() {
        return None;
    }
    let id = |task: Value<'_>| task.object().text("id", MAX_NAME_CHARS);
    Some(list.items().into_iter().take(MAX_BACKGROUND).filter_map(id).collect())
}

/// What the notice of a background task's end says, in the agent's own marks.
fn ended_task(prompt: &str) -> Option<EndedTask> {
    let between = |name: &str| {
        let (_, rest) = prompt.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text.to_owned())
    };
    let status = between("status").unwrap_or_default();
    Some(EndedTask {
        task_id: between("task-id")?,
        tool_use_id: between("tool-use-id"),
        failed: status != "completed",
        killed: matches!(status.as_str(), "killed" | "stopped"),
    })
}

/// FNV-1a over the beginning of the input, eight bytes at a time, and its length.
fn number_of(input: Value<'_>) -> u64 {
    let bytes = input.raw().as_bytes();
    let (words, rest) = bytes[..bytes.len().min(INPUT_BYTES)].as_chunks::<8>();
    let step = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    let hash = words
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64 ^ bytes.len() as u64, |hash, word| step(hash, u64::from_le_bytes(*word)));
    rest.iter().fold(hash, |hash, byte| step(hash, u64::from(*byte)))
}
