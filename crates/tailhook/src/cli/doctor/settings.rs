//! `config.toml` and the environment.

use super::finding::Finding;
use crate::config::{ConfigError, Flags, Settings, is_switched_off};

pub(super) const CONFIG: &str = "config";

/// The settings, with the defaults where what is written cannot be used. `None`: not even the place is known.
pub(super) fn check() -> (Vec<Finding>, Option<Settings>) {
    let (finding, settings) = match Settings::resolve(&Flags::default()) {
        Ok(settings) => (read(&settings), Some(settings)),
        Err(error) => (unreadable(&error), Settings::unread().ok()),
    };
    (std::iter::once(finding).chain(switched_off()).collect(), settings)
}

fn read(settings: &Settings) -> Finding {
    let file = settings.home.config_file();
    if file.exists() {
        Finding::ok(CONFIG, format!("{} is understood", file.display()))
    } else {
        Finding::ok(CONFIG, format!("no {}: the defaults hold", file.display()))
    }
}

fn unreadable(error: &ConfigError) -> Finding {
    Finding::problem(CONFIG, error.to_string()).fix(error.hint())
}

/// Hooks of agents that were started from this shell do nothing then.
fn switched_off() -> Option<Finding> {
    is_switched_off().then(|| {
        Finding::problem(
            "environment",
            "TAILHOOK_DISABLE=1 is set here: the hooks of an agent started from this shell do nothing",
        )
        .fix("unset TAILHOOK_DISABLE")
    })
}
