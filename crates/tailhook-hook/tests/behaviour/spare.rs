//! The file that the daemon hands back: a payload in it is what it would be in a new one.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::{
    Hook, KIB, MIB, Seen, files_in, finish, for_each_with_folders, make_private, make_sparse, payload, set_mode, size,
};

#[test]
fn a_payload_in_a_spare_file_is_the_payload() {
    let sizes = [
        (300 * KIB, 300 * KIB),
        (300 * KIB, 200 * KIB),
        (300 * KIB, 64 * KIB + 1),
        (100 * KIB, 300 * KIB),
        (1, 300 * KIB),
        (0, 300 * KIB),
        (3 * MIB, MIB),
    ];
    for_each_with_folders(|hook, home| {
        for (n, (spare_bytes, bytes)) in sizes.into_iter().enumerate() {
            let spare = home.plant_spare(spare_bytes);
            let planted = fs::metadata(&spare).expect("it is there").ino();
            let sent = payload(bytes, n as u64);
            Hook::at(hook, home).run(&sent).assert_silent();
            let seen = home.in_journal().frames.remove(n);
            assert!(seen.payload == sent, "{bytes} bytes in {spare_bytes} came as {}", seen.payload.len());
            assert!(!seen.is_truncated());
            let file = fs::metadata(seen.spill.expect("spilled")).expect("it is there");
            assert_eq!(file.ino(), planted, "the file that was planted");
            assert!(!spare.exists());
        }
    });
}

/// What fits a frame leaves it to whom it is for.
#[test]
fn a_small_payload_takes_no_spare_file() {
    for_each_with_folders(|hook, home| {
        let spare = home.plant_spare(100 * KIB);
        for bytes in [2, 32 * KIB, 64 * KIB - 1] {
            Hook::at(hook, home).run(&payload(bytes, 1)).assert_silent();
        }
        assert_eq!(size(&spare), 100 * KIB as u64);
    });
}

/// Puts something else in place of the first path; the second is free for what that may lead to. What is given is to be
/// kept for as long as the hook runs.
type Spoil = fn(&Path, &Path) -> Option<File>;

/// Stands where a name may lead that is no spare file's alone.
const OTHER: &[u8] = b"somebody's file";

const SPOILS: [(&str, Spoil); 8] = [
    (A_FOLDER, |spare, _| {
        make_private(spare);
        Some(File::create(spare.join("in it")).expect("make"))
    }),
    ("a pipe", |spare, _| {
        make_pipe(spare);
        None
    }),
    ("a pipe that is read", |spare, _| {
        make_pipe(spare);
        Some(File::options().read(true).write(true).open(spare).expect("open the pipe"))
    }),
    ("a socket", |spare, _| {
        drop(UnixListener::bind(spare).expect("bind"));
        None
    }),
    ("a symlink to a file", |spare, other| {
        fs::write(other, OTHER).expect("make");
        symlink(other, spare).expect("link");
        None
    }),
    ("a symlink to nothing", |spare, other| {
        symlink(other, spare).expect("link");
        None
    }),
    ("a file that has another name as well", |spare, other| {
        fs::write(other, OTHER).expect("make");
        fs::hard_link(other, spare).expect("link");
        None
    }),
    ("a file that cannot be written", |spare, _| {
        fs::write(spare, b"read only").expect("make");
        set_mode(spare, 0o400);
        None
    }),
];
const A_FOLDER: &str = "a folder";

fn make_pipe(at: &Path) {
    assert!(Command::new("mkfifo").arg(at).status().expect("run mkfifo").success());
}

