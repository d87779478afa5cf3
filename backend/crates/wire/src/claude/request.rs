//! Reads a Messages request in one pass without building anything of it: what the relay must know, and the faults that
//! it answers itself. Fields that it need not know pass unseen; whether they are right is the upstream's to say.

use super::bound::Bound;
use super::session::session_of_user_id;
use crate::json::{Item, JsonFault, Scanner, Text, write_text};
use bytes::Bytes;
use std::borrow::Cow;
use std::ops::Range;

/// The longest name of a model, in bytes.
pub const MODEL_LENGTH_MAX: usize = 256;
/// The largest `max_tokens`: beyond it, JSON readers begin to disagree about a number.
pub const MAX_TOKENS_MAX: u64 = 1 << 53;
/// The most fields at the top; the format has some thirty.
pub const FIELDS_MAX: usize = 256;
/// No more of a client's own words is repeated in a message, in bytes.
const SHOWN_LENGTH_MAX: usize = 64;

/// What the relay must know of a request. The body itself is never written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFacts {
    /// The model asked for, 1 to 256 bytes.
    pub model: String,
    /// Where it stands in the body, quotes included.
    pub model_span: Range<usize>,
    /// The most output tokens, 1 to 2^53.
    pub max_tokens: u64,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// No more input tokens than this can be billed, unless [`remote_context`](Self::remote_context).
    pub input_bound: u64,
    /// Whether the API will read more than is in the body: the model's whole window counts then.
    pub remote_context: bool,
    /// The session that Claude Code tells in `metadata.user_id`.
    pub session: Option<String>,
    /// Where `system` stands.
    pub(super) system_span: Option<Range<usize>>,
    /// Where `messages` stands.
    pub(super) messages_span: Range<usize>,
}

/// A fault of the body, ready for a 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RequestFault {
    /// The field at the top that is at fault; empty if it is the body as a whole.
    pub field: String,
    /// What is wrong and what would be right; it begins with the field.
    pub message: String,
}

impl RequestFault {
    fn body(what: impl Into<String>) -> Self {
        Self {
            field: String::new(),
            message: what.into(),
        }
    }

    fn field(field: &str, what: &str) -> Self {
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

/// What was found on the way.
#[derive(Default)]
struct Found<'a> {
    names: Vec<Cow<'a, str>>,
    model: Option<(String, Range<usize>)>,
    max_tokens: Option<u64>,
    stream: bool,
    session: Option<String>,
    system: Option<Range<usize>>,
    messages: Option<Range<usize>>,
    bound: Bound,
}

/// Reads a request. Every field may stand once, however its name is escaped: else this reader might price one model and
/// the upstream run another.
pub fn read_request(body: &[u8]) -> Result<RequestFacts, RequestFault> {
    if body.is_empty() {
        return Err(RequestFault::body(
            "The body is empty; a JSON object is expected.",
        ));
    }
    if let Err(error) = std::str::from_utf8(body) {
        let at = error.valid_up_to();
        return Err(RequestFault::body(format!(
            "The body is not valid UTF-8 at byte {at}; JSON is written in UTF-8."
        )));
    }
    let mut scan = Scanner::new(body);
    let Item::Object = scan.value()? else {
        return Err(RequestFault::body("The body is no JSON object."));
    };
    let mut found = Found::default();
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        let name = found.name(key)?;
        found.field(&name, &mut scan)?;
        found.names.push(name);
    }
    scan.end()?;
    found.facts(body.len())
}

