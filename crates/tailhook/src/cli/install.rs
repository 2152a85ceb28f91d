//! `tailhook install` and `uninstall`: shows what will change, asks, changes it.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use super::arguments::{InstallOptions, ProfileName, ScopeName, UninstallOptions};
use super::emit::hook_program;
use super::exit::{Code, Failure};
use super::print::say;
use crate::config::{Home, Settings, path_variable};
use crate::daemon::presence;
use crate::install::{
    AGENTS, AgentInstall, Backup, Folders, Plan, Profile, Scope, backup_file, plan_install, plan_uninstall,
};

pub(super) fn install(settings: &Settings, options: &InstallOptions) -> Result<(), Failure> {
    let agent = find(&options.agent)?;
    let profile = match options.profile {
        ProfileName::Full => Profile::Full,
        ProfileName::Lean => Profile::Lean,
    };
    let hook = hook_program()?;
    let places = Places::find(agent)?;
    let plan = plan_install(agent, scope(options.scope), profile, &hook, places.folders())?;
    if !carry_out(&plan, options.dry_run, options.yes)? {
        return Ok(());
    }
    let (title, standing, kinds) = (agent.title, agent.standing.as_text(), plan.events.len());
    say(&format!("{title} ({standing}) tells tailhook of {kinds} kinds of events, from its next start on"))?;
    for note in agent.notes {
        say(&format!("note: {note}"))?;
    }
    if presence::find(&settings.home).is_none() {
        say("next: tailhook up && tailhook open")?;
    }
    Ok(())
}

pub(super) fn uninstall(options: &UninstallOptions) -> Result<(), Failure> {
    let agent = find(&options.agent)?;
    let places = Places::find(agent)?;
    let plan = plan_uninstall(agent, scope(options.scope), places.folders())?;
    if carry_out(&plan, options.dry_run, options.yes)? {
        say(&format!("{} no longer tells tailhook anything, from its next start on", agent.title))?;
    }
    Ok(())
}

/// Shows the plan, asks, does it. False: nothing was done.
fn carry_out(plan: &Plan, dry_run: bool, yes: bool) -> Result<bool, Failure> {
    for warning in &plan.warnings {
        eprintln!("warning: {warning}");
    }
    if plan.is_done() {
        say(&format!("nothing to change in {}", plan.file.display()))?;
        return Ok(!dry_run);
    }
    say(plan.diff().trim_end())?;
    if dry_run || !(yes || asked(plan)?) {
        return Ok(false);
    }
    plan.apply()?;
    if plan.backup == Backup::Write {
        say(&format!("what was there before: {}", backup_file(&plan.file).display()))?;
    }
    Ok(true)
}

fn asked(plan: &Plan) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            Code::Usage,
            "nobody can be asked here: standard input is no terminal",
            "add --yes to change the file, or --dry-run to look only",
        ));
    }
    eprint!("change {}? [y/N] ", plan.file.display());
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(|error| Failure::failed(error.to_string()))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn find(name: &str) -> Result<&'static AgentInstall, Failure> {
    AGENTS.iter().find(|agent| agent.name == name).copied().ok_or_else(|| {
        let names: Vec<_> = AGENTS.iter().map(|agent| agent.name).collect();
        Failure::new(Code::Usage, format!("unknown agent {name:?}"), format!("known: {}", names.join(", ")))
    })
}

fn scope(name: ScopeName) -> Scope {
    match name {
        ScopeName::User => Scope::User,
        ScopeName::Project => Scope::Project,
    }
}

/// Where an agent's settings may be.
pub(super) struct Places {
    home: PathBuf,
    project: PathBuf,
    agent: Option<PathBuf>,
}

impl Places {
    pub(super) fn find(agent: &AgentInstall) -> Result<Self, Failure> {
        let home = Home::user().ok_or_else(|| Failure::new(Code::Config, "no home folder is known", "set HOME"))?;
        let project = std::env::current_dir().map_err(|error| Failure::failed(format!("where am I: {error}")))?;
        Ok(Self { home, project, agent: agent.folder_variable.and_then(path_variable) })
    }

    pub(super) fn folders(&self) -> Folders<'_> {
        Folders { home: &self.home, project: &self.project, agent: self.agent.as_deref() }
    }
}
