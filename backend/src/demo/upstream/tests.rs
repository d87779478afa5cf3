//! The demo upstream's figures agree between its plain and streamed forms in every format, its refusals are each vendor's,
//! and a tool is called when it should be and not again when its result has come.

mod formats;

use super::prompt::Choice;
use super::*;
use actix_web::body::to_bytes;
use actix_web::test as web_test;
use serde_json::json;

fn demo() -> Demo {
    Demo {
        key: "sk-demo-test".into(),
        cached: Arc::default(),
        clock: Clock::system(),
    }
}

/// Sends a request to the whole application; gives status and body.
async fn send(method: &str, path: &str, key: Option<(&str, &str)>, body: &Value) -> (u16, Vec<u8>) {
    let app = web_test::init_service(
        App::new()
            .app_data(web::Data::new(demo()))
            .configure(routes)
            .default_service(web::to(unknown_path)),
    )
    .await;
    let mut request = web_test::TestRequest::with_uri(path)
        .method(method.parse().expect("a method"))
        .insert_header(("anthropic-version", "2023-06-01"));
    if method == "POST" {
        request = request.set_payload(body.to_string());
    }
    if let Some((name, value)) = key {
        request = request.insert_header((name, value));
    }
    let response = web_test::call_service(&app, request.to_request()).await;
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body()).await;
    (status, bytes.unwrap_or_else(|_| panic!("no body")).to_vec())
}

async fn answered(path: &str, body: &Value) -> Vec<u8> {
    let (status, bytes) = send("POST", path, Some(("x-api-key", "sk-demo-test")), body).await;
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&bytes));
    bytes
}

async fn plain(path: &str, body: &Value) -> Value {
    serde_json::from_slice(&answered(path, body).await).expect("JSON")
}

fn claude_body(more: &Value) -> Value {
    let mut body = json!({"model": "claude-haiku-4-5", "max_tokens": 500,
        "messages": [{"role": "user", "content": "Hi there"}]});
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

fn read(body: &Value) -> Prompt {
    claude::read(body, "claude-haiku-4-5", claude::Need::Answer).expect("reads")
}

#[test]
fn an_answer_keeps_to_its_bound() {
    let prompt = read(&claude_body(&json!({"max_tokens": 3})));
    let answer = answer::write(&prompt, InputUsage::default(), "1");
    assert_eq!((answer.stop, answer.output_tokens), (answer::Stop::Length, 3));
}

#[test]
fn a_marked_prefix_is_written_to_the_cache_once_and_then_read() {
    let demo = demo();
    let prompt = read(&claude_body(&json!({"system": [
        {"type": "text", "text": "sixteen letters!", "cache_control": {"type": "ephemeral"}}
    ], "messages": [{"role": "user", "content": "four"}]})));
    let first = demo.usage(&prompt);
    assert_eq!(
        (
            first.input,
            first.cache_write_5m,
            first.cache_write_1h,
            first.cache_read
        ),
        (1, 4, 0, 0)
    );
    let second = demo.usage(&prompt);
    assert_eq!(
        (second.input, second.cache_write_5m, second.cache_read),
        (1, 0, 4)
    );
}

#[test]
fn a_demanded_tool_is_called_with_arguments_that_fit_its_schema() {
    let schema = json!({"type": "object", "required": ["city", "days", "unit", "place"], "properties": {
        "city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C", "F"]},
        "place": {"type": ["object", "null"], "required": ["lat"], "properties": {"lat": {"type": "NUMBER"}}}}});
    let mut reader = prompt::Reader::default();
    reader.tool(&json!({}), "other", &json!({}));
    reader.tool(&json!({}), "weather", &schema);
    let prompt = reader.finish("m", None, &Choice::Named("weather".to_owned()), None);
    let call = prompt.call.expect("a call");
    assert_eq!(
        call.input,
        json!({"city": "demo", "days": 1, "unit": "C", "place": {"lat": 1}})
    );
}

#[actix_web::test]
async fn faults_name_the_field_in_each_vendors_shape() {
    let key = Some(("api-key", "sk-demo-test"));
    for (path, body, at, word) in [
        ("/v1/messages", json!({}), "/error/message", "model:"),
        (
            "/v1/messages",
            json!({"model": "claude-x", "messages": []}),
            "/error/message",
            "max_tokens:",
        ),
        (
            "/v1/messages",
            json!({"model": "claude-x", "max_tokens": 1, "messages": []}),
            "/error/message",
            "messages:",
        ),
        (
            "/v1/chat/completions",
            json!({"model": "gpt-5"}),
            "/error/message",
            "'messages'",
        ),
        (
            "/v1/responses",
            json!({"model": "gpt-5"}),
            "/error/message",
            "'input'",
        ),
        (
            "/v1/responses",
            json!({"model": "gpt-5", "previous_response_id": "resp_1"}),
            "/error/message",
            "resp_1",
        ),
        (
            "/v1beta/models/g:generateContent",
            json!({}),
            "/error/message",
            "contents",
        ),
        (
            "/model/m/converse",
            json!({}),
            "/message",
            "must start with a user message",
        ),
        ("/model/m/invoke", json!({}), "/message", "max_tokens"),
    ] {
        let (status, bytes) = send("POST", path, key, &body).await;
        let said: Value = serde_json::from_slice(&bytes).expect("JSON");
        let message = said.pointer(at).and_then(Value::as_str).unwrap_or_default();
        assert!(status == 400 && message.contains(word), "{path}: {status} {said}");
    }
    let (status, bytes) = send("POST", "/v1/messages", key, &json!({"model": "gpt-9"})).await;
    let said: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!((status, &said["error"]["type"]), (404, &json!("not_found_error")));
}

#[actix_web::test]
async fn without_its_key_nothing_is_answered() {
    let hello = json!({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]});
    for (method, path, wrong) in [
        ("GET", "/v1/models", 401),
        ("POST", "/v1/chat/completions", 401),
        ("POST", "/v1internal:loadCodeAssist", 400),
        ("POST", "/model/m/converse", 403),
    ] {
        for (key, status) in [
            (None, wrong),
            (Some(("x-api-key", "sk-demo-tesT")), wrong),
            (Some(("authorization", "Bearer sk-demo-tesT")), wrong),
        ] {
            assert_eq!(send(method, path, key, &hello).await.0, status, "{path} {key:?}");
        }
    }
    for key in [
        ("x-api-key", "sk-demo-test"),
        ("api-key", "sk-demo-test"),
        ("x-goog-api-key", "sk-demo-test"),
        ("authorization", "Bearer sk-demo-test"),
    ] {
        assert_eq!(send("GET", "/v1/models", Some(key), &Value::Null).await.0, 200);
    }
    assert_eq!(
        send("GET", "/v1beta/models?key=sk-demo-test", None, &Value::Null)
            .await
            .0,
        200
    );
}
