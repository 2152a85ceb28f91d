//! What is handed over, and what the agent hears.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use crate::support::{Hook, KIB, MIB, finish, for_each, names_in, payload};

#[test]
fn every_size_comes_through() {
    let sizes = [0, 1, KIB, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 300 * KIB, MIB, 4 * MIB];
    for_each(|hook, home| {
        for (n, bytes) in sizes.into_iter().enumerate() {
            let sent = payload(bytes, n as u64);
            Hook::at(hook, home).run(&sent).assert_silent();
            let seen = home.in_journal().frames.remove(n);
            assert!(seen.payload == sent, "{bytes} bytes came as {}", seen.payload.len());
            assert_eq!(seen.total_bytes, bytes as u64);
            assert!(!seen.is_truncated(), "{bytes} bytes");
            assert_eq!(seen.spill.is_some(), bytes >= 64 * KIB, "{bytes} bytes: what fits a frame stands in it");
            assert_eq!((seen.agent.as_slice(), seen.event.as_slice()), (&b"claude-code"[..], &b""[..]));
            assert_eq!(seen.ppid, std::process::id());
            assert_eq!(seen.stages, None);
        }
        assert_eq!(home.in_journal().torn, 0);
        home.in_spool().assert_empty();
    });
}

#[test]
fn a_payload_over_the_limit_is_kept_up_to_it() {
    for_each(|hook, home| {
        let sent = payload(9 * MIB, 9);
        Hook::at(hook, home).run(&sent).assert_silent();
        let seen = home.in_journal().one();
        assert!(seen.is_truncated());
        assert_eq!(seen.total_bytes, 9 * MIB as u64);
        assert!(seen.payload == sent[..8 * MIB], "kept {} bytes", seen.payload.len());
    });
}

#[test]
fn an_input_in_pieces_is_one_payload() {
    for_each(|hook, home| {
        let (mut child, started) = Hook::at(hook, home).spawn();
        let mut stdin = child.stdin.take().expect("piped");
        for piece in ["{\"a\"", ":", "1}"] {
            stdin.write_all(piece.as_bytes()).expect("write");
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(stdin);
        finish(child, started).assert_silent();
        let seen = home.in_journal().one();
        assert_eq!(seen.payload, b"{\"a\":1}");
        assert!(!seen.is_truncated());
    });
}

#[test]
fn each_agent_hears_what_it_wants_to() {
    for_each(|hook, home| {
        let replies = [
            ("claude-code", ""),
            ("codex", ""),
            ("gemini-cli", ""),
            ("cursor", "{}\n"),
            ("cline", "{\"cancel\":false}\n"),
            ("somebody-else", ""),
            ("", ""),
        ];
        for (n, (agent, reply)) in replies.into_iter().enumerate() {
            let outcome = Hook::at(hook, home).arg(agent).arg("SomeEvent").run(b"{}");
            outcome.assert_good();
            assert_eq!(String::from_utf8_lossy(&outcome.stdout), reply, "{agent}");
            let seen = &home.in_journal().frames[n];
            assert_eq!((seen.agent.as_slice(), seen.event.as_slice()), (agent.as_bytes(), &b"SomeEvent"[..]));
        }
    });
}

#[test]
fn names_are_cut_where_a_frame_ends_them() {
    for_each(|hook, home| {
        let long = "n".repeat(1_000);
        Hook::at(hook, home).arg(&long).arg(&long).arg("ignored").run(b"{}").assert_silent();
        let seen = home.in_journal().one();
        assert_eq!((seen.agent.as_slice(), seen.event.as_slice()), (&long.as_bytes()[..255], &long.as_bytes()[..255]));
        assert_eq!(seen.payload, b"{}");
    });
}

#[test]
fn any_bytes_are_a_payload() {
    let payloads: [&[u8]; 6] = [
        b"{\"broken\":",
        b"\xff\xfe{\x80}",
        b"\0\0\0",
        b"\n",
        b"\"\\ud800\"",
        &[0x89, b'T', b'H', b'K', 13, 10, 26, 255, 1],
    ];
    for_each(|hook, home| {
        for sent in payloads {
            Hook::at(hook, home).arg(std::ffi::OsStr::from_bytes(b"\xff\xfe")).run(sent).assert_silent();
        }
        let segment = home.in_journal();
        assert_eq!(segment.torn, 0);
        assert!(segment.frames.iter().map(|seen| seen.payload.as_slice()).eq(payloads));
    });
}

#[test]
fn a_disabled_hook_reads_and_leaves_nothing() {
    for_each(|hook, home| {
        for bytes in [2, MIB] {
            let disabled = Hook::at(hook, home).env("TAILHOOK_DISABLE", "1").arg("cursor");
            let (mut child, started) = disabled.spawn();
            // All of it can be written: the agent is not stopped.
            child.stdin.take().expect("piped").write_all(&payload(bytes, 1)).expect("the hook reads all");
            let outcome = finish(child, started);
            outcome.assert_good();
            assert_eq!(outcome.stdout, b"{}\n");
        }
        assert!(std::fs::read_dir(home.path()).expect("list").next().is_none(), "nothing was made");
        Hook::at(hook, home).env("TAILHOOK_DISABLE", "0").run(b"{}").assert_silent();
        assert_eq!(home.in_journal().one().payload, b"{}");
    });
}

#[test]
fn debugging_adds_the_stages() {
    for_each(|hook, home| {
        for sent in [&b"{}"[..], &payload(300 * KIB, 1)] {
            Hook::at(hook, home).env("TAILHOOK_HOOK_DEBUG", "1").run(sent).assert_silent();
            let seen = home.in_journal().frames.pop().expect("a frame");
            assert!(seen.payload == sent);
            let stages = seen.stages.expect("a stage record");
            assert!(stages.reads >= 2, "the payload and its end: {stages:?}");
            assert!(stages.first_read_ns > 0, "{stages:?}");
            assert!(stages.first_read_ns <= stages.input_end_ns, "{stages:?}");
            assert!(stages.input_end_ns <= stages.opened_ns, "{stages:?}");
            assert!(stages.opened_ns <= seen.hook_ns, "{stages:?}");
        }
        assert_eq!(names_in(home.path()), ["journal"], "nothing is written anywhere else");
        assert_eq!(names_in(&home.journal()), ["active", "spill", "spilled"]);
        assert_eq!(names_in(&home.journal().join("spill")).len(), 1);
    });
}
