//! Every agent's table: installed, looked at, installed again, and gone without a trace.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::agents::AGENTS;
use super::super::{
    AgentInstall, Coverage, Folders, InstallError, Plan, Profile, Scope, inspect, installed_profile, plan_install,
    plan_uninstall,
};
use super::PROGRAM;

/// Every file below a folder with its content and whether it can be run.
fn tree(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, bool)> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                use std::os::unix::fs::PermissionsExt as _;
                let executable = entry.metadata().unwrap().permissions().mode() & 0o100 != 0;
                files.insert(entry.path(), (fs::read(entry.path()).unwrap(), executable));
            }
        }
    }
    files
}

fn install(agent: &AgentInstall, scope: Scope, profile: Profile, home: &Path) -> Result<(), InstallError> {
    let folders = Folders { home, project: home, agent: None };
    plan_install(agent, scope, profile, Path::new(PROGRAM), folders)?.iter().try_for_each(Plan::apply)
}

fn uninstall(agent: &AgentInstall, scope: Scope, home: &Path) {
    let folders = Folders { home, project: home, agent: None };
    plan_uninstall(agent, scope, folders).unwrap().iter().for_each(|plan| plan.apply().unwrap());
}

/// Codex clamps what `SessionEnd` and `Interrupt` ask for beyond 3 s, and warns of it at each start.
#[test]
fn codex_is_asked_for_no_more_than_it_gives() {
    let home = tempfile::tempdir().unwrap();
    install(agent("codex"), Scope::User, Profile::Full, home.path()).unwrap();
    let settings = fs::read_to_string(home.path().join(".codex/hooks.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
    for event in ["SessionEnd", "Interrupt"] {
        let timeout = settings["hooks"][event][0]["hooks"][0]["timeout"].as_u64();
        assert!(timeout.is_some_and(|seconds| (1..=3).contains(&seconds)), "{event}: {timeout:?}");
    }
}

#[test]
fn every_agent_can_be_installed_and_uninstalled() {
    for agent in AGENTS {
        for scope in [Scope::User, Scope::Project] {
            let home = tempfile::tempdir().unwrap();
            let home = home.path();
            let folders = Folders { home, project: home, agent: None };
            for profile in [Profile::Full, Profile::Lean] {
                install(agent, scope, profile, home).unwrap();
                let found = inspect(agent, &agent.settings(scope, folders)).unwrap();
                let coverage = Coverage::of(agent, &found.entries);
                assert_eq!((coverage.profile, coverage.wanted), (profile, found.entries.len()), "{}", agent.name);
                assert!(coverage.missing.is_empty() && coverage.surplus.is_empty(), "{}: {coverage:?}", agent.name);
                assert!(found.entries.iter().all(|entry| entry.program == PROGRAM), "{}: {found:?}", agent.name);
                let timeout = |entry: &super::super::Entry| entry.timeout_ms == Some(agent.timeout_ms);
                assert!(found.entries.iter().all(timeout), "{}", agent.name);
                assert_eq!(installed_profile(agent, scope, folders).unwrap(), Some(profile), "{}", agent.name);
                let once = tree(home);
                assert!(!once.is_empty());
                install(agent, scope, profile, home).unwrap();
                assert_eq!(tree(home), once, "{} twice", agent.name);
            }
            uninstall(agent, scope, home);
            assert_eq!(tree(home), BTreeMap::new(), "{}", agent.name);
            assert_eq!(installed_profile(agent, scope, folders).unwrap(), None, "{}", agent.name);
        }
    }
}

fn agent(name: &str) -> &'static AgentInstall {
    AGENTS.iter().find(|agent| agent.name == name).unwrap()
}

/// Writes a file, installs and uninstalls, and expects every byte as it was.
#[track_caller]
fn round(name: &str, file: &str, before: &str) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, before).unwrap();
    let found = tree(home.path());
    install(agent(name), Scope::User, Profile::Full, home.path()).unwrap();
    let installed: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    install(agent(name), Scope::User, Profile::Lean, home.path()).unwrap();
    uninstall(agent(name), Scope::User, home.path());
    assert_eq!(tree(home.path()), found, "{before:?} by way of {installed}");
}

