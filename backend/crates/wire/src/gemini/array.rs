//! Streams for clients that do not ask for server-sent events: `streamGenerateContent` without `alt=sse` gives one JSON
//! array, an item for each event (Gemini API reference, "Generating content"). Upstreams are always asked for events.
//! Never in here: what the events say.

use crate::sse::Events;

/// Turns events into the items of an array.
#[derive(Debug, Default)]
pub struct ArrayText {
    begun: bool,
}

impl ArrayText {
    /// The media type of the whole.
    pub const MEDIA_TYPE: &str = "application/json";

    /// Appends the items of these events, which must be whole.
    pub fn push(&mut self, events: &[u8], into: &mut Vec<u8>) {
        for event in Events::new(events, !self.begun) {
            let data = event.data();
            if data.is_empty() {
                continue;
            }
            into.extend_from_slice(if self.begun { b",\n" } else { b"[" });
            self.begun = true;
            into.extend_from_slice(&data);
        }
    }

    /// Appends the array's end: for an answer that is complete, or that ended with an error event.
    pub fn close(&mut self, into: &mut Vec<u8>) {
        into.extend_from_slice(if self.begun { b"]" } else { b"[]" });
    }
}
