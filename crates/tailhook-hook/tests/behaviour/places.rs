//! Where the journal is, whose it is, and what may stand in its place.

use std::fs::File;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{
    Hook, KIB, OTHER_UID, assert_spooled, files_in, for_each, for_each_with_folders, give_away, hooks, is_root,
    make_private, payload, read_segment, set_mode, size,
};

#[test]
fn a_home_that_is_missing_is_made() {
    for_each(|hook, home| {
        let missing = home.path().join("with spaces, ümläuts and 日本語");
        Hook::new(hook).env("TAILHOOK_HOME", &missing).run(b"{}").assert_silent();
        let segment = read_segment(&missing.join("journal/active"), &missing);
        assert_eq!(segment.one().payload, b"{}");
    });
}

#[test]
fn a_home_that_cannot_be_changes_nothing() {
    for_each(|hook, home| {
        let long = home.path().join("x".repeat(200)).join("y".repeat(400));
        let below_a_file = home.path().join("file");
        File::create(&below_a_file).expect("make a file");
        for impossible in [long, home.path().join("missing/missing"), below_a_file, PathBuf::from("/proc/self/fd")] {
            for bytes in [2, 200 * KIB] {
                let outcome = Hook::new(hook).env("TAILHOOK_HOME", &impossible).arg("cursor").run(&payload(bytes, 1));
                outcome.assert_good();
                assert_eq!(outcome.stdout, b"{}\n", "{}", impossible.display());
            }
        }
    });
}

/// Neither a home nor a name: the journal's place depends on the number alone.
#[test]
fn a_user_without_a_home_or_a_name_has_a_journal() {
    if !is_root("become another user") {
        return;
    }
    for (n, hook) in hooks().into_iter().enumerate() {
        let uid = 3_900_000_000 + std::process::id() % 100_000 * 10 + n as u32;
        let places =
            [PathBuf::from(format!("/dev/shm/tailhook-{uid}")), PathBuf::from(format!("/var/tmp/tailhook-{uid}"))];
        // The program must be where anybody may run it.
        let folder = tempfile::tempdir().expect("make a folder");
        set_mode(folder.path(), 0o755);
        let program = folder.path().join("hook");
        std::fs::copy(&hook, &program).expect("copy the hook");
        for home in [None, Some("")] {
            let mut run = Hook::new(&program).by_user(uid);
            run.command.current_dir("/");
            let run = if let Some(home) = home { run.env("TAILHOOK_HOME", home) } else { run };
            run.run(b"{}").assert_silent();
        }
        let segment = read_segment(&places[0].join("active"), &places[0]);
        let spooled = size(&places[1].join("active"));
        for place in &places {
            let _ = std::fs::remove_dir_all(place);
        }
        assert_eq!((segment.frames.len(), segment.torn, spooled), (2, 0, 0), "{}", hook.display());
    }
}

/// Puts something else in place of the first path; the second is free for what that may lead to.
type Spoil = dyn Fn(&Path, &Path);

#[test]
fn something_else_in_place_of_the_journal_is_refused() {
    let spoils: [(&str, &Spoil); 6] = [
        ("a file", &|journal, _| drop(File::create(journal).expect("make"))),
        ("a symlink to a folder of ours with a segment", &|journal, other| {
            make_private(other);
            let active = other.join("active");
            File::create(&active).expect("make");
            set_mode(&active, 0o600);
            symlink(other, journal).expect("link");
        }),
        ("a symlink to a folder of ours", &|journal, other| {
            make_private(other);
            symlink(other, journal).expect("link");
        }),
        ("a symlink to nothing", &|journal, other| symlink(other, journal).expect("link")),
        ("a folder that its group may write", &|journal, _| {
            make_private(journal);
            set_mode(journal, 0o770);
        }),
        ("a folder that everybody may write", &|journal, _| {
            make_private(journal);
            set_mode(journal, 0o1777);
        }),
    ];
    for (what, spoil) in spoils {
        for_each(|hook, home| {
            let other = home.path().join("other");
            spoil(&home.journal(), &other);
            assert_spooled(hook, home, what);
            if other.is_dir() {
                let entries = std::fs::read_dir(&other).expect("list").flatten();
                let followed = entries.filter(|entry| entry.file_name() != "active" || size(&entry.path()) > 0);
                assert_eq!(followed.count(), 0, "{what} was followed");
            }
        });
    }
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    if !is_root("give a folder away") {
        return;
    }
    for_each_with_folders(|hook, home| {
        assert!(give_away(&home.journal()), "root may");
        assert_spooled(hook, home, "another user's folder");
        assert!(std::fs::read_dir(home.journal()).expect("list").next().is_none());
    });
    for_each_with_folders(|hook, home| {
        let active = home.journal().join("active");
        File::create(&active).expect("make");
        set_mode(&active, 0o600);
        for path in [&active, &home.journal()] {
            assert!(give_away(path), "root may");
        }
        assert_spooled(hook, home, "another user's segment");
        assert_eq!(size(&active), 0);
    });
    for_each_with_folders(|hook, home| {
        for folder in [home.journal(), home.spool()] {
            assert!(give_away(&folder), "root may");
        }
        Hook::at(hook, home).arg("cline").run(b"{}").assert_good();
        for folder in [home.journal(), home.spool()] {
            assert!(std::fs::read_dir(folder).expect("list").next().is_none(), "not even a count");
        }
    });
}

