//! What was found out, on its way to the ingest thread.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tailhook_core::session::Fact;

use crate::ingest::Waker;

/// Sessions of which something waits to be stored.
const MAX_WAITING: usize = 256;

/// Facts that wait to be stored, by session.
pub(crate) struct Facts {
    waiting: Mutex<HashMap<String, Fact>>,
    waker: Waker,
}

impl Facts {
    pub(super) fn new(waker: Waker) -> Self {
        Self { waiting: Mutex::default(), waker }
    }

    /// Adds to what is known of a session, and wakes the ingest thread.
    pub(super) fn add(&self, session_id: &str, fact: Fact) {
        let mut waiting = self.lock();
        if waiting.len() >= MAX_WAITING && !waiting.contains_key(session_id) {
            return;
        }
        let known = waiting.entry(session_id.to_owned()).or_default();
        known.git = fact.git.or(known.git.take());
        known.process = fact.process.or(known.process.take());
        drop(waiting);
        self.waker.look();
    }

    /// All that waits.
    pub(crate) fn take(&self) -> HashMap<String, Fact> {
        let mut waiting = self.lock();
        if waiting.is_empty() { HashMap::new() } else { std::mem::take(&mut *waiting) }
    }

    /// Could not be stored; what came since is newer.
    pub(crate) fn put_back(&self, facts: HashMap<String, Fact>) {
        let mut waiting = self.lock();
        for (session_id, fact) in facts {
            let known = waiting.entry(session_id).or_default();
            known.git = known.git.take().or(fact.git);
            known.process = known.process.take().or(fact.process);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Fact>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
