//! Where the journal and the spool are.
//!
//! The place depends on the user id, or on `TAILHOOK_HOME`, and on nothing else: XDG variables differ between a login,
//! cron, ssh and a container, and a hook that looked elsewhere than the daemon would lose its event.

use core::ffi::CStr;

use crate::sys::{self, Errno, Fd, Open};

/// Longest path, with the NUL at its end.
const PATH_BYTES: usize = 512;

#[cfg(target_os = "linux")]
const MEMORY_ROOT: &[u8] = b"/dev/shm/tailhook-";
#[cfg(not(target_os = "linux"))]
const MEMORY_ROOT: &[u8] = b"/tmp/tailhook-";
const DISK_ROOT: &[u8] = b"/var/tmp/tailhook-";

/// The user whose journal it is, and `TAILHOOK_HOME` where it is set and not empty.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Effective user id.
    pub uid: u32,
    /// `TAILHOOK_HOME`.
    pub home: Option<&'a [u8]>,
}

impl Place<'_> {
    /// The journal's folder.
    pub fn journal(&self) -> Result<Path, Errno> {
        self.path(MEMORY_ROOT, b"/journal")
    }

    /// The spool's folder.
    pub fn spool(&self) -> Result<Path, Errno> {
        self.path(DISK_ROOT, b"/spool")
    }

    fn path(&self, root: &[u8], below_home: &[u8]) -> Result<Path, Errno> {
        let mut path = Path::new();
        match self.home {
            Some(home) => path.push(home)?.push(below_home)?,
            None => path.push(root)?.push_number(u64::from(self.uid), 10)?,
        };
        Ok(path)
    }

    /// Opens a folder of ours, making it if it is missing. Refused if it is not a directory, belongs to somebody else
    /// or can be written by others: in a shared place like `/dev/shm` anybody may have made one of that name first.
    pub fn open_dir(&self, path: &Path) -> Result<Fd, Errno> {
        let dir = match sys::open_at(None, path.as_c_str(), Open::Directory) {
            Err(Errno::NOENT) => {
                if let Some(home) = self.home {
                    // Its parent is TAILHOOK_HOME, which may be missing as well.
                    let mut parent = Path::new();
                    let _ = sys::make_dir(None, parent.push(home)?.as_c_str());
                }
                match sys::make_dir(None, path.as_c_str()) {
                    Ok(()) | Err(Errno::EXIST) => sys::open_at(None, path.as_c_str(), Open::Directory)?,
                    Err(error) => return Err(error),
                }
            }
            other => other?,
        };
        if sys::status(&dir)?.is_private_dir(self.uid) { Ok(dir) } else { Err(Errno::PERM) }
    }
}

/// A path in a buffer of its own, always with a NUL at its end.
#[derive(Debug, Clone)]
pub struct Path {
    bytes: [u8; PATH_BYTES],
    len: usize,
}

impl Path {
    /// The empty path.
    #[expect(clippy::new_without_default, reason = "a path starts empty to be pushed to, nobody wants a default one")]
    pub fn new() -> Self {
        Self { bytes: [0; PATH_BYTES], len: 0 }
    }

    /// Appends text. A NUL in it ends the path, as it does for the kernel.
    pub fn push(&mut self, text: &[u8]) -> Result<&mut Self, Errno> {
        let end = self.len + text.len();
        if end >= PATH_BYTES {
            return Err(Errno::NAMETOOLONG);
        }
        self.bytes[self.len..end].copy_from_slice(text);
        self.len = end;
        Ok(self)
    }

    /// Appends a number in base 10 or 16.
    pub fn push_number(&mut self, mut number: u64, base: u64) -> Result<&mut Self, Errno> {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b"0123456789abcdef"[(number % base) as usize];
            number /= base;
            if number == 0 {
                return self.push(&digits[at..]);
            }
        }
    }

    /// Without the NUL.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// For the kernel.
    pub fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or(c"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let user = Place { uid: 1000, home: None };
        #[cfg(target_os = "linux")]
        assert_eq!(user.journal().expect("fits").as_bytes(), b"/dev/shm/tailhook-1000");
        assert_eq!(user.spool().expect("fits").as_bytes(), b"/var/tmp/tailhook-1000");
        let home = Place { uid: 1000, home: Some(b"/h") };
        assert_eq!(home.journal().expect("fits").as_bytes(), b"/h/journal");
        assert_eq!(home.spool().expect("fits").as_c_str(), c"/h/spool");
        let long = [b'x'; PATH_BYTES];
        assert_eq!(Place { uid: 0, home: Some(&long) }.journal().map(drop), Err(Errno::NAMETOOLONG));
    }
}
