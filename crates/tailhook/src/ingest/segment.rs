//! One segment file as the reader sees it.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use tailhook_journal::frame::HEADER_BYTES;
use tailhook_journal::sys::{self, Fd, Open};
use xxhash_rust::xxh64::xxh64;

/// An open segment. Opened once and followed through its renaming.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    file: File,
    /// Names the segment in the store: known once its first bytes are there, which never change.
    id: Option<String>,
    /// Read up to here.
    pub(super) at: u64,
    /// Stored up to here.
    pub(super) stored: u64,
}

impl Segment {
    /// Opens a segment. `stored` tells how far one of this id is stored.
    pub(super) fn open(path: &Path, stored: impl Fn(&str) -> Option<u64>) -> io::Result<Self> {
        let file = File::open(path)?;
        let mut segment = Self { path: path.into(), file, id: None, at: 0, stored: 0 };
        if let Some(offset) = segment.identify().and_then(|id| stored(&id)) {
            segment.at = offset;
            segment.stored = offset;
        }
        Ok(segment)
    }

    /// Its name in the store. None while it is shorter than one header.
    pub(super) fn identify(&mut self) -> Option<String> {
        if self.id.is_none() {
            let mut head = [0; HEADER_BYTES];
            self.file.read_exact_at(&mut head, 0).ok()?;
            // The first frame's header holds its time, its process and a checksum: no two segments share it.
            self.id = Some(format!("{:016x}", xxh64(&head, 0)));
        }
        self.id.clone()
    }

    /// Reads from where we are; gives how many bytes came.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read_at(&mut buffer[filled..], self.at + filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Bytes in it now.
    pub(super) fn size(&self) -> u64 {
        self.file.metadata().map_or(self.at, |m| m.len())
    }

    /// Whether `path` still is this file.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        let (Ok(ours), Ok(theirs)) = (self.file.metadata(), std::fs::metadata(path)) else { return false };
        (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino())
    }

    /// Whether no hook is between its `open` and its exit. Asked on a descriptor of its own: the answer counts all
    /// others.
    pub(super) fn is_let_go(&self) -> bool {
        self.reopened().is_ok_and(|fd| sys::is_unlocked(&fd) == Ok(true))
    }

    /// Locks a sealed segment for good, so that it can be removed. The lock lives as long as the descriptor.
    pub(super) fn claim(&self) -> Option<Fd> {
        let fd = self.reopened().ok()?;
        sys::lock_exclusive(&fd).ok().map(|()| fd)
    }

    fn reopened(&self) -> Result<Fd, sys::Errno> {
        use std::os::unix::ffi::OsStrExt;
        let mut path = tailhook_journal::place::Path::new();
        path.push(self.path.as_os_str().as_bytes())?;
        sys::open_at(None, path.as_c_str(), Open::Append)
    }
}
