//! What Google refuses in a `generateContent` request. From Google's documentation: "Gemini API reference"
//! (models.generateContent, Content, Tool, GenerationConfig, Schema), "Function calling", "Structured output".
//! Field names may be camelCase or snake_case, as in all of Google's JSON.

use crate::harness::upstream::check::{OF_TOMORROW, is_base64, is_name, list, text, whole, within};
use crate::harness::upstream::script::Fault;
use serde_json::Value;

const FIELDS: [&str; 12] = [
    "model",
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "safetySettings",
    "generationConfig",
    "cachedContent",
    "labels",
    "serviceTier",
    "store",
    "sessionId",
];
const CONFIG_FIELDS: [&str; 24] = [
    "temperature",
    "topP",
    "topK",
    "candidateCount",
    "maxOutputTokens",
    "stopSequences",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "presencePenalty",
    "frequencyPenalty",
    "seed",
    "responseLogprobs",
    "logprobs",
    "responseModalities",
    "speechConfig",
    "thinkingConfig",
    "imageConfig",
    "mediaResolution",
    "audioTimestamp",
    "enableEnhancedCivicAnswers",
    "routingConfig",
    "modelSelectionConfig",
    "responseFormat",
];
/// A part has one of these.
const DATA_FIELDS: [&str; 9] = [
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];
/// And may have these beside it.
const PART_FIELDS: [&str; 6] = [
    "thought",
    "thoughtSignature",
    "videoMetadata",
    "mediaResolution",
    "partMetadata",
    "mediaProcessing",
];
/// Of OpenAPI's schemas Google knows a part; what else JSON Schema has belongs into the fields named for it.
const SCHEMA_FIELDS: [&str; 23] = [
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "maxItems",
    "minItems",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "anyOf",
    "propertyOrdering",
    "default",
    "items",
    "minimum",
    "maximum",
    "additionalProperties",
];
const MODES: [&str; 5] = ["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"];

