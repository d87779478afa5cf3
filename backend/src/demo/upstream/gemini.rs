//! Gemini's `generateContent` and its relatives, plain and in Code Assist's envelope. From Google's documentation: "Gemini
//! API reference"; for Code Assist the public types of Google's Gemini CLI, its only documentation.

use super::answer::{Answer, Content, Stop};
use super::body::{either, list, text};
use super::openai::embedding;
use super::prompt::{Choice, Prompt, Reader, Speaker};
use super::refusal::{Kind, Manner, Refusal};
use super::stream::{EVENTS, Frame, respond};
use super::{Demo, Models, json_body};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

/// Length of an embedding where none is asked for, as `gemini-embedding-001` has it.
const DIMENSIONS: usize = 3072;

/// `POST /v1beta/models/{model}:{method}`.
pub async fn models_call(
    http: HttpRequest,
    bytes: web::Bytes,
    demo: web::Data<Demo>,
) -> Result<HttpResponse, Refusal> {
    let body = json_body(&http, &bytes, &demo, Manner::Gemini)?;
    let called = http.match_info().get("call").unwrap_or_default();
    let (model, method) = called.rsplit_once(':').unwrap_or((called, ""));
    match method {
        "generateContent" => Ok(HttpResponse::Ok().json(whole(&demo.answer(&read(&body, model)?)))),
        "streamGenerateContent" => {
            let answer = demo.answer(&read(&body, model)?);
            Ok(streamed(&http, &answer, |chunk| chunk))
        }
        "countTokens" => {
            let inner = either(&body, "generateContentRequest", "generate_content_request");
            let counted = read(if inner.is_null() { &body } else { inner }, model)?;
            Ok(HttpResponse::Ok().json(json!({"totalTokens": counted.tokens})))
        }
        "embedContent" => Ok(HttpResponse::Ok().json(json!({"embedding": {"values": values(&body)}}))),
        "batchEmbedContents" => {
            let all: Vec<Value> = list(&body["requests"])
                .iter()
                .map(|request| json!({"values": values(request)}))
                .collect();
            Ok(HttpResponse::Ok().json(json!({ "embeddings": all })))
        }
        _ => Err(unknown(&http)),
    }
}

/// `POST /v1internal:{method}`: the same in an envelope, and what clients ask before they begin.
pub async fn code_assist(
    http: HttpRequest,
    bytes: web::Bytes,
    demo: web::Data<Demo>,
) -> Result<HttpResponse, Refusal> {
    let body = json_body(&http, &bytes, &demo, Manner::Gemini)?;
    let (request, model) = (&body["request"], text(&body["model"]));
    let tier = json!({"id": "standard-tier", "name": "Demo", "description": "The demo upstream", "isDefault": true,
        "userDefinedCloudaicompanionProject": false});
    let answered = match http.match_info().get("method").unwrap_or_default() {
        "generateContent" => {
            let answer = demo.answer(&read(request, model)?);
            json!({"response": whole(&answer), "traceId": answer.id})
        }
        "streamGenerateContent" => {
            let answer = demo.answer(&read(request, model)?);
            let trace = answer.id.clone();
            return Ok(streamed(
                &http,
                &answer,
                |chunk| json!({"response": chunk, "traceId": trace}),
            ));
        }
        "countTokens" => json!({"totalTokens": read(request, model)?.tokens}),
        "loadCodeAssist" => {
            json!({"currentTier": tier, "allowedTiers": [tier], "cloudaicompanionProject": "demo"})
        }
        "onboardUser" => json!({"name": "operations/demo", "done": true,
            "response": {"cloudaicompanionProject": {"id": "demo", "name": "demo"}}}),
        "listExperiments" => json!({"experimentIds": [], "flags": []}),
        "retrieveUserQuota" => {
            let buckets: Vec<Value> = Models::GEMINI
                .iter()
                .map(|id| json!({"modelId": id, "tokenType": "REQUESTS", "remainingFraction": 1.0}))
                .collect();
            json!({ "buckets": buckets })
        }
        _ => return Err(unknown(&http)),
    };
    Ok(HttpResponse::Ok().json(answered))
}

/// Gemini's list of models.
pub fn models() -> Value {
    let all: Vec<Value> = Models::GEMINI
        .iter()
        .map(|id| {
            json!({"name": format!("models/{id}"), "displayName": format!("{id} (demo)"), "version": "demo",
            "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536,
            "supportedGenerationMethods": ["generateContent", "countTokens", "embedContent"]})
        })
        .collect();
    json!({ "models": all })
}

fn unknown(http: &HttpRequest) -> Refusal {
    let message = format!("{} is not a method of the demo upstream", http.path());
    Refusal::new(Manner::Gemini, Kind::NotFound, message)
}