impl<'a> Found<'a> {
    /// A field's name, which must be new.
    fn name(&self, key: Text<'a>) -> Result<Cow<'a, str>, RequestFault> {
        let Some(name) = key.decode() else {
            return Err(RequestFault::body(
                "The body has a field whose name is half a surrogate pair.",
            ));
        };
        if self.names.contains(&name) {
            return Err(RequestFault::field(
                &name,
                "This field stands twice in the body; it may stand once.",
            ));
        }
        if self.names.len() == FIELDS_MAX {
            return Err(RequestFault::body(format!(
                "The body has more than {FIELDS_MAX} fields."
            )));
        }
        Ok(name)
    }

    fn field(&mut self, name: &str, scan: &mut Scanner<'a>) -> Result<(), RequestFault> {
        match name {
            "model" => self.model = Some(model(scan)?),
            "max_tokens" => self.max_tokens = Some(max_tokens(scan)?),
            "stream" => {
                let Item::Bool(stream) = scan.value()? else {
                    return Err(RequestFault::field("stream", "This must be true or false."));
                };
                self.stream = stream;
            }
            "messages" => {
                let begin = scan.value_at();
                let Item::Array = scan.value()? else {
                    return Err(RequestFault::field(
                        "messages",
                        "This must be an array of messages.",
                    ));
                };
                self.bound.messages(scan)?;
                self.messages = Some(begin..scan.at());
            }
            "system" => {
                let begin = scan.value_at();
                scan.skip()?;
                self.system = Some(begin..scan.at());
            }
            "tools" => match scan.value()? {
                Item::Array => self.bound.tools(scan)?,
                other => scan.leave(other)?,
            },
            "metadata" => self.session = session(scan)?,
            "container" | "mcp_servers" => self.bound.fetching(scan)?,
            "context_management" => self.bound.context_management(scan)?,
            "output_config" | "output_format" => self.bound.structured(scan)?,
            _ => scan.skip()?,
        }
        Ok(())
    }

    fn facts(self, body_bytes: usize) -> Result<RequestFacts, RequestFault> {
        let missing = |field, what| RequestFault::field(field, what);
        let (model, model_span) = self.model.ok_or_else(|| {
            missing(
                "model",
                "This field is required: the name of the model, as a string.",
            )
        })?;
        let max_tokens = self.max_tokens.ok_or_else(|| {
            missing(
                "max_tokens",
                "This field is required: the most tokens to answer with, as a whole number.",
            )
        })?;
        let messages_span = self.messages.ok_or_else(|| {
            missing(
                "messages",
                "This field is required: the conversation, as an array of messages.",
            )
        })?;
        Ok(RequestFacts {
            model,
            model_span,
            max_tokens,
            stream: self.stream,
            input_bound: self.bound.tokens(body_bytes),
            remote_context: self.bound.remote,
            session: self.session,
            system_span: self.system,
            messages_span,
        })
    }
}

fn model(scan: &mut Scanner<'_>) -> Result<(String, Range<usize>), RequestFault> {
    let begin = scan.value_at();
    let fault = |what| RequestFault::field("model", what);
    let Item::Text(text) = scan.value()? else {
        return Err(fault("This must be a string, the name of a model."));
    };
    let span = begin..scan.at();
    let Some(model) = text.decode() else {
        return Err(fault("This is no valid text: it has half a surrogate pair."));
    };
    if model.is_empty() {
        return Err(fault("This must not be empty; it is the name of a model."));
    }
    if model.len() > MODEL_LENGTH_MAX {
        return Err(fault("This must be at most 256 bytes long."));
    }
    Ok((model.into_owned(), span))
}

fn max_tokens(scan: &mut Scanner<'_>) -> Result<u64, RequestFault> {
    let fault = |what| RequestFault::field("max_tokens", what);
    let Item::Number(digits) = scan.value()? else {
        return Err(fault("This must be a whole number."));
    };
    let (minus, digits) = match digits {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(fault(
            "This must be a whole number, written without fraction or exponent.",
        ));
    }
    if minus || digits == b"0" {
        return Err(fault("This must be at least 1."));
    }
    std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .filter(|tokens| *tokens <= MAX_TOKENS_MAX)
        .ok_or_else(|| fault("This is more than any model can answer with."))
}

/// The session within `metadata`. A `user_id` of another kind is the client's own affair.
fn session(scan: &mut Scanner<'_>) -> Result<Option<String>, JsonFault> {
    let item = scan.value()?;
    if !matches!(item, Item::Object) {
        scan.leave(item)?;
        return Ok(None);
    }
    let mut session = None;
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        let item = scan.value()?;
        if let (true, Item::Text(user_id)) = (key.is("user_id"), item) {
            session = user_id.decode().and_then(|user_id| session_of_user_id(&user_id));
        }
        scan.leave(item)?;
    }
    Ok(session)
}

/// The body with another model in the place of the one asked for; every other byte stays. The same body, not a copy, if
/// the name is what stands there. The span is [`RequestFacts::model_span`].
pub fn splice_model(body: &Bytes, span: &Range<usize>, model: &str) -> Bytes {
    let (Some(before), Some(old), Some(after)) = (
        body.get(..span.start),
        body.get(span.clone()),
        body.get(span.end..),
    ) else {
        return body.clone();
    };
    let mut name = Vec::with_capacity(model.len() + 2);
    write_text(&mut name, model);
    if name == old {
        return body.clone();
    }
    [before, &name, after].concat().into()
}
