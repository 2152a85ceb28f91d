//! Codex CLI: `~/.codex/hooks.json`, beside a `config.toml` that can hold hooks as well.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{
    AgentInstall, CommandForm, Folders, Remark, Review, Scope, Shape, Standing, TimeoutUnit, Weight, full, lean,
};
use crate::install::command::is_our_line;

/// Waited for, because `codex exec` kills asynchronous hooks at its end. Hooks run only once the user has trusted them
/// in the TUI, and a changed entry asks again. Not asked for: `PreModelRequest`, which says nothing that `PostModelRequest`
/// does not; `StopFailure`, which never fired.
pub(in crate::install) static CODEX: AgentInstall = AgentInstall {
    name: "codex",
    title: "Codex CLI",
    standing: Standing::Tested("0.169.0"),
    folder: ".codex",
    file: "hooks.json",
    project: None,
    shape: Shape::Groups,
    folder_variable: Some("CODEX_HOME"),
    local_file: None,
    managed_files: &[],
    program: "codex",
    exec_since: [0; 3],
    switches: &[],
    notes: &[
        "Codex runs no hook before you have trusted it: start codex, press t at \"hooks need review\" (Enter shows them \
         first), or open /hooks later",
        "codex exec skips hooks that are not trusted without a word; tailhook doctor tells whether they are",
    ],
    review: Review::AppServer,
    surroundings: Some(config_toml),
    events: &[
        lean("SessionStart"),
        lean("SessionEnd"),
        lean("UserPromptSubmit"),
        full("PostModelRequest"),
        full("PreToolUse"),
        full("PostToolUse"),
        lean("PermissionRequest"),
        lean("Stop"),
        lean("Interrupt"),
        lean("SubagentStart"),
        lean("SubagentStop"),
        lean("PreCompact"),
        lean("PostCompact"),
    ],
    // Over 3 s the client warns at each start that it clamps SessionEnd and Interrupt.
    timeout_ms: 2000,
    timeout_unit: TimeoutUnit::Seconds,
    command: CommandForm::Guarded,
    tells_event: false,
    entry: &[("type", "command")],
};

/// What `config.toml` says about hooks, the user's and the project's.
fn config_toml(agent: &AgentInstall, scope: Scope, folders: Folders<'_>) -> Vec<Remark> {
    let mut files = vec![agent.user_folder(folders)];
    if scope == Scope::Project {
        files.push(folders.project.join(agent.folder));
    }
    files.into_iter().flat_map(|folder| remarks(&folder.join("config.toml"))).collect()
}

/// A file that cannot be read or is not TOML says nothing: the client complains about it itself.
fn remarks(file: &Path) -> Vec<Remark> {
    let table = fs::read_to_string(file).ok().and_then(|text| text.parse::<Table>().ok()).unwrap_or_default();
    let remark = |message: &str, weight| Remark { file: PathBuf::from(file), message: message.to_owned(), weight };
    let mut remarks = Vec::new();
    if let Some(Value::Boolean(false)) = table.get("features").and_then(|features| features.get("hooks")) {
        remarks.push(remark("says [features] hooks = false, so no hook runs", Weight::Fatal));
    }
    let commands = commands(&table);
    if commands.iter().any(|command| is_our_line(command)) {
        remarks.push(remark("has a hook of ours as well: its events come twice", Weight::Warning));
    } else if !commands.is_empty() {
        remarks.push(remark(
            "has hooks too: the client runs those of both files and warns about that at each start",
            Weight::Note,
        ));
    }
    remarks
}

/// The commands below `[[hooks.EVENT.hooks]]`.
fn commands(table: &Table) -> Vec<&str> {
    let hooks = table.get("hooks").and_then(Value::as_table).into_iter().flatten();
    let groups = hooks.filter_map(|(_, event)| event.as_array()).flatten();
    let entries = groups.filter_map(|group| group.get("hooks")?.as_array()).flatten();
    entries.filter_map(|entry| entry.get("command")?.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(config: &str, expected: &[(&str, Weight)]) {
        let found: Vec<_> = remarks_of(config).into_iter().map(|remark| (remark.message, remark.weight)).collect();
        let found: Vec<_> = found.iter().map(|(message, weight)| (message.as_str(), *weight)).collect();
        assert_eq!(found, expected, "{config}");
    }

    #[test]
    fn what_config_toml_says_about_hooks() {
        check("model = \"x\"\n[features]\nhooks = true", &[]);
        check("[hooks.state.\"k\"]\ntrusted_hash = \"sha256:1\"", &[]);
        check("not toml", &[]);
        check("[features]\nhooks = false", &[("says [features] hooks = false, so no hook runs", Weight::Fatal)]);
        let hooks = |command: &str| {
            format!("[[hooks.Stop]]\nmatcher = \"\"\n[[hooks.Stop.hooks]]\ntype = \"command\"\ncommand = {command:?}\n")
        };
        let [others] = &remarks_of(&hooks("notify-send done"))[..] else { panic!("one remark") };
        assert_eq!(others.weight, Weight::Note);
        check(
            &hooks("/a/tailhook-hook codex"),
            &[("has a hook of ours as well: its events come twice", Weight::Warning)],
        );
    }

    fn remarks_of(config: &str) -> Vec<Remark> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, config).unwrap();
        remarks(&file)
    }
}
