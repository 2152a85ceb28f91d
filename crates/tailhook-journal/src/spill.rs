//! Payloads that are too large for a frame: streamed to a file of their own while they come in.
//!
//! The frame that names the file is appended when the file is whole, so a hook that is killed half-way leaves a file
//! that nobody refers to; the daemon sweeps it when its process is gone.

use core::ffi::CStr;

use crate::append::{Limits, open_or_create};
use crate::frame::INLINE_BYTES;
use crate::place::{Path, Place};
use crate::spare;
use crate::sys::{self, Errno, Fd, Open};

/// Folder of the spilled payloads, in the journal and in the spool.
pub const SPILL_DIR: &CStr = c"spill";
/// Its size is the number of pieces of [`INLINE_BYTES`] that were spilled, less those of which the daemon knows that
/// they are gone.
pub const SPILLED: &CStr = c"spilled";

/// What came from standard input at once.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// So many bytes; 0: it has ended.
    pub bytes: usize,
    /// All of them are in the file.
    pub kept: bool,
}

/// A payload on its way into a file.
#[derive(Debug)]
pub struct Spill {
    name: Path,
    file: Fd,
    count: Fd,
    folder: Fd,
    /// Above that.
    dir: Fd,
    /// Written so far.
    bytes: u64,
    /// How long the file was before: it was a spare one.
    spare_bytes: u64,
    in_spool: bool,
}

/// A payload whose file is whole. The file is not closed: that is a call that the exit saves.
#[derive(Debug)]
pub struct Spilled(Spill);

impl Spill {
    /// Makes the file, in the journal or, where that is full or cannot be written, in the spool.
    pub fn begin(place: &Place<'_>, limits: Limits, stamp_ns: u64, pid: u32) -> Result<Self, Errno> {
        let mut name = Path::new();
        name.push_number(stamp_ns, 16)?.push(b"-")?.push_number(u64::from(pid), 10)?;
        Self::begin_in(place, &place.journal()?, limits.journal_bytes, name.clone(), false)
            .or_else(|_| Self::begin_in(place, &place.spool()?, limits.spool_bytes, name, true))
    }

    fn begin_in(place: &Place<'_>, path: &Path, max_bytes: u64, name: Path, in_spool: bool) -> Result<Self, Errno> {
        let dir = place.open_dir(path)?;
        let count = open_or_create(&dir, SPILLED)?;
        if sys::status(&count)?.size * INLINE_BYTES as u64 >= max_bytes {
            return Err(Errno::NOSPC);
        }
        let folder = match sys::open_at(Some(&dir), SPILL_DIR, Open::Directory) {
            Err(Errno::NOENT) => {
                let _ = sys::make_dir(Some(&dir), SPILL_DIR);
                sys::open_at(Some(&dir), SPILL_DIR, Open::Directory)?
            }
            other => other?,
        };
        let spare = if in_spool { None } else { spare::take(&dir, &folder, name.as_c_str(), place.uid) };
        let (file, spare_bytes) = match spare {
            Some(spare) => spare,
            None => (sys::open_at(Some(&folder), name.as_c_str(), Open::New)?, 0),
        };
        Ok(Self { name, file, count, folder, dir, bytes: 0, spare_bytes, in_spool })
    }

    /// Appends the next bytes. If the journal has no room for them, all that is there moves to the spool first.
    /// An error: the file holds what could be written.
    pub fn write(&mut self, place: &Place<'_>, limits: Limits, mut piece: &[u8]) -> Result<(), Errno> {
        while !piece.is_empty() {
            match sys::write(&self.file, piece) {
                Ok(n) if n > 0 => {
                    piece = &piece[n..];
                    self.bytes += n as u64;
                }
                failed if self.in_spool => return failed.and(Err(Errno::NOSPC)),
                _ => self.move_to_spool(place, limits)?,
            }
        }
        Ok(())
    }

