//! What a client says, out of frames.

use std::io::Cursor;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::AsyncReadExt;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{CloseCode as Code, Control, Data, OpCode};

use super::deflate::{Inflater, Inflation};
use super::{CloseCode, Reader};

/// What a client may say at once: a command, or an event of its own.
const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// Room for one read.
const READ_BYTES: usize = 2 << 10;
/// Longest payload of a control frame. (RFC 6455, section 5.5.)
const CONTROL_BYTES: u64 = 125;

/// Something that a client said.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::http) enum Said {
    Text(String),
    Binary,
    /// To be answered with the same bytes.
    Ping(Bytes),
    Pong,
    /// It ends the connection; to be answered with the same code, if there is one.
    Close(Option<u16>),
    /// It broke the rules; to be told why the connection ends.
    Broken(CloseCode),
    /// The connection is gone.
    Gone,
}

/// The reading half of a connection.
pub(in crate::http) struct Incoming {
    reader: Reader,
    decoder: Decoder,
}

impl Incoming {
    pub(super) fn new(reader: Reader, inflater: Option<Inflater>) -> Self {
        Self { reader, decoder: Decoder { buffer: BytesMut::new(), message: None, inflater } }
    }

    /// Waits for the next. Can be dropped while it waits without losing anything.
    pub(in crate::http) async fn next(&mut self) -> Said {
        loop {
            match self.decoder.next() {
                Ok(Some(said)) => return said,
                Ok(None) => {}
                Err(code) => return Said::Broken(code),
            }
            if self.decoder.buffer.is_empty() {
                // What a large message took is not kept for small ones.
                self.decoder.buffer = BytesMut::new();
            }
            self.decoder.buffer.reserve(READ_BYTES);
            match self.reader.read_buf(&mut self.decoder.buffer).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return Said::Gone,
            }
        }
    }
}

/// Takes frames out of bytes and makes messages of them.
struct Decoder {
    buffer: BytesMut,
    /// Begun, not ended.
    message: Option<Message>,
    inflater: Option<Inflater>,
}

/// A message, so far.
struct Message {
    is_text: bool,
    is_compressed: bool,
    bytes: Vec<u8>,
}

impl Decoder {
    /// The next, if all of it is there.
    fn next(&mut self) -> Result<Option<Said>, CloseCode> {
        loop {
            let mut cursor = Cursor::new(&self.buffer[..]);
            let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(|_| CloseCode::Protocol)? else {
                return Ok(None);
            };
            let head_bytes = cursor.position() as usize;
            self.check(&header, length)?;
            // Checked to be small.
            let length = length as usize;
            if self.buffer.len() < head_bytes + length {
                return Ok(None);
            }
            self.buffer.advance(head_bytes);
            let mut payload = self.buffer.split_to(length);
            let mask = header.mask.ok_or(CloseCode::Protocol)?;
            payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
            let said = match header.opcode {
                OpCode::Control(control) => Some(control_frame(control, payload.freeze())?),
                OpCode::Data(data) => self.data_frame(&header, data, &payload)?,
            };
            if said.is_some() {
                return Ok(said);
            }
        }
    }

    /// Whether the frame may come now. (RFC 6455, sections 5.1 to 5.5.)
    fn check(&self, header: &FrameHeader, length: u64) -> Result<(), CloseCode> {
        let may_be_compressed =
            self.inflater.is_some() && matches!(header.opcode, OpCode::Data(Data::Text | Data::Binary));
        let proper = match header.opcode {
            OpCode::Control(_) => header.is_final && length <= CONTROL_BYTES,
            OpCode::Data(Data::Continue) => self.message.is_some(),
            OpCode::Data(_) => self.message.is_none(),
        };
        if !proper || header.mask.is_none() || header.rsv2 || header.rsv3 || (header.rsv1 && !may_be_compressed) {
            return Err(CloseCode::Protocol);
        }
        let before = self.message.as_ref().map_or(0, |message| message.bytes.len() as u64);
        if length.saturating_add(before) > MAX_MESSAGE_BYTES as u64 {
            return Err(CloseCode::TooLarge);
        }
        Ok(())
    }

    fn data_frame(&mut self, header: &FrameHeader, data: Data, payload: &[u8]) -> Result<Option<Said>, CloseCode> {
        let message = self.message.get_or_insert_with(|| Message {
            is_text: data == Data::Text,
            is_compressed: header.rsv1,
            bytes: Vec::new(),
        });
        message.bytes.extend_from_slice(payload);
        if !header.is_final {
            return Ok(None);
        }
        let Some(Message { is_text, is_compressed, mut bytes }) = self.message.take() else { return Ok(None) };
        if let (true, Some(inflater)) = (is_compressed, &mut self.inflater) {
            bytes = inflater.inflate(&bytes, MAX_MESSAGE_BYTES).map_err(|inflation| match inflation {
                Inflation::Corrupt => CloseCode::Invalid,
                Inflation::TooLarge => CloseCode::TooLarge,
            })?;
        }
        if !is_text {
            return Ok(Some(Said::Binary));
        }
        String::from_utf8(bytes).map(|text| Some(Said::Text(text))).map_err(|_| CloseCode::Invalid)
    }
}

