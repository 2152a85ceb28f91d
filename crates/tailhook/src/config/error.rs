//! Why settings could not be resolved, and what to do.

use std::path::{Path, PathBuf};

use tailhook_core::redaction::PatternError;

/// Why settings could not be resolved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("could not read {}: {cause}", file.display())]
    Read { file: PathBuf, cause: std::io::Error },
    #[error("could not read {}: {cause}{}", file.display(), meant.as_ref().map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default())]
    Parse { file: PathBuf, cause: String, meant: Option<String> },
    #[error("there is a {} already", file.display())]
    Exists { file: PathBuf },
    #[error("could not write {}: {cause}", file.display())]
    Write { file: PathBuf, cause: std::io::Error },
    #[error("{name} is not a port number: {value:?}")]
    Port { name: &'static str, value: String },
    #[error("{name} is neither 1 nor 0: {value:?}")]
    Switch { name: &'static str, value: String },
    #[error("could not use a pattern of redact_patterns in {}: {cause}", file.display())]
    Pattern { file: PathBuf, cause: PatternError },
    #[error("TAILHOOK_HOME is a relative path: {}", root.display())]
    RelativeHome { root: PathBuf },
    #[error("no home folder is known")]
    NoHome,
}

impl ConfigError {
    /// What the user can do.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Read { file, cause } if cause.kind() == std::io::ErrorKind::NotADirectory => {
                format!("ls -ld {}", file.parent().unwrap_or(file).display())
            }
            Self::Read { file, .. } => format!("ls -l {}", file.display()),
            Self::Parse { file, .. } | Self::Exists { file } | Self::Pattern { file, .. } => {
                format!("edit {}", file.display())
            }
            Self::Write { file, cause } => look_at(file.parent().unwrap_or(file), cause),
            Self::Port { name, .. } => format!("unset {name}, or give a number from 0 to 65535"),
            Self::Switch { name, .. } => format!("unset {name}, or give 1 or 0"),
            Self::RelativeHome { .. } => "give it from / on: agents run hooks in folders of their own".into(),
            Self::NoHome => "set HOME, or TAILHOOK_HOME to a folder of your own".into(),
        }
    }
}

/// The command that shows why nothing could be written in a folder.
pub(crate) fn look_at(folder: &Path, cause: &std::io::Error) -> String {
    let command = if cause.kind() == std::io::ErrorKind::StorageFull { "df -h" } else { "ls -ld" };
    format!("{command} {}", folder.display())
}
