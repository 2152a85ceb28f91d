//! What the hook does, in the order it does it.
//!
//! System calls beside `execve`, and why each is there; a test compares the lists with what the kernel sees. For a payload
//! that is in the pipe or socket already, and smaller than a page:
//!
//! ```text
//! clock_gettime                    start, for hook_ns
//! rt_sigprocmask                   a write to a pipe that nobody reads, or past `ulimit -f`, must not end us by a signal
//! preadv2                          the payload
//! preadv2                          the end of input; the agent may write in pieces
//! openat2, fstat                   the segment, by a path without links; whose it is, its links, its size
//! clock_gettime, getpid, getppid   the stamp; who called
//! writev                           the hand-off
//! exit_group                       closes what is open, in the same time as a call for each
//! ```
//!
//! For one of up to 64 KiB, more of the same and these:
//!
//! ```text
//! ioctl                            how much waits: what cannot fit the buffer is not read into it
//! clock_gettime                    whether the time is up, should the buffer be full and the input still go on
//! ```
//!
//! A larger one goes on into a file, without a copy here. All of its calls, where the daemon has left a spare file that
//! is longer:
//!
//! ```text
//! clock_gettime, rt_sigprocmask    as above
//! preadv2, ioctl                   the beginning; how much waits
//! getpid                           who called, and part of the file's name
//! openat, fstat                    the journal's folder; whose it is: /dev/shm is open to everybody
//! openat, fstat                    the count of what lies in the folder of such files: its size
//! openat                           that folder
//! renameat, openat, fstat          the spare file, which from now on is ours; whether it is a file, and how long
//! pipe2, fcntl                     between socket and file, as wide as a socket's buffer
//! write                            the beginning
//! splice                           from the socket to the pipe, from the pipe to the file, and again; the end of input
//! ftruncate                        the file ends where the payload does
//! write                            the count
//! openat, fstat                    the segment, in the folder that is open
//! clock_gettime, getppid           the stamp; who called
//! writev, exit_group               as above
//! ```
//!
//! Without a spare file the `openat` makes one, and there is no `fstat` of it and no `ftruncate`.
//!
//! And where it is needed:
//!
//! ```text
//! ppoll, read                      the agent is slower than we are, or its stream cannot say so without waiting
//! clock_gettime                    whether the time is up, now and then while a large payload comes
//! openat, fstat                    the journal's folder, then the segment in it: it is not there, or not as it should be
//! mkdirat                          a folder is missing
//! write                            the agent wants an answer; or the event is lost, and counted
//! unlinkat                         a payload's file that moved to the spool, or whose event is lost; what is no spare file
//! ftruncate                        the count of lost events on a full file system
//! ```

use core::time::Duration;

use tailhook_journal::append::{self, Limits};
use tailhook_journal::frame::{NAME_BYTES, Stages};
use tailhook_journal::spill::{Spill, Spilled, Taken};
use tailhook_journal::sys::{self, Errno, Pipe};
use tailhook_journal::{Flags, Frame, Place};

use crate::reply::reply;

/// How long the input may be waited for, all waits together. The agent's own timeout for the hook is twice that.
const DEADLINE: Duration = Duration::from_secs(1);
/// How long it may take in all: an input that never ends never lets us wait. More than the deadline, so that a large
/// payload on a busy machine, which spends the time on its file, is not cut.
const MAX_INPUT_NS: u32 = 1_500_000_000;
/// What is kept of one payload; the rest is read, so that the agent is not stopped by a full pipe, and counted.
const MAX_PAYLOAD_BYTES: u64 = 8 << 20;
/// The beginning of the input, which is all of most.
const PAGE_BYTES: usize = 4 << 10;
const STDOUT: i32 = 1;
const DEFAULT_AGENT: &[u8] = b"claude-code";

/// Where a payload goes.
type To<'a, 'p> = (&'a Place<'p>, Limits);

/// What the hook knows of its caller.
pub(crate) struct Caller<'a> {
    /// First argument.
    pub(crate) agent: Option<&'a [u8]>,
    /// Second argument.
    pub(crate) event: Option<&'a [u8]>,
    /// `TAILHOOK_HOME`.
    pub(crate) home: Option<&'a [u8]>,
    /// `TAILHOOK_DISABLE=1`: read and exit.
    pub(crate) disabled: bool,
    /// `TAILHOOK_HOOK_DEBUG=1`: add a stage record.
    pub(crate) debug: bool,
    /// Effective user id.
    pub(crate) uid: u32,
}

