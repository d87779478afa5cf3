//! One try on one account: the request sent, the answer's head judged, its beginning (or all of a plain one) read.
//! Never in here: other accounts.

use super::{Failure, Job, Plain, VendorRefusal};
use crate::platforms::{self, Heard, Outgoing, Verdict, judge};
use crate::prepare::{LARGE, Prepared, Reading, outside};
use crate::settle::Running;
use crate::upstream::{self, Begun, ReadFault};
use bytes::Bytes;
use http::header::{self, HeaderMap};
use hyper::body::Incoming;
use std::time::Duration;
use tollgate_scheduler::{Ready, Seat, UpstreamAccount};
use tollgate_wire::error::{ErrorKind, Fault, UpstreamError};
use tollgate_wire::fault::AnswerFault;
use tollgate_wire::objects;
use tollgate_wire::openai_responses::{self, Collected};
use tollgate_wire::translate::{Packing, read_error, write_error};

/// An error's body is read so far; vendors' have some hundred bytes.
const ERROR_BODY_MAX: usize = 256 * 1024;
/// Largest plain answer; 128,000 tokens of text have half a megabyte, the rest is room for pictures and documents.
const PLAIN_BODY_MAX: usize = 64 * 1024 * 1024;
/// What streams are: server-sent events, and Bedrock's frames.
const STREAMS: [&str; 2] = ["text/event-stream", "application/vnd.amazon.eventstream"];
/// In which Bedrock tells the kind of an error.
const AWS_ERROR_TYPE: &str = "x-amzn-errortype";

/// What came of a try that did not fail.
pub(super) enum Answered {
    Stream(Box<Begun>, Duration),
    Plain(Plain),
    ClientFault(VendorRefusal),
}

/// Sends the request to one account.
pub(super) async fn attempt(
    job: &Job<'_>,
    running: &mut Running,
    seat: &Seat,
    made: Prepared,
    proof: &Ready,
) -> Result<Answered, Failure> {
    let (parts, account) = (&job.worker.parts, seat.account());
    let outgoing = Outgoing {
        account,
        proof,
        is_shared: account.owner != running.tenant_id(),
        client: job.headers,
        query: if made.passes { &job.arrival.query } else { "" },
        operation: job.call.operation,
        dialect: made.dialect,
        passes: made.passes,
        model: &made.sent,
        stream: made.stream,
        body: made.body.clone(),
        now: parts.clock().now(),
    };
    let request = platforms::request(outgoing).map_err(|error| {
        tracing::error!(%error, account.id = %account.id, "an account can't be sent to as it is set up");
        Failure::unusable("upstream_misconfigured", None)
    })?;
    let limit = account
        .first_byte_timeout
        .unwrap_or(parts.settings().first_byte_timeout);
    running.sent();
    let sending = job.worker.upstream.send(request, account.proxy.as_deref(), limit);
    let answer = sending.await.map_err(|error| {
        tracing::info!(%error, account.id = %account.id, request.id = %running.request_id(), "an upstream gave no answer");
        Failure::of_send(&error)
    })?;
    let (head, incoming) = answer.into_parts();
    let status = head.status.as_u16();
    let windows = platforms::windows(account, &head.headers, parts.clock().now());
    if !windows.is_empty() {
        seat.windows(&windows);
    }
    let asked = Attempt {
        job,
        account,
        made: &made,
        status,
        headers: &head.headers,
    };
    match asked.verdict(None) {
        Verdict::Good => {}
        _ => return asked.refused(incoming).await,
    }
    if !is_plain_encoding(&head.headers) || is_stream(&head.headers) != made.stream {
        return Err(Failure::unusable("upstream_unusable", Some(status)));
    }
    running.answered(status);
    let answered = if job.facts.stream {
        asked.begin_stream(incoming).await?
    } else {
        asked.read_plain(running, incoming).await?
    };
    if made.is_kept
        && let Some(key) = running.key()
        && let Some(id) = answered.id()
    {
        parts.objects().made(key, account.id, id);
    }
    Ok(answered)
}

impl Answered {
    /// The id by which a later request can name the answer.
    fn id(&self) -> Option<String> {
        match self {
            Self::Stream(begun, _) => objects::stream_id(&begun.first.forward),
            Self::Plain(plain) => objects::answer_id(&plain.body),
            Self::ClientFault(_) => None,
        }
    }
}

/// A try whose answer has begun.
struct Attempt<'a> {
    job: &'a Job<'a>,
    account: &'a UpstreamAccount,
    made: &'a Prepared,
    status: u16,
    headers: &'a HeaderMap,
}

