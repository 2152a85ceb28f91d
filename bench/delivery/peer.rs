//! The peer: the same events by HTTP to a small Bun server that stores each and publishes it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bench_report::{Sample, payload, results};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tailhook_journal::{Appended, sys};
use tungstenite::{Message, WebSocket};

use crate::client::{Client, Form};
use crate::daemon::{Daemon, Home};

/// Connections that post at once, each the next event after the answer to the one before.
const CONNECTIONS: usize = 8;
/// So many events the writer may be ahead of the store: a part of what the journal holds. The peer's are ahead by none.
const AHEAD: u64 = 4_000;
/// So many events lie between two questions whether they are: each question takes as long as a hundred events.
const ASK_EVERY: u64 = 2_048;
/// Events a second at which delivery is compared: easy for both.
const PER_SECOND: u64 = 500;

/// Both in one run.
#[derive(Clone, Serialize)]
pub(crate) struct Peer {
    pub(crate) events: u64,
    /// Posted to the peer, answered and stored, per second.
    pub(crate) bun_per_second: f64,
    /// The same with a connection for each event: a hook is a process, and has none to keep.
    pub(crate) bun_as_hooks_per_second: f64,
    /// Posted to tailhook, answered, and stored, per second.
    pub(crate) tailhook_http_per_second: f64,
    /// Appended as hooks do, and stored, per second.
    pub(crate) tailhook_per_second: f64,
    /// Stored per second of what lay there already: the appends, which are the hooks' work, took no part of the processors.
    pub(crate) tailhook_waiting_per_second: f64,
    pub(crate) delivery_per_second: u64,
    #[serde(skip)]
    pub(crate) bun_delivery: Sample,
    #[serde(skip)]
    pub(crate) bun_as_hooks_delivery: Sample,
    #[serde(skip)]
    pub(crate) tailhook_http_delivery: Sample,
    #[serde(skip)]
    pub(crate) tailhook_delivery: Sample,
}

