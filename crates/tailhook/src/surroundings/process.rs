//! One process as `/proc` tells of it.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tailhook_core::session::AgentProcess;

/// Open files of a process that are looked through.
const MAX_OPEN: usize = 4_096;

/// Where processes are told apart by number: the boot, and the namespace that we are in.
pub(super) fn place() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::metadata("/proc/self/ns/pid").ok()?.ino();
    Some(format!("{}/{namespace}", boot.trim()))
}

/// When a process of ours started, in the kernel's ticks since the boot. `None`: there is none that we can see.
pub(super) fn started(pid: u32) -> Option<u64> {
    let folder = format!("/proc/{pid}");
    if fs::metadata(&folder).ok()?.uid() != rustix::process::geteuid().as_raw() {
        return None;
    }
    let stat = fs::read_to_string(format!("{folder}/stat")).ok()?;
    // The name of the program stands in parentheses and may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    // A zombie is no process any more.
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// Whether the process works in this folder.
pub(super) fn is_in(pid: u32, folder: &str) -> bool {
    let Ok(theirs) = fs::read_link(format!("/proc/{pid}/cwd")) else { return false };
    // The agent may know its folder by another name.
    theirs == std::path::Path::new(folder) || fs::canonicalize(folder).is_ok_and(|folder| folder == theirs)
}

/// Whether the process has this file open.
pub(super) fn has_open(pid: u32, file: &str) -> bool {
    let Ok(open) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    // What is open is told by its real name.
    let Ok(file) = fs::canonicalize(file) else { return false };
    open.take(MAX_OPEN)
        .any(|entry| entry.and_then(|entry| fs::read_link(entry.path())).is_ok_and(|theirs| theirs == file))
}

/// The terminal that a process reads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Terminal {
    /// It reads from something else, or that cannot be seen.
    None,
    Open,
    /// It was closed under the process.
    Closed,
}

pub(super) fn terminal(pid: u32) -> Terminal {
    let Ok(input) = fs::read_link(format!("/proc/{pid}/fd/0")) else { return Terminal::None };
    match input.to_str().and_then(|input| input.strip_prefix("/dev/pts/")) {
        Some(name) if name.ends_with(" (deleted)") => Terminal::Closed,
        Some(_) => Terminal::Open,
        None => Terminal::None,
    }
}

/// A handle that the kernel makes readable when the process ends. `None`: it has ended already.
pub(super) fn handle(process: &AgentProcess) -> Option<OwnedFd> {
    let pid = Pid::from_raw(i32::try_from(process.pid).ok()?)?;
    let handle = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    // The number may have gone to another process before we had the handle.
    (started(process.pid) == Some(process.started)).then_some(handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_open_in_the_process_that_opened_it() {
        let home = tempfile::tempdir().expect("a folder");
        let (file, other) = (home.path().join("a.jsonl"), home.path().join("b.jsonl"));
        std::fs::write(&other, "").expect("written");
        std::os::unix::fs::symlink(home.path(), home.path().join("link")).expect("a link");
        let opened = std::fs::File::create(&file).expect("a file");
        let is_open = |path: &std::path::Path| has_open(std::process::id(), path.to_str().expect("text"));
        assert!(is_open(&file) && is_open(&home.path().join("link/a.jsonl")));
        assert!(!is_open(&other) && !is_open(&home.path().join("none.jsonl")));
        assert!(!has_open(u32::MAX, file.to_str().expect("text")), "there is no such process");
        drop(opened);
        assert!(!is_open(&file));
    }

    #[test]
    fn a_process_is_seen_while_it_lives() {
        let mut child = std::process::Command::new("sleep").arg("60").current_dir("/").spawn().expect("a child");
        let pid = child.id();
        let process = AgentProcess { pid, started: started(pid).expect("it lives"), place: String::new() };
        assert!(is_in(pid, "/") && !is_in(pid, "/usr"));
        assert!(handle(&process).is_some());
        assert!(handle(&AgentProcess { started: process.started + 1, ..process.clone() }).is_none());
        child.kill().expect("it lives");
        child.wait().expect("it ends");
        assert_eq!((started(pid), handle(&process).is_none()), (None, true));
    }
}
