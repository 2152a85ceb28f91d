//! What a test handed over and what the store made of it, byte for byte.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rusqlite::{Connection, OpenFlags};
use tailhook_journal::spill::Spill;
use tailhook_journal::{Appended, Flags, Frame, Limits, Place, append, frame, sys};

use crate::support::{Daemon, Home, PATIENCE};

/// One row of the store.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) agent: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) truncated: bool,
}

/// What is compressed, read as the format says and not with the program's own code.
struct Pieces(Vec<zstd::bulk::Decompressor<'static>>);

impl Pieces {
    fn new(store: &Connection) -> Self {
        let mut select = store.prepare("SELECT bytes FROM dictionary ORDER BY id").expect("a query");
        let dictionaries = select.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("rows");
        Self(
            dictionaries
                .map(|bytes| zstd::bulk::Decompressor::with_dictionary(&bytes.expect("bytes")).expect("one"))
                .collect(),
        )
    }

    fn number(piece: &mut &[u8]) -> usize {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let (byte, rest) = piece.split_first().expect("a number");
            *piece = rest;
            number |= usize::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }

    fn frame(&mut self, dictionary: usize, len: usize, frame: &[u8]) -> Vec<u8> {
        let frame = [&[0x28, 0xB5, 0x2F, 0xFD], frame].concat();
        self.0[dictionary - 1].decompress(&frame, len).expect("a frame")
    }

    fn content(&mut self, mut piece: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let [dictionary, data_len, len] = [(); 3].map(|()| Self::number(&mut piece));
        let mut data = self.frame(dictionary, len, piece);
        let payload = data.split_off(data_len);
        (data, payload)
    }

    fn payload(&mut self, mut piece: &[u8]) -> Vec<u8> {
        let [dictionary, len] = [(); 2].map(|()| Self::number(&mut piece));
        self.frame(dictionary, len, piece)
    }
}

/// The store of a home, read beside the daemon.
pub(crate) struct Store(Connection);

impl Store {
    #[expect(clippy::disallowed_methods, reason = "a test looks at what the program wrote, not through the program")]
    pub(crate) fn open(home: &Home) -> Self {
        let path = home.path.join("tailhook.db");
        Self(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("open the store"))
    }

    /// All events in their order, handed to `see` one by one: the last one may have come a moment ago, and have no place yet.
    pub(crate) fn each(&self, mut see: impl FnMut(Row)) {
        let as_of_now = self.0.unchecked_transaction().expect("a transaction");
        let sql = "SELECT agent.name, event.payload, event.content FROM event JOIN agent ON agent.id = event.agent ORDER BY seq";
        let mut pieces = Pieces::new(&self.0);
        let mut select = self.0.prepare(sql).expect("a query");
        let mut rows = select.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let content: Vec<u8> = row.get(2).expect("content");
            let apart: Option<Vec<u8>> = row.get(1).expect("a payload or none");
            let (data, joint) = pieces.content(&content);
            let data: serde_json::Value = serde_json::from_slice(&data).expect("JSON");
            see(Row {
                agent: row.get(0).expect("an agent"),
                payload: apart.map_or(joint, |piece| pieces.payload(&piece)),
                truncated: data["truncated"] == true,
            });
        }
        drop(rows);
        let sql = "SELECT agent, payload, data FROM arrival WHERE seq > (SELECT coalesce(max(seq), 0) FROM event)";
        let mut select = self.0.prepare(sql).expect("a query");
        let mut rows = select.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let data: Vec<u8> = row.get(2).expect("the fields");
            let data: serde_json::Value = serde_json::from_slice(&data).expect("JSON");
            see(Row {
                agent: row.get(0).expect("an agent"),
                payload: row.get(1).expect("a payload"),
                truncated: data["truncated"] == true,
            });
        }
        drop(as_of_now);
    }

    /// The payloads of all events.
    pub(crate) fn payloads(&self) -> Vec<Vec<u8>> {
        let mut payloads = Vec::new();
        self.each(|row| payloads.push(row.payload));
        payloads
    }

    /// One of the counted losses: torn, dropped, lost.
    pub(crate) fn counter(&self, name: &str) -> u64 {
        self.0.query_row("SELECT value FROM counter WHERE name = ?1", [name], |row| row.get(0)).unwrap_or(0)
    }

    /// The one number that a query gives.
    pub(crate) fn number(&self, query: &str) -> u64 {
        self.0.query_row(query, [], |row| row.get(0)).expect("a number")
    }

    /// Torn, dropped, lost.
    pub(crate) fn losses(&self) -> [u64; 3] {
        ["torn", "dropped", "lost"].map(|name| self.counter(name))
    }
}

/// Waits until `is_so`.
#[track_caller]
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "never came: {what}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Bytes that differ everywhere, so that a lost, doubled or swapped piece shows.
pub(crate) fn payload(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2) | 1;
    let mut payload = vec![0; bytes];
    for place in payload.chunks_mut(8) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        place.copy_from_slice(&(state >> 7).to_le_bytes()[..place.len()]);
    }
    payload
}

/// Appends to a home's journal from inside the test: faster than a hook, with limits of its own.
pub(crate) struct Appender {
    home: PathBuf,
    pub(crate) limits: Limits,
}

impl Appender {
    pub(crate) fn new(home: &Home) -> Self {
        std::fs::create_dir_all(&home.path).expect("the home");
        Self { home: home.path.clone(), limits: Limits::default() }
    }

    /// Hands over one event, as the hook does.
    pub(crate) fn append(&self, agent: &str, payload: &[u8]) -> Appended {
        self.append_frame(frame_of(agent, payload))
    }

    /// The same for a frame of one's own.
    pub(crate) fn append_frame(&self, event: Frame<'_>) -> Appended {
        let payload = event.payload;
        let place = Place { uid: sys::effective_uid(), home: Some(self.home.as_os_str().as_bytes()) };
        if payload.len() <= frame::INLINE_BYTES {
            return append(&place, self.limits, &event);
        }
        let mut spill = Spill::begin(&place, self.limits, sys::now_ns(), sys::process_id()).expect("room for a file");
        for piece in payload.chunks(frame::INLINE_BYTES) {
            spill.write(&place, self.limits, piece).expect("room for a piece");
        }
        let spill = spill.finish().expect("whole");
        append(&place, self.limits, &Frame { flags: Flags::SPILLED, payload: spill.name(), ..event })
    }
}

/// A frame of now.
pub(crate) fn frame_of<'a>(agent: &'a str, payload: &'a [u8]) -> Frame<'a> {
    Frame {
        flags: Flags::default(),
        pid: sys::process_id(),
        ppid: 1,
        hook_ns: 0,
        stamp_ns: sys::now_ns(),
        total_bytes: payload.len() as u64,
        agent: agent.as_bytes(),
        event: b"",
        payload,
        stages: None,
    }
}

/// The bytes of one frame.
pub(crate) fn bytes_of(frame: &Frame<'_>) -> Vec<u8> {
    [&frame.header(&[])[..], frame.payload, frame.agent, frame.event].concat()
}

/// Opens a segment as a hook does.
pub(crate) fn open_segment(path: &Path) -> sys::Fd {
    let mut name = tailhook_journal::place::Path::new();
    name.push(path.as_os_str().as_bytes()).expect("short enough");
    sys::open_at(None, name.as_c_str(), sys::Open::Append).expect("open the segment")
}

/// Starts a daemon that keeps payloads as they are.
pub(crate) fn serve_plainly(home: &Home) -> Daemon {
    home.configure("redact = \"off\"\n");
    home.serve()
}

/// Files in a folder; none if there is no such folder.
pub(crate) fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}
