//! OpenAI's legacy Completions as a format of clients. Models of today are asked in other formats, so these requests are
//! always translated: the prompt becomes what the user says.
//! Sources: OpenAI's API reference, "Completions (legacy)".
//! Never in here: upstreams that speak it.

mod fields;
mod write;

use super::bound::PREAMBLE_TOKENS;
use super::request::sampling;
use super::top::{missing, model, read_top, truth, whole};
use crate::facts::{CHOICES_MAX, MAX_TOKENS_MAX, RequestFacts};
use crate::fault::RequestFault;
use crate::fields::Fields;
use crate::model::{Aspect, Part, Request, Role, Turn};
use crate::tree::Node;
use std::borrow::Cow;

pub use fields::{FIELDS, MINIMAL};
pub use write::{StreamWriter, write_answer};

/// The documented output limit where the request gives none.
pub const MAX_TOKENS_DEFAULT: u64 = 16;

/// Reads a request in one pass: what the relay must know.
///
/// # Errors
/// If the body is no JSON object, a field of the top stands twice, or one that matters here is wrong.
pub fn read_facts(body: &[u8]) -> Result<RequestFacts, RequestFault> {
    let (mut named, mut prompt, mut stream) = (None, false, false);
    let (mut limit, mut choices) = (None, None);
    read_top(body, |name, scan| {
        match name {
            "model" => named = Some(model(scan)?),
            "max_tokens" => limit = whole(scan, name, MAX_TOKENS_MAX)?,
            "n" => choices = whole(scan, name, CHOICES_MAX.into())?,
            "stream" => stream = truth(scan, name)?,
            "prompt" => {
                prompt = true;
                scan.skip()?;
            }
            _ => scan.skip()?,
        }
        Ok(())
    })?;
    let (model, span) = named.ok_or_else(|| missing("model", "the name of the model, as a string"))?;
    if !prompt {
        return Err(missing("prompt", "the text to complete, as a string"));
    }
    let choices = choices.and_then(|choices| u32::try_from(choices).ok());
    Ok(RequestFacts {
        model,
        model_span: Some(span),
        max_output: Some(limit.unwrap_or(MAX_TOKENS_DEFAULT)),
        choices: choices.unwrap_or(1),
        stream,
        input_bound: (body.len() as u64).saturating_add(PREAMBLE_TOKENS),
        ..RequestFacts::default()
    })
}

/// Whether a streamed answer is to end with its usage, as `stream_options.include_usage` asks.
pub fn wants_usage(body: &[u8]) -> bool {
    let Ok(node) = Node::parse(body) else { return false };
    let options = node.get("stream_options");
    options
        .and_then(|options| options.get("include_usage"))
        .and_then(Node::as_bool)
        == Some(true)
}

/// Reads a request.
///
/// # Errors
/// If it is no request of this format, or has a field that can't be said in any other.
pub fn read_request(body: &[u8]) -> Result<Request<'_>, RequestFault> {
    let mut fields = Fields::of(Node::parse(body)?, "")?;
    let text = prompt(&mut fields)?;
    let mut request = Request {
        model: fields.required_text("model")?,
        turns: vec![Turn {
            role: Role::User,
            parts: vec![Part::text(text)],
        }],
        max_output: Some(fields.u64("max_tokens")?.unwrap_or(MAX_TOKENS_DEFAULT)),
        store: Some(false),
        ..Request::default()
    };
    if request.max_output == Some(0) {
        return Err(fields.fault("max_tokens", "This must be at least 1."));
    }
    sampling(&mut fields, &mut request)?;
    refuse(&mut fields)?;
    // How a stream is framed.
    fields.take("stream_options");
    fields.nothing_left()?;
    Ok(request)
}

fn prompt<'a>(fields: &mut Fields<'a>) -> Result<Cow<'a, str>, RequestFault> {
    let only = match fields.take("prompt") {
        None => return Err(missing("prompt", "the text to complete, as a string")),
        Some(Node::Array(mut items)) if items.len() == 1 => items.pop(),
        Some(Node::Array(items)) if matches!(items.first(), Some(Node::Text(_))) => {
            return Err(fields.fault(
                "prompt",
                "One prompt a request can be translated; send several requests.",
            ));
        }
        other => other,
    };
    match only {
        Some(Node::Text(text)) if !text.is_empty() => Ok(text),
        Some(Node::Text(_)) => Err(fields.fault("prompt", "This must not be empty.")),
        Some(Node::Array(_) | Node::Number(_)) => {
            let what =
                "These are tokens of OpenAI's, which the model's platform can't read; give the text itself.";
            Err(fields.fault("prompt", what))
        }
        _ => Err(fields.fault("prompt", "This must be a string.")),
    }
}

/// What chats can't do: they answer, and do not continue a text in its midst.
fn refuse(fields: &mut Fields<'_>) -> Result<(), RequestFault> {
    let chat = "The model answers as in a chat, which has nothing of the kind; leave the field out.";
    for name in ["suffix", "logprobs"] {
        if fields.has(name) {
            return Err(fields.fault(name, chat));
        }
    }
    if fields.bool("echo")? == Some(true) {
        return Err(fields.fault("echo", chat));
    }
    match fields.u64("best_of")? {
        None | Some(1) => Ok(()),
        Some(_) => Err(fields.fault("best_of", chat)),
    }
}

/// What this format calls something; the nearest field where it has no name for it.
pub fn field_of(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::System | Aspect::Turns => "prompt",
        Aspect::MaxOutput => "max_tokens",
        other => super::field_of(other),
    }
}
