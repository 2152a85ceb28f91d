//! Where there is no inotify: files are looked at when an event of their session says that there is something to see.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, poll};

use super::{Alarm, Touched};

/// What the ingest thread says, and nothing else.
pub(in crate::transcript) struct Watch {
    told: OwnedFd,
}

impl Watch {
    /// Nothing is followed yet.
    pub(in crate::transcript) fn new() -> io::Result<(Self, Alarm)> {
        let (told, ring) = rustix::pipe::pipe()?;
        for end in [&told, &ring] {
            rustix::io::ioctl_fionbio(end, true)?;
        }
        Ok((Self { told }, Alarm(Arc::new(ring))))
    }

    /// Nothing to do: the inbox names the file.
    #[expect(clippy::unused_self, reason = "the other systems' watches need it")]
    pub(in crate::transcript) fn follow(&mut self, _file: &Path) {}

    /// As above.
    #[expect(clippy::unused_self, reason = "the other systems' watches need it")]
    pub(in crate::transcript) fn forget(&mut self, _file: &Path) {}

    /// Sleeps until the alarm rings.
    pub(in crate::transcript) fn wait(&mut self) -> Touched {
        let _ = poll(&mut [PollFd::new(&self.told, PollFlags::IN)], None);
        while rustix::io::read(&self.told, &mut [0_u8; 512]).is_ok_and(|n| n == 512) {}
        Touched::These(Vec::new())
    }
}
