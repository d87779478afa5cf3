//! What OpenAI refuses in a Responses request. From OpenAI's API reference ("Responses", "Compact a response", "Get input
//! token counts") and its guides ("Function calling", "Conversation state", "Reasoning models").

use crate::harness::upstream::chat::{metadata, strict_schema};
use crate::harness::upstream::check::{is_name, list, one_of, text, unknown, whole, within};
use crate::harness::upstream::openai::{demand_model, invalid_value, missing_parameter, unknown_parameter};
use crate::harness::upstream::route::Asked;
use crate::harness::upstream::script::Fault;
use serde_json::Value;

const FIELDS: [&str; 31] = [
    "background",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];
/// Codex sends it beside the documented ones, and OpenAI takes it.
const CLIENT_METADATA: &str = "client_metadata";
const COMPACT_FIELDS: [&str; 8] = [
    "model",
    "input",
    "instructions",
    "previous_response_id",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "service_tier",
];
const COUNT_FIELDS: [&str; 12] = [
    "conversation",
    "input",
    "instructions",
    "model",
    "parallel_tool_calls",
    "personality",
    "previous_response_id",
    "reasoning",
    "text",
    "tool_choice",
    "tools",
    "truncation",
];
const TOOLS: [&str; 16] = [
    "function",
    "custom",
    "namespace",
    "tool_search",
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
    "file_search",
    "computer_use_preview",
    "code_interpreter",
    "mcp",
    "image_generation",
    "local_shell",
    "shell",
    "apply_patch",
];
/// Kinds of items by the ids that OpenAI gave them.
const ID_BEGINNINGS: [(&str, &str); 4] = [
    ("custom_tool_call", "ctc"),
    ("message", "msg"),
    ("reasoning", "rs"),
    ("function_call", "fc"),
];
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// `POST …/responses`.
pub fn check(asked: &Asked<'_>) -> Result<(), Fault> {
    let body = &asked.body;
    if let Some(field) = unknown(body, &[FIELDS.as_slice(), &[CLIENT_METADATA]].concat()) {
        return Err(unknown_parameter(field));
    }
    demand_model(asked)?;
    sampling(body)?;
    tools(body)?;
    format(body)?;
    previous(asked)?;
    if body["input"].is_null() && body["previous_response_id"].is_null() && body["prompt"].is_null() {
        return Err(missing_parameter("input"));
    }
    input(body)
}

/// `POST …/responses/compact`.
pub fn compact(asked: &Asked<'_>) -> Result<(), Fault> {
    if let Some(field) = unknown(&asked.body, &COMPACT_FIELDS) {
        return Err(unknown_parameter(field));
    }
    demand_model(asked)?;
    previous(asked)?;
    input(&asked.body)
}

/// `POST …/responses/input_tokens`.
pub fn input_tokens(asked: &Asked<'_>) -> Result<(), Fault> {
    if let Some(field) = unknown(&asked.body, &COUNT_FIELDS) {
        return Err(unknown_parameter(field));
    }
    tools(&asked.body)?;
    previous(asked)?;
    input(&asked.body)
}

fn sampling(body: &Value) -> Result<(), Fault> {
    if !within(&body["temperature"], 0.0, 2.0) {
        return Err(invalid_value("temperature", "a number from 0 to 2"));
    }
    if !within(&body["top_p"], 0.0, 1.0) {
        return Err(invalid_value("top_p", "a number from 0 to 1"));
    }
    if !whole(&body["top_logprobs"], 0, 20) {
        return Err(invalid_value("top_logprobs", "a whole number from 0 to 20"));
    }
    if !whole(&body["max_output_tokens"], 16, u64::MAX) {
        return Err(invalid_value(
            "max_output_tokens",
            "a whole number of at least 16",
        ));
    }
    if !one_of(&body["truncation"], &["auto", "disabled"]) {
        return Err(invalid_value("truncation", "'auto' or 'disabled'"));
    }
    if !one_of(&body["reasoning"]["effort"], &EFFORTS) {
        return Err(invalid_value("reasoning.effort", "a known effort"));
    }
    if !one_of(&body["reasoning"]["summary"], &["auto", "concise", "detailed"]) {
        return Err(invalid_value(
            "reasoning.summary",
            "'auto', 'concise' or 'detailed'",
        ));
    }
    if !body["stream_options"].is_null() && body["stream"] != true {
        return Err(invalid_value("stream_options", "stream to be true with it"));
    }
    let known = |what: &Value| text(what).contains('.');
    if !list(&body["include"]).iter().all(known) {
        return Err(invalid_value("include", "known parts of the answer"));
    }
    metadata(&body["metadata"])
}

fn tools(body: &Value) -> Result<(), Fault> {
    let tools = list(&body["tools"]);
    for (n, tool) in tools.iter().enumerate() {
        let at = |field: &str| format!("tools[{n}].{field}");
        let kind = text(&tool["type"]);
        if !TOOLS.contains(&kind) {
            return Err(invalid_value(&at("type"), "a known kind of tool"));
        }
        if kind != "function" {
            continue;
        }
        if !is_name(&tool["name"], "", 64) {
            return Err(missing_parameter(&at("name")));
        }
        let known = [
            "type",
            "name",
            "description",
            "parameters",
            "strict",
            "defer_loading",
            "output_schema",
        ];
        if let Some(field) = unknown(tool, &known) {
            return Err(unknown_parameter(&at(field)));
        }
        if !tool["parameters"].is_null() && tool["parameters"]["type"] != "object" {
            return Err(invalid_value(&at("parameters"), "a schema of type 'object'"));
        }
        strict_schema(&at("parameters"), tool, &tool["parameters"])?;
    }
    match &body["tool_choice"] {
        Value::Null => Ok(()),
        choice if one_of(choice, &["none", "auto", "required"]) => Ok(()),
        Value::Object(choice) if choice.get("function").is_none() => Ok(()),
        _ => Err(invalid_value(
            "tool_choice",
            "a known choice; the function's name stands beside its type",
        )),
    }
}

