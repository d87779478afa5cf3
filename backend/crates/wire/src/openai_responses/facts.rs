//! Reads a Responses request in one pass without building anything of it: what the relay must know, and the faults that
//! it answers itself. Fields that it need not know pass unseen; whether they are right is the upstream's to say.

use super::bound::Bound;
use super::told::{owned, whole};
use crate::facts::{FIELDS_MAX, MAX_TOKENS_MAX, MODEL_LENGTH_MAX, RequestFacts, TOOL_CALLS_EXPECTED};
use crate::fault::RequestFault;
use crate::json::{Item, Scanner, Text};
use crate::usage::Tier;
use std::borrow::Cow;
use std::ops::Range;

/// The longest name of a session or of an earlier response, in bytes; a longer one is none.
const NAME_LENGTH_MAX: usize = 256;

/// What was found on the way.
#[derive(Default)]
struct Found<'a> {
    names: Vec<Cow<'a, str>>,
    model: Option<(String, Range<usize>)>,
    max_output: Option<u64>,
    stream: bool,
    session: Option<String>,
    store: Option<bool>,
    instructions: Option<Range<usize>>,
    input: Option<Range<usize>>,
    /// Whether the API has an input of its own: a prompt, a conversation, an earlier response.
    kept_input: bool,
    tier: Tier,
    max_tool_calls: Option<u64>,
    bound: Bound,
}

/// Reads a request. Every field may stand once, however its name is escaped: else this reader might price one model and
/// the upstream run another.
///
/// # Errors
/// If it is no JSON object, or a field that matters here can't be right.
pub fn read_facts(body: &[u8]) -> Result<RequestFacts, RequestFault> {
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
            "max_output_tokens" => self.max_output = max_output(scan)?,
            "stream" => {
                self.stream = match scan.value()? {
                    Item::Bool(stream) => stream,
                    Item::Null => false,
                    _ => return Err(RequestFault::field("stream", "This must be true or false.")),
                };
            }
            "input" => self.input = self.input_span(scan)?,
            "instructions" => {
                let begin = scan.value_at();
                let item = scan.value()?;
                let told = !matches!(item, Item::Null);
                scan.leave(item)?;
                self.instructions = told.then(|| begin..scan.at());
            }
            "background" => {
                // Such an answer comes later and by another call: nobody would know what it cost.
                let item = scan.value()?;
                if let Item::Bool(true) = item {
                    let what = "Answers in the background are not offered here; leave this field out and set `stream` for \
                                long answers.";
                    return Err(RequestFault::field("background", what));
                }
                scan.leave(item)?;
            }
            "tools" => self.bound.tools(scan)?,
            "service_tier" => {
                self.tier = owned(scan)?.and_then(|tier| Tier::of(&tier)).unwrap_or_default();
            }
            "max_tool_calls" => self.max_tool_calls = whole(scan)?,
            "store" => {
                let item = scan.value()?;
                self.store = match item {
                    Item::Bool(store) => Some(store),
                    _ => None,
                };
                scan.leave(item)?;
            }
            "previous_response_id" => {
                let is_told = text_or_null(name, scan)?.is_some();
                self.kept_input |= is_told;
                self.bound.remote |= is_told;
            }
            "conversation" | "prompt" => {
                let before = std::mem::replace(&mut self.bound.remote, false);
                self.bound.fetching(scan)?;
                self.kept_input |= self.bound.remote;
                self.bound.remote |= before;
            }
            "prompt_cache_key" => {
                self.session = owned(scan)?.filter(|key| (1..=NAME_LENGTH_MAX).contains(&key.len()));
            }
            _ => scan.skip()?,
        }
        Ok(())
    }

    /// Reads `input` and gives what of it stays the same over a conversation: up to the user's first words.
    fn input_span(&mut self, scan: &mut Scanner<'a>) -> Result<Option<Range<usize>>, RequestFault> {
        let begin = scan.value_at();
        match scan.value()? {
            Item::Null => return Ok(None),
            Item::Text(_) => return Ok(Some(begin..scan.at())),
            Item::Array => {}
            _ => {
                return Err(RequestFault::field(
                    "input",
                    "This must be a string or an array of items.",
                ));
            }
        }
        let (mut end, mut user_spoke, mut first) = (None, false, true);
        while scan.item(first)? {
            first = false;
            let marks = self.bound.item(scan)?;
            if !user_spoke {
                end = Some(scan.at());
                user_spoke = marks.is_user;
            }
        }
        Ok(Some(begin..end.unwrap_or_else(|| scan.at())))
    }

    fn facts(self, body_bytes: usize) -> Result<RequestFacts, RequestFault> {
        let (model, model_span) = self.model.ok_or_else(|| {
            RequestFault::field(
                "model",
                "This field is required: the name of the model, as a string.",
            )
        })?;
        if self.input.is_none() && !self.kept_input {
            return Err(RequestFault::field(
                "input",
                "This field is required: the conversation, as a string or an array of items.",
            ));
        }
        Ok(RequestFacts {
            input_bound: self.bound.tokens(body_bytes, &model),
            model,
            model_span: Some(model_span),
            max_output: self.max_output,
            choices: 1,
            stream: self.stream,
            images: self.bound.images,
            remote_context: self.bound.remote,
            tier: self.tier,
            tool_calls: if self.bound.tools_run {
                self.max_tool_calls.unwrap_or(TOOL_CALLS_EXPECTED)
            } else {
                0
            },
            session: self.session,
            stable: [self.instructions, self.input].into_iter().flatten().collect(),
            store: self.store,
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

fn max_output(scan: &mut Scanner<'_>) -> Result<Option<u64>, RequestFault> {
    let fault = |what| RequestFault::field("max_output_tokens", what);
    let digits = match scan.value()? {
        Item::Null => return Ok(None),
        Item::Number(digits) => digits,
        _ => return Err(fault("This must be a whole number.")),
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
        .map(Some)
        .ok_or_else(|| fault("This is more than any model can answer with."))
}

/// An id, which must be a string of some length where it is one at all.
fn text_or_null(name: &str, scan: &mut Scanner<'_>) -> Result<Option<String>, RequestFault> {
    let item = scan.value()?;
    let text = match item {
        Item::Null => return Ok(None),
        Item::Text(text) => text.decode(),
        other => {
            scan.leave(other)?;
            None
        }
    };
    let text = text.filter(|text| (1..=NAME_LENGTH_MAX).contains(&text.len()));
    text.map(|text| Some(text.into_owned()))
        .ok_or_else(|| RequestFault::field(name, "This must be a string of 1 to 256 bytes."))
}
