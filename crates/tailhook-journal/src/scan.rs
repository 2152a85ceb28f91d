//! Frames out of a stretch of a segment, whatever state it is in.

use crate::frame::{Bad, Frame, MAGIC, MAX_FRAME_BYTES};

/// What stands next in a segment.
#[derive(Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A whole frame.
    Frame(Frame<'a>),
    /// Bytes that are no frame: what a killed writer or a full file system left. The cause is that of the first byte.
    Torn(&'a [u8], Bad),
}

/// Walks over bytes from a segment.
#[derive(Debug)]
pub struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    settled: bool,
}

impl<'a> Scan<'a> {
    /// `bytes` begin where the last scan stopped. `settled` says that nobody is writing now and that the bytes reach to
    /// the segment's end: then a frame that is not complete never will be.
    pub fn new(bytes: &'a [u8], settled: bool) -> Self {
        Self { bytes, at: 0, settled }
    }

    /// How many bytes are done with: all before the first that may still become a frame.
    pub fn done(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return None;
        }
        let cause = match Frame::decode(rest) {
            Ok((frame, length)) => {
                self.at += length;
                return Some(Item::Frame(frame));
            }
            Err(Bad::Incomplete) if !self.settled => return None,
            Err(cause) => cause,
        };
        let torn = match next_magic(&rest[1..]) {
            Some(at) => &rest[..=at],
            None if self.settled => rest,
            // No frame is that long: only the last bytes may be the beginning of the next magic. Without this, a region
            // larger than what the caller reads at once would hold up all that follows.
            None if rest.len() > MAX_FRAME_BYTES => &rest[..rest.len() - (MAGIC.len() - 1)],
            // The next frame may just be coming in.
            None => return None,
        };
        self.at += torn.len();
        Some(Item::Torn(torn, cause))
    }
}

