//! Our entries in the settings of one scope: all there, for this hook, and written as the client wants them.

use std::path::Path;

use rustix::fs::{Access, access};

use super::super::finding::{Finding, Mend, Status, install_command, word};
use super::client::Client;
use super::{Registered, name, same_file};
use crate::install::{AgentInstall, Coverage, Entry, Folders, Plan, Scope, plan_install};

/// A hook that takes longer than this is not slow, it hangs, and the agent with it.
const MAX_TIMEOUT_MS: u64 = 30_000;

/// What the checks of one scope share.
struct Look<'l> {
    agent: &'static AgentInstall,
    scope: Scope,
    file: &'l Path,
    entries: &'l [Entry],
    coverage: Coverage,
}

pub(super) fn check(
    agent: &'static AgentInstall,
    registered: &Registered,
    client: &Client,
    hook: Option<&Path>,
    folders: Folders<'_>,
) -> Vec<Finding> {
    let entries = &registered.settings.entries;
    let coverage = Coverage::of(agent, entries);
    let look = Look { agent, scope: registered.scope, file: &registered.settings.file, entries, coverage };
    let mut findings = look.events();
    findings.extend(look.programs(hook));
    findings.extend(look.timeouts());
    findings.extend(look.form(client));
    if findings.iter().all(|finding| finding.status == Status::Ok) {
        findings.extend(look.as_written(hook, folders));
    }
    findings
}

impl Look<'_> {
    fn name(&self, part: &str) -> String {
        name(self.agent, part)
    }

    fn install(&self) -> String {
        install_command(self.agent.name, self.scope, self.coverage.profile)
    }

    fn events(&self) -> Vec<Finding> {
        let Coverage { profile, wanted, missing, surplus, repeated } = &self.coverage;
        let profile = profile.name();
        let (file, check) = (self.file.display(), self.name("events"));
        let warning = |message: String| Finding::warning(&check, message).fix(self.install());
        let mut findings = Vec::new();
        if !missing.is_empty() {
            let had = wanted - missing.len();
            let message = format!("{file} has {had} of {wanted} events ({profile}); missing: {}", some(missing));
            findings.push(warning(message));
        }
        if !surplus.is_empty() {
            findings.push(warning(format!("{file} asks for {}, which a relay should not", some(surplus))));
        }
        if !repeated.is_empty() {
            findings.push(warning(format!("{file} has more than one entry of ours for {}", some(repeated))));
        }
        if findings.is_empty() {
            findings.push(Finding::ok(&check, format!("{file} has all {wanted} events ({profile})")));
        }
        findings
    }

    /// One finding for each program that is named.
    fn programs(&self, hook: Option<&Path>) -> Vec<Finding> {
        let mut programs: Vec<&str> = self.entries.iter().map(|entry| entry.program.as_str()).collect();
        programs.sort_unstable();
        programs.dedup();
        programs.into_iter().map(|program| self.program(Path::new(program), hook)).collect()
    }

    fn program(&self, program: &Path, hook: Option<&Path>) -> Finding {
        let (file, check) = (self.file.display(), self.name("hook"));
        let named = format!("{file} names {}", program.display());
        if !program.is_absolute() {
            return Finding::warning(&check, format!("{named}, which is looked for elsewhere in each folder"))
                .fix(self.install());
        }
        if !program.exists() {
            let finding = Finding::problem(&check, format!("{named}, which is not there"));
            // The project's file may be everybody's, and the path somebody else's.
            return match (hook, self.scope) {
                (Some(_), Scope::User) => finding.mend(Mend::Install {
                    agent: self.agent.name,
                    scope: self.scope,
                    profile: self.coverage.profile,
                }),
                _ => finding.fix(self.install()),
            };
        }
        if access(program, Access::EXEC_OK).is_err() {
            return Finding::problem(&check, format!("{named}, which is not executable"))
                .fix(format!("chmod u+x {}", word(program)));
        }
        match hook {
            Some(hook) if !same_file(hook, program) => {
                Finding::warning(&check, format!("{named}, which is not the one beside this program"))
                    .fix(self.install())
            }
            _ => Finding::ok(&check, format!("{named}, which is there")),
        }
    }

    fn timeouts(&self) -> Option<Finding> {
        let file = self.file.display();
        let least_ms = self.agent.timeout_ms;
        let is_short = |entry: &&Entry| entry.timeout_ms.is_some_and(|timeout_ms| timeout_ms < least_ms);
        let is_long = |entry: &&Entry| entry.timeout_ms.is_none_or(|timeout_ms| timeout_ms > MAX_TIMEOUT_MS);
        let finding = if let Some(entry) = self.entries.iter().find(is_short) {
            format!("the timeout of {} in {file} is below {least_ms} ms: a busy machine loses events", entry.event)
        } else if let Some(entry) = self.entries.iter().find(is_long) {
            format!(
                "the timeout of {} in {file} is over {MAX_TIMEOUT_MS} ms: the agent might wait so long",
                entry.event
            )
        } else {
            return None;
        };
        Some(Finding::warning(&self.name("timeout"), finding).fix(self.install()))
    }

    /// With a shell in between, or without.
    fn form(&self, client: &Client) -> Option<Finding> {
        let (file, check) = (self.file.display(), self.name("form"));
        let [major, minor, patch] = self.agent.exec_since;
        if client.knows_exec(self.agent)? {
            let entry = self.entries.iter().find(|entry| !entry.exec)?;
            let message =
                format!("{file} starts the hook of {} through a shell, which takes milliseconds", entry.event);
            return Some(Finding::warning(&check, message).fix(self.install()));
        }
        let entry = self.entries.iter().find(|entry| entry.needs_exec())?;
        let message = format!(
            "before {major}.{minor}.{patch} the client starts {} through a shell, which does not find it: the path needs \
             quotes",
            entry.program
        );
        Some(Finding::problem(&check, message).fix(format!("{} update", self.agent.program)))
    }

    /// What no other check has a word for: an `async` too many, a matcher, another agent's name.
    fn as_written(&self, hook: Option<&Path>, folders: Folders<'_>) -> Option<Finding> {
        let plans = plan_install(self.agent, self.scope, self.coverage.profile, hook?, folders).ok()?;
        if plans.iter().all(Plan::is_done) {
            return None;
        }
        let message = format!("the entries in {} are not as this version writes them", self.file.display());
        Some(Finding::warning(&self.name("events"), message).fix(self.install()))
    }
}

/// The first few of many names.
fn some(names: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<_> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
