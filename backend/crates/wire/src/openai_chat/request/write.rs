//! Writes a request for an upstream that speaks Chat Completions.
//! Never in here: messages (see `write_messages`).

use super::STOPS_MAX;
use super::write_messages::{check_messages, says_json, write_messages};
use crate::model::{
    Aspect, Effort, OutputForm, Request, ServiceTier, Target, Thinking, Tool, ToolChoice, ToolInput,
    Unsayable,
};
use crate::write::{ArrayWriter, ObjectWriter};

/// What a schema is called where the client gave it no name; the format demands one.
const SCHEMA_NAME: &str = "answer";

/// Thinking budgets up to these count as low, medium and high effort; more is more than high.
const BUDGETS: [(u64, Effort); 3] = [
    (2_048, Effort::Low),
    (8_192, Effort::Medium),
    (24_576, Effort::High),
];

/// Writes a request. A streamed one asks for its usage. If it can't be said, nothing is written.
///
/// # Errors
/// If the format has no word for something that matters.
pub fn write_request(
    request: &Request<'_>,
    target: &Target<'_>,
    into: &mut Vec<u8>,
) -> Result<(), Unsayable> {
    check(request)?;
    check_messages(request)?;
    let mut object = ObjectWriter::new(into);
    object.text("model", target.model);
    object.array("messages", |messages| write_messages(request, messages));
    if let Some(limit) = request.max_output {
        object.u64(limit_field(target.model), limit);
    }
    sampling(request, &mut object);
    answer_form(request, target.model, &mut object);
    tools(request, &mut object);
    labels(request, &mut object);
    if request.stream {
        object.bool("stream", true);
        object.object("stream_options", |options| options.bool("include_usage", true));
    }
    object.end();
    Ok(())
}

fn check(request: &Request<'_>) -> Result<(), Unsayable> {
    if request.top_k.is_some() {
        let why =
            "OpenAI's Chat Completions format can't limit sampling to a number of tokens; leave it out.";
        return Err(Unsayable::new(Aspect::TopK, why));
    }
    if request.stop.len() > STOPS_MAX {
        let why = "OpenAI's Chat Completions format takes at most 4 stop texts.";
        return Err(Unsayable::new(Aspect::Stop, why));
    }
    let needed = matches!(
        request.tool_choice,
        Some(ToolChoice::Any | ToolChoice::Named(_) | ToolChoice::Among { must: true, .. })
    );
    if needed && request.tools.is_empty() {
        let why = "A call is demanded, but no tool is offered that could be called.";
        return Err(Unsayable::new(Aspect::ToolChoice, why));
    }
    Ok(())
}

/// OpenAI's newer models take the newer name alone; DeepSeek documents the older one alone ("Create Chat Completion").
fn limit_field(model: &str) -> &'static str {
    if model.starts_with("deepseek") {
        "max_tokens"
    } else {
        "max_completion_tokens"
    }
}

fn sampling(request: &Request<'_>, object: &mut ObjectWriter<'_>) {
    let numbers = [
        ("temperature", request.temperature),
        ("top_p", request.top_p),
        ("frequency_penalty", request.frequency_penalty),
        ("presence_penalty", request.presence_penalty),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            object.f64(name, number);
        }
    }
    if let Some(seed) = request.seed {
        object.i64("seed", seed);
    }
    if let Some(biases) = &request.logit_bias {
        object.node("logit_bias", biases);
    }
    if !request.stop.is_empty() {
        object.array("stop", |texts| {
            request.stop.iter().for_each(|text| texts.text(text));
        });
    }
    if let Some(choices) = request.choices {
        object.u64("n", choices.into());
    }
    if let Some(top) = request.logprobs {
        object.bool("logprobs", true);
        if top > 0 {
            object.u64("top_logprobs", top.into());
        }
    }
}

fn answer_form(request: &Request<'_>, model: &str, object: &mut ObjectWriter<'_>) {
    if thinks(model) {
        object.text_if("reasoning_effort", effort(request));
    }
    object.text_if("verbosity", request.verbosity.map(verbosity));
    match &request.output {
        None => {}
        Some(OutputForm::Json) => {
            object.object("response_format", |format| format.text("type", "json_object"));
        }
        Some(OutputForm::Schema {
            name,
            description,
            schema,
            strict,
        }) => object.object("response_format", |format| {
            format.text("type", "json_schema");
            format.object("json_schema", |object| {
                object.text("name", name.as_deref().unwrap_or(SCHEMA_NAME));
                object.text_if("description", description.as_deref());
                object.node("schema", schema);
                if let Some(strict) = strict {
                    object.bool("strict", *strict);
                }
            });
        }),
    }
}

