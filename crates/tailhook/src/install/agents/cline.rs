//! Cline: an executable file for each event in `~/Documents/Cline/Hooks/`, for its command line and its extension.
//!
//! The command line was seen at work; what the extension does differently is from its documents.

use super::{AgentInstall, CommandForm, Profile, Review, Shape, Standing, TimeoutUnit, full, lean};
use crate::install::command::Program;
use crate::install::own::mark;

/// What Cline wants to hear from a hook that only listens.
const REPLY: &str = r#"{"cancel":false}"#;

pub(in crate::install) static CLINE: AgentInstall = AgentInstall {
    name: "cline",
    title: "Cline",
    standing: Standing::Tested("3.0.65"),
    folder: "Documents/Cline",
    file: "Hooks",
    project: Some([".clinerules", "hooks"]),
    shape: Shape::Scripts(script),
    folder_variable: None,
    local_file: None,
    managed_files: &[],
    program: "cline",
    exec_since: [0; 3],
    switches: &[],
    notes: &[
        "In an editor, Cline runs hooks once they are switched on (Cline > Settings > Hooks); its command line runs them at once",
    ],
    review: Review::None,
    surroundings: None,
    events: &[
        lean("TaskStart"),
        lean("TaskResume"),
        lean("TaskCancel"),
        lean("TaskComplete"),
        lean("TaskError"),
        lean("SessionShutdown"),
        lean("UserPromptSubmit"),
        full("PreToolUse"),
        full("PostToolUse"),
        lean("PreCompact"),
    ],
    timeout_ms: 30_000,
    timeout_unit: TimeoutUnit::Milliseconds,
    command: CommandForm::GuardedReply(REPLY),
    tells_event: false,
    entry: &[],
};

/// The same for every event: the payload names it.
fn script(agent: &AgentInstall, profile: Profile, program: &Program<'_>) -> String {
    let (mark, command) = (mark(program, profile), agent.command.write(program, agent.name));
    format!("#!/bin/sh\n# {mark}\n{command}\n")
}
