//! OpenAI's Chat Completions format: what a request asks for and how much it can cost, what an answer or a stream cost; its
//! way into the neutral conversation and back. Beside it what OpenAI serves of the same make: the legacy
//! [`completions`], [`embeddings`] and [`images`].
//! Never in here: what follows from a fault, and other formats (save Gemini's embeddings, see there).
//!
//! Servers that call themselves compatible differ in small things; the readers of answers take what they send: thinking in
//! `reasoning_content` or `reasoning`, usage in the last chunk with content, calls without index or id, an end without
//! `[DONE]`, Azure's first chunk without choices.

mod answer;
mod bound;
mod calls;
pub mod completions;
pub mod embeddings;
mod error;
mod facts;
mod fields;
mod figures;
pub mod images;
mod request;
mod scan;
mod stream;
mod top;

pub use answer::{read_answer, scan_answer, write_answer};
pub use bound::{IMAGE_TOKENS_MAX, PREAMBLE_TOKENS};
pub use error::{read_error, write_error};
pub use facts::read_facts;
pub use fields::{FIELDS, MINIMAL};
pub use request::{field_of, read_request, write_request};
pub(crate) use scan::EventScan;
pub use stream::{StreamReader, StreamWriter};

#[cfg(test)]
mod tests;
