//! What OpenAI refuses in a Chat Completions request. From OpenAI's API reference ("Chat Completions") and its guides
//! ("Function calling", "Structured Outputs", "Reasoning models", "Images and vision").

use super::{is_reasoning_model, mentions, shown};
use crate::harness::upstream::check::{is_name, list, one_of, text, unknown, whole, within};
use crate::harness::upstream::openai::{demand_model, invalid_value, missing_parameter, unknown_parameter};
use crate::harness::upstream::route::{Asked, Vendor};
use crate::harness::upstream::script::Fault;
use serde_json::Value;

const FIELDS: [&str; 40] = [
    "messages",
    "model",
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "modalities",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
    // Azure's own.
    "data_sources",
    "user_security_context",
    "enhancements",
];
const AZURE_FIELDS: [&str; 3] = ["data_sources", "user_security_context", "enhancements"];
const ROLES: [&str; 6] = ["developer", "system", "user", "assistant", "tool", "function"];
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const TIERS: [&str; 5] = ["auto", "default", "flex", "scale", "priority"];

/// The whole request.
pub fn check(asked: &Asked<'_>) -> Result<(), Fault> {
    let body = &asked.body;
    if let Some(field) = unknown(body, &FIELDS) {
        return Err(unknown_parameter(field));
    }
    let azures = |field: &&&str| !body[**field].is_null() && asked.route.vendor != Vendor::Azure;
    if let Some(field) = AZURE_FIELDS.iter().find(azures) {
        return Err(unknown_parameter(field));
    }
    demand_model(asked)?;
    sampling(body)?;
    limits(body, asked.model())?;
    format(body)?;
    tools(body)?;
    messages(body)
}

fn sampling(body: &Value) -> Result<(), Fault> {
    for (field, low, high) in [
        ("temperature", 0.0, 2.0),
        ("top_p", 0.0, 1.0),
        ("frequency_penalty", -2.0, 2.0),
        ("presence_penalty", -2.0, 2.0),
    ] {
        if !within(&body[field], low, high) {
            return Err(invalid_value(field, &format!("a number from {low} to {high}")));
        }
    }
    for (field, low, high) in [("n", 1, 128), ("top_logprobs", 0, 20)] {
        if !whole(&body[field], low, high) {
            return Err(invalid_value(
                field,
                &format!("a whole number from {low} to {high}"),
            ));
        }
    }
    if !body["seed"].is_null() && !body["seed"].is_i64() {
        return Err(invalid_value("seed", "a whole number"));
    }
    if !body["top_logprobs"].is_null() && body["logprobs"] != true {
        return Err(invalid_value("top_logprobs", "logprobs to be true with it"));
    }
    let stop = &body["stop"];
    if list(stop).len() > 4 || !(stop.is_null() || stop.is_string() || stop.is_array()) {
        return Err(invalid_value("stop", "a text or at most 4"));
    }
    if !one_of(&body["reasoning_effort"], &EFFORTS) {
        return Err(invalid_value("reasoning_effort", "a known effort"));
    }
    if !one_of(&body["service_tier"], &TIERS) {
        return Err(invalid_value("service_tier", "a known tier"));
    }
    if !one_of(&body["verbosity"], &["low", "medium", "high"]) {
        return Err(invalid_value("verbosity", "'low', 'medium' or 'high'"));
    }
    if !body["stream_options"].is_null() && body["stream"] != true {
        return Err(invalid_value("stream_options", "stream to be true with it"));
    }
    metadata(&body["metadata"])
}

/// At most 16 texts under short names; Responses has the same.
pub fn metadata(metadata: &Value) -> Result<(), Fault> {
    let Some(pairs) = metadata.as_object() else {
        return if metadata.is_null() {
            Ok(())
        } else {
            Err(invalid_value("metadata", "an object"))
        };
    };
    let good =
        |(name, value): (&String, &Value)| name.len() <= 64 && text(value).len() <= 512 && value.is_string();
    if pairs.len() > 16 || !pairs.iter().all(good) {
        return Err(invalid_value("metadata", "at most 16 short texts"));
    }
    Ok(())
}

