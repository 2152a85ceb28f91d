//! A daemon of our own, from its start to its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bench_report::results::{self, MemoryFolder};
use serde::Deserialize;
use tailhook_journal::{Appended, Flags, Frame, Limits, Place, append, sys};

/// Its folders, which outlive it.
pub(crate) struct Home {
    memory: MemoryFolder,
    disk: PathBuf,
}

impl Home {
    /// Empty, with the database's place on disk.
    pub(crate) fn new() -> Result<Self> {
        let memory = MemoryFolder::new("delivery")?;
        let disk = results::work_folder("delivery")?;
        for name in ["tailhook.db", "tailhook.db-wal", "tailhook.db-shm"] {
            let _ = std::fs::remove_file(disk.join(name));
        }
        std::os::unix::fs::symlink(disk.join("tailhook.db"), memory.path().join("tailhook.db"))?;
        Ok(Self { memory, disk })
    }

    pub(crate) fn path(&self) -> &Path {
        self.memory.path()
    }

    /// A folder on the same disk as the database.
    pub(crate) fn disk(&self) -> &Path {
        &self.disk
    }

    /// Appends one event as a hook does; gives the time before it.
    pub(crate) fn append(&self, payload: &[u8]) -> (u64, Appended) {
        self.append_as("claude-code", payload)
    }

    /// The same of another agent.
    pub(crate) fn append_as(&self, agent: &str, payload: &[u8]) -> (u64, Appended) {
        let stamp_ns = sys::now_ns();
        let frame = Frame {
            flags: Flags::default(),
            pid: std::process::id(),
            ppid: 0,
            hook_ns: 0,
            stamp_ns,
            total_bytes: payload.len() as u64,
            agent: agent.as_bytes(),
            event: b"",
            payload,
            stages: None,
        };
        let place = Place { uid: rustix::process::geteuid().as_raw(), home: Some(self.path().as_os_str().as_bytes()) };
        (stamp_ns, append(&place, Limits::default(), &frame))
    }
}

/// Ended when dropped.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) port: u16,
    pub(crate) token: String,
}

/// What it prints when it is ready.
#[derive(Deserialize)]
struct Ready {
    port: u16,
}

/// The part of its numbers that is asked for.
#[derive(Deserialize)]
pub(crate) struct Stats {
    pub(crate) seq: u64,
    pub(crate) events: Losses,
}

/// Each a count.
#[derive(Deserialize)]
pub(crate) struct Losses {
    pub(crate) torn: u64,
    pub(crate) dropped: u64,
}

impl Daemon {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(home: &Home) -> Result<Self> {
        let mut child = Command::new(results::binary("tailhook")?)
            .args(["serve", "--port", "0", "--json"])
            .env("TAILHOOK_HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("could not start the daemon")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no standard output")?).read_line(&mut line)?;
        let ready: Ready = serde_json::from_str(&line).context("the daemon did not get ready")?;
        let token = std::fs::read_to_string(home.path().join("token"))?.trim().to_owned();
        Ok(Self { child, port: ready.port, token })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its numbers, now.
    pub(crate) fn stats(&self) -> Result<Stats> {
        let answer = self.get("/api/v1/stats")?;
        serde_json::from_str(&answer).with_context(|| format!("not the daemon's numbers: {answer}"))
    }

    /// The body of an answer of its API.
    pub(crate) fn get(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            self.port, self.token
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.split_once("\r\n\r\n").context("no body")?.1.to_owned())
    }

    /// Waits until so many events are stored; gives the time when that was seen.
    pub(crate) fn wait_for(&self, seq: u64, patience: Duration) -> Result<Instant> {
        let start = Instant::now();
        loop {
            let stats = self.stats()?;
            if stats.seq >= seq {
                return Ok(Instant::now());
            }
            anyhow::ensure!(start.elapsed() < patience, "{} of {seq} events are stored after {patience:?}", stats.seq);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It ends by itself on SIGTERM, with everything stored.
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}
