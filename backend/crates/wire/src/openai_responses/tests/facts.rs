//! What admission must know of a request.

use super::{all, golden};
use crate::facts::{Edit, apply, stable_key};
use crate::openai_responses::{
    CLIENT_TOOL_TOKENS, IMAGE_TOKENS_MAX, IMAGE_TOKENS_MAX_4O_MINI, compact, read_facts,
};
use bytes::Bytes;

#[test]
fn codex_is_admitted() {
    let body = golden("request_codex");
    let facts = read_facts(body.as_bytes()).unwrap();
    assert_eq!(facts.model, "gpt-5.6-codex");
    assert_eq!(
        facts.session.as_deref(),
        Some("0199d5e2-1111-7000-8000-000000000001")
    );
    assert!(
        facts.stream && facts.remote_context,
        "the web search reads what is not here"
    );
    assert_eq!(
        (facts.max_output, facts.choices, facts.store),
        (None, 1, Some(false))
    );
}

#[test]
fn what_is_read_for_translation_is_admitted() {
    for name in all("request_", ".json") {
        let body = golden(&name);
        assert!(read_facts(body.as_bytes()).is_ok(), "{name}");
    }
}

#[test]
fn the_model_can_be_changed_in_its_place() {
    let body = Bytes::from_static(br#"{"input":"x", "model" : "gpt-5.6","y":1}"#);
    let facts = read_facts(&body).unwrap();
    let changed = apply(&body, &[Edit::model(facts.model_span.unwrap(), "deploy-1")]);
    assert_eq!(changed, &br#"{"input":"x", "model" : "deploy-1","y":1}"#[..]);
}

#[test]
fn a_picture_counts_as_one_and_not_by_its_bytes() {
    let body = |data: &str, model: &str| {
        format!(
            r#"{{"model":"{model}","input":[{{"role":"user","content":[{{"type":"input_image","image_url":"data:image/png;base64,{data}"}}]}}]}}"#
        )
    };
    let small = body("AAAA", "gpt-5.6");
    let large = body(&"A".repeat(1 << 20), "gpt-5.6");
    let bound = |body: &str| read_facts(body.as_bytes()).unwrap().input_bound;
    assert_eq!(bound(&small), bound(&large));
    assert!(bound(&small) >= IMAGE_TOKENS_MAX);
    assert!(bound(&body("AAAA", "gpt-4o-mini")) >= IMAGE_TOKENS_MAX_4O_MINI);
    let hidden = r#"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","image_url":"data:image/png;base64,AAAA","text":""}]}]}"#;
    assert!(
        bound(hidden) >= hidden.len() as u64,
        "only a picture's data is no text"
    );
}

#[test]
fn what_is_not_in_the_body_has_no_bound() {
    let item = |item: &str| format!(r#"{{"model":"m","input":[{item}]}}"#);
    let remote = |body: &str| read_facts(body.as_bytes()).unwrap().remote_context;
    for item_text in [
        r#"{"id":"msg_1"}"#,
        r#"{"type":"item_reference","id":"msg_1"}"#,
        r#"{"type":"reasoning","id":"rs_1","summary":[]}"#,
        r#"{"type":"compaction","encrypted_content":"x"}"#,
        r#"{"role":"user","content":[{"type":"input_file","file_id":"f"}]}"#,
        r#"{"type":"function_call_output","call_id":"c","output":[{"type":"input_file","file_url":"https://a"}]}"#,
        r#"{"role":"user","content":[{"type":"input_image","type":"input_text","image_url":"data:,"}]}"#,
    ] {
        assert!(remote(&item(item_text)), "{item_text}");
    }
    for field in [
        r#""previous_response_id":"resp_1""#,
        r#""conversation":"conv_1""#,
        r#""prompt":{"id":"p"}"#,
        r#""tools":[{"type":"mcp"}]"#,
        r#""tools":[{"type":"function","type":"mcp"}]"#,
    ] {
        assert!(
            remote(&format!(r#"{{"model":"m","input":"x",{field}}}"#)),
            "{field}"
        );
    }
    for item_text in [
        r#"{"role":"user","content":"x"}"#,
        r#"{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"}"#,
        r#"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}"#,
    ] {
        assert!(!remote(&item(item_text)), "{item_text}");
    }
    let shell =
        r#"{"model":"m","input":"x","tools":[{"type":"local_shell"}],"prompt":null,"conversation":null}"#;
    let facts = read_facts(shell.as_bytes()).unwrap();
    assert_eq!(facts.input_bound, shell.len() as u64 + CLIENT_TOOL_TOKENS);
    assert!(!facts.remote_context);
}

#[test]
fn a_conversation_is_known_by_its_beginning() {
    let key = |input: &str| {
        let body = format!(r#"{{"model":"m","instructions":"Be brief.","input":[{input}]}}"#);
        stable_key(body.as_bytes(), &read_facts(body.as_bytes()).unwrap()).unwrap()
    };
    let developer = r#"{"role":"developer","content":"x"}"#;
    let first = r#"{"role":"user","content":"Hello"}"#;
    let more = r#"{"role":"assistant","content":"Hi"},{"role":"user","content":"And?"}"#;
    let begun = key(&format!("{developer},{first}"));
    assert_eq!(begun, key(&format!("{developer},{first},{more}")));
    assert_ne!(begun, key(&format!("{developer},{more}")));
}

#[test]
fn whether_an_answer_is_kept_is_told() {
    for (store, told) in [("true", Some(true)), ("false", Some(false)), ("null", None)] {
        let body = format!(r#"{{"model":"m","input":"x","store":{store}}}"#);
        assert_eq!(read_facts(body.as_bytes()).unwrap().store, told);
    }
}

#[test]
fn a_compaction_is_never_streamed() {
    let body = br#"{"model":"m","input":[{"role":"user","content":"x"}],"instructions":null}"#;
    assert!(!compact::read_facts(body).unwrap().stream);
    let refused = compact::read_facts(br#"{"model":"m","input":"x","stream":true}"#).unwrap_err();
    assert_eq!(refused.field, "stream");
}
