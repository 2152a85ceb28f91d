//! The hand-offs, each with its reader.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bench_report::results::{self, MemoryFolder};
use bench_report::{Sample, Turns, payload};
use tailhook_journal::{Appended, Flags, Frame, Limits, Place, append, sys};

use crate::ring::Ring;

/// Bytes of the frame.
pub(crate) const FRAME_BYTES: usize = 1 << 10;
/// How long a reader may take for one frame.
const PATIENCE: Duration = Duration::from_secs(2);

/// Hands over one frame.
type HandOver = Box<dyn FnMut(&[u8]) -> Result<()>>;

/// One way, with its times.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    hand_over: HandOver,
    /// What the reader has taken; none where nobody reads.
    taken: Option<Arc<AtomicU64>>,
    pub(crate) times: Sample,
}

/// Runs them all.
pub(crate) fn run(rounds: usize) -> Result<Vec<Way>> {
    let memory = MemoryFolder::new("handoff")?;
    let disk = results::work_folder("handoff")?;
    let mut ways = vec![
        journal("append to the journal (tmpfs)", memory.path()),
        bare_append("open, write, close (tmpfs)", memory.path().join("bare")),
        journal("append to the journal (disk)", &private(disk.join("journal-home"))?),
        bare_append("open, write, close (disk)", disk.join("bare")),
        pipe(memory.path())?,
        datagram(memory.path())?,
        ring("shared-memory ring, no wake", memory.path().join("ring"), false)?,
        ring("shared-memory ring, futex wake", memory.path().join("ring-futex"), true)?,
        stream(memory.path())?,
    ];
    let frame = payload::of_size(FRAME_BYTES);
    let mut turns = Turns::new(ways.len());
    let warm_up = rounds / 10;
    for round in 0..warm_up + rounds {
        for &at in turns.next_round() {
            let way = &mut ways[at];
            let before = way.taken.as_ref().map(|taken| taken.load(Ordering::Acquire));
            let start = Instant::now();
            (way.hand_over)(&frame)?;
            let time = start.elapsed();
            if round >= warm_up {
                way.times.push(time);
            }
            while let (Some(taken), Some(before)) = (&way.taken, before)
                && taken.load(Ordering::Acquire) == before
            {
                ensure!(start.elapsed() < PATIENCE, "{}: nobody took the frame", way.name);
                std::thread::sleep(Duration::from_micros(20));
            }
        }
        if round % 1_000 == 999 {
            for file in [memory.path().join("bare"), disk.join("bare")] {
                File::create(file)?;
            }
        }
    }
    let _ = std::fs::remove_dir_all(disk);
    Ok(ways)
}

/// A folder that the journal accepts.
fn private(path: PathBuf) -> Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let _ = std::fs::remove_dir_all(&path);
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&path)
        .with_context(|| format!("could not make {}", path.display()))?;
    Ok(path)
}

fn way(name: &'static str, hand_over: impl FnMut(&[u8]) -> Result<()> + 'static) -> Way {
    Way { name, hand_over: Box::new(hand_over), taken: None, times: Sample::default() }
}

/// As the hook does it: with the checks of owner and mode and the checksum.
fn journal(name: &'static str, home: &Path) -> Way {
    let home = home.to_owned();
    way(name, move |payload| append_frame(&home, payload))
}

const NO_LIMIT: Limits = Limits { journal_bytes: u64::MAX, spool_bytes: 0 };

fn place(home: &Path) -> Place<'_> {
    Place { uid: rustix::process::geteuid().as_raw(), home: Some(home.as_os_str().as_bytes()) }
}

/// Appends one frame below a `TAILHOOK_HOME`, without a limit, as a hook does.
pub(crate) fn append_frame(home: &Path, payload: &[u8]) -> Result<()> {
    let appended = append(&place(home), NO_LIMIT, &frame(payload));
    ensure!(appended == Appended::Journal, "the journal did not take a frame: {appended:?}");
    Ok(())
}

/// One whole frame.
pub(crate) fn frame_bytes(payload: &[u8]) -> Vec<u8> {
    let frame = frame(payload);
    [&frame.header(&[]), frame.payload, frame.agent, frame.event].concat()
}

fn frame(payload: &[u8]) -> Frame<'_> {
    Frame {
        flags: Flags::default(),
        pid: sys::process_id(),
        ppid: sys::parent_id(),
        hook_ns: 0,
        stamp_ns: sys::now_ns(),
        total_bytes: payload.len() as u64,
        agent: b"claude-code",
        event: b"",
        payload,
        stages: None,
    }
}

/// The least that appending can be.
fn bare_append(name: &'static str, path: PathBuf) -> Way {
    way(name, move |frame| append_bytes(&path, frame))
}

/// Opens, writes, closes.
pub(crate) fn append_bytes(path: &Path, frame: &[u8]) -> Result<()> {
    let written = OpenOptions::new().append(true).create(true).open(path)?.write(frame)?;
    ensure!(written == frame.len(), "a short write");
    Ok(())
}

/// A reader in a thread of its own: `take` blocks until it has one frame.
fn read_by(way: Way, mut take: impl FnMut(&mut [u8]) -> Result<()> + Send + 'static) -> Result<Way> {
    let taken = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&taken);
    std::thread::Builder::new().name(way.name.into()).spawn(move || -> Result<()> {
        let mut buffer = vec![0; FRAME_BYTES];
        loop {
            take(&mut buffer)?;
            count.fetch_add(1, Ordering::Release);
        }
    })?;
    Ok(Way { taken: Some(taken), ..way })
}

fn stream(folder: &Path) -> Result<Way> {
    let path = folder.join("stream");
    let listener = UnixListener::bind(&path)?;
    let way = way("unix stream: connect, write, close", move |frame| Ok(UnixStream::connect(&path)?.write_all(frame)?));
    read_by(way, move |buffer| Ok(listener.accept()?.0.read_exact(buffer)?))
}

fn datagram(folder: &Path) -> Result<Way> {
    let path = folder.join("datagram");
    let socket = UnixDatagram::bind(&path)?;
    let way = way("unix datagram", move |frame| {
        let sent = UnixDatagram::unbound()?.send_to(frame, &path)?;
        ensure!(sent == frame.len(), "a short datagram");
        Ok(())
    });
    read_by(way, move |buffer| Ok(socket.recv(buffer).map(drop)?))
}

fn pipe(folder: &Path) -> Result<Way> {
    let path = folder.join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )?;
    // Open for both: the reader then never sees an end.
    let mut reader = File::options().read(true).write(true).open(&path)?;
    let way = way("named pipe: open, write, close", move |frame| {
        Ok(OpenOptions::new().write(true).open(&path)?.write_all(frame)?)
    });
    read_by(way, move |buffer| Ok(reader.read_exact(buffer)?))
}

fn ring(name: &'static str, path: PathBuf, wake: bool) -> Result<Way> {
    Ring::create(&path)?;
    let reader = Ring::open(&path)?;
    let way = way(name, move |frame| Ring::open(&path)?.push(frame, wake));
    if !wake {
        return Ok(way);
    }
    let mut seen = 0;
    read_by(way, move |_| {
        // The slot itself need not be read: what is measured is the writer.
        while reader.published() == seen {
            reader.wait(seen);
        }
        seen += 1;
        Ok(())
    })
}
