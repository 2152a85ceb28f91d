//! Files that are ours alone: a plugin, or a script for each event. Nothing is merged: one is there as we write it, or it
//! is somebody else's and stays.
//!
//! What makes it ours is a line near its top that ends in `tailhook install: PROGRAM PROFILE`.

use std::path::{Path, PathBuf};

use super::agents::{AgentInstall, Folders, Profile, Scope, Shape};
use super::change::Backup;
use super::command::Program;
use super::error::InstallError;
use super::file;
use super::plan::{Plan, decode};

const MARK: &str = "tailhook install: ";
/// The mark stands in one of the first so many lines.
const MARK_WITHIN_LINES: usize = 3;

/// The mark, to stand behind the characters that begin a comment.
pub(super) fn mark(program: &Program<'_>, profile: Profile) -> String {
    format!("{MARK}{} {}", program.0, profile.name())
}

/// Program and profile that a file of ours names; `None`: it is not ours.
pub(super) fn marked(text: &str) -> Option<(&str, Profile)> {
    let line = text.lines().take(MARK_WITHIN_LINES).find_map(|line| line.split_once(MARK))?.1;
    match line.rsplit_once(' ')? {
        (program, "full") => Some((program, Profile::Full)),
        (program, "lean") => Some((program, Profile::Lean)),
        _ => None,
    }
}

/// Each file of ours in this profile, with the events that it stands for.
pub(super) fn files(agent: &AgentInstall, settings: &Path, profile: Profile) -> Vec<(PathBuf, Vec<String>)> {
    let events = agent.events(profile).map(|event| event.name.to_owned());
    match agent.shape {
        Shape::Scripts(_) => events.map(|event| (settings.join(&event), vec![event])).collect(),
        _ => vec![(settings.to_owned(), events.collect())],
    }
}

/// Plans to have exactly the profile's files.
pub(super) fn plan_install(
    agent: &AgentInstall,
    scope: Scope,
    profile: Profile,
    program: &Program<'_>,
    folders: Folders<'_>,
) -> Result<Vec<Plan>, InstallError> {
    let (Shape::OwnFile(write) | Shape::Scripts(write)) = agent.shape else { return Ok(Vec::new()) };
    let text = write(agent, profile, program).into_bytes();
    let settings = agent.settings(scope, folders);
    let wanted = files(agent, &settings, profile);
    let others = files(agent, &settings, Profile::Full);
    let surplus = others.into_iter().filter(|(file, _)| wanted.iter().all(|(other, _)| other != file));
    let mut plans = Vec::new();
    for (file, events) in surplus {
        plans.extend(plan(file, events, None, agent)?);
    }
    for (file, events) in wanted {
        plans.extend(plan(file, events, Some(text.clone()), agent)?);
    }
    Ok(plans)
}

/// Plans to remove every file of ours.
pub(super) fn plan_uninstall(
    agent: &AgentInstall,
    scope: Scope,
    folders: Folders<'_>,
) -> Result<Vec<Plan>, InstallError> {
    let mut plans = Vec::new();
    for (file, events) in files(agent, &agent.settings(scope, folders), Profile::Full) {
        plans.extend(plan(file, events, None, agent)?);
    }
    Ok(plans)
}

/// `None`: the file is somebody else's, and nothing was to be written there.
fn plan(
    file: PathBuf,
    events: Vec<String>,
    after: Option<Vec<u8>>,
    agent: &AgentInstall,
) -> Result<Option<Plan>, InstallError> {
    let plan = plan_file(file, after, |text| marked(text).is_some())?;
    let executable = matches!(agent.shape, Shape::Scripts(_));
    Ok(plan.map(|plan| Plan { events, executable, ..plan }))
}

/// Plans to have a file of ours with this text, or with `None` not to have it. `is_ours` judges the text that is there.
/// Gives `None` where the file is somebody else's and nothing was to be written there.
pub(crate) fn plan_file(
    file: PathBuf,
    after: Option<Vec<u8>>,
    is_ours: impl Fn(&str) -> bool,
) -> Result<Option<Plan>, InstallError> {
    let target = file::resolve(&file)?;
    let before = file::read(&target)?;
    if let Some(bytes) = &before {
        if !std::str::from_utf8(bytes).is_ok_and(is_ours) {
            return if after.is_some() { Err(InstallError::NotOurs { file }) } else { Ok(None) };
        }
        if before != after {
            file::check_writable(&target)?;
        }
    }
    let (events, warnings, backup) = (Vec::new(), Vec::new(), Backup::Keep);
    Ok(Some(Plan { file, before, after, events, warnings, backup, executable: false, target }))
}

/// Program, and whether there is one, of each event of ours.
pub(super) fn registered(agent: &AgentInstall, settings: &Path) -> Result<(bool, Vec<(String, String)>), InstallError> {
    let mut exists = false;
    let mut registered = Vec::new();
    for (file, events) in files(agent, settings, Profile::Full) {
        let Some(bytes) = file::read(&file::resolve(&file)?)? else { continue };
        exists = true;
        let text = decode(&file, bytes)?;
        let Some((program, profile)) = marked(&text) else { continue };
        let of_profile = |event: &String| agent.events(profile).any(|other| other.name == event);
        registered.extend(events.into_iter().filter(of_profile).map(|event| (event, program.to_owned())));
    }
    Ok((exists, registered))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        for (path, profile) in [("/a/tailhook-hook", Profile::Full), ("/my tools/tailhook-hook", Profile::Lean)] {
            let text = format!("#!/bin/sh\n# {}\nexit 0\n", mark(&Program(path), profile));
            assert_eq!(marked(&text), Some((path, profile)));
        }
        assert_eq!(marked("#!/bin/sh\nexit 0\n"), None);
        assert_eq!(marked("1\n2\n3\n// tailhook install: /a full\n"), None);
        assert_eq!(marked("// tailhook install: /a some\n"), None);
    }
}
