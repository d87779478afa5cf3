//! The fifth room: upstream events to the client as they come, usage scanned on the way. It is polled by the client's
//! connection, so a slow reader slows the upstream. A stream that breaks off ends with the format's error event, never
//! neatly; the last bytes leave once the journal has the final figures.
//! Never in here: which account, prices, and the scan itself.

use crate::admit::tier;
use crate::end::End;
use crate::memory::Held;
use crate::platforms::{Heard, Verdict, judge};
use crate::settle::Running;
use crate::socket::{ClientSocket, gone};
use crate::upstream::{Begun, Body, ReadFault};
use bytes::Bytes;
use futures_util::stream::{Stream, unfold};
use http::HeaderMap;
use std::time::Duration;
use tollgate_ledger::{Quality, Status};
use tollgate_money::{Meters, Others};
use tollgate_scheduler::{Observed, Seat};
use tollgate_wire::error::Fault;
use tollgate_wire::scan::Pushed;
use tollgate_wire::translate::AnswerStream;
use tollgate_wire::usage::Usage;

/// How long the end of the upstream's framing may take after the answer's last event.
const FRAMING_LIMIT: Duration = Duration::from_millis(50);

/// The client left: nothing more is sent.
#[derive(Debug, thiserror::Error)]
#[error("the client left")]
pub(crate) struct ClientLeft;

/// A stream on its way.
#[derive(Debug)]
pub(crate) struct Pump {
    body: Body,
    scan: AnswerStream,
    first: Option<Pushed>,
    running: Running,
    seat: Seat,
    socket: Option<ClientSocket>,
    idle: Duration,
    /// Room for an event that is not whole yet.
    held: Held,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// More may come.
    Open,
    /// The answer is whole; the upstream's framing may still end.
    Complete,
    /// Nothing more is read or sent.
    Over,
}

impl Pump {
    pub(crate) fn new(
        begun: Begun,
        running: Running,
        seat: Seat,
        socket: Option<ClientSocket>,
        idle: Duration,
        held: Held,
    ) -> Self {
        Self {
            body: begun.body,
            scan: begun.scan,
            first: Some(begun.first),
            running,
            seat,
            socket,
            idle,
            held,
            state: State::Open,
        }
    }

