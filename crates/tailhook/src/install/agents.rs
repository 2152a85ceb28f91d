//! Which events each agent is asked for, and how its entries look. Data, no logic: a new agent is a new table.

use std::path::{Path, PathBuf};

use super::command::{CommandForm, Program};
use super::style::Json;

/// Whose settings an installation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Every session of this user.
    User,
    /// Sessions in one project.
    Project,
}

/// Where settings are looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folders<'f> {
    /// The user's home.
    pub(crate) home: &'f Path,
    /// The project, for [`Scope::Project`].
    pub(crate) project: &'f Path,
    /// What the agent's [`AgentInstall::folder_variable`] says, if it is set.
    pub(crate) agent: Option<&'f Path>,
}

/// How much is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Profile {
    /// Sessions, turns, permissions, subagents: a few hooks a turn, none per tool call.
    Lean,
    /// Everything that a relay can ask for.
    Full,
}

/// One event of an agent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventEntry {
    /// As the agent spells it.
    pub(crate) name: &'static str,
    /// The smallest profile that has it.
    pub(crate) profile: Profile,
    /// For events that fire only with one. An absent matcher means every occurrence.
    pub(crate) matcher: Option<&'static str>,
    /// Whether the agent goes on without waiting for the hook.
    pub(crate) run_async: bool,
}

/// What an agent counts timeouts in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TimeoutUnit {
    /// Claude Code, Codex.
    Seconds,
    /// Gemini CLI.
    Milliseconds,
}

/// Everything there is to know about an agent to register hooks with it.
#[derive(Debug)]
pub(crate) struct AgentInstall {
    /// As on the command line and in every envelope.
    pub(crate) name: &'static str,
    /// Whether `tailhook install` takes it. The others are described, but nobody has tried them end to end.
    pub(crate) offered: bool,
    /// The agent's own folder, below the home folder and below a project's.
    pub(crate) folder: &'static str,
    /// The file in that folder.
    pub(crate) file: &'static str,
    /// Environment variable that puts another folder in place of the one below home.
    pub(crate) folder_variable: Option<&'static str>,
    /// A file beside a project's settings that the agent reads as well and that is nobody else's.
    pub(crate) local_file: Option<&'static str>,
    /// Where an administrator may have settings that beat all others.
    pub(crate) managed_files: &'static [&'static str],
    /// The client's program.
    pub(crate) program: &'static str,
    /// The first version of the client that starts a hook without a shell where `args` stand beside its command.
    pub(crate) exec_since: [u32; 3],
    /// What is registered, in this order.
    pub(crate) events: &'static [EventEntry],
    /// After which the agent gives up on a hook. The hook takes less than 1 ms; this is for a machine on its knees.
    pub(crate) timeout_ms: u64,
    /// What the agent's `timeout` counts.
    pub(crate) timeout_unit: TimeoutUnit,
    /// How the command is written.
    pub(crate) command: CommandForm,
}

impl AgentInstall {
    /// The settings file of a scope.
    pub(crate) fn settings(&self, scope: Scope, folders: Folders<'_>) -> PathBuf {
        let folder = match (scope, folders.agent) {
            (Scope::Project, _) => folders.project.join(self.folder),
            (Scope::User, Some(folder)) => folder.to_owned(),
            (Scope::User, None) => folders.home.join(self.folder),
        };
        folder.join(self.file)
    }

    /// Settings that are never changed here, but count for the agent.
    pub(crate) fn other_settings(&self, folders: Folders<'_>) -> Vec<PathBuf> {
        let local = self.local_file.map(|file| folders.project.join(self.folder).join(file));
        local.into_iter().chain(self.managed_files.iter().map(PathBuf::from)).collect()
    }

    pub(super) fn events(&self, profile: Profile) -> impl Iterator<Item = &EventEntry> {
        self.events.iter().filter(move |event| event.profile <= profile)
    }

    pub(super) fn entry(&self, event: &EventEntry, program: &Program<'_>) -> Json {
        let mut members = vec![
            ("type", Json::String("command".to_owned())),
            ("command", Json::String(self.command.write(program, self.name))),
        ];
        if let CommandForm::Exec = self.command {
            members.push(("args", Json::Array(Vec::new())));
        }
        let timeout = match self.timeout_unit {
            TimeoutUnit::Seconds => self.timeout_ms / 1000,
            TimeoutUnit::Milliseconds => self.timeout_ms,
        };
        members.push(("timeout", Json::Number(timeout)));
        if event.run_async {
            members.push(("async", Json::Boolean(true)));
        }
        Json::Object(members)
    }
}

/// The agents that `tailhook install` takes.
pub(crate) fn offered() -> impl Iterator<Item = &'static AgentInstall> {
    AGENTS.iter().copied().filter(|agent| agent.offered)
}

