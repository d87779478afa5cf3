//! Reads a Chat Completions request in one pass without building anything of it: what the relay must know, and the faults
//! that it answers itself. Fields that it need not know pass unseen; whether they are right is the upstream's to say.

use super::bound::Bound;
use super::top::{missing, model, read_top, text, truth, whole};
use crate::facts::{CHOICES_MAX, Edit, MAX_TOKENS_MAX, RequestFacts, TOOL_CALLS_EXPECTED};
use crate::fault::RequestFault;
use crate::json::{Item, JsonFault, Scanner};
use crate::usage::Tier;
use std::ops::Range;

/// A longer session is none.
const SESSION_LENGTH_MAX: usize = 128;

/// What was found on the way.
#[derive(Default)]
struct Found {
    model: Option<(String, Range<usize>)>,
    messages: bool,
    opening: Option<Range<usize>>,
    max_tokens: Option<u64>,
    store: Option<bool>,
    choices: Option<u64>,
    stream: bool,
    stream_options: Option<StreamOptions>,
    session: Option<String>,
    tier: Tier,
    searches: bool,
    bound: Bound,
}

/// `stream_options`.
#[derive(Default)]
struct StreamOptions {
    span: Range<usize>,
    include_usage: bool,
    /// The value with `include_usage` set and all else kept.
    asking: Vec<u8>,
}

/// Reads a request.
///
/// # Errors
/// If the body is no JSON object, a field of the top stands twice, or one that matters here is wrong.
pub fn read_facts(body: &[u8]) -> Result<RequestFacts, RequestFault> {
    let mut found = Found::default();
    let inside = read_top(body, |name, scan| found.field(name, scan, body))?;
    found.facts(body.len(), inside)
}

impl Found {
    fn field(&mut self, name: &str, scan: &mut Scanner<'_>, body: &[u8]) -> Result<(), RequestFault> {
        match name {
            "model" => self.model = Some(model(scan)?),
            "messages" => {
                let Item::Array = scan.value()? else {
                    return Err(RequestFault::field(
                        "messages",
                        "This must be an array of messages.",
                    ));
                };
                self.messages = true;
                self.opening = self.bound.messages(scan)?;
            }
            // The older name and the newer one; where both stand, the larger limit bounds either reading.
            "max_tokens" | "max_completion_tokens" => {
                self.max_tokens = self.max_tokens.max(whole(scan, name, MAX_TOKENS_MAX)?);
            }
            "store" => self.store = Some(truth(scan, name)?).filter(|store| *store),
            "n" => self.choices = whole(scan, name, CHOICES_MAX.into())?,
            "stream" => self.stream = truth(scan, name)?,
            "stream_options" => self.stream_options = Some(StreamOptions::read(scan, body)?),
            "tools" => self.bound.tools(scan)?,
            "web_search_options" => {
                self.searches = true;
                self.bound.fetching(scan)?;
            }
            "service_tier" => {
                let tier = text(scan)?.and_then(|tier| tier.decode());
                self.tier = tier.and_then(|tier| Tier::of(&tier)).unwrap_or_default();
            }
            "prompt_cache_key" => {
                let key = text(scan)?.and_then(|key| key.decode());
                self.session = key.filter(|key| is_session(key)).map(Into::into);
            }
            _ => scan.skip()?,
        }
        Ok(())
    }

    fn facts(self, body_bytes: usize, inside: usize) -> Result<RequestFacts, RequestFault> {
        let (model, model_span) = self
            .model
            .ok_or_else(|| missing("model", "the name of the model, as a string"))?;
        if !self.messages {
            return Err(missing("messages", "the conversation, as an array of messages"));
        }
        let choices = self.choices.and_then(|choices| u32::try_from(choices).ok());
        Ok(RequestFacts {
            model,
            model_span: Some(model_span),
            max_output: self.max_tokens,
            choices: choices.unwrap_or(1),
            stream: self.stream,
            usage_edit: usage_edit(self.stream, self.stream_options, inside),
            input_bound: self.bound.tokens(body_bytes),
            images: self.bound.images,
            remote_context: self.bound.remote,
            tier: self.tier,
            tool_calls: if self.searches { TOOL_CALLS_EXPECTED } else { 0 },
            sound: self.bound.sound,
            session: self.session,
            store: self.store,
            stable: self.opening.into_iter().collect(),
        })
    }
}

/// What makes a streamed answer tell its usage (OpenAI's API reference, "Chat", `stream_options.include_usage`).
fn usage_edit(stream: bool, options: Option<StreamOptions>, inside: usize) -> Option<Edit> {
    match options {
        _ if !stream => None,
        None => Some(Edit {
            span: inside..inside,
            text: b"\"stream_options\":{\"include_usage\":true},".to_vec(),
        }),
        Some(options) if options.include_usage => None,
        Some(options) => Some(Edit {
            span: options.span,
            text: options.asking,
        }),
    }
}

impl StreamOptions {
    fn read(scan: &mut Scanner<'_>, body: &[u8]) -> Result<Self, RequestFault> {
        let begin = scan.value_at();
        let mut options = Self {
            asking: b"{\"include_usage\":true".to_vec(),
            ..Self::default()
        };
        match scan.value()? {
            Item::Null => {}
            Item::Object => options.fields(scan, body)?,
            _ => return Err(RequestFault::field("stream_options", "This must be an object.")),
        }
        options.asking.push(b'}');
        options.span = begin..scan.at();
        Ok(options)
    }

    fn fields(&mut self, scan: &mut Scanner<'_>, body: &[u8]) -> Result<(), RequestFault> {
        const FIELD: &str = "stream_options.include_usage";
        let mut told = false;
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if key.is("include_usage") {
                if told {
                    return Err(RequestFault::field(
                        FIELD,
                        "This field stands twice; it may stand once.",
                    ));
                }
                told = true;
                self.include_usage = truth(scan, FIELD)?;
            } else {
                let value = raw(scan, body)?;
                self.asking.extend_from_slice(b",\"");
                self.asking.extend_from_slice(key.raw());
                self.asking.extend_from_slice(b"\":");
                self.asking.extend_from_slice(value);
            }
        }
        Ok(())
    }
}

/// The value that is due, as it is written.
fn raw<'a>(scan: &mut Scanner<'_>, body: &'a [u8]) -> Result<&'a [u8], JsonFault> {
    let begin = scan.value_at();
    scan.skip()?;
    Ok(body.get(begin..scan.at()).unwrap_or_default())
}

fn is_session(text: &str) -> bool {
    (1..=SESSION_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
