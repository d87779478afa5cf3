//! What Bedrock refuses in a `converse` request. From AWS's documentation: "Converse", "ContentBlock", "ToolConfiguration",
//! "Use a tool to complete an Amazon Bedrock model response", "Carry out a conversation with the Converse API operations".

use crate::harness::upstream::check::{is_base64, is_name, list, one_of, text, unknown, whole, within};
use crate::harness::upstream::script::Fault;
use serde_json::Value;

const FIELDS: [&str; 12] = [
    "messages",
    "system",
    "inferenceConfig",
    "toolConfig",
    "guardrailConfig",
    "additionalModelRequestFields",
    "promptVariables",
    "additionalModelResponseFieldPaths",
    "requestMetadata",
    "performanceConfig",
    "serviceTier",
    "outputConfig",
];
const BLOCKS: [&str; 12] = [
    "text",
    "image",
    "document",
    "video",
    "audio",
    "toolUse",
    "toolResult",
    "guardContent",
    "cachePoint",
    "reasoningContent",
    "citationsContent",
    "searchResult",
];
const IMAGES: [&str; 4] = ["png", "jpeg", "gif", "webp"];
const DOCUMENTS: [&str; 9] = ["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"];

/// The whole request.
pub fn check(body: &Value) -> Result<(), Fault> {
    extraneous(body, &FIELDS)?;
    inference(&body["inferenceConfig"])?;
    for (n, block) in list(&body["system"]).iter().enumerate() {
        let kind = union(
            block,
            &["text", "guardContent", "cachePoint"],
            &format!("system.{n}"),
        )?;
        if kind == "text" && text(&block["text"]).is_empty() {
            return Err(invalid(&format!("system.{n}"), "the text must not be empty"));
        }
    }
    tools(&body["toolConfig"])?;
    conversation(body)
}

fn extraneous(object: &Value, known: &[&str]) -> Result<(), Fault> {
    match unknown(object, known) {
        Some(field) => Err(invalid(
            "#",
            &format!("extraneous key [{field}] is not permitted"),
        )),
        None => Ok(()),
    }
}

fn inference(config: &Value) -> Result<(), Fault> {
    extraneous(config, &["maxTokens", "temperature", "topP", "stopSequences"])?;
    if !whole(&config["maxTokens"], 1, u64::MAX) {
        return Err(invalid("inferenceConfig.maxTokens", "must be at least 1"));
    }
    for field in ["temperature", "topP"] {
        if !within(&config[field], 0.0, 1.0) {
            return Err(invalid(
                &format!("inferenceConfig.{field}"),
                "must be from 0 to 1",
            ));
        }
    }
    if list(&config["stopSequences"])
        .iter()
        .any(|stop| text(stop).is_empty())
    {
        return Err(invalid(
            "inferenceConfig.stopSequences",
            "must have a length of at least 1 each",
        ));
    }
    Ok(())
}

fn tools(config: &Value) -> Result<(), Fault> {
    if config.is_null() {
        return Ok(());
    }
    extraneous(config, &["tools", "toolChoice"])?;
    let tools = list(&config["tools"]);
    if tools.is_empty() {
        return Err(invalid("toolConfig.tools", "must have a length of at least 1"));
    }
    for (n, tool) in tools.iter().enumerate() {
        let at = format!("toolConfig.tools.{n}");
        if union(tool, &["toolSpec", "systemTool", "cachePoint"], &at)? != "toolSpec" {
            continue;
        }
        let spec = &tool["toolSpec"];
        extraneous(spec, &["name", "description", "inputSchema", "strict"])?;
        if !is_name(&spec["name"], "", 64) {
            return Err(invalid(&at, "the name must match [a-zA-Z0-9_-]{1,64}"));
        }
        if spec["inputSchema"]["json"]["type"] != "object" {
            return Err(invalid(&at, "inputSchema.json.type must be object"));
        }
        if spec["description"] == "" {
            return Err(invalid(&at, "the description must have a length of at least 1"));
        }
    }
    let choice = &config["toolChoice"];
    if choice.is_null() {
        return Ok(());
    }
    if union(choice, &["auto", "any", "tool"], "toolConfig.toolChoice")? == "tool" {
        let named = |tool: &Value| tool["toolSpec"]["name"] == choice["tool"]["name"];
        if !tools.iter().any(named) {
            return Err(invalid(
                "toolConfig.toolChoice.tool.name",
                "must be the name of a tool",
            ));
        }
    }
    Ok(())
}

