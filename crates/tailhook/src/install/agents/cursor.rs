//! Cursor: `~/.cursor/hooks.json`. From its documents.
//!
//! Cursor can also run the hooks in Claude Code's settings. Its payloads say `cursor_version` whoever registered the hook,
//! so they are always Cursor's; what came to both is the same event and is kept once.

use super::{AgentInstall, CommandForm, Review, Shape, Standing, TimeoutUnit, full, lean};

/// Not asked for: `afterAgentThought` and `afterAgentResponse`, which carry what the model writes; `beforeReadFile` and
/// `beforeTabFileRead`, which carry whole files; `afterTabFileEdit`, which fires as somebody types; and what
/// `preToolUse` and `postToolUse` tell already (`beforeShellExecution`, `afterFileEdit`, ...).
pub(in crate::install) static CURSOR: AgentInstall = AgentInstall {
    name: "cursor",
    title: "Cursor",
    standing: Standing::Documents,
    folder: ".cursor",
    file: "hooks.json",
    project: None,
    shape: Shape::Entries,
    folder_variable: None,
    local_file: None,
    managed_files: &["/etc/cursor/hooks.json"],
    program: "cursor-agent",
    exec_since: [0; 3],
    switches: &[],
    notes: &["Cursor shows its hooks, and whether they ran, under Settings > Hooks"],
    review: Review::None,
    surroundings: None,
    events: &[
        lean("sessionStart"),
        lean("sessionEnd"),
        lean("beforeSubmitPrompt"),
        full("preToolUse"),
        full("postToolUse"),
        full("postToolUseFailure"),
        lean("subagentStart"),
        lean("subagentStop"),
        lean("preCompact"),
        lean("stop"),
    ],
    timeout_ms: 2000,
    timeout_unit: TimeoutUnit::Seconds,
    command: CommandForm::GuardedReply("{}"),
    tells_event: false,
    entry: &[],
};
