//! The relay: one request's way from a client's key to an upstream's answer and into the journal.
//!
//! [`edge`] reads what was sent → [`admit`] asks who, whether, and with which money → [`schedule`] chooses the account →
//! [`forward`] sends, and fails over before the first byte → [`pump`] passes a stream on → [`settle`] writes the end.
//! Never in here: sign-in sessions, pages, and how money is booked.

mod admit;
mod body;
mod edge;
mod end;
mod forward;
mod info;
mod keys;
mod memory;
mod parts;
mod platforms;
mod prices;
mod pricing;
mod pump;
mod refusal;
mod schedule;
mod settle;
mod socket;
mod upstream;

pub use parts::{RelayDeps, RelayParts, RelaySettings};
pub use prices::Prices;
pub use socket::ClientSocket;

use actix_web::http::StatusCode;
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource};
use admit::{Admitted, admit};
use body::PlainBody;
use edge::{Arrival, presented_key, read_body};
use end::{CLIENT_CLOSED, End};
use forward::{Failure, Job, Outcome, Plain, VendorRefusal, forward};
use parts::Worker;
use pump::Pump;
use refusal::{Refusal, identify};
use settle::Running;
use socket::gone;
use tollgate_contract::ids::RequestId;
use tollgate_ledger::{Quality, Status};
use tollgate_money::Meters;
use tollgate_scheduler::{Observed, Seat};
use tollgate_wire::error::ErrorKind;

/// Where the routes of Claude's format are mounted: v1's two mounts.
const MOUNTS: [&str; 2] = ["/api/v1", "/claude/v1"];

/// What answers are, whatever an upstream calls them: its word must not make a page of an answer on our own origin.
const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";

/// Mounts the relay's routes. Call it in the factory that runs on each worker: upstream connections belong to the worker.
pub fn configure(cfg: &mut ServiceConfig, parts: &RelayParts) {
    let worker = web::Data::new(Worker::new(parts));
    for mount in MOUNTS {
        let scope = web::scope(mount)
            .app_data(worker.clone())
            .service(resource("/messages").route(web::post().to(messages)))
            .service(resource("/models").route(web::get().to(info::models)))
            .service(resource("/key-info").route(web::get().to(info::key_info)))
            .service(resource("/usage").route(web::get().to(info::usage)))
            .default_service(web::to(unknown_path));
        cfg.service(scope);
    }
}

fn resource(path: &str) -> Resource {
    web::resource(path.to_owned()).default_service(web::to(wrong_method))
}

async fn unknown_path(request: HttpRequest, worker: web::Data<Worker>) -> HttpResponse {
    let message = format!("There is no path {} here.", request.path());
    Refusal::for_good(ErrorKind::NotFound, "unknown_path", message)
        .respond(RequestId(worker.parts.clock().new_id()))
}

async fn wrong_method(request: HttpRequest, worker: web::Data<Worker>) -> HttpResponse {
    let allow = if request.path().ends_with("/messages") {
        "POST"
    } else {
        "GET"
    };
    let message = format!(
        "The path {} takes {allow}, not {}.",
        request.path(),
        request.method()
    );
    let mut refusal = Refusal::for_good(ErrorKind::MethodNotAllowed, "wrong_method", message);
    refusal.allow = Some(allow);
    refusal.respond(RequestId(worker.parts.clock().new_id()))
}

/// `POST v1/messages`.
async fn messages(request: HttpRequest, payload: Payload, worker: web::Data<Worker>) -> HttpResponse {
    let arrival = Arrival::of(&request, &worker.parts);
    match relay(&request, payload, &worker, &arrival).await {
        Ok(answer) => answer,
        Err(refusal) => {
            tracing::info!(request.id = %arrival.id, http.status = refusal.status(), code = refusal.code, "refused");
            metrics::counter!("tollgate_relay_refusals_total", "code" => refusal.code).increment(1);
            refusal.respond(arrival.id)
        }
    }
}

/// The whole way. A refusal from here was never sent upstream, and is booked nowhere.
async fn relay(
    request: &HttpRequest,
    payload: Payload,
    worker: &Worker,
    arrival: &Arrival,
) -> Result<HttpResponse, Refusal> {
    let parts = &worker.parts;
    let secret = presented_key(request)?;
    let key = parts.keys().find(&secret, &arrival.address).await?;
    key.check(arrival.at)?;
    let (body, held) = read_body(request, payload, parts, key.tenant_id).await?;
    let key = parts.keys().again(key, &secret, &arrival.address).await?;
    key.check(parts.clock().now())?;
    let Admitted {
        admission,
        facts,
        pool,
    } = admit(parts, arrival, key, &body).await?;
    let seat = schedule::seat(parts, &pool, &facts.model, admission.sticky, &[])?;
    let mut running = Running::open(parts, arrival, admission, &facts, seat.account()).await?;
    let job = Job {
        worker,
        headers: request.headers(),
        query: &arrival.query,
        body: &body,
        facts: &facts,
        pool: &pool,
        began: arrival.began,
    };
    let outcome = tokio::select! {
        biased;
        outcome = forward(&job, &mut running, seat) => Some(outcome),
        () = gone(arrival.socket.as_ref()) => None,
    };
    drop((body, held));
    Ok(answer(outcome, running, arrival, parts).await)
}

/// What the client gets, booked before its last byte leaves.
async fn answer(
    outcome: Option<Outcome>,
    mut running: Running,
    arrival: &Arrival,
    parts: &RelayParts,
) -> HttpResponse {
    let mut answer = match outcome {
        Some(Outcome::Stream(seat, begun)) => {
            let (idle, held) = (
                parts.settings().idle_timeout,
                parts.bodies().hold(running.tenant_id()),
            );
            let pump = Pump::new(*begun, running, seat, arrival.socket.clone(), idle, held);
            HttpResponse::Ok()
                .content_type(EVENT_STREAM)
                .streaming(pump.into_stream())
        }
        Some(Outcome::Plain(seat, plain)) => plain_answer(&seat, plain, &mut running).await,
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
            failure.refusal.respond(arrival.id)
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

async fn plain_answer(seat: &Seat, plain: Plain, running: &mut Running) -> HttpResponse {
    seat.observe(Observed::Answered);
    let (quality, usage) = match plain.facts.usage {
        // Searches and the like are billed beside the tokens: what they cost is not in these figures.
        Some(usage) if plain.facts.billed_beside_tokens() => (Quality::Estimated, pump::meters(usage)),
        Some(usage) => (Quality::Exact, pump::meters(usage)),
        // The vendor tells no figures: input and output from their bytes, see the wire's `estimated_tokens`.
        None => {
            let output = plain.facts.estimated_output().min(running.max_output());
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
