//! When there is no room: the spool, and after that a count.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{
    Hook, KIB, assert_spooled, files_in, for_each, for_each_with_folders, make_private, make_sparse, payload, set_mode,
    size,
};

/// `ulimit -f`: a write past the limit ends a program by a signal as well. The portable twin has no way to say otherwise.
#[cfg(all(target_os = "linux", not(tailhook_portable)))]
#[test]
fn a_limit_on_the_size_of_files_changes_nothing() {
    for_each(|hook, home| {
        let mut limited = Hook::at("/bin/sh".as_ref(), home);
        limited.command.args(["-c", "ulimit -f 0; exec \"$0\""]).arg(hook);
        limited.run(b"{}").assert_silent();
        home.in_journal().assert_empty();
        home.in_spool().assert_empty();
    });
}

/// A tmpfs of 64 KiB, away when dropped.
struct TinyFolder(PathBuf);

impl TinyFolder {
    fn mount(at: PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&at).expect("make a folder");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k,mode=700", "none"]).arg(&at).output();
        if mount.as_ref().is_ok_and(|output| output.status.success()) {
            return Some(Self(at));
        }
        println!("skipped: could not mount a tmpfs: {mount:?}");
        None
    }
}

impl TinyFolder {
    /// From now on nothing can be written to it.
    fn protect(&self) {
        let remount = Command::new("mount").args(["-o", "remount,ro"]).arg(&self.0).status().expect("run mount");
        assert!(remount.success(), "what could be mounted can be mounted again");
    }
}

