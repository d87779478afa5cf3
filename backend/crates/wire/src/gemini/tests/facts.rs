//! What the relay is told of requests that pass.

use super::*;
use crate::facts::RequestFacts;

fn facts(body: &str) -> RequestFacts {
    read_facts(body.as_bytes()).unwrap()
}

#[test]
fn limits_choices_session_and_cached_content_are_found_in_either_spelling() {
    let body = r#"{"contents":[{"parts":[{"text":"a"}]},{"parts":[{"text":"b"}]}],"system_instruction":{"parts":{"text":"s"}},
        "generation_config":{"max_output_tokens":100,"candidateCount":3},"session_id":"s-1","cached_content":"cachedContents/x"}"#;
    let found = facts(body);
    assert_eq!(
        (found.model.as_str(), found.model_span.clone(), found.stream),
        ("", None, false)
    );
    assert_eq!((found.max_output, found.choices), (Some(100), 3));
    assert_eq!(found.session.as_deref(), Some("s-1"));
    assert!(found.remote_context);
    assert!(found.remote_context);
    let stable: Vec<&str> = found.stable.iter().map(|span| &body[span.clone()]).collect();
    assert_eq!(
        stable,
        [r#"{"parts":[{"text":"a"}]}"#, r#"{"parts":{"text":"s"}}"#]
    );
    let least = facts(MINIMAL);
    assert_eq!(
        (least.max_output, least.choices, least.remote_context),
        (None, 1, false)
    );
    assert_eq!(least.input_bound, MINIMAL.len() as u64);
}

/// The bound of a part, without the bytes around it; `None`: the whole window.
fn bound(part: &str) -> Option<u64> {
    let body = format!(r#"{{"contents":[{{"parts":[{part}]}}]}}"#);
    let found = facts(&body);
    let around = (body.len() - part.len()) as u64;
    (!found.remote_context).then(|| found.input_bound - around)
}

#[test]
fn media_are_bound_by_what_google_documents_and_not_by_their_bytes() {
    let data = "A".repeat(40_000);
    let inline = |kind: &str| format!(r#"{{"inline_data":{{"mime_type":"{kind}","data":"{data}"}}}}"#);
    let around = |kind: &str| (inline(kind).len() - data.len()) as u64;
    assert_eq!(bound(&inline("image/png")), Some(around("image/png") + 4_128));
    assert_eq!(bound(&inline("audio/wav")), Some(around("audio/wav") + 10_000));
    assert_eq!(
        bound(&inline("video/mp4")),
        Some(inline("video/mp4").len() as u64)
    );
    assert_eq!(bound(&inline("application/pdf")), None);
    let inner = format!(
        r#"{{"functionResponse":{{"name":"a","response":{{}},"parts":[{}]}}}}"#,
        inline("image/png")
    );
    assert_eq!(bound(&inner), Some((inner.len() - data.len()) as u64 + 4_128));
    assert_eq!(AUDIO_TOKENS_MAX, 1_094_400);
}

#[test]
fn what_only_looks_like_a_picture_keeps_its_bytes_and_what_is_elsewhere_has_no_bound() {
    let text =
        r#"{"functionCall":{"name":"a","args":{"inlineData":{"mimeType":"image/png","data":"AAAA"}}}}"#;
    assert_eq!(bound(text), Some(text.len() as u64));
    for remote in [
        r#"{"fileData":{"fileUri":"https://example.com/a.png"}}"#,
        r#"{"inlineData":{"mimeType":"image/png","data":"AAAA"},"videoMetadata":{"fps":24}}"#,
        r#"{"inlineData":{"mimeType":"image/png","data":"AAAA"},"mediaResolution":{"numTokens":99999}}"#,
        r#"{"inlineData":{"mimeType":"image/png","data":"AAAA"},"inline_data":{"mimeType":"image/png","data":"AAAA"}}"#,
        r#"{"inlineData":{"mimeType":"image/png","mime_type":"text/plain","data":"AAAA"}}"#,
        r#"{"something":{}}"#,
    ] {
        assert_eq!(bound(remote), None, "{remote}");
    }
    let tools = |tools: &str| facts(&format!(r#"{{"contents":[],"tools":{tools}}}"#)).remote_context;
    assert!(!tools(
        r#"[{"functionDeclarations":[{"name":"a"}],"googleSearch":null}]"#
    ));
    assert!(tools(r#"[{"googleSearch":{}}]"#) && tools(r#"{"url_context":{}}"#));
}

#[test]
fn bad_bodies_are_refused_with_the_fields_name() {
    for (body, message) in [
        ("", "The body is empty; a JSON object is expected."),
        ("[]", "The body is no JSON object."),
        (
            "{}",
            "contents: This field is required: the conversation, as an array of contents.",
        ),
        (
            r#"{"contents":"hi"}"#,
            "contents: This must be an array of contents.",
        ),
        (
            r#"{"system_instruction":null,"systemInstruction":null,"contents":[]}"#,
            "systemInstruction: This field stands twice in the body; it may stand once, in camelCase or in snake_case.",
        ),
        (
            r#"{"contents":[],"generationConfig":{"maxOutputTokens":5,"max_output_tokens":5}}"#,
            "generationConfig.max_output_tokens: This field stands twice in the body; it may stand once, in camelCase or \
             in snake_case.",
        ),
        (
            r#"{"contents":[],"generationConfig":{"maxOutputTokens":0}}"#,
            "generationConfig.maxOutputTokens: This must be at least 1.",
        ),
        (
            r#"{"contents":[],"generationConfig":{"maxOutputTokens":"9"}}"#,
            "generationConfig.maxOutputTokens: This must be a whole number.",
        ),
        (
            r#"{"contents":[],"generationConfig":{"candidateCount":1000}}"#,
            "generationConfig.candidateCount: This must be at most 128.",
        ),
        (
            r#"{"contents":[],"generationConfig":7}"#,
            "generationConfig: This must be an object.",
        ),
        (
            r#"{"contents":[],"cachedContent":7}"#,
            "cachedContent: This must be a string, the name of cached content.",
        ),
        (
            r#"{"contents":[]"#,
            "The body is not valid JSON: a comma or the object's end is expected at byte 14; a JSON object is expected.",
        ),
    ] {
        assert_eq!(
            read_facts(body.as_bytes()).unwrap_err().message,
            message,
            "{body}"
        );
    }
    assert_eq!(
        facts(r#"{"contents":[],"generationConfig":{"maxOutputTokens":64.0}}"#).max_output,
        Some(64)
    );
}
