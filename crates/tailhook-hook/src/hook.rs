//! What the hook does, in the order it does it.
//!
//! System calls for a payload of up to 64 KiB, beside `execve`, and why each is there:
//!
//! ```text
//! clock_gettime                    start, for hook_ns
//! rt_sigprocmask                   a write to a pipe that nobody reads, or past `ulimit -f`, must not end us by a signal
//! ppoll, read                      the payload, not waiting past the deadline
//! ppoll, read                      the end of input; the agent may write in pieces
//! openat, statx                    the journal's folder; whose it is: /dev/shm is open to everybody
//! openat, fcntl, statx             the segment; a lock, so that it is not removed; its links, its size
//! clock_gettime, getpid, getppid   the stamp; who called
//! writev                           the hand-off
//! close, close                     what the exit would do as well; programs that go on share this code
//! exit_group
//! ```

use core::time::Duration;

use tailhook_journal::append::{self, Limits};
use tailhook_journal::frame::{NAME_BYTES, Stages};
use tailhook_journal::spill::{Spill, Taken};
use tailhook_journal::sys::{self, Errno};
use tailhook_journal::{Flags, Frame, Place};

use crate::reply::reply;

/// How long the input may be waited for, all waits together. The agent's own timeout for the hook is twice that.
const DEADLINE: Duration = Duration::from_secs(1);
/// How long it may take in all: an input that never ends never lets us wait. More than the deadline, so that a large
/// payload on a busy machine, which spends the time on its file, is not cut.
const MAX_INPUT_NS: u32 = 1_500_000_000;
/// What is kept of one payload; the rest is read, so that the agent is not stopped by a full pipe, and counted.
const MAX_PAYLOAD_BYTES: u64 = 8 << 20;
const DEFAULT_AGENT: &[u8] = b"claude-code";

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

/// Reads standard input to its end, appends it and answers. `buffer` takes what fits a frame.
pub(crate) fn run(caller: &Caller<'_>, buffer: &mut [u8]) {
    let start_ns = sys::now_ns();
    sys::survive_failed_writes();
    let place = Place { uid: caller.uid, home: caller.home.filter(|home| home.starts_with(b"/")) };
    let limits = Limits::default();
    let agent = name(caller.agent.unwrap_or(DEFAULT_AGENT));
    let event = name(caller.event.unwrap_or_default());

    let mut input =
        Input { left: DEADLINE, stages: Stages::default(), start_ns, ended: false, late: false, timed: caller.debug };
    if caller.disabled {
        while !input.ended {
            input.fill(buffer);
        }
        sys::write_stdout(reply(agent));
        return;
    }
    let inline = input.fill(buffer);
    let large = if input.ended { None } else { Some(Large::take(&mut input, buffer, &place, limits)) };

    let spill = large.as_ref().and_then(|large| large.spill.as_ref());
    let truncated = input.late || large.as_ref().is_some_and(|large| large.truncated);
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
            pid: sys::process_id(),
            ppid: sys::parent_id(),
            hook_ns,
            stamp_ns,
            total_bytes: large.as_ref().map_or(inline as u64, |large| large.total),
            agent,
            event,
            payload: spill.map_or(&buffer[..inline], Spill::name),
            stages: caller.debug.then_some(Stages { opened_ns: hook_ns, ..input.stages }),
        }
    };
    let appended = append::append_stamped(&place, limits, frame);
    if appended == append::Appended::Dropped
        && let Some(Large { spill: Some(spill), .. }) = large
    {
        spill.discard();
    }
    let answer = reply(agent);
    if !answer.is_empty() {
        sys::write_stdout(answer);
    }
}

/// A name as a frame takes it.
fn name(text: &[u8]) -> &[u8] {
    &text[..text.len().min(NAME_BYTES)]
}

/// Standard input, until its end or the deadline.
struct Input {
    left: Duration,
    stages: Stages,
    start_ns: u64,
    /// Nothing more will come.
    ended: bool,
    /// It ended by the deadline.
    late: bool,
    /// Fill in the times of `stages`: a look at the clock each.
    timed: bool,
}

impl Input {
    /// Waits until there is something to read, its end included. False: it has ended already, or the time is up.
    fn is_ready(&mut self) -> bool {
        if !self.ended && !sys::wait_stdin(&mut self.left) {
            (self.ended, self.late) = (true, true);
        }
        !self.ended
    }

    /// Reads until the buffer is full or the input has ended.
    fn fill(&mut self, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < buffer.len() && self.is_ready() {
            // An error ends the input like its end does: a closed stdin is an empty payload.
            let n = sys::read_stdin(&mut buffer[filled..]).unwrap_or(0);
            if self.timed && self.stages.reads == 0 {
                self.stages.first_read_ns = self.elapsed_ns();
            }
            self.stages.reads += 1;
            filled += n;
            self.ended = n == 0;
        }
        self.look_at_the_clock();
        filled
    }

    /// Counts what went past the buffer. `None`: that cannot be done here.
    fn relay(&mut self, take: impl FnOnce() -> Result<Taken, Errno>) -> Option<Taken> {
        let taken = take().ok()?;
        self.stages.reads += 1;
        self.ended = taken.bytes == 0;
        self.look_at_the_clock();
        Some(taken)
    }

    /// Ends an input that never does. Only a payload that fills the buffer pays for this look.
    fn look_at_the_clock(&mut self) {
        if !self.ended && self.elapsed_ns() > MAX_INPUT_NS {
            (self.ended, self.late) = (true, true);
        }
        if self.timed && self.ended {
            self.stages.input_end_ns = self.elapsed_ns();
        }
    }

    /// Reads the rest and forgets it; gives its length.
    fn drain(&mut self) -> u64 {
        let mut scratch = [0; 4096];
        let mut total = 0;
        while !self.ended {
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
    spill: Option<Spill>,
    /// Bytes that the agent wrote.
    total: u64,
    truncated: bool,
}

impl Large {
    /// Streams what stands in `buffer` and all that follows into a spill file. Where there is no room for one, the
    /// buffer keeps the beginning, and the rest is only counted.
    fn take(input: &mut Input, buffer: &mut [u8], place: &Place<'_>, limits: Limits) -> Self {
        let mut filled = buffer.len();
        let mut total = filled as u64;
        let Ok(mut spill) = Spill::begin(place, limits, input.start_ns, sys::process_id()) else {
            total += input.drain();
            return Self { spill: None, total, truncated: total > filled as u64 };
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
                && input.is_ready()
            {
                let taken = input.relay(|| spill.take_stdin(place, limits, through, room, buffer));
                let Some(taken) = taken else {
                    pipe = None;
                    break;
                };
                total += taken.bytes as u64;
                room -= taken.bytes;
                if !taken.kept {
                    (room, truncated) = (0, true);
                }
            }
            if input.ended {
                spill.finish();
                return Self { spill: Some(spill), total, truncated };
            }
            filled = input.fill(buffer);
            total += filled as u64;
        }
    }
}
