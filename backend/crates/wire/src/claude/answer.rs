//! Plain answers and plain errors of an upstream that speaks Claude's format.

use super::figures::{FigureFault, Figures};
use crate::json::{Item, JsonFault, Scanner, Text};
use crate::usage::{Usage, estimated_tokens};

/// No more of an upstream's own words is kept, in bytes.
const MESSAGE_LENGTH_MAX: usize = 2_000;
/// Types are short words; a longer one is none.
const TYPE_LENGTH_MAX: usize = 64;

/// What must be known of a plain answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerFacts {
    /// What it cost; `None` if it does not tell both input and output.
    pub usage: Option<Usage>,
    /// Bytes of its `content`, as JSON.
    pub content_bytes: u64,
    beside_tokens: bool,
}

impl AnswerFacts {
    /// Output tokens where the answer does not tell: see [`estimated_tokens`].
    pub fn estimated_output(&self) -> u64 {
        self.usage
            .map_or_else(|| estimated_tokens(self.content_bytes), |usage| usage.output)
    }

    /// Whether the vendor's bill is another one than the five figures at list price, as far as `usage` tells: calls of
    /// its own tools, another speed or service tier than the standard one, or a chosen place of inference. How much it
    /// comes to is not told.
    pub fn billed_beside_tokens(&self) -> bool {
        self.beside_tokens
    }
}

/// Why a body is no answer. For logs: the words are about the upstream and not for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// Not JSON in UTF-8.
    #[error("the answer is {0}")]
    NotJson(String),
    /// JSON, but no object of type `message`.
    #[error("the answer is no object of type `message`")]
    NoMessage,
    /// It tells figures that can't be.
    #[error("the answer's figures can't be used: {0}")]
    Figures(String),
}

impl From<JsonFault> for AnswerFault {
    fn from(fault: JsonFault) -> Self {
        Self::NotJson(fault.to_string())
    }
}

impl From<FigureFault> for AnswerFault {
    fn from(fault: FigureFault) -> Self {
        match fault {
            FigureFault::Json(fault) => fault.into(),
            other => Self::Figures(other.to_string()),
        }
    }
}

/// Reads a plain answer in one pass; the content is passed over.
pub fn read_answer(body: &[u8]) -> Result<AnswerFacts, AnswerFault> {
    if std::str::from_utf8(body).is_err() {
        return Err(AnswerFault::NotJson("not valid UTF-8".to_owned()));
    }
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value()? else {
        return Err(AnswerFault::NoMessage);
    };
    let mut figures = Figures::default();
    let mut content_bytes = 0;
    let mut is_message = false;
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        if key.is("type") {
            is_message = text(&mut scan)?.is_some_and(|kind| kind.is("message"));
        } else if key.is("usage") {
            figures = Figures::read(&mut scan)?;
        } else if key.is("content") {
            let begin = scan.value_at();
            scan.skip()?;
            content_bytes = (scan.at() - begin) as u64;
        } else {
            scan.skip()?;
        }
    }
    scan.end()?;
    if !is_message {
        return Err(AnswerFault::NoMessage);
    }
    let told = figures.has_input() && figures.output().is_some();
    Ok(AnswerFacts {
        usage: told.then(|| figures.usage()),
        content_bytes,
        beside_tokens: figures.billed_beside_tokens(),
    })
}

/// An error as an upstream worded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamError {
    /// Claude's `error.type`; empty if it is none.
    pub kind: String,
    /// Its `error.message`, cut to 2,000 bytes.
    pub message: String,
}

/// Reads the body of an upstream's error, or the data of its error event; `None` if it is not in Claude's format.
pub fn read_error(body: &[u8]) -> Option<UpstreamError> {
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value().ok()? else {
        return None;
    };
    let mut found = None;
    let mut first = true;
    while let Some(key) = scan.key(first).ok()? {
        first = false;
        if !key.is("error") {
            scan.skip().ok()?;
            continue;
        }
        match scan.value().ok()? {
            Item::Object => found = error_fields(&mut scan),
            other => scan.leave(other).ok()?,
        }
    }
    scan.end().ok()?;
    found
}

/// Reads `error`, whose object was just opened.
fn error_fields(scan: &mut Scanner<'_>) -> Option<UpstreamError> {
    let (mut kind, mut message) = (None, None);
    let mut first = true;
    while let Some(key) = scan.key(first).ok()? {
        first = false;
        if key.is("type") {
            kind = text(scan).ok()?;
        } else if key.is("message") {
            message = text(scan).ok()?;
        } else {
            scan.skip().ok()?;
        }
    }
    let kind = kind
        .and_then(|kind| kind.decode())
        .unwrap_or_default()
        .into_owned();
    let mut message = message?.decode()?.into_owned();
    message.truncate(message.floor_char_boundary(MESSAGE_LENGTH_MAX));
    let is_type = kind.len() <= TYPE_LENGTH_MAX && kind.bytes().all(|byte| byte.is_ascii_graphic());
    Some(UpstreamError {
        kind: if is_type { kind } else { String::new() },
        message,
    })
}

/// The value that is due, if it is a string.
pub(super) fn text<'a>(scan: &mut Scanner<'a>) -> Result<Option<Text<'a>>, JsonFault> {
    let item = scan.value()?;
    if let Item::Text(text) = item {
        return Ok(Some(text));
    }
    scan.leave(item)?;
    Ok(None)
}
