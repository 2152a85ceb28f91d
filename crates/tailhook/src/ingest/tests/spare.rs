//! The file of a stored payload, handed back for the next one.

use super::super::spill;
use super::*;

/// The spare file holds nothing of what it held, if there is one.
#[track_caller]
pub(super) fn assert_empty(home: &TempDir) {
    let spare = std::fs::read(home.path().join("journal/spare")).unwrap_or_default();
    assert!(spare.iter().all(|byte| *byte == 0), "{}", String::from_utf8_lossy(&spare));
}

/// Bytes of the spare file; none: there is none.
fn spare_bytes(home: &TempDir) -> Option<u64> {
    std::fs::metadata(home.path().join("journal/spare")).ok().map(|metadata| metadata.len())
}

fn spilled_files(home: &TempDir) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(home.path().join("journal/spill")).into_iter().flatten();
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

fn large(bytes: usize, room: Room) -> Hand {
    Hand { writer: 0, bytes, spilled: true, room }
}

#[test]
fn a_payload_that_was_not_stored_keeps_its_file() {
    let home = make_home();
    let mut writers = Writers::new(&home);
    let mut daemon = Daemon::start(&home);
    writers.append(&large(500, Room::Usual));
    for end in [End::Failed, End::DiedBefore] {
        (daemon, _) = daemon.pass(&home, &mut writers, [&[], &[]], end, None);
        assert_eq!(spilled_files(&home), writers.handed[0]);
        assert_eq!(spare_bytes(&home), None);
    }
    let daemon = daemon.settle(&home, &mut writers);
    assert_stored(&home, &daemon.writer, &writers);
    assert_eq!(spare_bytes(&home), Some(writers.handed[0][0].len() as u64));
    assert_empty(&home);
}

/// A larger payload makes the file longer, a smaller one shorter; of several one file stays.
#[test]
fn the_file_goes_from_payload_to_payload() {
    let home = make_home();
    let mut writers = Writers::new(&home);
    let mut daemon = Daemon::start(&home);
    for (n, bytes) in [300, 500, 100, 400].into_iter().enumerate() {
        writers.append(&large(bytes, Room::Usual));
        assert_eq!(writers.spares, n as u64, "into the one that was handed back");
        daemon = daemon.settle(&home, &mut writers);
        assert_eq!(spare_bytes(&home), writers.handed[0].last().map(|payload| payload.len() as u64));
        assert_empty(&home);
    }
    for _ in 0..3 {
        writers.append(&large(200, Room::Usual));
    }
    let daemon = daemon.settle(&home, &mut writers);
    assert_stored(&home, &daemon.writer, &writers);
    assert_eq!(writers.spares, 4);
    assert!(spare_bytes(&home).is_some());
}

#[test]
fn what_lay_in_the_spool_is_not_handed_back() {
    let home = make_home();
    let mut writers = Writers::new(&home);
    let daemon = Daemon::start(&home);
    writers.append(&large(500, Room::Spool));
    let daemon = daemon.settle(&home, &mut writers);
    assert_stored(&home, &daemon.writer, &writers);
    assert_eq!(spare_bytes(&home), None);
    assert!(!home.path().join("spool/spare").exists());
}

/// Should a file of that name lie in the journal too, it is another's.
#[test]
fn a_file_is_not_mistaken_for_one_of_its_name() {
    let home = make_home();
    let [journal, spool] = ["journal", "spool"].map(|name| home.path().join(name));
    drop(Daemon::start(&home));
    let files = [&journal, &spool].map(|folder| folder.join("spill/1-1"));
    for file in &files {
        std::fs::create_dir(file.parent().unwrap()).unwrap();
        std::fs::write(file, "payload").unwrap();
    }
    assert!(!spill::hand_back(&journal, &files[1]));
    assert!(files.iter().all(|file| std::fs::read(file).unwrap() == b"payload"));
    assert!(spill::hand_back(&journal, &files[0]));
    assert_eq!(spare_bytes(&home), Some(7));
}
