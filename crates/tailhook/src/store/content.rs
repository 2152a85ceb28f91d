//! An event's essential fields and payload as they lie in the store: compressed, both in one piece.
//!
//! The fields repeat what the payload says, so in one piece they cost almost nothing. A large payload lies apart: who
//! lists events does not read it. What is compressed with a dictionary names it; a store keeps every dictionary that
//! one of its events was compressed with.
//!
//! `content` is three numbers (the dictionary, 0 for none; bytes of the fields; bytes of everything; each in groups of
//! seven bits, lowest first) and a zstd frame without its magic number. `payload` is the same without the second number.

use std::collections::HashMap;
use std::io;

use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, OptionalExtension};
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

/// Trained when this program was built; see build.rs.
pub(super) const DICTIONARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/payloads.dictionary"));

/// A larger payload lies apart from the fields.
const MAX_JOINT_BYTES: usize = 8 << 10;
/// The third saves four bytes in a hundred and costs half as much time again; higher ones cost several times as much.
const LEVEL: i32 = 1;
/// How every frame begins.
const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// More than any event has. A number that says so was not written by us.
const MAX_BYTES: usize = 256 << 20;

/// Compresses.
pub(super) struct Packer {
    compressor: Compressor<'static>,
    dictionary: i64,
    joint: Vec<u8>,
    frame: Vec<u8>,
    content: Vec<u8>,
    payload: Vec<u8>,
}

/// What is stored of one event.
#[derive(Debug)]
pub(super) struct Packed<'p> {
    pub(super) content: &'p [u8],
    pub(super) payload: Option<&'p [u8]>,
}

impl Packer {
    /// With the dictionary of this number.
    pub(super) fn new(dictionary: i64) -> io::Result<Self> {
        let mut compressor = Compressor::with_dictionary(LEVEL, DICTIONARY)?;
        // All of this stands in front of the frame, or is known.
        for parameter in
            [CParameter::DictIdFlag(false), CParameter::ContentSizeFlag(false), CParameter::ChecksumFlag(false)]
        {
            compressor.set_parameter(parameter)?;
        }
        Ok(Self {
            compressor,
            dictionary,
            joint: Vec::new(),
            frame: Vec::new(),
            content: Vec::new(),
            payload: Vec::new(),
        })
    }

    /// Compresses one event: its fields as JSON and its payload.
    pub(super) fn pack(&mut self, data: &[u8], payload: &[u8]) -> io::Result<Packed<'_>> {
        let Self { compressor, dictionary, joint, frame, content, payload: alone } = self;
        let is_apart = payload.len() > MAX_JOINT_BYTES;
        joint.clear();
        joint.extend_from_slice(data);
        if !is_apart {
            joint.extend_from_slice(payload);
        }
        let mut piece = |bytes: &[u8], data_len: Option<usize>, piece: &mut Vec<u8>| -> io::Result<()> {
            frame.clear();
            frame.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
            compressor.compress_to_buffer(bytes, frame)?;
            piece.clear();
            push_number(piece, *dictionary as u64);
            if let Some(data_len) = data_len {
                push_number(piece, data_len as u64);
            }
            push_number(piece, bytes.len() as u64);
            piece.extend_from_slice(frame.strip_prefix(&MAGIC).unwrap_or(frame));
            Ok(())
        };
        piece(joint, Some(data.len()), content)?;
        if is_apart {
            piece(payload, None, alone)?;
        }
        Ok(Packed { content, payload: is_apart.then_some(alone.as_slice()) })
    }
}

/// Decompresses, with whatever dictionaries it takes.
#[derive(Default)]
pub(super) struct Unpacker {
    decompressors: HashMap<i64, Decompressor<'static>>,
    frame: Vec<u8>,
}

impl Unpacker {
    /// The fields as JSON, and the payload if it lies with them.
    pub(super) fn content(&mut self, store: &Connection, piece: &[u8]) -> io::Result<(Vec<u8>, Option<Vec<u8>>)> {
        let (dictionary, piece) = take_number(piece)?;
        let (data_len, piece) = take_number(piece)?;
        let (len, frame) = take_number(piece)?;
        let mut data = self.unpack(store, dictionary as i64, len, frame)?;
        if data_len > data.len() {
            return Err(strange());
        }
        // Alone they are the fields of an event whose payload lies apart, or is empty.
        let payload = (data_len < data.len()).then(|| data.split_off(data_len));
        Ok((data, payload))
    }

    /// The fields as JSON, and the payload, from the two columns of a row.
    pub(super) fn event(
        &mut self,
        store: &Connection,
        content: ValueRef<'_>,
        payload: ValueRef<'_>,
    ) -> rusqlite::Result<(Vec<u8>, Vec<u8>)> {
        let (data, joint) = self.content(store, content.as_blob()?).map_err(damaged)?;
        let payload = match (joint, payload.as_blob_or_null()?) {
            (None, Some(piece)) => self.payload(store, piece).map_err(damaged)?,
            (joint, _) => joint.unwrap_or_default(),
        };
        Ok((data, payload))
    }

