//! Every refusal in the client's format: the one table from a kind of refusal to status and type, and the writers.
//! Never in here: when to refuse, headers, and whether a client should try again (that is the relay's to say).

use crate::json::write_text;

/// The status of `overloaded_error`, which HTTP has no name for.
const OVERLOADED: u16 = 529;

/// A kind of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The body has a fault. Never used for anything else: clients change their request and send it again at once.
    InvalidRequest,
    /// No key, or one that nobody knows.
    Authentication,
    /// No money left.
    Billing,
    /// The key may not do this.
    Permission,
    /// No such path, model or object.
    NotFound,
    /// The path is there, the method is not.
    MethodNotAllowed,
    /// The request came too slowly.
    RequestTimeout,
    /// The body is over the limit.
    RequestTooLarge,
    /// A limit of the key or tenant, or every account's.
    RateLimit,
    /// A fault of ours.
    Internal,
    /// The upstream answered something that can't be used.
    BadGateway,
    /// Nobody can answer just now.
    Unavailable,
    /// The upstream did not answer in time.
    GatewayTimeout,
    /// The upstream is overloaded.
    Overloaded,
}

impl ErrorKind {
    /// Each there is.
    pub const ALL: [Self; 14] = [
        Self::InvalidRequest,
        Self::Authentication,
        Self::Billing,
        Self::Permission,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::RequestTooLarge,
        Self::RateLimit,
        Self::Internal,
        Self::BadGateway,
        Self::Unavailable,
        Self::GatewayTimeout,
        Self::Overloaded,
    ];

    /// Status, Claude's `error.type` and our code of each kind. Claude's types: "Errors" in Anthropic's API reference.
    /// It has none for a wrong method, which is a fault of the request, and none for 502 and 503, which are the API's.
    const fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => (400, "invalid_request_error", "invalid_request"),
            Self::Authentication => (401, "authentication_error", "authentication"),
            Self::Billing => (402, "billing_error", "billing"),
            Self::Permission => (403, "permission_error", "permission"),
            Self::NotFound => (404, "not_found_error", "not_found"),
            Self::MethodNotAllowed => (405, "invalid_request_error", "method_not_allowed"),
            Self::RequestTimeout => (408, "timeout_error", "request_timeout"),
            Self::RequestTooLarge => (413, "request_too_large", "request_too_large"),
            Self::RateLimit => (429, "rate_limit_error", "rate_limit"),
            Self::Internal => (500, "api_error", "internal"),
            Self::BadGateway => (502, "api_error", "bad_gateway"),
            Self::Unavailable => (503, "api_error", "unavailable"),
            Self::GatewayTimeout => (504, "timeout_error", "gateway_timeout"),
            Self::Overloaded => (OVERLOADED, "overloaded_error", "overloaded"),
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        self.row().0
    }

    /// `error.type` in Claude's format.
    pub const fn claude_type(self) -> &'static str {
        self.row().1
    }

    /// A stable word for logs, metrics and usage events; unlike the type it tells every kind apart.
    pub const fn code(self) -> &'static str {
        self.row().2
    }
}

/// The body of a refusal in Claude's format: `{"type":"error","error":{"type","message"},"request_id"}`, one line.
pub fn claude_error(kind: ErrorKind, message: &str, request_id: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(128 + message.len() + request_id.len());
    write_claude(&mut body, kind, message, request_id);
    body
}

/// The same as the last event of a stream that already began.
pub fn claude_error_event(kind: ErrorKind, message: &str, request_id: &str) -> Vec<u8> {
    let mut event = Vec::with_capacity(160 + message.len() + request_id.len());
    event.extend_from_slice(b"event: error\ndata: ");
    write_claude(&mut event, kind, message, request_id);
    event.extend_from_slice(b"\n\n");
    event
}

fn write_claude(into: &mut Vec<u8>, kind: ErrorKind, message: &str, request_id: &str) {
    into.extend_from_slice(b"{\"type\":\"error\",\"error\":{\"type\":");
    write_text(into, kind.claude_type());
    into.extend_from_slice(b",\"message\":");
    write_text(into, message);
    into.extend_from_slice(b"},\"request_id\":");
    write_text(into, request_id);
    into.push(b'}');
}
