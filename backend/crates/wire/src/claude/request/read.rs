//! A Messages request (Anthropic's API reference, "Create a Message") as a neutral one.
//! Never in here: content blocks and tools, which have files of their own.

use super::blocks::{self, Place};
use super::tools;
use crate::fault::RequestFault;
use crate::fields::Fields;
use crate::model::{Effort, OutputForm, Part, Request, Role, ServiceTier, Thinking, Turn};
use crate::tree::Node;
use std::borrow::Cow;

/// Claude Code's first line of the system text. It tells Anthropic which client asks and means nothing to anybody else.
const BILLING_LINE: &str = "x-anthropic-billing-header:";

/// Fields that change nothing about the answer itself and are left out: hints that save tokens, telemetry, credits, and
/// what other platforms of Anthropic's models write into the body.
const HARMLESS: [&str; 9] = [
    "cache_control",
    "context_management",
    "diagnostics",
    "fallbacks",
    "fallback_credit_token",
    "billing_policy",
    "betas",
    "anthropic_beta",
    "anthropic_version",
];

/// Reads a request that is to be answered in another format.
///
/// # Errors
/// If it is no request, or holds what no other format has a word for.
pub fn read_request(body: &[u8]) -> Result<Request<'_>, RequestFault> {
    let mut fields = Fields::of(Node::parse(body)?, "")?;
    let mut request = Request {
        model: fields.required_text("model")?,
        max_output: Some(max_tokens(&mut fields)?),
        stream: fields.bool("stream")?.unwrap_or_default(),
        temperature: fields.f64("temperature", 0.0, 1.0)?,
        top_p: fields.f64("top_p", 0.0, 1.0)?,
        top_k: fields.u64("top_k")?,
        stop: texts(&mut fields, "stop_sequences")?,
        service_tier: service_tier(&mut fields)?,
        ..Request::default()
    };
    if request.model.is_empty() {
        return Err(fields.fault("model", "This must not be empty; it is the name of a model."));
    }
    if let Some(mut metadata) = fields.object("metadata")? {
        request.user = metadata.text("user_id")?;
    }
    if let Some(system) = fields.take("system") {
        request.system = without_billing_line(blocks::texts(system, "system")?);
    }
    messages(&mut fields, &mut request)?;
    thinking(&mut fields, &mut request)?;
    output(&mut fields, &mut request)?;
    tools::read(&mut fields, &mut request)?;
    request.seal_thinking = matches!(request.thinking, Some(Thinking::Adaptive | Thinking::Budget(_)));
    elsewhere(&mut fields)?;
    for name in HARMLESS {
        fields.take(name);
    }
    fields.nothing_left()?;
    Ok(request)
}

fn max_tokens(fields: &mut Fields<'_>) -> Result<u64, RequestFault> {
    match fields.u64("max_tokens")? {
        None => Err(fields.fault(
            "max_tokens",
            "This field is required: the most tokens to answer with, as a whole number.",
        )),
        Some(0) => Err(fields.fault("max_tokens", "This must be at least 1.")),
        Some(tokens) => Ok(tokens),
    }
}

fn texts<'a>(fields: &mut Fields<'a>, name: &str) -> Result<Vec<Cow<'a, str>>, RequestFault> {
    let items = fields.array(name)?.unwrap_or_default();
    let text = |item| match item {
        Node::Text(text) => Ok(text),
        _ => Err(fields.fault(name, "This must be an array of strings.")),
    };
    items.into_iter().map(text).collect()
}

fn service_tier(fields: &mut Fields<'_>) -> Result<Option<ServiceTier>, RequestFault> {
    match fields.text("service_tier")?.as_deref() {
        None => Ok(None),
        Some("auto") => Ok(Some(ServiceTier::Auto)),
        Some("standard_only") => Ok(Some(ServiceTier::Standard)),
        Some(_) => Err(fields.fault("service_tier", "This must be `auto` or `standard_only`.")),
    }
}

fn without_billing_line(mut parts: Vec<Part<'_>>) -> Vec<Part<'_>> {
    if let Some(Part::Text { text, .. }) = parts.first_mut()
        && text.starts_with(BILLING_LINE)
    {
        let rest = text.split_once('\n').map(|(_, rest)| rest.to_owned());
        *text = rest.unwrap_or_default().into();
        if text.is_empty() {
            parts.remove(0);
        }
    }
    parts
}

/// Turns of one role that follow each other are one turn, as Anthropic documents; system messages amid them join the
/// system text.
fn messages<'a>(fields: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    let missing = "This field is required: the conversation, as an array of messages.";
    let messages = fields
        .array("messages")?
        .ok_or_else(|| fields.fault("messages", missing))?;
    let last = messages.len().checked_sub(1);
    for (at, message) in messages.into_iter().enumerate() {
        let mut message = Fields::of(message, format!("messages[{at}]"))?;
        let said = message.required_text("role")?;
        let path = message.path("content");
        let content = message.take("content").ok_or_else(|| {
            message.fault(
                "content",
                "This field is required: a string or an array of blocks.",
            )
        })?;
        let (role, place) = match &*said {
            "user" => (Role::User, Place::User),
            "assistant" => (Role::Assistant, Place::Assistant),
            "system" => {
                request.system.append(&mut blocks::texts(content, &path)?);
                message.nothing_left()?;
                continue;
            }
            _ => return Err(message.fault("role", "This must be `user`, `assistant` or `system`.")),
        };
        message.nothing_left()?;
        let mut parts = blocks::content(content, &path, place)?;
        if parts.is_empty() {
            // The answer's beginning may be left empty, others may not.
            if role == Role::Assistant && Some(at) == last {
                continue;
            }
            return Err(RequestFault::field(&path, "This must not be empty."));
        }
        match request.turns.last_mut() {
            Some(turn) if turn.role == role => turn.parts.append(&mut parts),
            _ => request.turns.push(Turn { role, parts }),
        }
    }
    if request.turns.is_empty() {
        return Err(fields.fault("messages", "This must hold at least one message of the user."));
    }
    Ok(())
}

