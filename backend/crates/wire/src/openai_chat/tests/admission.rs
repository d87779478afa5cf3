//! What is told of a request for admission, without building anything of it.

use super::super::{IMAGE_TOKENS_MAX, PREAMBLE_TOKENS, read_facts};
use super::{json, sample, samples};
use crate::facts::{RequestFacts, apply};
use crate::openai_chat::read_request;
use bytes::Bytes;

fn facts(body: &str) -> RequestFacts {
    read_facts(body.as_bytes()).expect("a request")
}

/// A request with these fields besides.
fn with(fields: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"Hi"}}]{fields}}}"#)
}

#[test]
fn facts_agree_with_the_reader() {
    for name in samples("request-", ".json") {
        let body = sample("request", &name);
        let request = read_request(body.as_bytes()).expect("readable");
        let facts = facts(&body);
        assert_eq!(facts.model, request.model, "{name}");
        assert_eq!(facts.max_output, request.max_output, "{name}");
        assert_eq!(facts.choices, request.choices.unwrap_or(1), "{name}");
        assert_eq!(facts.stream, request.stream, "{name}");
        let span = facts.model_span.expect("a span");
        assert_eq!(
            body.get(span),
            Some(format!("\"{}\"", request.model).as_str()),
            "{name}"
        );
        let remote = ["images", "files"].contains(&name.as_str());
        assert_eq!(facts.remote_context, remote, "{name}");
    }
}

