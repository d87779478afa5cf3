//! Reads a Chat Completions request into the neutral one. What the neutral request has no place for is left out where
//! OpenAI documents it as no more than a hint or a label, and refused else.
//! Sources: OpenAI's API reference, "Chat", "Create chat completion".

mod content;
mod conversation;
mod messages;
mod tools;
mod write;
mod write_messages;

use crate::facts::CHOICES_MAX;
use crate::fault::RequestFault;
use crate::fields::Fields;
use crate::model::{Aspect, Effort, OutputForm, Request, ServiceTier, Thinking};
use crate::tree::Node;
use std::borrow::Cow;
pub use write::write_request;

/// The most stop texts of a request.
pub(super) const STOPS_MAX: usize = 4;
/// The most alternatives for a token.
const TOP_LOGPROBS_MAX: u64 = 20;

/// Fields that change nothing of the answer: labels, cache hints, how a stream is framed, hints that only save time.
const LEFT_OUT: [&str; 4] = [
    "prompt_cache_options",
    "prompt_cache_retention",
    "stream_options",
    "prediction",
];

/// Reads a request.
///
/// # Errors
/// If it is no request of this format, or has a field that can't be said in any other.
pub fn read_request(body: &[u8]) -> Result<Request<'_>, RequestFault> {
    let mut fields = Fields::of(Node::parse(body)?, "")?;
    let (system, turns) = messages::read(&mut fields)?;
    let mut request = Request {
        model: fields.required_text("model")?,
        system,
        turns,
        // This format's default is not to keep answers; that of others is to keep them.
        store: Some(fields.bool("store")?.unwrap_or(false)),
        max_output: max_output(&mut fields)?,
        logprobs: logprobs(&mut fields)?,
        verbosity: verbosity(&mut fields)?,
        output: output_form(&mut fields)?,
        metadata: metadata(&mut fields)?,
        service_tier: service_tier(&mut fields)?,
        cache_key: fields.text("prompt_cache_key")?,
        ..Request::default()
    };
    (request.thinking, request.effort) = effort(&mut fields)?;
    sampling(&mut fields, &mut request)?;
    if let Some(user) = fields.text("safety_identifier")?.filter(|user| !user.is_empty()) {
        request.user = Some(user);
    }
    tools::read(&mut fields, &mut request)?;
    text_alone(&mut fields)?;
    for name in LEFT_OUT {
        fields.take(name);
    }
    fields.nothing_left()?;
    Ok(request)
}

/// What this format calls something.
pub fn field_of(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::System | Aspect::Turns => "messages",
        Aspect::Tools => "tools",
        Aspect::ToolChoice => "tool_choice",
        Aspect::ParallelTools => "parallel_tool_calls",
        Aspect::MaxOutput => "max_completion_tokens",
        Aspect::Temperature => "temperature",
        Aspect::TopP => "top_p",
        Aspect::TopK => "top_k",
        Aspect::FrequencyPenalty => "frequency_penalty",
        Aspect::PresencePenalty => "presence_penalty",
        Aspect::Seed => "seed",
        Aspect::LogitBias => "logit_bias",
        Aspect::Stop => "stop",
        Aspect::Choices => "n",
        Aspect::Logprobs => "logprobs",
        Aspect::Thinking => "reasoning_effort",
        Aspect::Verbosity => "verbosity",
        Aspect::OutputForm => "response_format",
        Aspect::ServiceTier => "service_tier",
        Aspect::Metadata => "metadata",
        Aspect::Store => "store",
    }
}

/// Reads what legacy Completions have as well. `top_k` is no field of OpenAI's, but one that servers of the same make take.
pub(super) fn sampling<'a>(fields: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    request.temperature = fields.f64("temperature", 0.0, 2.0)?;
    request.top_p = fields.f64("top_p", 0.0, 1.0)?;
    request.top_k = fields.u64("top_k")?;
    request.frequency_penalty = fields.f64("frequency_penalty", -2.0, 2.0)?;
    request.presence_penalty = fields.f64("presence_penalty", -2.0, 2.0)?;
    request.seed = fields.i64("seed")?;
    request.logit_bias = logit_bias(fields)?;
    request.stop = stop(fields)?;
    request.choices = choices(fields)?;
    request.user = fields.text("user")?;
    request.stream = fields.bool("stream")?.unwrap_or(false);
    Ok(())
}

fn metadata<'a>(fields: &mut Fields<'a>) -> Result<Option<Node<'a>>, RequestFault> {
    match fields.take("metadata") {
        None => Ok(None),
        Some(labels @ Node::Object(_)) => Ok(Some(labels)),
        Some(_) => Err(fields.fault("metadata", "This must be an object.")),
    }
}

fn logit_bias<'a>(fields: &mut Fields<'a>) -> Result<Option<Node<'a>>, RequestFault> {
    match fields.take("logit_bias") {
        // No bias is what an empty object says.
        Some(Node::Object(biases)) => Ok((!biases.is_empty()).then_some(Node::Object(biases))),
        None => Ok(None),
        Some(_) => Err(fields.fault("logit_bias", "This must be an object.")),
    }
}

fn stop<'a>(fields: &mut Fields<'a>) -> Result<Vec<Cow<'a, str>>, RequestFault> {
    const WHAT: &str = "This must be a string or an array of up to 4 strings.";
    let items = match fields.take("stop") {
        None => return Ok(Vec::new()),
        Some(Node::Text(text)) => return Ok(vec![text]),
        Some(Node::Array(items)) if items.len() <= STOPS_MAX => items,
        Some(_) => return Err(fields.fault("stop", WHAT)),
    };
    let text = |item| match item {
        Node::Text(text) => Ok(text),
        _ => Err(fields.fault("stop", WHAT)),
    };
    items.into_iter().map(text).collect()
}

