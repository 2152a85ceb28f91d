//! A segment in any state, read at once and read in pieces: every byte is accounted for once, and the whole frames are
//! the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tailhook_journal::Frame;
use tailhook_journal::scan::{Item, Scan};

fuzz_target!(|bytes: &[u8]| {
    let Some((&cut, bytes)) = bytes.split_first() else { return };
    let whole = settled(bytes);

    // The reader comes while half of it is there, and again later.
    let cut = bytes.len() * usize::from(cut) / 256;
    let mut first = Scan::new(&bytes[..cut], false);
    let mut seen: Vec<Vec<u8>> = first.by_ref().filter_map(payload).collect();
    let done = first.done();
    assert!(done <= cut);
    seen.extend(settled(&bytes[done..]));
    assert_eq!(seen, whole, "cut at {cut}, done to {done}");
});

/// The payloads of all whole frames; what is none is torn, and both together are all bytes.
fn settled(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut scan = Scan::new(bytes, true);
    let (mut payloads, mut at) = (Vec::new(), 0);
    while let Some(item) = scan.next() {
        if let Item::Torn(torn, _) = &item {
            assert!(!torn.is_empty());
            assert_eq!(*torn, &bytes[at..scan.done()]);
        }
        assert!(scan.done() > at, "no step forward");
        at = scan.done();
        payloads.extend(payload(item));
    }
    assert_eq!(scan.done(), bytes.len(), "a settled segment is read to its end");
    payloads
}

fn payload(item: Item<'_>) -> Option<Vec<u8>> {
    match item {
        Item::Frame(Frame { payload, .. }) => Some(payload.to_vec()),
        Item::Torn(..) => None,
    }
}
