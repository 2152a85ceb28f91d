//! Other hooks, alive and killed, and the daemon.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use tailhook_journal::sys::{self, Open};

use crate::support::{Home, Hook, KIB, files_in, for_each, for_each_with_folders, make_private, payload, read_segment};

#[test]
fn many_at_once_do_not_mix() {
    const WRITERS: usize = 8;
    const EVENTS: usize = 200;
    for_each(|hook, home| {
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                scope.spawn(move || {
                    for n in 0..EVENTS {
                        let sent = numbered(writer, n);
                        Hook::at(hook, home).arg(format!("writer-{writer}")).run(&sent).assert_silent();
                    }
                });
            }
        });
        let segment = home.in_journal();
        assert_eq!((segment.frames.len(), segment.torn), (WRITERS * EVENTS, 0));
        for writer in 0..WRITERS {
            let name = format!("writer-{writer}");
            let of_writer = segment.frames.iter().filter(|seen| seen.agent == name.as_bytes());
            for (n, seen) in of_writer.enumerate() {
                assert!(seen.payload == numbered(writer, n), "event {n} of {name}");
            }
        }
    });
}

/// A payload that only this event has; a few of them are spilled.
fn numbered(writer: usize, n: usize) -> Vec<u8> {
    let bytes = if n % 40 == 39 { 70 * KIB } else { n * 37 % 3_000 };
    let mut sent = format!("{writer}/{n} ").into_bytes();
    sent.extend(payload(bytes, (writer * 1_000 + n) as u64));
    sent
}

#[test]
fn a_killed_hook_costs_at_most_its_own_event() {
    const WRITERS: usize = 3;
    const EVENTS: usize = 150;
    for_each(|hook, home| {
        let fates: Vec<(Vec<u8>, bool)> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    scope.spawn(move || (0..EVENTS).map(|n| doomed(hook, home, writer, n)).collect::<Vec<_>>())
                })
                .collect();
            writers.into_iter().flat_map(|writer| writer.join().expect("no panic")).collect()
        });
        let segment = home.in_journal();
        home.in_spool().assert_empty();
        let killed = fates.iter().filter(|(_, whole)| !whole).count();
        println!("{killed} of {} killed, {} torn frames", fates.len(), segment.torn);
        assert!(segment.torn <= killed);
        for (sent, whole) in &fates {
            let found = segment.frames.iter().filter(|seen| seen.payload == *sent).count();
            assert!(found == 1 || (found == 0 && !whole), "{found} frames for one event, whole: {whole}");
        }
        let known = segment.frames.iter().all(|seen| fates.iter().any(|(sent, _)| *sent == seen.payload));
        assert!(known, "every frame is an event that was sent, whole");
        let named = segment.frames.iter().filter(|seen| seen.spill.is_some()).count();
        let left = files_in(&home.journal().join("spill")) - named;
        assert!(left <= killed, "{left} files are left of {killed} killed hooks");
    });
}

/// Runs a hook and kills it some time between its start and a little after its usual end; tells whether it came through.
fn doomed(hook: &Path, home: &Home, writer: usize, n: usize) -> (Vec<u8>, bool) {
    let mut sent = format!("{writer}/{n} ").into_bytes();
    sent.extend(payload(if n.is_multiple_of(3) { 150 * KIB } else { 2 * KIB }, (writer * 1_000 + n) as u64));
    let (mut child, _) = Hook::at(hook, home).spawn();
    let mut stdin = child.stdin.take().expect("piped");
    let fed = sent.clone();
    let feeder = std::thread::spawn(move || {
        // Breaks off when the hook is gone.
        let _ = stdin.write_all(&fed);
    });
    let delay = Duration::from_micros((n as u64 * 7_919 + writer as u64 * 104_729) % 4_000);
    let until = Instant::now() + delay;
    while Instant::now() < until && child.try_wait().expect("wait").is_none() {
        std::hint::spin_loop();
    }
    let _ = child.kill();
    let whole = child.wait().expect("wait").success();
    feeder.join().expect("no panic");
    (sent, whole)
}

/// What the daemon does before it removes a segment: rename, then claim for good.
#[test]
fn a_sealed_segment_is_left_alone() {
    for_each(|hook, home| {
        Hook::at(hook, home).run(b"before").assert_silent();
        let sealed = home.journal().join("sealed-0");
        std::fs::rename(home.journal().join("active"), &sealed).expect("seal");
        let claim = claim(&sealed);
        Hook::at(hook, home).run(b"after").assert_silent();
        drop(claim);
        assert_eq!(home.in_journal().one().payload, b"after");
        assert_eq!(read_segment(&sealed, home.path()).one().payload, b"before");
    });
}

/// Nobody claims the active segment; should somebody, the hook does not wait.
#[test]
fn a_claimed_segment_is_not_waited_for() {
    for_each(|hook, home| {
        Hook::at(hook, home).run(b"before").assert_silent();
        let claim = claim(&home.journal().join("active"));
        Hook::at(hook, home).run(b"meanwhile").assert_silent();
        drop(claim);
        Hook::at(hook, home).run(b"after").assert_silent();
        assert_eq!(home.in_spool().one().payload, b"meanwhile");
        assert_eq!(home.in_journal().frames.len(), 2);
    });
}

fn claim(path: &Path) -> sys::Fd {
    let mut name = tailhook_journal::place::Path::new();
    name.push(path.as_os_str().as_bytes()).expect("short enough");
    let fd = sys::open_at(None, name.as_c_str(), Open::Read).expect("open");
    sys::claim(&fd).expect("nobody else has it");
    fd
}

/// What killed hooks left stays for the daemon and stops nobody.
#[test]
fn leftovers_of_others_change_nothing() {
    for_each_with_folders(|hook, home| {
        let spill = home.journal().join("spill");
        make_private(&spill);
        for name in ["18e2f3a4b5c6d7e8-1", "0-4242", "something else"] {
            std::fs::write(spill.join(name), b"half").expect("write");
        }
        std::fs::write(home.journal().join("active"), payload(100, 1)).expect("write a torn frame");
        let sent = payload(200 * KIB, 1);
        Hook::at(hook, home).run(&sent).assert_silent();
        let segment = home.in_journal();
        assert_eq!((segment.frames.len(), segment.torn), (1, 1));
        assert!(segment.frames[0].payload == sent);
        assert_eq!(files_in(&spill), 4);
    });
}
