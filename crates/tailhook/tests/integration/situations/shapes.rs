//! What `--json` prints, as its keys and kinds of values: scripts hold on to these.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::busy_with;
use crate::support::{Home, text};

/// One line for each value that there is somewhere: its path and its kind.
fn shape(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                shape(field, &format!("{path}.{name}"), found);
            }
            return;
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                shape(item, &format!("{path}[]"), found);
            }
            return;
        }
        Value::Object(_) => "{}",
        Value::Array(_) => "[]",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        Value::Null => "null",
    };
    found.insert(format!("{path} {kind}"));
}

/// Runs the commands, one after the other.
fn shapes(home: &Home, commands: &[&[&str]]) -> String {
    let mut said = String::new();
    for arguments in commands {
        let output = home.run(arguments);
        let _ = writeln!(said, "$ tailhook {}", arguments.join(" "));
        let mut found = BTreeSet::new();
        for line in text(&output.stdout).lines() {
            let value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{arguments:?}: no JSON: {output:?}"));
            shape(&value, "", &mut found);
        }
        for line in found {
            let _ = writeln!(said, "  {line}");
        }
        let _ = writeln!(said, "= {}\n", output.status.code().unwrap_or(-1));
    }
    said
}

#[test]
fn of_everything_that_asks_a_daemon() {
    // Every hook is slow then.
    let (home, _daemon) = busy_with("slow_hook_ms = 0\n");
    let backup = home.path.join("backup.db").display().to_string();
    let commands: [&[&str]; 11] = [
        &["status", "--json"],
        &["up", "--json"],
        &["tail", "--no-follow", "--json"],
        &["export", "--payload"],
        &["emit", "--json"],
        &["emit", "--json", "--count", "3"],
        &["verify", "--json"],
        &["profile", "--json"],
        &["doctor", "--json"],
        &["backup", "--json", &backup],
        &["restart", "--json", "--port", "0"],
    ];
    assert_seen!(home, shapes(&home, &commands));
}

#[test]
fn of_what_changes_settings() {
    let home = Home::new();
    let _daemon = home.serve();
    std::fs::create_dir_all(home.path.join("user/.claude")).expect("a folder");
    let commands: [&[&str]; 9] = [
        &["config", "--json"],
        &["install", "claude-code", "--dry-run", "--json"],
        &["install", "claude-code", "--yes", "--json"],
        &["install", "--all", "--yes", "--json"],
        &["uninstall", "claude-code", "--dry-run", "--json"],
        &["uninstall", "claude-code", "--yes", "--json"],
        &["service", "install", "--dry-run", "--json"],
        &["service", "uninstall", "--yes", "--json"],
        &["down", "--json"],
    ];
    assert_seen!(home, shapes(&home, &commands));
}

#[test]
fn of_what_brings_its_own_daemon() {
    let home = Home::new();
    assert_seen!(home, shapes(&home, &[&["bench", "--json"], &["status", "--json"]]));
}
