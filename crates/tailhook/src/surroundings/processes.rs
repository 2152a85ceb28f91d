//! Whether the agents' processes live.
//!
//! The parent of a hook is the agent, or a shell that ends with the hook; and a hook in a container names its parent by a
//! number that means another process here. So a process is believed to be the agent only if it was seen alive at two
//! events, is ours, and works in the session's folder or has its transcript open: a server that works for sessions in
//! many folders, as Codex has one, keeps each of their transcripts open. Of the others nothing is said.
//!
//! A process may also outlive the terminal that it reads from, as Gemini CLI does: nobody can type anything there any more.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use serde_json::json;
use tailhook_core::session::{AgentProcess, Fact, PROCESS_GONE, TERMINAL_CLOSED};
use tailhook_core::{agents, envelope};

use super::process;
use super::terminals::Terminals;
use super::watched::{GRACE, Life, Seat, Watched};
use super::{Facts, MAX_NOTICES, Notice};
use crate::config::Home;
use crate::http::append_payload;
use crate::measure::Measure;
use crate::store::Reader;

/// Sessions that are watched, each with a descriptor.
const MAX_WATCHED: usize = 256;
/// Sessions whose process was seen once.
const MAX_SEEN: usize = 256;

/// From the ingest thread.
pub(super) struct Inbox {
    notices: Mutex<VecDeque<Notice>>,
    alarm: OwnedFd,
}

impl Inbox {
    /// False: there is no room for it.
    pub(super) fn push(&self, notice: Notice) -> bool {
        let mut notices = self.lock();
        let fits = notices.len() < MAX_NOTICES;
        if fits {
            notices.push_back(notice);
        }
        fits
    }

    pub(super) fn ring(&self) {
        let _ = rustix::io::write(&self.alarm, &1_u64.to_ne_bytes());
    }