fn control_frame(control: Control, payload: Bytes) -> Result<Said, CloseCode> {
    match control {
        Control::Ping => Ok(Said::Ping(payload)),
        Control::Pong => Ok(Said::Pong),
        Control::Close | Control::Reserved(_) => match &payload[..] {
            [] => Ok(Said::Close(None)),
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                if !Code::from(code).is_allowed() {
                    return Err(CloseCode::Protocol);
                }
                std::str::from_utf8(reason).map_err(|_| CloseCode::Invalid)?;
                Ok(Said::Close(Some(code)))
            }
            [_] => Err(CloseCode::Protocol),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoder() -> Decoder {
        Decoder { buffer: BytesMut::new(), message: None, inflater: None }
    }

    /// A client's frame.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            length @ 0..126 => bytes.push(0x80 | length as u8),
            length => {
                bytes.push(0xfe);
                bytes.extend_from_slice(&(length as u16).to_be_bytes());
            }
        }
        let mask = [7, 1, 250, 33];
        bytes.extend_from_slice(&mask);
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    fn all(bytes: &[u8], pieces: usize) -> Vec<Said> {
        let mut decoder = decoder();
        let mut said = Vec::new();
        for piece in bytes.chunks(pieces) {
            decoder.buffer.extend_from_slice(piece);
            loop {
                match decoder.next() {
                    Ok(Some(one)) => said.push(one),
                    Ok(None) => break,
                    Err(code) => {
                        said.push(Said::Broken(code));
                        return said;
                    }
                }
            }
        }
        said
    }

    #[test]
    fn fragments_are_joined_and_control_frames_come_between() {
        let bytes = [frame(0x01, b"ab"), frame(0x89, b"?"), frame(0x00, b""), frame(0x80, b"cd")].concat();
        let wanted = [Said::Ping(Bytes::from_static(b"?")), Said::Text("abcd".into())];
        assert_eq!(all(&bytes, 1_000), wanted);
        assert_eq!(all(&bytes, 1), wanted);
    }

    #[test]
    fn rules() {
        let close = |code: u16| frame(0x88, &code.to_be_bytes());
        for (bytes, wanted) in [
            (frame(0x82, b"\x00"), Said::Binary),
            (frame(0x8a, b""), Said::Pong),
            (frame(0x88, b""), Said::Close(None)),
            (close(1000), Said::Close(Some(1000))),
            (close(4999), Said::Close(Some(4999))),
            (close(1005), Said::Broken(CloseCode::Protocol)),
            (close(999), Said::Broken(CloseCode::Protocol)),
            (frame(0x88, b"x"), Said::Broken(CloseCode::Protocol)),
            (frame(0x81, b"\xff"), Said::Broken(CloseCode::Invalid)),
            (frame(0x80, b"nothing to continue"), Said::Broken(CloseCode::Protocol)),
            (frame(0x09, b"a ping in parts"), Said::Broken(CloseCode::Protocol)),
            (frame(0x89, &[0; 126]), Said::Broken(CloseCode::Protocol)),
            (frame(0xc1, b"compressed"), Said::Broken(CloseCode::Protocol)),
            (frame(0xa1, b"rsv2"), Said::Broken(CloseCode::Protocol)),
            (frame(0x83, b"no such opcode"), Said::Broken(CloseCode::Protocol)),
            ([frame(0x01, b"a"), frame(0x81, b"b")].concat(), Said::Broken(CloseCode::Protocol)),
            (vec![0x81, 0x02, b'h', b'i'], Said::Broken(CloseCode::Protocol)),
            (vec![0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], Said::Broken(CloseCode::TooLarge)),
        ] {
            assert_eq!(all(&bytes, 1_000), [wanted], "{bytes:?}");
        }
    }

    #[test]
    fn a_message_in_many_parts_is_bounded_too() {
        let mut bytes = frame(0x01, &vec![b'a'; 60_000]);
        for _ in 0..20 {
            bytes.extend_from_slice(&frame(0x00, &vec![b'a'; 60_000]));
        }
        assert_eq!(all(&bytes, 1_000), [Said::Broken(CloseCode::TooLarge)]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_the_same_however_they_come(
            bytes in prop::collection::vec(any::<u8>(), 0..200), piece in 1_usize..20,
        ) {
            prop_assert_eq!(all(&bytes, piece), all(&bytes, 1_000));
        }

        #[test]
        fn text_comes_through(text in ".{0,300}", piece in 1_usize..50) {
            prop_assert_eq!(all(&frame(0x81, text.as_bytes()), piece), [Said::Text(text)]);
        }
    }
}
