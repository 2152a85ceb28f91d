//! The proof: one event, through the real hook, to the store and back.

use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use tailhook_core::Envelope;

use super::daemon::Daemon;
use super::finding::Finding;
use super::hook::Hook;
use super::settings::is_switched_off;
use crate::cli::emit::{listen, run_hook, stored};
use crate::cli::exit::Failure;

const PROBE: &str = "delivery";
/// An agent and a session of its own: no real session gets an event that nobody caused.
const AGENT: &str = "tailhook-doctor";

pub(super) fn check(hook: Option<&Hook>, daemon: Option<&Daemon>) -> Finding {
    let (Some(hook), Some(daemon)) = (hook.filter(|hook| hook.works), daemon) else {
        return Finding::warning(PROBE, "not tried: it takes a hook that works and a daemon that answers");
    };
    if is_switched_off() {
        return Finding::warning(PROBE, "not tried: the hook is switched off here").fix("unset TAILHOOK_DISABLE");
    }
    send(&hook.path, daemon).unwrap_or_else(|failure| Finding::failure(PROBE, &failure))
}

fn send(hook: &Path, daemon: &Daemon) -> Result<Finding, Failure> {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
    let session = format!("doctor-{now_ms}-{}", std::process::id());
    let payload = json!({
        "session_id": session,
        "hook_event_name": "Notification",
        "message": "a test event from tailhook doctor",
    });
    let mut stream = listen(&daemon.client, &session)?;
    let start = Instant::now();
    let process = run_hook(hook, AGENT, format!("{payload}\n").as_bytes(), None)?;
    let Envelope { seq, data, .. } = stored(&mut stream)?;
    Ok(Finding::ok(
        PROBE,
        format!(
            "an event went through as {seq} in {} us: hook process {} us (its own work {} us), append to store {} us",
            start.elapsed().as_micros(),
            process.as_micros(),
            data.hook_us,
            data.delivery_us
        ),
    ))
}
