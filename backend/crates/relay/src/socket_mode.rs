//! OpenAI's Responses over a WebSocket: each `response.create` of the client is relayed as the streamed request it stands
//! for, and each event of the answer is a message of its own. One answer at a time; messages that come meanwhile wait.
//! Never in here: what a message looks like (that is the wire's), and anything that the same request over HTTP would not do.

use crate::call::{Call, OPENAI, Operation};
use crate::edge::{Arrival, presented_key, reserve, within};
use crate::memory::Held;
use crate::parts::Worker;
use crate::prepare::{LARGE, faulty, outside};
use crate::refusal::Refusal;
use crate::routes::unknown_path;
use crate::who::{Caller, who};
use crate::{refused, relay_body};
use actix_web::body::MessageBody;
use actix_web::http::header;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::time::Duration;
use tollgate_contract::ids::TenantId;
use tollgate_wire::error::{ErrorKind, Fault};
use tollgate_wire::format::ClientFormat;
use tollgate_wire::openai_responses::websocket::{self, Create};
use tollgate_wire::sse::{EventSplitter, Events};

/// A connection on which nothing is asked for this long is closed; OpenAI's own ends after an hour whatever happens.
const IDLE_MAX: Duration = Duration::from_mins(15);
/// Messages that may wait while an answer runs; more are not read.
const WAITING_MAX: usize = 1;
/// Largest message; what is larger goes over HTTP. A message that is not whole yet counts nowhere else.
const MESSAGE_MAX: usize = 16 * 1024 * 1024;
/// What an open connection takes of its organisation's share of bodies in flight, so that their number has a bound.
const CONNECTION_ROOM: usize = 256 * 1024;
/// Of a refusal, which is written by us.
const REFUSAL_MAX: usize = 256 * 1024;

/// `GET v1/responses`.
pub(crate) async fn open(request: HttpRequest, payload: Payload, worker: Data<Worker>) -> HttpResponse {
    let upgrades = request.headers().get(header::UPGRADE);
    if !upgrades.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        return unknown_path(ClientFormat::Responses, &request, &worker);
    }
    let asker = match who(&request, &worker.parts).await {
        Ok(asker) => asker,
        Err(refused) => return refused,
    };
    let mut held = worker.parts.bodies().hold(asker.key.tenant_id);
    if let Err(refusal) = reserve(&mut held, CONNECTION_ROOM) {
        return asker.refuse(&refusal);
    }
    match actix_ws::handle(&request, payload) {
        Ok((answer, session, messages)) => {
            let largest = worker.parts.settings().body_max.min(MESSAGE_MAX);
            let messages = messages
                .max_frame_size(largest)
                .aggregate_continuations()
                .max_continuation_size(largest);
            let talk = Talk {
                request,
                worker,
                session,
                messages,
                waiting: VecDeque::new(),
                tenant: asker.key.tenant_id,
                _held: held,
            };
            // It ends with the connection, or when nothing is asked on it for long.
            actix_web::rt::spawn(talk.run());
            answer
        }
        Err(error) => error.error_response(),
    }
}

/// One connection.
struct Talk {
    request: HttpRequest,
    worker: Data<Worker>,
    session: Session,
    messages: AggregatedMessageStream,
    waiting: VecDeque<(Bytes, Held)>,
    tenant: TenantId,
    _held: Held,
}

/// The client left, or broke the protocol.
struct Over;

impl Talk {
    async fn run(mut self) {
        while let Ok((message, held)) = self.next().await {
            if self.answer(message, held).await.is_err() {
                return;
            }
        }
        let reason = CloseReason::from(CloseCode::Normal);
        let _ = self.session.close(Some(reason)).await;
    }

    /// The next message; pings are answered on the way.
    async fn next(&mut self) -> Result<(Bytes, Held), Over> {
        if let Some(message) = self.waiting.pop_front() {
            return Ok(message);
        }
        loop {
            let read = tokio::time::timeout(IDLE_MAX, self.messages.recv()).await;
            let Ok(Some(Ok(message))) = read else {
                return Err(Over);
            };
            if let Some(message) = self.heard(message).await? {
                return Ok(message);
            }
        }
    }

    /// What a message of the protocol comes to.
    async fn heard(&mut self, message: AggregatedMessage) -> Result<Option<(Bytes, Held)>, Over> {
        let room = |bytes: Bytes| {
            let mut held = self.worker.parts.bodies().hold(self.tenant);
            // A node that is full takes no more; the client tries again.
            reserve(&mut held, bytes.len()).map_err(|_| Over)?;
            Ok(Some((bytes, held)))
        };
        match message {
            AggregatedMessage::Text(text) => room(text.into_bytes()),
            AggregatedMessage::Binary(bytes) => room(bytes),
            AggregatedMessage::Ping(bytes) => {
                self.session.pong(&bytes).await.map_err(|_| Over)?;
                Ok(None)
            }
            AggregatedMessage::Pong(_) => Ok(None),
            AggregatedMessage::Close(_) => Err(Over),
        }
    }

