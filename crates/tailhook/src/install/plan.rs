//! What an installation or its reversal would do to one settings file, and doing it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::agents::{AgentInstall, Folders, Profile, Remark, Scope, Shape, Weight};
use super::change::{self, Backup, Change, Text};
use super::command::{CommandForm, Program};
use super::error::{EditError, InstallError};
use super::file;
use super::hooks::{self, Wanted};
use super::own;

/// A change to one settings file that has not happened yet.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The settings file, as the agent names it. It can be a symbolic link.
    pub(crate) file: PathBuf,
    /// What it holds, `None` if it is not there.
    pub(crate) before: Option<Vec<u8>>,
    /// What it will hold, `None` if it will not be there.
    pub(crate) after: Option<Vec<u8>>,
    /// Events that have an entry of ours after an installation, or had one before its reversal.
    pub(crate) events: Vec<String>,
    /// What the user should know first, each a sentence.
    pub(crate) warnings: Vec<String>,
    /// What happens to [`backup_file`].
    pub(crate) backup: Backup,
    /// Whether it has to be a program.
    pub(super) executable: bool,
    /// What `file` leads to.
    pub(super) target: PathBuf,
}

/// Plans to have exactly the profile's events in the settings of a scope, whatever of ours is there now. Most agents have
/// one file, and so one plan.
pub(crate) fn plan_install(
    agent: &AgentInstall,
    scope: Scope,
    profile: Profile,
    hook_path: &Path,
    folders: Folders<'_>,
) -> Result<Vec<Plan>, InstallError> {
    if !hook_path.is_absolute() {
        return Err(InstallError::RelativeProgram { program: hook_path.to_owned() });
    }
    let Some(program) = hook_path.to_str().map(Program) else {
        return Err(InstallError::ProgramNotUtf8 { program: hook_path.to_owned() });
    };
    let remarks = agent.remarks(scope, folders);
    if let Some(remark) = remarks.iter().find(|remark| remark.weight == Weight::Refuse) {
        return Err(InstallError::InTheWay { file: remark.file.clone(), message: remark.message.clone() });
    }
    let mut plans = match agent.shape {
        Shape::OwnFile(_) | Shape::Scripts(_) => own::plan_install(agent, scope, profile, &program, folders)?,
        shape => {
            let wanted: Vec<_> = agent
                .events(profile)
                .map(|event| Wanted {
                    event: event.name,
                    matcher: event.matcher,
                    entry: agent.entry(event, profile, &program),
                })
                .collect();
            let file = agent.settings(scope, folders);
            vec![plan(file, |before, backup| change::install(before, backup, shape, &wanted))?]
        }
    };
    if let Some(first) = plans.first_mut() {
        first.warnings = warnings(agent, scope, first, &program, remarks);
    }
    Ok(plans)
}

fn warnings(
    agent: &AgentInstall,
    scope: Scope,
    plan: &Plan,
    program: &Program<'_>,
    remarks: Vec<Remark>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let file = plan.file.display();
    let text = plan.before.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    if let Some(switch) = hooks::turned_off(text, agent.switches).ok().flatten() {
        warnings.push(format!("{file} says {}, so no hook runs", switch.as_written()));
    }
    let remarks = remarks.into_iter().filter(|remark| remark.weight != Weight::Note);
    warnings.extend(remarks.map(|remark| format!("{} {}", remark.file.display(), remark.message)));
    if scope == Scope::Project {
        warnings.push(format!(
            "{file} is often shared through version control, and the entries name a path on this machine"
        ));
    }
    if agent.command == CommandForm::Exec && !program.is_plain() {
        warnings.push(format!(
            "{} has characters that a shell reads specially: it works where the agent starts hooks without one (Claude \
             Code from 2.1.139), older versions will not find it",
            program.0
        ));
    }
    warnings
}

/// Plans to remove every entry of ours from the settings of a scope.
pub(crate) fn plan_uninstall(
    agent: &AgentInstall,
    scope: Scope,
    folders: Folders<'_>,
) -> Result<Vec<Plan>, InstallError> {
    match agent.shape {
        Shape::OwnFile(_) | Shape::Scripts(_) => own::plan_uninstall(agent, scope, folders),
        shape => {
            let file = agent.settings(scope, folders);
            Ok(vec![plan(file, |before, backup| change::uninstall(before, backup, shape))?])
        }
    }
}

/// Where the state before the first installation is kept.
pub(crate) fn backup_file(settings: &Path) -> PathBuf {
    let mut name = settings.file_name().map(OsString::from).unwrap_or_default();
    name.push(".tailhook-backup");
    settings.with_file_name(name)
}

impl Plan {
    /// Whether there is nothing to do.
    pub(crate) fn is_done(&self) -> bool {
        self.before == self.after
    }

    /// The change as a unified diff, empty if there is none.
    pub(crate) fn diff(&self) -> String {
        let text = |bytes: &Option<Vec<u8>>| String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
        let name = |bytes: &Option<Vec<u8>>| match bytes {
            Some(_) => self.file.display().to_string(),
            None => "/dev/null".to_owned(),
        };
        similar::TextDiff::from_lines(text(&self.before), text(&self.after))
            .unified_diff()
            .header(&name(&self.before), &name(&self.after))
            .to_string()
    }

    /// Changes the file, unless it is no longer what the plan was made for.
    pub(crate) fn apply(&self) -> Result<(), InstallError> {
        if self.is_done() {
            return Ok(());
        }
        let backup = backup_file(&self.file);
        // Before the settings: whoever is killed in between has a backup too many rather than one too few.
        if let (Backup::Write, Some(before)) = (self.backup, &self.before) {
            file::write_backup(&backup, &self.target, before)?;
        }
        let result = file::replace(&self.target, self.before.as_deref(), self.after.as_deref(), self.executable);
        match (&result, self.backup) {
            (Ok(()), Backup::Remove) | (Err(_), Backup::Write) => file::remove(&backup).and(result),
            _ => result,
        }
    }
}

fn plan(file: PathBuf, change: impl Fn(&Text, &Text) -> Result<Change, EditError>) -> Result<Plan, InstallError> {
    let target = file::resolve(&file)?;
    let before = file::read(&target)?.map(|bytes| decode(&file, bytes)).transpose()?;
    // A backup that is not text is none: it was not made by us.
    let original = file::read(&backup_file(&file))?.and_then(|bytes| String::from_utf8(bytes).ok());
    let Change { after, backup, events } =
        change(&before, &original).map_err(|cause| InstallError::Edit { file: file.clone(), cause })?;
    if before != after {
        file::check_writable(&target)?;
    }
    let bytes = |text: Text| text.map(String::into_bytes);
    Ok(Plan {
        file,
        before: bytes(before),
        after: bytes(after),
        events,
        warnings: Vec::new(),
        backup,
        executable: false,
        target,
    })
}

pub(super) fn decode(file: &Path, bytes: Vec<u8>) -> Result<String, InstallError> {
    String::from_utf8(bytes)
        .map_err(|error| InstallError::NotUtf8 { file: file.to_owned(), valid_bytes: error.utf8_error().valid_up_to() })
}
