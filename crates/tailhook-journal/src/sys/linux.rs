//! System calls by number. Works inside programs with libc as well as in those without.
//!
//! Sources: the kernel's `arch/x86/entry/syscalls/syscall_64.tbl`, `include/uapi/asm-generic/unistd.h` (aarch64),
//! `include/uapi/asm-generic/fcntl.h`, `arch/arm64/include/uapi/asm/fcntl.h`, `include/uapi/linux/fs.h`, `include/uapi/asm-generic/ioctls.h`,
//! `arch/x86/include/uapi/asm/stat.h`, `include/uapi/asm-generic/stat.h`.

use core::arch::asm;
use core::ffi::CStr;
use core::time::Duration;

use super::{Errno, Open, Status};

#[cfg(target_arch = "x86_64")]
mod nr {
    pub(super) const READ: usize = 0;
    pub(super) const WRITE: usize = 1;
    pub(super) const CLOSE: usize = 3;
    pub(super) const FSTAT: usize = 5;
    pub(super) const RT_SIGPROCMASK: usize = 14;
    pub(super) const MADVISE: usize = 28;
    pub(super) const IOCTL: usize = 16;
    pub(super) const WRITEV: usize = 20;
    pub(super) const GETPID: usize = 39;
    pub(super) const SPLICE: usize = 275;
    pub(super) const PIPE2: usize = 293;
    pub(super) const FCNTL: usize = 72;
    pub(super) const FTRUNCATE: usize = 77;
    pub(super) const GETEUID: usize = 107;
    pub(super) const GETPPID: usize = 110;
    pub(super) const SCHED_SETSCHEDULER: usize = 144;
    pub(super) const CLOCK_GETTIME: usize = 228;
    pub(super) const EXIT_GROUP: usize = 231;
    pub(super) const OPENAT: usize = 257;
    pub(super) const OPENAT2: usize = 437;
    pub(super) const MKDIRAT: usize = 258;
    pub(super) const UNLINKAT: usize = 263;
    pub(super) const RENAMEAT: usize = 264;
    pub(super) const PPOLL: usize = 271;
    pub(super) const PREADV2: usize = 327;
    pub(super) const O_DIRECTORY: usize = 0o200_000;
    pub(super) const O_NOFOLLOW: usize = 0o400_000;
}

#[cfg(target_arch = "aarch64")]
mod nr {
    pub(super) const READ: usize = 63;
    pub(super) const WRITE: usize = 64;
    pub(super) const CLOSE: usize = 57;
    pub(super) const FSTAT: usize = 80;
    pub(super) const RT_SIGPROCMASK: usize = 135;
    pub(super) const MADVISE: usize = 233;
    pub(super) const IOCTL: usize = 29;
    pub(super) const WRITEV: usize = 66;
    pub(super) const GETPID: usize = 172;
    pub(super) const SPLICE: usize = 76;
    pub(super) const PIPE2: usize = 59;
    pub(super) const FCNTL: usize = 25;
    pub(super) const FTRUNCATE: usize = 46;
    pub(super) const GETPPID: usize = 173;
    pub(super) const GETEUID: usize = 175;
    pub(super) const CLOCK_GETTIME: usize = 113;
    pub(super) const SCHED_SETSCHEDULER: usize = 119;
    pub(super) const EXIT_GROUP: usize = 94;
    pub(super) const OPENAT: usize = 56;
    pub(super) const OPENAT2: usize = 437;
    pub(super) const MKDIRAT: usize = 34;
    pub(super) const UNLINKAT: usize = 35;
    pub(super) const RENAMEAT: usize = 38;
    pub(super) const PPOLL: usize = 73;
    pub(super) const PREADV2: usize = 286;
    pub(super) const O_DIRECTORY: usize = 0o40_000;
    pub(super) const O_NOFOLLOW: usize = 0o100_000;
}

const AT_FDCWD: isize = -100;
const O_WRONLY: usize = 1;
const O_CREAT: usize = 0o100;
const O_EXCL: usize = 0o200;
const O_APPEND: usize = 0o2_000;
const O_NONBLOCK: usize = 0o4_000;
const O_CLOEXEC: usize = 0o2_000_000;
const O_PATH: usize = 0o10_000_000;
const RESOLVE_NO_SYMLINKS: u64 = 4;
const F_SETPIPE_SZ: usize = 1031;
const F_SETSIG: usize = 10;
const F_SETLEASE: usize = 1024;
const F_RDLCK: usize = 0;
const SPLICE_F_NONBLOCK: usize = 2;
const RWF_NOWAIT: usize = 8;
const POLLIN: i16 = 1;
const FIONREAD: usize = 0x541b;
const SIG_BLOCK: usize = 0;
const SIGPIPE: u32 = 13;
const SIGXFSZ: u32 = 25;
const SIGURG: usize = 23;
const MADV_DONTNEED: usize = 4;
const SCHED_IDLE: usize = 5;

