//! A neutral request as a Messages request (Anthropic's API reference, "Create a Message").
//! Never in here: what can't be said at all (see `check`), content blocks (see `parts`).

use super::check::check;
use super::model::{Mode, Model, Plan, plan};
use super::parts;
use crate::claude::block::{write_cache, write_text};
use crate::model::{
    FREE_TEXT_FIELD, OutputForm, Part, Request, Role, ServiceTier, Target, Tool, ToolChoice, ToolInput, Turn,
    Unsayable,
};
use crate::tree::Node;
use crate::write::{ArrayWriter, ObjectWriter, write_object};

/// The longest `metadata.user_id`, in characters.
const USER_ID_MAX: usize = 256;
/// Claude has no form that is JSON without a schema.
const JSON_ONLY: &str = "Answer with one JSON object and nothing else: no other text and no code fence.";

/// Appends the request for the target's model. What gives way: seeds, wordiness, labels, storage and cache keys, which
/// are advice or concern other platforms; a temperature above 1, which becomes 1; sampling where the model takes none or
/// thinks.
///
/// # Errors
/// If something has no words here; then nothing is appended.
pub fn write_request(
    request: &Request<'_>,
    target: &Target<'_>,
    into: &mut Vec<u8>,
) -> Result<(), Unsayable> {
    check(request)?;
    let model = Model::of(target.model);
    let max_output = request.max_output.unwrap_or(target.max_output);
    let plan = plan(request, model, max_output);
    write_object(into, |body| {
        body.text("model", target.model);
        body.u64("max_tokens", max_output);
        if request.stream {
            body.bool("stream", true);
        }
        write_system(request, body);
        body.array("messages", |messages| {
            for turns in request.turns.chunk_by(|one, next| one.role == next.role) {
                write_message(turns, messages);
            }
        });
        write_sampling(request, model, &plan, body);
        if !request.stop.is_empty() {
            body.array("stop_sequences", |stops| {
                request.stop.iter().for_each(|stop| stops.text(stop));
            });
        }
        write_thinking(request, model, &plan, body);
        write_output(request, &plan, body);
        write_tools(request, body);
        if let Some(user) = &request.user
            && user.chars().nth(USER_ID_MAX).is_none()
        {
            body.object("metadata", |metadata| metadata.text("user_id", user));
        }
        match request.service_tier {
            Some(ServiceTier::Auto) => body.text("service_tier", "auto"),
            Some(ServiceTier::Standard) => body.text("service_tier", "standard_only"),
            _ => {}
        }
    });
    Ok(())
}

fn write_system(request: &Request<'_>, body: &mut ObjectWriter<'_>) {
    let json_only = request.output == Some(OutputForm::Json);
    let mut texts = request
        .system
        .iter()
        .filter(|part| parts::is_written(part))
        .peekable();
    if texts.peek().is_none() && !json_only {
        return;
    }
    body.array("system", |system| {
        texts.for_each(|part| parts::write(part, Role::User, system));
        if json_only {
            system.object(|block| write_text(block, JSON_ONLY, std::iter::empty()));
        }
    });
}

