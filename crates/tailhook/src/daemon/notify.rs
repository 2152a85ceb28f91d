//! What the system's service manager is told, where one has started us: ready, reloading, stopping, alive.
//!
//! Nobody listens where `NOTIFY_SOCKET` is not set, and nothing is sent.

use std::time::Duration;

use sd_notify::NotifyState;

/// The daemon listens.
pub(super) fn ready(url: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&format!("listening on {url}"))]);
}

/// The settings are being read again; [`ready`] says when that is done.
pub(super) fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// The daemon ends.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Says that the daemon lives, twice in the time that the manager allows; without a watchdog it never wakes.
pub(super) async fn watchdog() {
    let Some(allowed) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    let mut tick = tokio::time::interval((allowed / 2).max(Duration::from_millis(1)));
    loop {
        tick.tick().await;
        tell(&[NotifyState::Watchdog]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("could not tell the service manager: {error}");
    }
}
