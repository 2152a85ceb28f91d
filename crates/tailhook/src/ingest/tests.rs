//! A model of writers and a reader that dies, run against the real journal, the real segments and the real store.
//!
//! Whatever happens in which order: all that was handed over is in the store once, each writer's events in their order.

mod load;
mod spare;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tailhook_core::{RawEvent, Redaction, agents};
use tailhook_journal::spill::Spill;
use tailhook_journal::sys::{self, Fd, Open};
use tailhook_journal::{Appended, Flags, Frame, Limits as HookLimits, Place, append};
use tempfile::TempDir;

use super::Folders;
use super::limits::Limits;
use super::reading::Gathered;
use super::segments::Segments;
use super::watch::{Watch, Woken};
use crate::store::{Reader, Writer};

const WRITERS: usize = 3;
/// No process has it: what it spilled is of a hook that is gone.
const NO_PID: u32 = 0x7fff_fff0;

/// Small enough that a few frames reach each of them.
const LIMITS: Limits = Limits {
    batch_bytes: 2_000,
    rotate_bytes: 1_500,
    max_sealed: 2,
    recount_bytes: 1_000,
    tail_patience: Duration::ZERO,
    max_tail_patience: Duration::from_secs(2),
};

/// Where a writer finds room.
#[derive(Debug, Clone, Copy)]
enum Room {
    /// In the journal until it is full, then in the spool.
    Usual,
    /// In the spool alone: the journal's file system is full.
    Spool,
    /// Nowhere.
    None,
}

/// One event of a writer.
#[derive(Debug, Clone)]
struct Hand {
    writer: usize,
    bytes: usize,
    spilled: bool,
    room: Room,
}

/// What becomes of a pass.
#[derive(Debug, Clone, Copy)]
enum End {
    Stored,
    /// The store fails: the batch is read again.
    Failed,
    /// The daemon dies before its transaction ends, and another starts.
    DiedBefore,
    /// The daemon dies between the transaction and the removal of what it stored.
    DiedAfter,
}

#[derive(Debug, Clone)]
enum Operation {
    Append(Hand),
    /// A hook is killed in its write.
    Tear {
        spool: bool,
        bytes: usize,
    },
    /// A hook is killed before its write.
    Leave,
    /// A hook opens the segment, perhaps takes hold of it, and is stopped.
    Stop {
        writer: usize,
        held: bool,
    },
    /// It goes on.
    Resume {
        writer: usize,
    },
    /// The reader passes; events are appended after its glance, and while it reads.
    Pass {
        glanced: Vec<Hand>,
        meanwhile: Vec<Hand>,
        end: End,
        /// The next batch is read before this one is stored, and what becomes of that.
        ahead: Option<End>,
    },
}

