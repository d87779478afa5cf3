//! The relay: one request's way from a client's key to an upstream's answer and into the journal.
//!
//! [`edge`] reads what was sent → [`admit`] asks who, whether, and with which money → [`schedule`] chooses the account →
//! [`forward`] sends, and fails over before the first byte → [`pump`] passes a stream on → [`settle`] writes the end.
//! Never in here: sign-in sessions, pages, and how money is booked.

mod admit;
mod asked;
mod assist;
mod body;
mod call;
mod capture;
mod count;
mod edge;
mod end;
mod forward;
mod info;
mod keys;
mod limit_headers;
mod may;
mod memory;
mod models;
mod no_money;
mod objects;
mod parts;
mod platforms;
mod prepare;
mod prices;
mod pricing;
mod pump;
mod refusal;
mod routes;
mod schedule;
mod settle;
mod socket;
mod socket_mode;
mod turn;
mod upstream;
mod who;

pub use parts::{RelayDeps, RelayParts, RelaySettings};
pub use prices::{Prices, UnpricedModel};
pub use socket::ClientSocket;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use admit::{Admitted, admit, read_facts};
use body::PlainBody;
use bytes::Bytes;
use call::{Call, Operation};
use edge::{Arrival, presented_key, read_body};
use end::{CLIENT_CLOSED, End};
use forward::{Failure, Job, Outcome, Plain, VendorRefusal, forward};
use memory::Held;
use parts::Worker;
use prepare::{LARGE, Prepared, Wanted, faulty, outside, prepare};
use pump::Pump;
use refusal::{Refusal, identify};
use settle::Running;
use socket::gone;
use tollgate_contract::ids::AccountId;
use tollgate_ledger::{Quality, Status};
use tollgate_money::Meters;
use tollgate_scheduler::{Observed, Pool, Seat};
use tollgate_wire::facts::{RequestFacts, apply, naming_edit};
use tollgate_wire::format::ClientFormat;
use tollgate_wire::gemini::code_assist;
use tollgate_wire::translate::Wrapping;
use who::Caller;

/// What answers are, whatever an upstream calls them: its word must not make a page of an answer on our own origin.
const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";

/// Mounts the relay's routes. Call it in the factory that runs on each worker: upstream connections belong to the worker.
pub fn configure(cfg: &mut ServiceConfig, parts: &RelayParts) {
    routes::mount(cfg, &web::Data::new(Worker::new(parts)));
}

/// A call whose body comes over HTTP.
async fn serve(
    call: Call,
    request: HttpRequest,
    payload: Payload,
    worker: web::Data<Worker>,
) -> HttpResponse {
    let arrival = Arrival::of(&request, &worker.parts);
    match relay(&request, payload, &worker, &arrival, &call).await {
        Ok(answer) => answer,
        Err(refusal) => refused(&refusal, call.format, &arrival),
    }
}

fn refused(refusal: &Refusal, format: ClientFormat, arrival: &Arrival) -> HttpResponse {
    tracing::info!(request.id = %arrival.id, http.status = refusal.status(), code = refusal.code, "refused");
    metrics::counter!("tollgate_relay_refusals_total", "code" => refusal.code).increment(1);
    refusal.respond(format, arrival.id)
}

/// The whole way. A refusal from here was never sent upstream, and is booked nowhere.
async fn relay(
    request: &HttpRequest,
    payload: Payload,
    worker: &Worker,
    arrival: &Arrival,
    call: &Call,
) -> Result<HttpResponse, Refusal> {
    let parts = &worker.parts;
    let secret = presented_key(request)?;
    let key = parts.keys().find(&secret, &arrival.address).await?;
    key.check(arrival.at, arrival.from)?;
    let (body, held) = read_body(request, payload, parts, key.tenant_id).await?;
    let key = parts.keys().again(key, &secret, &arrival.address).await?;
    key.check(parts.clock().now(), arrival.from)?;
    let caller = Caller { key, secret };
    relay_body(worker, arrival, request.headers(), caller, call, (body, held)).await
}

