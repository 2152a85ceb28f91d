//! Where the peers post to: the smallest server that answers them, on a free port of loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;

/// Runs until the process ends.
pub(crate) struct Sink {
    port: u16,
    posts: Arc<AtomicU64>,
}

impl Sink {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let posts = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&posts);
        std::thread::Builder::new().name("sink".into()).spawn(move || {
            for connection in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                // A thread each: a peer that dawdles must not hold up the next one.
                std::thread::spawn(move || {
                    if answer(&connection).is_ok() {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        })?;
        Ok(Self { port, posts })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Requests that were read whole.
    pub(crate) fn posts(&self) -> u64 {
        self.posts.load(Ordering::Relaxed)
    }
}

fn answer(connection: &TcpStream) -> std::io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut reader = BufReader::new(connection);
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let lower = line.trim().to_ascii_lowercase();
        if lower.is_empty() {
            break;
        }
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        } else if lower.starts_with("expect:") {
            // curl asks before it sends a large body.
            (&*connection).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    (&*connection).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
}
