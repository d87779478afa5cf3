//! Counting tokens ahead: `count_tokens` in Claude's format, `countTokens` in Gemini's. Vendors do it for nothing, so
//! nothing is booked; it counts as a request in the key's windows. Where the model's platform has no such call, or can't
//! answer it now, the count is estimated by the wire's named method, and the answer says so.
//! Never in here: money.

use crate::admit::Facts;
use crate::asked::Asked;
use crate::call::{CLAUDE, Call, GEMINI, Operation};
use crate::edge::{Arrival, presented_key, read_body};
use crate::limit_headers::{self, Standing};
use crate::may;
use crate::parts::Worker;
use crate::platforms::{self, Outgoing};
use crate::refusal::{Refusal, identify};
use crate::socket::gone;
use crate::turn;
use crate::who::Caller;
use crate::{Read, betas, read, schedule, upstream};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use std::sync::Arc;
use tollgate_limits::Booking;
use tollgate_scheduler::UpstreamAccount;
use tollgate_wire::bedrock;
use tollgate_wire::facts::{Edit, apply};
use tollgate_wire::format::ClientFormat;
use tollgate_wire::gemini;
use tollgate_wire::translate::{Packing, Wrapping};
use tollgate_wire::usage::estimated_tokens;

/// Says by which method a count was estimated; absent where the vendor counted.
const ESTIMATED: HeaderName = HeaderName::from_static("x-tollgate-estimated");
const METHOD: HeaderValue = HeaderValue::from_static("bytes/3");
/// A count's answer has some hundred bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// `POST v1/messages/count_tokens`.
pub(crate) async fn of_claude(request: HttpRequest, payload: Payload, worker: Data<Worker>) -> HttpResponse {
    let call = Call::new(ClientFormat::Claude, Operation::Count, CLAUDE);
    answer(&call, &request, payload, &worker).await
}

/// `POST models/{model}:countTokens`.
pub(crate) async fn of_gemini(
    model: &str,
    request: HttpRequest,
    payload: Payload,
    worker: Data<Worker>,
) -> HttpResponse {
    let call = Call::new(ClientFormat::Gemini, Operation::Count, GEMINI).of_model(model);
    answer(&call, &request, payload, &worker).await
}

/// `POST v1internal:countTokens`. Code Assist has its own shape of it, with the same contents within; the count is the
/// other one's.
pub(crate) async fn of_code_assist(
    request: HttpRequest,
    payload: Payload,
    worker: Data<Worker>,
) -> HttpResponse {
    let call = Call {
        wrapping: Wrapping::CodeAssist,
        ..Call::new(ClientFormat::Gemini, Operation::Count, GEMINI)
    };
    answer(&call, &request, payload, &worker).await
}

async fn answer(call: &Call, request: &HttpRequest, payload: Payload, worker: &Worker) -> HttpResponse {
    let arrival = Arrival::of(request, &worker.parts);
    match counted(call, request, payload, worker, &arrival).await {
        Ok(Counted {
            body,
            estimated,
            standing,
        }) => {
            let mut answer = HttpResponse::Ok().content_type("application/json").body(body);
            identify(answer.headers_mut(), arrival.id);
            limit_headers::put(answer.headers_mut(), call.format, standing);
            if estimated {
                answer.headers_mut().insert(ESTIMATED, METHOD);
            }
            answer
        }
        Err(refusal) => refusal.respond(call.format, arrival.id),
    }
}

struct Counted {
    body: Bytes,
    estimated: bool,
    standing: Standing,
}