    /// Moves what standard input has into the file, at most `max` bytes, without a copy in this process. Where it has
    /// nothing yet, `wait` waits for it; false: it will have nothing. An error: it cannot be done that way here, and
    /// nothing was taken.
    pub fn take_stdin(
        &mut self,
        (place, limits): (&Place<'_>, Limits),
        pipe: &sys::Pipe,
        max: usize,
        buffer: &mut [u8],
        wait: impl FnOnce() -> bool,
    ) -> Result<Taken, Errno> {
        let bytes = match pipe.fill_from_stdin_now(max) {
            Err(Errno::AGAIN) if !wait() => 0,
            Err(Errno::AGAIN) => pipe.fill_from_stdin(max)?,
            other => other?,
        };
        let mut left = bytes;
        while left > 0 {
            match pipe.empty_into(&self.file, left) {
                Ok(0) | Err(_) => break,
                Ok(n) => {
                    left -= n;
                    self.bytes += n as u64;
                }
            }
        }
        // What the journal has no room for goes through the buffer into the spool.
        while left > 0 {
            let most = left.min(buffer.len());
            let n = pipe.read(&mut buffer[..most]).unwrap_or(0);
            if n == 0 || self.write(place, limits, &buffer[..n]).is_err() {
                return Ok(Taken { bytes, kept: false });
            }
            left -= n;
        }
        Ok(Taken { bytes, kept: true })
    }

    fn move_to_spool(&mut self, place: &Place<'_>, limits: Limits) -> Result<(), Errno> {
        let spool = Self::begin_in(place, &place.spool()?, limits.spool_bytes, self.name.clone(), true)?;
        if let Err(error) = self.copy_to(&spool.file) {
            spool.discard();
            return Err(error);
        }
        sys::remove(&self.folder, self.name.as_c_str())?;
        *self = Self { bytes: self.bytes, ..spool };
        Ok(())
    }

    fn copy_to(&self, spool: &Fd) -> Result<(), Errno> {
        let from = sys::open_at(Some(&self.folder), self.name.as_c_str(), Open::Read)?;
        let mut buffer = [0; 4096];
        let mut left = self.bytes;
        while left > 0 {
            let want = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let n = sys::read(&from, &mut buffer[..want])?;
            if n == 0 || sys::write(spool, &buffer[..n])? != n {
                return Err(Errno::NOSPC);
            }
            left -= n as u64;
        }
        Ok(())
    }

    /// Ends the file where the payload does, and counts it, so that later hooks see how much lies here. Once and not with
    /// each piece: a hook that is killed half-way leaves a file that is swept, and counts for nothing.
    ///
    /// An error: it could not be cut there, and is gone.
    pub fn finish(self) -> Result<Spilled, Errno> {
        const MARKS: [u8; 256] = [b'+'; 256];
        if self.bytes < self.spare_bytes
            && let Err(error) = sys::set_size(&self.file, self.bytes)
        {
            self.discard();
            return Err(error);
        }
        let pieces = usize::try_from(self.bytes.div_ceil(INLINE_BYTES as u64)).unwrap_or(MARKS.len());
        let _ = sys::write(&self.count, &MARKS[..pieces.min(MARKS.len())]);
        Ok(Spilled(self))
    }

    /// Removes the file: its event will not be told.
    pub fn discard(&self) {
        let _ = sys::remove(&self.folder, self.name.as_c_str());
    }
}

impl Spilled {
    /// The file's name, which the frame carries as its payload.
    pub fn name(&self) -> &[u8] {
        self.0.name.as_bytes()
    }

    /// The journal's folder, if the file is there and not in the spool.
    pub fn journal(&self) -> Option<&Fd> {
        (!self.0.in_spool).then_some(&self.0.dir)
    }

    /// Removes the file: its event could not be told.
    pub fn discard(&self) {
        self.0.discard();
    }
}

/// Whether a frame may name this file: `STAMP-PID`, hexadecimal and decimal. A frame never leads out of the folder.
pub fn is_spill_name(name: &[u8]) -> bool {
    let mut parts = name.splitn(2, |b| *b == b'-');
    let (Some(stamp), Some(pid)) = (parts.next(), parts.next()) else { return false };
    let all = |text: &[u8], valid: fn(&u8) -> bool| !text.is_empty() && text.len() <= 20 && text.iter().all(valid);
    all(stamp, u8::is_ascii_hexdigit) && all(pid, u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::is_spill_name;

    #[test]
    fn spill_names() {
        assert!(is_spill_name(b"18e2f3a4b5c6d7e8-4242"));
        for name in [&b""[..], b"-", b"1-", b"-1", b"../1-2", b"1-2/..", b"1-2-3", b"g-1", b"1-a"] {
            assert!(!is_spill_name(name), "{}", String::from_utf8_lossy(name));
        }
    }
}
