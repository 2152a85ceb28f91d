//! How many deliveries a second: every event to a hundred subscribers.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bench_report::payload;
use rustix::event::{PollFd, PollFlags, poll};
use serde::Serialize;
use tailhook_journal::Appended;

use crate::client::{Form, connect_to};
use crate::daemon::{Daemon, Home};

/// Who listens.
pub(crate) const SUBSCRIBERS: usize = 100;
/// Events of one round: they fit the ring, so nobody is told of a gap.
const ROUND: u64 = 15_000;
/// An agent's bytes in each event, so that the envelope with them takes 1 KB.
const PAYLOAD_BYTES: usize = 600;
/// Once in every envelope, and nowhere else.
const MARK: &[u8] = b"\"hook.pre_tool_use\"";

/// What came of it.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct FanOut {
    pub(crate) form: &'static str,
    pub(crate) subscribers: usize,
    pub(crate) events: u64,
    /// Bytes of one envelope on the wire, frames' heads included.
    pub(crate) envelope_bytes: f64,
    pub(crate) deliveries_per_second: f64,
    pub(crate) gigabytes_per_second: f64,
}

/// Appends rounds of events as fast as they can be appended, and waits until every subscriber has all of them.
pub(crate) fn run(form: Form, rounds: u64) -> Result<FanOut> {
    let home = Home::new()?;
    let daemon = Daemon::start(&home)?;
    let mut readers: Vec<Reader> = (0..SUBSCRIBERS).map(|_| Reader::connect(&daemon, form)).collect::<Result<_>>()?;
    let payload = payload::of_size(PAYLOAD_BYTES);
    // Buffers grow and tables are built in a round that does not count.
    round(&home, &payload, &mut readers, ROUND)?;
    let before: u64 = readers.iter().map(|reader| reader.bytes).sum();
    let start = Instant::now();
    for n in 0..rounds {
        round(&home, &payload, &mut readers, (n + 2) * ROUND)?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let bytes = (readers.iter().map(|reader| reader.bytes).sum::<u64>() - before) as f64;
    let deliveries = (rounds * ROUND) as f64 * SUBSCRIBERS as f64;
    Ok(FanOut {
        form: form.name(),
        subscribers: SUBSCRIBERS,
        events: rounds * ROUND,
        envelope_bytes: bytes / deliveries,
        deliveries_per_second: deliveries / seconds,
        gigabytes_per_second: bytes / seconds / 1e9,
    })
}

/// One round; at its end every subscriber has `wanted` events.
fn round(home: &Home, payload: &[u8], readers: &mut [Reader], wanted: u64) -> Result<()> {
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (0..ROUND).all(|_| home.append(payload).1 == Appended::Journal));
        let start = Instant::now();
        while readers.iter().any(|reader| reader.events < wanted) {
            ensure!(start.elapsed() < Duration::from_mins(1), "events are missing");
            read_ready(readers)?;
        }
        ensure!(writer.join().unwrap_or(false), "the journal did not take an event");
        ensure!(readers.iter().all(|reader| reader.events == wanted), "an event came twice");
        Ok(())
    })
}

/// Waits until something has come, and reads it.
fn read_ready(readers: &mut [Reader]) -> Result<()> {
    thread_local!(static BUFFER: std::cell::RefCell<Vec<u8>> = std::cell::RefCell::new(vec![0; 1 << 20]));
    let mut sockets: Vec<PollFd<'_>> =
        readers.iter().map(|reader| PollFd::new(&reader.stream, PollFlags::IN)).collect();
    poll(&mut sockets, None)?;
    let ready: Vec<bool> = sockets.iter().map(|socket| !socket.revents().is_empty()).collect();
    BUFFER.with_borrow_mut(|buffer| {
        readers.iter_mut().zip(ready).filter(|(_, ready)| *ready).try_for_each(|(reader, _)| reader.read(buffer))
    })
}

/// One subscriber: counts what comes.
struct Reader {
    stream: TcpStream,
    events: u64,
    bytes: u64,
    /// The end of what was read: a mark may go on in the next piece.
    tail: Vec<u8>,
}

impl Reader {
    fn connect(daemon: &Daemon, form: Form) -> Result<Self> {
        let mut socket = connect_to(daemon, form, "payload=full")?;
        socket.read().context("no hello")?;
        let stream = socket.into_inner();
        stream.set_nonblocking(true)?;
        Ok(Self { stream, events: 0, bytes: 0, tail: Vec::new() })
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<()> {
        let kept = self.tail.len();
        buffer[..kept].copy_from_slice(&self.tail);
        let read = match self.stream.read(&mut buffer[kept..]) {
            Ok(0) => anyhow::bail!("the daemon hung up"),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let all = &buffer[..kept + read];
        self.bytes += read as u64;
        self.events += memchr::memmem::find_iter(all, MARK).count() as u64;
        // Shorter than a mark: none is counted twice.
        self.tail.clear();
        self.tail.extend_from_slice(&all[all.len().saturating_sub(MARK.len() - 1)..]);
        Ok(())
    }
}
