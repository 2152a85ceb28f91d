//! SIGHUP: the settings are read again, and what can change while the daemon runs changes.

use std::sync::Arc;

use super::log;
use crate::config::Settings;
use crate::ingest::SharedRedaction;
use crate::measure::Measure;

/// What holds now, and who is told of a change.
pub(super) struct Reload {
    settings: Settings,
    redaction: SharedRedaction,
    measure: Arc<Measure>,
}

impl Reload {
    pub(super) fn new(settings: &Settings, redaction: SharedRedaction, measure: Arc<Measure>) -> Self {
        Self { settings: settings.clone(), redaction, measure }
    }

    /// Reads the settings again. If they cannot be used, those before stay, all of them.
    pub(super) fn reload(&mut self) {
        let read = self.settings.again().map_err(|error| error.to_string());
        let read = read.and_then(|settings| log::change(&settings).map(|()| settings));
        match read {
            Ok(settings) => self.apply(settings),
            Err(error) => tracing::error!("could not read the settings again, those before hold: {error}"),
        }
    }

    fn apply(&mut self, settings: Settings) {
        self.redaction.set(settings.redaction());
        self.measure.set_slow_hook(settings.slow_hook());
        // The patterns themselves may tell what nobody shall read.
        let rows = |settings: &Settings| settings.rows().into_iter().map(|row| (row.name, row.text()));
        for ((name, new), (_, old)) in rows(&settings).zip(rows(&self.settings)).filter(|(new, old)| new != old) {
            match name {
                "redact" | "log" | "slow_hook_ms" => tracing::info!("{name} is {new} now, it was {old}"),
                "redact_patterns" => tracing::info!("{name} have changed"),
                _ => tracing::warn!("{name} changes with a restart: run tailhook restart"),
            }
        }
        tracing::info!("read the settings again");
        self.settings = settings;
    }
}
