//! The WebSocket protocol, a server's side of it (RFC 6455), with permessage-deflate (RFC 7692).
//!
//! Heads of frames and the handshake are tungstenite's, compression is flate2's. What is here and in no library: one
//! frame that many connections send as it is, written with as few system calls as the kernel allows.

mod deflate;
mod extension;
mod handshake;
mod incoming;
mod outgoing;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{ReadHalf, WriteHalf};

pub(super) use handshake::{Handshake, Refused};
pub(super) use incoming::{Incoming, Said};
pub(super) use outgoing::{Closed, Outgoing};

type Reader = ReadHalf<TokioIo<Upgraded>>;
type Writer = WriteHalf<TokioIo<Upgraded>>;

/// Why a connection ends, as a number that both sides know. (RFC 6455, section 7.4.1.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum CloseCode {
    Normal = 1000,
    /// The daemon ends.
    Away = 1001,
    Protocol = 1002,
    /// Text that is not UTF-8, or bytes that do not inflate.
    Invalid = 1007,
    TooLarge = 1009,
}
