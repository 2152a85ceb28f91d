//! Which agents there are, which events each is asked for, and how its entries look. One file per agent, data without
//! logic: a new agent is a new table. `docs/adapters.md` shows how.

pub(in crate::install) mod claude_code;
mod cline;
mod codex;
mod copilot;
pub(in crate::install) mod cursor;
mod droid;
mod gemini_cli;
mod opencode;
mod qwen_code;

use std::path::{Path, PathBuf};

use tailhook_core::agents::LEAN;

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
    /// Sessions, turns, permissions, subagents: a few hooks a turn, none per tool call. Where the transcript is followed,
    /// tool calls come from there.
    Lean,
    /// Everything that a relay can ask for.
    Full,
}

impl Profile {
    /// As on the command line and in files of ours.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lean => "lean",
            Self::Full => "full",
        }
    }

    /// The one that could be chosen instead.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Lean => Self::Full,
            Self::Full => Self::Lean,
        }
    }
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
    /// As its makers spell it.
    pub(crate) title: &'static str,
    /// What its table rests on.
    pub(crate) standing: Standing,
    /// The agent's own folder, below the home folder and below a project's.
    pub(crate) folder: &'static str,
    /// The file in that folder, or with [`Shape::Scripts`] the folder in it.
    pub(crate) file: &'static str,
    /// Folder and file of a project where they are called otherwise.
    pub(crate) project: Option<[&'static str; 2]>,
    /// How the file holds hooks.
    pub(crate) shape: Shape,
    /// Environment variable that puts another folder in place of the one below home.
    pub(crate) folder_variable: Option<&'static str>,
    /// A file beside a project's settings that the agent reads as well and that is nobody else's.
    pub(crate) local_file: Option<&'static str>,
    /// Where an administrator may have settings that beat all others.
    pub(crate) managed_files: &'static [&'static str],
    /// The client's program.
    pub(crate) program: &'static str,
    /// The first version of the client that starts a hook without a shell where `args` stand beside its command.
    /// Only for [`CommandForm::Exec`].
    pub(crate) exec_since: [u32; 3],
    /// Settings that keep every hook from running.
    pub(crate) switches: &'static [Switch],
    /// What a user has to know or do after an installation, each a sentence.
    pub(crate) notes: &'static [&'static str],
    /// Whether the agent runs a hook only after its user has looked at it.
    pub(crate) review: Review,
    /// What else the agent reads beside its settings file and what is remarkable there.
    pub(crate) surroundings: Option<Look>,
    /// What is registered, in this order.
    pub(crate) events: &'static [EventEntry],
    /// After which the agent gives up on a hook. The hook takes less than 1 ms; this is for a machine on its knees.
    pub(crate) timeout_ms: u64,
    /// What the agent's `timeout` counts.
    pub(crate) timeout_unit: TimeoutUnit,
    /// How the command is written.
    pub(crate) command: CommandForm,
    /// Whether the command names the event, for agents whose payload may not.
    pub(crate) tells_event: bool,
    /// What goes into each entry beside the command and its timeout.
    pub(crate) entry: &'static [(&'static str, &'static str)],
}

/// How hooks stand in a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// `{"hooks": {EVENT: [{"hooks": [ENTRY]}]}}`, among other settings.
    Groups,
    /// `{EVENT: [{"hooks": [ENTRY]}]}`
    BareGroups,
    /// `{"version": 1, "hooks": {EVENT: [ENTRY]}}`
    Entries,
    /// A file of our own, with this text.
    OwnFile(fn(&AgentInstall, Profile, &Program<'_>) -> String),
    /// A folder with one executable file for each event, named after it; those that are ours have this text.
    Scripts(fn(&AgentInstall, Profile, &Program<'_>) -> String),
}

/// What an agent's table rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The real client in this version, driven by the tests in `e2e/`.
    Tested(&'static str),
    /// Its makers' documents; no session of it has been seen.
    Documents,
}

impl Standing {
    /// e.g. `tested with 0.169.0`.
    pub(crate) fn as_text(self) -> String {
        match self {
            Self::Tested(version) => format!("tested with {version}"),
            Self::Documents => "from its documents, untested".to_owned(),
        }
    }
}

/// Whether hooks wait for the user's consent, and who knows about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Review {
    /// They run from the next start on.
    None,
    /// They wait; `PROGRAM app-server` answers `hooks/list`.
    AppServer,
}

/// A setting that turns hooks off where it has this value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Switch {
    /// Keys from the top of the settings, outermost first.
    pub(crate) path: &'static [&'static str],
    /// The value that turns them off.
    pub(crate) off: bool,
}

