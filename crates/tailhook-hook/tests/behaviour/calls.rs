//! The system calls of the bare hook are those that `hook.rs` lists, so that the list stays true and none comes in unnoticed.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Home, Hook, KIB, MIB, finish, hooks, payload};

/// A socket holds as much before anybody reads.
const SOCKET_BYTES: usize = 100 * KIB;

/// Where strace is looked for: the hook's environment holds nothing else.
const SEARCHED: &str = "/usr/local/bin:/usr/bin:/bin";
/// Where the list stands.
const DOCUMENTED: &str = include_str!("../../src/hook.rs");

/// Whether calls can be traced here; says so where they cannot.
fn can_trace() -> bool {
    let traced =
        Command::new("strace").env("PATH", SEARCHED).args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let can = traced.is_ok_and(|status| status.success());
    if !can {
        println!("skipped: strace is not installed, or may not trace (Debian: apt-get install strace)");
    }
    can
}

/// The bare hook: what std does beside it is not ours to list, and of an emulator the emulator's calls would be seen.
fn bare_hooks() -> impl Iterator<Item = PathBuf> {
    /// `e_machine`, as in `elf(5)`.
    fn machine(program: &Path) -> Option<Vec<u8>> {
        let bytes = std::fs::read(program).expect("read a program");
        bytes.starts_with(b"\x7fELF").then(|| bytes[18..20].to_vec())
    }
    let ours = machine(&std::env::current_exe().expect("a test is a program"));
    hooks().into_iter().skip(1).filter(move |hook| machine(hook) == ours)
}

/// The calls in each of the lists, in their order.
fn listed() -> Vec<Vec<&'static str>> {
    let lists = DOCUMENTED.split("//! ```text\n").skip(1).map(|rest| rest.split("//! ```").next().expect("an end"));
    let calls = |line: &'static str| line.trim_start_matches("//! ").split("  ").next().expect("a column").split(", ");
    lists.map(|list| list.lines().flat_map(calls).collect()).collect()
}

/// Runs a hook whose input is on its way, and gives the names of its calls in their order.
fn calls(hook: &Path, home: &Home, sent: &[u8]) -> Vec<String> {
    let trace = home.path().join("trace");
    let (input, mut agent) = UnixStream::pair().expect("a pair of sockets");
    let fed = sent.to_vec();
    let feeder = std::thread::spawn(move || agent.write_all(&fed).expect("the hook reads"));
    if sent.len() <= SOCKET_BYTES {
        // It is there, and has ended, before the hook starts.
        feeder.join().expect("a socket holds as much");
    }
    let mut traced = Hook::at(Path::new("/usr/bin/env"), home);
    traced.command.args(["strace", "-qq", "-o"]).arg(&trace).arg(hook);
    let (child, started) = traced.env("PATH", SEARCHED).stdin(OwnedFd::from(input)).spawn();
    finish(child, started).assert_silent();
    let lines = std::fs::read_to_string(&trace).expect("a trace");
    let name = |line: &str| line.split_once('(').map(|(name, _)| name.to_owned());
    lines.lines().filter_map(name).filter(|name| name != "execve").collect()
}

#[test]
fn a_small_payload_takes_the_listed_calls() {
    if !can_trace() {
        return;
    }
    let small = &listed()[0];
    assert_eq!(small.len(), 11, "{small:?}");
    for hook in bare_hooks() {
        let home = Home::new();
        // The first of all makes the folder and the segment.
        Hook::at(&hook, &home).run(b"{}").assert_silent();
        for bytes in [0, 1, KIB, 4 * KIB - 1] {
            let mut wanted = small.clone();
            if bytes == 0 {
                // The first read finds the end already.
                wanted.remove(2);
            }
            assert_eq!(calls(&hook, &home, &payload(bytes, 1)), wanted, "{bytes} bytes");
        }
    }
}

#[test]
fn a_large_payload_takes_the_listed_calls() {
    if !can_trace() {
        return;
    }
    let with_a_longer_spare = &listed()[2];
    assert_eq!(with_a_longer_spare.len(), 25, "{with_a_longer_spare:?}");
    let without = |name: &str, after: &str, calls: &[&'static str]| {
        let after = calls.iter().position(|call| *call == after).expect("a call");
        let at = after + calls[after..].iter().position(|call| *call == name).expect("a call");
        [&calls[..at], &calls[at + 1..]].concat()
    };
    let with_a_shorter_spare = without("ftruncate", "splice", with_a_longer_spare);
    let without_a_spare = without("fstat", "renameat", &with_a_shorter_spare);
    for hook in bare_hooks() {
        let home = Home::new();
        // The first of all makes the folders and the segment.
        Hook::at(&hook, &home).run(&payload(MIB, 1)).assert_silent();
        for (spare_bytes, wanted) in [
            (None, &without_a_spare),
            (Some(10 * KIB), &with_a_shorter_spare),
            (Some(80 * KIB), &with_a_shorter_spare),
            (Some(80 * KIB + 1), with_a_longer_spare),
        ] {
            if let Some(bytes) = spare_bytes {
                home.plant_spare(bytes);
            }
            let mut seen = calls(&hook, &home, &payload(80 * KIB, 1));
            // How often depends on how much is moved at once.
            seen.dedup_by(|next, call| next == call && call == "splice");
            assert_eq!(seen, *wanted, "a spare file of {spare_bytes:?} bytes");
        }
    }
}

#[test]
fn a_larger_payload_takes_no_call_that_is_not_listed() {
    if !can_trace() {
        return;
    }
    let [small, medium, large, needed] = &listed()[..] else { panic!("four lists") };
    for hook in bare_hooks() {
        let home = Home::new();
        Hook::at(&hook, &home).run(b"{}").assert_silent();
        let seen = calls(&hook, &home, &payload(32 * KIB, 1));
        assert_eq!(seen.len(), small.len() + 2, "one more look at what waits, and one more read: {seen:?}");
        let unlisted = |seen: &[String], lists: &[&[&str]]| -> Vec<String> {
            seen.iter().filter(|name| !lists.iter().any(|list| list.contains(&name.as_str()))).cloned().collect()
        };
        assert_eq!(unlisted(&seen, &[small, medium]), Vec::<String>::new());
        // While the agent still writes, and what it leaves is not there yet.
        for bytes in [MIB, 9 * MIB] {
            home.plant_spare(bytes);
            let seen = calls(&hook, &home, &payload(bytes, 1));
            assert_eq!(unlisted(&seen, &[large, needed]), Vec::<String>::new());
        }
    }
}