fn choices(fields: &mut Fields<'_>) -> Result<Option<u32>, RequestFault> {
    let Some(n) = fields.u64("n")? else {
        return Ok(None);
    };
    let n = u32::try_from(n).ok().filter(|n| (1..=CHOICES_MAX).contains(n));
    n.map(Some).ok_or_else(|| {
        fields.fault(
            "n",
            &format!("This must be a whole number from 1 to {CHOICES_MAX}."),
        )
    })
}

fn max_output(fields: &mut Fields<'_>) -> Result<Option<u64>, RequestFault> {
    let newer = fields.u64("max_completion_tokens")?;
    let older = fields.u64("max_tokens")?;
    if newer.is_some() && older.is_some() {
        return Err(fields.fault(
            "max_tokens",
            "This is the older name of `max_completion_tokens`, which is there too; give one of them.",
        ));
    }
    Ok(newer.or(older))
}

fn logprobs(fields: &mut Fields<'_>) -> Result<Option<u32>, RequestFault> {
    let wanted = fields.bool("logprobs")?.unwrap_or(false);
    let Some(top) = fields.u64("top_logprobs")? else {
        return Ok(wanted.then_some(0));
    };
    if !wanted {
        return Err(fields.fault("top_logprobs", "This needs `logprobs` to be true."));
    }
    match u32::try_from(top) {
        Ok(number) if top <= TOP_LOGPROBS_MAX => Ok(Some(number)),
        _ => Err(fields.fault("top_logprobs", "This must be a whole number from 0 to 20.")),
    }
}

fn effort(fields: &mut Fields<'_>) -> Result<(Option<Thinking>, Option<Effort>), RequestFault> {
    let Some(word) = fields.text("reasoning_effort")? else {
        return Ok((None, None));
    };
    let effort = match word.as_ref() {
        "none" => return Ok((Some(Thinking::Off), None)),
        "minimal" => Effort::Minimal,
        "low" => Effort::Low,
        "medium" => Effort::Medium,
        "high" => Effort::High,
        "xhigh" => Effort::VeryHigh,
        "max" => Effort::Max,
        _ => {
            let what = "This must be none, minimal, low, medium, high, xhigh or max.";
            return Err(fields.fault("reasoning_effort", what));
        }
    };
    Ok((None, Some(effort)))
}

fn verbosity(fields: &mut Fields<'_>) -> Result<Option<Effort>, RequestFault> {
    match fields.text("verbosity")?.as_deref() {
        None => Ok(None),
        Some("low") => Ok(Some(Effort::Low)),
        Some("medium") => Ok(Some(Effort::Medium)),
        Some("high") => Ok(Some(Effort::High)),
        Some(_) => Err(fields.fault("verbosity", "This must be low, medium or high.")),
    }
}

fn service_tier(fields: &mut Fields<'_>) -> Result<Option<ServiceTier>, RequestFault> {
    match fields.text("service_tier")?.as_deref() {
        None => Ok(None),
        Some("auto") => Ok(Some(ServiceTier::Auto)),
        Some("default") => Ok(Some(ServiceTier::Standard)),
        Some("flex") => Ok(Some(ServiceTier::Flex)),
        Some("priority" | "fast") => Ok(Some(ServiceTier::Priority)),
        Some("scale") => Err(fields.fault(
            "service_tier",
            "A scale tier is bought at OpenAI and means nothing to the model's platform; leave the field out.",
        )),
        Some(_) => Err(fields.fault("service_tier", "This must be auto, default, flex, priority or fast.")),
    }
}

fn output_form<'a>(fields: &mut Fields<'a>) -> Result<Option<OutputForm<'a>>, RequestFault> {
    let Some(mut format) = fields.object("response_format")? else {
        return Ok(None);
    };
    let form = match format.required_text("type")?.as_ref() {
        "text" => None,
        "json_object" => Some(OutputForm::Json),
        "json_schema" => {
            let Some(mut schema) = format.object("json_schema")? else {
                return Err(format.fault("json_schema", "This field is required: an object."));
            };
            let form = OutputForm::Schema {
                name: schema.text("name")?,
                description: schema.text("description")?,
                schema: schema.schema("schema")?.unwrap_or(Node::Object(Vec::new())),
                strict: schema.bool("strict")?,
            };
            schema.nothing_left()?;
            Some(form)
        }
        _ => return Err(format.fault("type", "This must be text, json_object or json_schema.")),
    };
    format.nothing_left()?;
    Ok(form)
}

/// Refuses what would give another answer than text: sound, searches, moderation.
fn text_alone(fields: &mut Fields<'_>) -> Result<(), RequestFault> {
    let modalities = fields.array("modalities")?.unwrap_or_default();
    if modalities.iter().any(|kind| kind.as_text() != Some("text")) {
        let what = "The model's platform answers in this format with text alone; ask for [\"text\"].";
        return Err(fields.fault("modalities", what));
    }
    let refused = [
        (
            "audio",
            "The model's platform gives no spoken answer in this format; leave the field out.",
        ),
        (
            "moderation",
            "The model's platform does not run OpenAI's moderation; leave the field out.",
        ),
        (
            "web_search_options",
            "OpenAI's web search is not there on the model's platform; leave the field out.",
        ),
    ];
    for (name, what) in refused {
        if fields.has(name) {
            return Err(fields.fault(name, what));
        }
    }
    Ok(())
}
