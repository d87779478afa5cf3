//! Writes a request. Never in here: its items (see `items`).

use super::items;
use crate::model::{
    Aspect, Effort, OutputForm, Part, Request, ServiceTier, Target, Thinking, Tool, ToolChoice, ToolInput,
    Unsayable,
};
use crate::write::{ArrayWriter, ObjectWriter, write_object};

/// The smallest output limit that the API takes (its reference, `max_output_tokens`).
const MAX_OUTPUT_LEAST: u64 = 16;
/// The name of a schema that has none; the API demands one.
const SCHEMA_NAME: &str = "answer";

/// Writes it for an upstream that speaks this format.
///
/// # Errors
/// If something of it has no word here: what OpenAI's Responses have no field for, or a picture of the model's own. What
/// was written is no request then.
pub fn write_request(
    request: &Request<'_>,
    target: &Target<'_>,
    into: &mut Vec<u8>,
) -> Result<(), Unsayable> {
    refuse_what_has_no_word(request)?;
    let mut fault = None;
    write_object(into, |body| {
        body.text("model", target.model);
        if let Some(Part::Text { text, .. }) = request.system.first() {
            body.text("instructions", text);
        }
        fault = items::input(request, body.field("input")).err();
        if !request.tools.is_empty() {
            body.array("tools", |tools| write_tools(tools, &request.tools));
        }
        if let Some(choice) = &request.tool_choice {
            write_choice(body, choice, &request.tools);
        }
        if let Some(parallel) = request.parallel_tools {
            body.bool("parallel_tool_calls", parallel);
        }
        if let Some(most) = request.max_output {
            body.u64("max_output_tokens", most.max(MAX_OUTPUT_LEAST));
        }
        if let Some(temperature) = request.temperature {
            body.f64("temperature", temperature);
        }
        if let Some(top_p) = request.top_p {
            body.f64("top_p", top_p);
        }
        write_thinking(body, request, reasons(target.model));
        write_text_form(body, request);
        body.text_if("user", request.user.as_deref());
        if let Some(labels) = &request.metadata {
            body.node("metadata", labels);
        }
        if let Some(tier) = request.service_tier {
            body.text("service_tier", tier_word(tier));
        }
        body.text_if("prompt_cache_key", request.cache_key.as_deref());
        // The API keeps answers unless told not to; other formats' clients did not ask for that.
        body.bool("store", request.store.unwrap_or(false));
        if request.stream {
            body.bool("stream", true);
        }
    });
    fault.map_or(Ok(()), Err)
}

const NO_FIELD: &str =
    "OpenAI's Responses format, which this model's platform speaks, has no such field; leave it out.";

fn refuse_what_has_no_word(request: &Request<'_>) -> Result<(), Unsayable> {
    let refuse = |aspect, why: &str| Err(Unsayable::new(aspect, why));
    if request.top_k.is_some() {
        return refuse(Aspect::TopK, NO_FIELD);
    }
    if request.frequency_penalty.is_some_and(|penalty| penalty != 0.0) {
        return refuse(Aspect::FrequencyPenalty, NO_FIELD);
    }
    if request.presence_penalty.is_some_and(|penalty| penalty != 0.0) {
        return refuse(Aspect::PresencePenalty, NO_FIELD);
    }
    if request.logit_bias.is_some() {
        return refuse(Aspect::LogitBias, NO_FIELD);
    }
    if !request.stop.is_empty() {
        return refuse(Aspect::Stop, NO_FIELD);
    }
    if request.choices.is_some_and(|choices| choices > 1) {
        return refuse(
            Aspect::Choices,
            "OpenAI's Responses format, which this model's platform speaks, gives one answer; ask once for each.",
        );
    }
    Ok(())
}

/// Whether a model can reason, by its name; models that can't refuse every word about it. An unknown name can.
fn reasons(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let plain = ["gpt-4", "gpt-3", "chatgpt-"];
    !plain.iter().any(|begin| name.starts_with(begin)) && !name.contains("-chat-latest")
}

fn write_thinking(body: &mut ObjectWriter<'_>, request: &Request<'_>, reasons: bool) {
    let effort = match (request.thinking, request.effort) {
        (Some(Thinking::Off), _) => Some("none"),
        (_, Some(effort)) => Some(effort_word(effort)),
        (Some(Thinking::Budget(tokens)), None) => Some(effort_word(match tokens {
            0..=2_048 => Effort::Low,
            2_049..=8_192 => Effort::Medium,
            8_193..=24_576 => Effort::High,
            _ => Effort::VeryHigh,
        })),
        (Some(Thinking::Adaptive) | None, None) => None,
    };
    // Who asks for thinking in Claude's way is shown it unless it says otherwise.
    let asked = matches!(request.thinking, Some(Thinking::Adaptive | Thinking::Budget(_)));
    let show = request.show_thinking.unwrap_or(asked) && request.thinking != Some(Thinking::Off);
    if reasons && (effort.is_some() || show) {
        body.object("reasoning", |reasoning| {
            reasoning.text_if("effort", effort);
            if show {
                reasoning.text("summary", "auto");
            }
        });
    }
    let seal = reasons && request.seal_thinking;
    if seal || request.logprobs.is_some() {
        body.array("include", |include| {
            if seal {
                include.text("reasoning.encrypted_content");
            }
            if request.logprobs.is_some() {
                include.text("message.output_text.logprobs");
            }
        });
    }
    if let Some(top) = request.logprobs {
        body.u64("top_logprobs", top.into());
    }
}

