//! A streamed answer of InvokeModel, frames around Claude's events, as the server-sent events that Claude's own API sends
//! (Amazon Bedrock's API reference, "InvokeModelWithResponseStream"). Never in here: what the events mean.

use super::error::read_error;
use crate::error::ErrorKind;
use crate::event_stream::{Frame, FrameSplitter, MessageType};
use crate::fault::StreamFault;
use crate::json::{Item, Scanner, Text};
use crate::tree::Node;
use crate::write::write_object;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// Begins the names of fields that Bedrock adds to Claude's events: figures that are in `usage` as well, a guardrail's doings.
const ADDED: &str = "amazon-bedrock-";
/// The one kind of event that carries an answer's bytes.
const CHUNK: &str = "chunk";

/// Takes the frames' events out.
#[derive(Debug, Default)]
pub struct InvokeStream {
    frames: FrameSplitter,
    /// An exception came; nothing follows it.
    ended: bool,
}

impl InvokeStream {
    /// At a stream's beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a chunk and gives whole events in Claude's format; empty while none is whole. An exception becomes an `error`
    /// event; what follows one is dropped. After a fault nothing more may be pushed.
    ///
    /// # Errors
    /// If a frame is broken or holds no event.
    pub fn push(&mut self, chunk: Bytes) -> Result<Bytes, StreamFault> {
        if self.ended {
            return Ok(Bytes::new());
        }
        let mut events = Vec::new();
        for frame in self.frames.push(chunk)? {
            match frame.message_type {
                MessageType::Event if frame.event_type == CHUNK => event(&frame.payload, &mut events)?,
                MessageType::Event => {}
                MessageType::Exception | MessageType::Error => {
                    error_event(&frame, &mut events);
                    self.ended = true;
                    break;
                }
            }
        }
        Ok(events.into())
    }

    /// Bytes held: the beginning of a frame whose end has not come.
    pub fn pending(&self) -> usize {
        self.frames.pending()
    }
}

/// Appends the event of a chunk's payload, `{"bytes": base64, "p": padding}`. One without a type is none (Bedrock sends such
/// to keep a connection open).
fn event(payload: &[u8], into: &mut Vec<u8>) -> Result<(), StreamFault> {
    let data = bytes(payload)?;
    let fault = || StreamFault::event(CHUNK, "its bytes are no JSON object");
    let kind = kind(&data).ok_or_else(fault)?;
    if kind.is_empty() {
        return Ok(());
    }
    into.extend_from_slice(b"event: ");
    into.extend_from_slice(kind.as_bytes());
    into.extend_from_slice(b"\ndata: ");
    if memchr::memmem::find(&data, ADDED.as_bytes()).is_some() {
        write_without_additions(&data, into).ok_or_else(fault)?;
    } else {
        // Between the values of a JSON text line ends are blanks, and within them there are none.
        into.extend(data.iter().map(|byte| {
            if matches!(byte, b'\n' | b'\r') {
                b' '
            } else {
                *byte
            }
        }));
    }
    into.extend_from_slice(b"\n\n");
    Ok(())
}

fn bytes(payload: &[u8]) -> Result<Vec<u8>, StreamFault> {
    let fault = |why: &str| StreamFault::event(CHUNK, why);
    let mut scan = Scanner::new(payload);
    let mut read = || {
        let Item::Object = scan.value()? else {
            return Err(scan.fault("an object is expected"));
        };
        let (mut found, mut first) = (None::<Text<'_>>, true);
        while let Some(key) = scan.key(first)? {
            first = false;
            let item = scan.value()?;
            if let (true, Item::Text(text)) = (key.is("bytes"), item) {
                found = Some(text);
            }
            scan.leave(item)?;
        }
        scan.end()?;
        Ok(found)
    };
    let found = read().map_err(|json| StreamFault::event(CHUNK, json))?;
    let text = found
        .and_then(|text| text.decode())
        .ok_or_else(|| fault("it has no bytes"))?;
    STANDARD
        .decode(text.as_bytes())
        .map_err(|_| fault("its bytes are no base64"))
}

/// The event's type, empty if it tells none that can stand in a line; `None` if the data is no JSON object.
fn kind(data: &[u8]) -> Option<String> {
    std::str::from_utf8(data).ok()?;
    let mut scan = Scanner::new(data);
    let Item::Object = scan.value().ok()? else {
        return None;
    };
    let (mut kind, mut first) = (None, true);
    while let Some(key) = scan.key(first).ok()? {
        first = false;
        let item = scan.value().ok()?;
        if let (true, Item::Text(text)) = (key.is("type"), item) {
            kind = text.decode();
        }
        scan.leave(item).ok()?;
    }
    scan.end().ok()?;
    let kind = kind.filter(|kind| kind.bytes().all(|byte| byte.is_ascii_graphic()));
    Some(kind.unwrap_or_default().into_owned())
}

fn write_without_additions(data: &[u8], into: &mut Vec<u8>) -> Option<()> {
    let Ok(Node::Object(fields)) = Node::parse(data) else {
        return None;
    };
    write_object(into, |object| {
        for (name, value) in fields.iter().filter(|(name, _)| !name.starts_with(ADDED)) {
            object.node(name, value);
        }
    });
    Some(())
}

/// Appends Claude's `error` event (Anthropic, "Errors" and "Streaming messages").
fn error_event(frame: &Frame, into: &mut Vec<u8>) {
    let error = read_error(&frame.payload, Some(&frame.exception_type)).unwrap_or_default();
    let kind = error.class.unwrap_or(ErrorKind::Internal).claude_type();
    let message = if error.message.is_empty() {
        &error.kind
    } else {
        &error.message
    };
    into.extend_from_slice(b"event: error\ndata: ");
    write_object(into, |object| {
        object.text("type", "error");
        object.object("error", |object| {
            object.text("type", kind);
            object.text("message", message);
        });
    });
    into.extend_from_slice(b"\n\n");
}
