//! Events, folded sessions and the journal's position, in one `SQLite` file.
//!
//! One [`Writer`] writes, in one transaction per batch (of an event that comes alone, all that follows from it in a second one);
//! any number of [`Reader`]s read, each on a connection of its own
//! (write-ahead log: they neither wait for the writer nor stop it). This is the one place that opens the database.

mod aside;
pub(crate) mod backup;
mod checkpoint;
mod comparison;
mod content;
mod conversation;
mod folding;
#[cfg(test)]
mod formats;
mod names;
mod pages;
mod reader;
#[cfg(test)]
mod recorded;
mod refold;
mod retention;
mod retold;
mod rows;
mod schema;
mod search;
mod sessions;
mod transaction;
mod transcript;
mod writer;

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

pub(crate) use aside::set_aside;
pub(crate) use comparison::{AgentTotals, Comparison};
pub(crate) use conversation::{HookRuns, MessageRow, Spent};
pub(crate) use pages::EventQuery;
pub(crate) use reader::Reader;
pub(crate) use retention::{Extent, Retention};
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
    #[error("could not {what} {}: {cause}", path.display())]
    File { what: &'static str, path: PathBuf, cause: std::io::Error },
    #[error("the store {} is damaged: {cause}", path.display())]
    Damaged { path: PathBuf, cause: rusqlite::Error },
    #[error("{} while the daemon was running: {}", if *replaced { "another file took the place of the store" } else { "the store was moved or removed" }, path.display())]
    Moved { path: PathBuf, replaced: bool },
    #[error("{} is no store of tailhook", path.display())]
    Foreign { path: PathBuf },
    #[error("the backup {} is damaged: {cause}", path.display())]
    DamagedBackup { path: PathBuf, cause: rusqlite::Error },
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
            Self::Open { path, cause } => {
                let folder = path.parent().unwrap_or(path).display();
                match cause.sqlite_error_code() {
                    Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                        format!("another program holds it: fuser -v {}", path.display())
                    }
                    Some(ErrorCode::DiskFull) => format!("df -h {folder}"),
                    _ => format!("ls -ld {folder} {}; tailhook needs to write there", path.display()),
                }
            }
            Self::Damaged { .. } => {
                "tailhook doctor --fix sets it aside, deletes nothing, and starts a new one; so does tailhook restore FILE \
                 with a backup; events wait in the journal"
                    .into()
            }
            Self::File { path, .. } => format!("df -h {0}; ls -ld {0}", path.parent().unwrap_or(path).display()),
            Self::Moved { replaced: false, .. } => {
                "put it back, and it goes on by itself; or begin a new one: tailhook restart".into()
            }
            Self::Moved { replaced: true, .. } => {
                "put the old one back, and it goes on by itself; or take this one: tailhook restart".into()
            }
            Self::Foreign { .. } => "tailhook backup FILE writes one; the store is as it was".into(),
            Self::DamagedBackup { .. } => "take another backup; the store is as it was".into(),
            Self::Newer { .. } => "update this tailhook: a newer one has written the store".into(),
            Self::Thread { .. } => "ulimit -u".into(),
            Self::Sql { cause, .. } => match cause.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                    "tailhook down; tailhook doctor --fix sets the store aside and deletes nothing".into()
                }
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    "another program holds tailhook.db: fuser -v shows which; it goes on by itself".into()
                }
                Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                    "make the state folder writable (tailhook config says where); it goes on by itself".into()
                }
                Some(ErrorCode::SystemIoFailure) => {
                    "dmesg and lsattr say why the disk refuses; it goes on by itself; events wait in the journal".into()
                }
                _ => "df -h; make room, and it goes on by itself; events wait in the journal".into(),
            },
            Self::Compression { .. } | Self::Content { .. } => {
                "events wait in the journal; see the daemon's log".into()
            }
        }
    }
}

/// Why it could not be opened: a damaged store wants something else done than one that cannot be reached.
fn cannot_open(path: &Path, cause: rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    if is_damage(&cause) { StoreError::Damaged { path, cause } } else { StoreError::Open { path, cause } }
}

fn is_damage(cause: &rusqlite::Error) -> bool {
    matches!(cause.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// By what agents call their sessions and events, which several questions of each event begin with.
type Map<V> = std::collections::HashMap<String, V, foldhash::fast::RandomState>;
/// The same, of names alone.
type Set = std::collections::HashSet<String, foldhash::fast::RandomState>;

/// Names the failed step.
fn sql(what: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |cause| StoreError::Sql { what, cause }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that opens the database")]
fn open(path: &Path, flags: rusqlite::OpenFlags) -> Result<rusqlite::Connection, StoreError> {
    rusqlite::Connection::open_with_flags(path, flags).map_err(|cause| cannot_open(path, cause))
}