    fn take(&self) -> VecDeque<Notice> {
        let _ = rustix::io::read(&self.alarm, &mut [0; 8]);
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Notice>> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the thread, with the processes that were alive when the last daemon ended.
pub(super) fn start(home: Home, reader: &Reader, facts: Arc<Facts>, measure: Arc<Measure>) -> io::Result<Arc<Inbox>> {
    let alarm = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let inbox = Arc::new(Inbox { notices: Mutex::default(), alarm });
    let Some(place) = process::place() else { return Ok(inbox) };
    let known = reader.processes(MAX_WATCHED).unwrap_or_else(|error| {
        tracing::warn!("{error}");
        Vec::new()
    });
    let terminals = Terminals::watch();
    let mut watch = Watch { home, facts, measure, place, terminals, seen: HashMap::new(), watched: HashMap::new() };
    let ours = Arc::clone(&inbox);
    std::thread::Builder::new().name("processes".into()).spawn(move || {
        for (session_id, process) in known {
            watch.resume(session_id, process);
        }
        watch.run(&ours);
    })?;
    Ok(inbox)
}

struct Watch {
    home: Home,
    facts: Arc<Facts>,
    measure: Arc<Measure>,
    place: String,
    terminals: Option<Terminals>,
    /// Seen once.
    seen: HashMap<String, AgentProcess>,
    watched: HashMap<String, Watched>,
}

impl Watch {
    fn run(&mut self, inbox: &Inbox) {
        loop {
            self.wait(inbox);
            for notice in inbox.take() {
                self.note(notice);
            }
            if self.terminals.as_ref().is_some_and(Terminals::take) {
                self.watched.values_mut().for_each(Watched::look_at_seat);
            }
            self.tell_left();
            self.tell_gone();
        }
    }

    /// Sleeps until there is a notice, a process ends, its terminal is closed, or one of these is to be told.
    fn wait(&mut self, inbox: &Inbox) {
        let now = Instant::now();
        let patience = self.watched.values().filter_map(Watched::due).min();
        let patience = patience.map(|until| until.saturating_duration_since(now));
        let timeout = patience.map(|time| Timespec {
            tv_sec: time.as_secs().cast_signed(),
            // A moment longer, so that it is not too early when we wake.
            tv_nsec: i64::from(time.subsec_nanos()),
        });
        let living: Vec<(&String, &OwnedFd)> = self
            .watched
            .iter()
            .filter_map(|(id, watched)| match &watched.life {
                Life::Lives(handle) => Some((id, handle)),
                Life::Ended(_) => None,
            })
            .collect();
        let mut polled = vec![PollFd::new(&inbox.alarm, PollFlags::IN)];
        // Terminals of others are none of our business.
        let sits = self.watched.values().any(|watched| matches!(watched.seat, Seat::Open));
        let terminals = self.terminals.as_ref().filter(|_| sits);
        polled.extend(terminals.map(|terminals| PollFd::from_borrowed_fd(terminals.handle(), PollFlags::IN)));
        let others = polled.len();
        polled.extend(living.iter().map(|(_, handle)| PollFd::from_borrowed_fd(handle.as_fd(), PollFlags::IN)));
        let _ = poll(&mut polled, timeout.as_ref());
        let ended: Vec<String> = living
            .iter()
            .zip(&polled[others..])
            .filter(|(_, polled)| !polled.revents().is_empty())
            .map(|((id, _), _)| (*id).clone())
            .collect();
        for id in ended {
            if let Some(watched) = self.watched.get_mut(&id) {
                watched.life = Life::Ended(Instant::now() + GRACE);
            }
        }
    }

    /// A process that an earlier daemon has believed in. One of another boot or namespace cannot be looked for.
    fn resume(&mut self, session_id: String, process: AgentProcess) {
        let same_boot = process.place.split('/').next() == self.place.split('/').next();
        if process.place != self.place && same_boot {
            return;
        }
        let handle = if same_boot { process::handle(&process) } else { None };
        let life = handle.map_or_else(|| Life::Ended(Instant::now() + GRACE), Life::Lives);
        self.watched.insert(session_id, Watched::new(process, life));
    }

    fn note(&mut self, notice: Notice) {
        let Notice { session_id, cwd, transcript, ppid, ended } = notice;
        if ended {
            self.watched.remove(&session_id);
            self.seen.remove(&session_id);
            return;
        }
        // Nobody's child, or ours.
        if ppid <= 1 || ppid == std::process::id() {
            return;
        }
        let Some(started) = process::started(ppid) else { return };
        let process = AgentProcess { pid: ppid, started, place: self.place.clone() };
        if let Some(watched) = self.watched.get_mut(&session_id).filter(|watched| watched.process == process) {
            // It was at work when its terminal was closed, and is not any more.
            if matches!(watched.seat, Seat::Empty) {
                watched.seat = Seat::Left(Instant::now() + GRACE);
            }
            return;
        }
        if self.seen.get(&session_id) != Some(&process) {
            let works_here = || cwd.is_some_and(|cwd| process::is_in(ppid, &cwd));
            let writes_it = || transcript.is_some_and(|file| process::has_open(ppid, &file));
            if works_here() || writes_it() {
                if self.seen.len() >= MAX_SEEN {
                    self.seen.clear();
                }
                self.seen.insert(session_id, process);
            }
            return;
        }
        self.seen.remove(&session_id);
        if self.watched.len() >= MAX_WATCHED {
            return;
        }
        let Some(handle) = process::handle(&process) else { return };
        self.facts.add(&session_id, Fact { git: None, process: Some(process.clone()) });
        self.watched.insert(session_id, Watched::new(process, Life::Lives(handle)));
    }

    fn tell_left(&mut self) {
        let now = Instant::now();
        let mut left = Vec::new();
        for (session_id, watched) in &mut self.watched {
            if matches!((&watched.life, &watched.seat), (Life::Lives(_), Seat::Left(until)) if *until <= now) {
                watched.seat = Seat::Empty;
                left.push((session_id.clone(), watched.process.pid));
            }
        }
        for (session_id, pid) in left {
            self.tell(TERMINAL_CLOSED, &session_id, pid, &format!("the terminal of process {pid} was closed"));
        }
    }

    fn tell_gone(&mut self) {
        let now = Instant::now();
        let is_over = |watched: &Watched| matches!(watched.life, Life::Ended(until) if until <= now);
        let gone: Vec<String> =
            self.watched.iter().filter(|(_, watched)| is_over(watched)).map(|(id, _)| id.clone()).collect();
        for session_id in gone {
            let Some(watched) = self.watched.remove(&session_id) else { continue };
            // Seen in another process since: it was resumed there.
            if self.seen.contains_key(&session_id) {
                continue;
            }
            let pid = watched.process.pid;
            self.tell(PROCESS_GONE, &session_id, pid, &format!("process {pid} ended without a word"));
        }
    }

    fn tell(&self, kind: &str, session_id: &str, pid: u32, summary: &str) {
        let at = envelope::timestamp_text(tailhook_journal::sys::now_ns());
        let payload = json!({
            "type": kind,
            "session_id": session_id,
            "data": { "summary": summary, "pid": pid, "after_seq": self.measure.seq(), "noticed_at": at },
        });
        // Where there is no room, the next daemon finds it so.
        append_payload(&self.home.place(), agents::SELF.as_bytes(), payload.to_string().as_bytes());
    }
}
