//! The parts of answers and of a stream's events, and log probabilities, both ways.

use super::super::names::{get, get_items, get_text, take};
use super::super::seal;
use crate::model::{Image, Source, TokenLogprob, ToolCall};
use crate::tree::Node;
use crate::write::{ArrayWriter, ObjectWriter};
use std::borrow::Cow;

/// Under which an object holds what a model wrote in place of an object.
const INVALID: &str = "__invalid_json";
/// No more of an answer's id goes into a call's: OpenAI takes ids of up to 64 characters.
const ANSWER_ID_MAX: usize = 40;

/// What a part says.
#[derive(Debug)]
pub(in super::super) enum Piece<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// Thinking, as shown.
    Thought(Cow<'a, str>),
    /// A call; always whole.
    Call {
        /// If told.
        id: Option<Cow<'a, str>>,
        /// The function's.
        name: Cow<'a, str>,
        /// JSON text of an object.
        arguments: String,
    },
    /// A picture.
    Image(Image<'a>),
    /// Nothing that other formats have: Google's own tools at work.
    Other,
}

/// Reads a part and its seal.
pub(in super::super) fn read_part(mut part: Node<'_>) -> (Piece<'_>, Option<seal::Read<'_>>) {
    let sealed = match take(&mut part, "thoughtSignature") {
        Some(Node::Text(signature)) => seal::read(signature),
        _ => None,
    };
    let thought = get(&part, "thought").and_then(Node::as_bool).unwrap_or(false);
    if let Some(mut call) = take(&mut part, "functionCall") {
        return (read_call(&mut call), sealed);
    }
    if let Some(Node::Text(text)) = take(&mut part, "text") {
        let piece = if thought {
            Piece::Thought(text)
        } else {
            Piece::Text(text)
        };
        return (piece, sealed);
    }
    if let Some(mut blob) = take(&mut part, "inlineData")
        && let Some(Node::Text(media_type)) = take(&mut blob, "mimeType")
        && let Some(Node::Text(data)) = take(&mut blob, "data")
        && media_type.starts_with("image/")
    {
        let source = Source::Base64 { media_type, data };
        let image = Image {
            source,
            detail: None,
            cache: None,
        };
        return (Piece::Image(image), sealed);
    }
    let piece = if thought {
        Piece::Thought("".into())
    } else {
        Piece::Other
    };
    (piece, sealed)
}

fn read_call<'a>(call: &mut Node<'a>) -> Piece<'a> {
    let id = match take(call, "id") {
        Some(Node::Text(id)) if !id.is_empty() => Some(id),
        _ => None,
    };
    let Some(Node::Text(name)) = take(call, "name") else {
        return Piece::Other;
    };
    let arguments = take(call, "args").map_or_else(|| "{}".to_owned(), |args| args.to_text());
    Piece::Call { id, name, arguments }
}

/// An id for a call to which Google gave none. It tells answers of one conversation apart and has only such characters as
/// every format takes.
pub(in super::super) fn call_id(answer_id: &str, choice: u32, number: usize) -> String {
    let plain = |char: char| {
        if char.is_ascii_alphanumeric() || char == '-' {
            char
        } else {
            '_'
        }
    };
    let answer: String = answer_id.chars().take(ANSWER_ID_MAX).map(plain).collect();
    format!("call_{answer}_{choice}_{number}")
}

pub(in super::super) fn write_text(
    parts: &mut ArrayWriter<'_>,
    text: &str,
    thought: bool,
    signature: Option<&str>,
) {
    parts.object(|part| {
        part.text("text", text);
        if thought {
            part.bool("thought", true);
        }
        part.text_if("thoughtSignature", signature);
    });
}

pub(in super::super) fn write_call(parts: &mut ArrayWriter<'_>, call: &ToolCall<'_>) {
    parts.object(|part| {
        part.object("functionCall", |function| {
            if !call.id.is_empty() {
                function.text("id", &call.id);
            }
            function.text("name", &call.name);
            match Node::parse(call.arguments.as_bytes()) {
                Ok(args @ Node::Object(_)) => function.node("args", &args),
                _ if call.arguments.trim_ascii().is_empty() => function.object("args", |_| {}),
                _ => function.object("args", |args| args.text(INVALID, &call.arguments)),
            }
        });
        let signature = call.sealed.as_ref().map(|sealed| seal::written(sealed, false));
        part.text_if("thoughtSignature", signature.as_deref());
    });
}

/// Reads a `logprobsResult`.
pub(in super::super) fn read_logprobs(result: &Node<'_>) -> Vec<TokenLogprob> {
    let one = |node: &Node<'_>| {
        let token = get_text(node, "token").unwrap_or_default().to_owned();
        let logprob = get(node, "logProbability").and_then(Node::as_f64).unwrap_or(0.0);
        (token, logprob)
    };
    let tops = get_items(result, "topCandidates");
    let chosen = get_items(result, "chosenCandidates").iter().enumerate();
    let token = |(at, node): (usize, &Node<'_>)| {
        let (token, logprob) = one(node);
        let top = tops
            .get(at)
            .map(|top| get_items(top, "candidates"))
            .unwrap_or_default();
        TokenLogprob {
            token,
            logprob,
            top: top.iter().map(one).collect(),
        }
    };
    chosen.map(token).collect()
}

/// Writes a candidate's `logprobsResult`.
pub(in super::super) fn write_logprobs(candidate: &mut ObjectWriter<'_>, tokens: &[TokenLogprob]) {
    let one = |object: &mut ObjectWriter<'_>, token: &str, logprob: f64| {
        object.text("token", token);
        object.f64("logProbability", logprob);
    };
    candidate.object("logprobsResult", |result| {
        result.array("chosenCandidates", |chosen| {
            for token in tokens {
                chosen.object(|object| one(object, &token.token, token.logprob));
            }
        });
        result.array("topCandidates", |tops| {
            for token in tokens {
                tops.object(|top| {
                    top.array("candidates", |candidates| {
                        for (token, logprob) in &token.top {
                            candidates.object(|object| one(object, token, *logprob));
                        }
                    });
                });
            }
        });
    });
}