/// From a body that was read on.
async fn relay_body(
    worker: &Worker,
    arrival: &Arrival,
    headers: &HeaderMap,
    caller: Caller,
    call: &Call,
    (body, held): (Bytes, Held),
) -> Result<HttpResponse, Refusal> {
    let parts = &worker.parts;
    may::send(&caller.key.rules, headers)?;
    let Read { call, body, wire } = read(call, body).await?;
    let Admitted {
        admission,
        facts,
        pool,
        standing,
    } = admit(parts, arrival, caller, &call, wire, &body).await?;
    let kept = capture::begin(
        parts,
        admission.key.capture.as_ref(),
        facts.tenant,
        arrival.id,
        &body,
    );
    let barred = admission.pricing.unpriced.clone();
    let betas = betas(headers);
    let wanted = Wanted {
        parts,
        arrival,
        call: &call,
        facts: &facts,
        pricing: &admission.pricing,
        body: &body,
        tenant: admission.key.tenant_id,
        betas: &betas,
    };
    let first = tokio::select! {
        biased;
        first = first_seat(wanted, &pool, admission.sticky, &barred) => first,
        // Whoever leaves gives its place in the line to the next, and nobody reads an answer.
        () = gone(arrival.socket.as_ref()) => return Ok(HttpResponse::NoContent().finish()),
    };
    let (seat, made) = first.map_err(|refusal| refusal.standing(standing))?;
    let mut running = Running::open(parts, arrival, admission, &facts, seat.account(), &made.sent).await?;
    let job = Job {
        worker,
        arrival,
        call: &call,
        headers,
        betas: &betas,
        body: &body,
        facts: &facts,
        pool: &pool,
        barred: &barred,
    };
    let outcome = tokio::select! {
        biased;
        outcome = forward(&job, &mut running, seat, made) => Some(outcome),
        () = gone(arrival.socket.as_ref()) => None,
    };
    drop((body, held));
    let mut answer = answer(outcome, running, arrival, parts, &call).await;
    limit_headers::put(answer.headers_mut(), call.format, standing);
    Ok(match kept {
        Some(kept) => answer.map_body(|_, body| capture::copied(kept, body)),
        None => answer,
    })
}

/// A seat on the first account whose format can say the request, and the request in it. That none can is told as the first
/// one's refusal.
async fn first_seat(
    wanted: Wanted<'_>,
    pool: &Pool,
    sticky: Option<AccountId>,
    barred: &[AccountId],
) -> Result<(Seat, Prepared), Refusal> {
    let mut passed_over = barred.to_vec();
    let mut first: Option<Refusal> = None;
    loop {
        let seat = match schedule::seat(wanted.parts, pool, wanted.facts, sticky, &passed_over).await {
            Ok(seat) => seat,
            Err(none) => return Err(first.unwrap_or(none)),
        };
        match prepare(wanted, seat.account()).await {
            Ok(made) => return Ok((seat, made)),
            Err(refusal) => {
                passed_over.push(seat.account().id);
                first.get_or_insert(refusal);
            }
        }
    }
}

/// A body that was read: of an envelope what is in it, and what the envelope says.
struct Read {
    call: Call,
    body: Bytes,
    wire: RequestFacts,
}

async fn read(call: &Call, body: Bytes) -> Result<Read, Refusal> {
    let mut call = call.clone();
    if call.wrapping == Wrapping::CodeAssist {
        let envelope = if body.len() < LARGE {
            code_assist::read_envelope(&body)
        } else {
            let body = body.clone();
            outside(move || code_assist::read_envelope(&body)).await?
        };
        let envelope = envelope.map_err(|fault| faulty(&fault))?;
        call.model = Some(envelope.model);
        let body = body.slice(envelope.request);
        let mut wire = read_facts(&call, &body).await?;
        wire.session = wire.session.or(envelope.session);
        return Ok(Read { call, body, wire });
    }
    // A path that names the model (Azure's) needs none in the body; what is sent on has it all the same.
    let named = match (call.format, call.model.as_deref()) {
        (ClientFormat::Gemini, _) | (_, None) => None,
        (_, Some(model)) => naming_edit(&body, model),
    };
    let body = named.map_or_else(|| body.clone(), |edit| apply(&body, &[edit]));
    let wire = read_facts(&call, &body).await?;
    Ok(Read { call, body, wire })
}

