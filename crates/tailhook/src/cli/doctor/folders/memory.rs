//! Whether the journal is in memory, where the hook's write costs microseconds.

use std::path::Path;

use super::super::finding::Finding;

#[cfg(target_os = "linux")]
pub(in super::super) fn check(journal: &Path) -> Option<Finding> {
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    // Before the first hook made it, its parent tells.
    let place = journal.ancestors().find(|place| place.exists())?;
    let kind = rustix::fs::statfs(place).ok()?.f_type;
    // Signed on some systems.
    let kind = kind as u64 & 0xffff_ffff;
    if [TMPFS, RAMFS].contains(&kind) {
        return None;
    }
    let message = format!("{} is not on tmpfs: each hook may wait for a disk", journal.display());
    Some(Finding::warning("journal", message).fix("sudo mount -t tmpfs -o mode=1777 tmpfs /dev/shm"))
}

#[cfg(not(target_os = "linux"))]
pub(in super::super) fn check(_journal: &Path) -> Option<Finding> {
    None
}
