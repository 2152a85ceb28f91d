//! The bytes of one frame.
//!
//! All numbers are little endian.
//!
//! ```text
//! offset bytes field
//!      0     8 magic        89 T H K 0d 0a 1a ff: not UTF-8, so no JSON payload can hold it
//!      8     1 version      2 would mean: do not read this with version 1's rules
//!      9     1 flags        see [`Flags`]
//!     10     1 agent_len    bytes of the agent's name
//!     11     1 event_len    bytes of the event's name
//!     12     4 payload_len  bytes of the payload that stand in this frame (for a spilled one, of its file's name)
//!     16     4 pid          process that appended
//!     20     4 ppid         its parent
//!     24     4 hook_ns      nanoseconds from the hook's start to the append; u32::MAX stands for more
//!     28     2 extra_len    bytes of the stage record, 0 or 16
//!     30     2 reserved     0
//!     32     8 stamp_ns     when it was appended, nanoseconds since the Unix epoch
//!     40     8 total_bytes  bytes that the agent wrote, also where fewer were kept
//!     48     8 reserved     0
//!     56     8 checksum     XXH64 with seed 0 over bytes 0 to 55 and the body
//!     64       body         payload, agent, event, stage record
//! ```

use core::fmt;

use xxhash_rust::xxh64::Xxh64;

/// Bytes before the body.
pub const HEADER_BYTES: usize = 64;
/// First bytes of every frame.
pub const MAGIC: [u8; 8] = [0x89, b'T', b'H', b'K', 0x0d, 0x0a, 0x1a, 0xff];
/// Version that this code writes.
pub const VERSION: u8 = 1;
/// Bytes of a payload that stand in the frame itself; a larger one is spilled.
pub const INLINE_BYTES: usize = 64 * 1024;
/// The longest frame that this version writes; a longer one is not a frame.
pub const MAX_FRAME_BYTES: usize = HEADER_BYTES + INLINE_BYTES + 2 * NAME_BYTES + STAGES_BYTES;
/// Bytes of a name at most.
pub const NAME_BYTES: usize = 255;
/// Bytes of a stage record.
pub const STAGES_BYTES: usize = 16;

/// What is special about a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// The payload is not whole.
    pub const TRUNCATED: Self = Self(1);
    /// The payload stands in a spill file; the frame's payload is the file's name.
    pub const SPILLED: Self = Self(2);

    /// Whether all of `other` is set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// When a hook reached each stage, nanoseconds since its start. Written with `TAILHOOK_HOOK_DEBUG=1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stages {
    /// The first bytes were read.
    pub first_read_ns: u32,
    /// Standard input was closed, or the deadline came.
    pub input_end_ns: u32,
    /// The segment was open.
    pub opened_ns: u32,
    /// Number of reads.
    pub reads: u32,
}

impl Stages {
    /// As it stands in the frame.
    pub fn to_bytes(self) -> [u8; STAGES_BYTES] {
        let mut bytes = [0; STAGES_BYTES];
        for (place, number) in
            bytes.chunks_exact_mut(4).zip([self.first_read_ns, self.input_end_ns, self.opened_ns, self.reads])
        {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == STAGES_BYTES).then(|| Self {
            first_read_ns: u32_at(bytes, 0),
            input_end_ns: u32_at(bytes, 4),
            opened_ns: u32_at(bytes, 8),
            reads: u32_at(bytes, 12),
        })
    }
}

