//! From the journal to the store with the real daemon: what it finds, in which state it finds it, and what it leaves.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tailhook_journal::{Appended, sys};

use crate::stored::{Appender, Store, bytes_of, files_in, frame_of, open_segment, payload, serve_plainly, wait_until};
use crate::support::Home;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
/// A number that no process has.
const NO_PID: u32 = 0x7fff_fff0;

fn journal(home: &Home) -> PathBuf {
    home.path.join("journal")
}

fn spool(home: &Home) -> PathBuf {
    home.path.join("spool")
}

fn add(path: &Path, bytes: &[u8]) {
    let mut file = File::options().append(true).create(true).open(path).expect("open a segment");
    file.write_all(bytes).expect("write to a segment");
}

/// A frame's beginning, as a killed hook leaves it: it promises more than there is.
fn torn_frame(promised: usize, there: usize) -> Vec<u8> {
    let mut bytes = bytes_of(&frame_of("torn", &payload(promised, 77)));
    bytes.truncate(there);
    bytes
}

#[test]
fn what_killed_hooks_left_is_swept() {
    let home = Home::on_tmpfs();
    let appender = Appender::new(&home);
    appender.append("a", &payload(100 * KIB, 1));
    let alive = std::process::id();
    for folder in [journal(&home), spool(&home)] {
        std::fs::create_dir_all(folder.join("spill")).expect("make a folder");
        std::fs::write(folder.join(format!("spill/18e2f3a4b5c6d7e8-{NO_PID}")), b"half").expect("write");
        std::fs::write(folder.join(format!("spill/18e2f3a4b5c6d7e8-{alive}")), b"half").expect("write");
    }
    std::fs::set_permissions(spool(&home), std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("chmod");
    let daemon = serve_plainly(&home);
    daemon.wait_for_seq(1);
    for folder in [journal(&home), spool(&home)] {
        wait_until("the file of the dead hook goes", || files_in(&folder.join("spill")) == 1);
        assert!(folder.join(format!("spill/18e2f3a4b5c6d7e8-{alive}")).exists(), "its hook is alive");
    }
    let store = Store::open(&home);
    assert!(store.payloads() == [payload(100 * KIB, 1)]);
    assert_eq!(store.losses(), [0, 0, 0]);
}

/// A payload whose hook is gone and whose frame has not been read yet is not left over.
#[test]
fn a_payload_is_not_swept_before_its_frame_was_read() {
    let sent = payload(100 * KIB, 1);
    // Behind a torn frame that promises more bytes than follow, the reader waits before it goes on.
    let behind_a_torn_frame = Home::on_tmpfs();
    Appender::new(&behind_a_torn_frame).append("before", b"{}");
    add(&journal(&behind_a_torn_frame).join("active"), &torn_frame(60_000, 300));
    // A daemon was killed while it emptied the spool.
    let behind_a_spool = Home::on_tmpfs();
    let mut appender = Appender::new(&behind_a_spool);
    appender.limits.journal_bytes = 0;
    appender.append("before", b"{}");
    std::fs::rename(spool(&behind_a_spool).join("active"), spool(&behind_a_spool).join("sealed-0")).expect("rename");

    for (home, torn) in [(behind_a_torn_frame, 1), (behind_a_spool, 0)] {
        let mut hook = Command::new(crate::support::hook_program());
        hook.env("TAILHOOK_HOME", &home.path).stdin(File::open(write_to(&home, &sent)).expect("open the payload"));
        assert!(hook.status().expect("run the hook").success());
        let daemon = serve_plainly(&home);
        daemon.wait_for_seq(2);
        let store = Store::open(&home);
        assert_eq!(store.losses(), [torn, 0, 0], "torn, dropped, lost");
        assert!(store.payloads()[1] == sent);
    }
}

fn write_to(home: &Home, bytes: &[u8]) -> PathBuf {
    let path = home.path.join("payload");
    std::fs::write(&path, bytes).expect("write a payload");
    path
}

#[test]
fn several_daemons_in_a_row_store_each_event_once() {
    let home = Home::on_tmpfs();
    let appender = Appender::new(&home);
    let mut sent = Vec::new();
    for round in 0..8_u64 {
        for n in 0..50 {
            let bytes = if n == 25 { 100 * KIB } else { 200 };
            sent.push(payload(bytes, round * 1_000 + n));
            appender.append("a", sent.last().expect("just pushed"));
            if n == 10 {
                let daemon = serve_plainly(&home);
                // Some are killed at once, some when they have stored all, some end well.
                match round % 3 {
                    0 => daemon.kill(),
                    1 => {
                        daemon.wait_for_seq(sent.len() as u64);
                        daemon.kill();
                    }
                    _ => {
                        // Once it answers, it listens to signals too.
                        daemon.get("/healthz");
                        assert!(daemon.terminate());
                    }
                }
            }
        }
    }
    let daemon = serve_plainly(&home);
    daemon.wait_for_seq(sent.len() as u64);
    let store = Store::open(&home);
    assert!(store.payloads() == sent);
    assert_eq!(store.losses(), [0, 0, 0]);
}

#[test]
fn torn_and_corrupt_regions_cost_only_themselves() {
    let home = Home::on_tmpfs();
    let appender = Appender::new(&home);
    let active = journal(&home).join("active");
    let mut changed = bytes_of(&frame_of("changed", b"{\"a\":1}"));
    changed[70] ^= 1;
    let regions: [Vec<u8>; 8] = [
        torn_frame(1_000, 10),
        torn_frame(1_000, 64),
        torn_frame(60_000, 50_000),
        changed,
        b"what no hook ever wrote".to_vec(),
        vec![0; 6 * MIB],
        payload(100, 5),
        // The end of the journal is a tail that nobody will finish.
        torn_frame(1_000, 500),
    ];
    let mut sent = Vec::new();
    for (n, region) in regions.iter().enumerate() {
        sent.push(payload(100 + n, n as u64));
        appender.append("a", sent.last().expect("just pushed"));
        add(&active, region);
    }
    let daemon = serve_plainly(&home);
    daemon.wait_for_seq(sent.len() as u64);
    wait_until("all regions are counted", || Store::open(&home).counter("torn") >= regions.len() as u64);
    let store = Store::open(&home);
    assert!(store.payloads() == sent);
    // A region that is larger than a batch is counted once for each.
    assert!(store.counter("torn") <= regions.len() as u64 + 2, "counted {}", store.counter("torn"));
    let kept: Vec<_> = std::fs::read_dir(home.path.join("torn")).expect("torn bytes are kept").flatten().collect();
    assert_eq!(kept.len() as u64, store.counter("torn"), "each region is kept aside");
    assert!(kept.iter().any(|file| std::fs::read(file.path()).expect("read it") == b"what no hook ever wrote"));
    // The reader goes on behind the tail.
    appender.append("a", b"after");
    daemon.wait_for_seq(sent.len() as u64 + 1);
}

#[test]
fn a_first_frame_shorter_than_a_header_stops_nothing() {
    let home = Home::on_tmpfs();
    let appender = Appender::new(&home);
    std::fs::create_dir_all(journal(&home)).expect("make a folder");
    std::fs::set_permissions(journal(&home), std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("chmod");
    add(&journal(&home).join("active"), &torn_frame(100, 20));
    let daemon = serve_plainly(&home);
    wait_until("the torn frame is counted", || Store::open(&home).counter("torn") == 1);
    appender.append("a", b"first");
    daemon.wait_for_seq(1);
    daemon.kill();
    appender.append("a", b"second");
    let daemon = serve_plainly(&home);
    daemon.wait_for_seq(2);
    assert_eq!(Store::open(&home).payloads(), [&b"first"[..], b"second"]);
}

#[test]
fn frames_of_other_versions_are_set_aside() {
    let home = Home::on_tmpfs();
    let appender = Appender::new(&home);
    let active = journal(&home).join("active");
    for (n, version) in [0, 2, 255].into_iter().enumerate() {
        appender.append("a", format!("{n}").as_bytes());
        let mut other = bytes_of(&frame_of("a", b"of another version"));
        other[8] = version;
        add(&active, &other);
    }
    appender.append("a", b"3");
    let daemon = serve_plainly(&home);
    daemon.wait_for_seq(4);
    let store = Store::open(&home);
    assert_eq!(store.payloads(), [b"0", b"1", b"2", b"3"]);
    assert_eq!(store.losses(), [3, 0, 0]);
}

/// Hands over so much that the daemon seals the segment, and waits until it has.
fn fill_until_sealed(home: &Home, appender: &Appender, sent: &mut Vec<Vec<u8>>) {
    let sealed = || {
        std::fs::read_dir(journal(home))
            .into_iter()
            .flatten()
            .flatten()
            .any(|e| e.file_name().to_string_lossy().starts_with("sealed-"))
    };
    let start = std::time::Instant::now();
    while !sealed() {
        assert!(start.elapsed() < crate::support::PATIENCE, "never sealed");
        sent.push(payload(60 * KIB, sent.len() as u64));
        assert_eq!(appender.append("others", sent.last().expect("just pushed")), Appended::Journal);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A hook that was stopped between its `open` and its `write`.
#[test]
fn a_writer_that_is_late_for_a_rotation_loses_nothing() {
    let home = Home::on_tmpfs();
    let appender = Appender::new(&home);
    let mut others = vec![b"first".to_vec()];
    appender.append("others", b"first");
    let daemon = serve_plainly(&home);
    let late = open_segment(&journal(&home).join("active"));
    sys::hold(&late).expect("nobody claims the active segment");
    fill_until_sealed(&home, &appender, &mut others);
    others.push(b"in the new one".to_vec());
    appender.append("others", b"in the new one");
    daemon.wait_for_seq(others.len() as u64);
    // Long enough for a reader that would not wait.
    std::thread::sleep(Duration::from_millis(300));
    for text in ["late", "later"] {
        let frame = bytes_of(&frame_of("late", text.as_bytes()));
        assert_eq!(sys::write(&late, &frame), Ok(frame.len()));
    }
    drop(late);
    daemon.wait_for_seq(others.len() as u64 + 2);
    wait_until("the sealed segment goes once nobody holds it", || {
        files_in(&journal(&home)) - usize::from(journal(&home).join("spilled").exists()) <= 2
            && !journal(&home).join("sealed-0").exists()
    });
    let mut seen: (Vec<Vec<u8>>, Vec<Vec<u8>>) = Default::default();
    Store::open(&home)
        .each(|row| if row.agent == "late" { seen.0.push(row.payload) } else { seen.1.push(row.payload) });
    assert_eq!(seen.0, [&b"late"[..], b"later"]);
    assert!(seen.1 == others);
}

#[test]
fn a_spool_is_drained_in_order() {
    let home = Home::on_tmpfs();
    let mut appender = Appender::new(&home);
    appender.limits.journal_bytes = 100 << 10;
    let mut sent = Vec::new();
    let mut spooled = 0;
    for n in 0..200 {
        sent.push(payload(if n % 50 == 49 { 80 * KIB } else { 1_000 }, n));
        spooled += usize::from(appender.append("a", sent.last().expect("just pushed")) == Appended::Spool);
    }
    assert!(spooled > 50, "the journal was too small");
    let daemon = serve_plainly(&home);
    daemon.wait_for_seq(sent.len() as u64);
    // The journal has not become larger, so all that follows goes to the spool while it is read.
    for n in 200..400 {
        sent.push(payload(500, n));
        appender.append("a", sent.last().expect("just pushed"));
    }
    daemon.wait_for_seq(sent.len() as u64);
    assert!(Store::open(&home).payloads() == sent);
    wait_until("the spool is empty", || !spool(&home).join("sealed-0").exists());
}

/// Writers that fill the journal faster than it is read: it is sealed under load, and no writer's order changes between
/// journal and spool.
#[test]
fn order_holds_while_the_journal_overflows() {
    const WRITERS: usize = 4;
    let home = Home::on_tmpfs();
    let daemon = serve_plainly(&home);
    let enough = AtomicBool::new(false);
    let spooled = std::sync::atomic::AtomicUsize::new(0);
    let event = |writer: usize, n: usize| payload(3_000 + n % 5_000, (writer * 1_000_000 + n) as u64);
    let sent: Vec<usize> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let mut appender = Appender::new(&home);
                appender.limits.journal_bytes = 5 << 20;
                let (enough, spooled) = (&enough, &spooled);
                scope.spawn(move || {
                    let name = format!("writer-{writer}");
                    let mut n = 0;
                    while !enough.load(Ordering::Relaxed) {
                        match appender.append(&name, &event(writer, n)) {
                            Appended::Journal => {}
                            Appended::Spool => _ = spooled.fetch_add(1, Ordering::Relaxed),
                            Appended::Dropped => panic!("the spool has room"),
                        }
                        n += 1;
                        std::thread::sleep(Duration::from_micros(200));
                    }
                    n
                })
            })
            .collect();
        std::thread::sleep(Duration::from_secs(3));
        enough.store(true, Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().expect("no panic")).collect()
    });
    let total: usize = sent.iter().sum();
    println!("{total} events, {} through the spool", spooled.load(Ordering::Relaxed));
    daemon.wait_for_seq(total as u64);
    let mut next = [0; WRITERS];
    let mut out_of_order = 0;
    Store::open(&home).each(|row| {
        let writer: usize = row.agent["writer-".len()..].parse().expect("a writer");
        out_of_order += usize::from(row.payload != event(writer, next[writer]));
        next[writer] += 1;
    });
    assert_eq!(next.as_slice(), sent, "each event once");
    assert_eq!(out_of_order, 0, "events that are not where their writer put them");
}

