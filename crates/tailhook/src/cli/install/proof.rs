//! The end of `install`: an event of our own goes the whole way, and what comes next is named.

use std::path::Path;

use crate::cli::client::Client;
use crate::cli::exit::{Code, Failure};
use crate::cli::print::say;
use crate::cli::verify::{Proof, prove};
use crate::config::{Settings, is_switched_off};
use crate::daemon::presence;

/// Sends the event; none: there is no daemon to store it, or no hook does anything here.
pub(super) fn attempt(settings: &Settings, hook: &Path) -> Option<Result<Proof, Failure>> {
    if presence::find(&settings.home).is_none() || is_switched_off() {
        return None;
    }
    Some(Client::find(settings).and_then(|client| prove(hook, &client, "verify")))
}

/// Says how it went. `quiet`: that was said already.
pub(super) fn finish(proof: Option<Result<Proof, Failure>>, quiet: bool) -> Result<(), Failure> {
    let next = match proof {
        Some(Err(failure)) => {
            return Err(Failure::new(
                Code::Failed,
                format!("the hook is registered, but an event did not come through: {}", failure.message()),
                "tailhook doctor",
            ));
        }
        _ if quiet => return Ok(()),
        Some(Ok(proof)) => {
            say(&proof.line())?;
            "start an agent; tailhook open shows what it does"
        }
        None if is_switched_off() => "unset TAILHOOK_DISABLE, with which no hook does anything; then tailhook verify",
        None => "tailhook up && tailhook open",
    };
    say(&format!("next: {next}"))
}
