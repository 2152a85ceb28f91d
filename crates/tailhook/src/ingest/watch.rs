//! Sleeping until a hook has appended something.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::inotify;

/// Why the sleep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// Something may have been appended, or the time is up.
    Look,
    /// The daemon ends.
    Stop,
}

/// The kernel's notices about the journal and the spool.
pub(super) struct Watch {
    notices: OwnedFd,
    stop: Arc<OwnedFd>,
    folders: [PathBuf; 2],
}

/// Ends the ingest thread from another one.
#[derive(Clone)]
pub(crate) struct Waker(Arc<OwnedFd>);

impl Waker {
    /// The thread stores what it has and ends.
    pub(crate) fn stop(&self) {
        let _ = rustix::io::write(&*self.0, &1_u64.to_ne_bytes());
    }
}

impl Watch {
    /// Watches the folders, not the files in them: one watch sees every segment come, grow and be replaced. Spilled
    /// payloads lie one folder deeper and wake nobody.
    pub(super) fn new(folders: [PathBuf; 2]) -> io::Result<Self> {
        let notices = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        let stop = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let watch = Self { notices, stop, folders };
        watch.add()?;
        Ok(watch)
    }

    fn add(&self) -> io::Result<()> {
        for folder in &self.folders {
            let events = inotify::WatchFlags::MODIFY | inotify::WatchFlags::ONLYDIR | inotify::WatchFlags::DELETE_SELF;
            inotify::add_watch(&self.notices, folder, events)?;
        }
        Ok(())
    }

    /// A handle that ends the wait for good.
    #[expect(clippy::unnecessary_wraps, reason = "other systems make a pipe here")]
    pub(super) fn waker(&self) -> io::Result<Waker> {
        Ok(Waker(Arc::clone(&self.stop)))
    }

    /// Sleeps until something is appended, or for `patience` if one is given.
    pub(super) fn wait(&mut self, patience: Option<Duration>) -> Woken {
        let timeout = patience.map(|time| Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(time.subsec_nanos()),
        });
        let mut waits =
            [PollFd::new(&self.notices, PollFlags::IN), PollFd::from_borrowed_fd(self.stop.as_fd(), PollFlags::IN)];
        // An interrupted wait is a look for nothing, no more.
        let _ = poll(&mut waits, timeout.as_ref());
        if !waits[1].revents().is_empty() {
            return Woken::Stop;
        }
        self.forget_notices();
        Woken::Look
    }

    /// What the notices say does not matter, only that they came: the segments themselves tell what is new.
    fn forget_notices(&mut self) {
        let mut buffer = [const { std::mem::MaybeUninit::uninit() }; 4096];
        let mut reader = inotify::Reader::new(&self.notices, &mut buffer);
        let mut gone = false;
        while let Ok(event) = reader.next() {
            gone |= event.events().contains(inotify::ReadFlags::IGNORED);
        }
        if gone {
            // Somebody removed a folder of ours. Hooks make it again; so do we, and watch the new one.
            for folder in &self.folders {
                use std::os::unix::fs::DirBuilderExt;
                let _ = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            }
            if let Err(error) = self.add() {
                tracing::error!("could not watch the journal: {error}");
            }
        }
    }
}
