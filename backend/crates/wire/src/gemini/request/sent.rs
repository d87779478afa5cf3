//! Turns, written as `contents`. Thinking that another vendor sealed, or that nobody did, is left out: Google documents
//! that earlier thoughts need not be given back.

use super::super::seal::FOREIGN_CALL;
use super::media;
use super::thinking::Way;
use crate::format::Vendor;
use crate::model::{
    Aspect, Document, Part, Request, Role, Sealed, Source, ToolCall, ToolResult, Turn, Unsayable,
};
use crate::tree::Node;
use crate::write::{ArrayWriter, ObjectWriter};
use std::borrow::Cow;
use std::collections::HashMap;

/// What is known of the request while its turns are written.
pub(super) struct Sent<'r> {
    /// The functions called, by the call's id.
    names: HashMap<&'r str, &'r str>,
    /// Gemini 3 and later: calls must carry a signature, and answers of functions may hold pictures.
    new: bool,
}

impl<'r> Sent<'r> {
    pub fn new(request: &'r Request<'_>, model: &str) -> Self {
        let parts = request.turns.iter().flat_map(|turn| &turn.parts);
        let named = parts.filter_map(|part| match part {
            Part::ToolCall(call) => Some((call.id.as_ref(), call.name.as_ref())),
            _ => None,
        });
        Self {
            names: named.collect(),
            new: Way::of(model) == Way::Level,
        }
    }

    pub fn turns(&self, turns: &[Turn<'_>], contents: &mut ArrayWriter<'_>) -> Result<(), Unsayable> {
        let mut written = Ok(());
        for turn in turns.iter().filter(|turn| turn.parts.iter().any(is_sayable)) {
            contents.object(|content| {
                let role = match turn.role {
                    Role::User => "user",
                    Role::Assistant => "model",
                };
                content.text("role", role);
                content.array("parts", |parts| written = self.parts(turn, parts));
            });
            written?;
            written = Ok(());
        }
        Ok(())
    }

    fn parts(&self, turn: &Turn<'_>, parts: &mut ArrayWriter<'_>) -> Result<(), Unsayable> {
        let mut signed = false;
        let mut each = turn.parts.iter().filter(|part| is_sayable(part)).peekable();
        while let Some(part) = each.next() {
            match part {
                Part::Text { text, .. } | Part::Refusal { text } => {
                    let signature = each.next_if(|next| lone_seal(next).is_some()).and_then(lone_seal);
                    write_text(parts, text, false, signature);
                }
                Part::Thinking { text, sealed, .. } => {
                    let thought = !text.is_empty();
                    write_text(parts, text, thought, sealed.as_ref().and_then(googles));
                }
                Part::Image(image) => {
                    let signature = each.next_if(|next| lone_seal(next).is_some()).and_then(lone_seal);
                    write_media(parts, &image.source, signature)?;
                }
                Part::Audio { source } => write_media(parts, source, None)?,
                Part::Document(document) => write_document(parts, document)?,
                Part::ToolCall(call) => {
                    self.call(parts, call, signed)?;
                    signed = true;
                }
                Part::ToolResult(result) => self.result(parts, result)?,
            }
        }
        Ok(())
    }

    /// Only the first call of an answer needs a signature ("Thought signatures", parallel calls).
    fn call(&self, parts: &mut ArrayWriter<'_>, call: &ToolCall<'_>, signed: bool) -> Result<(), Unsayable> {
        let args = arguments(&call.arguments)?;
        let seal = call.sealed.as_ref().and_then(googles);
        parts.object(|part| {
            part.object("functionCall", |function| {
                function.text("id", &call.id);
                function.text("name", &call.name);
                function.node("args", &args);
            });
            let foreign = (self.new && !signed).then_some(FOREIGN_CALL);
            part.text_if("thoughtSignature", seal.or(foreign));
        });
        Ok(())
    }

    fn result(&self, parts: &mut ArrayWriter<'_>, result: &ToolResult<'_>) -> Result<(), Unsayable> {
        let known = self.names.get(result.id.as_ref()).copied();
        let Some(name) = result.name.as_deref().or(known) else {
            let why = format!("The result `{}` answers no call of the conversation.", result.id);
            return Err(Unsayable::new(Aspect::Turns, why));
        };
        let inner = |part: &&Part<'_>| self.new && is_inline(part);
        let mut written = Ok(());
        parts.object(|part| {
            part.object("functionResponse", |response| {
                response.text("id", &result.id);
                response.text("name", name);
                match &result.object {
                    Some(object) => response.node("response", object),
                    None => response.object("response", |object| {
                        let field = if result.is_error { "error" } else { "output" };
                        object.text(field, &text_of(&result.content));
                    }),
                }
                if result.content.iter().any(|part| inner(&part)) {
                    response.array("parts", |parts| {
                        for media in result.content.iter().filter(inner) {
                            written =
                                std::mem::replace(&mut written, Ok(())).and(write_attached(parts, media));
                        }
                    });
                }
            });
        });
        written?;
        for media in result.content.iter().filter(|part| !inner(part)) {
            write_attached(parts, media)?;
        }
        Ok(())
    }
}

/// Whether Google is told of it at all.
fn is_sayable(part: &Part<'_>) -> bool {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => !text.is_empty(),
        Part::Thinking { sealed, .. } => sealed.as_ref().and_then(googles).is_some(),
        _ => true,
    }
}

