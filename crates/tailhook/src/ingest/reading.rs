//! One pass over the segments, in an order that keeps each writer's events in theirs.
//!
//! A writer's next event may lie in another segment than the one before: the journal was sealed, or was full, or has
//! room again. So all are read as one stream, by the stamps of their frames: a writer's next frame is stamped when the
//! one before it has been written, and what stands before a frame in its segment was stamped before that was written.
//!
//! Two questions remain. What does a pass see when events are appended while it looks? It looks at the journal's active
//! segment first, so an event of another may follow one that was not there yet. Such an event is younger than the pass,
//! and left for the next. And what if bytes are no frame yet? Whole frames may lie behind them: reading stops there, in
//! all segments, until the rest has come or nobody is left who could write it.

use std::path::PathBuf;

use tailhook_core::event::HookStages;
use tailhook_core::{Event, RawEvent};
use tailhook_journal::frame::MAX_FRAME_BYTES;
use tailhook_journal::scan::{Item, Scan};
use tailhook_journal::{Flags, Frame};

use super::limits::Limits;
use super::segment::Segment;
use super::spill;
use super::torn::TornFolder;
use crate::store::Batch;

/// The buffer at rest.
pub(super) const REST_BYTES: usize = 128 << 10;
/// A stamp that is further in the future than this is no stamp of now, and not waited for.
const SKEW_NS: u64 = 1_000_000_000;

/// What one pass gathered.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) batch: Batch,
    /// More can be read at once.
    pub(super) more: bool,
    /// Files to remove once the batch is stored.
    pub(super) spills: Vec<PathBuf>,
    pub(super) spilled_bytes: u64,
}

/// One pass over the segments.
pub(super) struct Reading<'a, P> {
    /// Bytes that still fit the batch.
    pub(super) room: usize,
    /// It has come to bytes that may still become a frame.
    pub(super) waits: bool,
    pub(super) limits: Limits,
    pub(super) torn: &'a TornFolder,
    pub(super) buffer: &'a mut Vec<u8>,
    pub(super) spills: &'a [PathBuf; 2],
    pub(super) gathered: &'a mut Gathered,
    pub(super) parse: P,
}

/// How reading went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Some was read.
    Read,
    /// What comes next is younger than asked for.
    Younger,
    /// What comes next is no frame yet.
    Tail,
    /// The file system fails.
    Unreadable,
}

