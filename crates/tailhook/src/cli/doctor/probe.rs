//! The proof: one event, through the real hook, to the store and back.

use super::daemon::Daemon;
use super::finding::Finding;
use super::hook::Hook;
use crate::cli::verify::{Proof, prove};
use crate::config::is_switched_off;

const PROBE: &str = "delivery";

pub(super) fn check(hook: Option<&Hook>, daemon: Option<&Daemon>) -> Finding {
    let (Some(hook), Some(daemon)) = (hook.filter(|hook| hook.works), daemon) else {
        return Finding::warning(PROBE, "not tried: it takes a hook that works and a daemon that answers");
    };
    if is_switched_off() {
        return Finding::warning(PROBE, "not tried: the hook is switched off here").fix("unset TAILHOOK_DISABLE");
    }
    match prove(&hook.path, &daemon.client, "doctor") {
        Ok(Proof { seq, total_us, process_us, hook_us, delivery_us, .. }) => Finding::ok(
            PROBE,
            format!(
                "an event went through as {seq} in {total_us} us: hook process {process_us} us (its own work {hook_us} us), \
                 append to store {delivery_us} us"
            ),
        ),
        Err(failure) => Finding::failure(PROBE, &failure),
    }
}