fn limits(body: &Value, model: &str) -> Result<(), Fault> {
    for field in ["max_tokens", "max_completion_tokens"] {
        if !whole(&body[field], 1, u64::MAX) {
            return Err(invalid_value(field, "a whole number of at least 1"));
        }
    }
    if body["max_tokens"].is_null() {
        return Ok(());
    }
    if !body["max_completion_tokens"].is_null() {
        return Err(invalid_value(
            "max_tokens",
            "it or max_completion_tokens, not both",
        ));
    }
    if is_reasoning_model(model) {
        let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        return Err(Fault::invalid("max_tokens", message));
    }
    Ok(())
}

fn format(body: &Value) -> Result<(), Fault> {
    let format = &body["response_format"];
    if format.is_null() {
        return Ok(());
    }
    match text(&format["type"]) {
        "text" => Ok(()),
        "json_object" if mentions(&body["messages"], "json") => Ok(()),
        "json_object" => Err(invalid_value(
            "messages",
            "the word 'json' in some message, for 'json_object'",
        )),
        "json_schema" => {
            let schema = &format["json_schema"];
            if !is_name(&schema["name"], "", 64) {
                return Err(missing_parameter("response_format.json_schema.name"));
            }
            strict_schema("response_format", schema, &schema["schema"])
        }
        _ => Err(invalid_value(
            "response_format.type",
            "'text', 'json_object' or 'json_schema'",
        )),
    }
}

/// A strict schema closes each of its objects and requires all that they have; Responses has the same.
pub fn strict_schema(field: &str, holder: &Value, schema: &Value) -> Result<(), Fault> {
    if holder["strict"] != true {
        return Ok(());
    }
    let properties = schema["properties"].as_object();
    if schema["type"] == "object" {
        if schema["additionalProperties"] != false {
            let message = format!(
                "Invalid schema for {field}: 'additionalProperties' is required to be supplied and to be false."
            );
            return Err(Fault::invalid(field, message));
        }
        let required: Vec<&str> = list(&schema["required"]).iter().map(text).collect();
        let missing = properties.and_then(|all| all.keys().find(|name| !required.contains(&name.as_str())));
        if let Some(name) = missing {
            let message = format!(
                "Invalid schema for {field}: 'required' must name every property; '{name}' is missing."
            );
            return Err(Fault::invalid(field, message));
        }
    }
    for inner in properties
        .into_iter()
        .flat_map(|all| all.values())
        .chain(schema.get("items"))
    {
        strict_schema(field, holder, inner)?;
    }
    Ok(())
}

fn tools(body: &Value) -> Result<(), Fault> {
    let tools = list(&body["tools"]);
    if body["tools"].is_array() && tools.is_empty() {
        return Err(invalid_value("tools", "at least one tool"));
    }
    for (n, tool) in tools.iter().enumerate() {
        let at = format!("tools[{n}]");
        match text(&tool["type"]) {
            "function" => {
                let function = &tool["function"];
                if !is_name(&function["name"], "", 64) {
                    return Err(missing_parameter(&format!("{at}.function.name")));
                }
                let known = ["name", "description", "parameters", "strict"];
                if let Some(field) = unknown(function, &known) {
                    return Err(unknown_parameter(&format!("{at}.function.{field}")));
                }
                let parameters = &function["parameters"];
                if !parameters.is_null() && parameters["type"] != "object" {
                    return Err(invalid_value(
                        &format!("{at}.function.parameters"),
                        "a schema of type 'object'",
                    ));
                }
                strict_schema(&format!("{at}.function"), function, parameters)?;
            }
            "custom" if is_name(&tool["custom"]["name"], "", 64) => (),
            _ => {
                return Err(invalid_value(
                    &format!("{at}.type"),
                    "'function' or 'custom' and its definition",
                ));
            }
        }
        if let Some(field) = unknown(tool, &["type", "function", "custom"]) {
            return Err(unknown_parameter(&format!("{at}.{field}")));
        }
    }
    for field in ["tool_choice", "parallel_tool_calls"] {
        if !body[field].is_null() && tools.is_empty() && list(&body["functions"]).is_empty() {
            return Err(invalid_value(field, "it only while 'tools' are specified"));
        }
    }
    match &body["tool_choice"] {
        Value::Null | Value::Object(_) => Ok(()),
        word if one_of(word, &["none", "auto", "required"]) => Ok(()),
        other => Err(invalid_value(
            "tool_choice",
            &format!("a known choice, not {}", shown(other)),
        )),
    }
}

