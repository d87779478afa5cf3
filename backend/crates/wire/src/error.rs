//! Every refusal: the one table from a kind of refusal to status and type.
//! Never in here: how a format words it (each format's module has its own writer), when to refuse, headers, and whether a client should try again (that is the relay's to say).

use std::time::Duration;

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

    /// The kind that Claude's `error.type` means.
    pub fn of_claude_type(word: &str) -> Option<Self> {
        match word {
            "api_error" => Some(Self::Internal),
            "timeout_error" => Some(Self::GatewayTimeout),
            "invalid_request_error" => Some(Self::InvalidRequest),
            _ => Self::ALL.into_iter().find(|kind| kind.claude_type() == word),
        }
    }

    /// A stable word for logs, metrics and usage events; unlike the type it tells every kind apart.
    pub const fn code(self) -> &'static str {
        self.row().2
    }
}

/// A refusal as it is written in a client's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    /// What kind.
    pub kind: ErrorKind,
    /// A stable word for programs, where the format has room for one: `model_unknown`, `wallet_empty` …
    pub code: &'a str,
    /// What is wrong and what would be right.
    pub message: &'a str,
    /// The request's field that is at fault, if it is one.
    pub field: Option<&'a str>,
    /// The request's id.
    pub request_id: &'a str,
    /// When to try again, where that is known (Gemini's format says so in its body).
    pub retry_after: Option<Duration>,
}

/// An error as an upstream worded it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpstreamError {
    /// What it means; `None` if its word is not known here.
    pub class: Option<ErrorKind>,
    /// The upstream's own word: Claude's and OpenAI's `error.type` (or `code`), Gemini's `error.status`; empty if none.
    pub kind: String,
    /// Its message, cut to 2,000 bytes.
    pub message: String,
    /// When it may be asked again, if the body says so.
    pub retry_after: Option<Duration>,
    /// Of a limit that was reached: what it is of.
    pub limit: LimitTold,
    /// What it says of the account behind the request, beyond its class.
    pub account: Option<AccountFault>,
}

/// What a limit is of that was reached, as far as the body tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitTold {
    /// In what stretch of time.
    pub span: Option<LimitSpan>,
    /// Whether it is of the model asked for alone.
    pub one_model: bool,
    /// When it may be used again, in seconds since 1970, UTC.
    pub resets_at: Option<i64>,
}

/// A stretch of time for which a vendor counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitSpan {
    /// A minute or less: it passes while one waits.
    Minute,
    /// A day.
    Day,
    /// What a subscription may use in hours or days.
    Plan,
}

/// What an error says of the account behind the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountFault {
    /// The vendor has switched it off.
    Disabled,
    /// What a person granted was revoked.
    Revoked,
    /// Its organisation does not let it be used in this way.
    NotAllowed,
    /// The vendor wants to see a person who confirms something.
    NeedsCheck,
    /// It has no such model; on a subscription, maybe because of its plan.
    NoSuchModel,
    /// It may not send requests as long as this one.
    NoLongContext,
}
