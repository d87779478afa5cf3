//! Plain answers and plain errors of an upstream that speaks Claude's format.

mod read;
mod told;
mod write;

pub use read::read_answer;
pub(super) use read::{explanation, parts_of, sealed, stop_reason};
pub use write::write_answer;
pub(super) use write::{begin_message, stop_word, write_usage};

use super::figures::{FigureFault, Figures};
use crate::error::{ErrorKind, UpstreamError};
use crate::facts::AnswerFacts;
use crate::fault::AnswerFault;
use crate::json::{Item, JsonFault, Scanner, Text};

/// No more of an upstream's own words is kept, in bytes.
const MESSAGE_LENGTH_MAX: usize = 2_000;
/// Types are short words; a longer one is none.
const TYPE_LENGTH_MAX: usize = 64;
const NO_MESSAGE: AnswerFault = AnswerFault::NoAnswer("no object of type `message`");
impl From<FigureFault> for AnswerFault {
    fn from(fault: FigureFault) -> Self {
        match fault {
            FigureFault::Json(fault) => fault.into(),
            other => Self::Figures(other.to_string()),
        }
    }
}

/// Reads a plain answer in one pass; the content is passed over.
pub fn scan_answer(body: &[u8]) -> Result<AnswerFacts, AnswerFault> {
    if std::str::from_utf8(body).is_err() {
        return Err(AnswerFault::NotJson("not valid UTF-8".to_owned()));
    }
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value()? else {
        return Err(NO_MESSAGE);
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
        return Err(NO_MESSAGE);
    }
    let told = figures.has_input() && figures.output().is_some();
    Ok(AnswerFacts {
        usage: told.then(|| figures.usage()),
        content_bytes,
        billed_beside_tokens: figures.billed_beside_tokens(),
    })
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
    let kind = if is_type { kind } else { String::new() };
    let typed = ErrorKind::of_claude_type(&kind);
    let (class, account) = told::meaning(typed, &message);
    Some(UpstreamError {
        class,
        kind,
        limit: told::limit(class, &message),
        account,
        message,
        retry_after: None,
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
