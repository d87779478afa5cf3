//! A request, read into the neutral conversation; its parts are in `contents` and `tools`, the way back in `write`.
//! What other formats have no word for is dropped where it only advises, labels or saves, and refused else.
//! Never in here: what only passes (see `facts`).

mod config;
mod contents;
mod media;
mod sent;
mod thinking;
mod tools;
mod write;

pub use write::write_request;

use super::names::Object;
use crate::fault::RequestFault;
use crate::model::{Aspect, Part, Request, ServiceTier};
use crate::tree::Node;

/// Reads a request. The model stays empty and `stream` false: the path tells both.
///
/// # Errors
/// If it is no request, or says what the neutral conversation can't hold.
pub fn read_request(body: &[u8]) -> Result<Request<'_>, RequestFault> {
    of_node(Node::parse(body)?, "")
}

/// Reads a request that stands at this path.
pub(super) fn of_node<'a>(node: Node<'a>, path: &str) -> Result<Request<'a>, RequestFault> {
    let mut fields = Object::of(node, path)?;
    let mut request = Request {
        system: system(&mut fields)?,
        service_tier: service_tier(&mut fields)?,
        store: fields.bool("store")?,
        ..Request::default()
    };
    if !fields.has("contents") {
        return Err(fields.fault(
            "contents",
            "This field is required: the conversation, as an array of contents.",
        ));
    }
    request.turns = contents::read(fields.items("contents"))?;
    tools::read(&mut fields, &mut request)?;
    if let Some(config) = fields.object("generationConfig")? {
        config::read(config, &mut request)?;
    }
    if fields.has("cachedContent") {
        return Err(fields.fault(
            "cachedContent",
            "Content cached at Google can't be read by the model's platform; send the content itself.",
        ));
    }
    // Thresholds of Google's filters, labels for its bills, and what the path or the envelope tells already.
    for dropped in ["safetySettings", "labels", "model", "sessionId"] {
        fields.drop(dropped);
    }
    fields.nothing_left()?;
    Ok(request)
}

fn system<'a>(fields: &mut Object<'a>) -> Result<Vec<Part<'a>>, RequestFault> {
    let path = fields.path("systemInstruction");
    let Some(node) = fields.take("systemInstruction") else {
        return Ok(Vec::new());
    };
    let mut content = match node {
        Node::Text(text) if text.is_empty() => return Ok(Vec::new()),
        Node::Text(text) => return Ok(vec![Part::text(text)]),
        node => Object::of(node, path)?,
    };
    content.drop("role");
    let mut parts = Vec::new();
    for (part, path) in content.items("parts") {
        let mut part = Object::of(part, path)?;
        let text = part
            .text("text")?
            .ok_or_else(|| RequestFault::field(part.here(), "A system instruction may hold text only."))?;
        part.drop("partMetadata");
        part.nothing_left()?;
        if !text.is_empty() {
            parts.push(Part::text(text));
        }
    }
    content.nothing_left()?;
    Ok(parts)
}

fn service_tier(fields: &mut Object<'_>) -> Result<Option<ServiceTier>, RequestFault> {
    let Some(tier) = fields.text("serviceTier")? else {
        return Ok(None);
    };
    match tier.to_ascii_lowercase().as_str() {
        "unspecified" => Ok(Some(ServiceTier::Auto)),
        "standard" => Ok(Some(ServiceTier::Standard)),
        "flex" => Ok(Some(ServiceTier::Flex)),
        "priority" => Ok(Some(ServiceTier::Priority)),
        _ => Err(fields.fault(
            "serviceTier",
            "This must be `unspecified`, `standard`, `flex` or `priority`.",
        )),
    }
}

/// How this format calls it.
pub fn field_of(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::System => "systemInstruction",
        Aspect::Turns => "contents",
        Aspect::Tools => "tools",
        Aspect::ToolChoice | Aspect::ParallelTools => "toolConfig.functionCallingConfig",
        Aspect::MaxOutput => "generationConfig.maxOutputTokens",
        Aspect::Temperature => "generationConfig.temperature",
        Aspect::TopP => "generationConfig.topP",
        Aspect::TopK => "generationConfig.topK",
        Aspect::FrequencyPenalty => "generationConfig.frequencyPenalty",
        Aspect::PresencePenalty => "generationConfig.presencePenalty",
        Aspect::Seed => "generationConfig.seed",
        Aspect::LogitBias => "generationConfig.logitBias",
        Aspect::Stop => "generationConfig.stopSequences",
        Aspect::Choices => "generationConfig.candidateCount",
        Aspect::Logprobs => "generationConfig.responseLogprobs",
        Aspect::Thinking => "generationConfig.thinkingConfig",
        Aspect::Verbosity => "generationConfig",
        Aspect::OutputForm => "generationConfig.responseMimeType",
        Aspect::ServiceTier => "serviceTier",
        Aspect::Metadata => "labels",
        Aspect::Store => "store",
    }
}
