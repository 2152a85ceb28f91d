//! The few system calls that the hand-off needs, and nothing else.

#[cfg(all(target_os = "linux", not(tailhook_portable)))]
mod linux;
#[cfg(all(target_os = "linux", not(tailhook_portable)))]
pub use linux::*;

#[cfg(any(not(target_os = "linux"), tailhook_portable))]
mod portable;
#[cfg(any(not(target_os = "linux"), tailhook_portable))]
pub use portable::*;

#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd"))]
pub mod kqueue;

/// An error number of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// No such file or directory.
    pub const NOENT: Self = Self(2);
    /// Not now: somebody else has it.
    pub const AGAIN: Self = Self(11);
    /// Not here: the file system has no such thing.
    pub const INVAL: Self = Self(22);
    /// The file exists.
    pub const EXIST: Self = Self(17);
    /// A short write: no space left.
    pub const NOSPC: Self = Self(28);
    /// The path does not fit its buffer.
    pub const NAMETOOLONG: Self = Self(36);
    /// Refused here: the file is not what it should be (another owner, not a regular file).
    pub const PERM: Self = Self(1);
}

/// What the hand-off asks of an open file.
#[derive(Debug, Clone, Copy)]
pub struct Status {
    /// Bytes.
    pub size: u64,
    /// Names that it has; 0 once it was removed.
    pub links: u32,
    /// Owner.
    pub uid: u32,
    /// Type and permission bits, as in `st_mode`.
    pub mode: u32,
}

impl Status {
    /// A regular file.
    pub fn is_file(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }

    /// A regular file that `uid` owns and that has one name.
    pub fn is_private_file(&self, uid: u32) -> bool {
        self.is_file() && self.uid == uid && self.links == 1
    }

    /// The same, and nobody else may read or write it.
    pub fn is_secret_file(&self, uid: u32) -> bool {
        self.is_private_file(uid) && self.mode & 0o777 | 0o700 == 0o700
    }

    /// A directory that `uid` owns and nobody else may write to.
    pub fn is_private_dir(&self, uid: u32) -> bool {
        self.mode & 0o170_000 == 0o040_000 && self.uid == uid && self.mode & 0o022 == 0
    }
}

/// How [`open_at`] opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// A directory, to open files below it; not read.
    Directory,
    /// Append. Never waits.
    Append,
    /// Append, created with mode 0600 if it is missing. Slower even if it is there.
    Create,
    /// Created with mode 0600 and written; an error if it is there.
    New,
    /// Write over what is there. Never waits.
    Overwrite,
    /// Read.
    Read,
}
