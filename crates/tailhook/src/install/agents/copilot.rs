//! GitHub Copilot CLI: a file of its own in `~/.copilot/hooks/`.

use super::{AgentInstall, CommandForm, Review, Shape, Standing, Switch, TimeoutUnit, full, lean};

/// The names with a capital are asked for: the payload then has the fields of Claude Code. A command hook before a tool
/// that ends with anything but 0 refuses the tool, so the command always ends with 0. Not asked for:
/// `userPromptTransformed`, which repeats the prompt with its context; and `PermissionRequest`, which comes for each call
/// that is allowed without a question as well, and would make it look like one: `Notification` tells of real ones.
pub(in crate::install) static COPILOT: AgentInstall = AgentInstall {
    name: "copilot",
    title: "GitHub Copilot CLI",
    standing: Standing::Tested("1.0.102"),
    folder: ".copilot",
    file: "hooks/tailhook.json",
    project: Some([".github", "hooks/tailhook.json"]),
    shape: Shape::Entries,
    folder_variable: Some("COPILOT_HOME"),
    local_file: None,
    managed_files: &[],
    program: "copilot",
    exec_since: [0; 3],
    switches: &[Switch { path: &["disableAllHooks"], off: true }],
    notes: &["Copilot CLI runs hooks of a project only in a folder that you have trusted"],
    review: Review::None,
    surroundings: None,
    events: &[
        lean("SessionStart"),
        lean("SessionEnd"),
        lean("UserPromptSubmit"),
        full("PreToolUse"),
        full("PostToolUse"),
        full("PostToolUseFailure"),
        lean("Notification"),
        lean("Stop"),
        lean("SubagentStart"),
        lean("SubagentStop"),
        lean("ErrorOccurred"),
        lean("PreCompact"),
    ],
    timeout_ms: 2000,
    timeout_unit: TimeoutUnit::Seconds,
    command: CommandForm::Guarded,
    tells_event: true,
    entry: &[("type", "command")],
};
