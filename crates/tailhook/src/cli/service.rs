//! `service install` and `uninstall`: the daemon as a service of the user's, started with the session.
//!
//! Linux: two units of systemd's user manager, the service and its socket. macOS: one agent of launchd. A file that we
//! did not write is never touched: [`MARK`] in it says that we did.

mod launchd;
mod manager;
mod systemd;

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::arguments::Manner;
use super::exit::{Code, Failure};
use super::install::confirmed;
use super::print::say;
use crate::config::Settings;
use crate::daemon::presence;
use crate::install::{InstallError, Plan, plan_file};
use manager::{Manager, Words, run};

const MARK: &str = "Written by tailhook service install, removed by tailhook service uninstall.";
const IS_MACOS: bool = cfg!(target_os = "macos");

/// A file of the service manager's.
struct File {
    path: PathBuf,
    text: String,
}

/// What a service manager needs.
struct Service {
    files: Vec<File>,
    /// What the manager makes of these files when it is told to start the service with the session.
    links: Vec<PathBuf>,
    manager: Manager,
}

/// What became of it, for scripts.
#[derive(Serialize)]
struct Outcome {
    state: &'static str,
    manager: &'static str,
    /// Whether the service manager could be told.
    reachable: bool,
    /// What is, or would be, written or removed.
    files: Vec<PathBuf>,
    /// Left alone: somebody else wrote them.
    foreign: Vec<PathBuf>,
    /// What is left to run.
    commands: Vec<String>,
}

impl Service {
    fn find(settings: &Settings) -> Result<Self, Failure> {
        if IS_MACOS { launchd::service(settings) } else { systemd::service(settings) }
    }

    fn outcome(&self, state: &'static str, reachable: bool, left: &[Words]) -> Outcome {
        let files = self.files.iter().map(|file| file.path.clone()).collect();
        let commands = left.iter().map(|words| words.join(" ")).collect();
        Outcome { state, manager: self.manager.name, reachable, files, foreign: Vec::new(), commands }
    }

    /// Links that stay where the manager could not be told. One that leads elsewhere is not ours.
    fn remove_links(&self) {
        for (link, file) in self.links.iter().zip(&self.files) {
            let leads_here = fs::read_link(link)
                .is_ok_and(|to| to == file.path || link.parent().is_some_and(|folder| same(&folder.join(&to), file)));
            if leads_here {
                let _ = fs::remove_file(link);
            }
        }
    }
}

fn same(link: &Path, file: &File) -> bool {
    fs::canonicalize(link).is_ok_and(|to| fs::canonicalize(&file.path).is_ok_and(|path| to == path))
}

/// Writes the files, and tells the service manager to run what they say.
pub(super) fn install(settings: &Settings, manner: Manner) -> Result<(), Failure> {
    let service = Service::find(settings)?;
    let manager = &service.manager;
    let mut plans = Vec::new();
    // All are looked at before any is written.
    for file in &service.files {
        plans.extend(plan(file.path.clone(), Some(file.text.clone().into()))?);
    }
    show(&plans, manner)?;
    let changes: Vec<&Plan> = plans.iter().filter(|plan| !plan.is_done()).collect();
    let reachable = manager.is_reachable();
    if manner.dry_run {
        let state = if changes.is_empty() { "unchanged" } else { "planned" };
        return finish(&service.outcome(state, reachable, &manager.enable), manner);
    }
    if !changes.is_empty() && !manner.yes && !confirmed("write these files and start the service")? {
        return finish(&service.outcome("declined", reachable, &[]), manner);
    }
    // The folder of the store is the daemon's, but launchd opens the log in it before.
    presence::make_state_folder(&settings.home)
        .map_err(|error| Failure::failed(format!("could not make {}: {error}", settings.home.state().display())))?;
    changes.iter().try_for_each(|plan| plan.apply())?;
    let state = if changes.is_empty() { "unchanged" } else { "installed" };
    if !reachable {
        return finish(&service.outcome(state, reachable, &manager.enable), manner);
    }
    if !manager.is_active() {
        // There is one daemon per home: one of `up` goes first.
        super::up::end(settings)?;
    } else if !changes.is_empty() {
        run(&manager.stop)?;
    }
    run(&manager.enable)?;
    finish(&service.outcome(state, reachable, &[]), manner)?;
    if manner.json { Ok(()) } else { say("the daemon runs, and starts with each of your sessions") }
}

