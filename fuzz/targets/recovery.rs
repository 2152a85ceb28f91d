//! A segment that writers left in disorder: whole frames, frames cut short, foreign bytes between them, changed bytes.
//! Every frame that was written whole and left alone is found, in order; nothing is found that nobody wrote.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use tailhook_journal::frame::MAGIC;
use tailhook_journal::scan::{Item, Scan};
use tailhook_journal::{Flags, Frame};

/// What happened to the segment, in order.
#[derive(Debug, Arbitrary)]
enum Step {
    /// A writer appended a frame.
    Whole(Vec<u8>),
    /// A writer was killed inside its append.
    Cut(Vec<u8>, u16),
    /// Something else is there.
    Foreign(Vec<u8>),
    /// A frame of which one bit is not what was written.
    Changed(Vec<u8>, u16, u8),
}

fuzz_target!(|steps: Vec<Step>| {
    let (mut bytes, mut written, mut cut) = (Vec::new(), Vec::new(), Vec::new());
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Whole(payload) => {
                bytes.extend(encode(number, payload));
                written.push((number, payload.clone()));
            }
            Step::Cut(payload, at) => {
                let frame = encode(number, payload);
                bytes.extend(&frame[..usize::from(*at) % frame.len()]);
                cut.push((number, payload.clone()));
            }
            Step::Foreign(foreign) if has_magic(foreign) => {}
            Step::Foreign(foreign) => bytes.extend(foreign),
            Step::Changed(payload, at, bit) => {
                let mut frame = encode(number, payload);
                let at = usize::from(*at) % frame.len();
                frame[at] ^= 1 << (bit % 8);
                bytes.extend(frame);
            }
        }
    }
    let mut found: Vec<(usize, Vec<u8>)> = Scan::new(&bytes, true)
        .filter_map(|item| match item {
            Item::Frame(frame) => Some((frame.pid as usize, frame.payload.to_vec())),
            Item::Torn(..) => None,
        })
        .collect();
    // What stands behind a cut frame may happen to be the bytes that it lacks: then it is what its writer wrote.
    found.retain(|frame| !cut.contains(frame));
    assert_eq!(found, written);
});

fn encode(number: usize, payload: &[u8]) -> Vec<u8> {
    let frame = Frame {
        flags: Flags::default(),
        pid: number as u32,
        ppid: 1,
        hook_ns: 20_000,
        stamp_ns: 1_795_312_800_000_000_000,
        total_bytes: payload.len() as u64,
        agent: b"claude-code",
        event: b"",
        payload,
        stages: None,
    };
    [&frame.header(&[])[..], payload, frame.agent].concat()
}

/// Whoever can write a magic can write a frame; that is not what this is about.
fn has_magic(bytes: &[u8]) -> bool {
    bytes.windows(MAGIC.len()).any(|window| window == MAGIC)
}
