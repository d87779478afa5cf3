//! Any bytes as what goes beside the conversation: Code Assist's envelopes, messages over a WebSocket, embeddings, pictures,
//! counts, compaction.

use crate::{context, json};
use bytes::Bytes;
use std::borrow::Cow;
use tollgate_wire::facts::apply;
use tollgate_wire::gemini::{
    code_assist, read_batch_embed_facts, read_count, read_count_facts, read_count_request, read_embed_facts,
};
use tollgate_wire::openai_chat::{embeddings, images};
use tollgate_wire::openai_responses::{compact, read_facts, websocket};
use tollgate_wire::tree::Node;

/// Holds a body to what is promised of Code Assist's envelopes.
pub fn check_envelope(bytes: &[u8]) {
    let body = Bytes::copy_from_slice(bytes);
    json("loadCodeAssist", &code_assist::load_code_assist(bytes));
    json("onboardUser", &code_assist::onboard_user(bytes));
    if let Some(span) = code_assist::unwrap_answer(bytes) {
        assert!(bytes.get(span).is_some_and(|inner| inner.starts_with(b"{")));
    }
    if Node::parse(bytes).is_ok() {
        let mut wrapped = Vec::new();
        code_assist::wrap_answer(bytes, "trace", &mut wrapped);
        json("an answer's envelope", &wrapped);
        if bytes.starts_with(b"{") {
            let span = code_assist::unwrap_answer(&wrapped).expect("an answer");
            assert_eq!(wrapped.get(span), Some(bytes.trim_ascii()));
        }
    }
    let Ok(envelope) = code_assist::read_envelope(bytes) else {
        return;
    };
    let inner = body.slice(envelope.request.clone());
    assert!(inner.starts_with(b"{") && inner.ends_with(b"}"));
    let changed = apply(&body, &[envelope.model_edit("another")]);
    let again = code_assist::read_envelope(&changed).expect("an envelope");
    assert_eq!(again.model, "another");
    assert_eq!(
        (again.prefixed, &again.session),
        (envelope.prefixed, &envelope.session)
    );
    let mut wrapped = Vec::new();
    code_assist::wrap_request(
        &inner,
        "sent",
        Some("project"),
        "prompt",
        Some("session"),
        &mut wrapped,
    );
    let again = code_assist::read_envelope(&wrapped).expect("an envelope");
    assert_eq!(again.project.as_deref(), Some("project"));
    if let (Ok(before), Ok(after)) = (Node::parse(&inner), Node::parse(&wrapped)) {
        let after = after.get("request").and_then(Node::as_object).expect("a request");
        let before = before.as_object().expect("an object");
        assert!(after.starts_with(before) && after.len() <= before.len() + 1);
        assert!(again.session.is_some() || envelope.session.is_none());
    }
}

/// Holds a message to what is promised of those over a WebSocket.
pub fn check_websocket(bytes: &[u8]) {
    if Node::parse(bytes).is_ok_and(|node| node.get("stream_id").is_none())
        && bytes.trim_ascii().starts_with(b"{")
    {
        let framed = websocket::in_lane(Cow::Borrowed(bytes), Some("a \"lane\""));
        let node = json("a frame in its lane", &framed);
        assert_eq!(node.get("stream_id").and_then(Node::as_text), Some("a \"lane\""));
    }
    let Ok(create) = websocket::read_create(bytes) else {
        return;
    };
    if let Ok(sent) = Node::parse(bytes) {
        let body = json("a message's body", &create.body);
        let fields = body.as_object().expect("an object");
        for (name, value) in sent.as_object().expect("an object") {
            let own = [
                "type",
                "generate",
                "stream_id",
                "stream",
                "stream_options",
                "background",
            ];
            if !own.contains(&name.as_ref()) {
                assert!(fields.contains(&(name.clone(), value.clone())), "{name} is lost");
            }
        }
    }
    if let Ok(facts) = read_facts(&create.body) {
        assert!(facts.stream);
        assert_eq!(facts.usage_edit, None);
    }
}

/// Holds a body to what is promised of embeddings, in a request and in an answer.
pub fn check_embeddings(bytes: &[u8]) {
    let facts = embeddings::read_facts(bytes);
    let _ = embeddings::wants_base64(bytes);
    let _ = (embeddings::scan_answer(bytes), read_embed_facts(bytes));
    if let Ok(sent) = embeddings::to_gemini(bytes, "gemini-embedding-001") {
        json("a batch", &sent);
        read_batch_embed_facts(&sent).expect("a batch");
        if let Ok(facts) = facts {
            assert_eq!(facts.max_output, Some(0));
        }
    }
    for base64 in [false, true] {
        let Ok((answer, facts)) = embeddings::from_gemini(bytes, &context(), base64) else {
            continue;
        };
        json("embeddings", &answer);
        let told = embeddings::scan_answer(&answer).expect("embeddings");
        assert_eq!(told.usage.unwrap_or_default(), facts.usage.unwrap_or_default());
    }
}

/// Holds a body to what is promised of pictures, counts and compactions.
pub fn check_others(bytes: &[u8]) {
    let _ = (
        images::scan_answer(bytes),
        compact::scan_answer(bytes),
        read_count(bytes),
    );
    if let Ok(facts) = images::read_facts(bytes) {
        assert!(facts.choices > 0);
        check_span(bytes, &facts.model, facts.model_span);
    }
    if let Ok(facts) = compact::read_facts(bytes) {
        check_span(bytes, &facts.model, facts.model_span);
    }
    if let Ok(facts) = read_count_facts(bytes) {
        assert!(facts.stable.iter().all(|span| bytes.get(span.clone()).is_some()));
    }
    let _ = read_count_request(bytes);
    if let Ok(facts) = tollgate_wire::claude::read_count_facts(bytes) {
        check_span(bytes, &facts.model, facts.model_span);
    }
}

fn check_span(bytes: &[u8], model: &str, span: Option<std::ops::Range<usize>>) {
    let Some(span) = span else { return };
    let named = Node::parse(bytes.get(span).expect("a span in the body")).expect("a name");
    assert_eq!(named.as_text(), Some(model));
}
