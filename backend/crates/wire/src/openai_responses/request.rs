//! Requests: into the neutral conversation and out of it. Never in here: what another format can't say.

mod content;
mod input;
mod items;
mod tools;
mod write;

pub(super) use content::citation;
pub(super) use input::{SUMMARY_SEPARATOR, free_text_arguments};
pub(super) use items::{arguments, free_text_input, write_annotation, write_annotations, write_summary};
pub use write::write_request;

use crate::fault::RequestFault;
use crate::fields::Fields;
use crate::model::{Aspect, Effort, OutputForm, Request, ServiceTier, Thinking};
use crate::tree::Node;
use std::borrow::Cow;

/// Fields of the API that change nothing of what an answer says, or that only matter with OpenAI's own tools or limits.
const HARMLESS: [&str; 8] = [
    "client_metadata",
    "context_management",
    "image",
    "max_tool_calls",
    "prompt_cache_options",
    "prompt_cache_retention",
    "stream_options",
    "truncation",
];

/// What `include` may name though no other platform has it: results of tools that were not offered.
const INCLUDABLE: [&str; 6] = [
    "code_interpreter_call.outputs",
    "computer_call_output.output.image_url",
    "file_search_call.results",
    "message.input_image.image_url",
    "web_search_call.action.sources",
    "web_search_call.results",
];

/// How this format calls something of a request. What it has no word for goes by OpenAI's Chat Completions' name.
pub fn field_of(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::System => "instructions",
        Aspect::Turns => "input",
        Aspect::Tools => "tools",
        Aspect::ToolChoice => "tool_choice",
        Aspect::ParallelTools => "parallel_tool_calls",
        Aspect::MaxOutput => "max_output_tokens",
        Aspect::Temperature => "temperature",
        Aspect::TopP => "top_p",
        Aspect::TopK => "top_k",
        Aspect::FrequencyPenalty => "frequency_penalty",
        Aspect::PresencePenalty => "presence_penalty",
        Aspect::Seed => "seed",
        Aspect::LogitBias => "logit_bias",
        Aspect::Stop => "stop",
        Aspect::Choices => "n",
        Aspect::Logprobs => "top_logprobs",
        Aspect::Thinking => "reasoning",
        Aspect::Verbosity => "text.verbosity",
        Aspect::OutputForm => "text.format",
        Aspect::ServiceTier => "service_tier",
        Aspect::Metadata => "metadata",
        Aspect::Store => "store",
    }
}

/// Reads a request that is to be translated.
///
/// # Errors
/// If a field is wrong, or can't be said in any other format: what OpenAI keeps, its own tools, and unknown fields.
pub fn read_request(body: &[u8]) -> Result<Request<'_>, RequestFault> {
    let mut fields = Fields::of(Node::parse(body)?, "")?;
    refuse_what_is_kept(&mut fields)?;
    let mut request = Request {
        model: fields.required_text("model")?,
        parallel_tools: fields.bool("parallel_tool_calls")?,
        max_output: fields.u64("max_output_tokens")?,
        temperature: fields.f64("temperature", 0.0, 2.0)?,
        top_p: fields.f64("top_p", 0.0, 1.0)?,
        cache_key: fields.text("prompt_cache_key")?,
        store: fields.bool("store")?,
        stream: fields.bool("stream")?.unwrap_or_default(),
        ..Request::default()
    };
    if request.max_output == Some(0) {
        return Err(fields.fault("max_output_tokens", "This must be at least 1."));
    }
    let safety_identifier = fields.text("safety_identifier")?;
    request.user = fields.text("user")?.or(safety_identifier);
    request.metadata = metadata(&mut fields)?;
    request.service_tier = service_tier(&mut fields)?;
    reasoning(&mut fields, &mut request)?;
    text(&mut fields, &mut request)?;
    include(&mut fields, &mut request)?;
    tools::read(&mut fields, &mut request)?;
    input::read(&mut fields, &mut request)?;
    for name in HARMLESS {
        fields.take(name);
    }
    fields.nothing_left()?;
    Ok(request)
}

/// Refuses what the request leaves with OpenAI, where no other platform finds it.
fn refuse_what_is_kept(fields: &mut Fields<'_>) -> Result<(), RequestFault> {
    const KEPT: [(&str, &str); 4] = [
        (
            "previous_response_id",
            "Responses are kept by OpenAI alone, and this model runs on another platform; send the whole conversation in \
             `input` instead.",
        ),
        (
            "conversation",
            "Conversations are kept by OpenAI alone, and this model runs on another platform; send the whole conversation \
             in `input` instead.",
        ),
        (
            "prompt",
            "Prompt templates are kept by OpenAI alone, and this model runs on another platform; send the prompt's text in \
             `instructions` or `input` instead.",
        ),
        (
            "moderation",
            "OpenAI alone moderates along with an answer, and this model runs on another platform; leave this field out.",
        ),
    ];
    for (name, why) in KEPT {
        if fields.has(name) {
            return Err(fields.fault(name, why));
        }
    }
    if fields.bool("background")? == Some(true) {
        return Err(fields.fault(
            "background",
            "OpenAI alone answers in the background, and this model runs on another platform; leave this field out and \
             set `stream` for long answers.",
        ));
    }
    Ok(())
}

