//! What wakes the reader: the kernel's notice of a change to the folder (inotify), or a datagram that the writer sends
//! after its append.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bench_report::results::MemoryFolder;
use bench_report::{Sample, Turns, payload};
use rustix::fs::inotify;
use tailhook_journal::scan::{Item, Scan};
use tailhook_journal::sys;

use crate::ways::{FRAME_BYTES, append_frame};

/// One way to wake the reader.
pub(crate) struct Wake {
    pub(crate) name: &'static str,
    /// What the writer spends.
    pub(crate) writer: Sample,
    /// From before the append until the woken reader has the frame.
    pub(crate) reader: Sample,
    home: MemoryFolder,
    doorbell: Option<PathBuf>,
    /// When the reader had the frame.
    read_ns: Receiver<u64>,
}

/// Runs both.
pub(crate) fn run(rounds: usize) -> Result<Vec<Wake>> {
    let mut wakes = vec![by_inotify()?, by_datagram()?];
    let payload = payload::of_size(FRAME_BYTES);
    let mut turns = Turns::new(wakes.len());
    for round in 0..rounds + rounds / 10 {
        for &at in turns.next_round() {
            let wake = &mut wakes[at];
            // The reader sleeps again by then.
            std::thread::sleep(Duration::from_micros(300));
            let start_ns = sys::now_ns();
            append_frame(wake.home.path(), &payload)?;
            if let Some(doorbell) = &wake.doorbell {
                UnixDatagram::unbound()?.send_to(b"!", doorbell)?;
            }
            let end_ns = sys::now_ns();
            let read_ns = wake.read_ns.recv_timeout(Duration::from_secs(2)).context(wake.name)?;
            if round >= rounds / 10 {
                wake.writer.push_ns(end_ns.saturating_sub(start_ns));
                wake.reader.push_ns(read_ns.saturating_sub(start_ns));
            }
        }
    }
    Ok(wakes)
}

fn by_inotify() -> Result<Wake> {
    let home = home_with_segment("inotify")?;
    let notices = inotify::init(inotify::CreateFlags::CLOEXEC)?;
    inotify::add_watch(&notices, home.path().join("journal"), inotify::WatchFlags::MODIFY)?;
    let mut reader = Reader::new(&home)?;
    let (told, read_ns) = sync_channel(1);
    std::thread::Builder::new().name("inotify".into()).spawn(move || -> Result<()> {
        let mut buffer = [const { std::mem::MaybeUninit::uninit() }; 4_096];
        let mut notices = inotify::Reader::new(&notices, &mut buffer);
        loop {
            notices.next()?;
            reader.read(&told)?;
        }
    })?;
    Ok(Wake {
        name: "inotify on the folder",
        writer: Sample::default(),
        reader: Sample::default(),
        home,
        doorbell: None,
        read_ns,
    })
}

fn by_datagram() -> Result<Wake> {
    let home = home_with_segment("doorbell")?;
    let doorbell = home.path().join("doorbell");
    let socket = UnixDatagram::bind(&doorbell)?;
    let mut reader = Reader::new(&home)?;
    let (told, read_ns) = sync_channel(1);
    std::thread::Builder::new().name("doorbell".into()).spawn(move || -> Result<()> {
        let mut buffer = [0; 8];
        loop {
            socket.recv(&mut buffer)?;
            reader.read(&told)?;
        }
    })?;
    let (writer, reader) = (Sample::default(), Sample::default());
    Ok(Wake { name: "datagram after the append", writer, reader, home, doorbell: Some(doorbell), read_ns })
}

fn home_with_segment(name: &str) -> Result<MemoryFolder> {
    let home = MemoryFolder::new(name)?;
    append_frame(home.path(), b"{}")?;
    Ok(home)
}

/// Reads the segment on, as the daemon does.
struct Reader {
    segment: File,
    at: u64,
    buffer: Vec<u8>,
}

impl Reader {
    /// At the end of what is there.
    fn new(home: &MemoryFolder) -> Result<Self> {
        let segment = File::open(home.path().join("journal/active"))?;
        Ok(Self { at: segment.metadata()?.len(), segment, buffer: vec![0; 128 << 10] })
    }

    /// Takes the one frame that is there, and tells when it had it.
    fn read(&mut self, told: &SyncSender<u64>) -> Result<()> {
        let n = self.segment.read_at(&mut self.buffer, self.at)?;
        let mut scan = Scan::new(&self.buffer[..n], false);
        for item in scan.by_ref() {
            let Item::Frame(_) = item else { bail!("a torn frame") };
            told.send(sys::now_ns())?;
        }
        self.at += scan.done() as u64;
        Ok(())
    }
}
