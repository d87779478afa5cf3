//! From a client's format to an upstream's and back: the one place that knows all of them. Where both speak the same
//! format nothing is written anew. Never in here: what any format says, HTTP, and which upstream is asked.

mod plain;
mod request;
mod stream;
mod translator;

pub use plain::{plain_answer, write_error};
pub use request::{Translated, field_of, read_facts, translate_request};
pub use stream::AnswerStream;

use crate::error::UpstreamError;
use crate::format::{ClientFormat, Dialect};
use crate::model::Context;
use crate::{claude, converse, gemini, openai_chat, openai_responses};

/// How an upstream's answer is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// JSON, or server-sent events.
    Bare,
    /// The same in Code Assist's envelope.
    CodeAssist,
    /// Claude's events in an AWS event stream (Bedrock's `InvokeModelWithResponseStream`); plain answers are bare.
    Invoke,
    /// An AWS event stream of Converse's own events; plain answers are bare.
    Frames,
}

/// How a client wants its answer packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapping {
    /// JSON, or server-sent events.
    Bare,
    /// The same in Code Assist's envelope.
    CodeAssist,
    /// A stream as one JSON array (Gemini without `alt=sse`).
    Array,
}

/// Between whom an answer goes, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The client's format.
    pub client: ClientFormat,
    /// How the client wants it packed.
    pub wrapping: Wrapping,
    /// The upstream's format.
    pub dialect: Dialect,
    /// How the upstream packs it.
    pub packing: Packing,
    /// Whether usage was asked for that the client did not ask for: it is taken out.
    pub hide_usage: bool,
    /// What the answer's writer must know.
    pub context: Context,
}

impl Exchange {
    /// Whether both speak the same format, so that nothing is written anew.
    pub fn passes(&self) -> bool {
        self.client.same() == Some(self.dialect)
    }
}

/// An upstream's error in its own format. `error_type` is Bedrock's `x-amzn-errortype` header.
pub fn read_error(
    dialect: Dialect,
    packing: Packing,
    body: &[u8],
    error_type: Option<&str>,
) -> Option<UpstreamError> {
    match (dialect, packing) {
        (_, Packing::Invoke | Packing::Frames) | (Dialect::Converse, _) => {
            converse::read_error(body, error_type)
        }
        (Dialect::Claude, _) => claude::read_error(body),
        (Dialect::Chat, _) => openai_chat::read_error(body),
        (Dialect::Responses, _) => openai_responses::read_error(body),
        (Dialect::Gemini, _) => gemini::read_error(body),
    }
}