    /// The client's body.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Bytes, ClientLeft>> + 'static {
        unfold(self, |mut pump| async move {
            let item = pump.next().await?;
            Some((item, pump))
        })
    }

    async fn next(&mut self) -> Option<Result<Bytes, ClientLeft>> {
        if let Some(first) = self.first.take() {
            return Some(Ok(self.pass(first).await));
        }
        match self.state {
            State::Open => {}
            State::Complete => {
                self.body.finish(FRAMING_LIMIT).await;
                return None;
            }
            State::Over => return None,
        }
        loop {
            let read = tokio::select! {
                biased;
                read = self.body.read() => read,
                () = gone(self.socket.as_ref()) => return Some(Err(self.left().await)),
                () = tokio::time::sleep(self.idle) => return Some(Ok(self.broke(&ReadFault::Timeout(self.idle)).await)),
            };
            let chunk = match read {
                Ok(Some(chunk)) => chunk,
                Ok(None) => {
                    // Some formats have no last event: their end is the body's.
                    return Some(Ok(match self.scan.close() {
                        Some(rest) => self.pass(rest).await,
                        None => self.broke(&ReadFault::Short).await,
                    }));
                }
                Err(error) => return Some(Ok(self.broke(&error.into()).await)),
            };
            let pushed = self.scan.push(chunk);
            if !self.held.resize(self.scan.pending()) {
                return Some(Ok(self.broke(&ReadFault::NoRoom).await));
            }
            match pushed {
                Ok(pushed) if pushed.forward.is_empty() && !pushed.last => {}
                Ok(pushed) => return Some(Ok(self.pass(pushed).await)),
                Err(fault) => return Some(Ok(self.broke(&fault.into()).await)),
            }
        }
    }

    /// Whole events go on; with the last of them the request is booked first.
    async fn pass(&mut self, pushed: Pushed) -> Bytes {
        if let Some(error) = self.scan.error() {
            // The vendor's own error passes on; whatever might follow it belongs to no answer.
            let verdict = judge(Heard {
                status: 200,
                said: Some(error),
                headers: &HeaderMap::new(),
                platform: self.seat.account().platform,
                model: "",
                now: self.running.now(),
            });
            let (observed, code) = match verdict {
                Verdict::TryElsewhere(blame) => (blame.observed, blame.code),
                Verdict::Good | Verdict::ClientFault => (Observed::Answered, "upstream_error_event"),
            };
            self.seat.observe(observed);
            self.end(Status::UpstreamError, Quality::Estimated, self.so_far(), code)
                .await;
            // In some formats it is the last event as well.
            self.state = if pushed.last { State::Complete } else { State::Over };
        } else if pushed.last {
            let exact = self.scan.is_exact() && !self.scan.billed_beside_tokens();
            let quality = if exact { Quality::Exact } else { Quality::Estimated };
            let usage = if exact {
                meters(self.scan.usage())
            } else {
                self.so_far()
            };
            self.seat.observe(Observed::Answered);
            self.end(Status::Ok, quality, usage, "").await;
            self.state = State::Complete;
        } else {
            self.running.note(self.so_far());
        }
        pushed.forward
    }

    /// The upstream broke off, fell silent, or sends what can't be used.
    async fn broke(&mut self, fault: &ReadFault) -> Bytes {
        tracing::info!(%fault, request.id = %self.running.request_id(), "a stream broke off");
        let status = match fault {
            ReadFault::Timeout(_) => Status::Timeout,
            _ => Status::UpstreamError,
        };
        // Our own shortage says nothing of the account, nor does an event that a client made the model write.
        if !matches!(fault, ReadFault::NoRoom | ReadFault::Unusable(_)) {
            self.seat.observe(Observed::Failed { reason: fault.code() });
        }
        self.end(status, Quality::Estimated, self.so_far(), fault.code())
            .await;
        self.state = State::Over;
        self.scan.error_event(&Fault {
            kind: fault.kind(),
            code: fault.code(),
            message: fault.message(),
            field: None,
            request_id: &self.running.request_id().to_string(),
            retry_after: None,
        })
    }

    async fn left(&mut self) -> ClientLeft {
        self.end(Status::Cut, Quality::Estimated, self.so_far(), "client_left")
            .await;
        self.state = State::Over;
        ClientLeft
    }

    async fn end(&mut self, status: Status, quality: Quality, usage: Meters, error_code: &'static str) {
        let end = End {
            status,
            http_status: 200,
            quality,
            usage,
            error_code,
        };
        self.running.finish(end).await;
    }

    /// What was produced as far as can be told: the vendor's figures, and an estimate of the output that never goes
    /// beyond what the client allowed. Where the vendor has not told the input yet, its bytes are counted.
    fn so_far(&self) -> Meters {
        let told = self.scan.usage();
        let output = self
            .scan
            .estimated_output()
            .min(self.running.max_output().max(told.output));
        let input = if self.scan.has_usage() {
            told.input
        } else {
            self.running.estimated_input()
        };
        meters(Usage {
            input,
            output,
            ..told
        })
    }
}

/// The wire's figures as the ledger's.
pub(crate) fn meters(usage: Usage) -> Meters {
    Meters {
        input: usage.input,
        output: usage.output,
        cache_write_5m: usage.cache_write_5m,
        cache_write_1h: usage.cache_write_1h,
        cache_read: usage.cache_read,
        other: Others {
            audio_input: usage.other.audio_input,
            audio_cached: usage.other.audio_cached,
            image_input: usage.other.image_input,
            audio_output: usage.other.audio_output,
            image_output: usage.other.image_output,
            reasoning: usage.reasoning,
            web_search: usage.other.web_search,
            file_search: usage.other.file_search,
            code_execution: usage.other.code_execution,
            image: usage.other.images,
        },
        tier: tier(usage.tier),
    }
}
