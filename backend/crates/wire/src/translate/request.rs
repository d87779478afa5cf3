//! A request from the client's format into the upstream's. Never in here: answers.

use crate::facts::RequestFacts;
use crate::fault::RequestFault;
use crate::format::{ClientFormat, Dialect};
use crate::model::{Aspect, Context, Part, Request, Target, Unsayable, aliases};
use crate::tree::Node;
use crate::{claude, converse, gemini, openai_chat, openai_responses};
use openai_chat::completions;
use std::collections::HashSet;

/// A request in the upstream's format.
#[derive(Clone, Debug, PartialEq)]
pub struct Translated {
    /// What is sent.
    pub body: Vec<u8>,
    /// What the answer's writer must know. Model, id and time are the caller's to fill in.
    pub context: Context,
}

/// What the relay must know of a request in this format.
///
/// # Errors
/// If the body is none.
pub fn read_facts(format: ClientFormat, body: &[u8]) -> Result<RequestFacts, RequestFault> {
    match format {
        ClientFormat::Claude => claude::read_facts(body),
        ClientFormat::Chat => openai_chat::read_facts(body),
        ClientFormat::Responses => openai_responses::read_facts(body),
        ClientFormat::Gemini => gemini::read_facts(body),
        ClientFormat::Completions => completions::read_facts(body),
    }
}

/// How a format calls something.
pub fn field_of(format: ClientFormat, aspect: Aspect) -> &'static str {
    match format {
        ClientFormat::Claude => claude::field_of(aspect),
        ClientFormat::Chat => openai_chat::field_of(aspect),
        ClientFormat::Responses => openai_responses::field_of(aspect),
        ClientFormat::Gemini => gemini::field_of(aspect),
        ClientFormat::Completions => completions::field_of(aspect),
    }
}

fn read(format: ClientFormat, body: &[u8]) -> Result<Request<'_>, RequestFault> {
    match format {
        ClientFormat::Claude => claude::read_request(body),
        ClientFormat::Chat => openai_chat::read_request(body),
        ClientFormat::Responses => openai_responses::read_request(body),
        ClientFormat::Gemini => gemini::read_request(body),
        ClientFormat::Completions => completions::read_request(body),
    }
}

fn write(
    dialect: Dialect,
    request: &Request<'_>,
    target: &Target<'_>,
    into: &mut Vec<u8>,
) -> Result<(), Unsayable> {
    match dialect {
        Dialect::Claude => claude::write_request(request, target, into),
        Dialect::Chat => openai_chat::write_request(request, target, into),
        Dialect::Responses => openai_responses::write_request(request, target, into),
        Dialect::Gemini => gemini::write_request(request, target, into),
        Dialect::Converse => converse::write_request(request, target, into),
    }
}

/// Room beside what is copied from the client's body.
const ROOM: usize = 4 * 1024;

/// Translates a request. `stream` is what the client wants, wherever its format says so; the upstream is asked for the
/// same, and for usage with it.
///
/// # Errors
/// If the body is at fault, or the target has no word for something: the fault names the client's own field.
pub fn translate_request(
    client: ClientFormat,
    dialect: Dialect,
    body: &[u8],
    target: &Target<'_>,
    stream: bool,
) -> Result<Translated, RequestFault> {
    let mut request = read(client, body)?;
    check_turns(client, &request)?;
    let include_usage = match client {
        ClientFormat::Chat => asks_for_usage(body),
        ClientFormat::Completions => completions::wants_usage(body),
        _ => false,
    };
    request.stream = stream;
    // Gemini's clients don't ask for it, but have a place for it and give it back: `thoughtSignature`.
    request.seal_thinking |= client == ClientFormat::Gemini;
    let mut written = Vec::with_capacity(body.len() + ROOM);
    write(dialect, &request, target, &mut written).map_err(|unsayable| {
        let field = field_of(client, unsayable.aspect);
        let name = dialect.name();
        RequestFault::field(
            field,
            &format!(
                "{} (The model `{}` is served in {name}.)",
                unsayable.why, target.model
            ),
        )
    })?;
    let context = Context {
        include_usage,
        tools: aliases(&request),
        seal_thinking: request.seal_thinking,
        echo: if client == ClientFormat::Responses {
            Node::parse(body)
                .map(|node| openai_responses::echo(&node))
                .unwrap_or_default()
        } else {
            Vec::new()
        },
        ..Context::default()
    };
    Ok(Translated {
        body: written,
        context,
    })
}

/// What every vendor refuses: a conversation in which nothing but thinking is said, which only its own vendor can read,
/// and the result of a call that does not stand before it.
fn check_turns(client: ClientFormat, request: &Request<'_>) -> Result<(), RequestFault> {
    let fault = |what: &str| Err(RequestFault::field(field_of(client, Aspect::Turns), what));
    let (mut calls, mut said) = (HashSet::new(), false);
    for part in request.turns.iter().flat_map(|turn| &turn.parts) {
        said |= !matches!(part, Part::Thinking { .. });
        match part {
            Part::ToolCall(call) => drop(calls.insert(call.id.as_ref())),
            Part::ToolResult(result) if !calls.contains(result.id.as_ref()) => {
                return fault(&format!(
                    "The result `{}` answers no call that stands before it.",
                    result.id
                ));
            }
            _ => {}
        }
    }
    if said {
        Ok(())
    } else {
        fault("There must be something to answer besides thinking.")
    }
}

/// Whether a Chat request wants its stream to end with the usage.
fn asks_for_usage(body: &[u8]) -> bool {
    openai_chat::read_facts(body).is_ok_and(|facts| facts.stream && facts.usage_edit.is_none())
}
