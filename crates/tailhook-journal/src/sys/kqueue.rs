//! The kernel's notices about files that change (kqueue), on macOS and the BSDs.

extern crate std;

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::vec::Vec;

use core::time::Duration;

use rustix::event::kqueue::{Event, EventFilter, EventFlags, VnodeEvents, kevent, kqueue};

/// Notices about some open files, and about calls that come by a pipe.
///
/// A notice is made in the time of the one who changes the file. So each file gives one, and no more.
#[derive(Debug)]
pub struct Notices {
    queue: OwnedFd,
    calls: OwnedFd,
    /// The kernel forgets a file that is closed.
    files: Vec<OwnedFd>,
}

impl Notices {
    /// Of the pipe alone.
    pub fn new(calls: OwnedFd) -> io::Result<Self> {
        let queue = kqueue()?;
        rustix::io::fcntl_setfd(&queue, rustix::io::FdFlags::CLOEXEC)?;
        let notices = Self { queue, calls, files: Vec::new() };
        notices.ask(&[Event::new(
            EventFilter::Read(notices.calls.as_raw_fd()),
            EventFlags::ADD,
            core::ptr::null_mut(),
        )])?;
        Ok(notices)
    }

    /// Asks for one notice about each of these files and no others, when it is written to, renamed or removed; of a folder,
    /// when what is in it comes, goes or is renamed.
    pub fn watch(&mut self, files: Vec<OwnedFd>) -> io::Result<()> {
        self.files = files;
        let change = |file: &OwnedFd| {
            let flags = VnodeEvents::WRITE | VnodeEvents::EXTEND | VnodeEvents::DELETE | VnodeEvents::RENAME;
            let filter = EventFilter::Vnode { vnode: file.as_raw_fd(), flags };
            Event::new(filter, EventFlags::ADD | EventFlags::ONESHOT, core::ptr::null_mut())
        };
        self.ask(&self.files.iter().map(change).collect::<Vec<_>>())
    }

    fn ask(&self, changes: &[Event]) -> io::Result<()> {
        // SAFETY: all files are ours and live as long as the queue; an empty list takes no event.
        unsafe { kevent(&self.queue, changes, &mut [] as &mut [Event], None)? };
        Ok(())
    }

    /// Sleeps until a file has changed, a call has come, or the time is up. True: a file has changed.
    pub fn wait(&self, time: Option<Duration>) -> io::Result<bool> {
        let mut events = Vec::with_capacity(8);
        // SAFETY: as above; the list takes what it has room for.
        unsafe { kevent(&self.queue, &[], rustix::buffer::spare_capacity(&mut events), time)? };
        Ok(events.iter().any(|event: &Event| matches!(event.filter(), EventFilter::Vnode { .. })))
    }

    /// The pipe, to take the calls from it.
    pub fn calls(&self) -> &OwnedFd {
        &self.calls
    }
}
