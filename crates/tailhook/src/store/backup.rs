//! A copy of the store at one moment, while it is written to, and the way back.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::aside::set_aside;
use super::{Reader, StoreError, is_damage, schema, sql};

/// What was copied.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub(crate) struct Backup {
    /// The newest event in it.
    pub(crate) seq: u64,
    /// How many events it holds.
    pub(crate) events: u64,
    /// Size of the file.
    pub(crate) bytes: u64,
}

/// Where the copy grows, beside the file that it becomes.
pub(crate) fn partial(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

/// Writes a copy to `file`, for nobody else to read. What is there already stays, unless it is to be replaced; it is
/// replaced at once or not at all.
pub(crate) fn write(store: &Path, file: &Path, replace: bool) -> Result<Backup, StoreError> {
    let failed = |cause| StoreError::File { what: "write the backup", path: file.into(), cause };
    let placed = |partial: &Path| {
        // A link, unlike a name, never takes the place of what is there.
        if replace { fs::rename(partial, file) } else { fs::hard_link(partial, file) }
    };
    by_way_of(&partial(file), failed, |partial| copy(store, partial), placed)
}

/// Puts a copy of a backup in the place of the store, which is set aside: gives its new name as well, if there was one.
/// Nobody may have the store open. Whatever is wrong with the backup is found out before anything changes.
pub(crate) fn restore(backup: &Path, store: &Path) -> Result<(Backup, Option<PathBuf>), StoreError> {
    let failed = |cause| StoreError::File { what: "restore the store", path: store.into(), cause };
    let mut before = None;
    let checked = |partial: &Path| checked_copy(backup, partial).map_err(|error| of_backup(backup, error));
    let placed = |partial: &Path| {
        before = set_aside(store, "before-restore")?;
        fs::rename(partial, store)
    };
    let restored = by_way_of(&partial(store), failed, checked, placed)?;
    Ok((restored, before))
}

fn checked_copy(backup: &Path, partial: &Path) -> Result<Backup, StoreError> {
    if !schema::is_ours(backup)? {
        return Err(StoreError::Foreign { path: backup.into() });
    }
    let copied = copy(backup, partial)?;
    Reader::check(partial)?;
    Ok(copied)
}

/// What is damaged is the backup, and not the store.
fn of_backup(backup: &Path, error: StoreError) -> StoreError {
    let path = backup.into();
    match error {
        StoreError::Damaged { cause, .. } if cause.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            StoreError::Foreign { path }
        }
        StoreError::Damaged { cause, .. } => StoreError::DamagedBackup { path, cause },
        StoreError::Sql { cause, .. } if is_damage(&cause) => StoreError::DamagedBackup { path, cause },
        StoreError::Newer { found, known, .. } => StoreError::Newer { path, found, known },
        other => other,
    }
}

/// Fills a new file and gives it its place when all of it is on the disk.
fn by_way_of(
    partial: &Path,
    failed: impl Fn(io::Error) -> StoreError,
    fill: impl FnOnce(&Path) -> Result<Backup, StoreError>,
    place: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<Backup, StoreError> {
    let _ = fs::remove_file(partial);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(partial).map_err(&failed)?;
    let copied = fill(partial).and_then(|backup| {
        let filled = fs::File::open(partial).map_err(&failed)?;
        filled.sync_all().map_err(&failed)?;
        let bytes = filled.metadata().map_err(&failed)?.len();
        place(partial).map_err(&failed)?;
        Ok(Backup { bytes, ..backup })
    });
    let _ = fs::remove_file(partial);
    copied
}

/// Copies a store of this program's format, or an older one, which becomes a current one.
fn copy(store: &Path, partial: &Path) -> Result<Backup, StoreError> {
    let source = schema::open_for_reading(store)?;
    // One transaction reads it all, so it is the store of one moment; and nobody waits for it.
    source.execute("VACUUM INTO ?1", [partial.to_string_lossy()]).map_err(sql("copy the store"))?;
    drop(source);
    let copy = schema::open_for_writing(partial)?;
    // Where it is put back, nothing that was made from the store's later events is taken for its own.
    copy.execute("UPDATE identity SET id = random()", []).map_err(sql("finish the backup"))?;
    // One file, without a log beside it.
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).map_err(sql("finish the backup"))?;
    drop(copy);
    let reader = Reader::open(partial)?;
    Ok(Backup { seq: reader.last_seq()?, events: reader.event_count()?, bytes: 0 })
}