/// Whether the model may think. OpenAI's models before GPT-5 that are no reasoning models refuse to be told how hard
/// ("Reasoning models"); they do not think, so nothing is lost.
fn thinks(model: &str) -> bool {
    !["gpt-3", "gpt-4", "chatgpt-4"]
        .iter()
        .any(|family| model.starts_with(family))
}

fn effort(request: &Request<'_>) -> Option<&'static str> {
    let of_budget = |tokens| {
        let fitting = BUDGETS.into_iter().find(|(most, _)| tokens <= *most);
        fitting.map_or(Effort::VeryHigh, |(_, effort)| effort)
    };
    let effort = match (request.thinking, request.effort) {
        (Some(Thinking::Off), _) => return Some("none"),
        (_, Some(effort)) => effort,
        (Some(Thinking::Budget(tokens)), None) => of_budget(tokens),
        (Some(Thinking::Adaptive) | None, None) => return None,
    };
    Some(match effort {
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::VeryHigh => "xhigh",
        Effort::Max => "max",
    })
}

fn verbosity(verbosity: Effort) -> &'static str {
    match verbosity {
        Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High | Effort::VeryHigh | Effort::Max => "high",
    }
}

/// Choices and parallel calls may only be told where there are tools.
fn tools(request: &Request<'_>, object: &mut ObjectWriter<'_>) {
    if request.tools.is_empty() {
        return;
    }
    object.array("tools", |tools| {
        for tool in &request.tools {
            tools.object(|object| write_tool(tool, object));
        }
    });
    if let Some(parallel) = request.parallel_tools {
        object.bool("parallel_tool_calls", parallel);
    }
    match &request.tool_choice {
        None => {}
        Some(ToolChoice::Auto) => object.text("tool_choice", "auto"),
        Some(ToolChoice::None) => object.text("tool_choice", "none"),
        Some(ToolChoice::Any) => object.text("tool_choice", "required"),
        Some(ToolChoice::Named(name)) => object.object("tool_choice", |choice| named(request, name, choice)),
        Some(ToolChoice::Among { names, must }) => object.object("tool_choice", |choice| {
            choice.text("type", "allowed_tools");
            choice.object("allowed_tools", |allowed| {
                allowed.text("mode", if *must { "required" } else { "auto" });
                allowed.array("tools", |tools| write_names(request, names, tools));
            });
        }),
    }
}

fn write_names(request: &Request<'_>, names: &[std::borrow::Cow<'_, str>], tools: &mut ArrayWriter<'_>) {
    for name in names {
        tools.object(|tool| named(request, name, tool));
    }
}

fn named(request: &Request<'_>, name: &str, object: &mut ObjectWriter<'_>) {
    let kind = if is_free_text(request, name) {
        "custom"
    } else {
        "function"
    };
    object.text("type", kind);
    object.object(kind, |inner| inner.text("name", name));
}

/// Whether the tool of this flat name takes free text.
pub(super) fn is_free_text(request: &Request<'_>, name: &str) -> bool {
    let tool = request.tools.iter().find(|tool| tool.flat_name() == name);
    tool.is_some_and(|tool| matches!(tool.input, ToolInput::FreeText { .. }))
}

fn write_tool(tool: &Tool<'_>, object: &mut ObjectWriter<'_>) {
    let name = tool.flat_name();
    let description = tool.description.as_deref();
    match &tool.input {
        ToolInput::Schema(schema) => {
            object.text("type", "function");
            object.object("function", |function| {
                function.text("name", &name);
                function.text_if("description", description);
                if let Some(schema) = schema {
                    function.node("parameters", schema);
                }
                if let Some(strict) = tool.strict {
                    function.bool("strict", strict);
                }
            });
        }
        ToolInput::FreeText { format } => {
            object.text("type", "custom");
            object.object("custom", |custom| {
                custom.text("name", &name);
                custom.text_if("description", description);
                if let Some(format) = format {
                    custom.node("format", format);
                }
            });
        }
    }
}

fn labels(request: &Request<'_>, object: &mut ObjectWriter<'_>) {
    object.text_if("user", request.user.as_deref());
    if let Some(metadata) = &request.metadata {
        object.node("metadata", metadata);
    }
    let tier = request.service_tier.map(|tier| match tier {
        ServiceTier::Auto => "auto",
        ServiceTier::Standard => "default",
        ServiceTier::Flex => "flex",
        ServiceTier::Priority => "priority",
    });
    object.text_if("service_tier", tier);
    object.text_if("prompt_cache_key", request.cache_key.as_deref());
    if request.store == Some(true) {
        object.bool("store", true);
    }
}

/// Asked for some JSON object, OpenAI refuses a conversation that does not speak of JSON ("Structured outputs", JSON mode).
pub(super) fn json_line(request: &Request<'_>) -> Option<&'static str> {
    let asked = request.output == Some(OutputForm::Json);
    (asked && !says_json(request)).then_some("Answer with a JSON object and nothing else.")
}
