//! The demo upstream's figures agree between its plain and streamed forms, and its refusals are Claude's.

use super::answer::{self, InputUsage};
use super::request::{MessagesRequest, RequestFault};
use super::*;
use actix_web::test as web_test;

fn demo() -> Demo {
    Demo {
        key: "sk-demo-test".into(),
        cached: Arc::default(),
        clock: Clock::system(),
    }
}

fn read(body: Value) -> MessagesRequest {
    MessagesRequest::read(body.to_string().as_bytes(), false).expect("reads")
}

#[test]
fn plain_and_streamed_answers_carry_the_same_text_and_figures() {
    let request = read(
        json!({"model": "claude-haiku-4-5", "max_tokens": 500, "messages": [{"role": "user", "content": "Hi there"}]}),
    );
    assert_eq!(request.prompt_tokens(), 2);
    let answer = answer::write(
        &request,
        InputUsage {
            input: 2,
            ..InputUsage::default()
        },
        "1",
    );
    let body = answer.body();
    let text = body["content"][0]["text"].as_str().expect("text");
    assert!(
        text.contains("demo upstream") && text.contains("Hi there"),
        "{text}"
    );
    assert_eq!(body["usage"]["output_tokens"], tokens::count(text));
    let events = stream::events(&answer);
    let streamed: String = events
        .iter()
        .filter_map(|(_, data)| data["delta"]["text"].as_str())
        .collect();
    assert_eq!(streamed, text);
    let last = events
        .iter()
        .find(|(name, _)| *name == "message_delta")
        .expect("there");
    assert_eq!(last.1["usage"]["output_tokens"], body["usage"]["output_tokens"]);
    assert_eq!(events.last().expect("there").0, "message_stop");
}

#[test]
fn an_answer_keeps_to_max_tokens() {
    let request =
        read(json!({"model": "claude-x", "max_tokens": 3, "messages": [{"role": "user", "content": "Hi"}]}));
    let answer = answer::write(&request, InputUsage::default(), "1");
    assert_eq!((answer.stop_reason, answer.output_tokens), ("max_tokens", 3));
}

#[test]
fn a_marked_prefix_is_written_to_the_cache_once_and_then_read() {
    let demo = demo();
    let request = read(json!({"model": "claude-x", "max_tokens": 9, "system": [
        {"type": "text", "text": "sixteen letters!", "cache_control": {"type": "ephemeral"}}
    ], "messages": [{"role": "user", "content": "four"}]}));
    let first = usage(&request, &demo);
    assert_eq!(
        (
            first.input,
            first.cache_write_5m,
            first.cache_write_1h,
            first.cache_read
        ),
        (1, 4, 0, 0)
    );
    let second = usage(&request, &demo);
    assert_eq!(
        (second.input, second.cache_write_5m, second.cache_read),
        (1, 0, 4)
    );
}

#[test]
fn a_demanded_tool_is_called_with_arguments_that_fit_its_schema() {
    let request = read(
        json!({"model": "claude-x", "max_tokens": 99, "tool_choice": {"type": "any"},
        "tools": [{"name": "weather", "input_schema": {"type": "object", "required": ["city", "days", "unit"], "properties": {
            "city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C", "F"]}}}}],
        "messages": [{"role": "user", "content": "Weather?"}]}),
    );
    let answer = answer::write(&request, InputUsage::default(), "1");
    let body = answer.body();
    assert_eq!(body["stop_reason"], "tool_use");
    assert_eq!(
        body["content"][0]["input"],
        json!({"city": "demo", "days": 1, "unit": "C"})
    );
    let streamed: String = stream::events(&answer)
        .iter()
        .filter_map(|(_, data)| data["delta"]["partial_json"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(
        serde_json::from_str::<Value>(&streamed).expect("JSON"),
        body["content"][0]["input"]
    );
}

#[test]
fn faults_name_the_field() {
    let fault = |body: &str| match MessagesRequest::read(body.as_bytes(), false) {
        Err(RequestFault::Invalid(message)) => message,
        Err(RequestFault::UnknownModel(model)) => model,
        Ok(_) => String::new(),
    };
    assert!(fault("{").contains("not valid JSON"));
    assert!(fault("{}").starts_with("model:"));
    assert_eq!(fault(r#"{"model":"gpt-9"}"#), "gpt-9");
    assert!(fault(r#"{"model":"claude-x","messages":[]}"#).starts_with("max_tokens:"));
    assert!(fault(r#"{"model":"claude-x","max_tokens":1,"messages":[]}"#).starts_with("messages:"));
}

#[actix_web::test]
async fn without_its_key_nothing_is_answered() {
    let app = web_test::init_service(
        App::new()
            .app_data(web::Data::new(demo()))
            .route("/v1/models", web::get().to(models)),
    )
    .await;
    for (key, status) in [
        (None, 401),
        (Some("sk-demo-tesT"), 401),
        (Some("sk-demo-test"), 200),
    ] {
        let mut request = web_test::TestRequest::get().uri("/v1/models");
        if let Some(key) = key {
            request = request.insert_header(("x-api-key", key));
        }
        assert_eq!(
            web_test::call_service(&app, request.to_request()).await.status(),
            status
        );
    }
}
