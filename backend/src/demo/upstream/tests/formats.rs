//! Each format once plain and once streamed, with a text, with a call, and after the call's result.

use super::{answered, plain};
use crate::demo::upstream::tokens;
use serde_json::{Value, json};

/// A format's paths, and how to find things in its answers.
struct Format {
    plain: &'static str,
    streamed: &'static str,
    /// A body with this conversation and this offer of a tool.
    body: fn(turns: &[&str], tool: bool) -> Value,
    /// Where the plain answer has its text, its call's name, and its figures of input and output.
    text: &'static str,
    call: &'static str,
    input: &'static str,
    output: &'static str,
    /// Where an event has a piece of the text.
    piece: &'static str,
}

fn schema() -> Value {
    json!({"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}})
}

/// Turns are the user's, then the model's call and its result, which both formats of OpenAI tell apart.
fn claude(turns: &[&str], tool: bool) -> Value {
    let mut messages = vec![json!({"role": "user", "content": turns[0]})];
    if turns.len() > 1 {
        messages.push(json!({"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "weather", "input": {}}]}));
        messages.push(json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": turns[1]}]}));
    }
    let mut body = json!({"model": "claude-haiku-4-5", "max_tokens": 500, "messages": messages});
    if tool {
        body["tools"] = json!([{"name": "weather", "input_schema": schema()}]);
    }
    body
}

fn invoke(turns: &[&str], tool: bool) -> Value {
    let mut body = claude(turns, tool);
    body["model"].take();
    body["anthropic_version"] = json!("bedrock-2023-05-31");
    body
}

fn chat(turns: &[&str], tool: bool) -> Value {
    let mut messages = vec![json!({"role": "user", "content": turns[0]})];
    if turns.len() > 1 {
        messages.push(json!({"role": "assistant", "content": null, "tool_calls": [{"id": "t", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]}));
        messages.push(json!({"role": "tool", "tool_call_id": "t", "content": turns[1]}));
    }
    let mut body = json!({"model": "gpt-5", "messages": messages});
    if tool {
        body["tools"] =
            json!([{"type": "function", "function": {"name": "weather", "parameters": schema()}}]);
    }
    body
}

fn responses(turns: &[&str], tool: bool) -> Value {
    let mut input = vec![json!({"role": "user", "content": [{"type": "input_text", "text": turns[0]}]})];
    if turns.len() > 1 {
        input.push(json!({"type": "function_call", "call_id": "t", "name": "weather", "arguments": "{}"}));
        input.push(json!({"type": "function_call_output", "call_id": "t", "output": turns[1]}));
    }
    let mut body = json!({"model": "gpt-5", "input": input});
    if tool {
        body["tools"] = json!([{"type": "function", "name": "weather", "parameters": schema()}]);
    }
    body
}

fn gemini(turns: &[&str], tool: bool) -> Value {
    let mut contents = vec![json!({"role": "user", "parts": [{"text": turns[0]}]})];
    if turns.len() > 1 {
        contents.push(json!({"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {}}}]}));
        contents.push(json!({"role": "user", "parts": [{"function_response": {"name": "weather", "response": {"result": turns[1]}}}]}));
    }
    let mut body = json!({ "contents": contents });
    if tool {
        body["tools"] =
            json!([{"functionDeclarations": [{"name": "weather", "parametersJsonSchema": schema()}]}]);
    }
    body
}

fn code_assist(turns: &[&str], tool: bool) -> Value {
    json!({"model": "gemini-2.5-pro", "project": "p", "request": gemini(turns, tool)})
}

fn converse(turns: &[&str], tool: bool) -> Value {
    let mut messages = vec![json!({"role": "user", "content": [{"text": turns[0]}]})];
    if turns.len() > 1 {
        messages.push(json!({"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "weather", "input": {}}}]}));
        messages.push(json!({"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"text": turns[1]}]}}]}));
    }
    let mut body = json!({ "messages": messages });
    if tool {
        let spec = json!({"name": "weather", "inputSchema": {"json": schema()}});
        body["toolConfig"] = json!({"tools": [{ "toolSpec": spec }]});
    }
    body
}

const FORMATS: [Format; 7] = [
    Format {
        plain: "/v1/messages",
        streamed: "/v1/messages",
        body: claude,
        text: "/content/0/text",
        call: "/content/0/name",
        input: "/usage/input_tokens",
        output: "/usage/output_tokens",
        piece: "/delta/text",
    },
    Format {
        plain: "/openai/v1/chat/completions",
        streamed: "/v1/chat/completions",
        body: chat,
        text: "/choices/0/message/content",
        call: "/choices/0/message/tool_calls/0/function/name",
        input: "/usage/prompt_tokens",
        output: "/usage/completion_tokens",
        piece: "/choices/0/delta/content",
    },
    Format {
        plain: "/v1/responses",
        streamed: "/openai/responses?api-version=2025-04-01-preview",
        body: responses,
        text: "/output/0/content/0/text",
        call: "/output/0/name",
        input: "/usage/input_tokens",
        output: "/usage/output_tokens",
        piece: "/delta",
    },
    Format {
        plain: "/v1beta/models/g:generateContent",
        streamed: "/v1/models/g:streamGenerateContent?alt=sse",
        body: gemini,
        text: "/candidates/0/content/parts/0/text",
        call: "/candidates/0/content/parts/0/functionCall/name",
        input: "/usageMetadata/promptTokenCount",
        output: "/usageMetadata/candidatesTokenCount",
        piece: "/candidates/0/content/parts/0/text",
    },
    Format {
        plain: "/v1internal:generateContent",
        streamed: "/v1internal:streamGenerateContent?alt=sse",
        body: code_assist,
        text: "/response/candidates/0/content/parts/0/text",
        call: "/response/candidates/0/content/parts/0/functionCall/name",
        input: "/response/usageMetadata/promptTokenCount",
        output: "/response/usageMetadata/candidatesTokenCount",
        piece: "/response/candidates/0/content/parts/0/text",
    },
    Format {
        plain: "/model/amazon.nova-lite-v1%3A0/converse",
        streamed: "/model/amazon.nova-lite-v1%3A0/converse-stream",
        body: converse,
        text: "/output/message/content/0/text",
        call: "/output/message/content/0/toolUse/name",
        input: "/usage/inputTokens",
        output: "/usage/outputTokens",
        piece: "/delta/text",
    },
    Format {
        plain: "/model/anthropic.claude-v1%3A0/invoke",
        streamed: "/model/anthropic.claude-v1%3A0/invoke-with-response-stream",
        body: invoke,
        text: "/content/0/text",
        call: "/content/0/name",
        input: "/usage/input_tokens",
        output: "/usage/output_tokens",
        piece: "/delta/text",
    },
];

/// The JSON of each event, in whatever frames it came.
fn events(format: &Format, bytes: &[u8]) -> Vec<Value> {
    if format.streamed.starts_with("/model/") {
        return frames(bytes);
    }
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    text.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect()
}

/// Amazon's frames, taken apart; panics over a wrong checksum.
fn frames(mut bytes: &[u8]) -> Vec<Value> {
    use base64::Engine;
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().expect("four bytes"));
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (frame, rest) = bytes.split_at(number(&bytes[..4]) as usize);
        let (before, sum) = frame.split_at(frame.len() - 4);
        assert_eq!(number(&frame[8..12]), crc32fast::hash(&frame[..8]));
        assert_eq!(number(sum), crc32fast::hash(before));
        let payload = &before[12 + number(&frame[4..8]) as usize..];
        let value: Value = serde_json::from_slice(payload).expect("JSON");
        all.push(match value["bytes"].as_str() {
            Some(inner) => {
                let inner = base64::engine::general_purpose::STANDARD
                    .decode(inner)
                    .expect("base64");
                serde_json::from_slice(&inner).expect("JSON")
            }
            None => value,
        });
        bytes = rest;
    }
    all
}

fn text_at(value: &Value, at: &str) -> String {
    value
        .pointer(at)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

#[actix_web::test]
async fn plain_and_streamed_answers_carry_the_same_text_and_honest_figures() {
    for format in &FORMATS {
        let body = (format.body)(&["Hi there"], false);
        let whole = plain(format.plain, &body).await;
        let text = text_at(&whole, format.text);
        assert!(
            text.contains("demo upstream") && text.contains("Hi there"),
            "{whole}"
        );
        assert_eq!(whole.pointer(format.input), Some(&json!(2)), "{whole}");
        assert_eq!(
            whole.pointer(format.output),
            Some(&json!(tokens::count(&text))),
            "{whole}"
        );
        let mut body = body;
        if !format.streamed.contains(':') && !format.streamed.starts_with("/model/") {
            body["stream"] = json!(true);
            body["stream_options"] = json!({"include_usage": true});
        }
        let bytes = answered(format.streamed, &body).await;
        let all = events(format, &bytes);
        let pieces: String = all.iter().map(|event| text_at(event, format.piece)).collect();
        // The model is named in the text, and each path names it otherwise.
        assert_eq!(
            pieces.split(" for ").next(),
            text.split(" for ").next(),
            "{}",
            format.streamed
        );
        let figure = format.output.rsplit('/').next().unwrap_or_default();
        let told = String::from_utf8_lossy(&bytes).into_owned() + &json!(all).to_string();
        assert!(
            told.contains(&format!("\"{figure}\":{}", tokens::count(&pieces))),
            "{told}"
        );
    }
}

#[actix_web::test]
async fn a_tool_is_called_when_the_prompt_says_so_and_not_again_after_its_result() {
    for format in &FORMATS {
        let ask = "Please use the tool for me.";
        let called = plain(format.plain, &(format.body)(&[ask], true)).await;
        assert_eq!(text_at(&called, format.call), "weather", "{called}");
        let after = plain(format.plain, &(format.body)(&[ask, "sunny"], true)).await;
        assert!(text_at(&after, format.text).contains("demo upstream"), "{after}");
        let unasked = plain(format.plain, &(format.body)(&["Hello"], true)).await;
        assert!(
            text_at(&unasked, format.text).contains("offered 1 tool"),
            "{unasked}"
        );
        let none = plain(format.plain, &(format.body)(&[ask], false)).await;
        assert!(text_at(&none, format.text).contains("demo upstream"), "{none}");
    }
}

#[actix_web::test]
async fn structured_output_fits_its_schema() {
    let fit = |text: String| serde_json::from_str::<Value>(&text).expect("JSON");
    let mut body = chat(&["Hi"], false);
    body["response_format"] =
        json!({"type": "json_schema", "json_schema": {"name": "s", "schema": schema()}});
    let answer = plain("/v1/chat/completions", &body).await;
    assert_eq!(
        fit(text_at(&answer, "/choices/0/message/content")),
        json!({"city": "demo"})
    );
    let mut body = gemini(&["Hi"], false);
    body["generationConfig"] = json!({"responseMimeType": "application/json", "responseSchema": schema()});
    let answer = plain("/v1beta/models/g:generateContent", &body).await;
    assert_eq!(
        fit(text_at(&answer, "/candidates/0/content/parts/0/text")),
        json!({"city": "demo"})
    );
}

#[actix_web::test]
async fn embeddings_are_of_length_one_and_alike_for_like_texts() {
    let body = json!({"model": "m", "input": ["a small cat", "a small hat", "0123456789"], "dimensions": 64});
    let answer = plain("/v1/embeddings", &body).await;
    let vector = |index: usize| -> Vec<f64> {
        let numbers = answer["data"][index]["embedding"].as_array().expect("numbers");
        numbers.iter().filter_map(Value::as_f64).collect()
    };
    let like = |a: usize, b: usize| -> f64 { vector(a).iter().zip(vector(b)).map(|(x, y)| x * y).sum() };
    assert!((like(0, 0) - 1.0).abs() < 1e-3);
    assert!(like(0, 1) > like(0, 2));
    assert_eq!(answer["usage"]["prompt_tokens"], 3 + 3 + 3);
}
