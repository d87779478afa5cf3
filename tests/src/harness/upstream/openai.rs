//! What OpenAI's endpoints share (credential, errors, figures) and its small ones: legacy completions, embeddings,
//! images. From OpenAI's API reference: "Authentication", "Error codes", "Rate limits", "Completions", "Embeddings",
//! "Images".

use super::answer::{Answer, Stop, Usage};
use super::check::{list, one_of, text, unknown, whole, within};
use super::reply::{Frame, Outcome, Refusal, Reply, Stream};
use super::route::Asked;
use super::script::Fault;
use serde_json::{Value, json};

/// When everything was created.
pub const CREATED: u64 = 1_767_225_600;
/// A transparent PNG of one pixel.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
/// Length of an embedding where the request names none; real ones are longer.
const DIMENSIONS: u64 = 8;

/// OpenAI takes bearer tokens alone.
pub fn credential(asked: &Asked<'_>) -> Result<(), Fault> {
    let bearer = asked
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    match bearer {
        Some(key) if !key.is_empty() => Ok(()),
        _ => Err(Fault::unauthorized(
            "You didn't provide an API key in an Authorization header",
        )),
    }
}

/// OpenAI's error.
pub fn refusal(fault: &Fault) -> Refusal {
    let (status, kind, code) = match (fault.kind.as_str(), fault.status) {
        ("authentication_error", _) => (401, "invalid_request_error", json!("invalid_api_key")),
        ("billing_error", _) => (429, "insufficient_quota", json!("insufficient_quota")),
        ("rate_limit_error", _) => (429, "requests", json!("rate_limit_exceeded")),
        ("permission_error", _) => (403, "invalid_request_error", json!("model_not_found")),
        ("not_found_error", _) => (404, "invalid_request_error", json!("model_not_found")),
        ("overloaded_error", _) => (503, "server_error", Value::Null),
        ("api_error", status) => (status, "server_error", Value::Null),
        (kind, status) => (status, kind, Value::Null),
    };
    let error = json!({"message": fault.message, "type": kind, "param": fault.field, "code": code});
    let refusal = Refusal::new(status, json!({ "error": error }));
    match fault.retry_after {
        Some(after) => refusal
            .header("retry-after", after.as_secs())
            .header("retry-after-ms", after.as_millis())
            .header("x-ratelimit-remaining-requests", 0)
            .header("x-ratelimit-reset-requests", format!("{}s", after.as_secs())),
        None => refusal,
    }
}

