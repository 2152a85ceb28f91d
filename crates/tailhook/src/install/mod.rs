//! Merging our hook entries into a coding agent's settings, and taking them out again.
//!
//! Two steps: a [`Plan`] is computed from what is on disk and can be shown, then [`Plan::apply`] does it, unless the file
//! changed in between. Nothing here prints, asks, or looks at the environment.
//!
//! | file | holds |
//! |---|---|
//! | `agents` | which agents there are, their events and the shape of their entries |
//! | `command` | the command of an entry, and how one of ours is recognised |
//! | `hooks` | our entries in a settings text: merge and strip |
//! | `edit` | changes to a JSON text that leave the rest alone |
//! | `style` | indentation and line ends of a file, and new JSON in the same style |
//! | `json`, `parse` | a JSON text with the place of every value |
//! | `change` | what becomes of the file and its backup, without the disk |
//! | `own` | files of ours alone: plugins and scripts |
//! | `file` | symbolic links, modes, atomic replacement |
//! | `plan` | all of it together, with the disk |
//! | `inspect` | what stands in a file now, for those who only look |
//!
//! # Promises
//!
//! - Every byte outside our entries stays. Installing twice changes nothing the second time.
//! - Uninstalling right after installing gives back the bytes from before: an empty file is empty again, a file that was
//!   not there is gone again (its folder stays). If somebody else edited the file in between, our entries go and
//!   everything else stays as that somebody left it.
//! - A file that we do not understand completely is refused, never repaired.
//!
//! # The backup
//!
//! `settings.json.tailhook-backup` stands beside the settings and holds what they were before the first installation.
//! Uninstalling does not copy it back, which would undo everybody's edits since; it takes out our entries, and asks the
//! backup only which empty objects and arrays were there before us, and whether the file was empty. A backup that
//! says the same as the result is removed with the last entry; one that differs is kept, it is the only copy of that
//! state. A file that we created has no backup. So where the backup is missing, a file that would be left with nothing
//! in it is removed.

mod agents;
mod change;
mod command;
mod edit;
mod error;
mod file;
mod hooks;
mod inspect;
mod json;
mod own;
mod parse;
mod plan;
mod style;
#[cfg(test)]
mod tests;

pub(crate) use agents::{AGENTS, AgentInstall, Folders, Profile, Remark, Review, Scope, Weight};
pub(crate) use change::Backup;
pub(crate) use command::{CommandForm, is_our_line};
pub(crate) use error::InstallError;
pub(crate) use inspect::{Coverage, Entry, Inspection, inspect, installed_profile};
pub(crate) use own::plan_file;
pub(crate) use plan::{Plan, backup_file, plan_install, plan_uninstall};
