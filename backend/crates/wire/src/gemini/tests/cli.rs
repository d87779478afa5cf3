//! Code Assist's envelopes, arrays in place of events, counts and embeddings.

use super::code_assist::{
    EventWrapper, load_code_assist, onboard_user, read_envelope, unwrap_answer, unwrap_event, wrap_answer,
    wrap_request,
};
use super::*;
use crate::facts::apply;

#[test]
fn an_envelope_is_read_and_the_request_within_is_left_as_it_is() {
    let body = concat!(
        r#"{"model":"gemini-2.5-pro","project":"p-1","user_prompt_id":"u-1","enabled_credit_types":["X"],"#,
        r#""request": {"contents":[{"parts":[{"text":"a"}]}],"session_id":"s-1"}}"#
    );
    let envelope = read_envelope(body.as_bytes()).unwrap();
    assert_eq!(
        (envelope.model.as_str(), envelope.prefixed),
        ("gemini-2.5-pro", false)
    );
    assert_eq!(&body[envelope.model_span.clone()], "\"gemini-2.5-pro\"");
    assert_eq!(envelope.project.as_deref(), Some("p-1"));
    assert_eq!(envelope.prompt.as_deref(), Some("u-1"));
    assert_eq!(envelope.session.as_deref(), Some("s-1"));
    let inner = &body.as_bytes()[envelope.request.clone()];
    assert_eq!(read_facts(inner).unwrap().session.as_deref(), Some("s-1"));
    assert_eq!(read_request(inner).unwrap().turns.len(), 1);
    let count = br#"{"request":{"model":"models/gemini-2.5-pro","contents":[{"parts":[{"text":"a"}]}]}}"#;
    let envelope = read_envelope(count).unwrap();
    assert_eq!(
        (envelope.model.as_str(), envelope.prefixed),
        ("gemini-2.5-pro", true)
    );
    let changed = apply(&Bytes::from_static(count), &[envelope.model_edit("other")]);
    assert!(text(&changed).contains(r#""model":"models/other""#));
}

#[test]
fn what_is_no_envelope_is_refused() {
    for (body, message) in [
        (
            "{}",
            "request: This field is required: the request, as an object.",
        ),
        (
            r#"{"model":"a","request":[]}"#,
            "request: This must be an object.",
        ),
        (
            r#"{"request":{}}"#,
            "model: This field is required: the name of the model, as a string.",
        ),
        (
            r#"{"model":"","request":{}}"#,
            "model: This must not be empty; it is the name of a model.",
        ),
        (
            r#"{"model":"a","model":"b","request":{}}"#,
            "model: This field stands twice in the body; it may stand once, in camelCase or in snake_case.",
        ),
    ] {
        assert_eq!(read_envelope(body.as_bytes()).unwrap_err().message, message);
    }
}

#[test]
fn a_request_is_wrapped_with_its_session_and_unwrapped_again() {
    let wrap = |inner: &str, session| {
        let mut body = Vec::new();
        wrap_request(inner.as_bytes(), "m", Some("p"), "u", session, &mut body);
        String::from_utf8(body).unwrap()
    };
    let around =
        |inner: &str| format!(r#"{{"model":"m","project":"p","user_prompt_id":"u","request":{inner}}}"#);
    assert_eq!(wrap(MINIMAL, None), around(MINIMAL));
    assert_eq!(
        wrap("{\"contents\":[]} \n", Some("s")),
        around(r#"{"contents":[],"session_id":"s"}"#)
    );
    assert_eq!(wrap("{}", Some("s")), around(r#"{"session_id":"s"}"#));
    assert_eq!(
        wrap(r#"{"sessionId":"own"}"#, Some("s")),
        around(r#"{"sessionId":"own"}"#)
    );
    let wrapped = wrap(MINIMAL, Some("s"));
    let envelope = read_envelope(wrapped.as_bytes()).unwrap();
    assert_eq!(
        (envelope.model.as_str(), envelope.session.as_deref()),
        ("m", Some("s"))
    );
}

#[test]
fn answers_and_events_are_wrapped_and_unwrapped() {
    let mut body = Vec::new();
    wrap_answer(br#"{"candidates":[]}"#, "t-1", &mut body);
    assert_eq!(text(&body), r#"{"response":{"candidates":[]},"traceId":"t-1"}"#);
    assert_eq!(&body[unwrap_answer(&body).unwrap()], br#"{"candidates":[]}"#);
    for none in [&br#"{"error":{}}"#[..], br#"{"response":7}"#, b"[]", b"{"] {
        assert_eq!(unwrap_event(none), None);
    }
    let (mut wrapper, mut events) = (EventWrapper::new("t"), Vec::new());
    wrapper.push(
        b"data: {\"a\":1}\r\n\r\n: ping\n\ndata: {\"b\":\ndata: 2}\n\n",
        &mut events,
    );
    wrapper.push(b"data: {\"error\":{\"code\":503}}\n\n", &mut events);
    let expected = concat!(
        "data: {\"response\":{\"a\":1},\"traceId\":\"t\"}\n\ndata: {\"response\":{\"b\": 2},\"traceId\":\"t\"}\n\n",
        "data: {\"error\":{\"code\":503}}\n\n"
    );
    assert_eq!(text(&events), expected);
}

#[test]
fn a_client_without_an_account_of_ours_to_ask_is_let_in() {
    let tier = r#"{"id":"standard-tier","name":"Tollgate","userDefinedCloudaicompanionProject":false,"isDefault":true}"#;
    let loaded = |project: &str| {
        format!(r#"{{"currentTier":{tier},"allowedTiers":[{tier}],"cloudaicompanionProject":"{project}"}}"#)
    };
    assert_eq!(
        text(&load_code_assist(
            br#"{"metadata":{"ideType":"IDE_UNSPECIFIED"}}"#
        )),
        loaded("tollgate")
    );
    assert_eq!(
        text(&load_code_assist(br#"{"cloudaicompanionProject":"mine"}"#)),
        loaded("mine")
    );
    let done = r#"{"done":true,"response":{"cloudaicompanionProject":{"id":"tollgate","name":"tollgate"}}}"#;
    assert_eq!(text(&onboard_user(b"not JSON")), done);
    for answer in [
        code_assist::retrieve_user_quota(),
        code_assist::list_experiments(),
    ] {
        assert!(matches!(Node::parse(&answer), Ok(Node::Object(_))));
    }
}

#[test]
fn events_become_the_items_of_an_array() {
    let (mut array, mut whole) = (ArrayText::default(), Vec::new());
    array.push(b"data: {\"a\":1}\n\n: ping\n\n", &mut whole);
    array.push(b"data: {\"b\":2}\r\n\r\ndata: {\"c\":3}\n\n", &mut whole);
    array.close(&mut whole);
    assert_eq!(text(&whole), "[{\"a\":1},\n{\"b\":2},\n{\"c\":3}]");
    let mut empty = Vec::new();
    ArrayText::default().close(&mut empty);
    assert_eq!(empty, b"[]");
}

#[test]
fn counts_are_read_in_both_shapes() {
    let inner = r#"{"model":"models/gemini-2.5-flash","contents":[{"parts":[{"text":"a"}]}]}"#;
    let body = format!(r#"{{"generate_content_request":{inner}}}"#);
    let found = read_count_facts(body.as_bytes()).unwrap();
    assert_eq!(found.input_bound, inner.len() as u64);
    assert_eq!(&body[found.stable[0].clone()], r#"{"parts":[{"text":"a"}]}"#);
    assert_eq!(
        read_count_request(body.as_bytes()).unwrap(),
        read_count_request(inner.as_bytes()).unwrap()
    );
    assert_eq!(
        read_count_facts(MINIMAL.as_bytes()).unwrap(),
        read_facts(MINIMAL.as_bytes()).unwrap()
    );
    let fault = read_count_request(br#"{"generateContentRequest":{"contents":[{"role":"x"}]}}"#).unwrap_err();
    assert_eq!(fault.field, "generateContentRequest.contents[0].role");
    assert!(read_count_facts(br#"{"generateContentRequest":7}"#).is_err());
    assert_eq!(write_count(31), br#"{"totalTokens":31}"#);
    assert_eq!(
        read_count(br#"{"totalTokens":31,"promptTokensDetails":[]}"#),
        Some(31)
    );
    assert_eq!(read_count(b"{}"), None);
}

#[test]
fn embeddings_are_bound_by_their_bytes() {
    let one = r#"{"content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_QUERY"}"#;
    let found = read_embed_facts(one.as_bytes()).unwrap();
    assert_eq!(
        (found.input_bound, found.max_output, found.choices),
        (one.len() as u64, Some(1), 1)
    );
    let many = format!(r#"{{"requests":[{one},{one}]}}"#);
    assert_eq!(
        read_batch_embed_facts(many.as_bytes()).unwrap().input_bound,
        many.len() as u64
    );
    let pdf = r#"{"content":{"parts":[{"inlineData":{"mimeType":"application/pdf","data":"x"}}]}}"#;
    assert!(read_embed_facts(pdf.as_bytes()).unwrap().remote_context);
    let fault = |fault: crate::fault::RequestFault| fault.message;
    assert_eq!(
        read_embed_facts(b"{}").map_err(fault),
        Err("content: This field is required: the content, as an object.".to_owned())
    );
    assert_eq!(
        read_batch_embed_facts(br#"{"requests":[]}"#).map_err(fault),
        Err("requests: This field is required: at least one request, in an array.".to_owned())
    );
}
