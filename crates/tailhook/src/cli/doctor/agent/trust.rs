//! Whether the client will run our hooks, for clients that ask their user first.
//!
//! Codex tells through its own server on standard input and output, in JSON lines: `initialize`, `initialized`, then
//! `hooks/list`. This only asks. To trust hooks is up to a person: writing that down here would defeat the review.

use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use super::super::finding::Finding;
use super::client::Client;
use super::name;
use crate::install::{AgentInstall, Folders, Review, is_our_line};

const PATIENCE: Duration = Duration::from_secs(10);
/// The answer lists every hook of the user; ours are 14 of some 600 bytes.
const MAX_ANSWER_BYTES: u64 = 4 * 1024 * 1024;
const QUESTION: u64 = 2;

pub(super) fn check(agent: &AgentInstall, folders: Folders<'_>, client: &Client) -> Option<Finding> {
    let Review::AppServer = agent.review else { return None };
    if matches!(client, Client::Missing) {
        return None;
    }
    let check = name(agent, "trust");
    let hooks = match ask(agent, folders) {
        Ok(hooks) => hooks,
        Err(error) => {
            let message = format!("could not ask {} whether it trusts our hooks: {error}", agent.program);
            return Some(Finding::warning(&check, message).fix(format!("{} app-server --help", agent.program)));
        }
    };
    Some(judge(&check, agent, &hooks))
}

fn judge(check: &str, agent: &AgentInstall, hooks: &[Value]) -> Finding {
    let program = agent.program;
    let ours: Vec<&Value> = hooks.iter().filter(|hook| hook["command"].as_str().is_some_and(is_our_line)).collect();
    let skipped = |why: &str, test: &dyn Fn(&Value) -> bool| {
        let events: Vec<_> =
            ours.iter().filter(|hook| test(hook)).filter_map(|hook| hook["eventName"].as_str()).collect();
        (!events.is_empty()).then(|| format!("{} of {} {why} ({})", events.len(), ours.len(), first(&events)))
    };
    let is = |hook: &Value, status: &str| hook["trustStatus"] == status && hook["isManaged"] != true;
    let reasons: Vec<String> = [
        skipped("are not trusted yet", &|hook| is(hook, "untrusted")),
        skipped("changed since they were trusted", &|hook| is(hook, "modified")),
        skipped("are turned off", &|hook| hook["enabled"] == false),
    ]
    .into_iter()
    .flatten()
    .collect();
    if ours.is_empty() {
        let message =
            format!("{program} sees no hook of ours in this folder: hooks of a project need a trusted project");
        return Finding::problem(check, message).fix(program);
    }
    if reasons.is_empty() {
        return Finding::ok(check, format!("{program} trusts all {} hooks of ours", ours.len()));
    }
    let message = format!(
        "{program} skips hooks of ours without a word: {}. In its terminal, t trusts them and Enter shows them first",
        reasons.join("; ")
    );
    Finding::problem(check, message).fix(program)
}

fn first(events: &[&str]) -> String {
    match events {
        [one] => (*one).to_owned(),
        [one, ..] => format!("{one}, …"),
        [] => String::new(),
    }
}

/// The hooks that the client knows for this folder.
fn ask(agent: &AgentInstall, folders: Folders<'_>) -> io::Result<Vec<Value>> {
    let mut command = Command::new(agent.program);
    // Looking is no use of the agent that anybody should count.
    command.args(["app-server", "-c", "analytics.enabled=false"]).current_dir(folders.project);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else { return Err(io::Error::other("no pipes")) };
        let conversation = async {
            for message in questions(folders) {
                stdin.write_all(message.to_string().as_bytes()).await?;
                stdin.write_all(b"\n").await?;
            }
            let mut lines = BufReader::new(stdout.take(MAX_ANSWER_BYTES)).lines();
            while let Some(line) = lines.next_line().await? {
                if let Some(answer) = answer(&line) {
                    return answer;
                }
            }
            Err(io::Error::other("it gave no answer"))
        };
        let answer = tokio::time::timeout(PATIENCE, conversation).await;
        // With its input closed it ends by itself, and closes what it opened.
        drop(stdin);
        let _ = tokio::time::timeout(PATIENCE, child.wait()).await;
        answer.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "it took too long"))?
    })
}

fn questions(folders: Folders<'_>) -> [Value; 3] {
    let client = json!({ "name": "tailhook", "title": "tailhook doctor", "version": env!("CARGO_PKG_VERSION") });
    [
        json!({ "id": 1, "method": "initialize", "params": { "clientInfo": client } }),
        json!({ "method": "initialized" }),
        json!({ "id": QUESTION, "method": "hooks/list", "params": { "cwds": [folders.project] } }),
    ]
}

/// `None` for a line that is no answer to the question.
fn answer(line: &str) -> Option<io::Result<Vec<Value>>> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message["id"] != QUESTION {
        return None;
    }
    if let Some(error) = message["error"]["message"].as_str() {
        return Some(Err(io::Error::other(error.to_owned())));
    }
    let folders = message["result"]["data"].as_array().cloned().unwrap_or_default();
    let hooks = folders.into_iter().filter_map(|mut folder| match folder["hooks"].take() {
        Value::Array(hooks) => Some(hooks),
        _ => None,
    });
    Some(Ok(hooks.flatten().collect()))
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Status;
    use super::*;
    use crate::install::AGENTS;

    fn hook(event: &str, trust: &str) -> Value {
        let command = "[ -x /a/tailhook-hook ] && exec /a/tailhook-hook codex 2>/dev/null; exit 0";
        json!({ "eventName": event, "command": command, "trustStatus": trust, "enabled": true, "isManaged": false })
    }

    #[track_caller]
    fn check(hooks: &[Value], status: Status, expected: &str) {
        let codex = AGENTS.iter().find(|agent| agent.name == "codex").unwrap();
        let finding = judge("codex.trust", codex, hooks);
        assert_eq!(finding.status, status, "{}", finding.message);
        assert!(finding.message.contains(expected), "{}", finding.message);
    }

    #[test]
    fn only_hooks_that_run_are_fine() {
        let other =
            json!({ "eventName": "stop", "command": "notify-send", "trustStatus": "untrusted", "enabled": true });
        check(
            &[hook("stop", "trusted"), hook("preToolUse", "trusted"), other.clone()],
            Status::Ok,
            "trusts all 2 hooks",
        );
        check(&[hook("stop", "untrusted")], Status::Problem, "1 of 1 are not trusted yet (stop)");
        check(
            &[hook("stop", "modified"), hook("preToolUse", "modified"), hook("interrupt", "trusted")],
            Status::Problem,
            "2 of 3 changed since they were trusted (stop, …)",
        );
        let mut off = hook("stop", "trusted");
        off["enabled"] = false.into();
        check(&[off], Status::Problem, "1 of 1 are turned off (stop)");
        check(&[other], Status::Problem, "sees no hook of ours");
    }

    #[test]
    fn answers_are_told_from_notices() {
        assert!(answer(r#"{"method":"configWarning","params":{}}"#).is_none());
        assert!(answer("not json").is_none());
        assert!(answer(r#"{"id":1,"result":{}}"#).is_none());
        let hooks = answer(r#"{"id":2,"result":{"data":[{"cwd":"/","hooks":[{"key":"a"}]},{"hooks":[{"key":"b"}]}]}}"#);
        assert_eq!(hooks.unwrap().unwrap().len(), 2);
        let error = answer(r#"{"id":2,"error":{"code":1,"message":"no such method"}}"#).unwrap().unwrap_err();
        assert_eq!(error.to_string(), "no such method");
    }
}