fn metadata<'a>(fields: &mut Fields<'a>) -> Result<Option<Node<'a>>, RequestFault> {
    match fields.take("metadata") {
        None => Ok(None),
        Some(labels @ Node::Object(_)) => Ok(Some(labels)),
        Some(_) => Err(fields.fault("metadata", "This must be an object.")),
    }
}

fn service_tier(fields: &mut Fields<'_>) -> Result<Option<ServiceTier>, RequestFault> {
    let Some(word) = fields.text("service_tier")? else {
        return Ok(None);
    };
    match word.as_ref() {
        "auto" => Ok(Some(ServiceTier::Auto)),
        "default" => Ok(Some(ServiceTier::Standard)),
        "flex" => Ok(Some(ServiceTier::Flex)),
        "priority" => Ok(Some(ServiceTier::Priority)),
        _ => Err(fields.fault(
            "service_tier",
            "This must be `auto`, `default`, `flex` or `priority`; OpenAI's other tiers have no match on other platforms.",
        )),
    }
}

/// A degree as this format words it.
fn effort(word: &str) -> Option<Effort> {
    Some(match word {
        "minimal" => Effort::Minimal,
        "low" => Effort::Low,
        "medium" => Effort::Medium,
        "high" => Effort::High,
        "xhigh" => Effort::VeryHigh,
        "max" => Effort::Max,
        _ => return None,
    })
}

fn reasoning<'a>(fields: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    let Some(mut reasoning) = fields.object("reasoning")? else {
        return Ok(());
    };
    match reasoning.text("effort")?.as_deref() {
        None => {}
        Some("none") => request.thinking = Some(Thinking::Off),
        Some(word) => {
            let known = effort(word).ok_or_else(|| {
                reasoning.fault(
                    "effort",
                    "This must be `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`.",
                )
            })?;
            request.effort = Some(known);
        }
    }
    // The older name means the same.
    for name in ["summary", "generate_summary"] {
        match reasoning.text(name)?.as_deref() {
            None => {}
            Some("auto" | "concise" | "detailed") => request.show_thinking = Some(true),
            Some(_) => return Err(reasoning.fault(name, "This must be `auto`, `concise` or `detailed`.")),
        }
    }
    if reasoning.text("mode")?.is_some_and(|mode| mode != "standard") {
        return Err(reasoning.fault(
            "mode",
            "Other platforms have no such mode; leave this field out or set it to `standard`.",
        ));
    }
    // Which earlier reasoning OpenAI shows its models again; others go by what stands in the conversation.
    reasoning.take("context");
    reasoning.nothing_left()
}

fn text<'a>(fields: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    let Some(mut text) = fields.object("text")? else {
        return Ok(());
    };
    request.verbosity = match text.text("verbosity")?.as_deref() {
        None => None,
        Some("low") => Some(Effort::Low),
        Some("medium") => Some(Effort::Medium),
        Some("high") => Some(Effort::High),
        Some(_) => return Err(text.fault("verbosity", "This must be `low`, `medium` or `high`.")),
    };
    if let Some(mut format) = text.object("format")? {
        request.output = match format.required_text("type")?.as_ref() {
            "text" => None,
            "json_object" => Some(OutputForm::Json),
            "json_schema" => Some(OutputForm::Schema {
                name: format.text("name")?,
                description: format.text("description")?,
                schema: match format.take("schema") {
                    Some(schema @ Node::Object(_)) => schema,
                    _ => {
                        return Err(
                            format.fault("schema", "This field is required: a JSON schema, as an object.")
                        );
                    }
                },
                strict: format.bool("strict")?,
            }),
            _ => return Err(format.fault("type", "This must be `text`, `json_object` or `json_schema`.")),
        };
        format.nothing_left()?;
    }
    text.nothing_left()
}

fn include<'a>(fields: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    let top_logprobs = fields.u64("top_logprobs")?;
    if top_logprobs.is_some_and(|top| top > 20) {
        return Err(fields.fault("top_logprobs", "This must be a whole number from 0 to 20."));
    }
    let top = top_logprobs.and_then(|top| u32::try_from(top).ok());
    request.logprobs = top.filter(|top| *top > 0);
    for (at, item) in fields
        .array("include")?
        .unwrap_or_default()
        .into_iter()
        .enumerate()
    {
        match item.as_text() {
            Some("reasoning.encrypted_content") => request.seal_thinking = true,
            Some("message.output_text.logprobs") => request.logprobs = Some(top.unwrap_or(0)),
            Some(word) if INCLUDABLE.contains(&word) => {}
            _ => {
                return Err(RequestFault::field(
                    &format!("include[{at}]"),
                    "Other platforms have nothing of this kind to include; leave it out.",
                ));
            }
        }
    }
    Ok(())
}

/// The name of a tool where there are no namespaces (see [`Tool::flat_name`](crate::model::Tool::flat_name)).
pub(super) fn flat_name<'a>(namespace: Option<&str>, name: Cow<'a, str>) -> Cow<'a, str> {
    match namespace {
        Some(namespace) => format!("{namespace}{}{name}", crate::model::NAMESPACE_SEPARATOR).into(),
        None => name,
    }
}
