//! What stands in a settings file now. Reads only, and more forgiving than a plan: a file that cannot be written can
//! still be looked at.

use std::path::{Path, PathBuf};

use super::agents::{AgentInstall, Folders, Profile, Scope, Shape, Switch, TimeoutUnit};
use super::command::{Program, program_of};
use super::error::InstallError;
use super::file;
use super::hooks;
use super::json::Node;
use super::own;
use super::plan::decode;

/// In the settings of an administrator.
const MANAGED_ONLY: Switch = Switch { path: &["allowManagedHooksOnly"], off: true };

/// A settings file, as far as hooks go.
#[derive(Debug)]
pub(crate) struct Inspection {
    /// As the agent names it.
    pub(crate) file: PathBuf,
    /// Whether it is there.
    pub(crate) exists: bool,
    /// What in it switches all hooks off, as it stands there.
    pub(crate) disabled: Option<String>,
    /// What in it switches off all hooks that an administrator has not written.
    pub(crate) managed_only: Option<String>,
    /// Ours, in the order of the file.
    pub(crate) entries: Vec<Entry>,
}

/// One entry of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// As the agent spells it.
    pub(crate) event: String,
    /// The path of the hook, without quotes.
    pub(crate) program: String,
    /// Started by the agent itself, not by a shell.
    pub(crate) exec: bool,
    /// `None`: the agent's own, which is minutes.
    pub(crate) timeout_ms: Option<u64>,
}

impl Entry {
    /// Whether a client that knows the exec form alone finds the program.
    pub(crate) fn needs_exec(&self) -> bool {
        self.exec && !Program(&self.program).is_plain()
    }
}

/// Reads a settings file.
pub(crate) fn inspect(agent: &AgentInstall, settings: &Path) -> Result<Inspection, InstallError> {
    if let Shape::OwnFile(_) | Shape::Scripts(_) = agent.shape {
        let (exists, registered) = own::registered(agent, settings)?;
        let entry = |(event, program)| Entry { event, program, exec: false, timeout_ms: Some(agent.timeout_ms) };
        let entries = registered.into_iter().map(entry).collect();
        return Ok(Inspection { file: settings.to_owned(), exists, disabled: None, managed_only: None, entries });
    }
    let text = file::read(&file::resolve(settings)?)?.map(|bytes| decode(settings, bytes)).transpose()?;
    let exists = text.is_some();
    let text = text.unwrap_or_default();
    let read = || {
        Ok(Inspection {
            file: settings.to_owned(),
            exists,
            disabled: hooks::turned_off(&text, agent.switches)?.map(|switch| switch.as_written()),
            managed_only: hooks::turned_off(&text, &[MANAGED_ONLY])?.map(|switch| switch.as_written()),
            entries: hooks::each_of_ours(&text, agent.shape, |event, entry| self::entry(agent, event, entry))?,
        })
    };
    read().map_err(|cause| InstallError::Unclear { file: settings.to_owned(), cause })
}

fn entry(agent: &AgentInstall, event: String, entry: Node<'_>) -> Entry {
    let (program, exec) = program_of(entry).unwrap_or_default();
    let timeout = entry.member("timeout").and_then(|value| value.text().parse::<f64>().ok());
    let unit_ms = match agent.timeout_unit {
        TimeoutUnit::Seconds => 1_000.0,
        TimeoutUnit::Milliseconds => 1.0,
    };
    Entry { event, program, exec, timeout_ms: timeout.map(|timeout| (timeout * unit_ms) as u64) }
}

/// The profile of what is registered in the settings of a scope; `None`: nothing of ours is.
pub(crate) fn installed_profile(
    agent: &AgentInstall,
    scope: Scope,
    folders: Folders<'_>,
) -> Result<Option<Profile>, InstallError> {
    let entries = inspect(agent, &agent.settings(scope, folders))?.entries;
    Ok((!entries.is_empty()).then(|| Coverage::of(agent, &entries).profile))
}

/// Which events have an entry of ours, against those that a profile has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Coverage {
    /// The smallest profile that all of them are in.
    pub(crate) profile: Profile,
    /// How many events that has.
    pub(crate) wanted: usize,
    /// Of the profile, but without an entry.
    pub(crate) missing: Vec<&'static str>,
    /// In no profile.
    pub(crate) surplus: Vec<String>,
    /// With more than one entry.
    pub(crate) repeated: Vec<String>,
}

impl Coverage {
    /// Compares.
    pub(crate) fn of(agent: &AgentInstall, entries: &[Entry]) -> Self {
        let has = |name: &str| entries.iter().any(|entry| entry.event == name);
        let knows = |profile: Profile, name: &str| agent.events(profile).any(|event| event.name == name);
        let only_full = |entry: &Entry| knows(Profile::Full, &entry.event) && !knows(Profile::Lean, &entry.event);
        let profile = if entries.iter().any(only_full) { Profile::Full } else { Profile::Lean };
        let names = |test: &dyn Fn(usize, &Entry) -> bool| {
            let mut names: Vec<String> = Vec::new();
            for (_, entry) in entries.iter().enumerate().filter(|(index, entry)| test(*index, entry)) {
                if !names.contains(&entry.event) {
                    names.push(entry.event.clone());
                }
            }
            names
        };
        Self {
            profile,
            wanted: agent.events(profile).count(),
            missing: agent.events(profile).map(|event| event.name).filter(|name| !has(name)).collect(),
            surplus: names(&|_, entry| !knows(Profile::Full, &entry.event)),
            repeated: names(&|index, entry| entries[..index].iter().any(|earlier| earlier.event == entry.event)),
        }
    }
}
