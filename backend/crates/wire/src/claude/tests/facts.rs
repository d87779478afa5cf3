//! Reading requests: what is found, what is refused, and that another reader finds the same.

use crate::claude::read_facts;
use crate::facts::{Edit, FIELDS_MAX, apply};
use crate::fault::RequestFault;
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::ops::Range;

const MESSAGES: &str = r#""messages":[{"role":"user","content":"hi"}]"#;

/// The body with another model's name in it.
fn spliced(body: &Bytes, span: Option<Range<usize>>, model: &str) -> Bytes {
    apply(body, &[Edit::model(span.expect("a model in the body"), model)])
}

fn fault(body: impl AsRef<[u8]>) -> RequestFault {
    read_facts(body.as_ref()).expect_err("a fault")
}

#[test]
fn a_request_of_claude_codes_is_read() {
    let body = r#"{ "model" : "claude-sonnet-4-6", "max_tokens": 32000,"stream":true,
        "system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.330.abc;"}],
        "metadata":{"user_id":"{\"device_id\":\"d\",\"account_uuid\":\"\",\"session_id\":\"8c1d0a54-0000-4000-8000-000000000000\"}"},
        "thinking":{"type":"adaptive"},"a_field_of_tomorrow":{"x":1e2,"x":[ ]},
        "tools":[{"name":"Bash","input_schema":{"type":"object"}}],
        "messages":[{"role":"user","content":[{"type":"text","text":"caf\u00e9 \ud834\udd1e 你好"}]}]} "#;
    let facts = read_facts(body.as_bytes()).expect("a request");
    assert_eq!(facts.model, "claude-sonnet-4-6");
    assert_eq!(
        &body[facts.model_span.clone().expect("in the body")],
        "\"claude-sonnet-4-6\""
    );
    assert_eq!(
        (facts.max_output, facts.stream, facts.remote_context),
        (Some(32_000), true, false)
    );
    assert_eq!(
        facts.session.as_deref(),
        Some("8c1d0a54-0000-4000-8000-000000000000")
    );
    assert_eq!(facts.input_bound, body.len() as u64 + 1_000);
}