#[test]
fn something_else_in_place_of_the_spare_file_costs_no_event() {
    for (what, spoil) in SPOILS {
        for_each_with_folders(|hook, home| {
            let other = home.path().join("other");
            let _kept = spoil(&home.journal().join("spare"), &other);
            let sent = [payload(200 * KIB, 1), payload(300 * KIB, 2)];
            for sent in &sent {
                Hook::at(hook, home).run(sent).assert_silent();
            }
            let (journal, spool) = (home.in_journal(), home.in_spool());
            assert_eq!(journal.torn + spool.torn, 0, "{what}");
            let mut seen: Vec<_> = journal.frames.iter().chain(&spool.frames).collect();
            seen.sort_by_key(|seen| seen.stamp_ns);
            assert!(seen.iter().map(|seen| &seen.payload).eq(&sent), "{what}");
            assert!(seen.iter().all(|seen| !seen.is_truncated()), "{what}");
            // A folder cannot be got out of the way of the event that meets it, but of those that follow.
            let spooled = seen.iter().filter(|seen| is_in(&home.spool(), seen)).count();
            assert_eq!(spooled, usize::from(what == A_FOLDER), "{what}");
            if other.exists() {
                assert_eq!(fs::read(&other).expect("read"), OTHER, "{what} was followed");
            }
        });
    }
}

fn is_in(folder: &Path, seen: &Seen) -> bool {
    seen.spill.as_ref().expect("spilled").starts_with(folder)
}

#[test]
fn one_spare_file_is_for_one_hook() {
    for_each_with_folders(|hook, home| {
        for round in 0..40 {
            home.plant_spare(150 * KIB);
            let sent = [payload(100 * KIB, round), payload(200 * KIB, round + 100)];
            std::thread::scope(|scope| {
                for sent in &sent {
                    scope.spawn(|| Hook::at(hook, home).run(sent).assert_silent());
                }
            });
            let frames = home.in_journal().frames;
            let seen = &frames[frames.len() - 2..];
            for sent in &sent {
                assert!(seen.iter().any(|seen| seen.payload == *sent), "round {round}");
            }
        }
        home.in_spool().assert_empty();
    });
}

#[test]
fn a_killed_hook_leaves_nothing_of_a_spare_file_to_be_seen() {
    for_each_with_folders(|hook, home| {
        let spare = home.plant_spare(300 * KIB);
        let (mut child, _) = Hook::at(hook, home).spawn();
        let mut stdin = child.stdin.take().expect("piped");
        // More than fits a frame, and the end does not come. The hook waits for a second; this is there sooner.
        stdin.write_all(&payload(150 * KIB, 1)).expect("write");
        while spare.exists() && child.try_wait().expect("wait").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(!spare.exists(), "it was taken");
        child.kill().expect("kill");
        child.wait().expect("wait");
        home.in_journal().assert_empty();
        assert_eq!(files_in(&home.journal().join("spill")), 1, "for the daemon to sweep");
        let sent = payload(200 * KIB, 2);
        Hook::at(hook, home).run(&sent).assert_silent();
        assert!(home.in_journal().one().payload == sent);
    });
}

#[test]
fn a_payload_that_is_cut_short_ends_where_it_was_cut() {
    for_each_with_folders(|hook, home| {
        home.plant_spare(300 * KIB);
        let (mut child, started) = Hook::at(hook, home).spawn();
        let mut stdin = child.stdin.take().expect("piped");
        let sent = payload(200 * KIB, 3);
        stdin.write_all(&sent).expect("write");
        finish(child, started).assert_silent();
        drop(stdin);
        let seen = home.in_journal().one();
        assert!(seen.is_truncated());
        assert!(seen.payload == sent, "{} bytes", seen.payload.len());
    });
    for_each_with_folders(|hook, home| {
        home.plant_spare(9 * MIB);
        let sent = payload(10 * MIB, 4);
        Hook::at(hook, home).run(&sent).assert_silent();
        let seen = home.in_journal().one();
        assert!(seen.is_truncated());
        assert!(seen.payload == sent[..8 * MIB], "{} bytes", seen.payload.len());
    });
}

#[test]
fn the_spool_has_no_spare_file() {
    for_each_with_folders(|hook, home| {
        make_sparse(&home.journal().join("spilled"), 512);
        for folder in [home.journal(), home.spool()] {
            fs::write(folder.join("spare"), [0xAA; 100]).expect("plant a file");
        }
        let sent = payload(200 * KIB, 1);
        Hook::at(hook, home).run(&sent).assert_silent();
        let seen = home.in_journal().one();
        assert!(seen.payload == sent);
        assert!(is_in(&home.spool(), &seen));
        for folder in [home.journal(), home.spool()] {
            assert_eq!(size(&folder.join("spare")), 100, "{}", folder.display());
        }
    });
}