fn messages(body: &Value) -> Result<(), Fault> {
    let messages = list(&body["messages"]);
    if messages.is_empty() {
        return Err(missing_parameter("messages"));
    }
    let mut open: Vec<&str> = Vec::new();
    for (n, message) in messages.iter().enumerate() {
        let at = format!("messages[{n}]");
        let role = text(&message["role"]);
        if !ROLES.contains(&role) {
            return Err(invalid_value(&format!("{at}.role"), "a known role"));
        }
        content(message, role, &at)?;
        if role == "tool" {
            let id = text(&message["tool_call_id"]);
            let Some(place) = open.iter().position(|other| *other == id) else {
                let said = format!(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls' ('{id}')."
                );
                return Err(Fault::invalid(&format!("{at}.role"), said));
            };
            open.remove(place);
            continue;
        }
        unanswered(&open, &at)?;
        open = calls(message, &at)?;
    }
    unanswered(&open, "messages")
}

fn unanswered(open: &[&str], at: &str) -> Result<(), Fault> {
    let Some(id) = open.first() else { return Ok(()) };
    let said = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'; '{id}' had none."
    );
    Err(Fault::invalid(at, said))
}

fn calls<'a>(message: &'a Value, at: &str) -> Result<Vec<&'a str>, Fault> {
    let calls = list(&message["tool_calls"]);
    for (k, call) in calls.iter().enumerate() {
        let at = format!("{at}.tool_calls[{k}]");
        let function = &call["function"];
        let good = match text(&call["type"]) {
            "function" => is_name(&function["name"], "", 64) && function["arguments"].is_string(),
            "custom" => call["custom"]["input"].is_string(),
            _ => false,
        };
        if !good || text(&call["id"]).is_empty() {
            return Err(invalid_value(
                &at,
                "a call with id, type, name and arguments as text",
            ));
        }
    }
    Ok(calls.iter().map(|call| text(&call["id"])).collect())
}

fn content(message: &Value, role: &str, at: &str) -> Result<(), Fault> {
    let at = format!("{at}.content");
    let parts = match &message["content"] {
        Value::String(_) => return Ok(()),
        Value::Null
            if role == "assistant" && !(message["tool_calls"].is_null() && message["refusal"].is_null()) =>
        {
            return Ok(());
        }
        Value::Array(parts) if !parts.is_empty() => parts,
        _ => return Err(invalid_value(&at, "a text or a list of parts")),
    };
    let allowed: &[&str] = match role {
        "user" => &["text", "image_url", "input_audio", "file"],
        "assistant" => &["text", "refusal"],
        _ => &["text"],
    };
    for (k, part) in parts.iter().enumerate() {
        let at = format!("{at}[{k}]");
        let kind = text(&part["type"]);
        if !allowed.contains(&kind) {
            return Err(invalid_value(
                &format!("{at}.type"),
                &format!("one of {allowed:?} for role '{role}'"),
            ));
        }
        let url = text(&part["image_url"]["url"]);
        let good = match kind {
            "text" => part["text"].is_string(),
            "image_url" => url.starts_with("http") || url.starts_with("data:image/"),
            "input_audio" => part["input_audio"]["data"].is_string(),
            "file" => {
                part["file"]["file_id"].is_string() || text(&part["file"]["file_data"]).starts_with("data:")
            }
            _ => part["refusal"].is_string(),
        };
        if !good {
            return Err(invalid_value(&at, &format!("a whole '{kind}' part")));
        }
    }
    Ok(())
}
