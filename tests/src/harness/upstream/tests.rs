//! That the upstream itself is what tests take it for: its frames are well formed, its streams say the same as its plain
//! answers, its strictness refuses what is wrong and nothing that is right.

mod frames;
mod same;
mod served;
mod strict;

use super::answer::Answer;
use super::reply::{Body, Outcome, Stream};
use super::route::{self, Asked, Route};
use serde_json::{Value, json};

/// A path, a good body for it, and the credential that it takes.
type Good = (&'static str, Value, &'static str);

/// Every path.
fn good() -> Vec<Good> {
    [of_claude(), of_openai(), of_azure(), of_gemini(), of_bedrock()].concat()
}

fn hello() -> Value {
    json!([{"role": "user", "content": "Hello"}])
}

fn of_claude() -> Vec<Good> {
    let message = json!({"model": "m", "max_tokens": 10, "messages": hello()});
    let counted = json!({"model": "m", "messages": hello()});
    vec![
        ("/v1/messages", message, "x-api-key"),
        ("/v1/messages/count_tokens", counted, "authorization"),
    ]
}

fn of_openai() -> Vec<Good> {
    let chat = json!({"model": "gpt-4o", "messages": hello()});
    let input = json!({"model": "gpt-5", "input": "Hello"});
    let prompt = json!({"model": "m", "prompt": "a cat"});
    [
        ("/v1/chat/completions", chat),
        ("/v1/completions", prompt.clone()),
        ("/v1/responses", input.clone()),
        ("/v1/responses/compact", input.clone()),
        ("/v1/responses/input_tokens", input),
        ("/v1/embeddings", json!({"model": "m", "input": ["a", "b"]})),
        ("/v1/images/generations", prompt),
    ]
    .map(|(path, body)| (path, body, "authorization"))
    .to_vec()
}

fn of_azure() -> Vec<Good> {
    let deployed = json!({"messages": hello()});
    let chat = json!({"model": "gpt-4o", "messages": hello()});
    let input = json!({"model": "gpt-5", "input": "Hello"});
    [
        (
            "/openai/deployments/d/chat/completions?api-version=2024-10-21",
            deployed,
        ),
        (
            "/openai/deployments/d/embeddings?api-version=2024-10-21",
            json!({"input": "a"}),
        ),
        ("/openai/v1/chat/completions", chat),
        ("/openai/v1/responses", input.clone()),
        ("/openai/responses?api-version=2025-04-01-preview", input),
    ]
    .map(|(path, body)| (path, body, "api-key"))
    .to_vec()
}

fn of_gemini() -> Vec<Good> {
    let contents = json!([{"role": "user", "parts": [{"text": "Hello"}]}]);
    let generate = json!({ "contents": contents });
    let content = json!({"content": {"parts": [{"text": "Hello"}]}});
    let mut request = content.clone();
    request["model"] = json!("models/g");
    let inner = json!({"contents": contents, "session_id": "s"});
    let assist = json!({"model": "gemini-2.5-pro", "project": "p", "request": inner});
    let counted = json!({"request": {"model": "models/g", "contents": contents}});
    let key = "x-goog-api-key";
    let bearer = "authorization";
    vec![
        ("/v1beta/models/g:generateContent", generate.clone(), key),
        (
            "/v1/models/g:streamGenerateContent?alt=sse",
            generate.clone(),
            key,
        ),
        ("/v1beta/models/g:countTokens", generate, key),
        ("/v1beta/models/g:embedContent", content, key),
        (
            "/v1beta/models/g:batchEmbedContents",
            json!({"requests": [request]}),
            key,
        ),
        ("/v1internal:generateContent", assist.clone(), bearer),
        ("/v1internal:streamGenerateContent?alt=sse", assist, bearer),
        ("/v1internal:countTokens", counted, bearer),
        ("/v1internal:loadCodeAssist", json!({"metadata": {}}), bearer),
        ("/v1internal:onboardUser", json!({}), bearer),
        ("/v1internal:listExperiments", json!({}), bearer),
        ("/v1internal:retrieveUserQuota", json!({"project": "p"}), bearer),
    ]
}

fn of_bedrock() -> Vec<Good> {
    let converse = json!({"messages": [{"role": "user", "content": [{"text": "Hello"}]}]});
    let invoke = json!({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 10, "messages": hello()});
    [
        ("/model/anthropic.claude-v1%3A0/invoke", invoke.clone()),
        (
            "/model/anthropic.claude-v1%3A0/invoke-with-response-stream",
            invoke,
        ),
        ("/model/amazon.nova-v1%3A0/converse", converse.clone()),
        ("/model/amazon.nova-v1%3A0/converse-stream", converse),
    ]
    .map(|(path, body)| (path, body, "authorization"))
    .to_vec()
}

/// A good body for a path, changed.
fn body_of(path: &str, change: impl FnOnce(&mut Value)) -> Value {
    let all = good();
    let (_, mut body, _) = all
        .into_iter()
        .find(|(other, ..)| *other == path)
        .expect("a path of the list");
    change(&mut body);
    body
}

/// Headers with this credential.
fn headers(credential: &str) -> Vec<(String, String)> {
    let value = if credential == "authorization" {
        "Bearer secret"
    } else {
        "secret"
    };
    super::reply::headers(&[
        ("content-type", "application/json"),
        ("anthropic-version", "2023-06-01"),
        (credential, value),
    ])
}

/// What the upstream says.
fn ask(path: &str, body: &Value, headers: &[(String, String)], answer: &Answer) -> Outcome {
    let route = Route::find(path).expect("a route");
    let raw = body.to_string();
    let asked = Asked {
        route: &route,
        method: "POST",
        target: path,
        headers,
        raw: raw.as_bytes(),
        body: body.clone(),
        maker: "up7",
        number: 3,
    };
    route::answer(&asked, answer)
}

/// The plain answer to a good body, changed.
fn plain(path: &str, answer: &Answer, change: impl FnOnce(&mut Value)) -> Value {
    match said(path, answer, change) {
        Body::Whole(body) => serde_json::from_slice(&body).expect("JSON"),
        Body::Stream(_) => panic!("a stream for {path}"),
    }
}

/// The streamed answer to a good body, changed.
fn streamed(path: &str, answer: &Answer, change: impl FnOnce(&mut Value)) -> Stream {
    match said(path, answer, change) {
        Body::Whole(_) => panic!("no stream for {path}"),
        Body::Stream(stream) => stream,
    }
}

fn said(path: &str, answer: &Answer, change: impl FnOnce(&mut Value)) -> Body {
    let body = body_of(path, change);
    let (_, _, credential) = good()
        .into_iter()
        .find(|(other, ..)| *other == path)
        .expect("a path");
    let reply = ask(path, &body, &headers(credential), answer);
    reply
        .unwrap_or_else(|fault| panic!("{path} refuses: {fault:?}"))
        .body
}

/// The JSON of each server-sent event.
fn events(stream: &Stream) -> Vec<Value> {
    let bytes = stream.bytes();
    let text = String::from_utf8(bytes).expect("UTF-8");
    text.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect()
}