fn hand() -> impl Strategy<Value = Hand> {
    let room = prop_oneof![8 => Just(Room::Usual), 3 => Just(Room::Spool), 1 => Just(Room::None)];
    (0..WRITERS, 0_usize..600, prop::bool::weighted(0.2), room).prop_map(|(writer, bytes, spilled, room)| Hand {
        writer,
        bytes,
        spilled,
        room,
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let end = || {
        prop_oneof![
            5 => Just(End::Stored),
            1 => Just(End::Failed),
            1 => Just(End::DiedBefore),
            1 => Just(End::DiedAfter),
        ]
    };
    let hands = || prop::collection::vec(hand(), 0..4);
    let pass = (hands(), hands(), end(), prop::option::of(end()));
    prop_oneof![
        10 => hand().prop_map(Operation::Append),
        1 => (any::<bool>(), 1_usize..300).prop_map(|(spool, bytes)| Operation::Tear { spool, bytes }),
        1 => Just(Operation::Leave),
        1 => (0..WRITERS, any::<bool>()).prop_map(|(writer, held)| Operation::Stop { writer, held }),
        2 => (0..WRITERS).prop_map(|writer| Operation::Resume { writer }),
        6 => pass.prop_map(|(glanced, meanwhile, end, ahead)| Operation::Pass { glanced, meanwhile, end, ahead }),
    ]
}

/// All writers, and what they have handed over.
struct Writers {
    home: PathBuf,
    handed: Vec<Vec<Vec<u8>>>,
    /// Hooks that were stopped behind their `open`.
    stopped: Vec<Option<(Fd, bool)>>,
    dropped: u64,
    torn: u64,
    /// Spare files that payloads were written into.
    spares: u64,
}

impl Writers {
    fn new(home: &TempDir) -> Self {
        Self {
            home: home.path().to_owned(),
            handed: vec![Vec::new(); WRITERS],
            stopped: (0..WRITERS).map(|_| None).collect(),
            dropped: 0,
            torn: 0,
            spares: 0,
        }
    }

    fn place(&self) -> Place<'_> {
        Place { uid: sys::effective_uid(), home: Some(self.home.as_os_str().as_bytes()) }
    }

    fn next_payload(&self, writer: usize, bytes: usize) -> Vec<u8> {
        let mut payload = format!("{writer}/{} ", self.handed[writer].len()).into_bytes();
        payload.resize(payload.len() + bytes, b'.');
        payload
    }

    fn append(&mut self, hand: &Hand) {
        // A writer is one agent: its next hook starts when the one before has ended.
        if self.stopped[hand.writer].is_some() {
            return;
        }
        let limits = match hand.room {
            Room::Usual => HookLimits { journal_bytes: 3_000, spool_bytes: 1 << 20 },
            Room::Spool => HookLimits { journal_bytes: 0, spool_bytes: 1 << 20 },
            Room::None => HookLimits { journal_bytes: 0, spool_bytes: 0 },
        };
        let payload = self.next_payload(hand.writer, hand.bytes);
        let appended = if hand.spilled {
            let roomy = HookLimits { journal_bytes: limits.journal_bytes << 20, ..HookLimits::default() };
            let mut spill = self.begin(roomy);
            spill.write(&self.place(), roomy, &payload).unwrap();
            let spill = spill.finish().unwrap();
            let frame = Frame { flags: Flags::SPILLED, ..frame(spill.name()) };
            let appended = append(&self.place(), limits, &frame);
            if appended == Appended::Dropped {
                spill.discard();
            }
            appended
        } else {
            append(&self.place(), limits, &frame(&payload))
        };
        if appended == Appended::Dropped {
            self.dropped += 1;
        } else {
            self.handed[hand.writer].push(payload);
        }
    }

    fn begin(&mut self, limits: HookLimits) -> Spill {
        let spare = self.home.join("journal/spare");
        let was_there = spare.exists();
        let spill = Spill::begin(&self.place(), limits, sys::now_ns(), NO_PID).unwrap();
        self.spares += u64::from(was_there && !spare.exists());
        spill
    }

    fn segment(&self, spool: bool) -> Fd {
        let folder = if spool { self.place().spool() } else { self.place().journal() };
        let dir = self.place().open_dir(&folder.unwrap()).unwrap();
        sys::open_at(Some(&dir), c"active", Open::Create).unwrap()
    }

    fn tear(&mut self, spool: bool, bytes: usize) {
        let payload = vec![b'-'; 400];
        let frame = frame(&payload);
        let whole = [&frame.header(&[])[..], frame.payload].concat();
        sys::write(&self.segment(spool), &whole[..bytes]).unwrap();
        self.torn += 1;
    }

    fn leave(&mut self) {
        let limits = HookLimits::default();
        let mut spill = self.begin(limits);
        spill.write(&self.place(), limits, b"half").unwrap();
    }

    fn stop(&mut self, writer: usize, held: bool) {
        if self.stopped[writer].is_none() {
            let segment = self.segment(false);
            let held = held && sys::hold(&segment).is_ok();
            self.stopped[writer] = Some((segment, held));
        }
    }

    /// As in the hook: whoever holds the segment and finds a name appends; whoever does not begins again.
    fn resume(&mut self, writer: usize) {
        let Some((segment, held)) = self.stopped[writer].take() else { return };
        let is_held = held || sys::hold(&segment).is_ok();
        if !is_held || sys::status(&segment).unwrap().links == 0 {
            drop(segment);
            self.append(&Hand { writer, bytes: 10, spilled: false, room: Room::Usual });
            return;
        }
        let payload = self.next_payload(writer, 10);
        let frame = frame(&payload);
        let parts = [&frame.header(&[])[..], frame.payload];
        assert_eq!(sys::write_parts(&segment, parts), Ok(parts.concat().len()));
        self.handed[writer].push(payload);
    }
}

fn frame(payload: &[u8]) -> Frame<'_> {
    Frame {
        flags: Flags::default(),
        pid: 7,
        ppid: 6,
        hook_ns: 0,
        stamp_ns: sys::now_ns(),
        total_bytes: payload.len() as u64,
        agent: b"",
        event: b"",
        payload,
        stages: None,
    }
}

