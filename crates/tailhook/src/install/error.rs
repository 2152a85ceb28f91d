//! Why an installation was refused. In every case the settings are as they were.

use std::io;
use std::path::PathBuf;

use super::json::Kind;
use super::parse::{Problem, SyntaxError};

/// Why a settings text cannot take hooks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EditError {
    /// Not JSON.
    #[error("{0}")]
    Syntax(#[from] SyntaxError),
    /// JSON, but settings are an object.
    #[error("the top level is {found}, not an object")]
    RootNotObject {
        /// What it is.
        found: Kind,
    },
    /// The place for hooks is taken by something else.
    #[error("\"hooks\" is {found}, not an object")]
    HooksNotObject {
        /// What it is.
        found: Kind,
    },
    /// The place for an event's hooks is taken by something else.
    #[error("\"hooks\".\"{event}\" is {found}, not an array")]
    EventNotArray {
        /// The event.
        event: &'static str,
        /// What it is.
        found: Kind,
    },
    /// It is not clear which one counts.
    #[error("\"{key}\" stands there twice")]
    DuplicateKey {
        /// The key.
        key: String,
    },
}

/// Why nothing was installed or uninstalled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    /// The hook's path cannot stand in a settings file that is read from anywhere.
    #[error("could not register {}: not an absolute path", .program.display())]
    RelativeProgram {
        /// As given.
        program: PathBuf,
    },
    /// JSON holds text only.
    #[error("could not register {}: the path is not UTF-8", .program.display())]
    ProgramNotUtf8 {
        /// As given.
        program: PathBuf,
    },
    /// The file is there but cannot be read.
    #[error("could not read {}: {cause}", .file.display())]
    Read {
        /// The settings file or its backup.
        file: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A folder, a device, a pipe.
    #[error("could not read {}: not a regular file", .file.display())]
    NotAFile {
        /// The settings file or its backup.
        file: PathBuf,
    },
    /// The file is not text.
    #[error("could not read {}: byte {valid_bytes} is not UTF-8", .file.display())]
    NotUtf8 {
        /// The settings file.
        file: PathBuf,
        /// How many bytes before it are.
        valid_bytes: usize,
    },
    /// The text cannot take hooks.
    #[error("could not change {}: {cause}", .file.display())]
    Edit {
        /// The settings file.
        file: PathBuf,
        /// Why not.
        cause: EditError,
    },
    /// The text says nothing about hooks that could be relied on.
    #[error("could not understand {}: {cause}", .file.display())]
    Unclear {
        /// The settings file.
        file: PathBuf,
        /// Why not.
        cause: EditError,
    },
    /// The owner of the file protected it.
    #[error("could not change {}: it is read-only", .file.display())]
    ReadOnly {
        /// The settings file.
        file: PathBuf,
    },
    /// The system refused to write.
    #[error("could not write {}: {cause}", .file.display())]
    Write {
        /// The settings file, its backup, or the folder of both.
        file: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file that replaces it would belong to somebody else.
    #[error("could not keep the owner of {}: {cause}", .file.display())]
    Owner {
        /// The settings file.
        file: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A file of that name is there and we have not written it.
    #[error("could not write {}: somebody else has a hook of that name", .file.display())]
    NotOurs {
        /// The file.
        file: PathBuf,
    },
    /// Writing would keep the agent from reading something else.
    #[error("could not register hooks: {} {message}", .file.display())]
    InTheWay {
        /// What would not be read.
        file: PathBuf,
        /// What it holds and how that can be helped.
        message: String,
    },
    /// Somebody wrote the file between the plan and its execution.
    #[error("could not change {}: another program changed it meanwhile", .file.display())]
    ChangedMeanwhile {
        /// The settings file.
        file: PathBuf,
    },
}

impl InstallError {
    /// What the user can do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::RelativeProgram { .. } => "give the full path of tailhook-hook, from /".to_owned(),
            Self::ProgramNotUtf8 { .. } => "move tailhook-hook to a folder whose name is plain text".to_owned(),
            Self::Read { file, .. } | Self::InTheWay { file, .. } => format!("ls -l {}", file.display()),
            Self::NotAFile { file } => format!("move {} out of the way", file.display()),
            Self::NotUtf8 { file, .. } => format!("save {} as UTF-8", file.display()),
            Self::Edit { file, cause } | Self::Unclear { file, cause } => cause.hint(&file.display().to_string()),
            Self::ReadOnly { file } => format!("chmod u+w {}", file.display()),
            Self::Write { file, .. } => format!("ls -ld {}", file.parent().unwrap_or(file).display()),
            Self::Owner { .. } => "run this as the owner of the file".to_owned(),
            Self::NotOurs { file } => format!("move {} out of the way, or call both from one script", file.display()),
            Self::ChangedMeanwhile { .. } => "run the same command again".to_owned(),
        }
    }
}

impl EditError {
    fn hint(&self, file: &str) -> String {
        match self {
            Self::Syntax(SyntaxError { problem: Problem::Comment, .. }) => {
                format!("remove the comments from {file}: only plain JSON can be changed without guessing")
            }
            Self::Syntax(SyntaxError { problem: Problem::TrailingComma, line, .. }) => {
                format!("remove the last comma in line {line} of {file}")
            }
            Self::Syntax(SyntaxError { line, .. }) => {
                format!("mend line {line} of {file}; the agent cannot read the file either")
            }
            Self::RootNotObject { .. } => format!("settings are an object: start {file} with {{"),
            Self::HooksNotObject { .. } => format!("remove \"hooks\" from {file}, or make it {{}}"),
            Self::EventNotArray { event, .. } => format!("remove \"{event}\" from {file}, or make it []"),
            Self::DuplicateKey { key } => format!("join the two \"{key}\" in {file} into one"),
        }
    }
}
