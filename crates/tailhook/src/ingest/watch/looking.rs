//! Where there is neither inotify nor kqueue: looking again and again, often enough not to be noticed.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};

use super::{Waker, Woken, make_again, take_calls, timespec};

const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// The journal and the spool.
pub(in crate::ingest) struct Watch {
    calls: OwnedFd,
    waker: Waker,
    folders: [PathBuf; 2],
}

impl Watch {
    /// Looks at both folders.
    pub(in crate::ingest) fn new(folders: [PathBuf; 2]) -> io::Result<Self> {
        let (calls, waker) = Waker::with_pipe()?;
        Ok(Self { calls, waker, folders })
    }

    /// The daemon ends.
    pub(in crate::ingest) fn is_stopped(&self) -> bool {
        self.waker.woken() == Woken::Stop
    }

    /// A handle that ends the wait.
    pub(in crate::ingest) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Sleeps for a moment.
    pub(in crate::ingest) fn wait(&mut self, patience: Option<Duration>, _glance: impl FnOnce()) -> Woken {
        let timeout = timespec(patience.unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN));
        let _ = poll(&mut [PollFd::new(&self.calls, PollFlags::IN)], Some(&timeout));
        take_calls(&self.calls);
        if self.folders.iter().any(|folder| !folder.exists()) {
            make_again(&self.folders);
        }
        self.waker.woken()
    }
}
