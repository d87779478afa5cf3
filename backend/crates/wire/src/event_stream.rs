//! Frames of `application/vnd.amazon.eventstream`, in which Amazon Bedrock streams: bytes in, whole frames out, checksums
//! held against the bytes (Amazon Transcribe's developer guide, "Event stream encoding"; the Smithy specification,
//! "Amazon Event Stream"). A frame is: total length (4 bytes), length of the headers (4), CRC-32 of these eight (4),
//! headers, payload, CRC-32 of all before it (4); numbers are big-endian.
//! Never in here: what any event means.

use crate::fault::StreamFault;
use crate::json::write_text;
use bytes::{Bytes, BytesMut};

/// No frame may be longer: 8 MiB, as for server-sent events ([`EVENT_MAX`](crate::sse::EVENT_MAX)). The encoding allows
/// 24 MiB; more than some hundred KiB is an upstream gone mad.
pub const FRAME_MAX: usize = 8 << 20;
/// No more headers than this, in bytes: the encoding's own limit.
pub const HEADERS_MAX: usize = 128 << 10;

/// Both lengths and their checksum.
const PRELUDE: usize = 12;
/// Of the checksum at the end.
const CHECKSUM: usize = 4;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// `:message-type`.
    pub message_type: MessageType,
    /// `:event-type`: what kind of event; empty if it is none.
    pub event_type: String,
    /// `:exception-type` of an exception, `:error-code` of an error; else empty.
    pub exception_type: String,
    /// Of events and exceptions JSON. Of an error, which has its message in `:error-message`, the same as an exception's:
    /// `{"message": …}`.
    pub payload: Bytes,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageType {
    /// Part of the answer.
    #[default]
    Event,
    /// An error that the API's documentation names; it ends the stream.
    Exception,
    /// Any other error; it ends the stream.
    Error,
}

impl Frame {
    /// What its event is called where exceptions are events as well: the event's type, or `exception:` and the
    /// exception's.
    pub fn name(&self) -> String {
        match self.message_type {
            MessageType::Event => self.event_type.clone(),
            MessageType::Exception | MessageType::Error => format!("exception:{}", self.exception_type),
        }
    }
}

/// Gives out whole frames as they come and holds the unfinished rest. Bytes are copied only when a chunk ends in the
/// middle of a frame.
#[derive(Debug, Default)]
pub struct FrameSplitter {
    /// Begins at a frame's beginning and is shorter than `needed`.
    held: BytesMut,
    /// Bytes before there is anything to look at.
    needed: usize,
}

impl FrameSplitter {
    /// At a stream's beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a chunk and gives all frames that are whole now. After a fault nothing more may be pushed: where the next
    /// frame begins is not known.
    ///
    /// # Errors
    /// If a frame is too long, or its checksums or headers are wrong.
    pub fn push(&mut self, chunk: Bytes) -> Result<Vec<Frame>, StreamFault> {
        let mut rest = if self.held.is_empty() {
            chunk
        } else {
            self.held.extend_from_slice(&chunk);
            if self.held.len() < self.needed {
                return Ok(Vec::new());
            }
            std::mem::take(&mut self.held).freeze()
        };
        let mut frames = Vec::new();
        loop {
            self.needed = PRELUDE;
            if let Some(prelude) = Prelude::read(&rest)? {
                self.needed = prelude.total;
                if prelude.total <= rest.len() {
                    frames.push(frame(&rest.split_to(prelude.total), prelude.headers)?);
                    continue;
                }
            }
            // A buffer of its own: a slice would keep the whole chunk in memory.
            self.held = BytesMut::from(rest.as_ref());
            return Ok(frames);
        }
    }

    /// Bytes held: the beginning of a frame whose end has not come.
    pub fn pending(&self) -> usize {
        self.held.len()
    }
}

/// The lengths at a frame's beginning.
#[derive(Clone, Copy, Debug)]
struct Prelude {
    total: usize,
    headers: usize,
}

impl Prelude {
    /// Reads it; `None` while it is not whole.
    fn read(bytes: &[u8]) -> Result<Option<Self>, StreamFault> {
        let Some((lengths, told)) = bytes
            .first_chunk::<PRELUDE>()
            .and_then(|all| all.split_last_chunk::<4>())
        else {
            return Ok(None);
        };
        if crc32fast::hash(lengths) != u32::from_be_bytes(*told) {
            return Err(StreamFault::BadFrame("the checksum of the lengths is wrong"));
        }
        let number = |chunk: Option<&[u8; 4]>| chunk.map_or(0, |chunk| u32::from_be_bytes(*chunk) as usize);
        let (total, headers) = (number(lengths.first_chunk()), number(lengths.last_chunk()));
        if total > FRAME_MAX {
            return Err(StreamFault::BadFrame("it is too long"));
        }
        if headers > HEADERS_MAX || total < PRELUDE + headers + CHECKSUM {
            return Err(StreamFault::BadFrame("its lengths can't be"));
        }
        Ok(Some(Self { total, headers }))
    }
}

