//! One agent: its client, its settings, our entries in them, and when it was last heard.

use std::path::{Path, PathBuf};

use super::daemon::Daemon;
use super::finding::{Finding, install_command, scope_flag, word};
use crate::cli::install::Places;
use crate::install::{AgentInstall, Folders, Inspection, Profile, Remark, Scope, Weight, inspect};
use client::Client;

mod client;
mod entries;
mod last;
mod trust;

/// Named even where nothing of it is here: somebody who looks at an empty page wants to know why.
const DEFAULT_AGENT: &str = "claude-code";

/// The settings of one scope, read.
struct Registered {
    scope: Scope,
    settings: Inspection,
}

pub(super) fn check(agent: &'static AgentInstall, hook: Option<&Path>, daemon: Option<&Daemon>) -> Vec<Finding> {
    let client = Client::look_for(agent);
    let mut findings = vec![client.finding(agent)];
    let places = match Places::find(agent) {
        Ok(places) => places,
        Err(failure) => {
            findings.push(Finding::failure(&name(agent, "settings"), &failure));
            return findings;
        }
    };
    let folders = places.folders();
    let (found, scopes) = read(agent, folders);
    findings.extend(found);
    let registered = scopes.iter().any(|scope| !scope.settings.entries.is_empty());
    if !registered && findings.len() == 1 && !places.has(agent) && agent.name != DEFAULT_AGENT {
        return Vec::new();
    }
    if !registered {
        findings.push(unregistered(agent, &scopes, &client));
    }
    for scope in scopes.iter().filter(|scope| !scope.settings.entries.is_empty()) {
        findings.extend(entries::check(agent, scope, &client, hook, folders));
    }
    findings.extend(duplicates(agent, &scopes));
    findings.extend(switched_off(agent, folders, &scopes));
    if registered {
        findings.extend(surroundings(agent, folders, &scopes));
        findings.extend(trust::check(agent, folders, &client));
    }
    findings.extend(daemon.map(|daemon| last::check(agent, daemon)));
    findings
}

fn name(agent: &AgentInstall, part: &str) -> String {
    format!("{}.{part}", agent.name)
}

/// User and project; one of them where both are the same file, as in the home folder.
fn read(agent: &'static AgentInstall, folders: Folders<'_>) -> (Vec<Finding>, Vec<Registered>) {
    let (mut findings, mut scopes) = (Vec::new(), Vec::<Registered>::new());
    for scope in [Scope::User, Scope::Project] {
        let file = agent.settings(scope, folders);
        if scopes.iter().any(|other| same_file(&other.settings.file, &file)) {
            continue;
        }
        match inspect(agent, &file) {
            Ok(settings) => scopes.push(Registered { scope, settings }),
            Err(error) => {
                findings.push(Finding::problem(&name(agent, "settings"), error.to_string()).fix(error.hint()));
            }
        }
    }
    (findings, scopes)
}

fn same_file(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn unregistered(agent: &AgentInstall, scopes: &[Registered], client: &Client) -> Finding {
    let looked_at = |scope: &Registered| {
        let missing = if scope.settings.exists { "" } else { " (not there)" };
        format!("{}{missing}", scope.settings.file.display())
    };
    let files: Vec<_> = scopes.iter().map(looked_at).collect();
    let message = format!("no entry of ours in {}", files.join(", nor in "));
    match client {
        Client::Missing => Finding::ok(&name(agent, "events"), message),
        _ => Finding::warning(&name(agent, "events"), message).fix(install_command(
            agent.name,
            Scope::User,
            Profile::Full,
        )),
    }
}

/// The client runs the hooks of all scopes; only identical ones count once.
fn duplicates(agent: &AgentInstall, scopes: &[Registered]) -> Option<Finding> {
    let [one, other] = scopes else { return None };
    let twin = |entry: &&crate::install::Entry| one.settings.entries.iter().find(|e| e.event == entry.event);
    let doubled: Vec<_> =
        other.settings.entries.iter().filter_map(|entry| twin(&entry).map(|twin| (twin, entry))).collect();
    let first = doubled.first()?;
    let differ = doubled.iter().any(|(one, other)| (&one.program, one.exec) != (&other.program, other.exec));
    let effect = if differ { "and come twice" } else { "and would come twice if one of them changed" };
    let message = format!(
        "{} events ({}, …) are registered in {} and in {}, {effect}",
        doubled.len(),
        first.1.event,
        one.settings.file.display(),
        other.settings.file.display()
    );
    Some(Finding::warning(&name(agent, "duplicates"), message).fix(format!(
        "tailhook uninstall {}{}",
        agent.name,
        scope_flag(other.scope)
    )))
}

/// Settings that keep every hook from running, ours included.
fn switched_off(agent: &'static AgentInstall, folders: Folders<'_>, scopes: &[Registered]) -> Vec<Finding> {
    let name = name(agent, "hooks");
    let finding = |file: &Path, said: &str| {
        let message = format!("{} says {said}, so our hook does not run", file.display());
        Finding::problem(&name, message).fix(format!("${{EDITOR:-vi}} {}", word(file)))
    };
    let others: Vec<PathBuf> = agent.other_settings(folders);
    // What cannot be read there is for the agent to complain about.
    let others: Vec<_> = others.iter().filter_map(|file| inspect(agent, file).ok()).collect();
    let all = scopes.iter().map(|scope| &scope.settings).chain(&others);
    let mut findings: Vec<_> =
        all.filter_map(|settings| Some(finding(&settings.file, settings.disabled.as_deref()?))).collect();
    let managed = others.iter().filter(|settings| is_managed(agent, &settings.file));
    findings.extend(managed.filter_map(|settings| Some(finding(&settings.file, settings.managed_only.as_deref()?))));
    findings
}

/// What stands beside the settings.
fn surroundings(agent: &'static AgentInstall, folders: Folders<'_>, scopes: &[Registered]) -> Vec<Finding> {
    let name = name(agent, "surroundings");
    let registered = scopes.iter().filter(|scope| !scope.settings.entries.is_empty());
    let mut remarks: Vec<_> = registered.flat_map(|registered| agent.remarks(registered.scope, folders)).collect();
    remarks.dedup();
    let finding = |remark: Remark| {
        let message = format!("{} {}", remark.file.display(), remark.message);
        let edit = format!("${{EDITOR:-vi}} {}", word(&remark.file));
        match remark.weight {
            Weight::Note => Finding::ok(&name, message),
            Weight::Warning => Finding::warning(&name, message).fix(edit),
            Weight::Fatal | Weight::Refuse => Finding::problem(&name, message).fix(edit),
        }
    };
    remarks.into_iter().map(finding).collect()
}

fn is_managed(agent: &AgentInstall, file: &Path) -> bool {
    agent.managed_files.iter().any(|managed| Path::new(managed) == file)
}
