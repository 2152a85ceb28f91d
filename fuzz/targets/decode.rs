//! One frame out of any bytes: no panic, no more bytes than are there, and what was decoded encodes to the same frame.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tailhook_journal::Frame;
use tailhook_journal::frame::{HEADER_BYTES, MAGIC, Stages, VERSION};
use tailhook_journal::spill::is_spill_name;
use xxhash_rust::xxh64::Xxh64;

fuzz_target!(|bytes: &[u8]| {
    let _ = is_spill_name(bytes);
    decode(bytes);
    // No mutation finds a checksum: the same bytes once more, with a right one.
    if let Some(sealed) = seal(bytes) {
        decode(&sealed);
    }
});

fn decode(bytes: &[u8]) {
    let Ok((frame, length)) = Frame::decode(bytes) else { return };
    assert!(length <= bytes.len());
    let stages = frame.stages.map_or(Vec::new(), |stages: Stages| stages.to_bytes().to_vec());
    let again = [&frame.header(&stages)[..], frame.payload, frame.agent, frame.event, &stages].concat();
    // Reserved bytes of the header are covered by the checksum and not kept, so the frames are compared, not the bytes.
    assert_eq!(Frame::decode(&again).map(|(frame, _)| frame), Ok(frame));
}

/// The bytes as a frame whose magic, version and checksum are right; its lengths stay as they are.
fn seal(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut frame = bytes.to_vec();
    frame.get_mut(..MAGIC.len())?.copy_from_slice(&MAGIC);
    *frame.get_mut(8)? = VERSION;
    let payload_len = u32::from_le_bytes(frame.get(12..16)?.try_into().ok()?) as usize;
    let extra_len = usize::from(u16::from_le_bytes(frame.get(28..30)?.try_into().ok()?));
    let length = HEADER_BYTES + payload_len + usize::from(frame[10]) + usize::from(frame[11]) + extra_len;
    let mut hash = Xxh64::new(0);
    hash.update(frame.get(..56)?);
    hash.update(frame.get(HEADER_BYTES..length)?);
    frame[56..HEADER_BYTES].copy_from_slice(&hash.digest().to_le_bytes());
    Some(frame)
}
