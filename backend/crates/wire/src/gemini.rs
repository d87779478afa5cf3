//! Google's `generateContent` format: what a request asks for and how much it can cost, what an answer or a stream cost;
//! its way into the neutral conversation and back; Code Assist's envelopes, counts and embeddings.
//! Never in here: what follows from a fault, and other formats.

mod answer;
mod array;
mod bound;
pub mod code_assist;
mod count;
mod embed;
mod error;
mod facts;
mod fields;
mod figures;
mod names;
mod request;
mod schema;
mod seal;
mod stream;

#[cfg(test)]
mod tests;

pub use answer::{read_answer, scan_answer, write_answer};
pub use array::ArrayText;
pub use bound::{AUDIO_CHARS_PER_TOKEN, AUDIO_TOKENS_MAX, IMAGE_TOKENS_MAX};
pub use count::{read_count, read_count_facts, read_count_request, write_count};
pub use embed::{read_batch_embed_facts, read_embed_facts};
pub use error::{read_error, write_error};
pub use facts::read_facts;
pub use fields::{FIELDS, MINIMAL};
pub use request::{field_of, read_request, write_request};
pub(crate) use stream::EventScan;
pub use stream::{StreamReader, StreamWriter};