#[test]
fn other_shapes_come_back_as_well() {
    for before in [
        "{}",
        "{ }\n",
        "",
        r#"{"version":1}"#,
        r#"{"version": 1, "hooks": {}}"#,
        r#"{"hooks":{"stop":[{"command":"x"}]}}"#,
        "{\n\t\"version\": 1,\n\t\"hooks\": {\n\t\t\"stop\": [ { \"command\": \"./audit.sh\" } ],\n\t\t\"other\": []\n\t}\n}\n",
    ] {
        round("cursor", ".cursor/hooks.json", before);
    }
    for before in [
        "{}",
        "{ }\n",
        "",
        r#"{"hooksDisabled": false}"#,
        r#"{"Stop":[]}"#,
        "{\n  \"Stop\": [\n    { \"hooks\": [ { \"type\": \"command\", \"command\": \"say done\" } ] }\n  ]\n}\n",
    ] {
        round("droid", ".factory/hooks.json", before);
    }
}

#[test]
fn entries_stand_where_each_agent_looks_for_them() {
    let home = tempfile::tempdir().unwrap();
    for agent in AGENTS {
        install(agent, Scope::User, Profile::Lean, home.path()).unwrap();
    }
    let read = |file: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(home.path().join(file)).unwrap()).unwrap()
    };
    let command = |name: &str, end: &str| format!("[ -x {PROGRAM} ] && exec {PROGRAM} {name} 2>/dev/null; {end}");
    let cursor = read(".cursor/hooks.json");
    assert_eq!(cursor["version"], 1);
    assert_eq!(
        cursor["hooks"]["stop"],
        serde_json::json!([{ "command": command("cursor", "echo '{}'; exit 0"), "timeout": 2 }])
    );
    let entry = |name: &str| serde_json::json!({ "type": "command", "command": command(name, "exit 0"), "timeout": 2 });
    let copilot = read(".copilot/hooks/tailhook.json");
    assert_eq!(
        (&copilot["version"], &copilot["hooks"]["Stop"]),
        (&1.into(), &serde_json::json!([entry("copilot Stop")]))
    );
    assert_eq!(read(".factory/hooks.json")["Stop"], serde_json::json!([{ "hooks": [entry("droid")] }]));
    let script = fs::read_to_string(home.path().join("Documents/Cline/Hooks/TaskStart")).unwrap();
    insta::assert_snapshot!(script, @r#"
    #!/bin/sh
    # tailhook install: /opt/tailhook/tailhook-hook lean
    [ -x /opt/tailhook/tailhook-hook ] && exec /opt/tailhook/tailhook-hook cline 2>/dev/null; echo '{"cancel":false}'; exit 0
    "#);
    assert!(tree(home.path())[&home.path().join("Documents/Cline/Hooks/TaskStart")].1, "Cline runs it");
    let plugin = fs::read_to_string(home.path().join(".config/opencode/plugins/tailhook.js")).unwrap();
    assert!(plugin.starts_with("// tailhook install: /opt/tailhook/tailhook-hook lean\n"), "{plugin}");
    assert!(plugin.contains("const program = \"/opt/tailhook/tailhook-hook\"\n"), "{plugin}");
    assert!(!plugin.contains("tool.execute.before\",\"tool"), "lean has nothing on the way of a tool");
}

#[test]
fn what_is_somebody_elses_stays() {
    let home = tempfile::tempdir().unwrap();
    let hooks = home.path().join("Documents/Cline/Hooks");
    fs::create_dir_all(&hooks).unwrap();
    fs::write(hooks.join("PreToolUse"), "#!/bin/sh\necho theirs\n").unwrap();
    let error = install(agent("cline"), Scope::User, Profile::Full, home.path()).unwrap_err();
    assert!(matches!(error, InstallError::NotOurs { .. }), "{error}");
    install(agent("cline"), Scope::User, Profile::Lean, home.path()).unwrap();
    assert_eq!(tree(&hooks).len(), 9);
    uninstall(agent("cline"), Scope::User, home.path());
    assert_eq!(fs::read_to_string(hooks.join("PreToolUse")).unwrap(), "#!/bin/sh\necho theirs\n");
    assert_eq!(tree(&hooks).len(), 1);
}

#[test]
fn droid_keeps_the_hooks_of_older_places() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".factory");
    fs::create_dir_all(folder.join("hooks")).unwrap();
    fs::write(folder.join("settings.json"), r#"{"hooks":{"Stop":[]}}"#).unwrap();
    let error = install(agent("droid"), Scope::User, Profile::Full, home.path()).unwrap_err();
    assert!(error.to_string().contains("holds hooks that Droid would no longer read"), "{error}");
    assert!(!folder.join("hooks.json").exists());
    fs::write(folder.join("hooks.json"), "{}").unwrap();
    install(agent("droid"), Scope::User, Profile::Full, home.path()).unwrap();
}
