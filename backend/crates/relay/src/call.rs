//! What a path asks for: in which format, what of it, and what the path itself says of model, platform and streaming.
//! Never in here: the body.

pub(crate) use tollgate_scheduler::models::{ALL, AZURE, CLAUDE, GEMINI, OPENAI};

use tollgate_contract::platform::Platform;
use tollgate_wire::format::ClientFormat;
use tollgate_wire::translate::Wrapping;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// An answer to a conversation.
    Generate,
    /// How many tokens a conversation has, before it is sent (Claude's and Gemini's formats).
    Count,
    /// The same history, compacted (Responses alone).
    Compact,
    /// Embeddings in OpenAI's format.
    Embed,
    /// Pictures in OpenAI's format.
    Draw,
    /// Embeddings in Gemini's format: one, or a batch.
    GeminiEmbed {
        /// `batchEmbedContents`.
        batch: bool,
    },
}

/// One path's meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The client's format.
    pub(crate) format: ClientFormat,
    /// What is asked for.
    pub(crate) operation: Operation,
    /// Where a model goes whose name says nothing of its platform; where `fixed`, where every model goes.
    pub(crate) home: &'static [Platform],
    /// Whether the path decides the platform.
    pub(crate) fixed: bool,
    /// The model, where the path names it.
    pub(crate) model: Option<String>,
    /// Whether to stream, where the path says so.
    pub(crate) stream: Option<bool>,
    /// How the client wants its answer packed.
    pub(crate) wrapping: Wrapping,
}

impl Call {
    /// A call whose body says everything else.
    pub(crate) fn new(format: ClientFormat, operation: Operation, home: &'static [Platform]) -> Self {
        Self {
            format,
            operation,
            home,
            fixed: false,
            model: None,
            stream: None,
            wrapping: Wrapping::Bare,
        }
    }

    /// The same, at these platforms and no others.
    pub(crate) fn fixed(self) -> Self {
        Self { fixed: true, ..self }
    }

    /// A call whose path names the model.
    pub(crate) fn of_model(self, model: &str) -> Self {
        Self {
            model: Some(model.to_owned()),
            ..self
        }
    }
}
