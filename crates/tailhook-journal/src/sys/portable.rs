//! The same calls through rustix, for systems other than Linux.

use core::ffi::CStr;
use core::time::Duration;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};

use super::{Errno, Open, Status};

extern crate std;

/// An open file, closed when dropped.
#[derive(Debug)]
pub struct Fd(OwnedFd);

impl Fd {
    /// The number, for a caller that hands it to another library. Still owned by `self`.
    pub fn raw(&self) -> i32 {
        self.0.as_raw_fd()
    }
}

impl From<rustix::io::Errno> for Errno {
    fn from(error: rustix::io::Errno) -> Self {
        match error {
            rustix::io::Errno::NOENT => Self::NOENT,
            rustix::io::Errno::EXIST => Self::EXIST,
            rustix::io::Errno::NOSPC => Self::NOSPC,
            other => Self(other.raw_os_error()),
        }
    }
}

/// Opens `path`, relative to `dir` if there is one. A symbolic link at its end is refused.
pub fn open_at(dir: Option<&Fd>, path: &CStr, how: Open) -> Result<Fd, Errno> {
    let flags = OFlags::CLOEXEC
        | OFlags::NOFOLLOW
        | match how {
            Open::Directory => OFlags::RDONLY | OFlags::DIRECTORY,
            Open::Append => OFlags::WRONLY | OFlags::APPEND | OFlags::NONBLOCK,
            Open::Create => OFlags::WRONLY | OFlags::APPEND | OFlags::NONBLOCK | OFlags::CREATE,
            Open::New => OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL,
            Open::Overwrite => OFlags::WRONLY | OFlags::NONBLOCK,
            Open::Read => OFlags::RDONLY,
        };
    let mode = Mode::RUSR | Mode::WUSR;
    let fd = match dir {
        Some(dir) => rustix::fs::openat(&dir.0, path, flags, mode)?,
        None => rustix::fs::open(path, flags, mode)?,
    };
    Ok(Fd(fd))
}

/// There is no such promise here.
pub fn open_without_links(_path: &CStr) -> Result<Fd, Errno> {
    Err(Errno::INVAL)
}

/// Makes a directory with mode 0700.
pub fn make_dir(dir: Option<&Fd>, path: &CStr) -> Result<(), Errno> {
    match dir {
        Some(dir) => rustix::fs::mkdirat(&dir.0, path, Mode::RWXU)?,
        None => rustix::fs::mkdirat(rustix::fs::CWD, path, Mode::RWXU)?,
    }
    Ok(())
}

/// Removes the name of a file.
pub fn remove(dir: &Fd, path: &CStr) -> Result<(), Errno> {
    Ok(rustix::fs::unlinkat(&dir.0, path, AtFlags::empty())?)
}

/// Gives a file another name, in this folder or in another; what had that name loses it.
pub fn rename(from: &Fd, path: &CStr, to: &Fd, new_path: &CStr) -> Result<(), Errno> {
    Ok(rustix::fs::renameat(&from.0, path, &to.0, new_path)?)
}

/// Size, links, owner and mode of an open file.
pub fn status(fd: &Fd) -> Result<Status, Errno> {
    let stat = rustix::fs::fstat(&fd.0)?;
    #[expect(clippy::useless_conversion, reason = "the widths of these fields differ between systems")]
    Ok(Status {
        size: stat.st_size as u64,
        links: stat.st_nlink as u32,
        uid: stat.st_uid,
        mode: u32::from(stat.st_mode),
    })
}

/// Keeps the segment from being removed as long as it is open: a shared lock, which goes with the open file, whatever
/// happens to the process. An error: somebody is about to remove it.
pub fn hold(segment: &Fd) -> Result<(), Errno> {
    Ok(rustix::fs::flock(&segment.0, FlockOperation::NonBlockingLockShared)?)
}

/// Makes sure that nobody holds the segment, nor will as long as this descriptor is open: an exclusive lock.
/// [`Errno::AGAIN`]: somebody does.
pub fn claim(segment: &Fd) -> Result<(), Errno> {
    rustix::fs::flock(&segment.0, FlockOperation::NonBlockingLockExclusive).map_err(|error| match error {
        rustix::io::Errno::WOULDBLOCK => Errno::AGAIN,
        other => other.into(),
    })
}

