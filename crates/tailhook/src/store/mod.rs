//! Events, folded sessions and the journal's position, in one `SQLite` file.
//!
//! One [`Writer`] writes, in one transaction per batch; any number of [`Reader`]s read, each on a connection of its own
//! (write-ahead log: they neither wait for the writer nor stop it). This is the one place that opens the database.

mod checkpoint;
mod content;
mod conversation;
mod folding;
#[cfg(test)]
mod formats;
mod pages;
mod reader;
mod refold;
mod rows;
mod schema;
mod search;
mod sessions;
mod transcript;
mod writer;

use std::path::{Path, PathBuf};

pub(crate) use conversation::{HookRuns, MessageRow, Spent};
pub(crate) use pages::EventQuery;
pub(crate) use reader::Reader;
pub(crate) use sessions::{Agent, File, FileChange, SessionQuery, Turn};
pub(crate) use transcript::{Piece, Transcript};
pub(crate) use writer::{Batch, Committed, Position, Stored, Writer};

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("could not open the store {}: {cause}", path.display())]
    Open { path: PathBuf, cause: rusqlite::Error },
    #[error("could not open the store {}: its format is {found}, this program knows up to {known}", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("could not start a thread of the store: {cause}")]
    Thread { cause: std::io::Error },
    #[error("could not {what}: {cause}")]
    Sql { what: &'static str, cause: rusqlite::Error },
    #[error("could not {what}: {cause}")]
    Compression { what: &'static str, cause: std::io::Error },
    #[error("could not {what}: {cause}")]
    Content { what: &'static str, cause: serde_json::Error },
}

impl StoreError {
    /// What was to be stored is at fault, not the store: trying again would fail again.
    pub(crate) fn is_contents_fault(&self) -> bool {
        use rusqlite::ErrorCode::{ConstraintViolation, TooBig, TypeMismatch};
        match self {
            Self::Content { .. } | Self::Sql { cause: rusqlite::Error::ToSqlConversionFailure(_), .. } => true,
            Self::Sql { cause: rusqlite::Error::SqliteFailure(error, _), .. } => {
                matches!(error.code, ConstraintViolation | TooBig | TypeMismatch)
            }
            _ => false,
        }
    }

    /// What the user can do.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Open { path, .. } => {
                format!("check that {} can be written, or move it away to start a new store", path.display())
            }
            Self::Newer { .. } => "update this tailhook: a newer one has written the store".into(),
            Self::Thread { .. } => "ulimit -u".into(),
            Self::Sql { .. } | Self::Compression { .. } | Self::Content { .. } => {
                "df -h; events wait in the journal until the store works".into()
            }
        }
    }
}

/// Names the failed step.
fn sql(what: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |cause| StoreError::Sql { what, cause }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that opens the database")]
fn open(path: &Path, flags: rusqlite::OpenFlags) -> Result<rusqlite::Connection, StoreError> {
    rusqlite::Connection::open_with_flags(path, flags).map_err(|cause| StoreError::Open { path: path.into(), cause })
}