/// Reads standard input to its end, appends it, answers, and ends the process. `buffer` takes what fits a frame.
pub(crate) fn run(caller: &Caller<'_>, buffer: &mut [u8]) -> ! {
    let start_ns = sys::now_ns();
    sys::survive_failed_writes();
    let place = Place { uid: caller.uid, home: caller.home.filter(|home| home.starts_with(b"/")) };
    let limits = Limits::default();
    let agent = name(caller.agent.unwrap_or(DEFAULT_AGENT));
    let event = name(caller.event.unwrap_or_default());

    let mut input = Input {
        left: DEADLINE,
        stages: Stages::default(),
        start_ns,
        end: End::Open,
        blocks: false,
        timed: caller.debug,
    };
    if caller.disabled {
        while !input.is_over() {
            input.fill(buffer);
        }
        sys::write_stdout(reply(agent));
        sys::exit(0);
    }
    let inline = input.begin(buffer);
    let large = if input.is_over() { None } else { Some(Large::take(&mut input, buffer, inline, &place, limits)) };

    let inline = large.as_ref().map_or(inline, |large| large.kept);
    let spill = large.as_ref().and_then(|large| large.spill.as_ref());
    let truncated = input.end == End::Late || large.as_ref().is_some_and(|large| large.truncated);
    let mut flags = Flags::default();
    if truncated {
        flags = flags.with(Flags::TRUNCATED);
    }
    if spill.is_some() {
        flags = flags.with(Flags::SPILLED);
    }
    let frame = || {
        let stamp_ns = sys::now_ns();
        let hook_ns = u32::try_from(stamp_ns.saturating_sub(start_ns)).unwrap_or(u32::MAX);
        Frame {
            flags,
            pid: large.as_ref().map_or_else(sys::process_id, |large| large.pid),
            ppid: sys::parent_id(),
            hook_ns,
            stamp_ns,
            total_bytes: large.as_ref().map_or(inline as u64, |large| large.total),
            agent,
            event,
            payload: spill.map_or(&buffer[..inline], Spilled::name),
            stages: caller.debug.then_some(Stages { opened_ns: hook_ns, ..input.stages }),
        }
    };
    // What was opened stays open until the exit, here and in `large`.
    let (appended, opened) = append::append_stamped(&place, limits, spill.and_then(Spilled::journal), frame);
    if appended == append::Appended::Dropped
        && let Some(Large { spill: Some(spill), .. }) = &large
    {
        spill.discard();
    }
    let answer = reply(agent);
    // Without a standard output nobody hears it.
    if !answer.is_empty() && !opened.as_ref().is_some_and(|opened| opened.is_segment(STDOUT)) {
        sys::write_stdout(answer);
    }
    sys::exit(0)
}

/// A name as a frame takes it.
fn name(text: &[u8]) -> &[u8] {
    &text[..text.len().min(NAME_BYTES)]
}

/// Whether more will come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Perhaps.
    Open,
    /// The agent said so.
    Reached,
    /// The time is up.
    Late,
}

/// Standard input, until its end or the deadline.
struct Input {
    left: Duration,
    stages: Stages,
    start_ns: u64,
    end: End,
    /// It cannot be read without perhaps waiting.
    blocks: bool,
    /// Fill in the times of `stages`: a look at the clock each.
    timed: bool,
}

impl Input {
    fn is_over(&self) -> bool {
        self.end != End::Open
    }

    /// So many bytes came; none is the end, unless the time was up before.
    fn note(&mut self, bytes: usize) {
        if bytes == 0 && self.end == End::Open {
            self.end = End::Reached;
        }
    }

    /// Waits until there is something to read, its end included. False: it has ended already, or the time is up.
    fn is_ready(&mut self) -> bool {
        if !self.is_over() && !sys::wait_stdin(&mut self.left) {
            self.end = End::Late;
        }
        !self.is_over()
    }

    /// Reads what fits the buffer. Not what cannot: if a page is full and more waits than there is room for, the rest is
    /// better moved than copied.
    fn begin(&mut self, buffer: &mut [u8]) -> usize {
        let (page, rest) = buffer.split_at_mut(PAGE_BYTES);
        let mut filled = self.read_on(page);
        if !self.is_over() && sys::stdin_waiting() <= rest.len() {
            filled += self.read_on(rest);
        }
        // Where it goes on, what takes the rest looks.
        if self.is_over() {
            self.look_at_the_clock();
        }
        filled
    }

    /// Reads until the buffer is full or the input has ended.
    fn fill(&mut self, buffer: &mut [u8]) -> usize {
        let filled = self.read_on(buffer);
        self.look_at_the_clock();
        filled
    }

