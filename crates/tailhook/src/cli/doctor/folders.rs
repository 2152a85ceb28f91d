//! The folders: whose they are, who may look into them, how much room is left.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statvfs};
use tailhook_journal::Limits;

use super::finding::{Finding, Mend, Status, word};
use crate::cli::text::size;
use crate::config::{Settings, Source};

mod fill;
mod memory;

/// Less than this, and the next large payload does not fit.
const SCARCE_BYTES: u64 = 16 << 20;
/// A spool or a store with less room than this will need some soon.
const LITTLE_BYTES: u64 = 256 << 20;

/// One folder of ours.
struct Folder {
    check: &'static str,
    path: PathBuf,
    /// What hooks may put there; `None`: hooks do not come here.
    cap_bytes: Option<u64>,
    /// With less room than this it is worth a word.
    little_bytes: u64,
    /// It stands where every user may make one of its name.
    shared_place: bool,
    /// Nobody but tailhook puts anything there.
    ours: bool,
}

pub(super) fn check(settings: &Settings) -> Vec<Finding> {
    let home = &settings.home;
    let shared_place = home.source() == Source::Default;
    let limits = Limits::default();
    let state = Folder {
        check: "state",
        path: home.state().to_owned(),
        cap_bytes: None,
        little_bytes: LITTLE_BYTES,
        shared_place: false,
        ours: home.source() == Source::Default,
    };
    let journal = Folder {
        check: "journal",
        path: home.journal(),
        cap_bytes: Some(limits.journal_bytes),
        little_bytes: limits.journal_bytes,
        shared_place,
        ours: true,
    };
    let spool = Folder {
        check: "spool",
        path: home.spool(),
        cap_bytes: Some(limits.spool_bytes),
        little_bytes: LITTLE_BYTES,
        shared_place,
        ours: true,
    };
    if home.place().journal().is_err() {
        let message = format!("{} is too long for the hook, which loses every event", home.state().display());
        return vec![Finding::problem("state", message).fix("export TAILHOOK_HOME=SHORTER_PATH")];
    }
    let mut findings = Vec::new();
    for folder in [state, journal, spool] {
        findings.extend(examine(&folder));
    }
    if shared_place {
        findings.extend(memory::check(&home.journal()));
    }
    findings
}

fn examine(folder: &Folder) -> Vec<Finding> {
    let metadata = match look(folder) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return vec![missing(folder)],
        Err(error) => {
            let message = format!("could not look at {}: {error}", folder.path.display());
            return vec![Finding::problem(folder.check, message).fix(list(&folder.path))];
        }
    };
    if let Some(finding) = stranger(folder, &metadata) {
        return vec![finding];
    }
    let mut findings: Vec<Finding> = open_to_others(folder, &metadata).into_iter().collect();
    findings.extend(unwritable(folder));
    let room = room(&folder.path);
    findings.extend(room.and_then(|room| scarce(folder, room)));
    let full = folder.cap_bytes.map(|cap_bytes| fill::measure(&folder.path, cap_bytes));
    findings.extend(full.as_ref().and_then(|full| fill::finding(folder.check, &folder.path, full)));
    if findings.iter().all(|finding| finding.status == Status::Ok) {
        let room = room.map_or(String::new(), |room| format!(", {} free", size(room)));
        let full = full.map_or(String::new(), |full| format!(", {}", full.text()));
        findings.push(Finding::ok(folder.check, format!("{} is yours alone{full}{room}", folder.path.display())));
    }
    findings
}

/// The hook does not follow a symbolic link to its folders, the daemon does to its own.
fn look(folder: &Folder) -> io::Result<Metadata> {
    if folder.cap_bytes.is_some() { fs::symlink_metadata(&folder.path) } else { fs::metadata(&folder.path) }
}

fn missing(folder: &Folder) -> Finding {
    let path = folder.path.display();
    if folder.cap_bytes.is_none() {
        return Finding::warning(folder.check, format!("{path} is not there yet"))
            .mend(Mend::MakeFolder(folder.path.clone()));
    }
    let parent = folder.path.parent().unwrap_or(Path::new("/"));
    // The state folder's own finding says what is wrong with TAILHOOK_HOME.
    if folder.shared_place && access(parent, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let message = format!("{path} is not there, and nobody may make it in {}", parent.display());
        return Finding::problem(folder.check, message).fix(list(parent));
    }
    Finding::ok(folder.check, format!("{path} is not there yet: the first who needs it makes it"))
}

/// Not a folder, or not ours.
fn stranger(folder: &Folder, metadata: &Metadata) -> Option<Finding> {
    let path = folder.path.display();
    if !metadata.is_dir() {
        let what = if metadata.is_symlink() { "a symbolic link" } else { "no folder" };
        return Some(
            Finding::problem(folder.check, format!("{path} is {what}"))
                .fix(format!("mv {0} {0}.old", word(&folder.path))),
        );
    }
    let uid = rustix::process::geteuid().as_raw();
    if metadata.uid() == uid {
        return None;
    }
    let message = format!("{path} belongs to user {}, not to you ({uid}): nothing is written there", metadata.uid());
    let fix = if folder.shared_place {
        format!("sudo rm -r {}", word(&folder.path))
    } else {
        format!("sudo chown -R {uid} {}", word(&folder.path))
    };
    Some(Finding::problem(folder.check, message).fix(fix))
}

fn open_to_others(folder: &Folder, metadata: &Metadata) -> Option<Finding> {
    let (path, mode) = (folder.path.display(), metadata.mode() & 0o777);
    let restrict = Mend::Restrict(folder.path.clone());
    if mode & 0o022 != 0 {
        let effect =
            if folder.cap_bytes.is_some() { "hooks begin no segment there" } else { "they could replace the token" };
        let message = format!("{path} has mode {mode:03o}, so others may write to it: {effect}");
        return Some(Finding::problem(folder.check, message).mend(restrict));
    }
    if mode & 0o055 == 0 {
        return None;
    }
    let finding = Finding::warning(folder.check, format!("{path} has mode {mode:03o}: others may look into it"));
    // A TAILHOOK_HOME may hold things that others are meant to see.
    Some(if folder.ours { finding.mend(restrict) } else { finding.fix(restrict.command()) })
}

fn unwritable(folder: &Folder) -> Option<Finding> {
    let error = access(&folder.path, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).err()?;
    let message = format!("{} cannot be written: {}", folder.path.display(), io::Error::from(error));
    // On a file system that is read-only no mode helps.
    let finding = Finding::problem(folder.check, message);
    Some(match error {
        rustix::io::Errno::ACCESS => finding.mend(Mend::Restrict(folder.path.clone())),
        _ => finding.fix(format!("findmnt --target {}", word(&folder.path))),
    })
}

/// Bytes that are free for us.
fn room(path: &Path) -> Option<u64> {
    statvfs(path).ok().map(|status| status.f_bavail.saturating_mul(status.f_frsize))
}

fn scarce(folder: &Folder, room: u64) -> Option<Finding> {
    let message = format!("{} free where {} is", size(room), folder.path.display());
    let finding = if room < SCARCE_BYTES {
        Finding::problem(folder.check, format!("only {message}"))
    } else if room < folder.little_bytes {
        Finding::warning(folder.check, message)
    } else {
        return None;
    };
    Some(finding.fix(format!("df -h {}", word(&folder.path))))
}

fn list(path: &Path) -> String {
    format!("ls -ld {}", word(path))
}
