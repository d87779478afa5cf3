//! What Anthropic refuses in a Messages request. From its documentation: "Messages", "Versions", "Beta headers",
//! "Tool use", "Extended thinking", "Vision", "Errors".

use crate::harness::upstream::check::{is_base64, is_name, list, one_of, text, unknown, whole, within};
use crate::harness::upstream::route::Asked;
use crate::harness::upstream::script::Fault;
use serde_json::Value;

const FIELDS: [&str; 20] = [
    "model",
    "messages",
    "max_tokens",
    "cache_control",
    "container",
    "diagnostics",
    "inference_geo",
    "metadata",
    "output_config",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];
/// Only with an `anthropic-beta` header.
const BETA_FIELDS: [&str; 6] = [
    "context_management",
    "mcp_servers",
    "output_format",
    "compaction",
    "fallbacks",
    "thread",
];
const COUNT_FIELDS: [&str; 9] = [
    "model",
    "messages",
    "cache_control",
    "output_config",
    "speed",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];
const BLOCKS: [&str; 16] = [
    "text",
    "image",
    "document",
    "search_result",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
];
const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];
/// Of Bedrock's "Anthropic Claude Messages API" page.
const BEDROCK_VERSION: &str = "bedrock-2023-05-31";

/// Where a body in this format stands; each place has fields of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `/v1/messages`; whether a beta is asked for.
    Messages(bool),
    /// `/v1/messages/count_tokens`; whether a beta is asked for.
    Count(bool),
    /// Bedrock's `invoke`: version and betas in the body, model and streaming in the path.
    Bedrock,
}

/// The headers that Anthropic demands.
pub fn headers(asked: &Asked<'_>) -> Result<(), Fault> {
    if asked.header("anthropic-version").is_none_or(str::is_empty) {
        let message = "anthropic-version: header is required";
        return Err(Fault::invalid("anthropic-version", message));
    }
    let kind = asked.header("content-type").unwrap_or_default();
    if !kind.starts_with("application/json") {
        return Err(Fault::invalid(
            "content-type",
            "content-type: must be application/json",
        ));
    }
    Ok(())
}

/// The body.
pub fn check(body: &Value, place: Place) -> Result<(), Fault> {
    if !body.is_object() {
        return Err(Fault::invalid("body", "The request body is not valid JSON"));
    }
    fields(body, place)?;
    if place != Place::Bedrock && text(&body["model"]).is_empty() {
        return Err(required("model"));
    }
    if !matches!(place, Place::Count(_)) {
        limit(body)?;
    }
    sampling(body)?;
    thinking(body)?;
    tools(body)?;
    system(&body["system"])?;
    conversation(body)
}

fn fields(body: &Value, place: Place) -> Result<(), Fault> {
    let mut known = match place {
        Place::Messages(_) => FIELDS.to_vec(),
        Place::Count(_) => COUNT_FIELDS.to_vec(),
        Place::Bedrock => {
            let mut known = FIELDS.to_vec();
            known.retain(|field| !["model", "stream"].contains(field));
            known.extend(["anthropic_version", "anthropic_beta"]);
            known
        }
    };
    let beta = match place {
        Place::Messages(beta) | Place::Count(beta) => beta,
        Place::Bedrock => !list(&body["anthropic_beta"]).is_empty(),
    };
    if beta {
        known.extend(BETA_FIELDS);
    }
    if let Some(field) = unknown(body, &known) {
        let message = if place == Place::Bedrock {
            format!("Malformed input request: #: extraneous key [{field}] is not permitted")
        } else {
            format!("{field}: Extra inputs are not permitted")
        };
        return Err(Fault::invalid(field, message));
    }
    if place == Place::Bedrock && body["anthropic_version"] != BEDROCK_VERSION {
        let message = format!("anthropic_version: must be {BEDROCK_VERSION}");
        return Err(Fault::invalid("anthropic_version", message));
    }
    Ok(())
}

fn limit(body: &Value) -> Result<(), Fault> {
    match &body["max_tokens"] {
        Value::Null => Err(required("max_tokens")),
        tokens if whole(tokens, 1, u64::MAX) => Ok(()),
        _ => Err(wrong("max_tokens", "a whole number of at least 1")),
    }
}