/// Anthropic, "Thinking". `between_tools` is how models turn thinking off that know no `disabled`.
fn thinking<'a>(fields: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    let Some(mut thinking) = fields.object("thinking")? else {
        return Ok(());
    };
    request.thinking = match &*thinking.required_text("type")? {
        "disabled" | "between_tools" => Some(Thinking::Off),
        "adaptive" => Some(Thinking::Adaptive),
        "enabled" => {
            let budget = thinking.u64("budget_tokens")?;
            if budget == Some(0) {
                let what = "This must be more than 0; `type` `disabled` turns thinking off.";
                return Err(thinking.fault("budget_tokens", what));
            }
            let missing = || thinking.fault("budget_tokens", "This field is required: a whole number.");
            Some(Thinking::Budget(budget.ok_or_else(missing)?))
        }
        _ => {
            let known = "This must be `enabled`, `adaptive`, `between_tools` or `disabled`.";
            return Err(thinking.fault("type", known));
        }
    };
    request.show_thinking = match thinking.text("display")?.as_deref() {
        None => None,
        Some("omitted") => Some(false),
        Some("summarized" | "updates") => Some(true),
        Some(_) => return Err(thinking.fault("display", "This must be `summarized` or `omitted`.")),
    };
    // To which model the blocks are bound concerns Anthropic's models alone.
    thinking.take("block_binding");
    thinking.nothing_left()
}

/// `output_config`, and `output_format`, its beta form.
fn output<'a>(fields: &mut Fields<'a>, request: &mut Request<'a>) -> Result<(), RequestFault> {
    if let Some(format) = fields.object("output_format")? {
        request.output = Some(output_form(format)?);
    }
    let Some(mut config) = fields.object("output_config")? else {
        return Ok(());
    };
    if let Some(format) = config.object("format")? {
        request.output = Some(output_form(format)?);
    }
    request.effort = match config.text("effort")?.as_deref() {
        None => None,
        Some("low") => Some(Effort::Low),
        Some("medium") => Some(Effort::Medium),
        Some("high") => Some(Effort::High),
        Some("xhigh") => Some(Effort::VeryHigh),
        Some("max") => Some(Effort::Max),
        Some(_) => {
            let known = "This must be `low`, `medium`, `high`, `xhigh` or `max`.";
            return Err(config.fault("effort", known));
        }
    };
    // How many tokens a whole task should take: advice to the model, no limit.
    config.take("task_budget");
    config.nothing_left()
}

fn output_form(mut format: Fields<'_>) -> Result<OutputForm<'_>, RequestFault> {
    if format.required_text("type")? != "json_schema" {
        return Err(format.fault("type", "This must be `json_schema`."));
    }
    let Some(schema @ Node::Object(_)) = format.take("schema") else {
        return Err(format.fault("schema", "This field is required: a JSON schema."));
    };
    format.nothing_left()?;
    Ok(OutputForm::Schema {
        name: None,
        description: None,
        schema,
        strict: None,
    })
}

/// Fields that only Anthropic's own platform can fulfil.
fn elsewhere(fields: &mut Fields<'_>) -> Result<(), RequestFault> {
    if let Some(servers) = fields.array("mcp_servers")?
        && !servers.is_empty()
    {
        let what = "The model's platform can't call MCP servers; leave this out and offer their tools as tools of your own.";
        return Err(fields.fault("mcp_servers", what));
    }
    for (name, what) in [
        (
            "container",
            "The model's platform has no containers; leave this out.",
        ),
        (
            "thread",
            "The model's platform keeps no threads; send the whole conversation.",
        ),
        (
            "compaction",
            "The model's platform can't compact a conversation; ask for a summary in a message.",
        ),
    ] {
        if fields.has(name) {
            return Err(fields.fault(name, what));
        }
    }
    if fields.text("speed")?.is_some_and(|speed| speed != "standard") {
        return Err(fields.fault("speed", "The model's platform has one speed; leave this out."));
    }
    if fields
        .text("inference_geo")?
        .is_some_and(|place| place != "global")
    {
        let what = "Where the model's platform infers can't be chosen here; leave this out.";
        return Err(fields.fault("inference_geo", what));
    }
    Ok(())
}
