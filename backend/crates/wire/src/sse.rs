//! Server-sent events: bytes in, whole events out, and the fields of each. An event ends with an empty line; lines end
//! with LF, CRLF or CR, mixed as they come (WHATWG HTML, "Server-sent events").
//! Never in here: what any event means, and any change to a byte that passes.

use bytes::{Bytes, BytesMut};
use memchr::{memchr2, memrchr2};
use std::borrow::Cow;

/// No event may be longer: 8 MiB, some hundred times what any provider sends in one. More is an upstream gone mad.
pub const EVENT_MAX: usize = 8 << 20;

/// An event grew beyond [`EVENT_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is longer than {EVENT_MAX} bytes")]
pub struct EventTooLong;

/// Gives out whole events as they come and holds the unfinished rest. Bytes are copied only when a chunk ends in the
/// middle of an event.
#[derive(Debug, Default)]
pub struct EventSplitter {
    /// Begins at an event's beginning and has no event's end in it.
    held: BytesMut,
}

impl EventSplitter {
    /// At a stream's beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a chunk and gives all events that are whole now, in one piece; empty while there is none.
    ///
    /// A CR that ends an empty line completes its event at once. If a LF follows it, which is still part of that line
    /// end, it comes out with the next bytes.
    pub fn push(&mut self, mut chunk: Bytes) -> Result<Bytes, EventTooLong> {
        let whole = if self.held.is_empty() {
            let whole = chunk.split_to(last_end(&chunk, 0));
            self.held.extend_from_slice(&chunk);
            whole
        } else {
            // An end needs at most three bytes before the new ones: CR LF CR | LF.
            let from = self.held.len().saturating_sub(3);
            self.held.extend_from_slice(&chunk);
            match last_end(&self.held, from) {
                0 => Bytes::new(),
                end => self.give_out(end),
            }
        };
        if self.held.len() > EVENT_MAX {
            return Err(EventTooLong);
        }
        Ok(whole)
    }

    /// Bytes held: the beginning of an event whose end has not come. To the byte, and at the price of reading a field;
    /// the buffer behind them grows by doubling, so it takes at most twice as much memory, and none where this is 0.
    pub fn pending(&self) -> usize {
        self.held.len()
    }

    /// Gives out what is held up to here. The rest moves to a buffer of its own: it is no more than the chunk that came
    /// last, and left where it is it would keep the memory of a large event for as long as the stream lasts.
    fn give_out(&mut self, end: usize) -> Bytes {
        let rest = BytesMut::from(self.held.get(end..).unwrap_or_default());
        let mut whole = std::mem::replace(&mut self.held, rest);
        whole.truncate(end);
        whole.freeze()
    }
}

/// Where the last empty line at or after `from` ends, 0 if there is none. The bytes begin at a line's beginning.
fn last_end(bytes: &[u8], from: usize) -> usize {
    let ends_line = |at: usize| matches!(bytes.get(at), Some(b'\n' | b'\r'));
    let mut until = bytes.len();
    while let Some(found) = bytes
        .get(from..until)
        .and_then(|bytes| memrchr2(b'\n', b'\r', bytes))
    {
        let last = from + found;
        // The line end's own first byte.
        let first = match (last.checked_sub(1), bytes.get(last)) {
            (Some(before), Some(b'\n')) if bytes.get(before) == Some(&b'\r') => before,
            _ => last,
        };
        if first.checked_sub(1).is_none_or(ends_line) {
            return last + 1;
        }
        until = first.max(from);
    }
    0
}

/// One event of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The value of its `event:` line, empty if it has none (the last one counts).
    pub name: &'a [u8],
    /// Where it ends, counted from the beginning of the bytes that were split.
    pub end: usize,
    /// How many bytes it has, comments and empty line included.
    pub length: usize,
    first_data: &'a [u8],
    /// All of it, if it has several `data:` lines.
    several: Option<&'a [u8]>,
}

impl<'a> Event<'a> {
    /// The values of its `data:` lines, joined by line feeds. Copied only if there are several.
    pub fn data(&self) -> Cow<'a, [u8]> {
        let Some(mut rest) = self.several else {
            return Cow::Borrowed(self.first_data);
        };
        let mut data = Vec::with_capacity(rest.len());
        let mut begun = false;
        while !rest.is_empty() {
            if let (b"data", value) = field(next_line(&mut rest)) {
                if begun {
                    data.push(b'\n');
                }
                begun = true;
                data.extend_from_slice(value);
            }
        }
        Cow::Owned(data)
    }
}

/// The events of bytes that an [`EventSplitter`] gave out.
#[derive(Debug)]
pub struct Events<'a> {
    total: usize,
    rest: &'a [u8],
}

impl<'a> Events<'a> {
    /// Of these bytes; a byte order mark is only looked for at a stream's very beginning.
    pub fn new(whole: &'a [u8], stream_begins: bool) -> Self {
        let bom = stream_begins
            .then(|| whole.strip_prefix(b"\xef\xbb\xbf"))
            .flatten();
        Self {
            total: whole.len(),
            rest: bom.unwrap_or(whole),
        }
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Event<'a>;

    /// The next event that has data or a name; comments and empty lines alone are none.
    fn next(&mut self) -> Option<Event<'a>> {
        let mut all = self.rest;
        let (mut name, mut first_data) = (&[][..], None);
        let mut several = false;
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let line = next_line(&mut self.rest);
            if line.is_empty() {
                if name.is_empty() && first_data.is_none() {
                    all = self.rest;
                    continue;
                }
                let length = all.len() - self.rest.len();
                return Some(Event {
                    name,
                    end: self.total - self.rest.len(),
                    length,
                    first_data: first_data.unwrap_or_default(),
                    several: several.then(|| all.get(..length)).flatten(),
                });
            }
            match field(line) {
                (b"event", value) => name = value,
                (b"data", value) if first_data.is_none() => first_data = Some(value),
                (b"data", _) => several = true,
                _ => (),
            }
        }
    }
}

/// Takes the next line; its end is dropped.
fn next_line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let bytes = *rest;
    let Some(at) = memchr2(b'\n', b'\r', bytes) else {
        *rest = &[];
        return bytes;
    };
    let (line, end) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
    *rest = match end {
        [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
        [] => &[],
    };
    line
}

/// Name and value of a line; a comment's name is empty.
fn field(line: &[u8]) -> (&[u8], &[u8]) {
    // These two are nearly all lines there are.
    if let Some(value) = line.strip_prefix(b"data: ") {
        return (b"data", value);
    }
    if let Some(value) = line.strip_prefix(b"event: ") {
        return (b"event", value);
    }
    let Some((name, value)) = memchr::memchr(b':', line).and_then(|at| line.split_at_checked(at)) else {
        return (line, &[]);
    };
    let value = value.strip_prefix(b":").unwrap_or(value);
    (name, value.strip_prefix(b" ").unwrap_or(value))
}