fn googles<'s>(sealed: &'s Sealed<'_>) -> Option<&'s str> {
    (sealed.vendor == Vendor::Google).then_some(&sealed.data)
}

/// Thinking that is only a seal: it belongs to the part before it.
fn lone_seal<'p>(part: &'p Part<'_>) -> Option<&'p str> {
    match part {
        Part::Thinking { text, sealed, .. } if text.is_empty() => sealed.as_ref().and_then(googles),
        _ => None,
    }
}

fn write_text(parts: &mut ArrayWriter<'_>, text: &str, thought: bool, signature: Option<&str>) {
    parts.object(|part| {
        part.text("text", text);
        if thought {
            part.bool("thought", true);
        }
        part.text_if("thoughtSignature", signature);
    });
}

fn write_media(
    parts: &mut ArrayWriter<'_>,
    source: &Source<'_>,
    signature: Option<&str>,
) -> Result<(), Unsayable> {
    let mut part = ObjectWriter::new(parts.item());
    media::write(&mut part, source)?;
    part.text_if("thoughtSignature", signature);
    part.end();
    Ok(())
}

/// Google's files have no titles: what is to be known of a document stands before it.
fn write_document(parts: &mut ArrayWriter<'_>, document: &Document<'_>) -> Result<(), Unsayable> {
    let told = [&document.title, &document.context];
    let mut before = String::new();
    for line in told.into_iter().flatten().filter(|line| !line.is_empty()) {
        before.push_str(line);
        before.push('\n');
    }
    if let Source::Text(text) = &document.source {
        write_text(parts, &format!("{before}{text}"), false, None);
        return Ok(());
    }
    if !before.is_empty() {
        write_text(parts, before.trim_end(), false, None);
    }
    write_media(parts, &document.source, None)
}

/// What can stand within a function's answer: bytes.
fn is_inline(part: &Part<'_>) -> bool {
    let source = match part {
        Part::Image(image) => &image.source,
        Part::Document(document) => &document.source,
        _ => return false,
    };
    matches!(source, Source::Base64 { .. })
}

fn write_attached(parts: &mut ArrayWriter<'_>, part: &Part<'_>) -> Result<(), Unsayable> {
    match part {
        Part::Image(image) => write_media(parts, &image.source, None),
        Part::Document(document) if !matches!(document.source, Source::Text(_)) => {
            write_media(parts, &document.source, None)
        }
        Part::Audio { source } => write_media(parts, source, None),
        _ => Ok(()),
    }
}

fn text_of<'p>(content: &'p [Part<'_>]) -> Cow<'p, str> {
    let mut texts = content.iter().filter_map(|part| match part {
        Part::Text { text, .. }
        | Part::Refusal { text }
        | Part::Document(Document {
            source: Source::Text(text),
            ..
        }) => Some(text.as_ref()),
        _ => None,
    });
    let first = texts.next().unwrap_or_default();
    let mut all = Cow::Borrowed(first);
    for text in texts {
        let all = all.to_mut();
        all.push('\n');
        all.push_str(text);
    }
    all
}

fn arguments(text: &str) -> Result<Node<'_>, Unsayable> {
    if text.trim_ascii().is_empty() {
        return Ok(Node::Object(Vec::new()));
    }
    match Node::parse(text.as_bytes()) {
        Ok(args @ Node::Object(_)) => Ok(args),
        _ => Err(Unsayable::new(
            Aspect::Turns,
            "The arguments of a call must be a JSON object.",
        )),
    }
}
