//! OpenAI's Responses format: what a request asks for and how much it can cost, what an answer or a stream cost; its way
//! into the neutral conversation and back; its messages over a WebSocket.
//! Never in here: what follows from a fault, and other formats.

mod answer;
mod bound;
mod collect;
pub mod compact;
mod echo;
mod error;
mod facts;
mod fields;
mod figures;
mod request;
mod stream;
mod told;
pub mod websocket;

#[cfg(test)]
mod tests;

pub use answer::{read_answer, scan_answer, write_answer};
pub use bound::{CLIENT_TOOL_TOKENS, IMAGE_TOKENS_MAX, IMAGE_TOKENS_MAX_4O_MINI};
pub use collect::{Collected, collect};
pub use echo::echo;
pub use error::{read_error, write_error};
pub use facts::read_facts;
pub use fields::{FIELDS, MINIMAL};
pub use request::{field_of, read_request, write_request};
pub(crate) use stream::EventScan;
pub use stream::{StreamReader, StreamWriter};

/// The tool type by which Codex's older versions offer a shell that the client runs (OpenAI's guide "Local shell").
/// Other formats get a function of this name.
const LOCAL_SHELL: &str = "local_shell";

/// Begins the id of a reasoning item that stands for thinking of which its vendor shows nothing.
const REDACTED_ID: &str = "rs_redacted_";

/// Begins the id of a reasoning item that carries the seal of the call before it (Google seals thinking onto calls).
const CALL_SEAL_ID: &str = "rs_call_";
