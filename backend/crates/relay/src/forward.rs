//! The fourth room: to the account's upstream, and to another account's where that fails before the client has a byte.
//! Never in here: what becomes of an answer that has begun (that is the pump's).

use crate::memory::Held;
use crate::parts::Worker;
use crate::platforms::claude_console::{self, Verdict};
use crate::refusal::{Refusal, Retry};
use crate::schedule;
use crate::settle::Running;
use crate::upstream::{self, Begun, ReadFault};
use actix_web::http::header::HeaderMap as ClientHeaders;
use bytes::Bytes;
use http::header::{self, HeaderMap};
use hyper::body::Incoming;
use std::time::Duration;
use tollgate_net::SendError;
use tollgate_scheduler::{Observed, Pool, Seat};
use tollgate_wire::claude::{
    AnswerFacts, RequestFacts, UpstreamError, read_answer, read_error, splice_model,
};
use tollgate_wire::error::{ErrorKind, claude_error};

/// Accounts that one request may try.
const TRIES_MAX: usize = 3;
/// No other account is tried once this much time has passed: clients give up, and an answer may be on its way already.
const FAIL_OVER_WITHIN: Duration = Duration::from_mins(1);
/// An error's body is read so far; vendors' have some hundred bytes.
const ERROR_BODY_MAX: usize = 256 * 1024;
/// Largest plain answer; 128,000 tokens of text have half a megabyte, the rest is room for pictures and documents.
const PLAIN_BODY_MAX: usize = 64 * 1024 * 1024;

/// What is sent, and on whose behalf.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) worker: &'a Worker,
    pub(crate) headers: &'a ClientHeaders,
    pub(crate) query: &'a str,
    pub(crate) body: &'a Bytes,
    pub(crate) facts: &'a RequestFacts,
    pub(crate) pool: &'a Pool,
    pub(crate) began: std::time::Instant,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A stream whose first events are here; the client has none of them yet.
    Stream(Seat, Box<Begun>),
    /// A whole plain answer.
    Plain(Seat, Plain),
    /// The vendor refuses the request itself.
    ClientFault(VendorRefusal),
    /// Nobody answered it.
    Failed(Failure),
}

/// A plain answer as it came.
#[derive(Debug)]
pub(crate) struct Plain {
    pub(crate) body: Bytes,
    pub(crate) facts: AnswerFacts,
    pub(crate) held: Held,
}

/// The vendor's refusal as it passes to the client.
#[derive(Debug)]
pub(crate) struct VendorRefusal {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// A try that failed before the client had a byte.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) refusal: Refusal,
    pub(crate) timed_out: bool,
    /// The upstream may have done work that it did not tell us about.
    pub(crate) unknown_cost: bool,
    /// What it says of the account; `None` where it is our own shortage: then no other account is asked either, and what
    /// was produced is booked.
    observed: Option<Observed>,
    http_status: Option<u16>,
}

impl Failure {
    /// Whether the failure is ours, after the upstream had answered.
    pub(crate) fn is_ours(&self) -> bool {
        self.observed.is_none()
    }
}

/// Sends the request, on up to three accounts.
pub(crate) async fn forward(job: &Job<'_>, running: &mut Running, first: Seat) -> Outcome {
    let (mut seat, mut tried) = (first, Vec::with_capacity(TRIES_MAX));
    loop {
        tried.push(seat.account().id);
        running.try_on(seat.account(), seat.explanation());
        let failure = match attempt(job, running, &seat).await {
            Ok(Answered::Stream(begun)) => return Outcome::Stream(seat, begun),
            Ok(Answered::Plain(plain)) => return Outcome::Plain(seat, plain),
            Ok(Answered::ClientFault(refusal)) => {
                seat.observe(Observed::Answered);
                return Outcome::ClientFault(refusal);
            }
            Err(failure) => failure,
        };
        metrics::counter!("tollgate_relay_failed_tries_total", "code" => failure.refusal.code).increment(1);
        let Some(observed) = failure.observed else {
            return Outcome::Failed(failure);
        };
        seat.observe(observed);
        running.try_failed(failure.refusal.code, failure.http_status, failure.unknown_cost);
        let elapsed = job
            .worker
            .parts
            .clock()
            .monotonic()
            .saturating_duration_since(job.began);
        if tried.len() >= TRIES_MAX || elapsed >= FAIL_OVER_WITHIN {
            return Outcome::Failed(failure);
        }
        match schedule::seat(&job.worker.parts, job.pool, &job.facts.model, None, &tried) {
            Ok(next) => seat = next,
            Err(_) => return Outcome::Failed(failure),
        }
    }
}