#[test]
fn an_image_counts_its_tokens_and_not_its_bytes() {
    assert_eq!(IMAGE_TOKENS_MAX, 48_169);
    let image = |data: &str| {
        format!(
            r#"{{"model":"m","messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"{data}"}}}}]}}]}}"#
        )
    };
    let data = format!("data:image/png;base64,{}", "A".repeat(100_000));
    let body = image(&data);
    let bound = (body.len() - data.len()) as u64 + IMAGE_TOKENS_MAX + PREAMBLE_TOKENS;
    assert_eq!(facts(&body).input_bound, bound);
    assert!(!facts(&body).remote_context);
    // As text the same bytes are text.
    let body = with(&format!(r#","x":"{data}""#));
    assert!(facts(&body).input_bound > 100_000);
}

#[test]
fn what_is_not_in_the_body_is_remote() {
    let message =
        |content: &str| format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{content}]}}]}}"#);
    let remote = [
        message(r#"{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}"#),
        message(
            r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,AA","url":"https://example.com"}}"#,
        ),
        message(r#"{"type":"image_url","type":"text","image_url":{"url":"data:image/png;base64,AA"}}"#),
        message(r#"{"type":"file","file":{"file_id":"f"}}"#),
        message(r#"{"type":"something","x":1}"#),
        message("{}"),
        with(r#","web_search_options":{}"#),
        with(r#","tools":[{"type":"web_search"}]"#),
        r#"{"model":"m","messages":[{"role":"assistant","audio":{"id":"a"}}]}"#.to_owned(),
    ];
    for body in remote {
        assert!(facts(&body).remote_context, "{body}");
    }
    let near = [
        message(
            r#"{"type":"text","text":"x"},{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}"#,
        ),
        with(r#","tools":[{"type":"function","function":{"name":"f"}}],"web_search_options":null"#),
        r#"{"model":"m","messages":[{"role":"assistant","audio":null,"content":"x"}]}"#.to_owned(),
    ];
    for body in near {
        assert!(!facts(&body).remote_context, "{body}");
    }
}

#[test]
fn a_stream_is_made_to_tell_its_usage() {
    let edited = |fields: &str| {
        let body = with(fields);
        let facts = facts(&body);
        let edits: Vec<_> = facts.usage_edit.into_iter().collect();
        json(&apply(&Bytes::from(body), &edits))
    };
    let asked = serde_json::json!({"include_usage": true});
    assert_eq!(edited(r#","stream":true"#)["stream_options"], asked);
    assert_eq!(
        edited(r#","stream":true,"stream_options":null"#)["stream_options"],
        asked
    );
    assert_eq!(
        edited(r#","stream":true,"stream_options":{"include_usage":false}"#)["stream_options"],
        asked
    );
    assert_eq!(
        edited(r#","stream":true,"stream_options" : { "include_obfuscation":false, "x" : [1, 2] }"#)["stream_options"],
        serde_json::json!({"include_usage": true, "include_obfuscation": false, "x": [1, 2]})
    );
    assert_eq!(
        facts(&with(r#","stream":true,"stream_options":{"include_usage":true}"#)).usage_edit,
        None
    );
    assert_eq!(facts(&with("")).usage_edit, None);
    assert_eq!(facts(&with(r#","stream":false"#)).usage_edit, None);
}

#[test]
fn limits_sessions_and_what_stays() {
    let both = facts(&with(r#","max_tokens":5,"max_completion_tokens":7"#));
    assert_eq!(both.max_output, Some(7));
    assert_eq!(
        facts(&with(r#","max_tokens":null,"n":null,"stream":null"#)).max_output,
        None
    );
    assert_eq!(
        facts(&with(r#","prompt_cache_key":"thread-1""#))
            .session
            .as_deref(),
        Some("thread-1")
    );
    assert_eq!(facts(&with(r#","prompt_cache_key":"two words""#)).session, None);
    let body = r#"{"model":"m","messages":[ {"role":"system","content":"S"},{"role":"user","content":"1"},{"role":"assistant","content":"2"}]}"#;
    let stable = facts(body).stable;
    let [span] = stable.as_slice() else {
        panic!("one span")
    };
    assert_eq!(
        body.get(span.clone()),
        Some(r#"{"role":"system","content":"S"},{"role":"user","content":"1"}"#)
    );
}

#[test]
fn faults_name_the_field() {
    let cases = [
        ("", "The body is empty; a JSON object is expected."),
        ("[]", "The body is no JSON object."),
        (
            r#"{"messages":[]}"#,
            "model: This field is required: the name of the model, as a string.",
        ),
        (
            r#"{"model":"m"}"#,
            "messages: This field is required: the conversation, as an array of messages.",
        ),
        (
            r#"{"model":"","messages":[]}"#,
            "model: This must not be empty; it is the name of a model.",
        ),
        (
            r#"{"model":"m","messages":{}}"#,
            "messages: This must be an array of messages.",
        ),
        (
            r#"{"model":"m","messages":[],"mod\u0065l":"x"}"#,
            "model: This field stands twice in the body; it may stand once.",
        ),
        (
            r#"{"model":"m","messages":[],"n":0}"#,
            "n: This must be a whole number from 1 to 128.",
        ),
        (
            r#"{"model":"m","messages":[],"n":129}"#,
            "n: This must be a whole number from 1 to 128.",
        ),
        (
            r#"{"model":"m","messages":[],"max_tokens":1.5}"#,
            "max_tokens: This must be a whole number from 1 to 9007199254740992.",
        ),
        (
            r#"{"model":"m","messages":[],"stream":"yes"}"#,
            "stream: This must be true or false.",
        ),
        (
            r#"{"model":"m","messages":[],"stream_options":7}"#,
            "stream_options: This must be an object.",
        ),
        (
            r#"{"model":"m","messages":[],"stream_options":{"include_usage":true,"include_usage":false}}"#,
            "stream_options.include_usage: This field stands twice; it may stand once.",
        ),
    ];
    for (body, message) in cases {
        assert_eq!(read_facts(body.as_bytes()).expect_err(body).message, message);
    }
    let broken = read_facts(br#"{"model":"m","messages":[}"#).expect_err("a fault");
    assert!(
        broken.message.starts_with("The body is not valid JSON"),
        "{broken}"
    );
}
