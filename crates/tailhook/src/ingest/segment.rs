//! One segment file as the reader sees it.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use tailhook_journal::Frame;
use tailhook_journal::frame::{HEADER_BYTES, MAX_FRAME_BYTES};
use tailhook_journal::sys::{self, Fd, Open};
use xxhash_rust::xxh64::xxh64;

/// Longer than a hook may live.
const HOOK_LIFE: Duration = Duration::from_secs(4);

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
    /// This pass reads up to here.
    pub(super) end: u64,
    /// Where it ends in something that is no frame yet, and since when.
    tail: Option<(u64, Instant)>,
    /// This pass cannot read it.
    set_aside: bool,
    /// It lies in the spool.
    pub(super) spooled: bool,
    /// Since when it has had a name that no hook looks for.
    sealed: Option<Instant>,
    /// Where the last frame that was looked at ahead of its turn begins, and its stamp.
    next: Option<(u64, u64)>,
}

impl Segment {
    /// Opens a segment. `stored` tells how far one of this id is stored. A link, a pipe or a folder is none: a hook
    /// refuses it too.
    pub(super) fn open(path: &Path, stored: impl Fn(&str) -> Option<u64>) -> io::Result<Self> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = File::options().read(true).custom_flags(flags.bits() as i32).open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let mut segment = Self {
            path: path.into(),
            file,
            id: None,
            at: 0,
            stored: 0,
            end: 0,
            tail: None,
            set_aside: false,
            spooled: false,
            sealed: None,
            next: None,
        };
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

    /// A new pass begins: it reads what is there now.
    pub(super) fn look(&mut self) {
        self.end = self.size();
        self.set_aside = false;
    }

    /// Bytes that this pass has still to read.
    pub(super) fn waiting(&self) -> usize {
        if self.set_aside { 0 } else { usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX) }
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

    /// When what comes next was appended. What is no frame is as old as can be: it is passed at once. The whole frame
    /// is looked at: a torn header may go on with bytes of the next.
    pub(super) fn next_stamp_ns(&mut self, buffer: &mut [u8]) -> u64 {
        if let Some((at, stamp_ns)) = self.next
            && at == self.at
        {
            return stamp_ns;
        }
        let want = self.waiting().min(MAX_FRAME_BYTES).min(buffer.len());
        let n = self.read(&mut buffer[..want]).unwrap_or(0);
        self.next = Frame::decode(&buffer[..n]).ok().map(|(frame, _)| (self.at, frame.stamp_ns));
        self.next.map_or(0, |(_, stamp_ns)| stamp_ns)
    }

    /// This pass leaves it alone.
    pub(super) fn set_aside(&mut self) {
        self.set_aside = true;
    }

    /// What comes next is no frame yet.
    pub(super) fn note_tail(&mut self) {
        if self.tail.is_none_or(|(at, _)| at != self.at) {
            self.tail = Some((self.at, Instant::now()));
        }
    }

    /// Whether it ended in the same bytes for so long already.
    pub(super) fn has_waited(&self, patience: Duration) -> bool {
        self.tail.is_some_and(|(at, since)| at == self.at && since.elapsed() >= patience)
    }

    /// Whether it ends in something that is no frame.
    pub(super) fn has_tail(&self) -> bool {
        self.tail.is_some_and(|(at, _)| at == self.at)
    }

    /// Bytes in it now.
    pub(super) fn size(&self) -> u64 {
        self.file.metadata().map_or(self.at, |m| m.len())
    }

    /// Whether `path` still is this file.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        let (Ok(ours), Ok(theirs)) = (self.file.metadata(), std::fs::symlink_metadata(path)) else { return false };
        (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino())
    }

    /// It has a name now that no hook looks for.
    pub(super) fn seal(&mut self, path: PathBuf) {
        self.path = path;
        self.sealed = Some(Instant::now());
    }

    /// Whether no hook is between its `open` and its exit. Of a segment that hooks still find this is not asked: it would
    /// get in their way. One that has lost its name cannot be asked; nobody finds it any more.
    pub(super) fn is_let_go(&self) -> bool {
        !self.is_at(&self.path) || self.sealed.is_some() && self.claim().is_some()
    }

    /// Makes sure that nobody has a sealed segment open for writing or will have, as long as the descriptor lives.
    pub(super) fn claim(&self) -> Option<Fd> {
        use std::os::unix::ffi::OsStrExt;
        let mut path = tailhook_journal::place::Path::new();
        path.push(self.path.as_os_str().as_bytes()).ok()?;
        let fd = sys::open_at(None, path.as_c_str(), Open::Read).ok()?;
        match sys::claim(&fd) {
            Ok(()) => Some(fd),
            Err(sys::Errno::AGAIN) => None,
            // A file system that cannot say it. A hook lives for two seconds at most.
            Err(_) => self.sealed.filter(|since| since.elapsed() > HOOK_LIFE).map(|_| fd),
        }
    }
}
