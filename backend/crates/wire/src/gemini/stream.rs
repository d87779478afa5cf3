//! Streams: answers in pieces, each event in the shape of a whole one. Gemini API reference, "Generating content",
//! `streamGenerateContent`. No event is the last by its kind: the stream ends with the body, and was whole if every
//! candidate told why it ended. Never in here: splitting bytes into events.

mod reader;
mod scan;
mod writer;

pub use reader::StreamReader;
pub(crate) use scan::EventScan;
pub use writer::StreamWriter;

/// What faults call an event of such a stream.
const EVENT: &str = "generateContent";