impl<P: FnMut(&RawEvent<'_>) -> Event> Reading<'_, P> {
    /// Reads all segments as one stream. The one that was looked at first, `active`, may be read to its end; of the
    /// others what was appended before `now_ns`, which is from before anybody looked.
    pub(super) fn read_all(&mut self, mut active: Option<&mut Segment>, mut others: Vec<&mut Segment>, now_ns: u64) {
        while self.room > 0 && !self.waits {
            others.retain(|segment| segment.waiting() > 0);
            let Some((other_ns, n)) = self.oldest(&mut others) else {
                if let Some(active) = active {
                    self.read(active, u64::MAX);
                }
                return;
            };
            if let Some(active) = active.as_mut().filter(|active| active.waiting() > 0) {
                self.read(active, other_ns);
                if self.waits {
                    return;
                }
            }
            if (now_ns..now_ns.saturating_add(SKEW_NS)).contains(&other_ns) {
                self.gathered.more = true;
                return;
            }
            let mut until_ns = if other_ns < now_ns { now_ns } else { u64::MAX };
            if let Some(active) = active.as_mut().filter(|active| active.waiting() > 0) {
                until_ns = until_ns.min(active.next_stamp_ns(self.frame_buffer()));
            }
            let oldest = others.swap_remove(n);
            if let Some((next_ns, _)) = self.oldest(&mut others) {
                until_ns = until_ns.min(next_ns);
            }
            self.read(oldest, until_ns.max(other_ns));
            others.push(oldest);
        }
    }

    /// The segment that goes on with the oldest frame, and when that was appended.
    fn oldest(&mut self, segments: &mut [&mut Segment]) -> Option<(u64, usize)> {
        let buffer = self.frame_buffer();
        segments.iter_mut().enumerate().map(|(n, segment)| (segment.next_stamp_ns(buffer), n)).min()
    }

    /// Room for any frame.
    fn frame_buffer(&mut self) -> &mut [u8] {
        if self.buffer.len() < MAX_FRAME_BYTES {
            self.buffer.resize(REST_BYTES.max(MAX_FRAME_BYTES), 0);
        }
        self.buffer
    }

    /// Reads a segment up to the first frame that is younger than `until_ns`.
    fn read(&mut self, segment: &mut Segment, until_ns: u64) {
        while self.room > 0 && segment.waiting() > 0 {
            match self.read_piece(segment, until_ns) {
                Step::Read => {}
                Step::Younger => return,
                Step::Tail => {
                    segment.note_tail();
                    self.waits = true;
                    return;
                }
                // No reason to keep all that follows from the store.
                Step::Unreadable => segment.set_aside(),
            }
        }
    }

    fn read_piece(&mut self, segment: &mut Segment, until_ns: u64) -> Step {
        // A frame must fit. Where two streams are merged, most of a large piece would be read for nothing.
        let most = if until_ns == u64::MAX { self.limits.batch_bytes } else { MAX_FRAME_BYTES };
        let want = segment.waiting().min(most.max(MAX_FRAME_BYTES));
        if self.buffer.len() < want {
            self.buffer.resize(want.max(REST_BYTES.min(most)), 0);
        }
        // Asked before reading: what is written after the answer is not in what we read.
        let Limits { tail_patience, max_tail_patience, .. } = self.limits;
        let settled =
            segment.has_waited(tail_patience) && (segment.is_let_go() || segment.has_waited(max_tail_patience));
        let Ok(n) = segment.read(&mut self.buffer[..want]) else { return Step::Unreadable };
        let settled = settled && segment.size() == segment.at + n as u64;
        let mut scan = Scan::new(&self.buffer[..n], settled);
        let mut done = 0;
        let mut younger = false;
        while self.room > 0 {
            let Some(item) = scan.next() else { break };
            match item {
                Item::Frame(frame) if frame.stamp_ns > until_ns => {
                    younger = true;
                    break;
                }
                Item::Frame(frame) => {
                    let spilled = read_frame(&frame, self.spills, self.gathered, &mut self.parse);
                    self.room = self.room.saturating_sub(scan.done() - done + spilled);
                    self.gathered.batch.spooled += u64::from(segment.spooled);
                }
                Item::Torn(torn, cause) => {
                    tracing::warn!("{} bytes of the journal are no frame: {cause}", torn.len());
                    self.torn.keep(&segment.identify().unwrap_or_default(), segment.at + done as u64, torn);
                    self.gathered.batch.torn += 1;
                    self.room = self.room.saturating_sub(torn.len());
                }
            }
            done = scan.done();
        }
        segment.at += done as u64;
        match (younger, done) {
            (true, _) => Step::Younger,
            (false, 0) => Step::Tail,
            (false, _) => Step::Read,
        }
    }
}

/// Takes over one frame; gives how many bytes of its payload lay in a file.
fn read_frame(
    frame: &Frame<'_>,
    spills: &[PathBuf],
    gathered: &mut Gathered,
    parse: &mut impl FnMut(&RawEvent<'_>) -> Event,
) -> usize {
    let mut raw = RawEvent {
        stamp_ns: frame.stamp_ns,
        hook_ns: u64::from(frame.hook_ns),
        pid: frame.pid,
        ppid: frame.ppid,
        agent: String::from_utf8_lossy(frame.agent),
        event_hint: String::from_utf8_lossy(frame.event),
        truncated: frame.flags.has(Flags::TRUNCATED),
        total_bytes: frame.total_bytes,
        stages: frame.stages.map(|stages| HookStages {
            first_read_us: u64::from(stages.first_read_ns) / 1_000,
            input_end_us: u64::from(stages.input_end_ns) / 1_000,
            opened_us: u64::from(stages.opened_ns) / 1_000,
            reads: u64::from(stages.reads),
        }),
        payload: frame.payload.into(),
    };
    let mut spilled = 0;
    if frame.flags.has(Flags::SPILLED) {
        if let Some((path, payload)) = spill::read(spills, frame.payload) {
            spilled = payload.len();
            gathered.spilled_bytes += spilled as u64;
            gathered.spills.push(path);
            raw.payload = payload.into();
        } else {
            gathered.batch.lost += 1;
            raw.truncated = true;
            raw.payload = Vec::new().into();
        }
    }
    gathered.batch.events.push(parse(&raw));
    spilled
}
