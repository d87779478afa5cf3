//! Keys of conversations.

use crate::claude::{conversation_key, read_facts};
use serde_json::{Value, json};

fn key(system: &Value, messages: &Value) -> Option<[u8; 16]> {
    let mut body = json!({"model": "m", "max_tokens": 1, "messages": messages});
    if !system.is_null() {
        body["system"] = system.clone();
    }
    let body = body.to_string();
    let facts = read_facts(body.as_bytes()).expect("a request");
    conversation_key(body.as_bytes(), &facts)
}

fn said(texts: &[&str]) -> Value {
    let roles = ["user", "assistant"];
    let messages = texts.iter().zip(roles.iter().cycle());
    messages
        .map(|(text, role)| json!({"role": role, "content": text}))
        .collect()
}

/// The same, with the last block marked, as clients that cache do.
fn said_and_marked(texts: &[&str]) -> Value {
    let mut messages = said(texts);
    let last = messages
        .as_array_mut()
        .expect("messages")
        .last_mut()
        .expect("one");
    last["content"] =
        json!([{"type": "text", "text": last["content"], "cache_control": {"type": "ephemeral"}}]);
    messages
}

#[test]
fn the_turns_of_a_conversation_share_a_key() {
    let system = json!([{"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}]);
    for system in [json!(null), json!("S"), system] {
        let first = key(&system, &said_and_marked(&["one"]));
        assert!(first.is_some());
        let later = key(&system, &said_and_marked(&["one", "two", "three"]));
        assert_eq!(first, later, "{system}");
        let other = key(&system, &said_and_marked(&["another", "two", "three"]));
        assert_ne!(first, other, "{system}");
    }
}

#[test]
fn marked_text_goes_before_system_text_and_that_before_the_first_message() {
    let marked = json!([{"type": "text", "text": "A"}, {"type": "text", "text": "B", "cache_control": {"type": "ephemeral"}}]);
    let other_unmarked = json!([{"type": "text", "text": "C"}, {"type": "text", "text": "B", "cache_control": {"type": "ephemeral"}}]);
    assert_eq!(
        key(&marked, &said(&["one"])),
        key(&other_unmarked, &said(&["two"]))
    );
    assert_ne!(
        key(&marked, &said(&["one"])),
        key(&json!("B and more"), &said(&["one"]))
    );
    assert_eq!(
        key(&json!("S"), &said(&["one"])),
        key(&json!("S"), &said(&["two"]))
    );
    assert_ne!(
        key(&json!("S"), &said(&["one"])),
        key(&json!("T"), &said(&["one"]))
    );
    assert_ne!(
        key(&json!(null), &said(&["one"])),
        key(&json!(null), &said(&["two"]))
    );
    assert_eq!(
        key(&json!(""), &said(&["one"])),
        key(&json!(null), &said(&["one"]))
    );
    // Texts do not run together.
    let two = json!([{"type": "text", "text": "AB"}, {"type": "text", "text": "C"}]);
    let same = json!([{"type": "text", "text": "A"}, {"type": "text", "text": "BC"}]);
    assert_ne!(key(&two, &said(&["one"])), key(&same, &said(&["one"])));
}

#[test]
fn claude_codes_billing_line_does_not_count() {
    let system = |suffix: &str, more: &str| {
        json!([
            {"type": "text", "text": format!("x-anthropic-billing-header: cc_version=2.1.330.{suffix}; cc_entrypoint=cli;{more}")},
            {"type": "text", "text": "You are Claude Code."},
        ])
    };
    let messages = said(&["one"]);
    assert_eq!(
        key(&system("abc", ""), &messages),
        key(&system("def", ""), &messages)
    );
    assert_eq!(
        key(&system("abc", "\nmore"), &messages),
        key(&system("def", "\nmore"), &messages)
    );
    assert_ne!(
        key(&system("abc", ""), &messages),
        key(&system("abc", "\nmore"), &messages)
    );
}

#[test]
fn without_text_there_is_no_key() {
    for messages in [
        json!([]),
        json!([7]),
        json!([{"role": "user"}]),
        json!([{"role": "user", "content": ""}]),
    ] {
        assert_eq!(key(&json!(null), &messages), None, "{messages}");
    }
    // Facts of another body give no key or some key, and never a panic.
    let body = json!({"model": "m", "max_tokens": 1, "messages": said(&["one"])}).to_string();
    let facts = read_facts(body.as_bytes()).expect("a request");
    assert_eq!(conversation_key(b"", &facts), None);
    conversation_key(&vec![b'['; 500], &facts);
}