/// Nothing can be read without perhaps waiting.
pub fn read_stdin_now(_buffer: &mut [u8]) -> Result<usize, Errno> {
    Err(Errno::AGAIN)
}

/// Reads from standard input.
pub fn read_stdin(buffer: &mut [u8]) -> Result<usize, Errno> {
    Ok(rustix::io::read(std::io::stdin().as_fd(), buffer)?)
}

/// Bytes that wait in standard input, as far as is known.
pub fn stdin_waiting() -> usize {
    0
}

/// Reads from an open file.
pub fn read(fd: &Fd, buffer: &mut [u8]) -> Result<usize, Errno> {
    Ok(rustix::io::read(&fd.0, buffer)?)
}

/// Writes to standard output. Errors do not matter to the caller: nobody could be told.
pub fn write_stdout(bytes: &[u8]) {
    let _ = rustix::io::write(std::io::stdout().as_fd(), bytes);
}

/// Writes to an open file; may write less than all.
pub fn write(fd: &Fd, bytes: &[u8]) -> Result<usize, Errno> {
    Ok(rustix::io::write(&fd.0, bytes)?)
}

/// Sets the size of an open file. Growing it takes no room: what is new is a hole.
pub fn set_size(fd: &Fd, bytes: u64) -> Result<(), Errno> {
    Ok(rustix::fs::ftruncate(&fd.0, bytes)?)
}

/// Writes all parts with one call; may write less than all.
pub fn write_parts<const N: usize>(fd: &Fd, parts: [&[u8]; N]) -> Result<usize, Errno> {
    Ok(rustix::io::writev(&fd.0, &parts.map(std::io::IoSlice::new))?)
}

/// Nothing: only Linux moves bytes without a copy.
#[derive(Debug)]
pub enum Pipe {}

/// There is none here; the caller reads and writes.
pub fn pipe() -> Result<Pipe, Errno> {
    Err(Errno(rustix::io::Errno::NOSYS.raw_os_error()))
}

impl Pipe {
    /// Never called.
    pub fn fill_from_stdin(&self, _max: usize) -> Result<usize, Errno> {
        match *self {}
    }

    /// Never called.
    pub fn fill_from_stdin_now(&self, _max: usize) -> Result<usize, Errno> {
        match *self {}
    }

    /// Never called.
    pub fn empty_into(&self, _file: &Fd, _max: usize) -> Result<usize, Errno> {
        match *self {}
    }

    /// Never called.
    pub fn read(&self, _buffer: &mut [u8]) -> Result<usize, Errno> {
        match *self {}
    }
}

/// Waits until standard input can be read or `left` has passed; the time that then remains is left in `left`.
/// False means that the time is up.
pub fn wait_stdin(left: &mut Duration) -> bool {
    let start = std::time::Instant::now();
    let stdin = std::io::stdin();
    let mut poll = [rustix::event::PollFd::new(&stdin, rustix::event::PollFlags::IN)];
    let time = rustix::event::Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
    let ready = rustix::event::poll(&mut poll, Some(&time));
    *left = left.saturating_sub(start.elapsed());
    ready != Ok(0)
}

/// Nanoseconds since the Unix epoch.
pub fn now_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// This process.
pub fn process_id() -> u32 {
    std::process::id()
}

/// Its parent.
pub fn parent_id() -> u32 {
    rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get() as u32)
}

/// The user that this process acts as.
pub fn effective_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// From now on a write that cannot be done is an error, not the end of the process. std has seen to the pipes; the
/// process's limit on the size of files needs a binding to libc, which is not here.
pub fn survive_failed_writes() {}

/// Takes this program's code out of the process's memory, where that is known how; elsewhere the kernel does it when it
/// needs the memory.
pub fn forget_code() {}

/// Elsewhere a thread has its niceness alone.
pub fn work_when_idle() {}

/// Ends the process.
pub fn exit(code: i32) -> ! {
    std::process::exit(code)
}
