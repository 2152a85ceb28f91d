//! `tailhook doctor`: looks at everything between an agent's hook and the store, names what is off, and proves delivery
//! with one event.
//!
//! | file | holds |
//! |---|---|
//! | `finding` | what one check found, and the command that mends it |
//! | `attempt` | a program run for a bounded time |
//! | `settings`, `hook`, `folders`, `daemon`, `events`, `agent`, `probe` | the checks, in the order they are made |
//! | `mend` | what `--fix` does |
//! | `report` | findings on a terminal or as JSON |
//!
//! A check looks, and changes nothing. What it cannot know it does not guess.

mod agent;
mod attempt;
mod daemon;
mod events;
mod finding;
mod folders;
mod hook;
mod mend;
mod probe;
mod report;
mod settings;

use super::arguments::DoctorOptions;
use super::exit::{Code, Failure};
use crate::install::AGENTS;
use finding::{Finding, Status};

/// Looks, mends if asked, looks again, and says what it found.
pub(super) fn doctor(options: &DoctorOptions) -> Result<(), Failure> {
    let mut findings = examine();
    if options.fix && mend::carry_out(&findings) {
        findings = examine();
    }
    report::print(&findings, options.json)?;
    let problems = findings.iter().filter(|finding| finding.status == Status::Problem).count();
    if problems == 0 {
        return Ok(());
    }
    let message = if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") };
    let mendable = findings.iter().any(|finding| finding.mend.is_some());
    if mendable && !options.fix {
        return Err(Failure::new(Code::Failed, message, "tailhook doctor --fix runs the commands that cannot harm"));
    }
    Err(Failure::failed(message))
}

fn examine() -> Vec<Finding> {
    let (mut findings, settings) = settings::check();
    let (found, hook) = hook::check();
    findings.push(found);
    let Some(settings) = settings else { return findings };
    findings.extend(folders::check(&settings));
    let (found, daemon) = daemon::check(&settings);
    findings.extend(found);
    findings.extend(daemon.as_ref().map(events::check).unwrap_or_default());
    for &agent in AGENTS {
        findings.extend(agent::check(agent, hook.as_ref().map(|hook| &*hook.path), daemon.as_ref()));
    }
    findings.push(probe::check(hook.as_ref(), daemon.as_ref()));
    findings
}