/// A field under its camelCase or snake_case name; `null` if there is neither.
pub fn field<'a>(object: &'a Value, name: &str) -> &'a Value {
    let camel = &object[name];
    if camel.is_null() {
        &object[snake(name)]
    } else {
        camel
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// Refuses what is none of these in either spelling.
pub fn known(object: &Value, at: &str, names: &[&str]) -> Result<(), Fault> {
    let fields = object.as_object().into_iter().flat_map(|fields| fields.keys());
    for name in fields {
        let is_known = names.iter().any(|known| known == name || snake(known) == *name);
        if !is_known && !name.ends_with(OF_TOMORROW) {
            let message = format!(
                "Invalid JSON payload received. Unknown name \"{name}\" at '{at}': Cannot find field."
            );
            return Err(Fault::invalid(name, message));
        }
    }
    Ok(())
}

/// A fault of a field.
pub fn invalid(at: &str, message: &str) -> Fault {
    Fault::invalid(at, format!("* {at}: {message}"))
}

/// A whole request.
pub fn check(body: &Value) -> Result<(), Fault> {
    known(body, "", &FIELDS)?;
    contents(field(body, "contents"))?;
    let system = field(body, "systemInstruction");
    if !system.is_null() {
        parts(field(system, "parts"), "system_instruction.parts")?;
    }
    config(field(body, "generationConfig"))?;
    tools(body)
}

/// A count takes `contents`, or a whole request under `generateContentRequest`.
pub fn count(body: &Value) -> Result<(), Fault> {
    known(body, "", &["model", "contents", "generateContentRequest"])?;
    let whole = field(body, "generateContentRequest");
    if whole.is_null() {
        contents(field(body, "contents"))
    } else {
        check(whole)
    }
}

/// One embedding.
pub fn embed(body: &Value) -> Result<(), Fault> {
    let names = [
        "model",
        "content",
        "taskType",
        "title",
        "outputDimensionality",
        "embedContentConfig",
    ];
    known(body, "", &names)?;
    parts(field(&body["content"], "parts"), "content.parts")
}

fn contents(contents: &Value) -> Result<(), Fault> {
    let turns = list(contents);
    if turns.is_empty() {
        return Err(invalid(
            "GenerateContentRequest.contents",
            "contents is not specified",
        ));
    }
    let mut called = 0;
    for (n, turn) in turns.iter().enumerate() {
        let at = format!("contents[{n}]");
        known(turn, &at, &["role", "parts"])?;
        if !matches!(turn["role"].as_str(), None | Some("user" | "model" | "function")) {
            return Err(invalid(&at, "Please use a valid role: user, model."));
        }
        parts(&turn["parts"], &format!("{at}.parts"))?;
        let with = |name: &str| {
            list(&turn["parts"])
                .iter()
                .filter(|part| !field(part, name).is_null())
                .count()
        };
        let answered = with("functionResponse");
        if answered != called && (answered > 0 || called > 0) {
            let message = "Please ensure that the number of function response parts is equal to the number of function \
                           call parts of the function call turn.";
            return Err(Fault::invalid(&at, message));
        }
        called = with("functionCall");
        if called > 0 && turn["role"] != "model" {
            return Err(invalid(&at, "a function call belongs to the role model"));
        }
    }
    Ok(())
}

fn parts(parts: &Value, at: &str) -> Result<(), Fault> {
    let all = list(parts);
    if all.is_empty() {
        return Err(invalid(at, "contents.parts must not be empty."));
    }
    let names = [DATA_FIELDS.as_slice(), &PART_FIELDS].concat();
    for (n, part) in all.iter().enumerate() {
        let at = format!("{at}[{n}]");
        known(part, &at, &names)?;
        let data = DATA_FIELDS
            .iter()
            .filter(|name| !field(part, name).is_null())
            .count();
        if data != 1 {
            return Err(invalid(
                &at,
                "required oneof field 'data' must have one initialized field",
            ));
        }
        let (inline, file) = (field(part, "inlineData"), field(part, "fileData"));
        if !(inline.is_null() || field(inline, "mimeType").is_string() && is_base64(&inline["data"])) {
            return Err(invalid(&at, "inline_data needs a mime_type and data in base64"));
        }
        if !file.is_null() && text(field(file, "fileUri")).is_empty() {
            return Err(invalid(&at, "file_data needs a file_uri"));
        }
        let call = field(part, "functionCall");
        if !call.is_null()
            && !(is_name(&call["name"], ".:", 128) && (call["args"].is_null() || call["args"].is_object()))
        {
            return Err(invalid(&at, "function_call needs a name and args as an object"));
        }
        let response = field(part, "functionResponse");
        if !(response.is_null() || is_name(&response["name"], ".:", 128) && response["response"].is_object())
        {
            return Err(invalid(
                &at,
                "function_response needs a name and a response as an object",
            ));
        }
    }
    Ok(())
}

fn config(config: &Value) -> Result<(), Fault> {
    known(config, "generation_config", &CONFIG_FIELDS)?;
    let at = |name: &str| format!("GenerateContentRequest.generation_config.{}", snake(name));
    for (name, low, high) in [
        ("temperature", 0.0, 2.0),
        ("topP", 0.0, 1.0),
        ("presencePenalty", -2.0, 2.0),
        ("frequencyPenalty", -2.0, 2.0),
    ] {
        if !within(field(config, name), low, high) {
            return Err(invalid(&at(name), &format!("must be from {low} to {high}")));
        }
    }
    for (name, low, high) in [
        ("maxOutputTokens", 1, 1 << 40),
        ("candidateCount", 1, 8),
        ("topK", 1, 1000),
        ("logprobs", 0, 20),
    ] {
        if !whole(field(config, name), low, high) {
            return Err(invalid(
                &at(name),
                &format!("must be a whole number from {low} to {high}"),
            ));
        }
    }
    if list(field(config, "stopSequences")).len() > 5 {
        return Err(invalid(&at("stopSequences"), "at most 5 are allowed"));
    }
    if !field(config, "logprobs").is_null() && field(config, "responseLogprobs") != true {
        return Err(invalid(&at("logprobs"), "response_logprobs must be true with it"));
    }
    let (schema, json_schema) = (
        field(config, "responseSchema"),
        field(config, "responseJsonSchema"),
    );
    let is_json = matches!(
        field(config, "responseMimeType").as_str(),
        Some("application/json" | "text/x.enum")
    );
    if !(is_json || schema.is_null() && json_schema.is_null()) {
        return Err(invalid(
            &at("responseSchema"),
            "response_mime_type must be application/json with it",
        ));
    }
    if !schema.is_null() && !json_schema.is_null() {
        return Err(invalid(
            &at("responseSchema"),
            "it or response_json_schema, not both",
        ));
    }
    self::schema(schema, "generation_config.response_schema")?;
    let thinking = field(config, "thinkingConfig");
    known(
        thinking,
        "generation_config.thinking_config",
        &["includeThoughts", "thinkingBudget", "thinkingLevel"],
    )?;
    if !field(thinking, "thinkingBudget").is_null() && !field(thinking, "thinkingLevel").is_null() {
        return Err(invalid(
            &at("thinkingConfig"),
            "thinking_budget or thinking_level, not both",
        ));
    }
    Ok(())
}

fn schema(schema: &Value, at: &str) -> Result<(), Fault> {
    known(schema, at, &SCHEMA_FIELDS)?;
    if schema["type"].is_array() {
        return Err(invalid(at, "type is one word; nullable stands for null"));
    }
    let properties = schema["properties"].as_object();
    let inner = properties.into_iter().flat_map(|all| all.values());
    for inner in inner
        .chain(schema.get("items"))
        .chain(list(field(schema, "anyOf")))
    {
        self::schema(inner, at)?;
    }
    Ok(())
}

fn tools(body: &Value) -> Result<(), Fault> {
    let kinds = [
        "functionDeclarations",
        "googleSearch",
        "googleSearchRetrieval",
        "codeExecution",
        "urlContext",
        "computerUse",
        "googleMaps",
        "fileSearch",
        "mcpServers",
    ];
    let mut declared: Vec<&str> = Vec::new();
    for (n, tool) in list(&body["tools"]).iter().enumerate() {
        known(tool, &format!("tools[{n}]"), &kinds)?;
        for (k, function) in list(field(tool, "functionDeclarations")).iter().enumerate() {
            let at = format!("tools[{n}].function_declarations[{k}]");
            let names = [
                "name",
                "description",
                "parameters",
                "parametersJsonSchema",
                "response",
                "responseJsonSchema",
                "behavior",
            ];
            known(function, &at, &names)?;
            if !is_name(&function["name"], ".:", 128) {
                return Err(invalid(&at, "a name of letters, digits, _ . : and - is required"));
            }
            if !function["parameters"].is_null() && !field(function, "parametersJsonSchema").is_null() {
                return Err(invalid(&at, "parameters or parameters_json_schema, not both"));
            }
            schema(&function["parameters"], &format!("{at}.parameters"))?;
            declared.push(text(&function["name"]));
        }
    }
    let choice = field(field(body, "toolConfig"), "functionCallingConfig");
    let mode = choice["mode"].as_str().unwrap_or("AUTO").to_ascii_uppercase();
    if !MODES.contains(&mode.as_str()) {
        return Err(invalid(
            "tool_config.function_calling_config.mode",
            "a known mode is required",
        ));
    }
    let allowed = list(field(choice, "allowedFunctionNames"));
    if !allowed.is_empty() && !["ANY", "VALIDATED"].contains(&mode.as_str()) {
        return Err(invalid(
            "tool_config.function_calling_config",
            "allowed_function_names needs mode ANY",
        ));
    }
    if let Some(stray) = allowed.iter().map(text).find(|name| !declared.contains(name)) {
        return Err(invalid(
            "allowed_function_names",
            &format!("{stray} is not declared"),
        ));
    }
    Ok(())
}
