//! Streamed answers: scanned as they pass, read for translation, written for clients. Never in here: plain answers, and
//! splitting a stream into events.

mod event;
mod held;
mod item;
mod reader;
mod scan;
mod writer;

pub use reader::StreamReader;
pub(crate) use scan::EventScan;
pub use writer::StreamWriter;

use crate::write::{ObjectWriter, write_object};

/// Writes an event: its name, its type and number, and the fields that `write` adds.
fn write_event(into: &mut Vec<u8>, kind: &str, number: u64, write: impl FnOnce(&mut ObjectWriter<'_>)) {
    into.extend_from_slice(b"event: ");
    into.extend_from_slice(kind.as_bytes());
    into.extend_from_slice(b"\ndata: ");
    write_object(into, |event| {
        event.text("type", kind);
        event.u64("sequence_number", number);
        write(event);
    });
    into.extend_from_slice(b"\n\n");
}