    async fn answer(&mut self, message: Bytes, held: Held) -> Result<(), Over> {
        let arrival = Arrival::of(&self.request, &self.worker.parts);
        let read = if message.len() < LARGE {
            Ok(websocket::read_create(&message))
        } else {
            outside(move || websocket::read_create(&message)).await
        };
        let create = match read {
            Ok(Ok(create)) => create,
            Ok(Err(fault)) => return self.refuse(&faulty(&fault), &arrival, None).await,
            Err(refusal) => return self.refuse(&refusal, &arrival, None).await,
        };
        let lane = create.stream_id.clone();
        match self.relayed(create, &arrival, held).await {
            Ok(answer) => self.pass(answer, lane.as_deref(), &arrival).await,
            Err(refusal) => self.refuse(&refusal, &arrival, lane.as_deref()).await,
        }
    }

    /// The answer to the request that a message stands for.
    async fn relayed(&self, create: Create, arrival: &Arrival, held: Held) -> Result<HttpResponse, Refusal> {
        if !create.generate {
            let message = "generate: Warm-ups are not offered here; send the request itself.";
            return Err(Refusal::for_good(ErrorKind::InvalidRequest, "warm_up", message));
        }
        let (parts, body) = (&self.worker.parts, Bytes::from(create.body));
        let secret = presented_key(&self.request)?;
        let key = parts.keys().find(&secret, &arrival.address).await?;
        key.check(arrival.at, arrival.from)?;
        within(body.len(), parts.settings().body_max)?;
        let call = Call::new(ClientFormat::Responses, Operation::Generate, OPENAI);
        relay_body(
            &self.worker,
            arrival,
            self.request.headers(),
            Caller { key, secret },
            &call,
            (body, held),
        )
        .await
    }

    /// Event by event; a client that leaves ends the request as it would over HTTP.
    async fn pass(
        &mut self,
        answer: HttpResponse,
        lane: Option<&str>,
        arrival: &Arrival,
    ) -> Result<(), Over> {
        let status = answer.status();
        let (good, mut body) = (status.is_success(), Box::pin(answer.into_body()));
        let (mut splitter, mut begun, mut refusal) = (EventSplitter::new(), false, Vec::new());
        loop {
            let chunk = tokio::select! {
                biased;
                chunk = poll_fn(|context| body.as_mut().poll_next(context)) => chunk,
                message = self.messages.recv(), if self.waiting.len() < WAITING_MAX => {
                    let Some(Ok(message)) = message else { return Err(Over) };
                    if let Some(message) = self.heard(message).await? {
                        self.waiting.push_back(message);
                    }
                    continue;
                }
            };
            let Some(chunk) = chunk else { break };
            // The connection is what breaks over HTTP; here the error event said it already, or the client is gone.
            let Ok(chunk) = chunk else { return Err(Over) };
            if !good {
                if refusal.len() < REFUSAL_MAX {
                    refusal.extend_from_slice(&chunk);
                }
                continue;
            }
            let Ok(whole) = splitter.push(chunk) else {
                return Err(Over);
            };
            for event in Events::new(&whole, !std::mem::replace(&mut begun, true)) {
                if let Some(frame) = websocket::frame(&event) {
                    self.send(&websocket::in_lane(frame, lane)).await?;
                }
            }
        }
        if good {
            return Ok(());
        }
        let frame = websocket::refusal_frame(status.as_u16(), &refusal).unwrap_or_else(|| {
            websocket::error_frame(&Fault {
                kind: ErrorKind::BadGateway,
                code: "upstream_unusable",
                message: "The upstream's answer could not be used.",
                field: None,
                request_id: &arrival.id.to_string(),
                retry_after: None,
            })
        });
        self.send(&websocket::in_lane(frame.into(), lane)).await
    }

    async fn refuse(&mut self, refusal: &Refusal, arrival: &Arrival, lane: Option<&str>) -> Result<(), Over> {
        let answer = refused(refusal, ClientFormat::Responses, arrival);
        self.pass(answer, lane, arrival).await
    }

    async fn send(&mut self, frame: &[u8]) -> Result<(), Over> {
        let text = String::from_utf8_lossy(frame).into_owned();
        self.session.text(text).await.map_err(|_| Over)
    }
}