/// One daemon's ingest.
struct Daemon {
    segments: Segments,
    writer: Writer,
    watch: Watch,
    /// The pass before has left nothing.
    rests: bool,
}

impl Daemon {
    fn start(home: &TempDir) -> Self {
        let writer = Writer::open(&home.path().join("tailhook.db")).unwrap();
        let segments =
            Segments::open(&folders(home), LIMITS, Redaction::off().into(), writer.positions().unwrap()).unwrap();
        let watch = Watch::new(segments.folders()).unwrap();
        Self { segments, writer, watch, rests: false }
    }

    /// One pass; true: there is more. The daemon that goes on may be another.
    fn pass(
        mut self,
        home: &TempDir,
        writers: &mut Writers,
        [glanced, meanwhile]: [&[Hand]; 2],
        end: End,
        ahead: Option<End>,
    ) -> (Self, bool) {
        let woken = self.watch.wait(Some(Duration::ZERO), || {
            self.segments.glance();
            for hand in glanced {
                writers.append(hand);
            }
        });
        let is_short = std::mem::take(&mut self.rests) && woken == Woken::Grown;
        let meanwhile = RefCell::new((meanwhile.iter().collect::<VecDeque<_>>(), writers));
        let parse = |raw: &RawEvent<'_>| {
            let (hands, writers) = &mut *meanwhile.borrow_mut();
            if let Some(hand) = hands.pop_front() {
                writers.append(hand);
            }
            agents::parse(raw, &Redaction::off())
        };
        let gathered = if is_short { self.segments.gather_glanced(parse) } else { self.segments.gather(parse) };
        let mut next = ahead.map(|end| (self.segments.read_ahead(parse), end));
        let (mut more, mut last) = (gathered.more, end);
        if let Some(died) = self.end(home, gathered, end) {
            return (died, true);
        }
        if matches!(end, End::Stored)
            && let Some((mut gathered, end)) = next.take()
        {
            self.segments.tend(&mut gathered.batch);
            (more, last) = (gathered.more, end);
            if let Some(died) = self.end(home, gathered, end) {
                return (died, true);
            }
        }
        if !more && !is_short && matches!(last, End::Stored) {
            self.segments.sweep();
            self.rests = !self.segments.is_unsettled();
        }
        (self, more || is_short)
    }

    /// What becomes of a batch. Some: the daemon died, and this is the one after it.
    fn end(&mut self, home: &TempDir, mut gathered: Gathered, end: End) -> Option<Self> {
        match end {
            End::Failed => self.segments.rewind(),
            End::DiedBefore => return Some(Self::start(home)),
            End::DiedAfter => {
                self.writer.store(&mut gathered.batch, sys::now_ns()).unwrap();
                return Some(Self::start(home));
            }
            End::Stored => {
                self.writer.commit(&mut gathered.batch, sys::now_ns()).unwrap();
                self.segments.stored(gathered);
            }
        }
        None
    }

    /// Passes until nothing is left to do.
    fn settle(mut self, home: &TempDir, writers: &mut Writers) -> Self {
        for _ in 0..10_000 {
            let more;
            (self, more) = self.pass(home, writers, [&[], &[]], End::Stored, None);
            if !more && !self.segments.is_unsettled() {
                return self;
            }
        }
        panic!("never settled");
    }
}

