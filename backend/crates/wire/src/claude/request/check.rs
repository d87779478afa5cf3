//! Whether a neutral request can be said in Claude's format. What passes here is written without a further doubt.

use super::parts::is_written;
use crate::claude::block::is_object;
use crate::format::Vendor;
use crate::model::{
    Aspect, Document, Image, Part, Request, Role, ServiceTier, Source, ToolResult, Turn, Unsayable,
};

/// Pictures that Claude sees (Anthropic, "Vision").
const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];
pub(super) const PDF: &str = "application/pdf";
/// The longest name of a tool (Anthropic, "Define tools").
const TOOL_NAME_MAX: usize = 128;

/// Refuses what has no words here.
pub(super) fn check(request: &Request<'_>) -> Result<(), Unsayable> {
    sampling(request)?;
    if !matches!(
        request.service_tier,
        None | Some(ServiceTier::Auto | ServiceTier::Standard)
    ) {
        let why = "Anthropic has no such tier; leave this out, or choose the automatic or the standard one.";
        return Err(Unsayable::new(Aspect::ServiceTier, why));
    }
    if request.stop.iter().any(|stop| stop.trim().is_empty()) {
        let why = "Anthropic stops at no text of blanks alone; every stop text needs something else in it.";
        return Err(Unsayable::new(Aspect::Stop, why));
    }
    if !request
        .system
        .iter()
        .all(|part| matches!(part, Part::Text { .. }))
    {
        let why =
            "Claude's system text is text alone; put pictures and documents into a message of the user.";
        return Err(Unsayable::new(Aspect::System, why));
    }
    for tool in &request.tools {
        let name = tool.flat_name();
        if !is_name(&name) || name.len() > TOOL_NAME_MAX {
            let why = "Anthropic takes names of tools of 1 to 128 letters, digits, `_` and `-`.";
            return Err(Unsayable::new(Aspect::Tools, why));
        }
    }
    request.turns.iter().try_for_each(turn)?;
    if !request.turns.iter().flat_map(|turn| &turn.parts).any(is_written) {
        let why = "No message has anything in it that Claude could read.";
        return Err(Unsayable::new(Aspect::Turns, why));
    }
    Ok(())
}

fn sampling(request: &Request<'_>) -> Result<(), Unsayable> {
    let none = |aspect, what: &str| {
        let why = format!("Claude has no {what}; leave this out.");
        Err(Unsayable::new(aspect, why))
    };
    if request.frequency_penalty.is_some_and(|penalty| penalty != 0.0) {
        return none(Aspect::FrequencyPenalty, "frequency penalty");
    }
    if request.presence_penalty.is_some_and(|penalty| penalty != 0.0) {
        return none(Aspect::PresencePenalty, "presence penalty");
    }
    if request.logit_bias.is_some() {
        return none(Aspect::LogitBias, "bias of single tokens");
    }
    if request.logprobs.is_some() {
        return none(Aspect::Logprobs, "log probabilities");
    }
    if request.choices.is_some_and(|choices| choices > 1) {
        let why = "Claude gives one answer to a request; send the request several times.";
        return Err(Unsayable::new(Aspect::Choices, why));
    }
    Ok(())
}

fn turn(turn: &Turn<'_>) -> Result<(), Unsayable> {
    let why = |why: &str| Err(Unsayable::new(Aspect::Turns, why));
    for part in &turn.parts {
        match (part, turn.role) {
            (Part::Text { .. } | Part::Refusal { .. } | Part::Thinking { .. }, _) => {}
            (Part::Image(source), Role::User) => image(source)?,
            (Part::Document(source), Role::User) => document(source)?,
            (Part::ToolResult(source), Role::User) => result(source)?,
            (Part::ToolCall(call), Role::Assistant) => {
                if !is_name(&call.name) {
                    return why(
                        "Anthropic takes names of tools of letters, digits, `_` and `-` in calls too.",
                    );
                }
                if !is_object(&call.arguments) {
                    return why(
                        "The arguments of a tool call are no JSON object; Claude takes nothing else.",
                    );
                }
            }
            (Part::Audio { .. }, _) => return why("Claude hears no sound; send its text."),
            (Part::Image(_) | Part::Document(_), Role::Assistant) => {
                return why(
                    "Claude takes no pictures or documents in the model's own turns; put them into a turn of the user.",
                );
            }
            (Part::ToolCall(_), Role::User) | (Part::ToolResult(_), Role::Assistant) => {
                return why("Calls of tools belong to the model's turns, and their results to the user's.");
            }
        }
    }
    Ok(())
}

fn result(result: &ToolResult<'_>) -> Result<(), Unsayable> {
    for part in &result.content {
        match part {
            Part::Text { .. } => {}
            Part::Image(source) => image(source)?,
            Part::Document(source) => document(source)?,
            _ => {
                let why = "Claude takes texts, pictures and documents as the result of a tool, nothing else.";
                return Err(Unsayable::new(Aspect::Turns, why));
            }
        }
    }
    Ok(())
}

fn image(image: &Image<'_>) -> Result<(), Unsayable> {
    match &image.source {
        Source::Base64 { media_type, .. } if IMAGES.contains(&&**media_type) => Ok(()),
        Source::Url { .. } => Ok(()),
        Source::File { .. } => file(&image.source),
        Source::Base64 { .. } | Source::Text(_) => {
            let why = "Claude sees pictures of the types JPEG, PNG, GIF and WebP.";
            Err(Unsayable::new(Aspect::Turns, why))
        }
    }
}

fn document(document: &Document<'_>) -> Result<(), Unsayable> {
    match &document.source {
        Source::Base64 { media_type, .. } if media_type == PDF => Ok(()),
        Source::Text(_) | Source::Url { .. } => Ok(()),
        Source::File { .. } => file(&document.source),
        Source::Base64 { .. } => {
            let why = "Claude reads documents as PDF or as plain text; send it as one of these.";
            Err(Unsayable::new(Aspect::Turns, why))
        }
    }
}

fn file(source: &Source<'_>) -> Result<(), Unsayable> {
    match source {
        Source::File { vendor, .. } if *vendor != Vendor::Anthropic => {
            let why = "This file is kept at another vendor, where Anthropic can't read it; send its content.";
            Err(Unsayable::new(Aspect::Turns, why))
        }
        _ => Ok(()),
    }
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !name.is_empty() && name.bytes().all(fits)
}
