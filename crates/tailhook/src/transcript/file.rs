//! One transcript: what is new in it.
//!
//! The file is opened for each look, so that a replaced one is noticed and none is kept from being removed. It must be a
//! regular file of this user, not reached by a symbolic link; anything else is as if it were not there.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;

use rustix::fs::{Mode, OFlags};
use tailhook_core::Redaction;
use tailhook_core::transcript::{Carry, Source, Taken, read_line};

use crate::store::{Piece, Transcript};

/// Read at once. Also the most that stands in one transaction.
const PIECE_BYTES: usize = 512 << 10;
/// Longest line that is read; of a longer one nothing is.
const MAX_LINE_BYTES: usize = 8 << 20;
/// What was read and gave nothing is written down when it is so much: reading it again is cheaper than a transaction.
const WORTH_STORING_BYTES: u64 = 256 << 10;

/// One transcript that is followed.
pub(super) struct Followed {
    pub(super) path: PathBuf,
    pub(super) source: Source,
    /// As the store knows it.
    device: u64,
    inode: u64,
    /// Read up to here.
    offset: u64,
    /// Stored up to here.
    stored: u64,
    carry: Carry,
    /// In the middle of a line that is too long.
    skipping: bool,
    /// When it last gave something: a count that grows.
    pub(super) turn: u64,
}

impl Followed {
    /// A file that was never read.
    pub(super) fn new(path: PathBuf, source: Source) -> Self {
        let carry = Carry::default();
        Self { path, source, device: 0, inode: 0, offset: 0, stored: 0, carry, skipping: false, turn: 0 }
    }

    /// A file as the store knows it.
    pub(super) fn resume(row: Transcript) -> Self {
        let Transcript { path, source, device, inode, offset, carry, skipping } = row;
        Self { path: path.into(), source, device, inode, offset, stored: offset, carry, skipping, turn: 0 }
    }

    /// The next piece that has something to store. None: nothing is new, or it cannot be read.
    pub(super) fn next(&mut self, redaction: &Redaction, buffer: &mut Vec<u8>) -> Option<Piece> {
        let (file, size) = self.open()?;
        let mut taken = Taken::default();
        while self.offset < size {
            let n = self.read_lines(&file, size, redaction, buffer, &mut taken)?;
            if n == 0 {
                break;
            }
            if !taken.is_empty() || self.offset - self.stored >= WORTH_STORING_BYTES {
                return Some(Piece { transcript: self.row(), taken });
            }
        }
        None
    }

    /// The piece that was given last is stored.
    pub(super) fn stored(&mut self, turn: u64) {
        self.stored = self.offset;
        self.turn = turn;
    }

    /// The same, used last in this turn.
    pub(super) fn used(self, turn: u64) -> Self {
        Self { turn, ..self }
    }

    fn row(&self) -> Transcript {
        Transcript {
            path: self.path.to_string_lossy().into_owned(),
            source: self.source.clone(),
            device: self.device,
            inode: self.inode,
            offset: self.offset,
            carry: self.carry.clone(),
            skipping: self.skipping,
        }
    }

    fn open(&mut self) -> Option<(File, u64)> {
        // NONBLOCK: opening a FIFO that nobody writes to must not hang.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let file = File::from(rustix::fs::open(&self.path, flags, Mode::empty()).ok()?);
        let found = file.metadata().ok()?;
        if !found.is_file() || found.uid() != rustix::process::geteuid().as_raw() {
            return None;
        }
        let replaced = (found.dev(), found.ino()) != (self.device, self.inode);
        if replaced || found.len() < self.offset {
            // What is read again is known by its keys, and counts once.
            (self.device, self.inode) = (found.dev(), found.ino());
            (self.offset, self.stored, self.skipping) = (0, 0, false);
            self.carry = Carry::default();
        }
        Some((file, found.len()))
    }

    /// Reads whole lines; gives how many bytes they were. 0: the rest is the beginning of a line.
    fn read_lines(
        &mut self,
        file: &File,
        size: u64,
        redaction: &Redaction,
        buffer: &mut Vec<u8>,
        taken: &mut Taken,
    ) -> Option<usize> {
        let mut want = PIECE_BYTES;
        loop {
            let most = usize::try_from(size - self.offset).unwrap_or(usize::MAX).min(want);
            buffer.resize(most, 0);
            let n = read_at(file, buffer, self.offset).ok()?;
            buffer.truncate(n);
            if let Some(end) = memchr::memrchr(b'\n', buffer) {
                self.read_whole(&buffer[..=end], redaction, taken);
                self.offset += end as u64 + 1;
                return Some(end + 1);
            }
            if self.skipping || n >= MAX_LINE_BYTES {
                // Nothing of it is kept, so its next part need not follow this one in memory.
                self.skipping = true;
                self.offset += n as u64;
                return Some(n);
            }
            if n < want {
                return Some(0);
            }
            want = (want * 4).min(MAX_LINE_BYTES);
        }
    }

    fn read_whole(&mut self, bytes: &[u8], redaction: &Redaction, taken: &mut Taken) {
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            let line = &bytes[from..end];
            let at = self.offset + from as u64;
            from = end + 1;
            if !std::mem::take(&mut self.skipping) && !line.trim_ascii().is_empty() {
                read_line(line, at, &self.source, &mut self.carry, redaction, taken);
            }
        }
    }
}

/// Fills the buffer unless the file ends; gives how much was read.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut n = 0;
    while n < buffer.len() {
        match file.read_at(&mut buffer[n..], offset + n as u64) {
            Ok(0) => break,
            Ok(read) => n += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(n)
}