fn effort_word(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::VeryHigh => "xhigh",
        Effort::Max => "max",
    }
}

fn tier_word(tier: ServiceTier) -> &'static str {
    match tier {
        ServiceTier::Auto => "auto",
        ServiceTier::Standard => "default",
        ServiceTier::Flex => "flex",
        ServiceTier::Priority => "priority",
    }
}

fn write_text_form(body: &mut ObjectWriter<'_>, request: &Request<'_>) {
    if request.output.is_none() && request.verbosity.is_none() {
        return;
    }
    body.object("text", |text| {
        match &request.output {
            None => {}
            Some(OutputForm::Json) => text.object("format", |format| format.text("type", "json_object")),
            Some(OutputForm::Schema {
                name,
                description,
                schema,
                strict,
            }) => text.object("format", |format| {
                format.text("type", "json_schema");
                format.text("name", name.as_deref().unwrap_or(SCHEMA_NAME));
                format.text_if("description", description.as_deref());
                format.node("schema", schema);
                if let Some(strict) = strict {
                    format.bool("strict", *strict);
                }
            }),
        }
        match request.verbosity {
            None => {}
            Some(Effort::Minimal | Effort::Low) => text.text("verbosity", "low"),
            Some(Effort::Medium) => text.text("verbosity", "medium"),
            Some(Effort::High | Effort::VeryHigh | Effort::Max) => text.text("verbosity", "high"),
        }
    });
}

/// Tools of one namespace stand together in it, at the place of its first.
fn write_tools(list: &mut ArrayWriter<'_>, tools: &[Tool<'_>]) {
    for (at, tool) in tools.iter().enumerate() {
        let Some(namespace) = &tool.namespace else {
            list.object(|object| write_tool(object, tool));
            continue;
        };
        let in_it = |other: &&Tool<'_>| other.namespace.as_ref() == Some(namespace);
        if tools.iter().take(at).any(|earlier| in_it(&earlier)) {
            continue;
        }
        list.object(|object| {
            object.text("type", "namespace");
            object.text("name", namespace);
            object.text("description", "");
            object.array("tools", |list| {
                for tool in tools.iter().filter(in_it) {
                    list.object(|object| write_tool(object, tool));
                }
            });
        });
    }
}

fn write_tool(object: &mut ObjectWriter<'_>, tool: &Tool<'_>) {
    let kind = tool_type(tool);
    object.text("type", kind);
    object.text("name", &tool.name);
    object.text_if("description", tool.description.as_deref());
    match &tool.input {
        ToolInput::FreeText { format } => {
            if let Some(format) = format {
                object.node("format", format);
            }
        }
        ToolInput::Schema(schema) => {
            match schema {
                Some(schema) => object.node("parameters", schema),
                None => object.raw("parameters", br#"{"type":"object","properties":{}}"#),
            }
            // The API takes an absent word for yes and then changes schemas; other formats' clients did not ask for that.
            object.bool("strict", tool.strict.unwrap_or(false));
        }
    }
}

fn tool_type(tool: &Tool<'_>) -> &'static str {
    match tool.input {
        ToolInput::FreeText { .. } => "custom",
        ToolInput::Schema(_) => "function",
    }
}

fn write_choice(body: &mut ObjectWriter<'_>, choice: &ToolChoice<'_>, tools: &[Tool<'_>]) {
    match choice {
        ToolChoice::Auto => body.text("tool_choice", "auto"),
        ToolChoice::None => body.text("tool_choice", "none"),
        ToolChoice::Any => body.text("tool_choice", "required"),
        ToolChoice::Named(name) => body.object("tool_choice", |object| write_named(object, name, tools)),
        ToolChoice::Among { names, must } => body.object("tool_choice", |object| {
            object.text("type", "allowed_tools");
            object.text("mode", if *must { "required" } else { "auto" });
            object.array("tools", |list| {
                for name in names {
                    list.object(|object| write_named(object, name, tools));
                }
            });
        }),
    }
}

fn write_named(object: &mut ObjectWriter<'_>, name: &str, tools: &[Tool<'_>]) {
    let known = tools.iter().find(|tool| tool.flat_name() == name);
    object.text("type", known.map_or("function", tool_type));
    object.text("name", known.map_or(name, |tool| tool.name.as_ref()));
    object.text_if("namespace", known.and_then(|tool| tool.namespace.as_deref()));
}