/// Usage as Chat Completions and its older relatives tell it.
pub fn usage(usage: Usage, reasoning: u64) -> Value {
    let mut prompt = json!({"cached_tokens": usage.cache_read, "audio_tokens": 0});
    if usage.cache_write() > 0 {
        prompt["cache_write_tokens"] = json!(usage.cache_write());
    }
    json!({
        "prompt_tokens": usage.prompt(),
        "completion_tokens": usage.output,
        "total_tokens": usage.prompt() + usage.output,
        "prompt_tokens_details": prompt,
        "completion_tokens_details": {
            "reasoning_tokens": reasoning, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}

/// A field that OpenAI does not know.
pub fn unknown_parameter(field: &str) -> Fault {
    Fault::invalid(field, format!("Unknown parameter: '{field}'."))
}

/// A field that must be there.
pub fn missing_parameter(field: &str) -> Fault {
    Fault::invalid(field, format!("Missing required parameter: '{field}'."))
}

/// A field with a value that it can't have.
pub fn invalid_value(field: &str, expected: &str) -> Fault {
    Fault::invalid(
        field,
        format!("Invalid value for '{field}': expected {expected}."),
    )
}

/// A model that the path or the body names.
pub fn demand_model(asked: &Asked<'_>) -> Result<(), Fault> {
    if asked.model().is_empty() {
        return Err(missing_parameter("model"));
    }
    Ok(())
}

/// The log probabilities of a text's pieces, each taken for a token.
pub fn logprobs(pieces: &[String], top: u64) -> Vec<Value> {
    let one = |token: &str| json!({"token": token, "logprob": -0.25, "bytes": token.as_bytes()});
    let with_top = |token: &String| {
        let mut entry = one(token);
        entry["top_logprobs"] = (0..top).map(|_| one(token)).collect();
        entry
    };
    pieces.iter().map(with_top).collect()
}

/// Whether a tool of this name takes free text, in the list of either format.
pub fn takes_free_text(tools: &Value, name: &str) -> bool {
    list(tools).iter().any(|tool| {
        tool["type"] == "custom" && (tool["name"] == name || tool["custom"]["name"] == name)
            || takes_free_text(&tool["tools"], name)
    })
}

const EMBEDDING_FIELDS: [&str; 5] = ["input", "model", "dimensions", "encoding_format", "user"];

/// `POST /v1/embeddings`.
pub fn embeddings(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    let body = &asked.body;
    if let Some(field) = unknown(body, &EMBEDDING_FIELDS) {
        return Err(unknown_parameter(field));
    }
    demand_model(asked)?;
    let count = match &body["input"] {
        Value::String(input) if !input.is_empty() => 1,
        // A list of numbers is one text in tokens.
        Value::Array(inputs) if inputs.first().is_some_and(Value::is_number) => 1,
        Value::Array(inputs) if !inputs.is_empty() => inputs.len(),
        _ => return Err(invalid_value("input", "a text or a list that is not empty")),
    };
    if !one_of(&body["encoding_format"], &["float", "base64"]) {
        return Err(invalid_value("encoding_format", "'float' or 'base64'"));
    }
    if !whole(&body["dimensions"], 1, 10_000) {
        return Err(invalid_value("dimensions", "a whole number of at least 1"));
    }
    let dimensions = body["dimensions"].as_u64().unwrap_or(DIMENSIONS);
    let encoded = body["encoding_format"] == "base64";
    let data: Vec<Value> = (0..count)
        .map(|index| {
            let vector = vector(index, dimensions);
            let embedding = if encoded {
                json!(packed(&vector))
            } else {
                json!(vector)
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    let told = Usage::of(answer.usage.prompt(), 0);
    let value = json!({
        "object": "list", "data": data, "model": asked.model(),
        "usage": {"prompt_tokens": told.input, "total_tokens": told.input},
    });
    Ok(Reply::json(&value, Some(told)))
}

/// The embedding of the input with this number: each is another, and exact in 32 bits.
pub fn vector(index: usize, dimensions: u64) -> Vec<f32> {
    (0..dimensions)
        .map(|n| f32::from(u16::try_from((n + index as u64 * 3) % 64).expect("small")) / 64.0 - 0.5)
        .collect()
}

/// 32-bit floats, little end first, in base64.
fn packed(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    super::event_stream::base64(&bytes)
}

const IMAGE_FIELDS: [&str; 15] = [
    "prompt",
    "model",
    "background",
    "moderation",
    "n",
    "output_compression",
    "output_format",
    "partial_images",
    "quality",
    "response_format",
    "size",
    "stream",
    "style",
    "user",
    "input_fidelity",
];

/// `POST /v1/images/generations`.
pub fn images(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    let body = &asked.body;
    if let Some(field) = unknown(body, &IMAGE_FIELDS) {
        return Err(unknown_parameter(field));
    }
    if text(&body["prompt"]).is_empty() {
        return Err(missing_parameter("prompt"));
    }
    if !whole(&body["n"], 1, 10) {
        return Err(invalid_value("n", "a whole number from 1 to 10"));
    }
    let count = body["n"].as_u64().unwrap_or(1);
    let data: Vec<Value> = (0..count).map(|_| json!({"b64_json": PIXEL})).collect();
    let told = Usage::of(answer.usage.prompt(), answer.usage.output);
    let value = json!({
        "created": CREATED, "data": data, "background": "opaque", "output_format": "png", "quality": "low",
        "size": "1024x1024",
        "usage": {
            "input_tokens": told.input, "output_tokens": told.output, "total_tokens": told.input + told.output,
            "input_tokens_details": {"text_tokens": told.input, "image_tokens": 0},
        },
    });
    Ok(Reply::json(&value, Some(told)))
}

const COMPLETION_FIELDS: [&str; 18] = [
    "prompt",
    "model",
    "best_of",
    "echo",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_tokens",
    "n",
    "presence_penalty",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "suffix",
    "temperature",
    "top_p",
    "user",
];

/// `POST /v1/completions`.
pub fn completions(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    let body = &asked.body;
    if let Some(field) = unknown(body, &COMPLETION_FIELDS) {
        return Err(unknown_parameter(field));
    }
    demand_model(asked)?;
    if body["prompt"].is_null() {
        return Err(missing_parameter("prompt"));
    }
    if list(&body["stop"]).len() > 4 || !within(&body["temperature"], 0.0, 2.0) || !whole(&body["n"], 1, 128)
    {
        return Err(Fault::invalid(
            "stop",
            "stop, temperature or n is out of its range",
        ));
    }
    let prompts = match &body["prompt"] {
        Value::Array(prompts) if !prompts.first().is_some_and(Value::is_number) => prompts.len() as u64,
        _ => 1,
    };
    let choices = prompts * body["n"].as_u64().unwrap_or(1);
    let finish = if answer.stop == Stop::Length {
        "length"
    } else {
        "stop"
    };
    let told = answer.usage.with_one_cache();
    let object = |choices: Vec<Value>| {
        json!({"id": asked.id("cmpl-"), "object": "text_completion", "created": CREATED,
            "model": asked.model(), "choices": choices})
    };
    let choice = |index: u64, text: &str, finish: Option<&str>| json!({"text": text, "index": index, "logprobs": null, "finish_reason": finish});
    if !asked.streamed() {
        let all = (0..choices).map(|n| choice(n, &answer.text(), Some(finish)));
        let mut value = object(all.collect());
        value["usage"] = usage(told, answer.reasoning);
        return Ok(Reply::json(&value, Some(told)));
    }
    let mut frames = Vec::new();
    for n in 0..choices {
        for text in &answer.texts {
            frames.push(Frame::plain(data(&object(vec![choice(n, text, None)]))));
        }
        frames.push(Frame::plain(data(&object(vec![choice(n, "", Some(finish))]))));
    }
    let tells = body["stream_options"]["include_usage"] == true;
    if tells {
        let mut last = object(Vec::new());
        last["usage"] = usage(told, answer.reasoning);
        frames.push(Frame::telling(data(&last)));
    }
    frames.push(Frame::plain("data: [DONE]\n\n"));
    Ok(Reply::stream(
        Stream::of_events(frames, stream_error()),
        tells.then_some(told),
    ))
}

/// A nameless event.
pub fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}

/// What stands in a stream of chunks when the rest will not come.
pub fn stream_error() -> String {
    let message = "The server had an error while processing your request. Sorry about that!";
    data(&json!({"error": {"message": message, "type": "server_error", "param": null, "code": null}}))
}
