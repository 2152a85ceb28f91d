//! One emptied file, for the next payload that is too large for a frame.
//!
//! Most of what such a payload costs its hook is the kernel's: new pages of tmpfs, made one by one. A file whose payload
//! is stored has them, so the daemon does not remove it but hands it back, and the next hook writes into what is there.

use core::ffi::CStr;

use crate::spill::{SPILL_DIR, is_spill_name};
use crate::sys::{self, Errno, Fd, Open};

/// The file, in the journal and never in the spool: zeros, as many as the payload that it held had bytes, up to
/// [`SPARE_BYTES`].
pub const SPARE: &CStr = c"spare";
/// So much memory may be held for a payload that perhaps never comes. Of a larger file its beginning is kept.
pub const SPARE_BYTES: u64 = 1 << 20;

/// Moves the spare to `name` in `folder` and opens it; gives its size too. None: there is none, or nothing that can be
/// written to stands in its place.
///
/// It is moved first: by its new name it belongs to this process alone, whoever else looks for it at the same time.
pub(crate) fn take(dir: &Fd, folder: &Fd, name: &CStr, uid: u32) -> Option<(Fd, u64)> {
    sys::rename(dir, SPARE, folder, name).ok()?;
    let taken = open_private(folder, name, uid);
    if taken.is_err() {
        // It makes way for a file of that name. Where it does not, that file cannot be made, and the caller hears of it.
        let _ = sys::remove(folder, name);
    }
    taken.ok()
}

/// Hands back the file of a payload that is stored: `name` in the folder of spilled payloads of the journal at `journal`.
/// All its bytes are zeros then, because a payload may hold secrets that were never to stay.
///
/// An error: it is still where it was, with or without what it held, and is to be removed. [`Errno::EXIST`]: there is a
/// spare already.
pub fn hand_back(journal: &CStr, name: &CStr) -> Result<(), Errno> {
    if !is_spill_name(name.to_bytes()) {
        return Err(Errno::INVAL);
    }
    let uid = sys::effective_uid();
    let dir = sys::open_at(None, journal, Open::Directory)?;
    if !sys::status(&dir)?.is_private_dir(uid) {
        return Err(Errno::PERM);
    }
    // Asked for as a folder, a file that is there is not opened.
    if sys::open_at(Some(&dir), SPARE, Open::Directory).err() != Some(Errno::NOENT) {
        return Err(Errno::EXIST);
    }
    let folder = sys::open_at(Some(&dir), SPILL_DIR, Open::Directory)?;
    let (file, bytes) = open_private(&folder, name, uid)?;
    if bytes > SPARE_BYTES {
        sys::set_size(&file, SPARE_BYTES)?;
    }
    clear(&file, bytes.min(SPARE_BYTES))?;
    sys::rename(&folder, name, &dir, SPARE)
}

/// Opens a file to be overwritten, if it is one of ours that no other name leads to; gives its size too.
fn open_private(folder: &Fd, name: &CStr, uid: u32) -> Result<(Fd, u64), Errno> {
    let file = sys::open_at(Some(folder), name, Open::Overwrite)?;
    let status = sys::status(&file)?;
    if status.is_private_file(uid) { Ok((file, status.size)) } else { Err(Errno::PERM) }
}

/// Overwrites a file that was just opened.
fn clear(file: &Fd, bytes: u64) -> Result<(), Errno> {
    static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
    let mut left = bytes;
    while left > 0 {
        let most = ZEROS.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        match sys::write(file, &ZEROS[..most])? {
            0 => return Err(Errno::NOSPC),
            n => left -= n as u64,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::ffi::CString;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use tempfile::TempDir;

    use super::*;

    const NAME: &CStr = c"18e2f3a4b5c6d7e8-4242";

    /// A journal with one stored payload.
    struct Journal(TempDir);

    impl Journal {
        fn with(payload: &[u8]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
            fs::create_dir(folder.path().join("spill")).unwrap();
            let journal = Self(folder);
            fs::write(journal.payload(), payload).unwrap();
            journal
        }

        fn path(&self) -> &Path {
            self.0.path()
        }

        fn spare(&self) -> PathBuf {
            self.path().join("spare")
        }

        fn payload(&self) -> PathBuf {
            self.path().join("spill").join(NAME.to_str().unwrap())
        }

        fn hand_back(&self, name: &CStr) -> Result<(), Errno> {
            hand_back(&CString::new(self.path().as_os_str().as_bytes()).unwrap(), name)
        }
    }

    #[test]
    fn what_is_handed_back_holds_nothing() {
        let most = usize::try_from(SPARE_BYTES).unwrap();
        for bytes in [0, 1, 70_000, most, most + 1, 4 * most] {
            let journal = Journal::with(&vec![b's'; bytes]);
            assert_eq!(journal.hand_back(NAME), Ok(()));
            assert!(fs::read(journal.spare()).unwrap() == vec![0; bytes.min(most)], "{bytes} bytes");
            assert!(!journal.payload().exists());
        }
    }

    #[test]
    fn a_spare_that_is_there_stays() {
        let journal = Journal::with(b"payload");
        for spoil in [|spare: &Path| fs::write(spare, b"one").unwrap(), |spare: &Path| fs::create_dir(spare).unwrap()] {
            spoil(&journal.spare());
            let before = fs::metadata(journal.spare()).unwrap().file_type();
            assert_eq!(journal.hand_back(NAME), Err(Errno::EXIST));
            assert_eq!(fs::metadata(journal.spare()).unwrap().file_type(), before);
            let _ = fs::remove_file(journal.spare());
        }
        assert_eq!(fs::read(journal.payload()).unwrap(), b"payload");
    }

    /// What has another name as well, or is no file, is not a payload's file and not to be overwritten.
    #[test]
    fn only_a_payloads_file_is_handed_back() {
        let journal = Journal::with(b"payload");
        fs::write(journal.path().join("active"), b"frames").unwrap();
        for name in [c"../active", c"active", c"", c"1-"] {
            assert_eq!(journal.hand_back(name), Err(Errno::INVAL), "{name:?}");
        }
        assert_eq!(journal.hand_back(c"1-1"), Err(Errno::NOENT));
        fs::hard_link(journal.path().join("active"), journal.path().join("spill/1-1")).unwrap();
        assert_eq!(journal.hand_back(c"1-1"), Err(Errno::PERM));
        std::os::unix::fs::symlink(journal.path().join("active"), journal.path().join("spill/1-2")).unwrap();
        assert!(journal.hand_back(c"1-2").is_err());
        fs::create_dir(journal.path().join("spill/1-3")).unwrap();
        assert!(journal.hand_back(c"1-3").is_err());
        assert_eq!(fs::read(journal.path().join("active")).unwrap(), b"frames");
        assert!(!journal.spare().exists());
    }

    #[test]
    fn a_journal_that_others_may_write_is_left_alone() {
        let journal = Journal::with(b"payload");
        fs::set_permissions(journal.path(), fs::Permissions::from_mode(0o770)).unwrap();
        assert_eq!(journal.hand_back(NAME), Err(Errno::PERM));
        assert_eq!(fs::read(journal.payload()).unwrap(), b"payload");
    }
}