/// What was spilled and is stored takes no room any more: large payloads never run into the cap of what lies there.
#[test]
fn large_payloads_do_not_use_up_the_journal() {
    let home = Home::on_tmpfs();
    let appender = Appender::new(&home);
    let daemon = serve_plainly(&home);
    // Twice the cap of the journal, in all.
    for n in 0..64 {
        appender.append("a", &payload(MIB, n));
        daemon.wait_for_seq(n + 1);
    }
    assert!(!spool(&home).join("spilled").exists(), "payloads went to the spool");
    assert_eq!(Store::open(&home).losses(), [0, 0, 0]);
}

#[test]
fn dropped_events_are_counted_once() {
    let home = Home::on_tmpfs();
    let mut appender = Appender::new(&home);
    appender.limits = tailhook_journal::Limits { journal_bytes: 0, spool_bytes: 0 };
    let mut dropped = 0;
    let drop_one = |dropped: &mut u64| {
        assert_eq!(appender.append("a", b"{}"), Appended::Dropped);
        *dropped += 1;
    };
    for _ in 0..4 {
        for _ in 0..3 {
            drop_one(&mut dropped);
        }
        let daemon = serve_plainly(&home);
        wait_until("what was dropped is counted", || Store::open(&home).counter("dropped") == dropped);
        drop_one(&mut dropped);
        wait_until("what is dropped is counted", || Store::open(&home).counter("dropped") == dropped);
        daemon.kill();
    }
    let daemon = serve_plainly(&home);
    appender.limits = tailhook_journal::Limits::default();
    appender.append("a", b"{}");
    daemon.wait_for_seq(1);
    assert_eq!(Store::open(&home).losses(), [0, dropped, 0]);
}