fn make_home() -> TempDir {
    let tmpfs = std::path::Path::new("/dev/shm");
    if tmpfs.is_dir() { tempfile::tempdir_in(tmpfs) } else { tempfile::tempdir() }.unwrap()
}

fn folders(home: &TempDir) -> Folders {
    let [journal, spool, torn] = ["journal", "spool", "torn"].map(|name| home.path().join(name));
    Folders { journal, spool, torn }
}

/// Gives the number of spare files that were used.
fn run(operations: &[Operation]) -> u64 {
    let home = make_home();
    let mut writers = Writers::new(&home);
    let mut daemon = Daemon::start(&home);
    for operation in operations {
        match operation {
            Operation::Append(hand) => writers.append(hand),
            Operation::Tear { spool, bytes } => writers.tear(*spool, *bytes),
            Operation::Leave => writers.leave(),
            Operation::Stop { writer, held } => writers.stop(*writer, *held),
            Operation::Resume { writer } => writers.resume(*writer),
            Operation::Pass { glanced, meanwhile, end, ahead } => {
                (daemon, _) = daemon.pass(&home, &mut writers, [glanced, meanwhile], *end, *ahead);
                spare::assert_empty(&home);
            }
        }
    }
    for writer in 0..WRITERS {
        writers.resume(writer);
    }
    drop(daemon.settle(&home, &mut writers));
    // What is left now, a new daemon lists and sweeps.
    let daemon = Daemon::start(&home).settle(&home, &mut writers);
    assert_stored(&home, &daemon.writer, &writers);
    spare::assert_empty(&home);
    writers.spares
}

fn assert_stored(home: &TempDir, store: &Writer, writers: &Writers) {
    let reader = Reader::open(&home.path().join("tailhook.db")).unwrap();
    let mut stored = vec![Vec::new(); WRITERS];
    for seq in 1..=store.last_seq() {
        let event = reader.event(seq).unwrap().expect("no number is left out");
        let writer = usize::from(event.payload[0] - b'0');
        stored[writer].push(event.payload);
    }
    let text = |events: &[Vec<Vec<u8>>]| -> Vec<Vec<String>> {
        let name = |event: &Vec<u8>| String::from_utf8_lossy(event).split(' ').next().unwrap_or_default().to_owned();
        events.iter().map(|events| events.iter().map(name).collect()).collect()
    };
    assert_eq!(text(&stored), text(&writers.handed), "once, and in each writer's order");
    assert!(stored == writers.handed, "bytes equal");
    assert_eq!(reader.counter("dropped").unwrap(), writers.dropped, "dropped");
    assert_eq!(reader.counter("lost").unwrap(), 0, "lost");
    assert_eq!(reader.counter("torn").unwrap() > 0, writers.torn > 0, "torn");
    for folder in ["journal", "spool"] {
        let left = std::fs::read_dir(home.path().join(folder).join("spill")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "spilled payloads in the {folder}");
        let names = std::fs::read_dir(home.path().join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let sealed = names.filter(|name| name.to_string_lossy().starts_with("sealed-")).count();
        assert_eq!(sealed, 0, "sealed segments in the {folder}");
    }
}

#[test]
fn what_was_handed_over_is_stored_once_and_in_order() {
    let config = ProptestConfig { max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() };
    let spares = Cell::new(0);
    let outcome = TestRunner::new(config).run(&prop::collection::vec(operation(), 1..120), |operations| {
        spares.set(spares.get() + run(&operations));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    assert!(spares.get() > 0, "payloads were written into spare files as well");
}
