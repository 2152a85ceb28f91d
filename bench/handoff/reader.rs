//! A reader that keeps nothing: it follows the journal, seals its segment and removes it as the daemon does.

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::fs::{FallocateFlags, fallocate, inotify};
use tailhook_journal::scan::{Item, Scan};
use tailhook_journal::sys::{self, Errno, Open};

/// As much as the daemon reads at once.
const BATCH_BYTES: usize = 4 << 20;
/// The daemon seals a segment of which so much is stored.
const ROTATE_BYTES: u64 = 4 << 20;
/// How long all frames may take to come.
const PATIENCE: Duration = Duration::from_mins(1);

/// What becomes of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// The segment is sealed, and removed once nobody has it open: writers must look whether it still has a name.
    Sealed,
    /// Its pages are given back, and it stays: for writers that know nothing of a journal.
    Punched,
}

/// A segment and how far it was read.
struct Segment {
    path: PathBuf,
    file: File,
    at: u64,
    /// Pages before this were given back.
    punched: u64,
}

impl Segment {
    fn open(path: PathBuf) -> io::Result<Self> {
        Ok(Self { file: File::open(&path)?, path, at: 0, punched: 0 })
    }

    /// Reads what is there; gives the number of frames. A frame that is being written counts when it is whole.
    fn read(&mut self, buffer: &mut [u8]) -> Result<u64> {
        let mut frames = 0;
        loop {
            let n = self.file.read_at(buffer, self.at)?;
            let mut scan = Scan::new(&buffer[..n], false);
            for item in scan.by_ref() {
                let Item::Frame(_) = item else { bail!("a torn frame") };
                frames += 1;
            }
            self.at += scan.done() as u64;
            if scan.done() == 0 {
                return Ok(frames);
            }
        }
    }

    fn punch(&mut self) -> Result<()> {
        let file = File::options().write(true).open(&self.path)?;
        let holes = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        fallocate(&file, holes, self.punched, self.at - self.punched)?;
        self.punched = self.at;
        Ok(())
    }

    /// Removes it if all of it was read and nobody can write to it any more.
    fn remove(&self) -> Result<bool> {
        let mut path = tailhook_journal::place::Path::new();
        path.push(self.path.as_os_str().as_bytes()).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let claimed = sys::open_at(None, path.as_c_str(), Open::Read).and_then(|file| sys::claim(&file).map(|()| file));
        match claimed {
            Ok(_claim) if self.file.metadata()?.len() == self.at => {
                std::fs::remove_file(&self.path)?;
                Ok(true)
            }
            Ok(_) | Err(Errno::AGAIN) => Ok(false),
            Err(error) => bail!("could not claim a sealed segment: {error:?}"),
        }
    }
}

/// Reads until so many frames came, all whole.
pub(crate) fn read(home: &Path, wanted: u64, room: Room) -> Result<()> {
    let mut reader = Reader {
        folder: home.join("journal"),
        notices: inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?,
        active: None,
        sealed: Vec::new(),
        number: 0,
        buffer: vec![0; BATCH_BYTES],
    };
    let (mut frames, mut looked_in_vain) = (0, 0);
    let start = Instant::now();
    while frames < wanted {
        reader.make_room(room)?;
        let came = reader.read()?;
        frames += came;
        looked_in_vain = if came > 0 { 0 } else { looked_in_vain + 1 };
        match looked_in_vain {
            0 => {}
            // The daemon's store takes its time, and what is appended meanwhile is one batch. This one takes none: writers
            // that wait for a processor go first.
            1 => rustix::thread::sched_yield(),
            // As the daemon does it: watched only by a reader that is about to sleep, after one more look.
            2 => reader.watch()?,
            _ => {
                ensure!(start.elapsed() < PATIENCE, "{frames} of {wanted} frames came");
                reader.sleep()?;
                looked_in_vain = 0;
            }
        }
    }
    Ok(())
}

struct Reader {
    folder: PathBuf,
    notices: OwnedFd,
    /// None until a writer has made it.
    active: Option<Segment>,
    sealed: Vec<Segment>,
    /// Of the next sealed one.
    number: u64,
    buffer: Vec<u8>,
}

impl Reader {
    fn read(&mut self) -> Result<u64> {
        if self.active.is_none() {
            self.active = match Segment::open(self.folder.join("active")) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                opened => Some(opened.context("could not open the segment")?),
            };
        }
        let mut frames = 0;
        for segment in self.sealed.iter_mut().chain(&mut self.active) {
            frames += segment.read(&mut self.buffer)?;
        }
        Ok(frames)
    }

    fn make_room(&mut self, room: Room) -> Result<()> {
        let mut kept = Vec::new();
        for segment in self.sealed.drain(..) {
            if !segment.remove()? {
                kept.push(segment);
            }
        }
        self.sealed = kept;
        let Some(active) = self.active.as_mut().filter(|active| active.at - active.punched >= ROTATE_BYTES) else {
            return Ok(());
        };
        if room == Room::Punched {
            return active.punch();
        }
        let sealed = self.folder.join(format!("sealed-{}", self.number));
        std::fs::rename(&active.path, &sealed)?;
        active.path = sealed;
        self.number += 1;
        self.sealed.extend(self.active.take());
        Ok(())
    }

    fn watch(&self) -> Result<()> {
        let once = inotify::WatchFlags::MODIFY | inotify::WatchFlags::ONESHOT;
        inotify::add_watch(&self.notices, &self.folder, once)?;
        Ok(())
    }

    fn sleep(&self) -> Result<()> {
        poll(&mut [PollFd::new(&self.notices, PollFlags::IN)], Some(&Timespec { tv_sec: 1, tv_nsec: 0 }))
            .context("could not wait for the journal")?;
        let mut buffer = [const { std::mem::MaybeUninit::uninit() }; 4_096];
        let mut reader = inotify::Reader::new(&self.notices, &mut buffer);
        while reader.next().is_ok() {}
        Ok(())
    }
}
