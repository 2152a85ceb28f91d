//! What became of one agent, for people and for programs.

use serde::Serialize;
use serde_json::json;

use super::choice::Choice;
use crate::cli::exit::{Code, Failure};
use crate::cli::print::say;
use crate::cli::text::plain_lines;
use crate::cli::verify::Proof;
use crate::install::{AgentInstall, Backup, Plan, backup_file};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Its hooks are registered now.
    Installed,
    /// They are gone now.
    Removed,
    /// Nothing was to be done.
    Unchanged,
    /// It would be done without `--dry-run`.
    Planned,
    /// Somebody said no.
    Declined,
    /// It could not be done.
    Failed,
}

#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    agent: &'static str,
    title: &'static str,
    /// What the table of this agent rests on.
    standing: String,
    pub(super) state: State,
    /// The one that is or would be registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'static str>,
    /// Whether that is the one from before because none was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_kept: Option<bool>,
    /// Kinds of events, registered or taken out.
    events: usize,
    files: Vec<Change>,
    warnings: Vec<String>,
    notes: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip)]
    failure: Option<Failure>,
    #[serde(skip)]
    removes: bool,
}

#[derive(Debug, Serialize)]
struct Change {
    file: String,
    changed: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    diff: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<String>,
}

impl Change {
    fn of(plan: &Plan) -> Self {
        let backup = (plan.backup == Backup::Write).then(|| backup_file(&plan.file).display().to_string());
        Self { file: plan.file.display().to_string(), changed: !plan.is_done(), diff: plan.diff(), backup }
    }
}

impl Outcome {
    /// `done`: what the command is for.
    pub(super) fn new(agent: &'static AgentInstall, plans: &[Plan], state: State, done: State) -> Self {
        let removes = done == State::Removed;
        let counted = plans.iter().filter(|plan| if removes { plan.before.is_some() } else { plan.after.is_some() });
        Self {
            agent: agent.name,
            title: agent.title,
            standing: agent.standing.as_text(),
            state,
            profile: None,
            profile_kept: None,
            events: counted.map(|plan| plan.events.len()).sum(),
            files: plans.iter().map(Change::of).collect(),
            warnings: plans.iter().flat_map(|plan| plan.warnings.clone()).collect(),
            notes: if removes { Vec::new() } else { agent.notes.to_vec() },
            error: None,
            hint: None,
            failure: None,
            removes,
        }
    }

    pub(super) fn failed(agent: &'static AgentInstall, plans: &[Plan], failure: Failure) -> Self {
        let error = Some(failure.message().to_owned());
        let hint = failure.hint().map(str::to_owned);
        let outcome = Self::new(agent, plans, State::Failed, State::Failed);
        Self { error, hint, failure: Some(failure), ..outcome }
    }

    /// Names the profile, and what else could be chosen.
    pub(super) fn choose(&mut self, agent: &AgentInstall, choice: &Choice) {
        self.profile = Some(choice.profile.name());
        self.profile_kept = Some(choice.is_kept());
        self.notes.extend(choice.proposal(agent));
    }

    /// To a person.
    pub(super) fn tell(&self) -> Result<(), Failure> {
        let done = matches!(self.state, State::Installed | State::Removed);
        for backup in self.files.iter().filter(|_| done).filter_map(|change| change.backup.as_deref()) {
            say(&format!("what was there before: {backup}"))?;
        }
        let Self { title, standing, events, .. } = self;
        match self.state {
            State::Removed => say(&format!("{title} no longer tells tailhook anything, from its next start on"))?,
            State::Unchanged if self.removes => say(&format!("{title} tells tailhook nothing"))?,
            State::Installed | State::Unchanged => {
                say(&format!(
                    "{title} ({standing}) tells tailhook of {events} kinds of events, from its next start on"
                ))?;
                for note in &self.notes {
                    say(&format!("note: {note}"))?;
                }
            }
            State::Planned | State::Declined | State::Failed => {}
        }
        Ok(())
    }
}

/// Everything, for a program.
pub(super) fn print(
    outcomes: &[Outcome],
    absent: &[&AgentInstall],
    proof: Option<&Result<Proof, Failure>>,
) -> Result<(), Failure> {
    let absent: Vec<_> = absent.iter().map(|agent| agent.name).collect();
    let mut report = json!({ "agents": outcomes, "absent": absent });
    match proof {
        Some(Ok(proof)) => report["proof"] = json!(proof),
        Some(Err(failure)) => {
            report["proof"] = json!({ "ok": false, "error": failure.message(), "hint": failure.hint() });
        }
        None => {}
    }
    say(&report.to_string())
}

/// The command's own end: that of the first agent that failed.
pub(super) fn finish(outcomes: &[Outcome]) -> Result<(), Failure> {
    let failed: Vec<_> = outcomes.iter().filter_map(|outcome| Some((outcome, outcome.failure.as_ref()?))).collect();
    match &failed[..] {
        [] => Ok(()),
        [(_, failure)] => Err((*failure).clone()),
        several => {
            for (outcome, failure) in several {
                eprintln!("error: {}: {}", outcome.title, plain_lines(failure.message()));
                if let Some(hint) = failure.hint() {
                    eprintln!("hint: {}", plain_lines(hint));
                }
            }
            Err(Failure::new(Code::Failed, format!("{} agents are as they were", several.len()), "see above"))
        }
    }
}
