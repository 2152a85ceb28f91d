//! The kernel says when a file has changed, on macOS and the BSDs.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use tailhook_journal::sys::kqueue::Notices;

use super::{WATCH_AGAIN, Waker, Woken, take_calls, watch_again};

/// The segment in each folder that hooks append to.
const ACTIVE: &str = "active";

/// The kernel's notices about the journal and the spool.
///
/// A folder tells of a segment that comes or goes, not of one that grows, so the segment is watched too. As a notice costs
/// the hook that causes it, both are watched only while this thread sleeps, and for one notice each.
pub(in crate::ingest) struct Watch {
    notices: Notices,
    waker: Waker,
    folders: [PathBuf; 2],
    /// The kernel will tell.
    armed: bool,
}

impl Watch {
    /// Watches both folders.
    pub(in crate::ingest) fn new(folders: [PathBuf; 2]) -> io::Result<Self> {
        let (calls, waker) = Waker::with_pipe()?;
        let mut notices = Notices::new(calls)?;
        arm(&mut notices, &folders)?;
        Ok(Self { notices, waker, folders, armed: true })
    }

    /// The daemon ends.
    pub(in crate::ingest) fn is_stopped(&self) -> bool {
        self.waker.woken() == Woken::Stop
    }

    /// A handle that ends the wait.
    pub(in crate::ingest) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Sleeps until something is appended, or for `patience` if one is given. At once the first time after that: what
    /// was appended before the kernel began to watch is to be looked for once more.
    pub(in crate::ingest) fn wait(&mut self, patience: Option<Duration>, _glance: impl FnOnce()) -> Woken {
        if !self.armed {
            self.armed = watch_again(&self.folders, || arm(&mut self.notices, &self.folders));
            if self.armed {
                return Woken::Look;
            }
        }
        // Where nothing can be watched, looking now and then is what is left.
        let time = patience.or((!self.armed).then_some(WATCH_AGAIN));
        // An interrupted wait is a look for nothing, no more. What a notice says does not matter, only that it came: the
        // segments themselves tell what is new.
        if self.notices.wait(time).unwrap_or(false) {
            self.armed = false;
        }
        take_calls(self.notices.calls());
        self.waker.woken()
    }
}

/// Asks for a notice about each folder, and about the segment in it if there is one.
fn arm(notices: &mut Notices, folders: &[PathBuf]) -> io::Result<()> {
    let mut files = Vec::new();
    for folder in folders {
        files.push(open(folder, OFlags::DIRECTORY)?);
        let active = folder.join(ACTIVE);
        match open(&active, OFlags::NOFOLLOW | OFlags::NONBLOCK) {
            Ok(segment) => files.push(segment),
            // The folder tells when one comes. What else may stand there the hooks refuse as well.
            Err(_) if !std::fs::symlink_metadata(&active).is_ok_and(|metadata| metadata.is_file()) => {}
            Err(error) => return Err(error),
        }
    }
    notices.watch(files)
}

fn open(path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC | flags, Mode::empty())?)
}
