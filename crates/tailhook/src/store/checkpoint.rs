//! Moving the write-ahead log into the database, beside the writer.
//!
//! `SQLite` would do it inside a commit, and it waits for the disk there: events that come meanwhile would be late by
//! tens of milliseconds. On a thread and a connection of its own it delays nobody.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rusqlite::Connection;

use super::{StoreError, schema};

/// So much is written between two checkpoints.
const EVERY_BYTES: u64 = 32 << 20;
/// A log of this size is moved while the writer waits. Under a load without a pause the thread never sees its end, and
/// only a log that was moved to its end starts again at its beginning.
const MAX_LOG_BYTES: u64 = 64 << 20;

/// The writer's end.
pub(super) struct Checkpoints {
    notice: SyncSender<()>,
    written_bytes: u64,
    log: PathBuf,
}

impl Checkpoints {
    /// Starts the thread; it ends with this.
    pub(super) fn start(path: &Path) -> Result<Self, StoreError> {
        let connection = schema::open_for_checkpoints(path)?;
        // One notice may wait while a checkpoint runs; more would say nothing new.
        let (notice, notices) = sync_channel(1);
        std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(move || run(&connection, &notices))
            .map_err(|cause| StoreError::Thread { cause })?;
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Ok(Self { notice, written_bytes: 0, log: log.into() })
    }

    /// So much more was committed. True: the log has grown too long, and the writer has to wait for it to be moved.
    pub(super) fn wrote(&mut self, bytes: u64) -> bool {
        self.written_bytes += bytes;
        if self.written_bytes < EVERY_BYTES {
            return false;
        }
        self.written_bytes = 0;
        if std::fs::metadata(&self.log).is_ok_and(|log| log.len() > MAX_LOG_BYTES) {
            return true;
        }
        // A full channel: a checkpoint is about to run anyway.
        let _ = self.notice.try_send(());
        false
    }
}

fn run(connection: &Connection, notices: &Receiver<()>) {
    while notices.recv().is_ok() {
        // PASSIVE waits for nobody and copies what it can. What it leaves, and what fails, the next one does.
        let result = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = result {
            tracing::warn!("could not move the write-ahead log into the store: {error}");
        }
    }
}
