//! The settings file on disk: read whole, replaced whole.
//!
//! A symbolic link stays, what it points at is changed. The new file is written beside the old one, synced and renamed
//! over it, so a reader or a crash sees one or the other. Mode, owner and group are kept; extended attributes, access
//! lists and further hard links are not: a rename cannot carry them.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::error::InstallError;

/// Links followed before we call it a loop, as many as Linux does.
const MAX_LINKS: usize = 40;

/// The file that a path means: links are followed by hand, because the last one may point at nothing yet.
pub(super) fn resolve(file: &Path) -> Result<PathBuf, InstallError> {
    let mut target = file.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
            // Not a link, or not there; reading it will tell.
            Err(_) => return Ok(target),
        }
    }
    Err(read_error(file, io::Error::other("too many levels of symbolic links")))
}

/// The bytes of a file, `None` if there is none.
pub(super) fn read(file: &Path) -> Result<Option<Vec<u8>>, InstallError> {
    // Looked at before it is opened: opening a pipe would wait for a writer.
    match fs::metadata(file) {
        Ok(metadata) if !metadata.is_file() => return Err(InstallError::NotAFile { file: file.to_owned() }),
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        _ => {}
    }
    fs::read(file).map(Some).map_err(|cause| read_error(file, cause))
}

/// Refuses a file that its owner protected, even where a rename or root could get around it.
pub(super) fn check_writable(file: &Path) -> Result<(), InstallError> {
    match fs::metadata(file) {
        Ok(metadata) if metadata.permissions().readonly() => Err(InstallError::ReadOnly { file: file.to_owned() }),
        Ok(_) => OpenOptions::new().write(true).open(file).map(drop).map_err(|cause| write_error(file, cause)),
        Err(_) => Ok(()),
    }
}

/// Makes `after` the content of a file, or removes it, provided that it still holds `before`. An `executable` one can be
/// run by those who can read it.
pub(super) fn replace(
    file: &Path,
    before: Option<&[u8]>,
    after: Option<&[u8]>,
    executable: bool,
) -> Result<(), InstallError> {
    let Some(after) = after else {
        compare(file, before)?;
        return remove(file);
    };
    let folder = file.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.tailhook-{}", std::process::id()));
    let result = write_new(&temporary, file, after).and_then(|()| {
        if executable {
            make_executable(&temporary)?;
        }
        // As late as can be. Without a lock that agents and editors know there is no closing this gap altogether.
        compare(file, before)?;
        fs::rename(&temporary, file).map_err(|cause| write_error(file, cause))
    });
    match result {
        Ok(()) => sync_folder(folder),
        Err(_) => drop(fs::remove_file(&temporary)),
    }
    result
}

/// Writes a copy of a file's bytes beside it, as protected as the file itself.
pub(super) fn write_backup(backup: &Path, file: &Path, bytes: &[u8]) -> Result<(), InstallError> {
    write_new(backup, file, bytes).inspect_err(|_| drop(fs::remove_file(backup)))
}

/// Removes a file; it is fine if it is gone already.
pub(super) fn remove(file: &Path) -> Result<(), InstallError> {
    match fs::remove_file(file) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(write_error(file, cause)),
        _ => Ok(()),
    }
}

fn compare(file: &Path, expected: Option<&[u8]>) -> Result<(), InstallError> {
    if read(file)?.as_deref() == expected {
        Ok(())
    } else {
        Err(InstallError::ChangedMeanwhile { file: file.to_owned() })
    }
}

/// Creates `new` with the mode, owner and group of `model`, or of its folder if there is no `model`.
fn write_new(new: &Path, model: &Path, bytes: &[u8]) -> Result<(), InstallError> {
    let write_error = |cause| write_error(new, cause);
    let metadata = fs::metadata(model).ok();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // Settings can hold keys: a copy is never readable by more people than its model, not for a moment.
    #[cfg(unix)]
    if metadata.is_some() {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    // An older backup, or what a killed run with our process id left behind.
    remove(new)?;
    let mut file = options.open(new).map_err(write_error)?;
    keep_owner(&file, model, metadata.as_ref())?;
    if let Some(metadata) = metadata {
        file.set_permissions(metadata.permissions()).map_err(write_error)?;
    }
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(write_error)
}

#[cfg(unix)]
fn make_executable(file: &Path) -> Result<(), InstallError> {
    use std::os::unix::fs::PermissionsExt as _;

    let failed = |cause| write_error(file, cause);
    let mut permissions = fs::metadata(file).map_err(failed)?.permissions();
    let mode = permissions.mode();
    permissions.set_mode(mode | (mode & 0o444) >> 2);
    fs::set_permissions(file, permissions).map_err(failed)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the twin on Unix can fail")]
fn make_executable(_file: &Path) -> Result<(), InstallError> {
    Ok(())
}

/// Gives `new` the owner of `model`. Where there is none and we are root, it gets the owner of the folder: `sudo` must
/// not leave a file in somebody's home that they cannot change.
#[cfg(unix)]
fn keep_owner(new: &File, model: &Path, metadata: Option<&Metadata>) -> Result<(), InstallError> {
    use std::os::unix::fs::{MetadataExt as _, fchown};

    let owner = |cause| InstallError::Owner { file: model.to_owned(), cause };
    let ours = new.metadata().map_err(owner)?;
    let theirs = match metadata {
        Some(metadata) => (metadata.uid(), metadata.gid()),
        None if ours.uid() == 0 => match fs::metadata(model.parent().unwrap_or(Path::new("."))) {
            Ok(folder) => (folder.uid(), folder.gid()),
            Err(cause) => return Err(owner(cause)),
        },
        None => return Ok(()),
    };
    if theirs == (ours.uid(), ours.gid()) {
        return Ok(());
    }
    fchown(new, Some(theirs.0), Some(theirs.1)).map_err(owner)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the twin on Unix can fail")]
fn keep_owner(_new: &File, _model: &Path, _metadata: Option<&Metadata>) -> Result<(), InstallError> {
    Ok(())
}

/// Makes a folder and those above it, each owned like the one it stands in.
fn create_folder(folder: &Path) -> Result<(), InstallError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_folder(parent)?;
    }
    fs::create_dir(folder).map_err(|cause| write_error(folder, cause))?;
    match File::open(folder) {
        Ok(opened) => keep_owner(&opened, folder, None),
        // Windows does not open folders.
        Err(_) => Ok(()),
    }
}

/// Makes the rename survive a power cut. If the file system cannot, the content is whole all the same.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        drop(folder.sync_all());
    }
}

fn read_error(file: &Path, cause: io::Error) -> InstallError {
    InstallError::Read { file: file.to_owned(), cause }
}

fn write_error(file: &Path, cause: io::Error) -> InstallError {
    InstallError::Write { file: file.to_owned(), cause }
}
