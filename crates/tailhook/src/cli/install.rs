//! `tailhook install` and `uninstall`: shows what will change, asks, changes it; for one agent, several, or all that are
//! on this machine.

mod choice;
mod outcome;
mod places;
mod proof;

use std::io::{BufRead, IsTerminal, Write};

use super::arguments::{InstallOptions, Manner, ScopeName, UninstallOptions};
use super::emit::hook_program;
use super::exit::{Code, Failure};
use super::print::say;
use crate::config::Settings;
use crate::install::{AGENTS, AgentInstall, Plan, Scope, plan_install, plan_uninstall};
use choice::Choice;
use outcome::{Outcome, State};
pub(super) use places::Places;

pub(super) fn install(settings: &Settings, options: &InstallOptions) -> Result<(), Failure> {
    let (scope, hook) = (scope(options.scope), hook_program()?);
    let manner = options.manner;
    let (agents, absent) = if options.all { present()? } else { (named(&options.agents)?, Vec::new()) };
    let mut outcomes = Vec::new();
    for agent in agents {
        let places = Places::find(agent)?;
        let choice = Choice::make(agent, scope, options.profile, places.folders());
        let plans = choice.and_then(|choice| {
            let plans = plan_install(agent, scope, choice.profile, &hook, places.folders())?;
            Ok((plans, Some(choice)))
        });
        outcomes.push(attempt(agent, plans.map_err(Failure::from), manner, State::Installed)?);
    }
    if !manner.json {
        for agent in &absent {
            say(&format!("{} is not on this machine: neither ~/{} nor {}", agent.title, agent.folder, agent.program))?;
        }
    }
    let is_new = outcomes.iter().any(|outcome| outcome.state == State::Installed);
    let proof = is_new.then(|| proof::attempt(settings, &hook)).flatten();
    if manner.json {
        outcome::print(&outcomes, &absent, proof.as_ref())?;
    }
    outcome::finish(&outcomes)?;
    if is_new { proof::finish(proof, manner.json) } else { Ok(()) }
}

pub(super) fn uninstall(options: &UninstallOptions) -> Result<(), Failure> {
    let scope = scope(options.scope);
    let manner = options.manner;
    let agents = if options.all { AGENTS.to_vec() } else { named(&options.agents)? };
    let mut outcomes = Vec::new();
    for agent in agents {
        let plans = plan_uninstall(agent, scope, Places::find(agent)?.folders());
        // Of all agents, only those that have something of ours are worth a word.
        if options.all && plans.as_ref().is_ok_and(|plans| plans.iter().all(Plan::is_done)) {
            continue;
        }
        let plans = plans.map(|plans| (plans, None)).map_err(Failure::from);
        outcomes.push(attempt(agent, plans, manner, State::Removed)?);
    }
    if outcomes.is_empty() && !manner.json {
        say("nothing to change: no agent has an entry of ours")?;
    }
    if manner.json {
        outcome::print(&outcomes, &[], None)?;
    }
    outcome::finish(&outcomes)
}

/// One agent. What goes wrong with it keeps nobody from the next one; that nobody can be asked does.
fn attempt(
    agent: &'static AgentInstall,
    plans: Result<(Vec<Plan>, Option<Choice>), Failure>,
    manner: Manner,
    done: State,
) -> Result<Outcome, Failure> {
    let (plans, choice) = match plans {
        Ok(plans) => plans,
        Err(failure) => return Ok(Outcome::failed(agent, &[], failure)),
    };
    if !manner.json {
        if let Some(kept) = choice.as_ref().and_then(|choice| choice.kept(agent)) {
            say(&kept)?;
        }
        show(&plans)?;
    }
    let changes: Vec<&Plan> = plans.iter().filter(|plan| !plan.is_done()).collect();
    let state = if changes.is_empty() {
        State::Unchanged
    } else if manner.dry_run {
        State::Planned
    } else if manner.yes || asked(agent, &changes)? {
        if let Some(error) = changes.iter().find_map(|plan| plan.apply().err()) {
            return Ok(Outcome::failed(agent, &plans, error.into()));
        }
        done
    } else {
        State::Declined
    };
    let mut outcome = Outcome::new(agent, &plans, state, done);
    if let Some(choice) = choice {
        outcome.choose(agent, &choice);
    }
    if !manner.json {
        outcome.tell()?;
    }
    Ok(outcome)
}

fn show(plans: &[Plan]) -> Result<(), Failure> {
    for plan in plans {
        for warning in &plan.warnings {
            eprintln!("warning: {warning}");
        }
        if plan.is_done() {
            say(&format!("nothing to change in {}", plan.file.display()))?;
        } else {
            say(plan.diff().trim_end())?;
        }
    }
    Ok(())
}

fn asked(agent: &AgentInstall, changes: &[&Plan]) -> Result<bool, Failure> {
    confirmed(&match changes {
        [plan] => format!("{}: change {}", agent.title, plan.file.display()),
        _ => format!("{}: change these {} files", agent.title, changes.len()),
    })
}

/// Asks the user.
pub(super) fn confirmed(question: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            Code::Usage,
            "nobody can be asked here: standard input is no terminal",
            "add --yes to change the file, or --dry-run to look only",
        ));
    }
    eprint!("{question}? [y/N] ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(|error| Failure::failed(error.to_string()))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn named(names: &[String]) -> Result<Vec<&'static AgentInstall>, Failure> {
    names.iter().map(|name| find(name)).collect()
}

fn find(name: &str) -> Result<&'static AgentInstall, Failure> {
    AGENTS.iter().find(|agent| agent.name == name).copied().ok_or_else(|| {
        let names: Vec<_> = AGENTS.iter().map(|agent| agent.name).collect();
        Failure::new(Code::Usage, format!("unknown agent {name:?}"), format!("known: {}", names.join(", ")))
    })
}

/// The agents on this machine, and the others.
fn present() -> Result<(Vec<&'static AgentInstall>, Vec<&'static AgentInstall>), Failure> {
    let mut present = (Vec::new(), Vec::new());
    for &agent in AGENTS {
        let group = if Places::find(agent)?.has(agent) { &mut present.0 } else { &mut present.1 };
        group.push(agent);
    }
    Ok(present)
}

fn scope(name: ScopeName) -> Scope {
    match name {
        ScopeName::User => Scope::User,
        ScopeName::Project => Scope::Project,
    }
}
