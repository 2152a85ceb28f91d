//! What becomes of a settings file and its backup: the decisions of a plan, without the disk.

use super::agents::Shape;
use super::error::EditError;
use super::hooks::{self, Wanted};

/// What happens to the backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backup {
    /// It stays as it is, or stays absent.
    Keep,
    /// The settings as they are now are copied to it.
    Write,
    /// It has become pointless.
    Remove,
}

/// The text that a file has or will have; `None` where there is no file.
pub(super) type Text = Option<String>;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) after: Text,
    pub(super) backup: Backup,
    /// Events that have an entry of ours after an installation, or had one before its reversal.
    pub(super) events: Vec<String>,
}

pub(super) fn install(before: &Text, backup: &Text, shape: Shape, wanted: &[Wanted]) -> Result<Change, EditError> {
    let text = before.as_deref().unwrap_or_default();
    let first = hooks::registered(text, shape)?.is_empty();
    // A backup that an earlier installation left says nothing about the present file.
    let original = backup.as_deref().filter(|_| !first);
    let after = hooks::merge(text, shape, wanted, original)?;
    let events = hooks::registered(&after, shape)?;
    let backup = match (before, backup) {
        _ if before.as_ref() == Some(&after) => Backup::Keep,
        (Some(_), _) if first => Backup::Write,
        (None, Some(_)) => Backup::Remove,
        // Entries that somebody wrote by hand, or whose backup is gone; but not a file that we created.
        (Some(_), None) if !hooks::is_empty(&hooks::strip(text, shape, None)?)? => Backup::Write,
        _ => Backup::Keep,
    };
    Ok(Change { after: Some(after), backup, events })
}

pub(super) fn uninstall(before: &Text, backup: &Text, shape: Shape) -> Result<Change, EditError> {
    let text = before.as_deref().unwrap_or_default();
    let events = hooks::registered(text, shape)?;
    let (after, backup) = if events.is_empty() {
        (before.clone(), Backup::Keep)
    } else {
        let after = hooks::strip(text, shape, backup.as_deref())?;
        match backup {
            None if hooks::is_empty(&after)? => (None, Backup::Keep),
            Some(original) if *original == after => (Some(after), Backup::Remove),
            _ => (Some(after), Backup::Keep),
        }
    };
    Ok(Change { after, backup, events })
}
