//! Gemini CLI: `~/.gemini/settings.json`, and `trustedFolders.json` beside it.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use super::{
    AgentInstall, CommandForm, Folders, Remark, Review, Scope, Shape, Standing, Switch, TimeoutUnit, Weight, full, lean,
};

/// Not asked for: `BeforeModel`, `AfterModel` and `BeforeToolSelection`, which carry the conversation with every request
/// or chunk; `PreCompress`, which fires before every request whether or not anything is compressed.
pub(in crate::install) static GEMINI_CLI: AgentInstall = AgentInstall {
    name: "gemini-cli",
    title: "Gemini CLI",
    standing: Standing::Tested("0.61.0"),
    folder: ".gemini",
    file: "settings.json",
    project: None,
    shape: Shape::Groups,
    folder_variable: None,
    local_file: None,
    managed_files: &[],
    program: "gemini",
    exec_since: [0; 3],
    switches: &[
        Switch { path: &["hooksConfig", "enabled"], off: false },
        Switch { path: &["tools", "enableHooks"], off: false },
    ],
    notes: &["in a folder that is not trusted Gemini CLI asks first, and gemini -p ends there before any hook runs"],
    review: Review::None,
    surroundings: Some(trusted_folders),
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
    tells_event: false,
    entry: &[("type", "command"), ("name", "tailhook")],
};

/// Whether the client may work in this folder at all, and so run hooks.
fn trusted_folders(agent: &AgentInstall, scope: Scope, folders: Folders<'_>) -> Vec<Remark> {
    let file = agent.user_folder(folders).join("trustedFolders.json");
    let rules: Map<String, Value> =
        fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let place = folders.project.display();
    let (message, weight) = match (trust(&rules, folders.project), scope) {
        (Some(true), _) => return Vec::new(),
        (Some(false), _) => (format!("says not to trust {place}, so no hook runs there"), Weight::Warning),
        (None, Scope::Project) => {
            (format!("does not name {place}: hooks of a project run only in a trusted folder"), Weight::Warning)
        }
        (None, Scope::User) => (
            format!("does not name {place}: gemini asks there once, gemini -p ends before any hook runs"),
            Weight::Note,
        ),
    };
    vec![Remark { file, message, weight }]
}

/// The rule for the innermost folder that has one. `TRUST_PARENT` stands for the folder above.
fn trust(rules: &Map<String, Value>, folder: &Path) -> Option<bool> {
    let rule = |(place, rule): (&String, &Value)| {
        let place = Path::new(place).to_owned();
        match rule.as_str()? {
            "TRUST_FOLDER" => Some((place, true)),
            "TRUST_PARENT" => Some((place.parent()?.to_owned(), true)),
            "DO_NOT_TRUST" => Some((place, false)),
            _ => None,
        }
    };
    let holds = rules.iter().filter_map(rule).filter(|(place, _)| folder.starts_with(place));
    holds.max_by_key(|(place, trusted)| (place.components().count(), !trusted)).map(|(_, trusted)| trusted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_rule_counts() {
        let rules = serde_json::json!({
            "/srv/code": "TRUST_FOLDER", "/srv/code/loot": "DO_NOT_TRUST", "/home/dev/one": "TRUST_PARENT", "/odd": 1,
        });
        let rules = rules.as_object().unwrap();
        for (folder, expected) in [
            ("/srv/code", Some(true)),
            ("/srv/code/a/b", Some(true)),
            ("/srv/code/loot/x", Some(false)),
            ("/srv/codes", None),
            ("/home/dev/other", Some(true)),
            ("/odd", None),
        ] {
            assert_eq!(trust(rules, Path::new(folder)), expected, "{folder}");
        }
    }
}
