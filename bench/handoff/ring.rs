//! A ring in shared memory, as small as it can be: writers reserve a place with one atomic addition, copy, and publish.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Result, ensure};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::thread::futex;

/// Bytes for one frame.
const SLOT_BYTES: usize = 2_048;
const SLOTS: usize = 64;
/// The counters have a page of their own.
const HEAD_BYTES: usize = 4_096;
const RING_BYTES: usize = HEAD_BYTES + SLOTS * SLOT_BYTES;

/// The ring, mapped. Unmapped when dropped.
pub(crate) struct Ring {
    base: *mut u8,
}

// SAFETY: all that is shared is reached through the atomics below, or belongs to the writer that reserved it.
unsafe impl Send for Ring {}

impl Ring {
    /// Makes the file.
    pub(crate) fn create(path: &Path) -> Result<()> {
        Ok(File::create(path)?.set_len(RING_BYTES as u64)?)
    }

    /// Opens and maps it.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::options().read(true).write(true).open(path)?;
        // SAFETY: a new mapping, wherever the kernel puts it; the file has this length and nobody shortens it.
        let base = unsafe {
            let access = ProtFlags::READ | ProtFlags::WRITE;
            mmap(std::ptr::null_mut(), RING_BYTES, access, MapFlags::SHARED, &file, 0)?
        };
        Ok(Self { base: base.cast() })
    }

    /// Reserved so far, published so far.
    fn counters(&self) -> [&AtomicU32; 2] {
        // SAFETY: the first eight bytes of a page-aligned mapping, touched only as atomics.
        unsafe { [&*self.base.cast(), &*self.base.add(4).cast()] }
    }

    /// Copies a frame in and publishes it; wakes the reader with a futex if asked to.
    pub(crate) fn push(&self, frame: &[u8], wake: bool) -> Result<()> {
        ensure!(frame.len() <= SLOT_BYTES, "the frame does not fit a slot");
        let [reserved, published] = self.counters();
        let slot = reserved.fetch_add(1, Ordering::AcqRel) as usize % SLOTS;
        // SAFETY: inside the mapping, and ours until it is published: the reader keeps up in this bench.
        unsafe {
            let to = self.base.add(HEAD_BYTES + slot * SLOT_BYTES);
            to.copy_from_nonoverlapping(frame.as_ptr(), frame.len());
        }
        published.fetch_add(1, Ordering::Release);
        if wake {
            futex::wake(published, futex::Flags::empty(), 1)?;
        }
        Ok(())
    }

    /// How many frames were published.
    pub(crate) fn published(&self) -> u32 {
        self.counters()[1].load(Ordering::Acquire)
    }

    /// Sleeps until more than `seen` frames were published; may return early.
    pub(crate) fn wait(&self, seen: u32) {
        let _ = futex::wait(self.counters()[1], futex::Flags::empty(), seen, None);
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: mapped above with this length; nothing refers to it any more.
        let _ = unsafe { munmap(self.base.cast(), RING_BYTES) };
    }
}
