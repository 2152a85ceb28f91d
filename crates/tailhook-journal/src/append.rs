//! Appending one frame, from a hook or from any other program.

use core::ffi::CStr;

use crate::frame::{Frame, Stages};
use crate::place::{Path, Place};
use crate::sys::{self, Errno, Fd, Open};

/// How much may lie in the journal and in the spool, bytes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of the active segment, and of the spilled payloads beside it.
    pub journal_bytes: u64,
    /// The same in the spool.
    pub spool_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { journal_bytes: 32 << 20, spool_bytes: 1 << 30 }
    }
}

/// Where an event went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// Into the journal.
    Journal,
    /// Into the spool: the journal is full or cannot be written.
    Spool,
    /// Nowhere, and counted if that was possible.
    Dropped,
}

/// The segment that is appended to.
pub const ACTIVE: &CStr = c"active";
/// Its size is the number of events that were dropped.
pub const DROPPED: &CStr = c"dropped";

/// A segment that was removed around our `open` is left for the new one; twice in a row is already a wonder, so a fourth
/// try means that something else is wrong.
const TRIES: u32 = 3;

/// Appends an event whose payload is whole and at most [`crate::frame::INLINE_BYTES`]; larger ones go through
/// [`crate::spill::Spill`] first.
///
/// This is all that it takes to hand an event to tailhook: about 5 microseconds, no daemon needed. `frame.stamp_ns`
/// should be now, `frame.agent` your program's name; the payload is a JSON object.
///
/// ```
/// use tailhook_journal::{Appended, Flags, Frame, Limits, Place, append, sys};
///
/// # use std::os::unix::ffi::OsStrExt;
/// # let folder = tempfile::tempdir()?;
/// # let home = folder.path().join("home");
/// # let home = Some(home.as_os_str().as_bytes());
/// let payload = br#"{"type":"build.finished","session_id":"nightly","data":{"ok":true}}"#;
/// let frame = Frame {
///     flags: Flags::default(),
///     pid: sys::process_id(),
///     ppid: sys::parent_id(),
///     hook_ns: 0,
///     stamp_ns: sys::now_ns(),
///     total_bytes: payload.len() as u64,
///     agent: b"external",
///     event: b"",
///     payload,
///     stages: None,
/// };
/// // `home`: TAILHOOK_HOME where it is set, else `None`.
/// let place = Place { uid: sys::effective_uid(), home };
/// assert_eq!(append(&place, Limits::default(), &frame), Appended::Journal);
/// # let segment = std::fs::read(folder.path().join("home/journal/active"))?;
/// # let (read, bytes) = Frame::decode(&segment).expect("a whole frame");
/// # assert_eq!((read.agent, read.payload, bytes), (frame.agent, frame.payload, segment.len()));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// The event's type is the payload's `type`: lower case, with a dot in it, and not `system.`.
pub fn append(place: &Place<'_>, limits: Limits, frame: &Frame<'_>) -> Appended {
    append_stamped(place, limits, None, || *frame).0
}

/// The files that an append opened.
#[derive(Debug)]
pub struct Opened {
    _dir: Option<Fd>,
    segment: Fd,
}

impl Opened {
    /// Whether the segment has this number. To a process that was started without standard output it may have that one:
    /// what is written there would land in the journal.
    pub fn is_segment(&self, number: i32) -> bool {
        self.segment.raw() == number
    }
}

/// The same, with the frame made at the last moment, when the segment is open: its stamp is then as late, and its order
/// in the segment as true, as can be. `journal` is its folder, where that is open already. Gives the files that were
/// opened: a process that ends now need not close them.
pub fn append_stamped<'f>(
    place: &Place<'_>,
    limits: Limits,
    journal: Option<&Fd>,
    mut frame: impl FnMut() -> Frame<'f>,
) -> (Appended, Option<Opened>) {
    let segment = match journal {
        Some(dir) => open_segment(dir, limits.journal_bytes),
        None => open_ready(place, limits.journal_bytes),
    };
    // Full, removed meanwhile, or not there yet: the long way sees to each.
    if let Ok(segment) = segment
        && write(&segment, &frame()).is_ok()
    {
        return (Appended::Journal, Some(Opened { _dir: None, segment }));
    }
    let journal = place.journal().and_then(|path| append_in(place, &path, limits.journal_bytes, &mut frame));
    if let Ok(opened) = journal {
        return (Appended::Journal, Some(opened));
    }
    let spool = place.spool().and_then(|path| append_in(place, &path, limits.spool_bytes, &mut frame));
    if let Ok(opened) = spool {
        return (Appended::Spool, Some(opened));
    }
    count_drop(place);
    (Appended::Dropped, None)
}