/// An open file, closed when dropped.
#[derive(Debug)]
pub struct Fd(i32);

impl Fd {
    /// The number, for a caller that hands it to another library. Still owned by `self`.
    pub fn raw(&self) -> i32 {
        self.0
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours and is not used after this.
        unsafe { syscall(nr::CLOSE, [self.0 as usize, 0, 0, 0, 0, 0]) };
    }
}

/// # Safety
/// The arguments must be what the numbered call expects: pointers valid for the reads and writes it does.
#[inline]
#[cfg(target_arch = "x86_64")]
unsafe fn syscall(number: usize, a: [usize; 6]) -> isize {
    let result;
    // SAFETY: the kernel's calling convention; rcx and r11 are the only registers it changes besides rax.
    unsafe {
        asm!("syscall", inlateout("rax") number as isize => result,
            in("rdi") a[0], in("rsi") a[1], in("rdx") a[2], in("r10") a[3], in("r8") a[4], in("r9") a[5],
            lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    result
}

/// # Safety
/// The arguments must be what the numbered call expects: pointers valid for the reads and writes it does.
#[inline]
#[cfg(target_arch = "aarch64")]
unsafe fn syscall(number: usize, a: [usize; 6]) -> isize {
    let result;
    // SAFETY: the kernel's calling convention; x0 alone is changed.
    unsafe {
        asm!("svc 0", in("x8") number, inlateout("x0") a[0] as isize => result,
            in("x1") a[1], in("x2") a[2], in("x3") a[3], in("x4") a[4], in("x5") a[5], options(nostack));
    }
    result
}

fn check(result: isize) -> Result<usize, Errno> {
    if result < 0 { Err(Errno(-result as i32)) } else { Ok(result as usize) }
}

/// Opens `path`, relative to `dir` if there is one. A symbolic link at its end is refused.
pub fn open_at(dir: Option<&Fd>, path: &CStr, how: Open) -> Result<Fd, Errno> {
    let flags = O_CLOEXEC
        | nr::O_NOFOLLOW
        | match how {
            Open::Directory => O_PATH | nr::O_DIRECTORY,
            Open::Append => O_WRONLY | O_APPEND | O_NONBLOCK,
            Open::Create => O_WRONLY | O_APPEND | O_NONBLOCK | O_CREAT,
            Open::New => O_WRONLY | O_CREAT | O_EXCL,
            Open::Overwrite => O_WRONLY | O_NONBLOCK,
            Open::Read => 0,
        };
    // SAFETY: `path` ends with a NUL and lives through the call.
    let fd = check(unsafe { syscall(nr::OPENAT, [dir_number(dir), path.as_ptr() as usize, flags, 0o600, 0, 0]) })?;
    Ok(Fd(fd as i32))
}

/// Opens a file that is there to append to it ([`Open::Append`]), if no part of its path is a symbolic link. An error says
/// nothing of the file where the kernel cannot promise that (before Linux 5.6).
pub fn open_without_links(path: &CStr) -> Result<Fd, Errno> {
    // `struct open_how`: flags, mode, how the path is followed.
    let flags = O_CLOEXEC | nr::O_NOFOLLOW | O_WRONLY | O_APPEND | O_NONBLOCK;
    let how = [flags as u64, 0, RESOLVE_NO_SYMLINKS];
    let arguments =
        [AT_FDCWD as usize, path.as_ptr() as usize, how.as_ptr() as usize, core::mem::size_of_val(&how), 0, 0];
    // SAFETY: `path` ends with a NUL; it and `how`, whose size is given, live through the call.
    let fd = check(unsafe { syscall(nr::OPENAT2, arguments) })?;
    Ok(Fd(fd as i32))
}

fn dir_number(dir: Option<&Fd>) -> usize {
    dir.map_or(AT_FDCWD, |fd| fd.0 as isize) as usize
}

/// Makes a directory with mode 0700.
pub fn make_dir(dir: Option<&Fd>, path: &CStr) -> Result<(), Errno> {
    // SAFETY: as in `open_at`.
    check(unsafe { syscall(nr::MKDIRAT, [dir_number(dir), path.as_ptr() as usize, 0o700, 0, 0, 0]) }).map(drop)
}

/// Removes the name of a file.
pub fn remove(dir: &Fd, path: &CStr) -> Result<(), Errno> {
    // SAFETY: as in `open_at`.
    check(unsafe { syscall(nr::UNLINKAT, [dir.0 as usize, path.as_ptr() as usize, 0, 0, 0, 0]) }).map(drop)
}

/// Gives a file another name, in this folder or in another; what had that name loses it.
pub fn rename(from: &Fd, path: &CStr, to: &Fd, new_path: &CStr) -> Result<(), Errno> {
    let arguments = [from.0 as usize, path.as_ptr() as usize, to.0 as usize, new_path.as_ptr() as usize, 0, 0];
    // SAFETY: as in `open_at`, for both paths.
    check(unsafe { syscall(nr::RENAMEAT, arguments) }).map(drop)
}

/// The kernel's `struct stat`, which comes in two layouts.
#[repr(C)]
#[cfg(target_arch = "x86_64")]
struct Stat {
    device: u64,
    inode: u64,
    links: u64,
    mode: u32,
    uid: u32,
    gid: u32,
    padding: u32,
    rdev: u64,
    size: u64,
    rest: [u64; 11],
}

/// The kernel's `struct stat`, which comes in two layouts.
#[repr(C)]
#[cfg(target_arch = "aarch64")]
struct Stat {
    device: u64,
    inode: u64,
    mode: u32,
    links: u32,
    uid: u32,
    gid: u32,
    rdev: u64,
    padding: u64,
    size: u64,
    rest: [u64; 9],
}

/// Size, links, owner and mode of an open file.
pub fn status(fd: &Fd) -> Result<Status, Errno> {
    let mut stat = core::mem::MaybeUninit::<Stat>::uninit();
    // SAFETY: the kernel writes a whole `struct stat` (checked below) and nothing more.
    check(unsafe { syscall(nr::FSTAT, [fd.0 as usize, stat.as_mut_ptr() as usize, 0, 0, 0, 0]) })?;
    // SAFETY: filled by the kernel.
    let stat = unsafe { stat.assume_init() };
    Ok(Status { size: stat.size, links: stat.links as u32, uid: stat.uid, mode: stat.mode })
}

/// Keeps the segment from being removed as long as it is open. Here the open descriptor alone does that: nobody gets a
/// lease on a file that is open for writing.
#[inline]
pub fn hold(_segment: &Fd) -> Result<(), Errno> {
    Ok(())
}

/// Asks the kernel, for a descriptor opened with [`Open::Read`], that nobody has the file open for writing, and that
/// nobody opens it so as long as this descriptor is open (`F_SETLEASE` in `fcntl_locking(2)`). [`Errno::AGAIN`]: somebody
/// has. [`Errno::INVAL`]: this file system knows no leases.
///
/// A hook whose `open` comes between gets `EAGAIN` from it, because it does not wait, and begins again; the kernel tells
/// us so by a signal that nobody minds.
pub fn claim(segment: &Fd) -> Result<(), Errno> {
    let control = |command, value| {
        // SAFETY: takes numbers alone.
        check(unsafe { syscall(nr::FCNTL, [segment.0 as usize, command, value, 0, 0, 0]) })
    };
    control(F_SETSIG, SIGURG)?;
    control(F_SETLEASE, F_RDLCK).map(drop)
}

/// Reads from standard input.
pub fn read_stdin(buffer: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most `len` bytes into the buffer.
    check(unsafe { syscall(nr::READ, [0, buffer.as_mut_ptr() as usize, buffer.len(), 0, 0, 0]) })
}

/// Reads what standard input has without waiting. An error: it has nothing yet, or cannot say so.
pub fn read_stdin_now(buffer: &mut [u8]) -> Result<usize, Errno> {
    const HERE: usize = usize::MAX;
    let vector = (buffer.as_mut_ptr(), buffer.len());
    let arguments = [0, &raw const vector as usize, 1, HERE, HERE, RWF_NOWAIT];
    // SAFETY: a pair of pointer and length is a `struct iovec` (checked below), and the kernel writes at most `len` bytes.
    check(unsafe { syscall(nr::PREADV2, arguments) })
}

/// Bytes that wait in standard input, as far as the kernel knows.
pub fn stdin_waiting() -> usize {
    let mut bytes = 0_i32;
    // SAFETY: the kernel writes one `int`.
    unsafe { syscall(nr::IOCTL, [0, FIONREAD, &raw mut bytes as usize, 0, 0, 0]) };
    usize::try_from(bytes).unwrap_or(0)
}

/// Reads from an open file.
pub fn read(fd: &Fd, buffer: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most `len` bytes into the buffer.
    check(unsafe { syscall(nr::READ, [fd.0 as usize, buffer.as_mut_ptr() as usize, buffer.len(), 0, 0, 0]) })
}

/// Writes to standard output. Errors do not matter to the caller: nobody could be told.
pub fn write_stdout(bytes: &[u8]) {
    // SAFETY: the kernel reads `len` bytes.
    unsafe { syscall(nr::WRITE, [1, bytes.as_ptr() as usize, bytes.len(), 0, 0, 0]) };
}

/// Writes to an open file; may write less than all.
pub fn write(fd: &Fd, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads `len` bytes.
    check(unsafe { syscall(nr::WRITE, [fd.0 as usize, bytes.as_ptr() as usize, bytes.len(), 0, 0, 0]) })
}

/// Sets the size of an open file. Growing it takes no room: what is new is a hole.
pub fn set_size(fd: &Fd, bytes: u64) -> Result<(), Errno> {
    // SAFETY: takes numbers alone.
    check(unsafe { syscall(nr::FTRUNCATE, [fd.0 as usize, bytes as usize, 0, 0, 0, 0]) }).map(drop)
}

/// Writes all parts with one call; may write less than all.
pub fn write_parts<const N: usize>(fd: &Fd, parts: [&[u8]; N]) -> Result<usize, Errno> {
    let vector = parts.map(|part| (part.as_ptr(), part.len()));
    // Empty ones at the end need not be looked at by the kernel.
    let count = N - parts.iter().rev().take_while(|part| part.is_empty()).count();
    // SAFETY: a pair of pointer and length is laid out like `struct iovec` (checked below), and the kernel only reads.
    check(unsafe { syscall(nr::WRITEV, [fd.0 as usize, vector.as_ptr() as usize, count, 0, 0, 0]) })
}

const _: () = {
    assert!(core::mem::offset_of!((*const u8, usize), 0) == 0, "iov_base comes first");
    assert!(core::mem::offset_of!((*const u8, usize), 1) == 8, "iov_len comes second");
    assert!(core::mem::size_of::<Stat>() == if cfg!(target_arch = "x86_64") { 144 } else { 128 }, "struct stat");
};

/// A pipe, through which bytes go from standard input into a file without a copy in this process.
#[derive(Debug)]
pub struct Pipe {
    out: Fd,
    into: Fd,
}

/// Makes a pipe that takes as much as a socket's buffer usually holds.
pub fn pipe() -> Result<Pipe, Errno> {
    const BYTES: usize = 256 << 10;
    let mut ends = [0_i32; 2];
    // SAFETY: the kernel writes two descriptors.
    check(unsafe { syscall(nr::PIPE2, [ends.as_mut_ptr() as usize, O_CLOEXEC, 0, 0, 0, 0]) })?;
    let pipe = Pipe { out: Fd(ends[0]), into: Fd(ends[1]) };
    // A smaller one works as well, in more calls.
    // SAFETY: takes no pointer.
    unsafe { syscall(nr::FCNTL, [pipe.into.0 as usize, F_SETPIPE_SZ, BYTES, 0, 0, 0]) };
    Ok(pipe)
}

impl Pipe {
    /// Moves what standard input has into the pipe, at most `max` bytes. 0: it has ended.
    pub fn fill_from_stdin(&self, max: usize) -> Result<usize, Errno> {
        splice(0, self.into.0, max, 0)
    }

    /// The same without waiting. An error: it has nothing yet.
    pub fn fill_from_stdin_now(&self, max: usize) -> Result<usize, Errno> {
        splice(0, self.into.0, max, SPLICE_F_NONBLOCK)
    }

    /// Moves bytes on into a file.
    pub fn empty_into(&self, file: &Fd, max: usize) -> Result<usize, Errno> {
        splice(self.out.0, file.0, max, 0)
    }

    /// Reads bytes that the file did not take.
    pub fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        read(&self.out, buffer)
    }
}

fn splice(from: i32, to: i32, max: usize, flags: usize) -> Result<usize, Errno> {
    // SAFETY: the offsets are null: both ends go on where they are.
    check(unsafe { syscall(nr::SPLICE, [from as usize, 0, to as usize, 0, max, flags]) })
}

/// Waits until standard input can be read or `left` has passed; the time that then remains is left in `left`.
/// False means that the time is up.
pub fn wait_stdin(left: &mut Duration) -> bool {
    #[repr(C)]
    struct PollFd {
        fd: i32,
        events: i16,
        revents: i16,
    }
    let mut poll = PollFd { fd: 0, events: POLLIN, revents: 0 };
    let mut time = [left.as_secs() as i64, i64::from(left.subsec_nanos())];
    // SAFETY: one struct and one timespec, both ours; the kernel writes back what remains of the time.
    let ready = unsafe { syscall(nr::PPOLL, [&raw mut poll as usize, 1, time.as_mut_ptr() as usize, 0, 8, 0]) };
    *left = Duration::new(time[0].max(0) as u64, time[1].clamp(0, 999_999_999) as u32);
    // An error (no such descriptor) counts as readable: the read then says what is wrong.
    ready != 0
}

/// Nanoseconds since the Unix epoch.
pub fn now_ns() -> u64 {
    let mut time = [0_u64; 2];
    // SAFETY: the kernel writes one timespec.
    unsafe { syscall(nr::CLOCK_GETTIME, [0, time.as_mut_ptr() as usize, 0, 0, 0, 0]) };
    time[0] * 1_000_000_000 + time[1]
}

/// This process.
pub fn process_id() -> u32 {
    // SAFETY: takes nothing, cannot fail.
    (unsafe { syscall(nr::GETPID, [0; 6]) }) as u32
}

/// Its parent.
pub fn parent_id() -> u32 {
    // SAFETY: takes nothing, cannot fail.
    (unsafe { syscall(nr::GETPPID, [0; 6]) }) as u32
}

/// The user that this process acts as.
pub fn effective_uid() -> u32 {
    // SAFETY: takes nothing, cannot fail.
    (unsafe { syscall(nr::GETEUID, [0; 6]) }) as u32
}

/// From now on a write that cannot be done (nobody reads the pipe, the file is at the process's limit) is an error, not
/// the end of the process.
pub fn survive_failed_writes() {
    let signals: u64 = 1 << (SIGPIPE - 1) | 1 << (SIGXFSZ - 1);
    // SAFETY: the kernel reads the 8 bytes of one signal set and writes nothing.
    unsafe { syscall(nr::RT_SIGPROCMASK, [SIG_BLOCK, &raw const signals as usize, 0, 8, 0, 0]) };
}

/// Takes this program's code out of the process's memory. What runs next comes back from the page cache, a few pages at a
/// time. For a program that stays: most of what it took to start is never run again.
pub fn forget_code() {
    const PAGE_BYTES: usize = 4096;
    unsafe extern "C" {
        // Made by the linker: where the program begins, and where its code ends.
        static __executable_start: u8;
        static etext: u8;
    }
    let (start, end) = (&raw const __executable_start as usize, &raw const etext as usize);
    // SAFETY: what lies between is mapped from the program's file and was never written to: its headers, its constants
    // and its code. The page in which that ends is left out. A page that is missing is read from the file again.
    unsafe { syscall(nr::MADVISE, [start, (end - start) / PAGE_BYTES * PAGE_BYTES, MADV_DONTNEED, 0, 0, 0]) };
}

/// From now on this thread works when nobody else wants its processor: to the scheduler, a processor that runs nothing else
/// is idle. It is never left out for good.
pub fn work_when_idle() {
    // `struct sched_param`: a priority, which this policy has none of.
    let parameters = 0_i32;
    // SAFETY: the parameters are read, and live until the call returns. 0 is this thread.
    unsafe { syscall(nr::SCHED_SETSCHEDULER, [0, SCHED_IDLE, &raw const parameters as usize, 0, 0, 0]) };
}

/// Ends the process.
pub fn exit(code: i32) -> ! {
    loop {
        // SAFETY: does not return.
        unsafe { syscall(nr::EXIT_GROUP, [code as usize, 0, 0, 0, 0, 0]) };
    }
}

#[cfg(test)]
mod tests {
    /// Kilobytes of files in this process's memory.
    fn of_files() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").expect("the kernel says it");
        let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).expect("the line");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    #[test]
    fn code_that_was_forgotten_runs_again() {
        let before = of_files();
        super::forget_code();
        let after = of_files();
        assert!(after < before, "{after} of {before} kB");
    }

    #[test]
    fn a_thread_works_when_idle_and_the_others_do_not() {
        let policy = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("the kernel says it");
            // The 41st of proc(5); the second, the name, may hold spaces.
            let (_, after_name) = stat.rsplit_once(") ").expect("the name");
            after_name.split(' ').nth(41 - 3).expect("the field").to_owned()
        };
        let other = std::thread::spawn(move || {
            super::work_when_idle();
            policy()
        });
        assert_eq!(other.join().expect("no panic"), "5");
        assert_eq!(policy(), "0");
    }
}