fn format(body: &Value) -> Result<(), Fault> {
    let format = &body["text"]["format"];
    match text(&format["type"]) {
        "" if format.is_null() => Ok(()),
        "text" | "json_object" => Ok(()),
        "json_schema" if !is_name(&format["name"], "", 64) => Err(missing_parameter("text.format.name")),
        "json_schema" => strict_schema("text.format", format, &format["schema"]),
        _ => Err(invalid_value(
            "text.format.type",
            "'text', 'json_object' or 'json_schema'",
        )),
    }
}

/// Responses are remembered where they were made, and nowhere else.
fn previous(asked: &Asked<'_>) -> Result<(), Fault> {
    let Some(id) = asked.body["previous_response_id"].as_str() else {
        return Ok(());
    };
    let ours = id
        .strip_prefix("resp_")
        .and_then(|rest| rest.strip_prefix(asked.maker));
    if ours.is_some_and(|rest| rest.starts_with('_')) {
        return Ok(());
    }
    let message = format!("Previous response with id '{id}' not found.");
    Err(Fault::invalid("previous_response_id", message))
}

fn input(body: &Value) -> Result<(), Fault> {
    let items = match &body["input"] {
        Value::Null | Value::String(_) => return Ok(()),
        Value::Array(items) => items,
        _ => return Err(invalid_value("input", "a text or a list of items")),
    };
    let remembered = !body["previous_response_id"].is_null() || !body["conversation"].is_null();
    let mut open: Vec<&str> = Vec::new();
    for (n, item) in items.iter().enumerate() {
        let at = format!("input[{n}]");
        let kind = item["type"].as_str().unwrap_or("message");
        ids(item, kind, &at)?;
        match kind {
            "message" => message(item, &at)?,
            "function_call" | "custom_tool_call" => {
                let argument = if kind == "function_call" {
                    "arguments"
                } else {
                    "input"
                };
                let whole = is_name(&item["name"], ".", 128) && item[argument].is_string();
                if !whole || text(&item["call_id"]).is_empty() {
                    let expected = format!("a call with call_id, name and {argument} as text");
                    return Err(invalid_value(&at, &expected));
                }
                open.push(text(&item["call_id"]));
            }
            "function_call_output" | "custom_tool_call_output" => {
                let id = text(&item["call_id"]);
                let place = open.iter().position(|other| *other == id);
                if place.is_none() && !remembered {
                    let said = format!("No tool call found for function call output with call_id {id}.");
                    return Err(Fault::invalid("input", said));
                }
                if !(item["output"].is_string() || item["output"].is_array()) {
                    return Err(missing_parameter(&format!("{at}.output")));
                }
                place.map(|place| open.remove(place));
            }
            "reasoning" => reasoning(item, body, &at)?,
            _ => (),
        }
    }
    if let Some(id) = open.first() {
        let said = format!("No tool output found for function call {id}.");
        return Err(Fault::invalid("input", said));
    }
    Ok(())
}

fn ids(item: &Value, kind: &str, at: &str) -> Result<(), Fault> {
    let beginning = ID_BEGINNINGS.iter().find(|(other, _)| *other == kind);
    if let (Some(id), Some((_, beginning))) = (item["id"].as_str(), beginning)
        && !id.starts_with(beginning)
    {
        let said = format!("Invalid '{at}.id': '{id}'. Expected an ID that begins with '{beginning}'.");
        return Err(Fault::invalid(&format!("{at}.id"), said));
    }
    Ok(())
}

fn reasoning(item: &Value, body: &Value, at: &str) -> Result<(), Fault> {
    if !item["summary"].is_array() {
        return Err(missing_parameter(&format!("{at}.summary")));
    }
    if body["store"] == false && !item["encrypted_content"].is_string() {
        let id = text(&item["id"]);
        return Err(Fault::not_found(format!(
            "Item with id '{id}' not found. Items are not persisted when `store` is set to false."
        )));
    }
    Ok(())
}

fn message(item: &Value, at: &str) -> Result<(), Fault> {
    let role = text(&item["role"]);
    if !["user", "assistant", "system", "developer"].contains(&role) {
        return Err(invalid_value(&format!("{at}.role"), "a known role"));
    }
    let allowed: &[&str] = if role == "assistant" {
        &["output_text", "refusal"]
    } else {
        &["input_text", "input_image", "input_file", "input_audio"]
    };
    let parts = match &item["content"] {
        Value::String(_) => return Ok(()),
        Value::Array(parts) => parts,
        _ => return Err(missing_parameter(&format!("{at}.content"))),
    };
    for (k, part) in parts.iter().enumerate() {
        let at = format!("{at}.content[{k}]");
        let kind = text(&part["type"]);
        if !allowed.contains(&kind) {
            return Err(invalid_value(
                &at,
                &format!("one of {allowed:?} for role '{role}', not '{kind}'"),
            ));
        }
        let url = text(&part["image_url"]);
        let good = match kind {
            "input_text" | "output_text" => part["text"].is_string(),
            "input_image" => {
                url.starts_with("http") || url.starts_with("data:image/") || part["file_id"].is_string()
            }
            "input_file" => ["file_data", "file_id", "file_url"]
                .iter()
                .any(|field| part[*field].is_string()),
            _ => true,
        };
        if !good {
            return Err(invalid_value(&at, &format!("a whole '{kind}' part")));
        }
    }
    Ok(())
}