fn append_in<'f>(
    place: &Place<'_>,
    path: &Path,
    max_bytes: u64,
    frame: &mut impl FnMut() -> Frame<'f>,
) -> Result<Opened, Errno> {
    let dir = place.open_dir(path)?;
    let segment = open_segment(&dir, max_bytes)?;
    write(&segment, &frame())?;
    Ok(Opened { _dir: Some(dir), segment })
}

fn write(segment: &Fd, frame: &Frame<'_>) -> Result<(), Errno> {
    let stages = frame.stages.map(Stages::to_bytes);
    let stages = stages.as_ref().map_or(&[][..], |bytes| &bytes[..]);
    let header = frame.header(stages);
    let length = header.len() + frame.payload.len() + frame.agent.len() + frame.event.len() + stages.len();
    let written = sys::write_parts(segment, [&header, frame.payload, frame.agent, frame.event, stages])?;
    // A short write left a torn frame, which the reader skips.
    if written == length { Ok(()) } else { Err(Errno::NOSPC) }
}

/// The journal's active segment as it mostly is: there, held and with room. Its folder is not looked at: a file that is
/// this user's, for nobody else and of one name, at the end of a path without links, was made by somebody who did so.
fn open_ready(place: &Place<'_>, max_bytes: u64) -> Result<Fd, Errno> {
    let mut path = place.journal()?;
    path.push(b"/")?.push(ACTIVE.to_bytes())?;
    let segment = sys::open_without_links(path.as_c_str())?;
    sys::hold(&segment)?;
    let status = sys::status(&segment)?;
    if status.is_secret_file(place.uid) && status.size < max_bytes { Ok(segment) } else { Err(Errno::PERM) }
}

/// The active segment, held and with room.
fn open_segment(dir: &Fd, max_bytes: u64) -> Result<Fd, Errno> {
    for _ in 0..TRIES {
        let segment = match open_or_create(dir, ACTIVE) {
            // The daemon claims only what it is about to remove, and it has renamed that before.
            Err(Errno::AGAIN) => continue,
            other => other?,
        };
        if sys::hold(&segment).is_err() {
            continue;
        }
        // Now that we hold it: a segment that has no name any more was removed before.
        let status = sys::status(&segment)?;
        if status.links == 0 {
            continue;
        }
        if !status.is_file() {
            return Err(Errno::PERM);
        }
        return if status.size < max_bytes { Ok(segment) } else { Err(Errno::NOSPC) };
    }
    Err(Errno::PERM)
}

/// Most files are there: asking for one to be made takes the folder's lock on many kernels.
pub(crate) fn open_or_create(dir: &Fd, name: &CStr) -> Result<Fd, Errno> {
    match sys::open_at(Some(dir), name, Open::Append) {
        Err(Errno::NOENT) => sys::open_at(Some(dir), name, Open::Create),
        other => other,
    }
}

fn count_drop(place: &Place<'_>) {
    let count = |path: Result<Path, Errno>| {
        let dir = place.open_dir(&path?)?;
        append_mark(&dir, DROPPED)
    };
    if count(place.journal()).is_err() {
        // Nobody is left who could be told.
        let _ = count(place.spool());
    }
}

/// Adds one to a counter whose value is its file's size: an append needs no lock and no read.
fn append_mark(dir: &Fd, name: &CStr) -> Result<(), Errno> {
    let file = open_or_create(dir, name)?;
    match sys::write(&file, b"+") {
        // A full file system is what drops are made of, and a hole fits even there. Two hooks that make one at once may
        // count as one.
        Err(Errno::NOSPC) => sys::set_size(&file, sys::status(&file)?.size + 1),
        written => written.map(drop),
    }
}