    /// The same for as long as it takes.
    fn read_on(&mut self, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < buffer.len() && !self.is_over() {
            let Some(n) = self.read(&mut buffer[filled..]) else { break };
            if self.timed && self.stages.reads == 0 {
                self.stages.first_read_ns = self.elapsed_ns();
            }
            self.stages.reads += 1;
            filled += n;
            self.note(n);
        }
        filled
    }

    /// Reads what comes next. None: the time is up.
    fn read(&mut self, buffer: &mut [u8]) -> Option<usize> {
        if !self.blocks {
            match sys::read_stdin_now(buffer) {
                Ok(n) => return Some(n),
                Err(error) => self.blocks = error != Errno::AGAIN,
            }
        }
        // An error ends the input like its end does: a closed stdin is an empty payload.
        self.is_ready().then(|| sys::read_stdin(buffer).unwrap_or(0))
    }

    /// Moves what comes next past the buffer into a file. `None`: that cannot be done here.
    fn relay(
        &mut self,
        spill: &mut Spill,
        to: To<'_, '_>,
        pipe: &Pipe,
        room: usize,
        buffer: &mut [u8],
    ) -> Option<Taken> {
        let taken = spill.take_stdin(to, pipe, room, buffer, || self.is_ready()).ok()?;
        self.stages.reads += 1;
        self.note(taken.bytes);
        // What is moved at once is most often as much as a socket holds.
        if self.stages.reads.is_multiple_of(16) || self.is_over() {
            self.look_at_the_clock();
        }
        Some(taken)
    }

    /// Ends an input that never does. Only a payload that fills the buffer pays for this look.
    fn look_at_the_clock(&mut self) {
        if !self.is_over() && self.elapsed_ns() > MAX_INPUT_NS {
            self.end = End::Late;
        }
        if self.timed && self.is_over() {
            self.stages.input_end_ns = self.elapsed_ns();
        }
    }

    /// Reads the rest and forgets it; gives its length.
    fn drain(&mut self) -> u64 {
        let mut scratch = [0; 4096];
        let mut total = 0;
        while !self.is_over() {
            total += self.fill(&mut scratch) as u64;
        }
        total
    }

    fn elapsed_ns(&self) -> u32 {
        u32::try_from(sys::now_ns().saturating_sub(self.start_ns)).unwrap_or(u32::MAX)
    }
}

/// A payload that does not fit the buffer.
struct Large {
    spill: Option<Spilled>,
    /// This process, which the file is named after.
    pid: u32,
    /// Without a file: bytes that stand in the buffer.
    kept: usize,
    /// Bytes that the agent wrote.
    total: u64,
    truncated: bool,
    /// Open until the exit.
    _pipe: Option<Pipe>,
}

impl Large {
    /// Streams what stands in `buffer` and all that follows into a spill file. Where there is no room for one, the
    /// buffer keeps the beginning, and the rest is only counted.
    fn take(input: &mut Input, buffer: &mut [u8], mut filled: usize, place: &Place<'_>, limits: Limits) -> Self {
        let mut total = filled as u64;
        let pid = sys::process_id();
        let Ok(mut spill) = Spill::begin(place, limits, input.start_ns, pid) else {
            let kept = filled + input.fill(&mut buffer[filled..]);
            let total = kept as u64 + input.drain();
            return Self { spill: None, pid, kept, total, truncated: total > kept as u64, _pipe: None };
        };
        let mut pipe = sys::pipe().ok();
        let mut room = usize::try_from(MAX_PAYLOAD_BYTES).unwrap_or(usize::MAX);
        let mut truncated = false;
        loop {
            let piece = &buffer[..filled.min(room)];
            truncated |= piece.len() < filled;
            room -= piece.len();
            if !piece.is_empty() && spill.write(place, limits, piece).is_err() {
                // What the file holds so far stays.
                (room, truncated) = (0, true);
            }
            while let Some(through) = &pipe
                && room > 0
                && !input.is_over()
            {
                let Some(taken) = input.relay(&mut spill, (place, limits), through, room, buffer) else {
                    pipe = None;
                    break;
                };
                total += taken.bytes as u64;
                room -= taken.bytes;
                if !taken.kept {
                    (room, truncated) = (0, true);
                }
            }
            if input.is_over() {
                let spill = spill.finish().ok();
                truncated |= spill.is_none();
                return Self { spill, pid, kept: 0, total, truncated, _pipe: pipe };
            }
            filled = input.fill(buffer);
            total += filled as u64;
        }
    }
}
