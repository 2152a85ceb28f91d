//! Claude Code: `~/.claude/settings.json`.

use super::{AgentInstall, CommandForm, Review, Shape, Standing, Switch, TimeoutUnit, full, lean};

/// Waited for are the events behind which a client that was given one prompt (`-p`) exits. Measured with Claude Code
/// 2.1.197: an asynchronous `SessionEnd` never got its payload (its stdin was empty), and with `Stop` asynchronous 9 of
/// 33 sessions lost `SessionEnd`, 3 of them `Stop` as well. With both waited for, none of 42 lost anything.
/// Other events are followed by a request to the model, which gives their hooks time.
///
/// Not asked for: `WorktreeCreate`, whose hook replaces the agent's own `git worktree add` and must print a path;
/// `MessageDisplay`, which fires again and again while text streams; `FileChanged`, whose matcher is a list of file
/// names, so there is no way to ask for every change.
pub(in crate::install) static CLAUDE_CODE: AgentInstall = AgentInstall {
    name: "claude-code",
    title: "Claude Code",
    standing: Standing::Tested("2.1.197"),
    folder: ".claude",
    file: "settings.json",
    project: None,
    shape: Shape::Groups,
    folder_variable: Some("CLAUDE_CONFIG_DIR"),
    local_file: Some("settings.local.json"),
    managed_files: &[
        "/etc/claude-code/managed-settings.json",
        "/Library/Application Support/ClaudeCode/managed-settings.json",
    ],
    program: "claude",
    exec_since: [2, 1, 139],
    switches: &[Switch { path: &["disableAllHooks"], off: true }],
    notes: &[],
    review: Review::None,
    surroundings: None,
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
        lean("Elicitation").unwaited(),
        lean("ElicitationResult").unwaited(),
        lean("Stop"),
        lean("StopFailure"),
        lean("SubagentStart").unwaited(),
        lean("SubagentStop").unwaited(),
        lean("TeammateIdle").unwaited(),
        lean("TaskCreated").unwaited(),
        lean("TaskCompleted").unwaited(),
        lean("PreCompact").unwaited(),
        lean("PostCompact"),
        full("InstructionsLoaded").unwaited(),
        lean("ConfigChange").unwaited(),
        full("CwdChanged").unwaited(),
        lean("WorktreeRemove").unwaited(),
    ],
    timeout_ms: 2000,
    timeout_unit: TimeoutUnit::Seconds,
    command: CommandForm::Exec,
    tells_event: false,
    entry: &[("type", "command")],
};
