//! `tailhook backup`: a copy of the store, while it is written to.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::arguments::BackupOptions;
use super::exit::{Code, Failure};
use super::print;
use crate::config::Settings;
use crate::store::{StoreError, backup};

/// Writes the copy; the daemon may run or not.
pub(super) fn backup(settings: &Settings, options: &BackupOptions) -> Result<(), Failure> {
    let file = std::path::absolute(&options.file).map_err(|error| Failure::failed(error.to_string()))?;
    let store = settings.home.database();
    if file.symlink_metadata().is_ok() && !options.force {
        let message = format!("could not write the backup: {} is there already", file.display());
        return Err(Failure::new(Code::Failed, message, "another name, or --force to replace it"));
    }
    if file == store {
        return Err(Failure::new(Code::Usage, "the backup would replace the store itself", "another name"));
    }
    let copied = with_progress(&store, &backup::partial(&file), || backup::write(&store, &file, options.force))?;
    if options.json {
        return print::say(
            &json!({ "file": file, "seq": copied.seq, "events": copied.events, "bytes": copied.bytes }).to_string(),
        );
    }
    eprintln!("{} events in {} ({} bytes)", copied.events, file.display(), copied.bytes);
    Ok(())
}

/// Says on a terminal how far a copy has come, while it is made.
pub(super) fn with_progress<T: Send>(
    from: &Path,
    partial: &Path,
    copy: impl FnOnce() -> Result<T, StoreError> + Send,
) -> Result<T, Failure> {
    let copied = std::thread::scope(|scope| {
        let copying = scope.spawn(copy);
        if std::io::stderr().is_terminal() {
            show_progress(from, partial, || copying.is_finished());
        }
        copying.join()
    });
    Ok(copied.map_err(|_| Failure::failed("the copy ended early"))??)
}

fn show_progress(from: &Path, partial: &Path, is_done: impl Fn() -> bool) {
    let size = |path: &Path| path.metadata().map_or(0, |file| file.len());
    let all = size(from).max(1);
    while !is_done() {
        // The copy has no free space in it, so this may end early.
        eprint!("\rcopying: {} %", (size(partial) * 100 / all).min(100));
        let _ = std::io::stderr().flush();
        std::thread::sleep(Duration::from_millis(100));
    }
    eprint!("\r\u{1b}[K");
}
