//! Sleeping until a hook has appended something.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(all(target_os = "linux", not(tailhook_portable)))]
mod inotify;
#[cfg(all(target_os = "linux", not(tailhook_portable)))]
pub(super) use inotify::Watch;

#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd"))]
mod kqueue;
#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd"))]
pub(super) use kqueue::Watch;

#[cfg(not(any(
    all(target_os = "linux", not(tailhook_portable)),
    any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd")
)))]
mod looking;
#[cfg(not(any(
    all(target_os = "linux", not(tailhook_portable)),
    any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd")
)))]
pub(super) use looking::Watch;

/// Why the sleep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// Something may have been appended, or the time is up.
    Look,
    /// Since it began to sleep, the journal's active segment has grown, and nothing else has up to the moment of the
    /// glance.
    Grown,
    /// The daemon ends.
    Stop,
}

/// Wakes the ingest thread from another one.
#[derive(Clone)]
pub(crate) struct Waker {
    alarm: Arc<OwnedFd>,
    stopping: Arc<AtomicBool>,
}

impl Waker {
    fn new(alarm: OwnedFd) -> Self {
        Self { alarm: Arc::new(alarm), stopping: Arc::default() }
    }

    /// Where there is no eventfd: a pipe. Gives its other end too, from which the calls are to be taken.
    #[cfg(any(not(target_os = "linux"), tailhook_portable))]
    fn with_pipe() -> std::io::Result<(OwnedFd, Self)> {
        let (calls, alarm) = rustix::pipe::pipe()?;
        for end in [&calls, &alarm] {
            // One that is full wakes as well, and must not hold up the caller.
            rustix::io::ioctl_fionbio(end, true)?;
            rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
        }
        Ok((calls, Self::new(alarm)))
    }

    /// The thread looks whether there is something to store.
    pub(crate) fn look(&self) {
        // Eight bytes are what an eventfd wants; a pipe takes any number.
        let _ = rustix::io::write(&*self.alarm, &1_u64.to_ne_bytes());
    }

    /// The thread stores what it has and ends.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.look();
    }

    /// What a wake means.
    fn woken(&self) -> Woken {
        if self.stopping.load(Ordering::Acquire) { Woken::Stop } else { Woken::Look }
    }
}

/// Takes all calls from the pipe of a [`Waker::with_pipe`].
#[cfg(any(not(target_os = "linux"), tailhook_portable))]
fn take_calls(calls: &OwnedFd) {
    while rustix::io::read(calls, &mut [0_u8; 512]).is_ok_and(|n| n == 512) {}
}

#[cfg(not(any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd")))]
fn timespec(time: std::time::Duration) -> rustix::event::Timespec {
    rustix::event::Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(time.subsec_nanos()),
    }
}

/// How soon to try again when the folders cannot be watched.
#[cfg(any(
    all(target_os = "linux", not(tailhook_portable)),
    any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd")
))]
const WATCH_AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

/// Has `arm` ask the kernel for the next notice; false: there will be none.
#[cfg(any(
    all(target_os = "linux", not(tailhook_portable)),
    any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd")
))]
fn watch_again(folders: &[PathBuf], mut arm: impl FnMut() -> std::io::Result<()>) -> bool {
    let armed = arm().or_else(|_| {
        // A folder was removed, or moved away.
        make_again(folders);
        arm()
    });
    armed.inspect_err(|error| tracing::error!("could not watch the journal: {error}")).is_ok()
}

/// Makes the folders again after somebody removed them, as a hook would.
fn make_again(folders: &[PathBuf]) {
    use std::os::unix::fs::DirBuilderExt;
    for folder in folders {
        let _ = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    }
}