async fn counted(
    call: &Call,
    request: &HttpRequest,
    payload: Payload,
    worker: &Worker,
    arrival: &Arrival,
) -> Result<Counted, Refusal> {
    let parts = &worker.parts;
    let secret = presented_key(request)?;
    let key = parts.keys().find(&secret, &arrival.address).await?;
    key.check(arrival.at, arrival.from)?;
    may::send(&key.rules, request.headers())?;
    let (body, _held) = read_body(request, payload, parts, key.tenant_id).await?;
    let Read { call, body, wire } = read(call, body).await?;
    let call = &call;
    let pool = parts
        .deps()
        .scheduler
        .pool(key.tenant_id)
        .await
        .map_err(|error| {
            tracing::warn!(%error, "accounts can't be loaded");
            Refusal::unavailable("database_unavailable")
        })?;
    let model = call.model.as_deref().unwrap_or(&wire.model);
    let asked = may::ask(&key.rules, Asked::read(call, model, &pool), &pool)?;
    let caller = Caller { key, secret };
    let caller = parts.keys().with_life(caller, arrival.from).await?;
    let key = &caller.key;
    // A count is a request like any other in the key's windows, and costs nothing.
    let passed = turn::pass(parts, arrival, &caller, &asked.bare, None).await?;
    let facts = Facts {
        tenant: key.tenant_id,
        bindings: key.bindings.clone(),
        pin: parts.objects().pin(key, call.format, &body).await?,
        asked,
        stream: false,
        output_bound: 0,
        wire,
    };
    // An account that is not free to answer is none to be waited for: an estimate serves as well.
    let seat = schedule::seat_at_once(parts, &pool, &facts);
    // Nor does a count take a seat from requests that are paid for.
    let account = seat.map(|seat| Arc::clone(seat.account()));
    let told = match &account {
        Ok(account) => tokio::select! {
            biased;
            told = ask(call, request, worker, arrival, &facts, &body, account) => told,
            () = gone(arrival.socket.as_ref()) => None,
        },
        // That there is no account at all, or none that has the model, the client must hear.
        Err(refusal) if refusal.retry == crate::refusal::Retry::Never => return Err(refusal.clone()),
        Err(_) => None,
    };
    let standing = passed.standing;
    passed.admitted.slot.finish(Booking::default());
    Ok(told.map_or_else(
        || Counted {
            body: estimate(call.format, facts.wire.input_bound),
            estimated: true,
            standing,
        },
        |body| Counted {
            body,
            estimated: false,
            standing,
        },
    ))
}

/// What the vendor counts; `None` where it has no such call or gives no good answer.
async fn ask(
    call: &Call,
    request: &HttpRequest,
    worker: &Worker,
    arrival: &Arrival,
    facts: &Facts,
    body: &Bytes,
    account: &UpstreamAccount,
) -> Option<Bytes> {
    let parts = &worker.parts;
    let market = parts.deps().prices.market();
    let sent = platforms::sent_model(account, &facts.asked.bare, &market.book, arrival.at);
    let (dialect, packing) = platforms::dialect(account, call.format, &sent, false);
    if call.format.same() != Some(dialect) {
        return None;
    }
    let edits: Vec<Edit> = facts
        .wire
        .model_span
        .iter()
        .map(|span| Edit::model(span.clone(), &sent))
        .collect();
    let proof = parts.deps().renewer.ready(account).await.ok()?;
    let outgoing = Outgoing {
        account,
        proof: &proof,
        // Counts are asked of Claude and Gemini alone, which tie no requests together.
        is_shared: false,
        client: request.headers(),
        query: &arrival.query,
        operation: Operation::Count,
        dialect,
        passes: true,
        model: &sent,
        stream: false,
        body: match packing {
            Packing::CodeAssist => in_envelope(call, body, &sent),
            Packing::Invoke => bedrock::count_request(body, &sent, &betas(request.headers()))
                .ok()?
                .into(),
            _ => apply(body, &edits),
        },
        now: parts.clock().now(),
    };
    let request = platforms::request(outgoing).ok()?;
    let settings = parts.settings();
    let answer = worker
        .upstream
        .send(request, account.proxy.as_deref(), settings.first_byte_timeout)
        .await
        .ok()?;
    if !answer.status().is_success() {
        return None;
    }
    let incoming = answer.into_body();
    let body = upstream::read_to_end(incoming, ANSWER_MAX, settings.idle_timeout, &mut |_| true)
        .await
        .ok()?;
    if packing == Packing::Invoke {
        return Some(claude_count(bedrock::read_count(&body).ok()?));
    }
    // Only what is a count passes.
    serde_json::from_slice::<serde_json::Value>(&body)
        .ok()?
        .is_object()
        .then_some(body)
}

/// A count as Code Assist takes it: the contents with the model beside them, within `request`.
fn in_envelope(call: &Call, body: &Bytes, sent: &str) -> Bytes {
    let mut wrapped = b"{\"request\":".to_vec();
    if call.wrapping == Wrapping::CodeAssist {
        // It came out of one, model and all.
        wrapped.extend_from_slice(body);
    } else {
        wrapped.extend_from_slice(b"{\"model\":");
        wrapped.extend_from_slice(&Edit::model(0..0, &format!("models/{sent}")).text);
        wrapped.push(b',');
        wrapped.extend_from_slice(body.trim_ascii().strip_prefix(b"{").unwrap_or_default());
    }
    wrapped.push(b'}');
    wrapped.into()
}

/// An estimate in the client's format: the text's bytes by the wire's method.
fn estimate(format: ClientFormat, text_bytes: u64) -> Bytes {
    let tokens = estimated_tokens(text_bytes).max(1);
    match format {
        ClientFormat::Gemini => gemini::write_count(tokens).into(),
        _ => claude_count(tokens),
    }
}

fn claude_count(tokens: u64) -> Bytes {
    format!("{{\"input_tokens\":{tokens}}}").into()
}
