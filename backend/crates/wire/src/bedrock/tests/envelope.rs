//! What becomes of a request's bytes.

use crate::bedrock::{count_request, invoke_edits, read_count};
use crate::facts::{Edit, apply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

const SONNET_4_5: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const OPUS_4_8: &str = "us.anthropic.claude-opus-4-8";

fn sent(body: &str, model: &str, betas: &[&str]) -> String {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let betas: Vec<String> = betas.iter().map(|beta| (*beta).to_owned()).collect();
    let edits = invoke_edits(&body, model, &betas).expect("edits");
    String::from_utf8(apply(&body, &edits).to_vec()).expect("UTF-8")
}

fn refused(body: &str) -> String {
    let body = Bytes::copy_from_slice(body.as_bytes());
    invoke_edits(&body, SONNET_4_5, &[]).expect_err("a fault").message
}

const VERSION: &str = r#""anthropic_version":"bedrock-2023-05-31""#;

#[test]
fn the_model_goes_and_the_version_comes() {
    for (body, expected) in [
        (
            r#"{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[],"stream":true}"#,
            format!(r#"{{{VERSION},"max_tokens":5,"messages":[]}}"#),
        ),
        (
            r#"{"max_tokens":5,"model":"x","stream":false,"messages":[]}"#,
            format!(r#"{{{VERSION},"max_tokens":5,"messages":[]}}"#),
        ),
        // Blanks stay as they are.
        (
            "{\n  \"max_tokens\" : 5 ,\n  \"stream\": true ,\n  \"messages\": [ ]\n}\n",
            format!("{{{VERSION},\n  \"max_tokens\" : 5 ,\n  \"messages\": [ ]\n}}\n"),
        ),
        (
            r#"{ "model" : "x" , "a" : 1 }"#,
            format!(r#"{{{VERSION} , "a" : 1 }}"#),
        ),
        (r#"{"model":"x","stream":true}"#, format!("{{{VERSION}}}")),
        ("{}", format!("{{{VERSION}}}")),
        (
            r#"{"anthropic_version":"vertex-2023-10-16","max_tokens":1}"#,
            format!(r#"{{{VERSION},"max_tokens":1}}"#),
        ),
    ] {
        let sent = sent(body, SONNET_4_5, &[]);
        assert_eq!(sent, expected);
        serde_json::from_str::<Value>(&sent).expect("JSON");
    }
}

#[test]
fn the_features_that_bedrock_takes_go_along() {
    let body = r#"{"model":"x","max_tokens":5}"#;
    let header = "claude-code-20250219,interleaved-thinking-2025-05-14, context-management-2025-06-27,oauth-2025-04-20";
    assert_eq!(
        sent(body, SONNET_4_5, &[header, "interleaved-thinking-2025-05-14"]),
        format!(
            r#"{{{VERSION},"anthropic_beta":["interleaved-thinking-2025-05-14","context-management-2025-06-27"],"max_tokens":5}}"#
        )
    );
    // Later models think between calls without being asked.
    assert_eq!(
        sent(body, OPUS_4_8, &[header]),
        format!(r#"{{{VERSION},"max_tokens":5}}"#)
    );
    for (model, beta, expected) in [
        (
            SONNET_4_5,
            "computer-use-2025-01-24",
            &["computer-use-2025-01-24"][..],
        ),
        (OPUS_4_8, "computer-use-2025-01-24", &[]),
        (OPUS_4_8, "computer-use-2025-11-24", &["computer-use-2025-11-24"]),
        (
            SONNET_4_5,
            "advanced-tool-use-2025-11-20",
            &["tool-search-tool-2025-10-19"],
        ),
        (
            "us.anthropic.claude-opus-4-5-20251101-v1:0",
            "advanced-tool-use-2025-11-20",
            &["tool-search-tool-2025-10-19", "tool-examples-2025-10-29"],
        ),
        (
            "us.anthropic.claude-haiku-4-5-20251001-v1:0",
            "advanced-tool-use-2025-11-20",
            &[],
        ),
        (OPUS_4_8, "compact-2026-01-12", &["compact-2026-01-12"]),
        (SONNET_4_5, "something-new-2027-01-01", &[]),
    ] {
        let sent: Value = serde_json::from_str(&sent(body, model, &[beta])).expect("JSON");
        let told = sent.get("anthropic_beta").cloned().unwrap_or(json!([]));
        assert_eq!(told, json!(expected), "{model} {beta}");
    }
    // Those in the body count as well.
    assert_eq!(
        sent(
            r#"{"max_tokens":5,"anthropic_beta":["interleaved-thinking-2025-05-14","x"]}"#,
            SONNET_4_5,
            &[]
        ),
        format!(r#"{{{VERSION},"anthropic_beta":["interleaved-thinking-2025-05-14"],"max_tokens":5}}"#)
    );
    // On Opus 4.5 effort needs leave that Anthropic's own API asks for no more.
    let effort = r#"{"max_tokens":5,"output_config":{"effort":"low"}}"#;
    assert!(sent(effort, "anthropic.claude-opus-4-5-20251101-v1:0", &[]).contains("\"effort-2025-11-24\""));
    assert!(!sent(effort, OPUS_4_8, &[]).contains("anthropic_beta"));
}

#[test]
fn what_bedrock_does_anyway_or_only_saves_is_taken_out() {
    let rest = format!(r#"{{{VERSION},"max_tokens":5}}"#);
    for field in [
        r#""service_tier":"auto""#,
        r#""service_tier":"standard_only""#,
        r#""service_tier":null"#,
        r#""speed":"standard""#,
        r#""inference_geo":"global""#,
        r#""inference_geo":null"#,
        r#""container":null"#,
        r#""mcp_servers":[]"#,
        r#""thread":null"#,
        r#""fallbacks":[{"model":"claude-opus-4-6"}]"#,
        r#""fallback_credit_token":"t""#,
        r#""diagnostics":{}"#,
        r#""workspace_id":"w""#,
        r#""context_management":{"edits":[{"type":"clear_thinking_20251015"}]}"#,
        r#""cache_control":{"type":"ephemeral"}"#,
        r#""output_format":null"#,
    ] {
        assert_eq!(
            sent(&format!(r#"{{"max_tokens":5,{field}}}"#), SONNET_4_5, &[]),
            rest,
            "{field}"
        );
        assert_eq!(
            sent(&format!(r#"{{{field},"max_tokens":5}}"#), SONNET_4_5, &[]),
            rest,
            "{field}"
        );
    }
}

#[test]
fn what_the_model_takes_stays() {
    for (field, model, betas) in [
        (
            r#""context_management":{"edits":[{"type":"clear_thinking_20251015"}]}"#,
            SONNET_4_5,
            &["context-management-2025-06-27"][..],
        ),
        (
            r#""context_management":{"edits":[{"type":"compact_20260112"}]}"#,
            OPUS_4_8,
            &["compact-2026-01-12"],
        ),
        (r#""cache_control":{"type":"ephemeral"}"#, OPUS_4_8, &[]),
        (
            r#""output_config":{"format":{"type":"json_schema","schema":{}}}"#,
            SONNET_4_5,
            &[],
        ),
        (r#""metadata":{"user_id":"u"}"#, SONNET_4_5, &[]),
        (
            r#""thinking":{"type":"enabled","budget_tokens":2048}"#,
            SONNET_4_5,
            &[],
        ),
        (r#""something_new":1"#, SONNET_4_5, &[]),
    ] {
        let sent = sent(&format!(r#"{{"max_tokens":5,{field}}}"#), model, betas);
        assert!(sent.ends_with(&format!(r#""max_tokens":5,{field}}}"#)), "{sent}");
    }
    // An edit that another feature is needed for goes.
    let compact = r#"{"max_tokens":5,"context_management":{"edits":[{"type":"compact_20260112"}]}}"#;
    assert!(!sent(compact, SONNET_4_5, &["context-management-2025-06-27"]).contains("context_management\":"));
}

#[test]
fn the_older_name_of_an_output_form_becomes_the_newer() {
    for (body, expected) in [
        (
            r#"{"max_tokens":5,"output_format":{"type":"json_schema"},"a":1}"#,
            r#""max_tokens":5,"output_config":{"format":{"type":"json_schema"}},"a":1}"#,
        ),
        (
            r#"{"output_format":{"type":"json_schema"},"max_tokens":5}"#,
            r#""output_config":{"format":{"type":"json_schema"}},"max_tokens":5}"#,
        ),
        (
            r#"{"output_format":{"type":"json_schema"}}"#,
            r#""output_config":{"format":{"type":"json_schema"}}}"#,
        ),
    ] {
        assert_eq!(sent(body, SONNET_4_5, &[]), format!("{{{VERSION},{expected}"));
    }
}

#[test]
fn cache_marks_lose_their_scope_and_nothing_else() {
    let body = concat!(
        r#"{"system":[{"type":"text","text":"\"scope\"","cache_control":{"type":"ephemeral","scope":"global","ttl":"1h"}}],"#,
        r#""tools":[{"name":"t","input_schema":{"properties":{"cache_control":{"scope":1}}},"cache_control":{"scope":"global","type":"ephemeral"}}],"#,
        r#""messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"a","cache_control": { "type":"ephemeral", "scope":"x" } }]},"#,
        r#"{"type":"tool_use","input":{"cache_control":{"scope":"kept"}}},{"type":"text","text":"b","cache_control":{"type":"ephemeral"}}]},"#,
        r#"{"role":"user","content":"scope"}],"max_tokens":5}"#
    );
    let expected = concat!(
        r#"{"anthropic_version":"bedrock-2023-05-31","system":[{"type":"text","text":"\"scope\"","cache_control":{"type":"ephemeral","ttl":"1h"}}],"#,
        r#""tools":[{"name":"t","input_schema":{"properties":{"cache_control":{"scope":1}}},"cache_control":{"type":"ephemeral"}}],"#,
        r#""messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"a","cache_control": {"type":"ephemeral"} }]},"#,
        r#"{"type":"tool_use","input":{"cache_control":{"scope":"kept"}}},{"type":"text","text":"b","cache_control":{"type":"ephemeral"}}]},"#,
        r#"{"role":"user","content":"scope"}],"max_tokens":5}"#
    );
    assert_eq!(sent(body, SONNET_4_5, &[]), expected);
}

#[test]
fn what_bedrock_has_not_is_refused_by_name() {
    for (body, message) in [
        (
            r#"{"service_tier":"priority"}"#,
            "service_tier: Amazon Bedrock serves this model on its standard tier; leave this field out.",
        ),
        (
            r#"{"speed":"fast"}"#,
            "speed: Amazon Bedrock has no fast mode; leave this field out.",
        ),
        (
            r#"{"inference_geo":"us"}"#,
            "inference_geo: On Amazon Bedrock the account's region decides where the model runs; leave this field out.",
        ),
        (
            r#"{"container":"c"}"#,
            "container: Amazon Bedrock has no containers; leave this field out.",
        ),
        (
            r#"{"mcp_servers":[{"url":"https://x"}]}"#,
            "mcp_servers: Amazon Bedrock calls no MCP servers; offer their tools in `tools`.",
        ),
        (
            r#"{"thread":{"id":"t"}}"#,
            "thread: Amazon Bedrock keeps no conversations; send all of it in `messages`.",
        ),
        (
            r#"{"anthropic_beta":"x"}"#,
            "anthropic_beta: This must be an array of strings.",
        ),
        ("[]", "The body is no JSON object."),
        (
            "{\"a\":1",
            "The body is not valid JSON: a comma or the object's end is expected at byte 6; a JSON object is expected.",
        ),
    ] {
        assert_eq!(refused(body), message);
    }
}

#[test]
fn a_count_is_asked_for_what_would_be_sent() {
    let invoked = |body: &str| -> Value {
        let request =
            count_request(&Bytes::copy_from_slice(body.as_bytes()), SONNET_4_5, &[]).expect("a request");
        let request: Value = serde_json::from_slice(&request).expect("JSON");
        let inner = request["input"]["invokeModel"]["body"].as_str().expect("a body");
        serde_json::from_slice(&STANDARD.decode(inner).expect("base64")).expect("JSON")
    };
    assert_eq!(
        invoked(r#"{"model":"x","messages":[{"role":"user","content":"hi"}]}"#),
        json!({
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 1,
            "messages": [{"role": "user", "content": "hi"}],
        })
    );
    // The limit must be above what may be thought.
    let thinking = invoked(r#"{"messages":[],"thinking":{"type":"enabled","budget_tokens":2048}}"#);
    assert_eq!(thinking["max_tokens"], 2_049);
    assert_eq!(invoked(r#"{"max_tokens":7,"messages":[]}"#)["max_tokens"], 7);
    assert_eq!(read_count(br#"{"inputTokens":27}"#), Ok(27));
    for body in [
        &b"{}"[..],
        b"[]",
        b"",
        br#"{"inputTokens":-1}"#,
        br#"{"inputTokens":"27"}"#,
    ] {
        assert!(read_count(body).is_err());
    }
}

fn any_field() -> impl Strategy<Value = (String, Value)> {
    let name = prop_oneof![
        Just("model".to_owned()),
        Just("stream".to_owned()),
        Just("fallbacks".to_owned()),
        Just("cache_control".to_owned()),
        Just("output_format".to_owned()),
        "[a-d]{1,2}",
    ];
    let value = prop_oneof![
        Just(json!(null)),
        any::<i32>().prop_map(|number| json!(number)),
        any::<String>().prop_map(|text| json!(text)),
        Just(json!({"a": [1, {"model": "x", "stream": true}]})),
    ];
    (name, value)
}

proptest! {
    /// Whatever stands where: the result is JSON, what stays is the same, and nothing else is touched.
    #[test]
    fn any_body_keeps_all_but_what_goes(
        fields in prop::collection::vec(any_field(), 0..8),
        blank in prop_oneof![Just(""), Just(" "), Just("\n\t")],
    ) {
        let mut names = std::collections::HashSet::new();
        let fields: Vec<_> = fields.into_iter().filter(|(name, _)| names.insert(name.clone())).collect();
        let texts: Vec<_> = fields.iter().map(|(name, value)| format!("{blank}\"{name}\":{blank}{value}{blank}")).collect();
        let body = Bytes::from(format!("{{{}}}", texts.join(",")));
        let edits = invoke_edits(&body, SONNET_4_5, &[]).expect("edits");
        let spans: Vec<_> = edits.iter().map(|Edit { span, .. }| span.clone()).collect();
        prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
        let sent: Value = serde_json::from_slice(&apply(&body, &edits)).expect("JSON");
        let mut expected = json!({"anthropic_version": "bedrock-2023-05-31"});
        for (name, value) in &fields {
            match name.as_str() {
                "model" | "stream" | "fallbacks" | "cache_control" => {}
                "output_format" if value.is_null() => {}
                "output_format" => expected["output_config"] = json!({"format": value}),
                _ => expected[name] = value.clone(),
            }
        }
        prop_assert_eq!(sent, expected);
    }
}