impl Switch {
    /// e.g. `"hooksConfig"."enabled": false`.
    pub(crate) fn as_written(&self) -> String {
        let path: Vec<_> = self.path.iter().map(|key| format!("\"{key}\"")).collect();
        format!("{}: {}", path.join("."), self.off)
    }
}

/// Looks beside an agent's settings.
pub(crate) type Look = fn(&AgentInstall, Scope, Folders<'_>) -> Vec<Remark>;

/// Something in a file that is not ours to change, worth a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remark {
    /// The file that it stands in.
    pub(crate) file: PathBuf,
    /// What stands there and what follows from it.
    pub(crate) message: String,
    /// What it means for our hooks.
    pub(crate) weight: Weight,
}

/// What a [`Remark`] means for our hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Good to know.
    Note,
    /// They run, but not as they should.
    Warning,
    /// They do not run.
    Fatal,
    /// Ours would keep somebody else's from running.
    Refuse,
}

impl AgentInstall {
    /// The settings file of a scope.
    pub(crate) fn settings(&self, scope: Scope, folders: Folders<'_>) -> PathBuf {
        match (scope, self.project) {
            (Scope::User, _) => self.user_folder(folders).join(self.file),
            (Scope::Project, None) => folders.project.join(self.folder).join(self.file),
            (Scope::Project, Some([folder, file])) => folders.project.join(folder).join(file),
        }
    }

    /// Its folder below home, wherever that is.
    pub(crate) fn user_folder(&self, folders: Folders<'_>) -> PathBuf {
        folders.agent.map_or_else(|| folders.home.join(self.folder), Path::to_owned)
    }

    /// What is remarkable beside the settings of a scope.
    pub(crate) fn remarks(&self, scope: Scope, folders: Folders<'_>) -> Vec<Remark> {
        self.surroundings.map(|look| look(self, scope, folders)).unwrap_or_default()
    }

    /// Settings that are never changed here, but count for the agent.
    pub(crate) fn other_settings(&self, folders: Folders<'_>) -> Vec<PathBuf> {
        let local = self.local_file.map(|file| folders.project.join(self.folder).join(file));
        local.into_iter().chain(self.managed_files.iter().map(PathBuf::from)).collect()
    }

    pub(super) fn events(&self, profile: Profile) -> impl Iterator<Item = &EventEntry> {
        self.events.iter().filter(move |event| event.profile <= profile)
    }

    /// What to say to who has not chosen a profile: whether there is one with which no tool call waits.
    pub(crate) fn proposal(&self) -> Option<&'static str> {
        // Where the kernel tells that a transcript has grown; without that calls are told at the end of a turn.
        let is_told = self.name == "claude-code" && cfg!(target_os = "linux");
        is_told.then_some(
            "with --profile lean no tool call waits for a hook: the same is read from the transcript, a tenth of a second later (Claude Code 2.1.139 or later)",
        )
    }

    pub(super) fn entry(&self, event: &EventEntry, profile: Profile, program: &Program<'_>) -> Json {
        let fixed = self.entry.iter().map(|(key, value)| (*key, Json::String((*value).to_owned())));
        let mut members: Vec<_> = fixed.collect();
        let who = if self.tells_event { format!("{} {}", self.name, event.name) } else { self.name.to_owned() };
        members.push(("command", Json::String(self.command.write(program, &who))));
        if let CommandForm::Exec = self.command {
            // What tells the daemon to take tool calls from the transcript.
            let lean = (profile == Profile::Lean).then(|| Json::String(format!("{}+{LEAN}", self.name)));
            members.push(("args", Json::Array(lean.into_iter().collect())));
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

/// The agents that `tailhook install` takes, those with most users first.
pub(crate) static AGENTS: &[&AgentInstall] = &[
    &claude_code::CLAUDE_CODE,
    &codex::CODEX,
    &gemini_cli::GEMINI_CLI,
    &cursor::CURSOR,
    &copilot::COPILOT,
    &qwen_code::QWEN_CODE,
    &opencode::OPENCODE,
    &droid::DROID,
    &cline::CLINE,
];

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
