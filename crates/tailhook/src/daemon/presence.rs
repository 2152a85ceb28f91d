//! One daemon per home, and how others find it.
//!
//! The daemon holds a lock on `daemon.json` while it lives; the kernel lets go of it whatever ends the process. What
//! stands in the file is true while the lock is held and stale otherwise.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::config::Home;

/// What a running daemon says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Presence {
    pub(crate) pid: i32,
    /// Process that starts it again when it dies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) supervisor: Option<i32>,
    /// Whether the system's service manager runs it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) service: bool,
    pub(crate) port: u16,
    pub(crate) url: String,
    /// Where it is for other machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) beyond: Option<String>,
    pub(crate) version: String,
}

/// The lock, held as long as this lives.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the lock of a file; `None`: somebody else has it.
    pub(crate) fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self(file))),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes what others should know. In place: the lock belongs to this file.
    pub(crate) fn write(&mut self, said: &impl Serialize) -> io::Result<()> {
        let json = serde_json::to_vec(said)?;
        self.0.rewind()?;
        self.0.write_all(&json)?;
        self.0.set_len(json.len() as u64)
    }

    /// Forgets what stood there from an earlier daemon.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.0.set_len(0)
    }
}

/// The daemon of this home, if one runs.
pub(crate) fn find(home: &Home) -> Option<Presence> {
    said_by_holder(&home.daemon_file())
}

/// The process that starts the daemon of this home again when it dies, if there is one. It can be there alone: between a
/// death and the next start.
pub(crate) fn find_supervisor(home: &Home) -> Option<i32> {
    said_by_holder(&home.supervisor_file())
}

/// What stands in a file, if somebody holds its lock.
fn said_by_holder<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let mut file = File::open(path).ok()?;
    if flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
        // Nobody holds it: what it says is stale. Closing the file lets go of our lock.
        return None;
    }
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Makes the folder for the daemon's files, for its owner alone, and so every file that this process makes from now on.
pub(crate) fn make_state_folder(home: &Home) -> io::Result<()> {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(home.state())
}
