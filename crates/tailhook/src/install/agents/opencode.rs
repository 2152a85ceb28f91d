//! `OpenCode`: a small plugin in `~/.config/opencode/plugins/`.
//!
//! `OpenCode` has no hook commands; a plugin is told of events and runs ours. It waits for the hook no longer than a tool
//! call takes to begin, and whatever goes wrong with it stays in it.

use super::{AgentInstall, CommandForm, Profile, Review, Shape, Standing, TimeoutUnit, full, lean};
use crate::install::command::Program;
use crate::install::own::mark;

pub(in crate::install) static OPENCODE: AgentInstall = AgentInstall {
    name: "opencode",
    title: "OpenCode",
    standing: Standing::Tested("1.18.33"),
    folder: ".config/opencode",
    file: "plugins/tailhook.js",
    project: Some([".opencode", "plugins/tailhook.js"]),
    shape: Shape::OwnFile(plugin),
    folder_variable: Some("OPENCODE_CONFIG_DIR"),
    local_file: None,
    managed_files: &[],
    program: "opencode",
    exec_since: [0; 3],
    switches: &[],
    notes: &[],
    review: Review::None,
    surroundings: None,
    events: &[
        lean("session.created"),
        lean("session.idle"),
        lean("session.error"),
        lean("session.compacted"),
        lean("session.deleted"),
        lean("permission.asked"),
        lean("permission.replied"),
        lean("chat.message"),
        full("tool.execute.before"),
        full("tool.execute.after"),
    ],
    timeout_ms: 2000,
    timeout_unit: TimeoutUnit::Milliseconds,
    command: CommandForm::Guarded,
    tells_event: false,
    entry: &[],
};

const PLUGIN: &str = include_str!("opencode.js");

fn plugin(agent: &AgentInstall, profile: Profile, program: &Program<'_>) -> String {
    let events: Vec<_> = agent.events(profile).map(|event| event.name).collect();
    let json = |value: serde_json::Value| value.to_string();
    PLUGIN
        .replace("MARK", &mark(program, profile))
        .replace("PROGRAM", &json(program.0.into()))
        .replace("EVENTS", &json(events.into()))
        .replace("TIMEOUT_MS", &agent.timeout_ms.to_string())
}
