//! The daemon's own log, on standard error: the terminal, the system's journal, or the file that `up` put there.

use std::sync::OnceLock;

use tracing_subscriber::EnvFilter;

use crate::config::Settings;

/// Puts another filter in place.
static REPLACE: OnceLock<Box<dyn Fn(EnvFilter) + Send + Sync>> = OnceLock::new();

/// Begins to log what the setting asks for. The error says why that is no filter.
pub(crate) fn start(settings: &Settings) -> Result<(), String> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(settings)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_target(false)
        .with_filter_reloading();
    let handle = builder.reload_handle();
    // An error says that the log is gone, and so is who could read it.
    let _ = REPLACE.set(Box::new(move |filter| drop(handle.reload(filter))));
    builder.init();
    Ok(())
}

/// Logs what the setting asks for from now on.
pub(super) fn change(settings: &Settings) -> Result<(), String> {
    let filter = filter(settings)?;
    if let Some(replace) = REPLACE.get() {
        replace(filter);
    }
    Ok(())
}

fn filter(settings: &Settings) -> Result<EnvFilter, String> {
    let source = settings.log.source;
    EnvFilter::try_new(&settings.log.value).map_err(|error| format!("log is no filter ({source}): {error}"))
}
