//! What the picture is told.

use serde::Deserialize;
use tailhook_core::{Envelope, Session};

use crate::cli::own;
use crate::measure::Spread;

/// Which events are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Counts changes, so that answers to an earlier scope are known.
    pub(crate) turn: u64,
    pub(crate) session: Option<String>,
    /// What stands in an address besides: `type=…&agent=…`, or nothing.
    pub(crate) fixed: String,
    /// Filter expression; empty: all.
    pub(crate) query: String,
}

impl Scope {
    /// Whether tailhook's own proofs are asked for.
    pub(crate) fn names_own(&self) -> bool {
        self.fixed.contains("agent=") || own::is_named(&self.query)
    }
}

/// How the daemon is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Connection {
    /// Not yet, or not any more; it is being looked for.
    #[default]
    Connecting,
    /// Events come as they are stored; the daemon is of this version.
    Live { version: String },
    /// Nobody answers, and why.
    Away { why: String },
}

/// The daemon's numbers, as far as they are shown.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Stats {
    pub(crate) hook_us: Spread,
    pub(crate) delivery_us: Spread,
    pub(crate) lag_bytes: u64,
}

/// One piece of news. `turn` is the scope's that it belongs to; `older` where the page before begins, if there is one.
#[derive(Debug)]
pub(crate) enum News {
    /// The newest events of a scope, in place of all that was there.
    Page { turn: u64, events: Vec<Envelope>, older: Option<u64> },
    /// What was stored since. `live`: just now, not while nobody looked.
    Events { turn: u64, events: Vec<Envelope>, live: bool },
    /// What was stored before the first that is there.
    Older { turn: u64, events: Vec<Envelope>, older: Option<u64> },
    /// The daemon does not understand the filter.
    Refused { turn: u64, why: String },
    /// Sessions that changed, or all there are.
    Sessions { sessions: Vec<Session>, all: bool },
    /// An event with its payload, or why there is none.
    Event { seq: u64, answer: Result<Box<serde_json::Value>, String> },
    /// The daemon's numbers.
    Stats(Stats),
    /// How the daemon is reached now.
    Connection(Connection),
    /// The daemon is there; nothing has happened.
    Heartbeat,
}
