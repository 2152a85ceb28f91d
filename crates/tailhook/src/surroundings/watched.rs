//! What is known of a process that is watched.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use tailhook_core::session::AgentProcess;

use super::process::{self, Terminal};

/// After the end of a process, its last hooks may still be on their way.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// A process that is believed to be a session's.
pub(super) struct Watched {
    pub(super) process: AgentProcess,
    pub(super) life: Life,
    pub(super) seat: Seat,
}

impl Watched {
    pub(super) fn new(process: AgentProcess, life: Life) -> Self {
        let mut watched = Self { process, life, seat: Seat::Open };
        watched.look_at_seat();
        watched
    }

    /// What became of its terminal.
    pub(super) fn look_at_seat(&mut self) {
        if matches!(self.seat, Seat::Open) {
            self.seat = match process::terminal(self.process.pid) {
                Terminal::None => Seat::None,
                Terminal::Open => Seat::Open,
                Terminal::Closed => Seat::Left(Instant::now() + GRACE),
            };
        }
    }

    /// When there is something to tell of it.
    pub(super) fn due(&self) -> Option<Instant> {
        match (&self.life, &self.seat) {
            (Life::Ended(until), _) | (Life::Lives(_), Seat::Left(until)) => Some(*until),
            (Life::Lives(_), _) => None,
        }
    }
}

pub(super) enum Life {
    Lives(OwnedFd),
    /// It has ended, and is told to be gone at this time.
    Ended(Instant),
}

/// The terminal that a process reads from.
pub(super) enum Seat {
    None,
    Open,
    /// It was closed, which is told at this time.
    Left(Instant),
    /// That was told.
    Empty,
}