/// Reads a whole frame whose prelude is right.
fn frame(whole: &Bytes, headers_length: usize) -> Result<Frame, StreamFault> {
    let end = whole.len() - CHECKSUM;
    let Some((before, told)) = whole.split_last_chunk::<CHECKSUM>() else {
        return Err(StreamFault::BadFrame("its lengths can't be"));
    };
    if crc32fast::hash(before) != u32::from_be_bytes(*told) {
        return Err(StreamFault::BadFrame("its checksum is wrong"));
    }
    let payload_at = PRELUDE + headers_length;
    let headers = before.get(PRELUDE..payload_at).unwrap_or_default();
    let mut told = Told::default();
    told.read(headers)
        .ok_or(StreamFault::BadFrame("its headers can't be read"))?;
    told.frame(whole.slice(payload_at..end))
}

/// The headers that matter.
#[derive(Default)]
struct Told<'a> {
    message_type: Option<&'a str>,
    event_type: &'a str,
    exception_type: &'a str,
    error_code: &'a str,
    error_message: &'a str,
}

impl<'a> Told<'a> {
    /// Reads all headers; `None` if they are not in the encoding. Each is: length of the name (1 byte), name, type of the
    /// value (1), value.
    fn read(&mut self, mut rest: &'a [u8]) -> Option<()> {
        while let Some((length, after)) = rest.split_first() {
            let (name, after) = after.split_at_checked(usize::from(*length))?;
            let (kind, after) = after.split_first()?;
            let (value, after) = value(*kind, after)?;
            rest = after;
            let Some(value) = value else { continue };
            match name {
                b":message-type" => self.message_type = Some(value),
                b":event-type" => self.event_type = value,
                b":exception-type" => self.exception_type = value,
                b":error-code" => self.error_code = value,
                b":error-message" => self.error_message = value,
                _ => {}
            }
        }
        Some(())
    }

    fn frame(self, payload: Bytes) -> Result<Frame, StreamFault> {
        let message_type = match self.message_type {
            None | Some("event") => MessageType::Event,
            Some("exception") => MessageType::Exception,
            Some("error") => MessageType::Error,
            Some(_) => return Err(StreamFault::BadFrame("its message type is not known")),
        };
        let (exception_type, payload) = match message_type {
            MessageType::Event => ("", payload),
            MessageType::Exception => (self.exception_type, payload),
            MessageType::Error => (self.error_code, message(self.error_message)),
        };
        Ok(Frame {
            message_type,
            event_type: self.event_type.to_owned(),
            exception_type: exception_type.to_owned(),
            payload,
        })
    }
}

fn message(text: &str) -> Bytes {
    let mut payload = b"{\"message\":".to_vec();
    write_text(&mut payload, text);
    payload.push(b'}');
    payload.into()
}

/// A header's value, `None` unless it is a string, and what follows it; nothing if it is not in the encoding.
fn value(kind: u8, rest: &[u8]) -> Option<(Option<&str>, &[u8])> {
    let length = match kind {
        // True and false.
        0 | 1 => 0,
        2 => 1,
        3 => 2,
        4 => 4,
        // A long, a time.
        5 | 8 => 8,
        // A UUID.
        9 => 16,
        // Bytes, a string.
        6 | 7 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            let text = if kind == 7 {
                Some(std::str::from_utf8(value).ok()?)
            } else {
                None
            };
            return Some((text, rest));
        }
        _ => return None,
    };
    let (_, rest) = rest.split_at_checked(length)?;
    Some((None, rest))
}

/// A whole frame with these headers, all of them strings. For upstreams that tests and demonstrations play.
///
/// Names are cut to 255 bytes and values to 65,535, the encoding's limits.
pub fn encode(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut head = Vec::new();
    for (name, value) in headers {
        let name = name
            .get(..name.floor_char_boundary(u8::MAX.into()))
            .unwrap_or_default();
        let value = value
            .get(..value.floor_char_boundary(u16::MAX.into()))
            .unwrap_or_default();
        head.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        head.extend_from_slice(name.as_bytes());
        head.push(7);
        head.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
    let total = PRELUDE + head.len() + payload.len() + CHECKSUM;
    let mut frame = Vec::with_capacity(total);
    frame.extend_from_slice(&length(total));
    frame.extend_from_slice(&length(head.len()));
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame.extend_from_slice(&head);
    frame.extend_from_slice(payload);
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame
}

/// An event's frame, as Bedrock sends it.
pub fn encode_event(event_type: &str, payload: &[u8]) -> Vec<u8> {
    let headers = [
        (":event-type", event_type),
        (":content-type", "application/json"),
        (":message-type", "event"),
    ];
    encode(&headers, payload)
}

/// An exception's frame, as Bedrock sends it.
pub fn encode_exception(exception_type: &str, message_text: &str) -> Vec<u8> {
    let headers = [
        (":exception-type", exception_type),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    ];
    encode(&headers, &message(message_text))
}

#[cfg(test)]
mod tests;
