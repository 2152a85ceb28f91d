//! Hooks that made an agent wait.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::store::Stored;

/// How many are kept, the newest.
const KEPT: usize = 32;

/// One of them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SlowHook {
    pub(crate) seq: u64,
    pub(crate) session_id: String,
    /// The event's name as the agent says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<String>,
    pub(crate) hook_us: u64,
    pub(crate) at: String,
}

/// Those that took longer than they may.
pub(super) struct SlowHooks {
    pub(super) more_than_us: u64,
    pub(super) count: u64,
    newest: VecDeque<SlowHook>,
}

impl SlowHooks {
    pub(super) fn new(more_than_us: u64) -> Self {
        Self { more_than_us, count: 0, newest: VecDeque::new() }
    }

    pub(super) fn record(&mut self, stored: &Stored) {
        let envelope = &stored.envelope;
        if envelope.data.hook_us <= self.more_than_us {
            return;
        }
        self.count += 1;
        if self.newest.len() >= KEPT {
            self.newest.pop_front();
        }
        self.newest.push_back(SlowHook {
            seq: envelope.seq,
            session_id: envelope.session_id.clone(),
            event: envelope.data.event.as_deref().map(str::to_owned),
            hook_us: envelope.data.hook_us,
            at: envelope.timestamp.clone(),
        });
    }

    /// The newest, oldest first.
    pub(super) fn newest(&self) -> Vec<SlowHook> {
        self.newest.iter().cloned().collect()
    }
}
