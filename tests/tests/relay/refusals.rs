//! What every refusal of the relay looks like to a Claude client.

use tollgate_tests::harness::Reply;
use tollgate_tests::harness::tenant::UPSTREAM_KEY;

/// What no answer may ever tell.
const INTERNAL: [&str; 6] = [UPSTREAM_KEY, "panicked", "sqlx", "postgres", "src/", "/tmp/"];

/// Asserts an error in Claude's format and gives its type and message.
#[track_caller]
pub fn refused(reply: &Reply, status: u16) -> (String, String) {
    let text = reply.text();
    assert_eq!(reply.status, status, "{text}");
    assert_eq!(reply.broken, None, "{text}");
    let kind = reply.header("content-type").expect("a type");
    assert!(kind.starts_with("application/json"), "{kind}");
    let body = reply.json();
    assert_eq!(body["type"], "error", "{text}");
    let error_type = body["error"]["type"].as_str().expect("error.type").to_owned();
    let message = body["error"]["message"]
        .as_str()
        .expect("error.message")
        .to_owned();
    assert!(!message.is_empty(), "{text}");
    let request_id = reply.header("request-id").expect("every answer has a request id");
    assert_eq!(body["request_id"], request_id, "{text}");
    for inside in INTERNAL {
        assert!(!text.contains(inside), "tells `{inside}`: {text}");
    }
    (error_type, message)
}

/// A refusal that no repetition will change: clients must be told not to try again.
#[track_caller]
pub fn finally_refused(reply: &Reply, status: u16) -> (String, String) {
    let said = refused(reply, status);
    assert_eq!(
        reply.header("x-should-retry"),
        Some("false"),
        "{:?}",
        reply.headers
    );
    assert_eq!(reply.header("retry-after"), None, "{:?}", reply.headers);
    said
}

/// A refusal that passes: clients keep this promise, so it must be short.
#[track_caller]
pub fn refused_for_now(reply: &Reply, status: u16) -> (String, String) {
    let said = refused(reply, status);
    let wait: u64 = reply
        .header("retry-after")
        .unwrap_or_else(|| panic!("no retry-after: {:?} {}", reply.headers, said.1))
        .parse()
        .expect("seconds");
    assert!((1..=61).contains(&wait), "retry-after: {wait}");
    assert_ne!(
        reply.header("x-should-retry"),
        Some("false"),
        "{:?}",
        reply.headers
    );
    said
}