enum Answered {
    Stream(Box<Begun>),
    Plain(Plain),
    ClientFault(VendorRefusal),
}

async fn attempt(job: &Job<'_>, running: &mut Running, seat: &Seat) -> Result<Answered, Failure> {
    let account = seat.account();
    let sent = account.sent_model(&job.facts.model);
    let body = if sent == job.facts.model {
        job.body.clone()
    } else {
        splice_model(job.body, &job.facts.model_span, sent)
    };
    let request = claude_console::request(account, job.headers, job.query, body).map_err(|error| {
        tracing::error!(%error, account.id = %account.id, "an account's base URL or credential can't be sent");
        Failure::unusable("upstream_misconfigured", None)
    })?;
    let limit = job.worker.parts.settings().first_byte_timeout;
    let answer = job.worker.upstream.send(request, limit).await.map_err(|error| {
        tracing::info!(%error, account.id = %account.id, request.id = %running.request_id(), "an upstream gave no answer");
        Failure::of_send(&error)
    })?;
    let (head, incoming) = answer.into_parts();
    let status = head.status.as_u16();
    let now = job.worker.parts.clock().now();
    match claude_console::judge(status, None, &head.headers, now) {
        Verdict::Good => {}
        _ => return refused(job, status, &head.headers, incoming).await,
    }
    if !is_plain_encoding(&head.headers) || is_stream(&head.headers) != job.facts.stream {
        return Err(Failure::unusable("upstream_unusable", Some(status)));
    }
    running.answered(status);
    if job.facts.stream {
        begin_stream(job, status, &head.headers, incoming).await
    } else {
        read_plain(job, running, status, incoming).await
    }
}

/// The vendor says no: to the request, or to its account.
async fn refused(
    job: &Job<'_>,
    status: u16,
    headers: &HeaderMap,
    incoming: Incoming,
) -> Result<Answered, Failure> {
    let idle = job.worker.parts.settings().idle_timeout;
    let body = upstream::read_to_end(incoming, ERROR_BODY_MAX, idle, &mut |_| true)
        .await
        .unwrap_or_default();
    let said = if is_plain_encoding(headers) {
        read_error(&body)
    } else {
        None
    };
    let now = job.worker.parts.clock().now();
    match claude_console::judge(status, said.as_ref(), headers, now) {
        Verdict::TryElsewhere(observed, code) => Err(Failure::of_verdict(observed, code, Some(status), now)),
        Verdict::ClientFault | Verdict::Good => Ok(Answered::ClientFault(VendorRefusal {
            status,
            body: body.to_vec(),
        })),
    }
}

/// Waits for the first event, so that a stream that fails at once can still be tried elsewhere.
async fn begin_stream(
    job: &Job<'_>,
    status: u16,
    headers: &HeaderMap,
    incoming: Incoming,
) -> Result<Answered, Failure> {
    let begun = upstream::begin(incoming, job.worker.parts.settings().first_byte_timeout).await;
    let begun = begun.map_err(|fault| Failure::of_read(&fault, Some(status)))?;
    // An error as the first event is an error in place of an answer.
    let Some(error) = begun.scan.error().filter(|_| !begun.scan.has_usage()) else {
        return Ok(Answered::Stream(Box::new(begun)));
    };
    let now = job.worker.parts.clock().now();
    match claude_console::judge(status, Some(error), headers, now) {
        Verdict::ClientFault => Ok(Answered::ClientFault(in_place_of_answer(error))),
        Verdict::TryElsewhere(observed, code) => Err(Failure::of_verdict(observed, code, Some(status), now)),
        Verdict::Good => Err(Failure::unusable("upstream_failed", Some(status))),
    }
}

fn in_place_of_answer(error: &UpstreamError) -> VendorRefusal {
    let kind = match error.kind.as_str() {
        "not_found_error" => ErrorKind::NotFound,
        "request_too_large" => ErrorKind::RequestTooLarge,
        _ => ErrorKind::InvalidRequest,
    };
    VendorRefusal {
        status: kind.status(),
        body: claude_error(kind, &error.message, ""),
    }
}