impl Attempt<'_> {
    fn idle(&self) -> Duration {
        let usual = self.job.worker.parts.settings().idle_timeout;
        self.account.idle_timeout.unwrap_or(usual)
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.job.worker.parts.clock().now()
    }

    /// What the answer's head means, with the vendor's own error where there is one.
    fn verdict(&self, said: Option<&UpstreamError>) -> Verdict {
        judge(Heard {
            status: self.status,
            said,
            headers: self.headers,
            platform: self.account.platform,
            model: &self.made.sent,
            now: self.now(),
        })
    }

    /// The vendor says no: to the request, or to its account.
    async fn refused(&self, incoming: Incoming) -> Result<Answered, Failure> {
        let body = upstream::read_to_end(incoming, ERROR_BODY_MAX, self.idle(), &mut |_| true)
            .await
            .unwrap_or_default();
        let said = if is_plain_encoding(self.headers) {
            let kind = self
                .headers
                .get(AWS_ERROR_TYPE)
                .and_then(|value| value.to_str().ok());
            read_error(self.made.dialect, self.made.packing, &body, kind)
        } else {
            None
        };
        match self.verdict(said.as_ref()) {
            Verdict::TryElsewhere(blame) => Err(Failure::of_verdict(blame, Some(self.status), self.now())),
            Verdict::ClientFault | Verdict::Good => Ok(Answered::ClientFault(self.as_told(said, &body))),
        }
    }

    /// The vendor's refusal as the client gets it: its own words, in the client's format.
    fn as_told(&self, said: Option<UpstreamError>, body: &[u8]) -> VendorRefusal {
        let same = self.made.passes && matches!(self.made.packing, Packing::Bare | Packing::CodeAssist);
        match said {
            Some(said) if !same => self.in_client_format(&said, self.status),
            _ => VendorRefusal {
                status: self.status,
                body: body.to_vec(),
            },
        }
    }

    fn in_client_format(&self, said: &UpstreamError, status: u16) -> VendorRefusal {
        let class = said.class.filter(|class| (400..500).contains(&class.status()));
        let kind = class.unwrap_or(match status {
            404 => ErrorKind::NotFound,
            413 => ErrorKind::RequestTooLarge,
            _ => ErrorKind::InvalidRequest,
        });
        let fault = Fault {
            kind,
            code: "upstream_refused",
            message: &said.message,
            field: None,
            request_id: &self.job.arrival.id.to_string(),
            retry_after: None,
        };
        VendorRefusal {
            status: kind.status(),
            body: write_error(self.job.call.format, &fault),
        }
    }

    /// Waits for the first event, so that a stream that fails at once can still be tried elsewhere.
    async fn begin_stream(&self, incoming: Incoming) -> Result<Answered, Failure> {
        let Reading::Answer(exchange) = &self.made.reading else {
            return Err(Failure::unusable("upstream_unusable", Some(self.status)));
        };
        let usual = self.job.worker.parts.settings().first_byte_timeout;
        let limit = self.account.first_byte_timeout.unwrap_or(usual);
        let begun = upstream::begin(incoming, exchange, limit).await;
        let begun = begun.map_err(|fault| Failure::of_read(&fault, Some(self.status)))?;
        // An error before anything was said is an error in place of an answer.
        let silent = !begun.scan.has_usage() && begun.scan.estimated_output() == 0;
        let Some(error) = begun.scan.error().filter(|_| silent) else {
            return Ok(Answered::Stream(Box::new(begun), self.idle()));
        };
        self.judged(error)
    }

    /// What an error means that came in place of an answer.
    #[expect(
        clippy::result_large_err,
        reason = "an attempt fails once, and its failure is moved once"
    )]
    fn judged(&self, error: &UpstreamError) -> Result<Answered, Failure> {
        match self.verdict(Some(error)) {
            Verdict::ClientFault => Ok(Answered::ClientFault(self.in_client_format(error, 0))),
            Verdict::TryElsewhere(blame) => Err(Failure::of_verdict(blame, Some(self.status), self.now())),
            Verdict::Good => Err(Failure::unusable("upstream_failed", Some(self.status))),
        }
    }

    fn is_collected(&self) -> bool {
        self.made.is_collected(self.job.facts.stream)
    }

    /// The plain answer that a stream comes to, or the error that it ends with.
    async fn collected(&self, stream: Bytes) -> Result<Result<Bytes, UpstreamError>, Failure> {
        let found = if stream.len() < LARGE {
            openai_responses::collect(&stream)
        } else {
            let found = outside(move || openai_responses::collect(&stream)).await;
            found.map_err(|_| Failure::unusable("internal", Some(self.status)))?
        };
        match found {
            None => Err(Failure::of_read(&ReadFault::Short, Some(self.status))),
            Some(Collected::Answer(body)) => Ok(Ok(body.into())),
            Some(Collected::Error(body)) => {
                let said = read_error(self.made.dialect, self.made.packing, &body, None);
                Ok(Err(said.unwrap_or_default()))
            }
        }
    }

    async fn read_plain(&self, running: &mut Running, incoming: Incoming) -> Result<Answered, Failure> {
        let (parts, is_collected) = (&self.job.worker.parts, self.is_collected());
        let (mut held, mut length) = (parts.bodies().hold(running.tenant_id()), 0_usize);
        let mut reserve = |bytes: usize| {
            length = length.saturating_add(bytes);
            // A stream that is collected has many times its text's bytes.
            if !is_collected {
                running.received(length);
            }
            held.grow(bytes)
        };
        let read = upstream::read_to_end(incoming, PLAIN_BODY_MAX, self.idle(), &mut reserve).await;
        let body = read.map_err(|fault| Failure::of_read(&fault, Some(self.status)))?;
        let body = if self.is_collected() {
            match self.collected(body).await? {
                Ok(body) => body,
                Err(said) => return self.judged(&said),
            }
        } else {
            body
        };
        let made = if body.len() < LARGE {
            self.made.reading.plain(&body)
        } else {
            let reading = self.made.reading.clone();
            outside(move || reading.plain(&body))
                .await
                .map_err(|_| Failure::unusable("internal", Some(self.status)))?
        };
        let (body, facts) = made.map_err(|fault| {
            tracing::info!(%fault, "an upstream's answer can't be used");
            match fault {
                AnswerFault::TooDeep => Failure::provoked(self.status),
                _ => Failure::unusable("upstream_unusable", Some(self.status)),
            }
        })?;
        Ok(Answered::Plain(Plain { body, facts, held }))
    }
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
    let kind = kind.split(';').next().unwrap_or_default().trim();
    STREAMS.iter().any(|stream| kind.eq_ignore_ascii_case(stream))
}