/// Writes turns of one role as one message. Results of tools stand first, as Anthropic demands; a message of which
/// nothing is left is none.
fn write_message(turns: &[Turn<'_>], messages: &mut ArrayWriter<'_>) {
    let Some(role) = turns.first().map(|turn| turn.role) else {
        return;
    };
    let parts = || {
        turns
            .iter()
            .flat_map(|turn| &turn.parts)
            .filter(|part| parts::is_written(part))
    };
    if parts().next().is_none() {
        return;
    }
    let is_result = |part: &&Part<'_>| matches!(part, Part::ToolResult(_));
    messages.object(|message| {
        message.text("role", if role == Role::User { "user" } else { "assistant" });
        message.array("content", |blocks| {
            for part in parts()
                .filter(is_result)
                .chain(parts().filter(|part| !is_result(part)))
            {
                parts::write(part, role, blocks);
            }
        });
    });
}

/// While it thinks, Claude takes no `temperature` and `top_k`, and a `top_p` from 0.95 on (Anthropic, "Extended
/// thinking").
fn write_sampling(request: &Request<'_>, model: Model, plan: &Plan, body: &mut ObjectWriter<'_>) {
    const TOP_P_MIN: f64 = 0.95;
    if !model.samples() {
        return;
    }
    let temperature = request.temperature.filter(|_| !plan.thinks());
    if let Some(temperature) = temperature {
        body.f64("temperature", temperature.min(1.0));
    }
    let alone = temperature.is_none() || model.samples_twice();
    if let Some(top_p) = request
        .top_p
        .filter(|top_p| alone && (!plan.thinks() || *top_p >= TOP_P_MIN))
    {
        body.f64("top_p", top_p);
    }
    if let Some(top_k) = request.top_k.filter(|_| !plan.thinks()) {
        body.u64("top_k", top_k);
    }
}

fn write_thinking(request: &Request<'_>, model: Model, plan: &Plan, body: &mut ObjectWriter<'_>) {
    let Some(mode) = plan.thinking else { return };
    body.object("thinking", |thinking| {
        match mode {
            Mode::Disabled => thinking.text("type", "disabled"),
            Mode::BetweenTools => thinking.text("type", "between_tools"),
            Mode::Adaptive => thinking.text("type", "adaptive"),
            Mode::Enabled(budget) => {
                thinking.text("type", "enabled");
                thinking.u64("budget_tokens", budget);
            }
        }
        if let Some(show) = request
            .show_thinking
            .filter(|_| plan.thinks() && model.displays())
        {
            thinking.text("display", if show { "summarized" } else { "omitted" });
        }
    });
}

fn write_output(request: &Request<'_>, plan: &Plan, body: &mut ObjectWriter<'_>) {
    let schema = match &request.output {
        Some(OutputForm::Schema { schema, .. }) => Some(schema),
        _ => None,
    };
    if schema.is_none() && plan.effort.is_none() {
        return;
    }
    body.object("output_config", |config| {
        config.text_if("effort", plan.effort);
        if let Some(schema) = schema {
            config.object("format", |format| {
                format.text("type", "json_schema");
                format.node("schema", schema);
            });
        }
    });
}

/// Where only some of the tools may be called, only those are offered.
fn write_tools(request: &Request<'_>, body: &mut ObjectWriter<'_>) {
    let offered = |tool: &&Tool<'_>| match &request.tool_choice {
        Some(ToolChoice::Among { names, .. }) => names.contains(&tool.flat_name()),
        _ => true,
    };
    let mut tools = request.tools.iter().filter(offered).peekable();
    if tools.peek().is_none() {
        return;
    }
    body.array("tools", |into| {
        for tool in tools {
            into.object(|into| write_tool(tool, into));
        }
    });
    let choice = match &request.tool_choice {
        None if request.parallel_tools.is_none() => return,
        None | Some(ToolChoice::Auto | ToolChoice::Among { must: false, .. }) => "auto",
        Some(ToolChoice::None) => "none",
        Some(ToolChoice::Any | ToolChoice::Among { must: true, .. }) => "any",
        Some(ToolChoice::Named(_)) => "tool",
    };
    body.object("tool_choice", |into| {
        into.text("type", choice);
        if let Some(ToolChoice::Named(name)) = &request.tool_choice {
            into.text("name", name);
        }
        if let Some(parallel) = request.parallel_tools.filter(|_| choice != "none") {
            into.bool("disable_parallel_tool_use", !parallel);
        }
    });
}

fn write_tool(tool: &Tool<'_>, into: &mut ObjectWriter<'_>) {
    into.text("name", &tool.flat_name());
    into.text_if("description", tool.description.as_deref());
    match &tool.input {
        ToolInput::Schema(schema) => write_schema(schema.as_ref(), into),
        ToolInput::FreeText { format } => write_free_text(format.as_ref(), into),
    }
    if let Some(strict) = tool.strict {
        into.bool("strict", strict);
    }
    write_cache(into, tool.cache);
}

/// Anthropic demands that the schema says that it is an object.
fn write_schema(schema: Option<&Node<'_>>, tool: &mut ObjectWriter<'_>) {
    match schema {
        Some(schema) if schema.get("type").is_some() => tool.node("input_schema", schema),
        Some(Node::Object(fields)) => tool.object("input_schema", |object| {
            object.text("type", "object");
            for (name, value) in fields {
                object.node(name, value);
            }
        }),
        _ => tool.raw("input_schema", br#"{"type":"object","properties":{}}"#),
    }
}

/// An object with one text. A grammar can't be enforced; the model is told of it.
fn write_free_text(format: Option<&Node<'_>>, tool: &mut ObjectWriter<'_>) {
    // Chat wraps the grammar in one more object than Responses.
    let inner = format.map(|format| format.get("grammar").unwrap_or(format));
    let grammar = inner
        .and_then(|inner| inner.get("definition"))
        .and_then(Node::as_text);
    tool.object("input_schema", |schema| {
        schema.text("type", "object");
        schema.object("properties", |properties| {
            properties.object(FREE_TEXT_FIELD, |input| {
                input.text("type", "string");
                if let Some(grammar) = grammar {
                    input.text("description", &format!("A text of this grammar:\n{grammar}"));
                }
            });
        });
        schema.array("required", |required| required.text(FREE_TEXT_FIELD));
    });
}