pub(super) static AGENTS: &[&AgentInstall] = &[&CLAUDE_CODE, &CODEX, &GEMINI_CLI];

const fn full(name: &'static str) -> EventEntry {
    EventEntry { name, profile: Profile::Full, matcher: None, run_async: false }
}

const fn lean(name: &'static str) -> EventEntry {
    EventEntry { name, profile: Profile::Lean, matcher: None, run_async: false }
}

impl EventEntry {
    /// The agent does not wait. Where it can do this it saves 1 to 2 ms a hook and hides a missing binary from the user.
    const fn unwaited(mut self) -> Self {
        self.run_async = true;
        self
    }
}

/// Waited for are the events behind which a client that was given one prompt (`-p`) exits. Measured with Claude Code
/// 2.1.197: an asynchronous `SessionEnd` never got its payload (its stdin was empty), and with `Stop` asynchronous 9 of
/// 33 sessions lost `SessionEnd`, 3 of them `Stop` as well. With both waited for, none of 42 lost anything.
/// Other events are followed by a request to the model, which gives their hooks time.
///
/// Not asked for: `WorktreeCreate`, whose hook replaces the agent's own `git worktree add` and must print a path;
/// `MessageDisplay`, which fires again and again while text streams; `FileChanged`, whose matcher is a list of file
/// names, so there is no way to ask for every change.
pub(super) static CLAUDE_CODE: AgentInstall = AgentInstall {
    name: "claude-code",
    offered: true,
    folder: ".claude",
    file: "settings.json",
    folder_variable: Some("CLAUDE_CONFIG_DIR"),
    local_file: Some("settings.local.json"),
    managed_files: &[
        "/etc/claude-code/managed-settings.json",
        "/Library/Application Support/ClaudeCode/managed-settings.json",
    ],
    program: "claude",
    exec_since: [2, 1, 139],
    events: &[
        lean("SessionStart").unwaited(),
        lean("SessionEnd"),
        lean("Setup").unwaited(),
        lean("UserPromptSubmit").unwaited(),
        full("UserPromptExpansion").unwaited(),
        full("PreToolUse").unwaited(),
        full("PostToolUse").unwaited(),
        full("PostToolUseFailure").unwaited(),
        full("PostToolBatch").unwaited(),
        lean("PermissionRequest").unwaited(),
        lean("PermissionDenied").unwaited(),
        lean("Notification").unwaited(),
        full("Elicitation").unwaited(),
        full("ElicitationResult").unwaited(),
        lean("Stop"),
        lean("StopFailure"),
        lean("SubagentStart").unwaited(),
        lean("SubagentStop").unwaited(),
        full("TeammateIdle").unwaited(),
        full("TaskCreated").unwaited(),
        full("TaskCompleted").unwaited(),
        lean("PreCompact").unwaited(),
        lean("PostCompact"),
        full("InstructionsLoaded").unwaited(),
        full("ConfigChange").unwaited(),
        full("CwdChanged").unwaited(),
        full("WorktreeRemove").unwaited(),
    ],
    timeout_ms: 2000,
    timeout_unit: TimeoutUnit::Seconds,
    command: CommandForm::Exec,
};

/// Waited for, because `codex exec` kills asynchronous hooks at its end. Hooks run only once the user has trusted them
/// in the TUI, and a changed entry asks again. Not asked for: `StopFailure`, which never fired.
static CODEX: AgentInstall = AgentInstall {
    name: "codex",
    offered: false,
    folder: ".codex",
    file: "hooks.json",
    folder_variable: Some("CODEX_HOME"),
    local_file: None,
    managed_files: &[],
    program: "codex",
    exec_since: [0; 3],
    events: &[
        lean("SessionStart"),
        lean("SessionEnd"),
        lean("UserPromptSubmit"),
        full("PreModelRequest"),
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
    command: CommandForm::Shell,
};

/// Not asked for: `BeforeModel`, `AfterModel` and `BeforeToolSelection`, which carry the conversation with every request
/// or chunk; `PreCompress`, which fires before every request whether or not anything is compressed.
static GEMINI_CLI: AgentInstall = AgentInstall {
    name: "gemini-cli",
    offered: false,
    folder: ".gemini",
    file: "settings.json",
    folder_variable: None,
    local_file: None,
    managed_files: &[],
    program: "gemini",
    exec_since: [0; 3],
    events: &[
        lean("SessionStart"),
        lean("SessionEnd"),
        lean("BeforeAgent"),
        lean("AfterAgent"),
        full("BeforeTool"),
        full("AfterTool"),
        lean("Notification"),
    ],
    timeout_ms: 2000,
    timeout_unit: TimeoutUnit::Milliseconds,
    command: CommandForm::Guarded,
};
