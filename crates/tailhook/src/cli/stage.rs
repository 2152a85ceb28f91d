//! A private daemon for commands that must not touch the user's own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::client::Client;
use super::exit::Failure;
use crate::config::{Flags, Settings};

/// A folder and a daemon on it; both are gone when this is.
pub(super) struct Stage {
    pub(super) home: PathBuf,
    daemon: Child,
}

impl Stage {
    /// Makes the folder, named after what it is for, and starts the daemon on a free port.
    pub(super) fn set_up(name: &str) -> Result<Self, Failure> {
        use std::os::unix::fs::DirBuilderExt;
        use std::os::unix::process::CommandExt;
        let home = std::env::temp_dir().join(format!("tailhook-{name}-{}", std::process::id()));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&home)
            .map_err(|error| Failure::failed(format!("could not make {}: {error}", home.display())))?;
        let program = std::env::current_exe().map_err(|error| Failure::failed(format!("who am I: {error}")))?;
        let daemon = Command::new(program)
            .args(["serve", "--port", "0", "--json"])
            .env("TAILHOOK_HOME", &home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // Ctrl-C is for us alone: we end it.
            .process_group(0)
            .spawn()
            .map_err(|error| Failure::failed(format!("could not start the daemon: {error}")));
        let mut stage = match daemon {
            Ok(daemon) => Self { home, daemon },
            Err(failure) => {
                let _ = std::fs::remove_dir_all(&home);
                return Err(failure);
            }
        };
        let mut line = String::new();
        let read = stage.daemon.stdout.take().map(|out| BufReader::new(out).read_line(&mut line));
        match read {
            Some(Ok(n)) if n > 0 => Ok(stage),
            _ => Err(Failure::failed("the daemon did not start")),
        }
    }

    /// To ask the daemon.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        Client::find(&Settings::resolve(&Flags::default())?.moved_to(&self.home))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(pid) = rustix::process::Pid::from_raw(self.daemon.id() as i32) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.daemon.wait();
        let _ = std::fs::remove_dir_all(&self.home);
    }
}
