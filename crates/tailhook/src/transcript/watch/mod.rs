//! Sleeping until a transcript has grown or the ingest thread has something to say.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;

#[cfg(all(target_os = "linux", not(tailhook_portable)))]
mod inotify;
#[cfg(all(target_os = "linux", not(tailhook_portable)))]
pub(super) use inotify::Watch;

#[cfg(any(not(target_os = "linux"), tailhook_portable))]
mod told;
#[cfg(any(not(target_os = "linux"), tailhook_portable))]
pub(super) use told::Watch;

/// What may have changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Touched {
    /// These files, perhaps none.
    These(Vec<PathBuf>),
    /// Notices were lost.
    #[cfg_attr(any(not(target_os = "linux"), tailhook_portable), expect(dead_code, reason = "nothing to lose there"))]
    Any,
}

/// Wakes the follower from another thread.
pub(super) struct Alarm(Arc<OwnedFd>);

impl Alarm {
    pub(super) fn ring(&self) {
        // Eight bytes are what an eventfd wants; a pipe takes any number, and one that is full wakes as well.
        let _ = rustix::io::write(&*self.0, &1_u64.to_ne_bytes());
    }
}
