//! Following the agents' own records of their sessions, beside the live path.
//!
//! One thread sleeps until the kernel says that a transcript has grown or the ingest thread says that there is a new one.
//! It reads whole lines, a bounded piece at a time, and hands what they gave to the ingest thread, which owns the store:
//! records, events and the position in the file are one transaction, so each line counts once, whatever is killed when.
//!
//! What a payload names is not trusted: see [`place`] for which paths are opened at all and [`file`] for what must be
//! found there. A file that is missing, shrinks, is replaced or holds nonsense costs its own contents only.
//!
//! | file | holds |
//! |---|---|
//! | `inbox` | what the ingest thread tells the follower |
//! | `place` | which paths are transcripts |
//! | `file` | one transcript: what is new in it |
//! | `watch` | the kernel's notices |
//! | `follower` | the thread |
//! | `handover` | from the follower to the ingest thread |

mod file;
mod follower;
mod handover;
mod inbox;
mod place;
mod watch;

pub(crate) use follower::Follower;
pub(crate) use handover::{Takeover, handover};
pub(crate) use inbox::Inbox;
