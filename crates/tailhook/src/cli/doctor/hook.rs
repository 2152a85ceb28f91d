//! The hook beside this program: there, executable, of the same version, and does its work.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::fs::{Access, access};

use super::attempt::{Attempt, attempt};
use super::finding::{Finding, Status, word};
use crate::cli::emit::hook_program;
use crate::hook_version::difference;

const HOOK: &str = "hook";
/// Its own deadline is 1.5 s.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the hook is.
pub(super) struct Hook {
    pub(super) path: PathBuf,
    /// It did its work when it was tried.
    pub(super) works: bool,
}

pub(super) fn check() -> (Finding, Option<Hook>) {
    let path = match hook_program() {
        Ok(path) => path,
        Err(failure) => return (Finding::failure(HOOK, &failure), None),
    };
    let finding = examine(&path);
    let works = finding.status != Status::Problem;
    (finding, Some(Hook { path, works }))
}

fn examine(hook: &Path) -> Finding {
    let path = hook.display();
    if access(hook, Access::EXEC_OK).is_err() {
        return Finding::problem(HOOK, format!("{path} is not executable")).fix(format!("chmod u+x {}", word(hook)));
    }
    match start(hook) {
        Err(error) => {
            let folder = std::env::temp_dir();
            let message = format!("{path} was not tried: could not make a folder in {}: {error}", folder.display());
            return Finding::warning(HOOK, message).fix(format!("ls -ld {}", word(&folder)));
        }
        Ok(Err(trouble)) => return Finding::problem(HOOK, format!("{path} {trouble}")).fix("make install"),
        Ok(Ok(())) => {}
    }
    if let Some(difference) = difference(hook) {
        return Finding::warning(HOOK, format!("{path} starts, but {difference}")).fix("make install");
    }
    match is_static(hook) {
        Ok(false) if is_bare_platform() => {
            let message = format!("{path} starts, but is a development build: it takes longer than it has to");
            Finding::warning(HOOK, message).fix("make install")
        }
        Ok(true) => Finding::ok(HOOK, format!("{path} starts, and is static")),
        _ => Finding::ok(HOOK, format!("{path} starts")),
    }
}

/// Runs it once, with an empty payload and on a home of its own, which is gone afterwards.
fn start(hook: &Path) -> io::Result<Result<(), String>> {
    let (pid, now_ns) = (std::process::id(), tailhook_journal::sys::now_ns());
    let home = std::env::temp_dir().join(format!("tailhook-doctor-{pid}-{now_ns}"));
    fs::DirBuilder::new().mode(0o700).create(&home)?;
    let mut command = Command::new(hook);
    command.env("TAILHOOK_HOME", &home).env_remove("TAILHOOK_DISABLE");
    let result = attempt(command, PATIENCE);
    let handed_over = fs::metadata(home.join("journal/active")).is_ok_and(|segment| segment.len() > 0);
    let _ = fs::remove_dir_all(&home);
    Ok(judge(result, handed_over))
}

/// What is wrong continues a sentence that began with the hook's path.
fn judge(result: io::Result<Attempt>, handed_over: bool) -> Result<(), String> {
    let Attempt { status, stdout, stderr } = result.map_err(|error| format!("could not be run: {error}"))?;
    if !status.success() {
        return Err(format!("ended with {status}; a hook must end with 0"));
    }
    if !stdout.is_empty() || !stderr.is_empty() {
        return Err("printed something, which the agent would take for an answer".into());
    }
    if !handed_over {
        return Err("ended well, but handed nothing over".into());
    }
    Ok(())
}

/// Where a release build has neither libc nor loader.
fn is_bare_platform() -> bool {
    cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))
}

/// Whether an ELF program names no loader. Other formats are an error: nothing is known about them.
fn is_static(program: &Path) -> io::Result<bool> {
    const PT_INTERP: u32 = 3;
    let mut head = Vec::new();
    fs::File::open(program)?.take(4_096).read_to_end(&mut head)?;
    let unknown = || io::Error::from(io::ErrorKind::InvalidData);
    let number = |at: usize, bytes: usize| -> io::Result<u64> {
        let bytes = head.get(at..at + bytes).ok_or_else(unknown)?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    // 64 bits, little-endian.
    if !head.starts_with(&[0x7f, b'E', b'L', b'F', 2, 1]) {
        return Err(unknown());
    }
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    for index in 0..count {
        let at = usize::try_from(table.saturating_add(size * index)).map_err(|_| unknown())?;
        if number(at, 4)? == u64::from(PT_INTERP) {
            return Ok(false);
        }
    }
    Ok(true)
}