/// Runs both on the same events; each has one WebSocket client meanwhile.
pub(crate) fn run(seconds: u64) -> Result<Peer> {
    let bun = bun()?;
    let events = 20_000 * seconds.div_ceil(5);
    let bun_per_second = bun_ingest(&bun, events, Connections::Kept)?;
    let bun_as_hooks_per_second = bun_ingest(&bun, events, Connections::OneEach)?;
    let tailhook_http_per_second = {
        let home = Home::new()?;
        let daemon = Daemon::start(&home)?;
        let client = Client::start(&daemon, Form::Single, events)?;
        let start = Instant::now();
        post(daemon.port, "/api/v1/ingest/claude-code", Some(&daemon.token), events, Connections::Kept)?;
        let stored = daemon.wait_for(events, Duration::from_mins(1))?;
        client.arrivals()?;
        events as f64 / (stored - start).as_secs_f64()
    };
    let tailhook_per_second = {
        // More of them: what takes a tenth of a second is not sustained.
        let events = events * 5;
        let home = Home::new()?;
        let daemon = Daemon::start(&home)?;
        let client = Client::start(&daemon, Form::Batches, events)?;
        let payload = payload::of_size(1 << 10);
        let start = Instant::now();
        for n in 0..events {
            ensure!(home.append(&payload).1 == Appended::Journal, "the journal did not take an event");
            while n % ASK_EVERY == 0 && n.saturating_sub(daemon.stats()?.seq) > AHEAD {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        let stored = daemon.wait_for(events, Duration::from_mins(1))?;
        drop(client);
        events as f64 / (stored - start).as_secs_f64()
    };
    let tailhook_waiting_per_second = waiting_ingest(events * 5)?;
    Ok(Peer {
        events,
        bun_per_second,
        bun_as_hooks_per_second,
        tailhook_http_per_second,
        tailhook_per_second,
        tailhook_waiting_per_second,
        delivery_per_second: PER_SECOND,
        bun_delivery: bun_delivery(&bun, PER_SECOND * seconds, Connections::Kept)?,
        bun_as_hooks_delivery: bun_delivery(&bun, PER_SECOND * seconds, Connections::OneEach)?,
        tailhook_http_delivery: tailhook_delivery(PER_SECOND * seconds, true)?,
        tailhook_delivery: tailhook_delivery(PER_SECOND * seconds, false)?,
    })
}

/// How an event reaches the peer.
#[derive(Clone, Copy)]
enum Connections {
    /// On a connection that stays open.
    Kept,
    /// On one of its own.
    OneEach,
}

/// Events a second that the peer has stored.
fn bun_ingest(bun: &Path, events: u64, connections: Connections) -> Result<f64> {
    let server = Server::start(bun)?;
    let reader = server.count_arrivals(events)?;
    let start = Instant::now();
    post(server.port, "/events", None, events, connections)?;
    let per_second = events as f64 / start.elapsed().as_secs_f64();
    ensure!(server.count()? == events, "the peer has not stored all");
    reader.join().map_err(|_| anyhow::anyhow!("the peer's client panicked"))??;
    Ok(per_second)
}

/// Events a second that the daemon stores and sends when it is never without: all were appended while it stood still.
fn waiting_ingest(events: u64) -> Result<f64> {
    let home = Home::new()?;
    let daemon = Daemon::start(&home)?;
    let client = Client::start(&daemon, Form::Batches, events)?;
    let pid = Pid::from_raw(i32::try_from(daemon.pid())?).context("no process")?;
    kill_process(pid, Signal::STOP)?;
    let payload = payload::of_size(1 << 10);
    for _ in 0..events {
        // What is too much for the journal lies in the spool, here in memory too.
        ensure!(home.append(&payload).1 != Appended::Dropped, "an event was dropped");
    }
    let start = Instant::now();
    kill_process(pid, Signal::CONT)?;
    let stored = daemon.wait_for(events, Duration::from_mins(1))?;
    ensure!(client.arrivals()?.len() as u64 == events, "not all events arrived");
    Ok(events as f64 / (stored - start).as_secs_f64())
}

/// From before the POST, and the connection where it needs one, to the arrival at a WebSocket client.
fn bun_delivery(bun: &Path, events: u64, connections: Connections) -> Result<Sample> {
    let server = Server::start(bun)?;
    let mut socket = server.connect()?;
    let reader = std::thread::spawn(move || -> Result<Vec<u64>> {
        let mut arrivals = Vec::new();
        while (arrivals.len() as u64) < events {
            if let Message::Text(_) = socket.read()? {
                arrivals.push(sys::now_ns());
            }
        }
        Ok(arrivals)
    });
    let mut poster = Poster::connect(server.port, "/events", None)?;
    let sent = paced(events, || poster.post_on(connections))?;
    let arrivals = reader.join().map_err(|_| anyhow::anyhow!("the peer's client panicked"))??;
    Ok(arrivals.iter().zip(&sent).map(|(arrival, sent)| arrival.saturating_sub(*sent)).collect())
}

fn tailhook_delivery(events: u64, over_http: bool) -> Result<Sample> {
    let home = Home::new()?;
    let daemon = Daemon::start(&home)?;
    let client = Client::start(&daemon, Form::Single, events)?;
    let mut poster = Poster::connect(daemon.port, "/api/v1/ingest/claude-code", Some(&daemon.token))?;
    let payload = payload::of_size(1 << 10);
    let sent = paced(events, || {
        if over_http {
            return poster.post();
        }
        ensure!(home.append(&payload).1 == Appended::Journal, "the journal did not take an event");
        Ok(())
    })?;
    let arrivals = client.arrivals()?;
    Ok(arrivals.iter().zip(&sent).map(|(arrival, sent)| arrival.saturating_sub(*sent)).collect())
}

/// Sends at the common rate; gives the time before each.
fn paced(events: u64, mut send: impl FnMut() -> Result<()>) -> Result<Vec<u64>> {
    let start = Instant::now();
    let mut times = Vec::with_capacity(usize::try_from(events)?);
    for n in 0..events {
        std::thread::sleep(Duration::from_nanos(1_000_000_000 / PER_SECOND * n).saturating_sub(start.elapsed()));
        times.push(sys::now_ns());
        send()?;
    }
    Ok(times)
}

fn post(port: u16, path: &str, token: Option<&str>, events: u64, connections: Connections) -> Result<()> {
    std::thread::scope(|scope| {
        let each = events / CONNECTIONS as u64;
        let posters: Vec<_> = (0..CONNECTIONS as u64)
            .map(|n| {
                let mine = if n == 0 { events - each * (CONNECTIONS as u64 - 1) } else { each };
                scope.spawn(move || -> Result<()> {
                    let mut poster = Poster::connect(port, path, token)?;
                    (0..mine).try_for_each(|_| poster.post_on(connections))
                })
            })
            .collect();
        posters.into_iter().try_for_each(|poster| poster.join().unwrap_or_else(|_| anyhow::bail!("a poster panicked")))
    })
}

/// One connection at a time.
struct Poster {
    port: u16,
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Poster {
    fn connect(port: u16, path: &str, token: Option<&str>) -> Result<Self> {
        let stream = connect(port)?;
        let payload = payload::of_size(1 << 10);
        let authorization = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{authorization}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            payload.len()
        )
        .into_bytes();
        request.extend_from_slice(&payload);
        Ok(Self { port, stream, request, answer: vec![0; 4_096] })
    }

    fn post_on(&mut self, connections: Connections) -> Result<()> {
        if matches!(connections, Connections::OneEach) {
            self.stream = connect(self.port)?;
        }
        self.post()
    }

    /// One event; the answer says that it was taken.
    fn post(&mut self) -> Result<()> {
        self.stream.write_all(&self.request)?;
        let mut read = 0;
        loop {
            let more = self.stream.read(&mut self.answer[read..])?;
            ensure!(more > 0, "the server hung up");
            read += more;
            let answer = &self.answer[..read];
            let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let text = std::str::from_utf8(&answer[..head])?;
            ensure!(text.starts_with("HTTP/1.1 202"), "not taken: {text}");
            let length = text.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok()
            });
            if read >= head + 4 + length.unwrap_or(0) {
                return Ok(());
            }
        }
    }
}

fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The npm package `bun` fetches its program in an install script; the package that holds it is taken directly.
fn bun() -> Result<PathBuf> {
    let package = match std::env::consts::ARCH {
        "x86_64" => "@oven/bun-linux-x64",
        "aarch64" => "@oven/bun-linux-aarch64",
        other => anyhow::bail!("there is no Bun for {other}"),
    };
    let folder = results::work_folder("peers")?.join("bun");
    let program = folder.join("node_modules").join(package).join("bin/bun");
    if !program.exists() {
        std::fs::create_dir_all(&folder)?;
        let npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix"];
        let status = Command::new("npm").args(npm).arg(&folder).arg(package).status().context("could not run npm")?;
        ensure!(status.success(), "npm could not install {package}");
    }
    Ok(program)
}

/// The peer, ended when dropped.
struct Server {
    child: Child,
    port: u16,
}

#[derive(Deserialize)]
struct Ready {
    port: u16,
}

#[derive(Deserialize)]
struct Count {
    count: u64,
}

impl Server {
    fn start(bun: &Path) -> Result<Self> {
        let database = results::work_folder("peer")?.join("peer.db");
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", database.display()));
        }
        let script = results::root().join("bench/delivery/peer/server.ts");
        let mut child = Command::new(bun)
            .arg(script)
            .arg(&database)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("could not start Bun")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no standard output")?).read_line(&mut line)?;
        let ready: Ready = serde_json::from_str(&line).context("the peer did not get ready")?;
        Ok(Self { child, port: ready.port })
    }

    fn connect(&self) -> Result<WebSocket<TcpStream>> {
        let stream = connect(self.port)?;
        let address = format!("ws://127.0.0.1:{}/stream", self.port);
        let (socket, _) = tungstenite::client(address, stream).ok().context("the peer refused the stream")?;
        Ok(socket)
    }

    fn count_arrivals(&self, wanted: u64) -> Result<std::thread::JoinHandle<Result<()>>> {
        let mut socket = self.connect()?;
        Ok(std::thread::spawn(move || {
            let mut events = 0;
            while events < wanted {
                events += u64::from(matches!(socket.read()?, Message::Text(_)));
            }
            Ok(())
        }))
    }

    fn count(&self) -> Result<u64> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        write!(stream, "GET /count HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", self.port)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let body = answer.split_once("\r\n\r\n").context("no body")?.1;
        Ok(serde_json::from_str::<Count>(body)?.count)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