/// The hook refuses these; the daemon must neither follow nor wait for them, and read the spool all the same.
#[test]
fn something_else_in_place_of_the_segment_stops_nothing() {
    type Spoil = fn(&Path);
    let spoils: [(&str, Spoil); 3] = [
        ("a pipe", |active| assert!(Command::new("mkfifo").arg(active).status().expect("run mkfifo").success())),
        ("a folder", |active| std::fs::create_dir(active).expect("make a folder")),
        ("a symlink", |active| {
            let other = active.with_file_name("other");
            std::fs::write(&other, bytes_of(&frame_of("a", b"planted"))).expect("write");
            std::os::unix::fs::symlink(other, active).expect("link");
        }),
    ];
    for (what, spoil) in spoils {
        let home = Home::on_tmpfs();
        let appender = Appender::new(&home);
        std::fs::create_dir_all(journal(&home)).expect("make a folder");
        std::fs::set_permissions(journal(&home), std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("chmod");
        spoil(&journal(&home).join("active"));
        spoil(&journal(&home).join("sealed-3"));
        assert_eq!(appender.append("a", b"{}"), Appended::Spool, "{what}");
        let daemon = serve_plainly(&home);
        daemon.wait_for_seq(1);
        assert_eq!(Store::open(&home).payloads(), [b"{}"], "{what}");
        assert!(daemon.terminate());
    }
}

#[test]
fn a_journal_that_is_taken_away_is_found_again() {
    let home = Home::on_tmpfs();
    let appender = Appender::new(&home);
    let daemon = serve_plainly(&home);
    appender.append("a", b"before");
    daemon.wait_for_seq(1);
    std::fs::remove_dir_all(journal(&home)).expect("remove the journal");
    appender.append("a", b"removed");
    daemon.wait_for_seq(2);
    std::fs::rename(journal(&home), home.path.join("elsewhere")).expect("move the journal");
    appender.append("a", b"moved");
    daemon.wait_for_seq(3);
    assert_eq!(Store::open(&home).payloads(), [&b"before"[..], b"removed", b"moved"]);
}

/// Whatever a hook met, `status` shows a number for it.
#[test]
fn status_counts_what_was_odd() {
    let home = Home::on_tmpfs();
    home.hook(b"not JSON");
    home.hook(&vec![b' '; 9 * MIB]);
    // A file where the journal should be: refused.
    let set_aside = home.path.join("set-aside");
    std::fs::rename(journal(&home), &set_aside).expect("move the journal away");
    std::fs::write(journal(&home), b"").expect("put a file there");
    home.hook(br#"{"hook_event_name":"Stop","session_id":"s"}"#);
    std::fs::remove_file(journal(&home)).expect("remove it");
    std::fs::rename(set_aside, journal(&home)).expect("put the journal back");
    let daemon = serve_plainly(&home);
    daemon.wait_for_seq(3);
    let status = home.run(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).expect("JSON");
    let events = &status["events"];
    assert_eq!(events["stored"], 3, "{events}");
    assert_eq!(events["spooled"], 1, "{events}");
    assert_eq!(events["truncated"], 1, "{events}");
    // The one that was cut is no JSON either.
    assert_eq!(events["malformed"], 2, "{events}");
    let text = String::from_utf8(home.run(&["status"]).stdout).expect("text");
    assert!(text.contains("1 through the spool, 1 cut short, 2 not JSON"), "{text}");
}

/// A program that appends is where the journal is now, also when that was full, moved or removed.
#[test]
fn a_program_that_appends_follows_the_journal() {
    use std::os::unix::ffi::OsStrExt;
    use tailhook_journal::{Limits, Place};

    let home = Home::on_tmpfs();
    std::fs::create_dir_all(&home.path).expect("the home");
    let place = Place { uid: sys::effective_uid(), home: Some(home.path.as_os_str().as_bytes()) };
    let limits = Limits { journal_bytes: 2_000, ..Limits::default() };
    let mut sent = Vec::new();
    let append = |sent: &mut Vec<Vec<u8>>| {
        sent.push(payload(300, sent.len() as u64));
        tailhook_journal::append(&place, limits, &frame_of("often", sent.last().expect("just pushed")))
    };
    while append(&mut sent) == Appended::Journal {}
    assert!(sent.len() > 3, "the journal took some");
    assert_eq!(append(&mut sent), Appended::Spool);
    let moved = home.path.join("moved");
    std::fs::rename(journal(&home), &moved).expect("move the journal away");
    assert_eq!(append(&mut sent), Appended::Journal);
    std::fs::remove_dir_all(journal(&home)).expect("remove the new one");
    sent.pop();
    assert_eq!(append(&mut sent), Appended::Journal);
    let in_the_first = std::fs::read(moved.join("active")).expect("a segment");
    std::fs::write(home.path.join("journal/sealed-0"), in_the_first).expect("give it back");
    let daemon = serve_plainly(&home);
    daemon.wait_for_seq(sent.len() as u64);
    let mut stored = Store::open(&home).payloads();
    stored.sort();
    sent.sort();
    assert!(stored == sent);
}

/// While one batch is stored the next is read already: a daemon that dies in between has stored neither twice.
#[test]
fn a_backlog_of_many_batches_is_stored_once_and_in_order() {
    let home = Home::on_tmpfs();
    let appender = Appender::new(&home);
    // Five batches and more.
    let sent: Vec<_> = (0..24_000).map(|n| payload(1_000, n)).collect();
    for payload in &sent {
        appender.append("a", payload);
    }
    for round in 1..=3 {
        let daemon = serve_plainly(&home);
        daemon.wait_for_seq(round * 2_000);
        daemon.kill();
    }
    let daemon = serve_plainly(&home);
    daemon.wait_for_seq(sent.len() as u64);
    let store = Store::open(&home);
    assert!(store.payloads() == sent);
    assert_eq!(store.losses(), [0, 0, 0]);
}

#[test]
fn a_daemon_that_is_to_end_does_not_wait_for_a_flood() {
    let home = Home::on_tmpfs();
    let appender = Appender::new(&home);
    let bytes = payload(1_000, 1);
    let flooding = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let flood = || {
            while flooding.load(Ordering::Relaxed) {
                appender.append("a", &bytes);
            }
        };
        for _ in 0..2 {
            scope.spawn(flood);
        }
        let daemon = serve_plainly(&home);
        daemon.wait_for_seq(10_000);
        // It answers before long, or the flood would never end and neither would this.
        assert!(daemon.terminate());
        flooding.store(false, Ordering::Relaxed);
    });
}
