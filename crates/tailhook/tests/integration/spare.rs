//! The file of a stored payload is the next one's: with the real hook and the real daemon.

use std::path::PathBuf;

use crate::stored::{Store, files_in, payload, serve_plainly, wait_until};
use crate::support::Home;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

fn spare(home: &Home) -> PathBuf {
    home.path.join("journal/spare")
}

/// Waits until there is one, and looks into it.
#[track_caller]
fn assert_zeros(home: &Home, bytes: usize) {
    wait_until("the file is handed back", || spare(home).exists());
    let spare = std::fs::read(spare(home)).expect("read the file");
    assert_eq!(spare.len(), bytes);
    assert!(spare.iter().all(|byte| *byte == 0), "something of a payload is left");
    assert_eq!(files_in(&home.path.join("journal/spill")), 0);
}

#[test]
fn the_file_of_a_stored_payload_is_the_next_ones() {
    let home = Home::on_tmpfs();
    let daemon = serve_plainly(&home);
    let mut sent = Vec::new();
    for bytes in [300 * KIB, MIB, 100 * KIB, 100 * KIB, 2, 700 * KIB] {
        let n = sent.len() as u64;
        sent.push(payload(bytes, n));
        home.hook(&sent[sent.len() - 1]);
        daemon.wait_for_seq(n + 1);
        if bytes > 64 * KIB {
            assert_zeros(&home, bytes);
        }
    }
    let store = Store::open(&home);
    assert!(store.payloads() == sent);
    assert_eq!(store.losses(), [0, 0, 0]);
    assert!(daemon.terminate());
    // The next daemon finds it where it is, and so does the next hook.
    assert_zeros(&home, 700 * KIB);
    sent.push(payload(200 * KIB, 100));
    home.hook(&sent[sent.len() - 1]);
    assert!(!spare(&home).exists());
    let daemon = serve_plainly(&home);
    daemon.wait_for_seq(sent.len() as u64);
    assert_zeros(&home, 200 * KIB);
    assert!(Store::open(&home).payloads() == sent);
}

#[test]
fn of_a_large_file_no_more_is_kept_than_a_megabyte() {
    let home = Home::on_tmpfs();
    let daemon = serve_plainly(&home);
    let sent = [payload(3 * MIB, 1), payload(2 * MIB, 2), payload(100 * KIB, 3)];
    for (n, bytes) in [MIB, MIB, 100 * KIB].into_iter().enumerate() {
        home.hook(&sent[n]);
        daemon.wait_for_seq(n as u64 + 1);
        assert_zeros(&home, bytes);
    }
    assert!(Store::open(&home).payloads() == sent);
}