#[test]
fn something_else_in_place_of_the_segment_is_refused() {
    let spoils: [(&str, &Spoil); 4] = [
        ("a folder", &|active, _| make_private(active)),
        ("a symlink to a file", &|active, other| {
            File::create(other).expect("make");
            symlink(other, active).expect("link");
        }),
        ("a symlink to nothing", &|active, other| symlink(other, active).expect("link")),
        ("a pipe", &|active, _| {
            assert!(Command::new("mkfifo").arg(active).status().expect("run mkfifo").success());
        }),
    ];
    for (what, spoil) in spoils {
        for_each_with_folders(|hook, home| {
            let other = home.path().join("other");
            spoil(&home.journal().join("active"), &other);
            assert_spooled(hook, home, what);
            assert_eq!(size(&other), 0, "{what} was followed");
        });
    }
}

/// Where the short way to the segment is closed, the long one leads to it.
#[test]
fn a_segment_behind_a_link_or_open_to_others_is_found() {
    for_each(|hook, home| {
        let (real, link) = (home.path().join("real"), home.path().join("link"));
        make_private(&real);
        symlink(&real, &link).expect("link");
        for _ in 0..2 {
            Hook::new(hook).env("TAILHOOK_HOME", &link).run(b"{}").assert_silent();
        }
        assert_eq!(read_segment(&real.join("journal/active"), &real).frames.len(), 2);
    });
    for_each_with_folders(|hook, home| {
        let active = home.journal().join("active");
        for mode in [0o600, 0o644, 0o620, 0o602] {
            Hook::at(hook, home).run(b"{}").assert_silent();
            set_mode(&active, mode);
        }
        Hook::at(hook, home).run(b"{}").assert_silent();
        std::fs::hard_link(&active, home.path().join("other")).expect("link");
        Hook::at(hook, home).run(b"{}").assert_silent();
        assert_eq!(home.in_journal().frames.len(), 6);
    });
}

/// A folder is looked at when a segment is made in it; what is made there is this user's alone.
#[test]
fn a_segment_of_ours_is_written_whatever_became_of_its_folder() {
    for_each_with_folders(|hook, home| {
        Hook::at(hook, home).run(b"{}").assert_silent();
        set_mode(&home.journal(), 0o770);
        Hook::at(hook, home).run(b"{}").assert_silent();
        let active = home.journal().join("active");
        assert_eq!((home.in_journal().frames.len(), size(&home.spool().join("active"))), (2, 0));
        // One that others could read is not made ours by its name.
        set_mode(&active, 0o640);
        assert_spooled(hook, home, "a segment that others may read, in a folder that they may write");
    });
}

#[test]
fn something_else_in_place_of_the_spill_folder_is_refused() {
    let spoils: [(&str, &Spoil); 3] = [
        ("a file", &|spill, _| drop(File::create(spill).expect("make"))),
        ("a symlink to a folder", &|spill, other| {
            make_private(other);
            symlink(other, spill).expect("link");
        }),
        ("a symlink to nothing", &|spill, other| symlink(other, spill).expect("link")),
    ];
    for (what, spoil) in spoils {
        for_each_with_folders(|hook, home| {
            let other = home.path().join("other");
            spoil(&home.journal().join("spill"), &other);
            let sent = payload(200 * KIB, 2);
            Hook::at(hook, home).run(&sent).assert_silent();
            let seen = home.in_journal().one();
            assert!(seen.payload == sent && !seen.is_truncated(), "{what}");
            assert!(seen.spill.expect("spilled").starts_with(home.spool()), "{what}");
            if other.is_dir() {
                assert!(std::fs::read_dir(&other).expect("list").next().is_none(), "{what} was followed");
            }
        });
    }
}

#[test]
fn a_journal_that_cannot_be_written_is_left_for_the_spool() {
    if !is_root("become another user") {
        return;
    }
    for_each_with_folders(|hook, home| {
        for folder in [home.path().to_owned(), home.journal(), home.spool()] {
            assert!(give_away(&folder), "root may");
        }
        set_mode(&home.journal(), 0o500);
        for bytes in [2, 200 * KIB] {
            let sent = payload(bytes, 4);
            Hook::at(hook, home).by_user(OTHER_UID).run(&sent).assert_silent();
            assert!(home.in_spool().frames.pop().expect("spooled").payload == sent);
        }
    });
    // Neither can be written: the event is lost, and nobody can be told.
    for_each_with_folders(|hook, home| {
        for folder in [home.path().to_owned(), home.journal(), home.spool()] {
            assert!(give_away(&folder), "root may");
            set_mode(&folder, 0o500);
        }
        for bytes in [2, 200 * KIB] {
            Hook::at(hook, home).by_user(OTHER_UID).run(&payload(bytes, 4)).assert_silent();
        }
        assert_eq!(files_in(&home.journal()) + files_in(&home.spool()), 0);
    });
}
