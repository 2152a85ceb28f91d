//! `tailhook verify`, and the same proof where `install` and `doctor` need it: one event, through the real hook, to the
//! store and back.

use std::path::Path;
use std::time::Instant;

use serde::Serialize;
use serde_json::json;
use tailhook_core::agents::OWN_AGENTS;

use super::client::Client;
use super::commands::print_json;
use super::emit::{expect_hook_on, hook_program, listen, run_hook, stored};
use super::exit::Failure;
use super::print::say;
use super::text::milliseconds;
use crate::config::Settings;

/// That an event arrived, and how long each stage took.
#[derive(Debug, Serialize)]
pub(super) struct Proof {
    ok: bool,
    pub(super) seq: u64,
    /// From the start of the hook until the event was heard on the stream.
    pub(super) total_us: u64,
    /// The hook's process, from its start to its end.
    pub(super) process_us: u64,
    /// Inside the hook, to its append.
    pub(super) hook_us: u64,
    /// From the append to the store.
    pub(super) delivery_us: u64,
}

/// Sends an event with an agent and a session of its own: no real session gets an event that nobody caused.
/// `prover`: the command that wants to know.
pub(super) fn prove(hook: &Path, client: &Client, prover: &str) -> Result<Proof, Failure> {
    expect_hook_on()?;
    let session = format!("{prover}-{}-{}", std::process::id(), tailhook_journal::sys::now_ns());
    let payload = json!({
        "session_id": session,
        "hook_event_name": "Notification",
        "message": format!("a test event from tailhook {prover}"),
    });
    let mut stream = listen(client, &session)?;
    let start = Instant::now();
    let process = run_hook(hook, &format!("{OWN_AGENTS}{prover}"), format!("{payload}\n").as_bytes(), None)?;
    let envelope = stored(&mut stream)?;
    Ok(Proof {
        ok: true,
        seq: envelope.seq,
        total_us: start.elapsed().as_micros() as u64,
        process_us: process.as_micros() as u64,
        hook_us: envelope.data.hook_us,
        delivery_us: envelope.data.delivery_us,
    })
}

impl Proof {
    /// For a person, in one line.
    pub(super) fn line(&self) -> String {
        format!(
            "ok: hook to store and back in {} ms as event {} (process {}, hook {}, store {})",
            milliseconds(self.total_us),
            self.seq,
            milliseconds(self.process_us),
            milliseconds(self.hook_us),
            milliseconds(self.delivery_us)
        )
    }
}

pub(super) fn verify(settings: &Settings, json: bool) -> Result<(), Failure> {
    let (hook, client) = (hook_program()?, Client::find(settings)?);
    let proof = prove(&hook, &client, "verify")?;
    if json { print_json(&proof) } else { say(&proof.line()) }
}
