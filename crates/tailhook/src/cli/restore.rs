//! `tailhook restore`: back to what a backup holds.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::arguments::RestoreOptions;
use super::backup::with_progress;
use super::exit::{Code, Failure};
use super::print;
use crate::config::{Home, Settings, look_at};
use crate::daemon::presence::{self, Lock};
use crate::store::backup;

/// Takes the store's place while no daemon runs. What the journal holds of later events is stored again by the next one.
pub(super) fn restore(settings: &Settings, options: &RestoreOptions) -> Result<(), Failure> {
    let unreadable = |error: &std::io::Error| {
        let message = format!("could not read the backup {}: {error}", options.file.display());
        Failure::new(Code::Failed, message, look_at(&options.file, error))
    };
    let file = options.file.canonicalize().map_err(|error| unreadable(&error))?;
    let home = &settings.home;
    // Where the store is a link to another disk, that is where it goes.
    let store = home.database().canonicalize().unwrap_or_else(|_| home.database());
    if file == store {
        return Err(Failure::new(Code::Usage, "the backup is the store itself", "another file"));
    }
    presence::make_state_folder(home).map_err(|error| {
        let folder = home.state();
        Failure::new(Code::Failed, format!("could not make {}: {error}", folder.display()), look_at(folder, &error))
    })?;
    let _nobody = keep_out_daemons(home)?;
    let (copied, before) = with_progress(&file, &backup::partial(&store), || backup::restore(&file, &store))?;
    if options.json {
        return print::say(
            &json!({ "file": file, "seq": copied.seq, "events": copied.events, "bytes": copied.bytes, "before": before })
                .to_string(),
        );
    }
    eprintln!("{} events from {}; next: tailhook up", copied.events, file.display());
    if let Some(before) = before {
        eprintln!("what was stored before is in {}", before.display());
    }
    Ok(())
}

/// As long as the locks are held no daemon starts.
fn keep_out_daemons(home: &Home) -> Result<[Lock; 2], Failure> {
    let cannot_lock = |path: &Path, error: &std::io::Error| {
        Failure::new(Code::Failed, format!("could not lock {}: {error}", path.display()), look_at(path, error))
    };
    let take = |path: PathBuf| match Lock::take(&path) {
        Ok(Some(mut lock)) => {
            // What an earlier daemon said of itself would be taken for true while it is locked.
            lock.clear().map_err(|error| cannot_lock(&path, &error))?;
            Ok(lock)
        }
        Ok(None) => Err(Failure::new(
            Code::AlreadyRunning,
            "could not restore the store: a daemon has it open",
            "tailhook down, and tailhook up when it is restored",
        )),
        Err(error) => Err(cannot_lock(&path, &error)),
    };
    Ok([take(home.supervisor_file())?, take(home.daemon_file())?])
}