fn sampling(body: &Value) -> Result<(), Fault> {
    if !within(&body["temperature"], 0.0, 1.0) {
        return Err(wrong("temperature", "in the range from 0 to 1"));
    }
    if !within(&body["top_p"], 0.0, 1.0) {
        return Err(wrong("top_p", "in the range from 0 to 1"));
    }
    if !whole(&body["top_k"], 0, u64::MAX) {
        return Err(wrong("top_k", "a whole number"));
    }
    if !body["stream"].is_null() && !body["stream"].is_boolean() {
        return Err(wrong("stream", "a valid boolean"));
    }
    if !one_of(&body["service_tier"], &["auto", "standard_only"]) {
        return Err(wrong("service_tier", "'auto' or 'standard_only'"));
    }
    let stops = &body["stop_sequences"];
    if !stops.is_null() && !stops.is_array() {
        return Err(wrong("stop_sequences", "a valid list"));
    }
    if list(stops).iter().any(|stop| text(stop).trim().is_empty()) {
        return Err(wrong("stop_sequences", "texts with more than whitespace"));
    }
    if let Some(field) = unknown(&body["metadata"], &["user_id"]) {
        let field = format!("metadata.{field}");
        let message = format!("{field}: Extra inputs are not permitted");
        return Err(Fault::invalid(&field, message));
    }
    Ok(())
}

fn thinking(body: &Value) -> Result<(), Fault> {
    let thinking = &body["thinking"];
    if thinking.is_null() {
        return Ok(());
    }
    match text(&thinking["type"]) {
        "disabled" | "adaptive" => return Ok(()),
        "enabled" => (),
        _ => return Err(wrong("thinking.type", "'enabled', 'adaptive' or 'disabled'")),
    }
    let budget = thinking["budget_tokens"].as_u64().unwrap_or(0);
    if budget < 1024 {
        return Err(wrong("thinking.budget_tokens", "greater than or equal to 1024"));
    }
    if body["max_tokens"].as_u64().is_some_and(|tokens| tokens <= budget) {
        return Err(wrong("thinking.budget_tokens", "less than max_tokens"));
    }
    if body["temperature"].as_f64().is_some_and(|value| value < 1.0) {
        return Err(wrong("temperature", "1 when thinking is enabled"));
    }
    if !body["top_k"].is_null() {
        return Err(wrong("top_k", "unset when thinking is enabled"));
    }
    if matches!(body["tool_choice"]["type"].as_str(), Some("any" | "tool")) {
        return Err(wrong("tool_choice", "'auto' or 'none' when thinking is enabled"));
    }
    Ok(())
}

fn tools(body: &Value) -> Result<(), Fault> {
    let tools = list(&body["tools"]);
    for (n, tool) in tools.iter().enumerate() {
        let at = |field: &str| format!("tools.{n}.{field}");
        if !one_of(&tool["type"], &["custom"]) {
            // A tool of the vendor's own, of which the type's date tells the shape.
            continue;
        }
        if !is_name(&tool["name"], "", 128) {
            return Err(wrong(
                &at("name"),
                "a name of at most 128 letters, digits, _ and -",
            ));
        }
        if tool["input_schema"]["type"] != "object" {
            return Err(wrong(&at("input_schema.type"), "'object'"));
        }
        let known = [
            "type",
            "name",
            "description",
            "input_schema",
            "cache_control",
            "strict",
            "defer_loading",
            "allowed_callers",
            "input_examples",
            "eager_input_streaming",
        ];
        if let Some(field) = unknown(tool, &known) {
            let message = format!("{}: Extra inputs are not permitted", at(field));
            return Err(Fault::invalid(&at(field), message));
        }
    }
    let choice = &body["tool_choice"];
    if choice.is_null() {
        return Ok(());
    }
    if tools.is_empty() {
        return Err(wrong("tool_choice", "set only while tools are given"));
    }
    match text(&choice["type"]) {
        "auto" | "any" | "none" => Ok(()),
        "tool" if tools.iter().any(|tool| tool["name"] == choice["name"]) => Ok(()),
        "tool" => Err(wrong("tool_choice.name", "the name of a tool")),
        _ => Err(wrong("tool_choice.type", "'auto', 'any', 'tool' or 'none'")),
    }
}

fn system(system: &Value) -> Result<(), Fault> {
    match system {
        Value::Null | Value::String(_) => Ok(()),
        Value::Array(blocks) => {
            for (n, block) in blocks.iter().enumerate() {
                if block["type"] != "text" || text(&block["text"]).is_empty() {
                    return Err(wrong(&format!("system.{n}"), "a text block that is not empty"));
                }
            }
            Ok(())
        }
        _ => Err(wrong("system", "a text or a list of text blocks")),
    }
}

