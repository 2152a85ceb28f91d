//! Factory Droid: `~/.factory/hooks.json`, keyed by event without anything around it.

use super::{
    AgentInstall, CommandForm, Folders, Remark, Review, Scope, Shape, Standing, Switch, TimeoutUnit, Weight, full, lean,
};

/// Exit codes 2 and 3 stop Droid, and text on standard output may end up in the model's context: the command is silent
/// and ends with 0 whatever happens.
pub(in crate::install) static DROID: AgentInstall = AgentInstall {
    name: "droid",
    title: "Factory Droid",
    standing: Standing::Tested("0.225.2"),
    folder: ".factory",
    file: "hooks.json",
    project: None,
    shape: Shape::BareGroups,
    folder_variable: None,
    local_file: None,
    managed_files: &[],
    program: "droid",
    exec_since: [0; 3],
    switches: &[Switch { path: &["hooksDisabled"], off: true }],
    notes: &[
        "Droid reads its hooks at its start; /hooks shows them",
        "Droid tells no end of a call that fails or is refused, and no prompt of droid exec",
    ],
    review: Review::None,
    surroundings: Some(older_hooks),
    events: &[
        lean("SessionStart"),
        lean("SessionEnd"),
        lean("UserPromptSubmit"),
        full("PreToolUse"),
        full("PostToolUse"),
        lean("Notification"),
        lean("Stop"),
        lean("SubagentStop"),
        lean("PreCompact"),
    ],
    timeout_ms: 2000,
    timeout_unit: TimeoutUnit::Seconds,
    command: CommandForm::Guarded,
    tells_event: false,
    entry: &[("type", "command")],
};

/// Places that Droid reads only as long as there is no `hooks.json`: making one would switch off what stands there.
fn older_hooks(agent: &AgentInstall, scope: Scope, folders: Folders<'_>) -> Vec<Remark> {
    let file = agent.settings(scope, folders);
    let Some(folder) = file.parent().filter(|_| !file.exists()) else { return Vec::new() };
    let has_hooks = |name: &str| {
        let text = std::fs::read(folder.join(name)).ok()?;
        let value: serde_json::Value = serde_json::from_slice(&text).ok()?;
        let hooks = if name == "settings.json" { value.get("hooks")?.clone() } else { value };
        hooks.as_object().filter(|hooks| !hooks.is_empty()).map(|_| ())
    };
    let found = ["hooks/hooks.json", "settings.json"].into_iter().filter(|name| has_hooks(name).is_some());
    let remark = |name: &str| Remark {
        file: folder.join(name),
        message:
            "holds hooks that Droid would no longer read beside a hooks.json: let Droid move them (/hooks, and save)"
                .to_owned(),
        weight: Weight::Refuse,
    };
    found.map(remark).collect()
}
