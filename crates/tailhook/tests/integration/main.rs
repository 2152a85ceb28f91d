//! The real programs, each test on a home of its own.
//!
//! `tailhook` is the one that this test run built; the hook is `TAILHOOK_HOOK_UNDER_TEST`, or the one beside it.

mod agents;
mod api;
mod backup;
mod beyond;
mod cli;
mod daemon;
mod doctor;
#[cfg(target_os = "linux")]
mod ends;
mod export;
mod filter;
mod guard;
mod http;
mod ingest;
mod legacy;
mod load;
mod metrics;
mod raw;
mod reference;
mod restore;
mod service;
mod sessions;
mod situations;
mod soak;
mod socket;
mod spare;
mod stored;
mod stream;
mod support;
mod tail;
mod terminal;
mod token;
mod transcript;
mod transcript_others;
mod trouble;
mod watch;