    /// A payload that lies apart.
    pub(super) fn payload(&mut self, store: &Connection, piece: &[u8]) -> io::Result<Vec<u8>> {
        let (dictionary, piece) = take_number(piece)?;
        let (len, frame) = take_number(piece)?;
        self.unpack(store, dictionary as i64, len, frame)
    }

    fn unpack(&mut self, store: &Connection, dictionary: i64, len: usize, frame: &[u8]) -> io::Result<Vec<u8>> {
        if len > MAX_BYTES {
            return Err(strange());
        }
        let decompressor = match self.decompressors.entry(dictionary) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(Decompressor::with_dictionary(&dictionary_bytes(store, dictionary)?)?)
            }
        };
        self.frame.clear();
        self.frame.extend_from_slice(&MAGIC);
        self.frame.extend_from_slice(frame);
        let bytes = decompressor.decompress(&self.frame, len)?;
        if bytes.len() == len { Ok(bytes) } else { Err(strange()) }
    }
}

fn dictionary_bytes(store: &Connection, id: i64) -> io::Result<Vec<u8>> {
    let found = store.query_row("SELECT bytes FROM dictionary WHERE id = ?1", [id], |row| row.get(0)).optional();
    found.map_err(io::Error::other)?.ok_or_else(strange)
}

/// The number of this program's dictionary in a store, which gets it if it has not.
pub(super) fn dictionary_id(store: &Connection) -> rusqlite::Result<i64> {
    let found = store.query_row("SELECT id FROM dictionary WHERE bytes = ?1", [DICTIONARY], |row| row.get(0));
    if let Some(id) = found.optional()? {
        return Ok(id);
    }
    store.execute("INSERT INTO dictionary (bytes) VALUES (?1)", [DICTIONARY])?;
    Ok(store.last_insert_rowid())
}

/// As an error of the query that met it.
pub(super) fn damaged(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, error.into())
}

fn strange() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "an event in the store is damaged")
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(bytes: &[u8]) -> io::Result<(usize, &[u8])> {
    let mut number = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        number |= u64::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok((number as usize, &bytes[at + 1..]));
        }
    }
    Err(strange())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Connection {
        let store = rusqlite::Connection::open_in_memory().expect("memory");
        store.execute_batch("CREATE TABLE dictionary (id INTEGER PRIMARY KEY, bytes BLOB)").expect("a table");
        store
    }

    fn check(data: &[u8], payload: &[u8], apart: bool) -> usize {
        let store = store();
        let id = dictionary_id(&store).expect("a dictionary");
        assert_eq!(dictionary_id(&store).expect("the same"), id);
        let mut packer = Packer::new(id).expect("a packer");
        let pieces = packer.pack(data, payload).expect("packed");
        let mut unpacker = Unpacker::default();
        let (found, joint) = unpacker.content(&store, pieces.content).expect("unpacked");
        assert_eq!(found, data);
        assert_eq!(pieces.payload.is_some(), apart);
        match pieces.payload {
            Some(piece) => assert_eq!(unpacker.payload(&store, piece).expect("unpacked"), payload),
            None => assert_eq!(joint.unwrap_or_default(), payload),
        }
        pieces.content.len() + pieces.payload.map_or(0, <[u8]>::len)
    }

    #[test]
    fn everything_comes_back_as_it_was() {
        check(b"{}", b"", false);
        check(b"", b"", false);
        check(b"{}", &[0xFF; 8 << 10], false);
        check(b"{}", &[0xFE; (8 << 10) + 1], true);
        let noise: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        check(b"{\"event\":\"Stop\"}", &noise, true);
    }

    #[test]
    fn payloads_as_agents_write_them_become_small() {
        let payload = br#"{"session_id":"0b5f3f6e-1f6e-4d54-9a66-7a2f6c6a9b10","transcript_path":"/home/dev/.claude/projects/-home-dev-project/0b5f3f6e-1f6e-4d54-9a66-7a2f6c6a9b10.jsonl","cwd":"/home/dev/project","permission_mode":"default","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"make all","description":"Build"},"tool_use_id":"toolu_01ABCDEFGHJKMNPQRSTUVWXY"}"#;
        let size = check(b"{\"event\":\"PreToolUse\"}", payload, false);
        assert!(size * 5 < payload.len() * 2, "{size} of {}", payload.len());
    }

    #[test]
    fn damage_is_an_error() {
        let store = store();
        let id = dictionary_id(&store).expect("a dictionary");
        let mut packer = Packer::new(id).expect("a packer");
        let pieces = packer.pack(b"{}", b"{\"a\":1}").expect("packed");
        for at in 0..pieces.content.len() {
            for byte in [0, 0x7F, 0xFF] {
                let mut damaged = pieces.content.to_vec();
                damaged[at] = byte;
                // Whatever it gives, it gives it without harm.
                let _ = Unpacker::default().content(&store, &damaged);
            }
            assert!(Unpacker::default().content(&store, &pieces.content[..at]).is_err());
        }
    }
}
