//! What OpenAI's endpoints share, and its small ones: models, embeddings, images. From OpenAI's API reference: "Models",
//! "Embeddings", "Images".

use super::answer::Answer;
use super::prompt::{Choice, Reader, Speaker};
use super::refusal::{Kind, Manner, Refusal};
use super::{Demo, Models, body, json_body, tokens};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// When the demo's models and answers were created: the beginning of 2026.
pub const CREATED: u64 = 1_767_225_600;
/// Length of an embedding where none is asked for, as the smallest of OpenAI's models has it.
const DIMENSIONS: usize = 1536;
/// Longest embedding.
const DIMENSIONS_MAX: usize = 4096;
/// Most inputs in one request, as OpenAI allows.
const INPUTS_MAX: usize = 2048;
/// A transparent PNG of one pixel.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
/// What a picture of the demo counts.
const PICTURE_TOKENS: u64 = 16;

/// A fault of the body.
pub fn invalid(message: &str) -> Refusal {
    Refusal::new(Manner::OpenAi, Kind::Invalid, message)
}

/// The body's model, else the deployment that Azure's path names.
pub fn asked_model(http: &HttpRequest, body: &Value) -> Result<String, Refusal> {
    let deployment = http.match_info().get("deployment");
    let model = deployment.unwrap_or_else(|| body::text(&body["model"]));
    if model.is_empty() {
        return Err(invalid("Missing required parameter: 'model'."));
    }
    Ok(model.to_owned())
}

/// The schema that a format demands; any JSON will do where it names none.
pub fn schema_of(format: &Value, schema: &Value) -> Option<Value> {
    match format["type"].as_str() {
        Some("json_schema") => Some(schema.clone()),
        Some("json_object") => Some(json!({"type": "object"})),
        _ => None,
    }
}

/// Usage as Chat Completions tells it.
pub fn usage(answer: &Answer) -> Value {
    let (input, output) = (answer.usage.total(), answer.output_tokens);
    json!({
        "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
        "prompt_tokens_details": {"cached_tokens": answer.usage.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}
    })
}

/// OpenAI's list of models.
pub fn models() -> Value {
    let data: Vec<Value> = Models::OPENAI
        .iter()
        .map(|id| json!({"id": id, "object": "model", "created": CREATED, "owned_by": "tollgate-demo"}))
        .collect();
    json!({"object": "list", "data": data})
}

/// `POST …/embeddings`.
pub async fn embeddings(
    http: HttpRequest,
    bytes: web::Bytes,
    demo: web::Data<Demo>,
) -> Result<HttpResponse, Refusal> {
    let body = json_body(&http, &bytes, &demo, Manner::OpenAi)?;
    let model = asked_model(&http, &body)?;
    let one = std::slice::from_ref(&body["input"]);
    let inputs = match &body["input"] {
        Value::String(_) => one,
        // Numbers are one text in tokens.
        Value::Array(inputs) if inputs.first().is_some_and(Value::is_number) => one,
        Value::Array(inputs) if !inputs.is_empty() && inputs.len() <= INPUTS_MAX => inputs.as_slice(),
        _ => {
            return Err(invalid(
                "Invalid 'input': a text or a list of 1 to 2048 is expected.",
            ));
        }
    };
    let dimensions = body["dimensions"]
        .as_u64()
        .and_then(|asked| usize::try_from(asked).ok())
        .unwrap_or(DIMENSIONS);
    if dimensions == 0 || dimensions > DIMENSIONS_MAX {
        return Err(invalid("Invalid 'dimensions': 1 to 4096 are expected."));
    }
    let packed = body["encoding_format"] == "base64";
    let mut used = 0;
    let mut data = Vec::with_capacity(inputs.len());
    for (index, input) in inputs.iter().enumerate() {
        let text = input.as_str().map_or_else(|| input.to_string(), str::to_owned);
        used += match input {
            // Already counted by whoever made tokens of it.
            Value::Array(tokens) => tokens.len() as u64,
            _ => tokens::count(&text),
        };
        let vector = embedding(&text, dimensions);
        let embedding = if packed {
            let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            json!(STANDARD.encode(bytes))
        } else {
            json!(vector)
        };
        data.push(json!({"object": "embedding", "index": index, "embedding": embedding}));
    }
    Ok(HttpResponse::Ok().json(json!({
        "object": "list", "data": data, "model": model,
        "usage": {"prompt_tokens": used, "total_tokens": used}
    })))
}

/// A direction that the text's letters give: equal texts have equal ones, similar texts similar ones. Of length 1.
pub fn embedding(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimensions];
    let mut before = 0_u32;
    for letter in text.chars().map(u32::from) {
        let place = before.wrapping_mul(31).wrapping_add(letter) as usize % dimensions;
        if let Some(number) = vector.get_mut(place) {
            *number += 1.0;
        }
        before = letter;
    }
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        for number in &mut vector {
            *number /= length;
        }
    }
    vector
}

/// `POST …/images/generations`.
pub async fn images(
    http: HttpRequest,
    bytes: web::Bytes,
    demo: web::Data<Demo>,
) -> Result<HttpResponse, Refusal> {
    let body = json_body(&http, &bytes, &demo, Manner::OpenAi)?;
    if body::text(&body["prompt"]).is_empty() {
        return Err(invalid("Missing required parameter: 'prompt'."));
    }
    let count = body["n"].as_u64().unwrap_or(1).clamp(1, 10);
    let mut reader = Reader::default();
    reader.turn(Speaker::User, &body["prompt"]);
    let input = reader.finish("", None, &Choice::Never, None).tokens;
    let output = PICTURE_TOKENS * count;
    let data: Vec<Value> = (0..count).map(|_| json!({"b64_json": PIXEL})).collect();
    Ok(HttpResponse::Ok().json(json!({
        "created": CREATED, "data": data, "background": "transparent", "output_format": "png", "quality": "low",
        "size": "1024x1024",
        "usage": {"input_tokens": input, "output_tokens": output, "total_tokens": input + output,
            "input_tokens_details": {"text_tokens": input, "image_tokens": 0}}
    })))
}