#[test]
fn a_body_that_is_no_object_is_a_fault_of_the_whole() {
    let deep = [vec![b'['; 200_000], vec![b']'; 200_000]].concat();
    let deep_within = format!(
        r#"{{"model":"m","max_tokens":1,"messages":{}"#,
        "[".repeat(200_000)
    );
    let many: Vec<String> = (0..=FIELDS_MAX).map(|n| format!(r#""f{n}":1"#)).collect();
    let many = format!("{{{}}}", many.join(","));
    let cases: [&[u8]; 17] = [
        b"",
        b"  ",
        b"not json at all",
        b"[]",
        b"null",
        b"7",
        b"\"model\"",
        b"{\"model\":\"claude-sonnet-4-6\"",
        b"{\"model\":\"m\"} {}",
        b"{\"model\":\"m\",}",
        b"{'model':'m'}",
        b"{\"model\":\"\xff\xfe\",\"max_tokens\":1}",
        b"\xef\xbb\xbf{}",
        b"{\"\\ud834\":1}",
        &deep,
        deep_within.as_bytes(),
        many.as_bytes(),
    ];
    for body in cases {
        let fault = fault(body);
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        assert_eq!(fault.field, "", "{shown}: {fault}");
        assert!(
            fault.message.contains("body") && fault.message.len() < 200,
            "{shown}: {fault}"
        );
    }
}

/// A good request but for this field: with another value, or without it.
fn with(field: &str, value: Option<&str>) -> String {
    let mut fields = vec![
        ("model", "\"m\""),
        ("max_tokens", "10"),
        ("messages", r#"[{"role":"user","content":"hi"}]"#),
    ];
    fields.retain(|(name, _)| *name != field);
    fields.extend(value.map(|value| (field, value)));
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", fields.join(","))
}

#[test]
fn a_faulty_field_is_named_with_what_is_wrong() {
    let long = format!("\"{}\"", "m".repeat(257));
    for (field, value, says) in [
        ("model", None, "required"),
        ("model", Some("7"), "string"),
        ("model", Some("null"), "string"),
        ("model", Some("\"\""), "empty"),
        ("model", Some(&*long), "256"),
        ("model", Some(r#""\ud834""#), "text"),
        ("model", Some(r#""m","m\u006fdel":"n""#), "twice"),
        ("top_k", Some(r#"1,"top_k":1"#), "twice"),
        ("max_tokens", None, "required"),
        ("max_tokens", Some("\"10\""), "whole number"),
        ("max_tokens", Some("null"), "whole number"),
        ("max_tokens", Some("-1"), "negative"),
        ("max_tokens", Some("-0"), "negative"),
        ("max_tokens", Some("1.5"), "whole number"),
        ("max_tokens", Some("1e300"), "whole number"),
        ("max_tokens", Some("9007199254740993"), "more than"),
        ("max_tokens", Some("99999999999999999999"), "more than"),
        ("stream", Some("\"yes\""), "true or false"),
        ("stream", Some("null"), "true or false"),
        ("messages", None, "required"),
        ("messages", Some("{}"), "array"),
        ("messages", Some("\"hi\""), "array"),
    ] {
        let body = with(field, value);
        let fault = fault(&body);
        assert_eq!(fault.field, field, "{body}: {fault}");
        let fits = fault.message.starts_with(&format!("{field}: ")) && fault.message.contains(says);
        assert!(fits, "{body}: {fault}");
    }
    assert!(read_facts(with("stream", Some("true")).as_bytes()).is_ok());
}

#[test]
fn a_long_name_of_a_field_is_not_repeated_in_full() {
    let name = "ü".repeat(5_000);
    let fault = fault(format!(r#"{{"{name}":1,"{name}":1}}"#));
    assert_eq!(fault.field, "ü".repeat(32));
    assert!(fault.message.len() < 200);
}

#[test]
fn the_largest_max_tokens_is_still_a_number() {
    let body = format!(r#"{{"model":"m","max_tokens":9007199254740992,{MESSAGES}}}"#);
    assert_eq!(
        read_facts(body.as_bytes()).expect("a request").max_output,
        Some(1 << 53)
    );
}

#[test]
fn a_name_spliced_in_is_the_only_change() {
    let body = Bytes::from(format!(
        r#"{{"max_tokens" : 1,"model"  :  "cl\u0061ude" ,{MESSAGES}}}"#
    ));
    let facts = read_facts(&body).expect("a request");
    assert_eq!(facts.model, "claude");
    let spliced = spliced(&body, facts.model_span, "other \"name\"\n");
    let expected = format!(r#"{{"max_tokens" : 1,"model"  :  "other \"name\"\n" ,{MESSAGES}}}"#);
    assert_eq!(spliced, expected);
    let same = self::spliced(
        &spliced,
        read_facts(&spliced).expect("a request").model_span,
        "other \"name\"\n",
    );
    assert_eq!(same.as_ptr(), spliced.as_ptr(), "the same name is no change");
    assert_eq!(
        self::spliced(&body, Some(5..usize::MAX), "x"),
        body,
        "a span of another body changes nothing"
    );
}

/// A body as any client may write it: fields in any order, some of them wrong, blanks anywhere.
fn body() -> impl Strategy<Value = (Value, String)> {
    let model =
        prop_oneof![8 => "[ -~ü]{1,20}".prop_map(Value::from), 1 => Just(json!(7)), 1 => Just(json!(""))];
    let tokens = prop_oneof![8 => (1..100_000_u64).prop_map(Value::from), 1 => any::<i64>().prop_map(Value::from), 1 => any::<f64>().prop_map(Value::from)];
    let stream = prop_oneof![8 => any::<bool>().prop_map(Value::from), 1 => Just(json!("true"))];
    let text = any::<String>();
    let messages = prop::collection::vec(
        text.prop_map(|text| json!({"role": "user", "content": [{"type": "text", "text": text}]})),
        0..4,
    );
    let other = ("[a-z_\"\\\\é]{1,12}", any::<String>());
    (
        model,
        tokens,
        stream,
        messages,
        prop::collection::vec(other, 0..4),
        any::<bool>(),
        0..20_usize,
    )
        .prop_map(|(model, tokens, stream, messages, others, pretty, without)| {
            let mut map = Map::new();
            for (name, value) in others {
                map.insert(name, json!({"nested": [value]}));
            }
            let fields = [
                ("model", model),
                ("max_tokens", tokens),
                ("stream", stream),
                ("messages", json!(messages)),
            ];
            for (n, (name, value)) in fields.into_iter().enumerate() {
                if n != without {
                    map.insert(name.to_owned(), value);
                }
            }
            let value = Value::Object(map);
            let text = if pretty {
                format!("{value:#}")
            } else {
                value.to_string()
            };
            (value, text)
        })
}

/// What a request is to another reader; `None` if it must be refused.
fn as_another_reader_sees_it(body: &Value) -> Option<(String, u64, bool)> {
    let model = body.get("model")?.as_str().filter(|model| !model.is_empty())?;
    let tokens = body
        .get("max_tokens")?
        .as_u64()
        .filter(|tokens| (1..=1 << 53).contains(tokens))?;
    let stream = match body.get("stream") {
        None => false,
        Some(stream) => stream.as_bool()?,
    };
    body.get("messages")?.as_array()?;
    Some((model.to_owned(), tokens, stream))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn two_readers_agree((value, text) in body()) {
        let ours = read_facts(text.as_bytes()).ok().map(|facts| (facts.model, facts.max_output.expect("required"), facts.stream));
        prop_assert_eq!(ours, as_another_reader_sees_it(&value), "{}", text);
    }

    #[test]
    fn splicing_changes_the_model_alone((value, text) in body(), model in any::<String>()) {
        let body = Bytes::from(text);
        if let Ok(facts) = read_facts(&body) {
            let spliced = spliced(&body, facts.model_span.clone(), &model);
            let mut expected = value;
            expected["model"] = json!(model);
            prop_assert_eq!(serde_json::from_slice::<Value>(&spliced).expect("JSON"), expected);
            let span = facts.model_span.clone().expect("in the body");
            let now = span.start..spliced.len() - (body.len() - span.end);
            let back = self::spliced(&spliced, Some(now), &facts.model);
            prop_assert_eq!(read_facts(&back), Ok(facts));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_facts(&bytes);
    }

    #[test]
    fn no_damage_to_a_body_makes_it_panic((_, text) in body(), at in any::<usize>(), byte in any::<u8>()) {
        let mut bytes = text.into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        // What is no JSON for another reader is none for this one. (A depth of 128 is for neither.)
        if read_facts(&bytes).is_ok() {
            prop_assert!(serde_json::from_slice::<&serde_json::value::RawValue>(&bytes).is_ok());
        }
    }
}
