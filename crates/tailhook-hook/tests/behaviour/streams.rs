//! Standard input and output in every state that a caller may leave them in.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Hook, KIB, MIB, Outcome, finish, for_each, for_each_with_folders, make_sparse, payload};

/// The hook's deadline is 1 s for input that does not come, 1.5 s for input that does not end. The rest is for a machine
/// that does other things meanwhile.
const DEADLINE: Duration = Duration::from_millis(1_500);
const SLACK: Duration = Duration::from_millis(1_500);

#[test]
fn an_input_that_does_not_end_is_cut_at_the_deadline() {
    for_each(|hook, home| {
        for sent in [&b""[..], b"{\"half\":", &payload(200 * KIB, 3)] {
            let (mut child, started) = Hook::at(hook, home).spawn();
            let mut stdin = child.stdin.take().expect("piped");
            stdin.write_all(sent).expect("write");
            let outcome = finish(child, started);
            drop(stdin);
            outcome.assert_silent();
            assert!(outcome.took >= Duration::from_millis(900), "took {:?}", outcome.took);
            assert!(outcome.took < DEADLINE + SLACK, "took {:?}", outcome.took);
            let seen = home.in_journal().frames.pop().expect("a frame");
            assert!(seen.is_truncated());
            assert!(seen.payload == sent);
        }
    });
}

#[test]
fn an_input_that_always_has_more_is_cut_too() {
    for_each(|hook, home| {
        for disable in ["0", "1"] {
            let input = File::open("/dev/zero").expect("open /dev/zero");
            let (child, started) = Hook::at(hook, home).env("TAILHOOK_DISABLE", disable).stdin(input).spawn();
            let outcome = finish_or_kill(child, started);
            outcome.assert_silent();
            assert!(outcome.took < DEADLINE + SLACK, "took {:?}", outcome.took);
        }
        let seen = home.in_journal().one();
        assert!(seen.is_truncated());
        assert!(seen.payload.len() <= 8 * MIB);
        assert!(seen.total_bytes >= seen.payload.len() as u64);
    });
}

/// Waits for the end. A hook that runs on is ended by a signal, which its outcome tells.
fn finish_or_kill(mut child: Child, started: Instant) -> Outcome {
    while child.try_wait().expect("wait").is_none() {
        if started.elapsed() > Duration::from_secs(10) {
            child.kill().expect("end the hook");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    finish(child, started)
}

#[test]
fn an_input_that_always_has_more_is_cut_without_a_file_for_it_too() {
    for_each_with_folders(|hook, home| {
        make_sparse(&home.journal().join("spilled"), 512);
        make_sparse(&home.spool().join("spilled"), 16_384);
        let input = File::open("/dev/zero").expect("open /dev/zero");
        let (child, started) = Hook::at(hook, home).stdin(input).spawn();
        finish_or_kill(child, started).assert_silent();
        let seen = home.in_journal().one();
        assert!(seen.is_truncated() && seen.spill.is_none());
        assert_eq!(seen.payload.len(), 64 * KIB);
        assert!(seen.total_bytes > 64 * KIB as u64);
    });
}

/// Never ready when it is asked, and never silent for long: in large pieces and in single bytes.
#[test]
fn an_agent_that_drips_for_ever_is_not_listened_to_for_ever() {
    for piece in [70 * KIB, 1] {
        for_each(|hook, home| {
            let (input, mut agent) = UnixStream::pair().expect("a pair of sockets");
            let (child, started) = Hook::at(hook, home).stdin(OwnedFd::from(input)).spawn();
            let piece = payload(piece, 1);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    // What makes it a large one; then until nobody listens any more.
                    let mut going = agent.write_all(&payload(100 * KIB, 1)).is_ok();
                    while going {
                        std::thread::sleep(Duration::from_millis(50));
                        going = agent.write_all(&piece).is_ok();
                    }
                });
                finish_or_kill(child, started).assert_silent();
            });
            let seen = home.in_journal().one();
            assert!(seen.is_truncated());
            assert!(seen.payload.starts_with(&payload(100 * KIB, 1)));
            assert_eq!(seen.total_bytes, seen.payload.len() as u64);
        });
    }
}

#[test]
fn a_closed_stdin_is_an_empty_payload() {
    for_each(|hook, home| {
        Hook::with_redirection(hook, home, "<&-").run(b"").assert_silent();
        let seen = home.in_journal().one();
        assert_eq!((seen.payload.len(), seen.total_bytes), (0, 0));
        assert!(!seen.is_truncated());
    });
}

#[test]
fn a_stdin_that_cannot_be_read_is_an_empty_payload() {
    for_each(|hook, home| {
        Hook::at(hook, home).stdin(File::open("/").expect("open a folder")).run(b"").assert_silent();
        let only_writes = File::options().write(true).open("/dev/null").expect("open");
        Hook::at(hook, home).stdin(only_writes).run(b"").assert_silent();
        Hook::at(hook, home).stdin(Stdio::null()).run(b"").assert_silent();
        let segment = home.in_journal();
        assert_eq!((segment.frames.len(), segment.torn), (3, 0));
        assert!(segment.frames.iter().all(|seen| seen.payload.is_empty()));
    });
}

/// With standard output closed, the next file that is opened gets its number: the reply must not land in the journal.
#[test]
fn a_closed_stdout_changes_nothing() {
    for_each(|hook, home| {
        let large = payload(200 * KIB, 5);
        for sent in [&b"{}"[..], &large] {
            for redirection in [">&-", ">&- 2>&-"] {
                Hook::with_redirection(hook, home, redirection).arg("cursor").run(sent).assert_silent();
            }
        }
        let segment = home.in_journal();
        assert_eq!((segment.frames.len(), segment.torn), (4, 0));
        assert!(segment.frames.iter().all(|seen| seen.payload == b"{}" || seen.payload == large));
    });
}

#[test]
fn a_full_stdout_changes_nothing() {
    for_each(|hook, home| {
        let full = File::options().write(true).open("/dev/full").expect("open /dev/full");
        Hook::at(hook, home).arg("cursor").stdout(full).run(b"{}").assert_silent();
        assert_eq!(home.in_journal().one().payload, b"{}");
    });
}

/// Nobody reads the reply any more: the kernel answers a write with a signal that ends a program unless it says otherwise.
#[test]
fn a_broken_stdout_changes_nothing() {
    for_each(|hook, home| {
        for agent in ["cursor", "cline", "claude-code"] {
            let (mut child, started) = Hook::at(hook, home).arg(agent).spawn();
            drop(child.stdout.take());
            child.stdin.take().expect("piped").write_all(b"{}").expect("write");
            finish(child, started).assert_good();
        }
        assert_eq!(home.in_journal().frames.len(), 3);
    });
}