fn conversation(body: &Value) -> Result<(), Fault> {
    let messages = list(&body["messages"]);
    if messages.first().is_none_or(|message| message["role"] != "user") {
        return Err(invalid(
            "messages",
            "A conversation must start with a user message.",
        ));
    }
    let mut open: Vec<&str> = Vec::new();
    let mut before = "";
    for (n, message) in messages.iter().enumerate() {
        let at = format!("messages.{n}");
        extraneous(message, &["role", "content"])?;
        let role = text(&message["role"]);
        if !["user", "assistant"].contains(&role) {
            return Err(invalid(
                &format!("{at}.role"),
                "must satisfy enum value set: [user, assistant]",
            ));
        }
        if role == before {
            return Err(invalid(
                "messages",
                "A conversation must alternate between user and assistant roles.",
            ));
        }
        before = role;
        let blocks = list(&message["content"]);
        if blocks.is_empty() {
            return Err(invalid(&at, "The content field must not be empty."));
        }
        for (k, content) in blocks.iter().enumerate() {
            block(content, &format!("{at}.content.{k}"))?;
        }
        let ids = |kind: &str| -> Vec<&str> {
            let of_kind = blocks.iter().filter(|block| !block[kind].is_null());
            of_kind.map(|block| text(&block[kind]["toolUseId"])).collect()
        };
        let (uses, results) = (ids("toolUse"), ids("toolResult"));
        if !(uses.is_empty() && results.is_empty()) && body["toolConfig"].is_null() {
            return Err(invalid(
                "toolConfig",
                "must be defined when using toolUse and toolResult content blocks.",
            ));
        }
        let answers_all = results.len() == open.len() && open.iter().all(|id| results.contains(id));
        if !answers_all {
            let message = format!(
                "Expected toolResult blocks at {at}.content for the following Ids: {}",
                open.join(", ")
            );
            return Err(Fault::invalid(&at, message));
        }
        open = uses;
    }
    Ok(())
}

fn block(block: &Value, at: &str) -> Result<(), Fault> {
    let kind = union(block, &BLOCKS, at)?;
    let value = &block[kind];
    let id = |value: &Value| is_name(&value["toolUseId"], "", 64);
    let bytes =
        |value: &Value| is_base64(&value["source"]["bytes"]) || !value["source"]["s3Location"].is_null();
    let good = match kind {
        "text" => !text(value).trim().is_empty(),
        "image" => IMAGES.contains(&text(&value["format"])) && bytes(value),
        "document" => {
            let named = text(&value["name"])
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || " -()[]".contains(c));
            let inline = !value["source"]["text"].is_null() || !value["source"]["content"].is_null();
            named
                && !text(&value["name"]).is_empty()
                && DOCUMENTS.contains(&text(&value["format"]))
                && (inline || bytes(value))
        }
        "toolUse" => id(value) && is_name(&value["name"], "", 64) && value["input"].is_object(),
        "toolResult" => {
            let known = ["text", "json", "image", "document", "video", "searchResult"];
            let mut contents = list(&value["content"]).iter();
            let whole = contents.all(|content| union(content, &known, at).is_ok());
            id(value)
                && value["content"].is_array()
                && whole
                && one_of(&value["status"], &["success", "error"])
        }
        "reasoningContent" => {
            value["reasoningText"]["text"].is_string() || is_base64(&value["redactedContent"])
        }
        "cachePoint" => value["type"] == "default",
        _ => true,
    };
    if good {
        return Ok(());
    }
    Err(invalid(
        at,
        &format!("The {kind} field in the ContentBlock object is blank or not whole."),
    ))
}

/// The one member that a union has.
fn union<'a>(object: &'a Value, members: &[&str], at: &str) -> Result<&'a str, Fault> {
    let fields: Vec<&str> = object
        .as_object()
        .map(|fields| fields.keys().map(String::as_str).collect())
        .unwrap_or_default();
    match fields.as_slice() {
        [one] if members.contains(one) => Ok(one),
        _ => Err(invalid(
            at,
            &format!("must have exactly one of {}", members.join(", ")),
        )),
    }
}

fn invalid(at: &str, message: &str) -> Fault {
    Fault::invalid(at, format!("The value at {at} is malformed: {message}"))
}
