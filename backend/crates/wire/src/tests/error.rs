//! The table of refusals.

use crate::claude::read_error;
use crate::error::{ErrorKind, claude_error, claude_error_event};
use crate::sse::Events;
use serde_json::{Value, json};
use std::collections::HashSet;

/// Anthropic's documented types; a client may know no other.
const TYPES: [&str; 9] = [
    "invalid_request_error",
    "authentication_error",
    "billing_error",
    "permission_error",
    "not_found_error",
    "request_too_large",
    "rate_limit_error",
    "api_error",
    "overloaded_error",
];

#[test]
fn every_kind_has_a_status_a_known_type_and_a_code_of_its_own() {
    let mut codes = HashSet::new();
    for kind in ErrorKind::ALL {
        assert!((400..600).contains(&kind.status()), "{kind:?}");
        let known = TYPES.contains(&kind.claude_type()) || kind.claude_type() == "timeout_error";
        assert!(known, "{kind:?}");
        assert!(codes.insert(kind.code()), "{kind:?} shares its code");
        // Clients change their request and repeat it at once on a 400.
        assert_eq!(kind.status() == 400, kind == ErrorKind::InvalidRequest);
    }
    let statuses: HashSet<u16> = ErrorKind::ALL.iter().map(|kind| kind.status()).collect();
    assert_eq!(statuses.len(), ErrorKind::ALL.len());
    assert_eq!(ErrorKind::Overloaded.status(), 529);
}

#[test]
fn a_refusal_is_one_line_of_claudes_error_format() {
    let message = "a \"quoted\" \\ line\nand\tanother\r\u{7f}\u{1}\u{2028} ü 𝄞";
    for kind in ErrorKind::ALL {
        let body = claude_error(kind, message, "req_1");
        let value: Value = serde_json::from_slice(&body).expect("JSON");
        let expected = json!({
            "type": "error",
            "error": {"type": kind.claude_type(), "message": message},
            "request_id": "req_1",
        });
        assert_eq!(value, expected);
        assert!(!body.contains(&b'\n') && !body.contains(&b'\r'));
        let read = read_error(&body).expect("our own format");
        assert_eq!(
            (read.kind.as_str(), read.message.as_str()),
            (kind.claude_type(), message)
        );
    }
}

#[test]
fn an_error_event_is_one_whole_event() {
    let event = claude_error_event(ErrorKind::Overloaded, "first\n\nsecond", "req_1");
    let events: Vec<_> = Events::new(&event, false).collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].name, b"error");
    assert_eq!(events[0].end, event.len());
    let body = claude_error(ErrorKind::Overloaded, "first\n\nsecond", "req_1");
    assert_eq!(events[0].data().as_ref(), body);
}