/// Ends the service and removes its files.
pub(super) fn uninstall(settings: &Settings, manner: Manner) -> Result<(), Failure> {
    let service = Service::find(settings)?;
    let manager = &service.manager;
    let (mut plans, mut foreign) = (Vec::new(), Vec::new());
    for file in &service.files {
        match plan(file.path.clone(), None)? {
            Some(plan) if plan.is_done() => {}
            Some(plan) => plans.push(plan),
            None => foreign.push(file.path.clone()),
        }
    }
    let reachable = manager.is_reachable();
    let outcome = |state, left: &[Words]| Outcome {
        files: plans.iter().map(|plan| plan.file.clone()).collect(),
        foreign: foreign.clone(),
        ..service.outcome(state, reachable, left)
    };
    if plans.is_empty() {
        return finish(&outcome("unchanged", &[]), manner);
    }
    show(&plans, manner)?;
    if manner.dry_run {
        return finish(&outcome("planned", &manager.disable), manner);
    }
    if !manner.yes && !confirmed("stop the service and remove these files")? {
        return finish(&outcome("declined", &[]), manner);
    }
    // Where one of the units is somebody else's, so is what the manager makes of the two.
    let ours = foreign.is_empty();
    if reachable
        && ours
        && let Err(failure) = run(&manager.disable)
    {
        // It may not have run. The files go all the same.
        eprintln!("warning: {}", failure.message());
    }
    if ours {
        service.remove_links();
    }
    plans.iter().try_for_each(Plan::apply)?;
    if reachable {
        run(&manager.forget)?;
    }
    finish(&outcome("removed", &[]), manner)
}

fn plan(path: PathBuf, after: Option<Vec<u8>>) -> Result<Option<Plan>, Failure> {
    plan_file(path, after, |text| text.contains(MARK)).map_err(|error| match error {
        InstallError::NotOurs { file } => {
            let file = file.display();
            let hint = format!("mv {file} {file}.old, and the same command again");
            Failure::new(
                Code::Failed,
                format!("could not write {file}: somebody else wrote the one that is there"),
                hint,
            )
        }
        error => error.into(),
    })
}

fn show(plans: &[Plan], manner: Manner) -> Result<(), Failure> {
    if manner.json {
        return Ok(());
    }
    for plan in plans {
        if plan.is_done() {
            say(&format!("nothing to change in {}", plan.file.display()))?;
        } else {
            say(plan.diff().trim_end())?;
        }
    }
    Ok(())
}

fn finish(outcome: &Outcome, manner: Manner) -> Result<(), Failure> {
    if manner.json {
        let json = serde_json::to_string(outcome).map_err(|error| Failure::failed(error.to_string()))?;
        return say(&json);
    }
    let each = |verb: &str| outcome.files.iter().try_for_each(|file| say(&format!("{verb} {}", file.display())));
    match outcome.state {
        "planned" => say("nothing changed: a dry run")?,
        "declined" => say("nothing changed")?,
        "installed" => each("wrote")?,
        "removed" => each("removed")?,
        _ if outcome.files.is_empty() && outcome.foreign.is_empty() => say("not installed")?,
        _ => {}
    }
    for file in &outcome.foreign {
        say(&format!("left {}: somebody else wrote it", file.display()))?;
    }
    if !outcome.commands.is_empty() {
        let why = if outcome.reachable { "this would run" } else { "no service manager can be reached from here; run" };
        say(&format!("{why}:"))?;
    }
    outcome.commands.iter().try_for_each(|command| say(&format!("  {command}")))
}

/// The manager, where the service is installed for the daemon of these settings and the manager can be told.
fn installed(settings: &Settings) -> Option<Manager> {
    let service = Service::find(settings).ok()?;
    let text = fs::read_to_string(&service.files.last()?.path).ok()?;
    let is_for = if IS_MACOS { launchd::is_for } else { systemd::is_for };
    (is_for(&text, settings) && service.manager.is_reachable()).then_some(service.manager)
}

/// Starts the daemon as a service, if it is one; says whether.
pub(super) fn start(settings: &Settings) -> Result<bool, Failure> {
    let Some(manager) = installed(settings) else { return Ok(false) };
    run(&manager.start)?;
    Ok(true)
}

/// Stops the service, if there is one that runs or listens for the daemon; says whether.
pub(super) fn stop(settings: &Settings) -> Result<bool, Failure> {
    let Some(manager) = installed(settings).filter(Manager::is_active) else { return Ok(false) };
    run(&manager.stop)?;
    Ok(true)
}

/// The program that the service runs: this one.
fn program() -> Result<String, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::failed(format!("who am I: {error}")))?;
    text(&program).map(str::to_owned)
}

/// A path as it can stand in a file of text.
fn text(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| Failure::failed(format!("could not name {} in a service: not UTF-8", path.display())))
}
