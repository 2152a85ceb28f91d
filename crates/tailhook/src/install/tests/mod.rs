//! What holds for every settings file, and a table of those that are easy to get wrong.

mod agents;
mod disk;
mod property;
mod text;

use std::path::Path;

use super::agents::claude_code::CLAUDE_CODE;
use super::agents::{AGENTS, Shape};
use super::change::{self, Backup, Change};
use super::command::Program;
use super::error::EditError;
use super::hooks::Wanted;
use super::{AgentInstall, Folders, Profile, Scope};

const PROGRAM: &str = "/opt/tailhook/tailhook-hook";

fn wanted(agent: &AgentInstall, profile: Profile, program: &str) -> Vec<Wanted> {
    agent
        .events(profile)
        .map(|event| Wanted {
            event: event.name,
            matcher: event.matcher,
            entry: agent.entry(event, profile, &Program(program)),
        })
        .collect()
}

/// Two events, so that expectations can be read.
fn few(program: &str) -> Vec<Wanted> {
    let mut wanted = wanted(&CLAUDE_CODE, Profile::Full, program);
    wanted.retain(|wanted| matches!(wanted.event, "PreToolUse" | "SessionEnd"));
    wanted
}

/// A file and its backup, as [`change`] sees them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Disk {
    file: Option<String>,
    backup: Option<String>,
}

const GROUPS: Shape = Shape::Groups;

impl Disk {
    fn holding(file: &str) -> Self {
        Self { file: Some(file.to_owned()), backup: None }
    }

    fn apply(&mut self, change: Change) {
        if self.file == change.after {
            return;
        }
        match change.backup {
            Backup::Keep => {}
            Backup::Write => self.backup.clone_from(&self.file),
            Backup::Remove => self.backup = None,
        }
        self.file = change.after;
    }

    fn install(&mut self, wanted: &[Wanted]) -> Result<(), EditError> {
        self.apply(change::install(&self.file, &self.backup, GROUPS, wanted)?);
        Ok(())
    }

    fn uninstall(&mut self) -> Result<(), EditError> {
        self.apply(change::uninstall(&self.file, &self.backup, GROUPS)?);
        Ok(())
    }

    fn text(&self) -> &str {
        self.file.as_deref().unwrap_or_default()
    }
}

#[test]
fn where_settings_are() {
    let folders = Folders { home: Path::new("/home/dev"), project: Path::new("/project"), agent: None };
    let moved = Folders { agent: Some(Path::new("/elsewhere")), ..folders };
    assert_eq!(CLAUDE_CODE.settings(Scope::User, folders), Path::new("/home/dev/.claude/settings.json"));
    assert_eq!(CLAUDE_CODE.settings(Scope::User, moved), Path::new("/elsewhere/settings.json"));
    assert_eq!(CLAUDE_CODE.settings(Scope::Project, moved), Path::new("/project/.claude/settings.json"));
}

#[test]
fn the_commands_of_those_that_are_tested() {
    let commands: Vec<_> = AGENTS[..3]
        .iter()
        .map(|agent| {
            let wanted = wanted(agent, Profile::Full, "/o k/tailhook-hook");
            super::style::Style::standard("").write(&wanted[0].entry, super::style::Layout::Inline)
        })
        .collect();
    insta::assert_snapshot!(commands.join("\n"), @r#"
    {"type": "command", "command": "/o k/tailhook-hook", "args": [], "timeout": 2, "async": true}
    {"type": "command", "command": "[ -x '/o k/tailhook-hook' ] && exec '/o k/tailhook-hook' codex 2>/dev/null; exit 0", "timeout": 2}
    {"type": "command", "name": "tailhook", "command": "[ -x '/o k/tailhook-hook' ] && exec '/o k/tailhook-hook' gemini-cli 2>/dev/null; exit 0", "timeout": 2000}
    "#);
}

#[test]
fn a_lean_entry_says_so() {
    let wanted = wanted(&CLAUDE_CODE, Profile::Lean, PROGRAM);
    let entry = super::style::Style::standard("").write(&wanted[0].entry, super::style::Layout::Inline);
    assert!(entry.contains(r#""args": ["claude-code+lean"]"#), "{entry}");
}

#[test]
fn claude_code_events() {
    let names = |profile| CLAUDE_CODE.events(profile).map(|event| event.name).collect::<Vec<_>>().join(" ");
    insta::assert_snapshot!(names(Profile::Lean), @"SessionStart SessionEnd Setup UserPromptSubmit PermissionRequest PermissionDenied Notification Elicitation ElicitationResult Stop StopFailure SubagentStart SubagentStop TeammateIdle TaskCreated TaskCompleted PreCompact PostCompact ConfigChange WorktreeRemove");
    insta::assert_snapshot!(names(Profile::Full), @"SessionStart SessionEnd Setup UserPromptSubmit UserPromptExpansion PreToolUse PostToolUse PostToolUseFailure PostToolBatch PermissionRequest PermissionDenied Notification Elicitation ElicitationResult Stop StopFailure SubagentStart SubagentStop TeammateIdle TaskCreated TaskCompleted PreCompact PostCompact InstructionsLoaded ConfigChange CwdChanged WorktreeRemove");
    let waited: Vec<_> = CLAUDE_CODE.events.iter().filter(|event| !event.run_async).map(|event| event.name).collect();
    assert_eq!(waited, ["SessionEnd", "Stop", "StopFailure", "PostCompact"]);
}
