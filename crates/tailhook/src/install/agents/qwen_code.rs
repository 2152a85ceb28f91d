//! Qwen Code: `~/.qwen/settings.json`.

use super::{AgentInstall, CommandForm, Review, Shape, Standing, Switch, TimeoutUnit, full, lean};

/// Not asked for: `MessageDisplay`, which fires as text streams. The timeout is written in milliseconds, which older
/// versions count in; newer ones count in seconds, but take a number of a thousand and more for milliseconds.
pub(in crate::install) static QWEN_CODE: AgentInstall = AgentInstall {
    name: "qwen-code",
    title: "Qwen Code",
    standing: Standing::Tested("0.24.4"),
    folder: ".qwen",
    file: "settings.json",
    project: None,
    shape: Shape::Groups,
    folder_variable: None,
    local_file: Some("settings.local.json"),
    managed_files: &[],
    program: "qwen",
    exec_since: [0; 3],
    switches: &[Switch { path: &["disableAllHooks"], off: true }],
    notes: &["qwen -p tells nothing at its end: such a session ends here when its process is gone"],
    review: Review::None,
    surroundings: None,
    events: &[
        lean("SessionStart"),
        lean("SessionEnd"),
        lean("UserPromptSubmit"),
        full("PreToolUse"),
        full("PostToolUse"),
        full("PostToolUseFailure"),
        full("PostToolBatch"),
        lean("PermissionRequest"),
        lean("PermissionDenied"),
        lean("Notification"),
        lean("Stop"),
        lean("StopFailure"),
        lean("SubagentStart"),
        lean("SubagentStop"),
        full("TodoCreated"),
        full("TodoCompleted"),
        lean("PreCompact"),
        lean("PostCompact"),
    ],
    timeout_ms: 2000,
    timeout_unit: TimeoutUnit::Milliseconds,
    command: CommandForm::Guarded,
    tells_event: false,
    entry: &[("type", "command"), ("name", "tailhook")],
};