/// The betas that the client's headers ask for.
fn betas(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all("anthropic-beta");
    let words = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    words
        .map(|word| word.trim().to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// What the client gets, booked before its last byte leaves.
async fn answer(
    outcome: Option<Outcome>,
    mut running: Running,
    arrival: &Arrival,
    parts: &RelayParts,
    call: &Call,
) -> HttpResponse {
    let mut answer = match outcome {
        Some(Outcome::Stream(seat, begun, idle)) => {
            let held = parts.bodies().hold(running.tenant_id());
            let pump = Pump::new(*begun, running, seat, arrival.socket.clone(), idle, held);
            HttpResponse::Ok()
                .content_type(if call.wrapping == Wrapping::Array {
                    JSON
                } else {
                    EVENT_STREAM
                })
                .streaming(pump.into_stream())
        }
        Some(Outcome::Plain(seat, plain)) => plain_answer(call, &seat, plain, &mut running).await,
        Some(Outcome::ClientFault(VendorRefusal { status, body })) => {
            running
                .finish(End::without_usage(
                    Status::ClientError,
                    status,
                    "upstream_refused",
                ))
                .await;
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            // The same again would be refused again.
            HttpResponse::build(status)
                .content_type(JSON)
                .insert_header(refusal::NO_RETRY)
                .body(body)
        }
        Some(Outcome::Failed(failure)) => {
            running.finish(failed(&failure, running.so_far())).await;
            failure.refusal.respond(call.format, arrival.id)
        }
        None => {
            let mut end = End::without_usage(Status::Cut, CLIENT_CLOSED, "client_left");
            end.usage = running.so_far();
            running.finish(end).await;
            // Nobody reads it.
            HttpResponse::NoContent().finish()
        }
    };
    identify(answer.headers_mut(), arrival.id);
    answer
}

fn failed(failure: &Failure, so_far: Meters) -> End {
    let status = if failure.timed_out {
        Status::Timeout
    } else {
        Status::UpstreamError
    };
    let mut end = End::without_usage(status, failure.refusal.status(), failure.refusal.code);
    if failure.unknown_cost {
        end.quality = Quality::Estimated;
    }
    if failure.is_ours() {
        end.usage = so_far;
    }
    end
}

async fn plain_answer(call: &Call, seat: &Seat, plain: Plain, running: &mut Running) -> HttpResponse {
    seat.observe(Observed::Answered);
    let (quality, usage) = match plain.facts.usage {
        // Searches and the like are billed beside the tokens: what they cost is not in these figures.
        Some(usage) if plain.facts.billed_beside_tokens => (Quality::Estimated, pump::meters(usage)),
        Some(usage) => (Quality::Exact, pump::meters(usage)),
        // The vendor tells no figures: input and output from their bytes, see the wire's `estimated_tokens`.
        None => {
            let output = match call.operation {
                Operation::Embed | Operation::GeminiEmbed { .. } => 0,
                _ => plain.facts.estimated_output().min(running.max_output()),
            };
            (
                Quality::Estimated,
                Meters {
                    input: running.estimated_input(),
                    output,
                    ..Meters::default()
                },
            )
        }
    };
    running
        .finish(End {
            status: Status::Ok,
            http_status: 200,
            quality,
            usage,
            error_code: "",
        })
        .await;
    HttpResponse::Ok()
        .content_type(JSON)
        .body(PlainBody::new(plain.body, plain.held))
}
