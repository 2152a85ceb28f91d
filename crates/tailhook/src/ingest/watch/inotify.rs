//! The kernel says when a segment has grown.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fs::inotify::{self, ReadFlags, WatchFlags};
use tailhook_journal::append::ACTIVE;

use super::{WATCH_AGAIN, Waker, Woken, timespec, watch_again};

/// The kernel's notices about the journal and the spool.
///
/// A notice is made by the hook that appends, in its time. So the folders are watched only while this thread sleeps, and
/// for one notice: whoever appends while it is awake pays nothing.
pub(in crate::ingest) struct Watch {
    notices: OwnedFd,
    waker: Waker,
    /// The journal, then the spool.
    folders: [PathBuf; 2],
    /// The kernel's number for the journal.
    journal: i32,
    /// The kernel will tell.
    armed: bool,
}

impl Watch {
    /// Watches the folders, not the files in them: one watch sees every segment come, grow and be replaced. Spilled
    /// payloads lie one folder deeper and wake nobody.
    pub(in crate::ingest) fn new(folders: [PathBuf; 2]) -> io::Result<Self> {
        let notices = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        let waker = Waker::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let journal = arm(&notices, &folders)?;
        Ok(Self { notices, waker, folders, journal, armed: true })
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
    ///
    /// `glance` looks how far the journal's active segment reaches. It is called before the notices are read: had
    /// something been appended elsewhere before what it sees, its notice would be among them.
    pub(in crate::ingest) fn wait(&mut self, patience: Option<Duration>, glance: impl FnOnce()) -> Woken {
        if !self.armed {
            self.armed = watch_again(&self.folders, || {
                self.journal = arm(&self.notices, &self.folders)?;
                Ok(())
            });
            if self.armed {
                return Woken::Look;
            }
        }
        // Where nothing can be watched, looking now and then is what is left.
        let timeout = patience.or((!self.armed).then_some(WATCH_AGAIN)).map(timespec);
        let mut waits = [
            PollFd::new(&self.notices, PollFlags::IN),
            PollFd::from_borrowed_fd(self.waker.alarm.as_fd(), PollFlags::IN),
        ];
        // An interrupted wait is a look for nothing, no more.
        let _ = poll(&mut waits, timeout.as_ref());
        if !waits[1].revents().is_empty() {
            let _ = rustix::io::read(&*self.waker.alarm, &mut [0_u8; 8]);
        }
        let was_armed = self.armed;
        if !waits[0].revents().is_empty() {
            glance();
        }
        let is_of_active = self.take_notices();
        match self.waker.woken() {
            Woken::Look if was_armed && is_of_active => Woken::Grown,
            woken => woken,
        }
    }

    /// Takes the notices that have come, by one call. True: all of them say that the journal's active segment was
    /// written to. Beyond that it matters only that they came: the segments themselves tell what is new.
    fn take_notices(&mut self) -> bool {
        let mut buffer = [const { MaybeUninit::uninit() }; 4096];
        let mut reader = inotify::Reader::new(&self.notices, &mut buffer);
        let (mut any, mut other) = (false, false);
        while let Ok(notice) = reader.next() {
            self.armed = false;
            // The watch is for one notice; that it is over is a second one.
            if !notice.events().contains(ReadFlags::IGNORED) {
                any = true;
                let is_modified = notice.events() == ReadFlags::MODIFY && notice.file_name() == Some(ACTIVE);
                other |= notice.wd() != self.journal || !is_modified;
            }
            if reader.is_buffer_empty() {
                break;
            }
        }
        any && !other
    }
}

/// The kernel's number for the journal.
fn arm(notices: &OwnedFd, [journal, spool]: &[PathBuf; 2]) -> io::Result<i32> {
    // DELETE: the segment that we have open keeps a removed folder alive, and with it DELETE_SELF from coming.
    let events = WatchFlags::MODIFY
        | WatchFlags::ONESHOT
        | WatchFlags::ONLYDIR
        | WatchFlags::DELETE
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF;
    let number = inotify::add_watch(notices, journal, events)?;
    inotify::add_watch(notices, spool, events)?;
    Ok(number)
}
