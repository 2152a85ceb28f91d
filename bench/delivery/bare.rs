//! The two costs that no delivery of this kind can avoid, each alone: one WebSocket message, one commit.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use rusqlite::{Connection, params};
use tungstenite::{Message, WebSocket};

/// A server that sends back what it gets, and a client of it.
pub(crate) struct Echo(WebSocket<TcpStream>);

impl Echo {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        std::thread::Builder::new().name("echo".into()).spawn(move || -> Result<()> {
            let (stream, _) = listener.accept()?;
            stream.set_nodelay(true)?;
            let mut socket = tungstenite::accept(stream)?;
            loop {
                let message = socket.read()?;
                socket.send(message)?;
            }
        })?;
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(tungstenite::client(format!("ws://{address}/"), stream)?.0))
    }

    /// One way: half of there and back, nanoseconds.
    pub(crate) fn one_way(&mut self, text: &str) -> Result<u64> {
        let start = Instant::now();
        self.0.send(Message::text(text))?;
        self.0.read()?;
        Ok(start.elapsed().as_nanos() as u64 / 2)
    }
}

/// A database with the daemon's settings and one table.
pub(crate) struct Store(Connection);

impl Store {
    #[expect(clippy::disallowed_methods, reason = "this is not the daemon's database, it is compared with it")]
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        for name in ["bare.db", "bare.db-wal", "bare.db-shm"] {
            let _ = std::fs::remove_file(folder.join(name));
        }
        let connection = Connection::open(folder.join("bare.db"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
             CREATE TABLE event (seq INTEGER PRIMARY KEY, stamp_ns INTEGER, session INTEGER, kind INTEGER,
                                 agent INTEGER, data TEXT NOT NULL, payload BLOB NOT NULL) STRICT;",
        )?;
        Ok(Self(connection))
    }

    /// One row in one transaction, nanoseconds.
    pub(crate) fn commit(&self, data: &str, payload: &[u8]) -> Result<u64> {
        let start = Instant::now();
        self.0
            .prepare_cached(
                "INSERT INTO event (stamp_ns, session, kind, agent, data, payload) VALUES (0, 1, 1, 1, ?, ?)",
            )?
            .execute(params![data, payload])?;
        Ok(start.elapsed().as_nanos() as u64)
    }
}
