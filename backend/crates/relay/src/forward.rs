//! The fourth room: to the account's upstream, and to another account's where that fails before the client has a byte.
//! Never in here: what becomes of an answer that has begun (that is the pump's).

mod attempt;
mod failure;

pub(crate) use failure::Failure;

use crate::admit::Facts;
use crate::call::Call;
use crate::edge::Arrival;
use crate::memory::Held;
use crate::parts::Worker;
use crate::prepare::{Prepared, Wanted, prepare};
use crate::schedule;
use crate::settle::Running;
use crate::upstream::Begun;
use actix_web::http::header::HeaderMap as ClientHeaders;
use attempt::{Answered, attempt};
use bytes::Bytes;
use std::time::Duration;
use tollgate_contract::ids::AccountId;
use tollgate_scheduler::{Observed, Pool, Seat};
use tollgate_wire::facts::AnswerFacts;

/// Accounts that one request may try.
const TRIES_MAX: usize = 3;
/// No other account is tried once this much time has passed: clients give up, and an answer may be on its way already.
const FAIL_OVER_WITHIN: Duration = Duration::from_mins(1);

/// What is sent, and on whose behalf.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) worker: &'a Worker,
    pub(crate) arrival: &'a Arrival,
    pub(crate) call: &'a Call,
    pub(crate) headers: &'a ClientHeaders,
    pub(crate) betas: &'a [String],
    /// The conversation's own bytes.
    pub(crate) body: &'a Bytes,
    pub(crate) facts: &'a Facts,
    pub(crate) pool: &'a Pool,
    /// Accounts that can't be asked for this model: their upstream's prices are not known.
    pub(crate) barred: &'a [AccountId],
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A stream whose first events are here, of which the client has none yet; and how long it may pause.
    Stream(Seat, Box<Begun>, Duration),
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

/// Sends the request, on up to three accounts.
pub(crate) async fn forward(job: &Job<'_>, running: &mut Running, first: Seat, made: Prepared) -> Outcome {
    let (mut seat, mut made, mut sent) = (first, made, 0_usize);
    let mut tried = job.barred.to_vec();
    loop {
        tried.push(seat.account().id);
        running.try_on(&seat, &made.sent);
        let failure = match on_account(job, running, &seat, made).await {
            Ok(Answered::Stream(begun, idle)) => return Outcome::Stream(seat, begun, idle),
            Ok(Answered::Plain(plain)) => return Outcome::Plain(seat, plain),
            Ok(Answered::ClientFault(refusal)) => {
                seat.observe(Observed::Answered);
                return Outcome::ClientFault(refusal);
            }
            Err(failure) => failure,
        };
        metrics::counter!("tollgate_relay_failed_tries_total", "code" => failure.refusal.code).increment(1);
        if failure.report(&seat, &job.facts.asked.bare).is_none() {
            return Outcome::Failed(failure);
        }
        running.try_failed(failure.refusal.code, failure.http_status, failure.unknown_cost);
        let elapsed = job
            .worker
            .parts
            .clock()
            .monotonic()
            .saturating_duration_since(job.arrival.began);
        // An account that was never asked is no try.
        sent += usize::from(!failure.is_unsent);
        if sent >= TRIES_MAX || elapsed >= FAIL_OVER_WITHIN {
            return Outcome::Failed(failure);
        }
        let Some(next) = elsewhere(job, running, &mut tried).await else {
            return Outcome::Failed(failure);
        };
        (seat, made) = next;
    }
}

/// A seat on another account, and the request as that one's upstream wants it. An account whose format can't say the
/// request is passed over.
async fn elsewhere(job: &Job<'_>, running: &Running, tried: &mut Vec<AccountId>) -> Option<(Seat, Prepared)> {
    loop {
        let seat = schedule::seat(&job.worker.parts, job.pool, job.facts, None, tried)
            .await
            .ok()?;
        let wanted = Wanted {
            tenant: running.tenant_id(),
            parts: &job.worker.parts,
            arrival: job.arrival,
            call: job.call,
            facts: job.facts,
            pricing: running.pricing()?,
            body: job.body,
            betas: job.betas,
        };
        match prepare(wanted, seat.account()).await {
            Ok(made) => return Some((seat, made)),
            Err(_) => tried.push(seat.account().id),
        }
    }
}

/// One account's try. An upstream that refuses a token which should be good is asked once more with the next token: it may
/// have been revoked early, or renewed elsewhere.
async fn on_account(
    job: &Job<'_>,
    running: &mut Running,
    seat: &Seat,
    made: Prepared,
) -> Result<Answered, Failure> {
    let (renewer, account) = (&job.worker.parts.deps().renewer, seat.account());
    let proof = renewer
        .ready(account)
        .await
        .map_err(|fault| Failure::of_token(&fault))?;
    let again = proof.token_version.map(|version| (version, made.clone()));
    let failure = match attempt(job, running, seat, made, &proof).await {
        Err(failure) if matches!(failure.observed, Some(Observed::Unauthorized)) => failure,
        outcome => return outcome,
    };
    let Some((version, made)) = again else {
        return Err(failure);
    };
    // What was refused costs nothing, also if the client leaves now.
    running.unsent();
    metrics::counter!("tollgate_relay_failed_tries_total", "code" => failure.refusal.code).increment(1);
    match renewer.renew(account.owner, account.id, Some(version)).await {
        Ok(()) => {}
        Err(fault) if fault.is_refusal() => return Err(failure),
        Err(fault) => return Err(Failure::of_token(&fault)),
    }
    running.try_failed(failure.refusal.code, failure.http_status, failure.unknown_cost);
    running.try_on(seat, &made.sent);
    let proof = renewer
        .ready(account)
        .await
        .map_err(|fault| Failure::of_token(&fault))?;
    attempt(job, running, seat, made, &proof).await
}