impl Drop for TinyFolder {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_file_system_is_left_for_the_spool() {
    for_each(|hook, home| {
        let Some(_tiny) = TinyFolder::mount(home.journal()) else { return };
        let sizes = [3 * KIB, 20 * KIB, 300, 200 * KIB, 15 * KIB, 40 * KIB, 8 * KIB, 1, 100 * KIB, 9 * KIB];
        let sent: Vec<_> = sizes.iter().enumerate().map(|(n, bytes)| payload(*bytes, n as u64)).collect();
        for payload in &sent {
            Hook::at(hook, home).run(payload).assert_silent();
        }
        let (journal, spool) = (home.in_journal(), home.in_spool());
        let mut seen: Vec<_> = journal.frames.iter().chain(&spool.frames).collect();
        seen.sort_by_key(|seen| seen.stamp_ns);
        assert!(seen.iter().map(|seen| &seen.payload).eq(&sent), "all are there, whole");
        assert!(seen.iter().all(|seen| !seen.is_truncated()));
        assert!(!spool.frames.is_empty(), "the journal was too small");
        assert_eq!(spool.torn, 0);
        assert_eq!(home.dropped(), 0);
        let spilled: Vec<_> = seen.iter().filter_map(|seen| seen.spill.clone()).collect();
        let files = [home.journal(), home.spool()].iter().map(|at| files_in(&at.join("spill"))).sum::<usize>();
        assert_eq!(files, spilled.len(), "no half of a payload is left behind");
    });
}

/// A payload that outgrows both the spare file and the file system moves to the spool, and nothing of it stays.
#[test]
fn a_spare_file_on_a_full_file_system_is_left_for_the_spool() {
    for_each(|hook, home| {
        let Some(_tiny) = TinyFolder::mount(home.journal()) else { return };
        home.plant_spare(32 * KIB);
        let sent = payload(200 * KIB, 1);
        Hook::at(hook, home).run(&sent).assert_silent();
        let journal = home.in_journal();
        let seen = if journal.frames.is_empty() { home.in_spool() } else { journal }.one();
        assert!(seen.payload == sent && !seen.is_truncated());
        assert!(seen.spill.expect("spilled").starts_with(home.spool()));
        assert_eq!(files_in(&home.journal().join("spill")), 0);
        assert!(!home.journal().join("spare").exists());
    });
}

#[test]
fn a_read_only_file_system_is_left_for_the_spool() {
    // Before a hook made anything there, and after.
    for used in [false, true] {
        for_each(|hook, home| {
            let Some(tiny) = TinyFolder::mount(home.journal()) else { return };
            if used {
                Hook::at(hook, home).run(b"{}").assert_silent();
            }
            tiny.protect();
            assert_spooled(hook, home, "read-only");
            assert_eq!(home.in_journal().frames.len(), usize::from(used));
        });
    }
    // Neither can be written: the event is lost, and nobody can be told. The agent hears what it always does.
    for_each(|hook, home| {
        let root = home.path().join("tiny");
        let Some(tiny) = TinyFolder::mount(root.clone()) else { return };
        tiny.protect();
        for bytes in [2, 200 * KIB] {
            let outcome = Hook::new(hook).env("TAILHOOK_HOME", &root).arg("cursor").run(&payload(bytes, 1));
            outcome.assert_good();
            assert_eq!(outcome.stdout, b"{}\n");
        }
        assert_eq!(files_in(&root), 0);
    });
}

#[test]
fn with_no_room_at_all_the_loss_is_counted() {
    for_each(|hook, home| {
        let root = home.path().join("tiny");
        let Some(_tiny) = TinyFolder::mount(root.clone()) else { return };
        for folder in ["journal", "spool"] {
            make_private(&root.join(folder));
        }
        // All of the file system, to the last page.
        let _ = std::fs::write(root.join("filler"), vec![1; 64 * KIB]);
        for (n, bytes) in [100, 10 * KIB, 100 * KIB].into_iter().enumerate() {
            Hook::new(hook).env("TAILHOOK_HOME", &root).run(&payload(bytes, 1)).assert_silent();
            let dropped: u64 = ["journal", "spool"].iter().map(|at| size(&root.join(at).join("dropped"))).sum();
            assert_eq!(dropped, n as u64 + 1);
        }
        let spills: usize = ["journal", "spool"].iter().map(|at| files_in(&root.join(at).join("spill"))).sum();
        assert_eq!(spills, 0, "the file of a dropped event goes with it");
    });
}

#[test]
fn a_journal_over_its_cap_is_left_for_the_spool() {
    for_each_with_folders(|hook, home| {
        make_sparse(&home.journal().join("active"), 32 << 20);
        make_sparse(&home.journal().join("spilled"), 512);
        for mode in [0o600, 0o644] {
            set_mode(&home.journal().join("active"), mode);
            assert_spooled(hook, home, "over its cap");
        }
        assert_eq!(size(&home.journal().join("active")), 32 << 20);
        assert_eq!(files_in(&home.journal().join("spill")), 0);
        // One byte below it there is still room for a frame.
        make_sparse(&home.journal().join("active"), (32 << 20) - 1);
        Hook::at(hook, home).run(b"{}").assert_silent();
        assert!(size(&home.journal().join("active")) > 32 << 20);
    });
}

#[test]
fn a_spool_over_its_cap_drops_and_counts() {
    for_each_with_folders(|hook, home| {
        make_sparse(&home.journal().join("active"), 32 << 20);
        make_sparse(&home.spool().join("active"), 1 << 30);
        for n in 1..=3 {
            Hook::at(hook, home).run(b"{}").assert_silent();
            assert_eq!(home.dropped(), n);
        }
        // A large payload has room for its file, but not for its frame.
        Hook::at(hook, home).run(&payload(200 * KIB, 1)).assert_silent();
        assert_eq!(home.dropped(), 4);
        assert_eq!(files_in(&home.journal().join("spill")) + files_in(&home.spool().join("spill")), 0);
        assert_eq!(size(&home.spool().join("active")), 1 << 30);
    });
}

#[test]
fn a_large_payload_without_room_for_a_file_keeps_its_beginning() {
    for_each_with_folders(|hook, home| {
        make_sparse(&home.journal().join("spilled"), 512);
        make_sparse(&home.spool().join("spilled"), 16_384);
        let sent = payload(300 * KIB, 8);
        Hook::at(hook, home).run(&sent).assert_silent();
        let seen = home.in_journal().one();
        assert!(seen.is_truncated() && seen.spill.is_none());
        assert_eq!(seen.total_bytes, 300 * KIB as u64);
        assert!(seen.payload == sent[..64 * KIB]);
    });
}