/// Reads a body; names may be camelCase or snake_case.
pub fn read(body: &Value, model: &str) -> Result<Prompt, Refusal> {
    let contents = list(&body["contents"]);
    if contents.is_empty() {
        let message = "* GenerateContentRequest.contents: contents is not specified";
        return Err(Refusal::new(Manner::Gemini, Kind::Invalid, message));
    }
    let mut reader = Reader::default();
    for tool in list(&body["tools"]) {
        for function in list(either(tool, "functionDeclarations", "function_declarations")) {
            let schema = either(function, "parametersJsonSchema", "parameters_json_schema");
            let schema = if schema.is_null() {
                &function["parameters"]
            } else {
                schema
            };
            reader.tool(function, text(&function["name"]), schema);
        }
    }
    reader.content(&either(body, "systemInstruction", "system_instruction")["parts"]);
    for turn in contents {
        let parts = &turn["parts"];
        let answers = |part: &Value| !either(part, "functionResponse", "function_response").is_null();
        let speaker = match turn["role"].as_str() {
            _ if list(parts).iter().any(answers) => Speaker::Tool,
            None | Some("user") => Speaker::User,
            _ => Speaker::Other,
        };
        reader.turn(speaker, parts);
    }
    let tools = either(body, "toolConfig", "tool_config");
    let calling = either(tools, "functionCallingConfig", "function_calling_config");
    let allowed = list(either(calling, "allowedFunctionNames", "allowed_function_names"));
    let choice = match (calling["mode"].as_str(), allowed.first()) {
        (Some("ANY"), Some(name)) => Choice::Named(text(name).to_owned()),
        (Some("ANY"), None) => Choice::Any,
        (Some("NONE"), _) => Choice::Never,
        _ => Choice::Auto,
    };
    let config = either(body, "generationConfig", "generation_config");
    let output_max = either(config, "maxOutputTokens", "max_output_tokens").as_u64();
    let schema = either(config, "responseJsonSchema", "response_json_schema");
    let schema = if schema.is_null() {
        either(config, "responseSchema", "response_schema")
    } else {
        schema
    };
    let is_json = either(config, "responseMimeType", "response_mime_type") == "application/json";
    let schema = match (is_json, schema) {
        (true, Value::Null) => Some(json!({"type": "object"})),
        (true, schema) => Some(schema.clone()),
        (false, _) => None,
    };
    Ok(reader.finish(model, output_max, &choice, schema))
}

fn values(request: &Value) -> Vec<f32> {
    let parts = list(&request["content"]["parts"]).iter();
    let whole: String = parts.map(|part| text(&part["text"])).collect();
    let asked = either(request, "outputDimensionality", "output_dimensionality").as_u64();
    let dimensions = asked
        .and_then(|asked| usize::try_from(asked).ok())
        .unwrap_or(DIMENSIONS);
    embedding(&whole, dimensions.clamp(1, DIMENSIONS))
}

fn response(answer: &Answer, part: Value, ends: bool, output: u64) -> Value {
    let mut candidate = json!({"content": {"parts": [part], "role": "model"}, "index": 0});
    if ends {
        candidate["finishReason"] = json!(if answer.stop == Stop::Length {
            "MAX_TOKENS"
        } else {
            "STOP"
        });
    }
    let input = answer.usage.total();
    json!({
        "candidates": [candidate], "modelVersion": answer.model, "responseId": answer.id,
        "usageMetadata": {"promptTokenCount": input, "candidatesTokenCount": output, "totalTokenCount": input + output,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": input}]}
    })
}

/// The plain answer.
pub fn whole(answer: &Answer) -> Value {
    let part = match &answer.content {
        Content::Text(text) => json!({ "text": text }),
        Content::Call(call) => json!({"functionCall": {"name": call.name, "args": call.input}}),
    };
    response(answer, part, true, answer.output_tokens)
}

/// The chunks of a streamed answer, whose figures grow. A call comes whole.
pub fn chunks(answer: &Answer) -> Vec<Value> {
    if matches!(answer.content, Content::Call(_)) {
        return vec![whole(answer)];
    }
    let pieces = answer.pieces();
    let count = pieces.len();
    let pieces = pieces.iter().enumerate();
    pieces
        .map(|(n, piece)| {
            let output = answer.output_tokens * (n as u64 + 1) / count as u64;
            response(answer, json!({ "text": piece }), n + 1 == count, output)
        })
        .collect()
}

/// Events where the query asks for them, else one JSON list.
fn streamed(http: &HttpRequest, answer: &Answer, wrap: impl Fn(Value) -> Value) -> HttpResponse {
    let chunks: Vec<Value> = chunks(answer).into_iter().map(wrap).collect();
    if !http.query_string().split('&').any(|pair| pair == "alt=sse") {
        return HttpResponse::Ok().json(chunks);
    }
    let frames = chunks
        .iter()
        .map(|chunk| Frame::piece(format!("data: {chunk}\r\n\r\n")))
        .collect();
    respond(EVENTS, frames)
}
