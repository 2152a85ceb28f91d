//! What an event changes beside the session's row.

use super::span::{End, Span};
use crate::work::{FileTouch, Task};

/// One change, to be stored in the transaction that stores the event.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A span as it is now: new, or in place of the one with its id. Its prompt stays if this one has none.
    Span(Span),
    /// What came to be known of a span that is closed.
    Amend(Amend),
    /// A file was touched.
    File {
        /// By which event.
        seq: u64,
        /// When, nanoseconds since the Unix epoch.
        at_ns: u64,
        /// By which subagent; none: the main agent.
        agent_id: Option<String>,
        /// Which, and how.
        touch: FileTouch,
    },
    /// A task as it is now. An empty subject leaves the one that is known.
    Task(Task),
    /// A task is no more.
    TaskGone(String),
    /// All tasks, in place of those that were.
    Tasks(Vec<Task>),
}

/// More about a closed span; nothing if there is none of this id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Amend {
    /// The span's id.
    pub id: String,
    /// How it ended after all. The store sees to it that this is not before its begin.
    pub end: Option<End>,
    /// How it began after all: the event, when, and what it is about.
    pub begin: Option<Begin>,
    /// The span it is part of.
    pub parent: Option<String>,
    /// What it is about after all; empty: what is known stays.
    pub summary: String,
    /// The same at length, of a subagent; none: what is known stays.
    pub prompt: Option<String>,
    /// It went on beside the turn.
    pub background: bool,
}

/// The begin of a span whose end came first.
#[derive(Debug, Clone, PartialEq)]
pub struct Begin {
    /// The event.
    pub seq: u64,
    /// When; not after the span's end.
    pub ns: u64,
    /// What it is about.
    pub summary: String,
}
