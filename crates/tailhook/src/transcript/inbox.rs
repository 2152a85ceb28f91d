//! What the ingest thread tells the follower: which sessions there are, and that some may have more to read.
//!
//! Telling takes a lock that is never held for long, and only for events that begin something. The queue is bounded;
//! when it is full the follower is told to look into the store, which knows all sessions.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tailhook_core::agents::LEAN;
use tailhook_core::transcript::Format;

use super::watch::Alarm;
use crate::store::Stored;

/// Notices that wait at most.
const MAX_NOTICES: usize = 256;

/// From the ingest thread to the follower.
pub(crate) struct Inbox {
    queue: Mutex<Queue>,
    alarm: Alarm,
}

/// What has come.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) notices: VecDeque<Notice>,
    /// There were more than fit.
    pub(super) overflowed: bool,
    /// The daemon ends.
    pub(super) stop: bool,
}

/// Something about a session that concerns its transcripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(super) format: Format,
    pub(super) session_id: String,
    /// The subagent that began or ended; none for the session itself.
    pub(super) agent_id: Option<String>,
    /// As the agent named it, that of the subagent if there is one; none: as it was named before.
    pub(super) transcript_path: Option<String>,
    pub(super) calls: Calls,
}

/// Who tells of tool calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calls {
    /// The notice does not say.
    Unknown,
    /// Hooks.
    ByHook,
    /// The transcript, from this moment on, nanoseconds since the Unix epoch.
    Since(u64),
}

impl Inbox {
    /// `alarm` wakes the follower.
    pub(super) fn new(alarm: Alarm) -> Self {
        Self { queue: Mutex::default(), alarm }
    }

    /// What the follower wants to know of events that were stored.
    pub(crate) fn notices(events: &[Stored]) -> Vec<Notice> {
        events.iter().filter_map(notice).collect()
    }

    /// Tells the follower.
    pub(crate) fn tell(&self, notices: Vec<Notice>) {
        if notices.is_empty() {
            return;
        }
        let mut queue = self.lock();
        let fit = MAX_NOTICES.saturating_sub(queue.notices.len());
        queue.overflowed |= notices.len() > fit;
        queue.notices.extend(notices.into_iter().take(fit));
        drop(queue);
        self.alarm.ring();
    }

    /// The follower ends.
    pub(crate) fn stop(&self) {
        self.lock().stop = true;
        self.alarm.ring();
    }

    /// Takes out all that has come.
    pub(super) fn take(&self) -> Queue {
        let mut queue = self.lock();
        let stop = queue.stop;
        Queue { stop, ..std::mem::take(&mut *queue) }
    }

    /// Whether the daemon ends; it stays so.
    pub(super) fn is_stopped(&self) -> bool {
        self.lock().stop
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn notice(event: &Stored) -> Option<Notice> {
    let envelope = &event.envelope;
    let format = Format::of(&envelope.agent)?;
    if envelope.session_id.is_empty() {
        return None;
    }
    let data = &envelope.data;
    let (agent_id, transcript_path) = (data.agent_id.clone(), data.transcript_path.clone());
    let (agent_id, transcript_path, calls) = match envelope.kind.as_str() {
        "hook.subagent_start" | "hook.subagent_stop" => (agent_id, transcript_path, Calls::Unknown),
        "hook.stop" | "hook.stop_failure" | "hook.interrupt" | "hook.session_end" => (None, None, Calls::Unknown),
        // A prompt to a subagent of Codex.
        _ if agent_id.is_some() => (agent_id, Some(transcript_path?), Calls::Unknown),
        _ => {
            let lean = data.profile.as_deref() == Some(LEAN);
            let calls = if lean { Calls::Since(event.stamp_ns) } else { Calls::ByHook };
            (None, Some(transcript_path?), calls)
        }
    };
    Some(Notice { format, session_id: envelope.session_id.clone(), agent_id, transcript_path, calls })
}
