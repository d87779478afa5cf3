//! How the relay says no: one type for every reason, in the client's own format, with what real clients do with it in
//! mind (a final refusal says so, a passing one names a short wait that clients keep).
//! Never in here: when to refuse.

use crate::limit_headers::{self, Standing};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;
use tollgate_contract::ids::RequestId;
use tollgate_wire::error::{ErrorKind, Fault};
use tollgate_wire::format::ClientFormat;
use tollgate_wire::translate::write_error;

/// The header in which Claude's clients look for a request's id.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
/// The one in which most others do.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Anthropic's and OpenAI's SDKs and Claude Code obey it.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
/// What they read in it where no repetition helps.
pub(crate) const NO_RETRY: (HeaderName, HeaderValue) = (SHOULD_RETRY, HeaderValue::from_static("false"));
/// Answers are data: no browser may take one for a page of ours.
const RELAY_CSP: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Longest wait that is promised in `retry-after`: Anthropic's SDKs sleep for whatever it says. A longer one is told in
/// the message alone, and the client is told not to try again by itself. A full window of a minute frees within 61 s.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(61);

/// Whether the client should try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// No repetition will change it.
    Never,
    /// After this time.
    After(Duration),
    /// As the client sees fit.
    Open,
}

impl Retry {
    /// After a wait where it is known and short enough; for good where it is too long to wait for; else open.
    pub(crate) fn within(wait: Option<Duration>) -> Self {
        match wait {
            Some(wait) if wait <= WAIT_MAX => Self::After(wait),
            Some(_) => Self::Never,
            None => Self::Open,
        }
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: ErrorKind,
    /// A stable word for logs, metrics and the usage event.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) retry: Retry,
    /// The request's field that is at fault.
    pub(crate) field: Option<String>,
    /// Methods that the path takes, where the method was wrong.
    pub(crate) allow: Option<&'static str>,
    /// What is left of the windows that were looked at.
    standing: Option<Box<Standing>>,
}

impl Refusal {
    /// One that no repetition will change.
    pub(crate) fn for_good(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
            retry: Retry::Never,
            field: None,
            allow: None,
            standing: None,
        }
    }

    /// One that passes.
    pub(crate) fn for_now(
        kind: ErrorKind,
        code: &'static str,
        message: impl Into<String>,
        retry: Retry,
    ) -> Self {
        Self {
            retry,
            ..Self::for_good(kind, code, message)
        }
    }

    /// The database can't be asked, or the node is stopping.
    pub(crate) fn unavailable(code: &'static str) -> Self {
        let message = "The gateway can't answer this request at the moment; try again in a few seconds.";
        let wait = Retry::After(Duration::from_secs(2));
        Self::for_now(ErrorKind::Unavailable, code, message, wait)
    }

    /// The same, with what is left of the windows.
    pub(crate) fn standing(self, standing: Standing) -> Self {
        Self {
            standing: Some(Box::new(standing)),
            ..self
        }
    }

    /// The status it is sent with.
    pub(crate) fn status(&self) -> u16 {
        self.kind.status()
    }

    /// The answer, in the client's format.
    pub(crate) fn respond(&self, format: ClientFormat, id: RequestId) -> HttpResponse {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = HttpResponse::build(status);
        answer.content_type("application/json");
        match self.retry {
            Retry::Never => {
                answer.insert_header(NO_RETRY);
            }
            Retry::After(wait) => {
                answer.insert_header((header::RETRY_AFTER, whole_seconds(wait)));
            }
            Retry::Open => {}
        }
        if let Some(methods) = self.allow {
            answer.insert_header((header::ALLOW, methods));
        }
        let fault = Fault {
            kind: self.kind,
            code: self.code,
            message: &self.message,
            field: self.field.as_deref(),
            request_id: &id.to_string(),
            retry_after: match self.retry {
                Retry::After(wait) => Some(wait),
                Retry::Never | Retry::Open => None,
            },
        };
        let mut answer = answer.body(write_error(format, &fault));
        if let Some(standing) = self.standing.as_deref() {
            limit_headers::put(answer.headers_mut(), format, *standing);
        }
        identify(answer.headers_mut(), id);
        answer
    }
}

/// Whole seconds, rounded up, at least one.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
        .max(1)
}

/// Puts the request's id into both headers, and beside it what every answer carries.
pub(crate) fn identify(headers: &mut HeaderMap, id: RequestId) {
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, value.clone());
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, RELAY_CSP);
}