/// One frame, in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// See [`Flags`].
    pub flags: Flags,
    /// Process that appended it.
    pub pid: u32,
    /// Its parent.
    pub ppid: u32,
    /// Nanoseconds from the hook's start to the append.
    pub hook_ns: u32,
    /// When it was appended, nanoseconds since the Unix epoch.
    pub stamp_ns: u64,
    /// Bytes that the agent wrote, also where fewer were kept.
    pub total_bytes: u64,
    /// The agent's name, at most [`NAME_BYTES`].
    pub agent: &'a [u8],
    /// The event's name, or nothing.
    pub event: &'a [u8],
    /// What the agent wrote, or the name of the file that holds it.
    pub payload: &'a [u8],
    /// Stage timing, where it was asked for.
    pub stages: Option<Stages>,
}

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// Not all of it is there yet.
    Incomplete,
    /// It does not begin with the magic.
    Magic,
    /// Another version.
    Version(u8),
    /// A length that this version never writes.
    Length,
    /// The checksum is another.
    Checksum,
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete => f.write_str("the frame is not complete"),
            Self::Magic => f.write_str("no frame begins here"),
            Self::Version(version) => write!(f, "the frame has version {version}, this program reads {VERSION}"),
            Self::Length => f.write_str("the frame's header has an impossible length"),
            Self::Checksum => f.write_str("the frame's checksum is wrong"),
        }
    }
}

impl<'a> Frame<'a> {
    /// The header for this frame, with the checksum over all of it. `stages` are the bytes of the stage record, which
    /// the caller writes behind the body.
    pub fn header(&self, stages: &[u8]) -> [u8; HEADER_BYTES] {
        let mut h = [0; HEADER_BYTES];
        h[0..8].copy_from_slice(&MAGIC);
        h[8] = VERSION;
        h[9] = self.flags.0;
        h[10] = self.agent.len() as u8;
        h[11] = self.event.len() as u8;
        h[12..16].copy_from_slice(&(self.payload.len() as u32).to_le_bytes());
        h[16..20].copy_from_slice(&self.pid.to_le_bytes());
        h[20..24].copy_from_slice(&self.ppid.to_le_bytes());
        h[24..28].copy_from_slice(&self.hook_ns.to_le_bytes());
        h[28..30].copy_from_slice(&(stages.len() as u16).to_le_bytes());
        h[32..40].copy_from_slice(&self.stamp_ns.to_le_bytes());
        h[40..48].copy_from_slice(&self.total_bytes.to_le_bytes());
        let sum = checksum(&h[..56], &[self.payload, self.agent, self.event, stages]);
        h[56..64].copy_from_slice(&sum.to_le_bytes());
        h
    }

    /// Reads the frame at the start of `bytes`; gives it and its length.
    pub fn decode(bytes: &'a [u8]) -> Result<(Self, usize), Bad> {
        let seen = bytes.len().min(MAGIC.len());
        if bytes[..seen] != MAGIC[..seen] {
            return Err(Bad::Magic);
        }
        let Some((h, rest)) = bytes.split_at_checked(HEADER_BYTES) else { return Err(Bad::Incomplete) };
        let (agent_len, event_len) = (usize::from(h[10]), usize::from(h[11]));
        let payload_len = u32_at(h, 12) as usize;
        let extra_len = usize::from(u16::from_le_bytes([h[28], h[29]]));
        if h[8] != VERSION {
            return Err(Bad::Version(h[8]));
        }
        if payload_len > INLINE_BYTES || extra_len > STAGES_BYTES {
            return Err(Bad::Length);
        }
        let Some(body) = rest.get(..payload_len + agent_len + event_len + extra_len) else {
            return Err(Bad::Incomplete);
        };
        if checksum(&h[..56], &[body]) != u64_at(h, 56) {
            return Err(Bad::Checksum);
        }
        let (payload, body) = body.split_at(payload_len);
        let (agent, body) = body.split_at(agent_len);
        let (event, extra) = body.split_at(event_len);
        let frame = Self {
            flags: Flags(h[9]),
            pid: u32_at(h, 16),
            ppid: u32_at(h, 20),
            hook_ns: u32_at(h, 24),
            stamp_ns: u64_at(h, 32),
            total_bytes: u64_at(h, 40),
            agent,
            event,
            payload,
            stages: Stages::from_bytes(extra),
        };
        Ok((frame, HEADER_BYTES + payload_len + agent_len + event_len + extra_len))
    }
}

fn checksum(header: &[u8], body: &[&[u8]]) -> u64 {
    let mut hash = Xxh64::new(0);
    hash.update(header);
    for part in body {
        hash.update(part);
    }
    hash.digest()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