fn next_magic(bytes: &[u8]) -> Option<usize> {
    bytes.windows(MAGIC.len()).position(|window| window == MAGIC)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::frame::{Flags, HEADER_BYTES, Stages};

    fn frame(payload: &[u8]) -> Frame<'_> {
        Frame {
            flags: Flags::default(),
            pid: 7,
            ppid: 6,
            hook_ns: 12_345,
            stamp_ns: 1_795_312_800_000_000_000,
            total_bytes: payload.len() as u64,
            agent: b"claude-code",
            event: b"",
            payload,
            stages: None,
        }
    }

    fn encode(frame: &Frame<'_>) -> Vec<u8> {
        let stages = frame.stages.map_or(Vec::new(), |s| s.to_bytes().to_vec());
        [&frame.header(&stages)[..], frame.payload, frame.agent, frame.event, &stages].concat()
    }

    fn payloads(bytes: &[u8], settled: bool) -> (Vec<Vec<u8>>, usize) {
        let (mut whole, mut torn) = (Vec::new(), 0);
        for item in Scan::new(bytes, settled) {
            match item {
                Item::Frame(frame) => whole.push(frame.payload.to_vec()),
                Item::Torn(bytes, _) => torn += bytes.len(),
            }
        }
        (whole, torn)
    }

    #[test]
    fn a_frame_cut_short_waits_until_nobody_writes() {
        let whole = encode(&frame(b"{\"a\":1}"));
        for cut in 1..whole.len() {
            assert_eq!(payloads(&whole[..cut], false), (Vec::new(), 0), "cut at {cut}");
            assert_eq!(payloads(&whole[..cut], true), (Vec::new(), cut), "cut at {cut}, settled");
        }
    }

    #[test]
    fn a_torn_frame_costs_only_itself() {
        let (first, second) = (encode(&frame(b"first")), encode(&frame(b"second")));
        for cut in 1..first.len() {
            let bytes = [&first[..cut], &second].concat();
            assert_eq!(payloads(&bytes, true), (vec![b"second".to_vec()], cut), "cut at {cut}");
        }
    }

    #[test]
    fn a_large_region_that_is_no_frame_is_passed_while_others_write() {
        let bytes = [vec![0; MAX_FRAME_BYTES + 1], encode(&frame(b"behind"))].concat();
        let (before, behind) = bytes.split_at(MAX_FRAME_BYTES + 4);
        let mut scan = Scan::new(before, false);
        assert!(matches!(scan.next(), Some(Item::Torn(_, Bad::Magic))));
        assert_eq!(scan.next(), None);
        let rest = [&before[scan.done()..], behind].concat();
        assert_eq!(payloads(&rest, true).0, [b"behind"]);
    }

    #[test]
    fn another_version_is_set_aside() {
        let mut other = encode(&frame(b"future"));
        other[8] = 2;
        let bytes = [other, encode(&frame(b"now"))].concat();
        let items: Vec<_> = Scan::new(&bytes, true).collect();
        assert!(matches!(items[0], Item::Torn(_, Bad::Version(2))));
        assert!(matches!(items[1], Item::Frame(f) if f.payload == b"now"));
    }

    fn any_frame() -> impl Strategy<Value = (Vec<u8>, Vec<u8>, Vec<u8>, [u32; 4], bool)> {
        (
            prop::collection::vec(any::<u8>(), 0..2_000),
            prop::collection::vec(any::<u8>(), 0..40),
            prop::collection::vec(any::<u8>(), 0..40),
            any::<[u32; 4]>(),
            any::<bool>(),
        )
    }

    proptest! {
        #[test]
        fn what_was_written_is_read((payload, agent, event, n, debug) in any_frame()) {
            let stages = Stages { first_read_ns: n[0], input_end_ns: n[1], opened_ns: n[2], reads: n[3] };
            let frame = Frame {
                flags: Flags(n[0] as u8), pid: n[1], ppid: n[2], hook_ns: n[3], stamp_ns: u64::from(n[0]) << 20,
                total_bytes: u64::from(n[1]), agent: &agent, event: &event, payload: &payload,
                stages: debug.then_some(stages),
            };
            let bytes = encode(&frame);
            prop_assert_eq!(Frame::decode(&bytes), Ok((frame, bytes.len())));
        }

        #[test]
        fn a_changed_byte_is_noticed(payload in prop::collection::vec(any::<u8>(), 0..200), at: prop::sample::Index, bit in 0_u32..8) {
            let mut bytes = encode(&frame(&payload));
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            prop_assert!(Frame::decode(&bytes).is_err());
        }

        #[test]
        fn any_bytes_are_walked_to_their_end(bytes in prop::collection::vec(prop_oneof![Just(0x89_u8), any::<u8>()], 0..3_000)) {
            let mut scan = Scan::new(&bytes, true);
            let mut seen = 0;
            for item in scan.by_ref() {
                if let Item::Torn(torn, _) = item {
                    prop_assert!(!torn.is_empty());
                    seen += torn.len();
                }
            }
            prop_assert_eq!(scan.done(), bytes.len());
            prop_assert_eq!(seen, bytes.len());
        }

        #[test]
        fn splitting_the_bytes_changes_nothing(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..8), cut: prop::sample::Index) {
            let bytes: Vec<u8> = parts.iter().flat_map(|p| encode(&frame(p))).collect();
            let cut = cut.index(bytes.len());
            let mut first = Scan::new(&bytes[..cut], false);
            let mut got: Vec<Vec<u8>> = first.by_ref().map(|i| match i { Item::Frame(f) => f.payload.to_vec(), Item::Torn(..) => panic!("torn") }).collect();
            let done = first.done();
            got.extend(payloads(&bytes[done..], true).0);
            prop_assert_eq!(got, parts);
        }
    }

    #[test]
    fn the_header_is_as_documented() {
        let bytes = encode(&frame(b"x"));
        assert_eq!(bytes.len(), HEADER_BYTES + 1 + 11);
        assert_eq!(bytes[..12], [0x89, b'T', b'H', b'K', 0x0d, 0x0a, 0x1a, 0xff, 1, 0, 11, 0]);
        assert_eq!(bytes[12..16], [1, 0, 0, 0]);
    }
}
