//! The daemon's own log, on standard error: the terminal, the system's journal, or the file that `up` put there.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::OnceLock;

use tracing_subscriber::EnvFilter;

use crate::config::{Home, Settings};

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

/// What the log of a daemon in the background ends with, if that is an error: why there is none, as a rule.
pub(crate) fn last_error(home: &Home) -> Option<String> {
    const BYTES: i64 = 4 << 10;
    let mut file = File::open(home.log_file()).ok()?;
    // A shorter file is read from its start.
    if file.seek(SeekFrom::End(-BYTES)).is_err() {
        file.rewind().ok()?;
    }
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    error_at_end(&String::from_utf8_lossy(&end))
}

fn error_at_end(log: &str) -> Option<String> {
    let last = log.lines().rev().find(|line| !line.is_empty() && !line.starts_with("hint: "))?;
    last.strip_prefix("error: ").map(str::to_owned)
}

fn filter(settings: &Settings) -> Result<EnvFilter, String> {
    let source = settings.log.source;
    EnvFilter::try_new(&settings.log.value).map_err(|error| format!("log is no filter ({source}): {error}"))
}

#[cfg(test)]
mod tests {
    use super::error_at_end;

    #[test]
    fn the_end_of_a_log() {
        for (log, wanted) in [
            ("2026-11-28 INFO x\nerror: gave up: why\nhint: do this\n\n", Some("gave up: why")),
            ("error: gave up: why", Some("gave up: why")),
            ("error: gave up: why\n2026-11-28 INFO another daemon\n", None),
            ("hint: do this\n", None),
            ("", None),
        ] {
            assert_eq!(error_at_end(log).as_deref(), wanted, "{log:?}");
        }
    }
}
