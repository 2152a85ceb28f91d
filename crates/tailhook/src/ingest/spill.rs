//! Payloads that lie in files of their own.

use std::ffi::{CString, OsStr};
use std::fs::DirEntry;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use tailhook_journal::spare;
use tailhook_journal::spill::{SPILL_DIR, is_spill_name};

/// Finds the file that a frame names, in the journal or in the spool.
pub(super) fn read(folders: &[PathBuf], name: &[u8]) -> Option<(PathBuf, Vec<u8>)> {
    if !is_spill_name(name) {
        return None;
    }
    folders.iter().find_map(|folder| {
        let path = folder.join(OsStr::from_bytes(name));
        std::fs::read(&path).ok().map(|payload| (path, payload))
    })
}

/// Makes the file of a stored payload the journal's spare one. False: it is to be removed.
pub(super) fn hand_back(journal: &Path, file: &Path) -> bool {
    let Some((folder, name)) = file.parent().zip(file.file_name()) else { return false };
    if folder != journal.join(OsStr::from_bytes(SPILL_DIR.to_bytes())) {
        return false;
    }
    let [Ok(journal), Ok(name)] = [journal.as_os_str(), name].map(|path| CString::new(path.as_bytes())) else {
        return false;
    };
    // Most often there is one already. Whatever it is, the file can go.
    spare::hand_back(&journal, &name).is_ok()
}

/// Files whose hook is gone. Those that a frame names are read and removed with it; the others nobody will ever name.
pub(super) fn of_the_dead(folder: &Path) -> impl Iterator<Item = PathBuf> {
    files(folder).filter_map(|entry| {
        let name = entry.file_name();
        let pid: i32 = name.to_str()?.split_once('-')?.1.parse().ok()?;
        let pid = rustix::process::Pid::from_raw(pid)?;
        let gone = rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH);
        (gone && is_spill_name(name.as_bytes())).then(|| entry.path())
    })
}

/// How large the files are that lie there.
pub(super) fn sizes(folder: &Path) -> impl Iterator<Item = u64> {
    files(folder).filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len())
}

fn files(folder: &Path) -> impl Iterator<Item = DirEntry> {
    std::fs::read_dir(folder).into_iter().flatten().flatten()
}
