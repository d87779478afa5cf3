//! One question of ours to a vendor and its answer, whole, within bounds, by the account's own way and no other. Never in
//! here: what is asked, and what an answer means.

use actix_web::http::header::RETRY_AFTER;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full, Limited};
use std::time::Duration;
use tollgate_http::{Code, Fault};
use tollgate_net::{Proxy, UpstreamClient};
use tollgate_oauth::{ApiFault, IssueFault};

/// How long a vendor may take for an answer; a person waits at a page.
const PATIENCE: Duration = Duration::from_secs(20);
/// Answers of token endpoints and profiles have some kilobytes.
const ANSWER_MAX: usize = 256 * 1024;

/// The way to a vendor.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) upstream: &'a UpstreamClient,
    /// The proxy; nothing goes past it.
    pub(super) via: Option<&'a Proxy>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Why nothing came back.
#[derive(Debug)]
pub(super) struct Unreached {
    /// As of connectivity tests: `dns`, `proxy_refused`, `timeout` …
    pub(super) code: &'static str,
    /// For a person; without addresses' secrets.
    pub(super) message: String,
}

impl Line<'_> {
    pub(super) async fn ask(&self, request: Request<Bytes>) -> Result<Answer, Unreached> {
        let asked = async {
            let sent = self
                .upstream
                .send(request.map(Full::new), self.via, PATIENCE)
                .await;
            let answer = sent.map_err(|error| Unreached {
                code: error.code(),
                message: error.to_string(),
            })?;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            let body = Limited::new(answer.into_body(), ANSWER_MAX).collect().await;
            let body = body.map_err(|error| Unreached {
                code: "bad_answer",
                message: format!("the answer broke off or has no end: {error}"),
            })?;
            Ok(Answer {
                status,
                headers,
                body: body.to_bytes(),
            })
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Unreached {
                code: "timeout",
                message: format!("no whole answer came within {} s", PATIENCE.as_secs()),
            }),
        }
    }
}

impl Answer {
    /// How far the vendor's clock is ahead of ours, by the answer's `date` (RFC 9110, section 6.6.1).
    pub(super) fn clock_ahead_s(&self, now: DateTime<Utc>) -> Option<i64> {
        let text = self.headers.get(http::header::DATE)?.to_str().ok()?;
        let theirs = DateTime::parse_from_rfc2822(text).ok()?;
        Some((theirs.with_timezone(&Utc) - now).num_seconds())
    }
}

impl From<Unreached> for Fault {
    fn from(unreached: Unreached) -> Self {
        let Unreached { code, message } = unreached;
        let field = if code.starts_with("proxy_") {
            "proxy_id"
        } else {
            "vendor"
        };
        Self::new(Code::VendorUnreachable)
            .detail(format!("Nothing was stored. {message}."))
            .field(field, code, message)
    }
}

/// Why a token endpoint gave nothing, as a refusal of ours.
pub(super) fn not_issued(fault: &IssueFault) -> Fault {
    let code = match fault {
        IssueFault::Revoked { .. } => Code::GrantRevoked,
        IssueFault::CodeRefused { .. } => Code::CodeRefused,
        IssueFault::Misconfigured { .. } => Code::VendorRefused,
        IssueFault::TryLater { .. } => Code::VendorBusy,
        IssueFault::NotJson | IssueFault::Incomplete { .. } => Code::VendorAnswer,
    };
    let told = Fault::new(code).detail(format!("Nothing was stored: {fault}."));
    match fault {
        IssueFault::TryLater {
            retry_after: Some(wait),
            ..
        } => told.header(RETRY_AFTER, &wait.as_secs().to_string()),
        IssueFault::CodeRefused { .. } => told.field(
            "code",
            "code_refused",
            "was refused by the vendor; begin a new way",
        ),
        _ => told,
    }
}

/// Why another of a vendor's interfaces told nothing, as a refusal of ours.
pub(super) fn not_told(fault: &ApiFault) -> Fault {
    let code = match fault {
        ApiFault::Unauthorized { .. } | ApiFault::Forbidden { .. } | ApiFault::Refused { .. } => {
            Code::VendorRefused
        }
        ApiFault::TryLater { .. } => Code::VendorBusy,
        ApiFault::NotJson | ApiFault::Incomplete { .. } => Code::VendorAnswer,
    };
    Fault::new(code).detail(format!("Nothing was stored: {fault}."))
}
