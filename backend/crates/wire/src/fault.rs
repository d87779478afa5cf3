//! What is wrong with bytes: a client's request, an upstream's answer, an upstream's stream. Never in here: what follows
//! from it.

use crate::json::{JsonFault, TOO_DEEP};
use crate::sse::EventTooLong;
use crate::tree::TreeFault;

/// No more of a client's own words is repeated in a message, in bytes.
const SHOWN_LENGTH_MAX: usize = 64;

/// A fault of the body, ready for a 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RequestFault {
    /// The field that is at fault, as a path; empty if it is the body as a whole.
    pub field: String,
    /// What is wrong and what would be right; it begins with the field.
    pub message: String,
}

impl RequestFault {
    /// Of the body as a whole.
    pub fn body(what: impl Into<String>) -> Self {
        Self {
            field: String::new(),
            message: what.into(),
        }
    }

    /// Of a field; `what` is a sentence.
    pub fn field(field: &str, what: &str) -> Self {
        let shown = field.get(..field.floor_char_boundary(SHOWN_LENGTH_MAX));
        let field = shown.unwrap_or_default().to_owned();
        Self {
            message: format!("{field}: {what}"),
            field,
        }
    }
}

impl From<JsonFault> for RequestFault {
    fn from(fault: JsonFault) -> Self {
        Self::body(format!("The body is {fault}; a JSON object is expected."))
    }
}

impl From<TreeFault> for RequestFault {
    fn from(fault: TreeFault) -> Self {
        Self::body(format!("The body is {fault}; a JSON object is expected."))
    }
}

/// Why a body is no answer. For logs: the words are about the upstream and not for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// Not JSON in UTF-8.
    #[error("the answer is {0}")]
    NotJson(String),
    /// JSON, but deeper than is read here: a model can be made to write such arguments.
    #[error("the answer nests too deeply")]
    TooDeep,
    /// JSON, but no answer of its format.
    #[error("the answer is {0}")]
    NoAnswer(&'static str),
    /// It tells figures that can't be.
    #[error("the answer's figures can't be used: {0}")]
    Figures(String),
}

impl From<JsonFault> for AnswerFault {
    fn from(fault: JsonFault) -> Self {
        if fault.what == TOO_DEEP {
            return Self::TooDeep;
        }
        Self::NotJson(fault.to_string())
    }
}

impl From<TreeFault> for AnswerFault {
    fn from(fault: TreeFault) -> Self {
        if matches!(fault, TreeFault::TooDeep | TreeFault::TooMany) {
            return Self::TooDeep;
        }
        Self::NotJson(fault.to_string())
    }
}

/// Why a stream can't go on. For logs: the words are about the upstream and not for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamFault {
    /// An event without an end.
    #[error(transparent)]
    EventTooLong(#[from] EventTooLong),
    /// An event that matters can't be read.
    #[error("event {event} can't be used: {why}")]
    BadEvent {
        /// Its type.
        event: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A frame of an AWS event stream that is none.
    #[error("a frame of the event stream is broken: {0}")]
    BadFrame(&'static str),
}

impl StreamFault {
    /// Of an event of this type.
    pub fn event(event: &'static str, why: impl ToString) -> Self {
        Self::BadEvent {
            event,
            why: why.to_string(),
        }
    }
}