fn conversation(body: &Value) -> Result<(), Fault> {
    let turns = list(&body["messages"]);
    if !body["messages"].is_array() {
        return Err(required("messages"));
    }
    if turns.first().is_none_or(|turn| turn["role"] != "user") {
        return Err(wrong(
            "messages",
            "at least one message, of which the first is the user's",
        ));
    }
    let mut open: Vec<&str> = Vec::new();
    for (n, turn) in turns.iter().enumerate() {
        if !matches!(turn["role"].as_str(), Some("user" | "assistant")) {
            return Err(wrong(&format!("messages.{n}.role"), "'user' or 'assistant'"));
        }
        if let Some(field) = unknown(turn, &["role", "content"]) {
            let message = format!("messages.{n}.{field}: Extra inputs are not permitted");
            return Err(Fault::invalid(field, message));
        }
        content(&turn["content"], n)?;
        let blocks = list(&turn["content"]);
        let named = |kind: &str, field: &str| -> Vec<&str> {
            let of_kind = blocks.iter().filter(|block| block["type"] == kind);
            of_kind.map(|block| text(&block[field])).collect()
        };
        let results = named("tool_result", "tool_use_id");
        if let Some(stray) = results.iter().find(|id| !open.contains(id)) {
            let message = format!(
                "messages.{n}.content: unexpected `tool_use_id` in `tool_result`: {stray}; each must have its \
                 `tool_use` in the message before"
            );
            return Err(Fault::invalid("messages", message));
        }
        if let Some(unanswered) = open.iter().find(|id| !results.contains(id)) {
            let message =
                format!("messages.{n}: `tool_use` {unanswered} is without its `tool_result` after it");
            return Err(Fault::invalid("messages", message));
        }
        open = if turn["role"] == "assistant" {
            named("tool_use", "id")
        } else {
            Vec::new()
        };
    }
    Ok(())
}

fn content(content: &Value, n: usize) -> Result<(), Fault> {
    let at = format!("messages.{n}.content");
    let blocks = match content {
        Value::String(text) if !text.is_empty() => return Ok(()),
        Value::Array(blocks) if !blocks.is_empty() => blocks,
        _ => return Err(wrong(&at, "a text or a list of blocks that is not empty")),
    };
    for (k, block) in blocks.iter().enumerate() {
        let at = format!("{at}.{k}");
        let kind = text(&block["type"]);
        if !BLOCKS.contains(&kind) {
            return Err(wrong(&format!("{at}.type"), "one of the known kinds of blocks"));
        }
        let good = match kind {
            "text" => !text(&block["text"]).is_empty(),
            "image" => source(&block["source"], &IMAGES),
            "document" => document(&block["source"]),
            "thinking" => block["signature"].is_string() && block["thinking"].is_string(),
            "tool_use" => {
                is_name(&block["id"], "", 256)
                    && is_name(&block["name"], "", 200)
                    && block["input"].is_object()
            }
            "tool_result" => is_name(&block["tool_use_id"], "", 256) && result(&block["content"]),
            _ => true,
        };
        if !good {
            return Err(wrong(&at, &format!("a whole {kind} block")));
        }
    }
    Ok(())
}

fn source(source: &Value, types: &[&str]) -> bool {
    match text(&source["type"]) {
        "base64" => types.contains(&text(&source["media_type"])) && is_base64(&source["data"]),
        "url" => text(&source["url"]).starts_with("http"),
        "file" => source["file_id"].is_string(),
        _ => false,
    }
}

fn document(from: &Value) -> bool {
    match text(&from["type"]) {
        "text" => from["media_type"] == "text/plain" && from["data"].is_string(),
        "content" => !from["content"].is_null(),
        _ => source(from, &["application/pdf"]),
    }
}

fn result(content: &Value) -> bool {
    let kinds = ["text", "image", "document", "search_result", "tool_reference"];
    let blocks = list(content).iter();
    match content {
        Value::Null | Value::String(_) => true,
        Value::Array(_) => blocks
            .into_iter()
            .all(|block| kinds.contains(&text(&block["type"]))),
        _ => false,
    }
}

fn required(field: &str) -> Fault {
    Fault::invalid(field, format!("{field}: Field required"))
}

fn wrong(field: &str, expected: &str) -> Fault {
    Fault::invalid(field, format!("{field}: Input should be {expected}"))
}
