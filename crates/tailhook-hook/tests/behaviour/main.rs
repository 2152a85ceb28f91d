//! The hook from outside: whatever it is given and wherever it stands, it exits 0 in time, is silent on standard error,
//! and its event is in the journal, in the spool or in a count.
//!
//! Every test runs the std twin. With `TAILHOOK_HOOK_UNDER_TEST=target/release/tailhook-hook` it runs that one as well:
//! the bare hook, which shares `hook.rs` with the twin and nothing of how a program starts, reads and writes.

mod calls;
mod others;
mod payloads;
mod places;
mod room;
mod spare;
mod streams;
mod support;
