//! Refusals as Claude's format words them (Anthropic's API reference, "Errors").

use crate::error::Fault;
use crate::json::write_text;

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
    into.extend_from_slice(b"},\"request_id\":");
    write_text(into, fault.request_id);
    into.push(b'}');
}