async fn read_plain(
    job: &Job<'_>,
    running: &mut Running,
    status: u16,
    incoming: Incoming,
) -> Result<Answered, Failure> {
    let idle = job.worker.parts.settings().idle_timeout;
    let (mut held, mut length) = (job.worker.parts.bodies().hold(running.tenant_id()), 0_usize);
    let mut reserve = |bytes: usize| {
        length = length.saturating_add(bytes);
        running.received(length);
        held.grow(bytes)
    };
    let read = upstream::read_to_end(incoming, PLAIN_BODY_MAX, idle, &mut reserve).await;
    let body = read.map_err(|fault| Failure::of_read(&fault, Some(status)))?;
    let facts = read_answer(&body).map_err(|fault| {
        tracing::info!(%fault, "an upstream's answer can't be used");
        Failure::unusable("upstream_unusable", Some(status))
    })?;
    Ok(Answered::Plain(Plain { body, facts, held }))
}

fn is_plain_encoding(headers: &HeaderMap) -> bool {
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .map(header::HeaderValue::as_bytes)
        .unwrap_or_default();
    encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity")
}

fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    kind.split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
}

impl Failure {
    fn unusable(code: &'static str, http_status: Option<u16>) -> Self {
        let message = "The upstream's answer could not be used.";
        Self {
            refusal: Refusal::for_now(ErrorKind::BadGateway, code, message, Retry::Open),
            timed_out: false,
            unknown_cost: true,
            observed: Some(Observed::Failed {
                reason: "unusable answer",
            }),
            http_status,
        }
    }

    fn of_send(error: &SendError) -> Self {
        let timed_out = matches!(error, SendError::HeaderTimeout(_) | SendError::ConnectTimeout(_));
        let (kind, message) = if timed_out {
            (ErrorKind::GatewayTimeout, "The upstream did not answer in time.")
        } else {
            (
                ErrorKind::BadGateway,
                "The upstream could not be reached, or closed the connection before it answered.",
            )
        };
        Self {
            refusal: Refusal::for_now(kind, error.code(), message, Retry::Open),
            timed_out,
            unknown_cost: error.may_have_been_sent(),
            observed: Some(Observed::Failed { reason: error.code() }),
            http_status: None,
        }
    }

    fn of_read(fault: &ReadFault, http_status: Option<u16>) -> Self {
        tracing::info!(%fault, "an upstream's answer ended early");
        let (kind, code) = (fault.kind(), fault.code());
        let ours = matches!(fault, ReadFault::NoRoom);
        let retry = if ours {
            Retry::After(Duration::from_secs(1))
        } else {
            Retry::Open
        };
        Self {
            refusal: Refusal::for_now(kind, code, fault.message(), retry),
            timed_out: matches!(fault, ReadFault::Timeout(_)),
            unknown_cost: true,
            observed: (!ours).then_some(Observed::Failed { reason: code }),
            http_status,
        }
    }

    fn of_verdict(
        observed: Observed,
        code: &'static str,
        http_status: Option<u16>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Self {
        let wait = |until: Option<chrono::DateTime<chrono::Utc>>| {
            until.and_then(|until| (until - now).to_std().ok())
        };
        let (kind, message, retry) = match observed {
            Observed::RateLimited { until } => (
                ErrorKind::RateLimit,
                "The upstream's rate limit is reached.",
                Retry::within(wait(until)),
            ),
            Observed::Overloaded { until } => (
                ErrorKind::Overloaded,
                "The upstream is overloaded.",
                Retry::within(wait(until)),
            ),
            Observed::Unauthorized => (
                ErrorKind::BadGateway,
                "The upstream refuses its account's credential; an administrator of the organisation must renew it.",
                Retry::Never,
            ),
            Observed::QuotaExhausted { .. } => (
                ErrorKind::Unavailable,
                "The upstream account's quota is used up; an administrator of the organisation must look at it.",
                Retry::Never,
            ),
            Observed::NotPermitted if code == "upstream_forbidden" => (
                ErrorKind::BadGateway,
                "The upstream does not permit its account this request; an administrator must look at it.",
                Retry::Never,
            ),
            Observed::Failed { .. } | Observed::NotPermitted | Observed::Answered => {
                (ErrorKind::BadGateway, "The upstream failed.", Retry::Open)
            }
        };
        Self {
            refusal: Refusal::for_now(kind, code, message, retry),
            timed_out: false,
            unknown_cost: false,
            observed: Some(observed),
            http_status,
        }
    }
}
