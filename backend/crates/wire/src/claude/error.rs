//! Refusals as Claude's format words them (Anthropic's API reference, "Errors").

use crate::error::Fault;
use crate::json::write_text;

/// A request's field by which a vendor would keep the conversation.
const THREAD: &str = "thread";
/// By this Anthropic's SDKs know that they must send the whole conversation instead, and do (`lib/threads` of the Python
/// SDK, 2.13).
const THREAD_DETAILS: &[u8] =
    br#","details":{"error_code":"thread_unsupported_request","unsupported":["thread"]}"#;

/// The body of a refusal: `{"type":"error","error":{"type","message"},"request_id"}`, one line.
pub fn write_error(fault: &Fault<'_>) -> Vec<u8> {
    let mut body = Vec::with_capacity(128 + fault.message.len());
    write_body(&mut body, fault);
    body
}

/// The same as the last event of a stream that already began.
pub(super) fn write_error_event(into: &mut Vec<u8>, fault: &Fault<'_>) {
    into.extend_from_slice(b"event: error\ndata: ");
    write_body(into, fault);
    into.extend_from_slice(b"\n\n");
}

fn write_body(into: &mut Vec<u8>, fault: &Fault<'_>) {
    into.extend_from_slice(b"{\"type\":\"error\",\"error\":{\"type\":");
    write_text(into, fault.kind.claude_type());
    into.extend_from_slice(b",\"message\":");
    write_text(into, fault.message);
    if fault.field == Some(THREAD) {
        into.extend_from_slice(THREAD_DETAILS);
    }
    into.extend_from_slice(b"},\"request_id\":");
    write_text(into, fault.request_id);
    into.push(b'}');
}
