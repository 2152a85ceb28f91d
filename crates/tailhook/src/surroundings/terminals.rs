//! When terminals are closed: the kernel takes them out of `/dev/pts`, and tells of that.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

const FOLDER: &str = "/dev/pts";

pub(super) struct Terminals {
    notices: OwnedFd,
}

impl Terminals {
    /// `None`: nobody tells of terminals here.
    pub(super) fn watch() -> Option<Self> {
        let notices = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
        inotify::add_watch(&notices, FOLDER, WatchFlags::DELETE).ok()?;
        Some(Self { notices })
    }

    /// Readable when one was closed.
    pub(super) fn handle(&self) -> BorrowedFd<'_> {
        self.notices.as_fd()
    }

    /// Whether any was closed since.
    pub(super) fn take(&self) -> bool {
        let mut buffer = [MaybeUninit::uninit(); 4_096];
        let mut reader = inotify::Reader::new(&self.notices, &mut buffer);
        let mut any = false;
        while reader.next().is_ok() {
            any = true;
        }
        any
    }
}
