//! Anthropic's Messages format: what a request asks for and how much it can cost, what an answer or a stream cost; its
//! way into the neutral conversation and back.
//! Never in here: what follows from a fault, and other formats.

mod answer;
mod block;
mod bound;
mod citation;
mod conversation;
mod error;
mod facts;
mod fields;
mod figures;
mod output;
mod reader;
mod request;
mod session;
mod stream;
mod writer;

pub use answer::{read_answer, read_error, scan_answer, write_answer};
pub use bound::{IMAGE_TOKENS_MAX, STRUCTURED_OUTPUT_TOKENS, TOOLS_PROMPT_TOKENS, VENDOR_TOOL_TOKENS};
pub use conversation::conversation_key;
pub use error::write_error;
pub use facts::{read_count_facts, read_facts};
pub use fields::{FIELDS, MINIMAL};
pub use reader::StreamReader;
pub use request::{field_of, read_request, write_request};
pub use session::{SESSION_LENGTH_MAX, session_of_user_id};
pub(crate) use stream::EventScan;
pub use writer::StreamWriter;

#[cfg(test)]
mod tests;
