//! A copy of the store at one moment, while it is written to.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;

use super::{Reader, StoreError, open, schema, sql};

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
    let partial = partial(file);
    let _ = fs::remove_file(&partial);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial).map_err(failed)?;
    let copied = copy(store, &partial).and_then(|backup| {
        let file_itself = fs::File::open(&partial).map_err(failed)?;
        file_itself.sync_all().map_err(failed)?;
        let bytes = file_itself.metadata().map_err(failed)?.len();
        if replace {
            fs::rename(&partial, file).map_err(failed)?;
        } else {
            // A link, unlike a name, never takes the place of what is there.
            fs::hard_link(&partial, file).map_err(failed)?;
        }
        Ok(Backup { bytes, ..backup })
    });
    let _ = fs::remove_file(&partial);
    copied
}

fn copy(store: &Path, partial: &Path) -> Result<Backup, StoreError> {
    let source = schema::open_for_reading(store)?;
    // One transaction reads it all, so it is the store of one moment; and nobody waits for it.
    source.execute("VACUUM INTO ?1", [partial.to_string_lossy()]).map_err(sql("copy the store"))?;
    drop(source);
    let copy = open(partial, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Where it is put back, nothing that was made from the store's later events is taken for its own.
    copy.execute("UPDATE identity SET id = random()", []).map_err(sql("finish the backup"))?;
    drop(copy);
    let reader = Reader::open(partial)?;
    Ok(Backup { seq: reader.last_seq()?, events: reader.event_count()?, bytes: 0 })
}
