//! Reads a Messages request in one pass without building anything of it: what the relay must know, and the faults that
//! it answers itself. Fields that it need not know pass unseen; whether they are right is the upstream's to say.

use super::bound::Bound;
use super::session::session_of_user_id;
use crate::facts::{FIELDS_MAX, MAX_TOKENS_MAX, MODEL_LENGTH_MAX, RequestFacts};
use crate::fault::RequestFault;
use crate::json::{Item, JsonFault, Scanner, Text};
use std::borrow::Cow;
use std::ops::Range;

/// Why no other model may be named within a request.
const ONE_MODEL: &str = "Other models than the request's own can't be named here: a request is limited and priced by one \
                         model. Ask the other one in a request of its own.";

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
pub fn read_facts(body: &[u8]) -> Result<RequestFacts, RequestFault> {
    read(body, true)
}

/// The same for a body of `count_tokens`, which has no `max_tokens`.
///
/// # Errors
/// As above.
pub fn read_count_facts(body: &[u8]) -> Result<RequestFacts, RequestFault> {
    read(body, false)
}

fn read(body: &[u8], generates: bool) -> Result<RequestFacts, RequestFault> {
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
    found.facts(body.len(), generates)
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
            "fallbacks" => {
                // They name other models, with limits of their own.
                let item = scan.value()?;
                let none = match item {
                    Item::Null => true,
                    Item::Array => !scan.item(true)?,
                    _ => false,
                };
                if !none {
                    return Err(RequestFault::field("fallbacks", ONE_MODEL));
                }
            }
            "container" | "mcp_servers" | "thread" => self.bound.fetching(scan)?,
            "context_management" => self.bound.context_management(scan)?,
            "output_config" | "output_format" => self.bound.structured(scan)?,
            _ => scan.skip()?,
        }
        Ok(())
    }

    fn facts(self, body_bytes: usize, generates: bool) -> Result<RequestFacts, RequestFault> {
        let missing = |field, what| RequestFault::field(field, what);
        let (model, model_span) = self.model.ok_or_else(|| {
            missing(
                "model",
                "This field is required: the name of the model, as a string.",
            )
        })?;
        if self.bound.other_model {
            return Err(RequestFault::field("tools", ONE_MODEL));
        }
        if generates && self.max_tokens.is_none() {
            return Err(missing(
                "max_tokens",
                "This field is required: the most tokens to answer with, as a whole number.",
            ));
        }
        let messages_span = self.messages.ok_or_else(|| {
            missing(
                "messages",
                "This field is required: the conversation, as an array of messages.",
            )
        })?;
        Ok(RequestFacts {
            model,
            model_span: Some(model_span),
            max_output: self.max_tokens,
            choices: 1,
            stream: self.stream,
            input_bound: self.bound.tokens(body_bytes),
            images: self.bound.images,
            remote_context: self.bound.remote,
            tool_calls: self.bound.tool_calls,
            session: self.session,
            stable: [Some(messages_span), self.system].into_iter().flatten().collect(),
            ..RequestFacts::default()
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
    // Zero asks for nothing but to fill the vendor's cache ("Prompt caching", pre-warming).
    if minus {
        return Err(fault("This must not be negative."));
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
