//! The built-in demo upstream: a small HTTP server on loopback, in this process, that speaks Claude's Messages format
//! (plain, streamed, with tools) and says in every answer that it is a demo. Its usage figures follow one stated rule
//! (see `tokens.rs`), so that a request's cost can be checked by hand.
//! Never in here: anything of Tollgate; it is an upstream like any other.

mod answer;
mod request;
mod stream;
mod tokens;

use actix_web::dev::{Server, ServerHandle};
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use parking_lot::Mutex;
use request::{MessagesRequest, RequestFault};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use subtle::ConstantTimeEq;
use tokio::runtime::Runtime;
use tollgate_store::Clock;

/// As large as the gateway relays.
const BODY_MAX: usize = 64 * 1024 * 1024;
/// Prefixes that count as cached; more are forgotten all at once, as a restart would.
const CACHED_PREFIXES_MAX: usize = 10_000;

/// Models that it offers.
pub const MODELS: [&str; 4] = [
    "claude-haiku-4-5",
    "claude-sonnet-4-5",
    "claude-sonnet-4-6",
    "claude-opus-4-6",
];

/// What its handlers share.
#[derive(Clone)]
struct Demo {
    key: Arc<str>,
    cached: Arc<Mutex<HashSet<u64>>>,
    clock: Clock,
}

/// The running server, on a thread of its own.
#[derive(Debug)]
pub struct DemoUpstream {
    url: String,
    handle: ServerHandle,
    thread: JoinHandle<()>,
}

impl DemoUpstream {
    /// Starts it on a free port of loopback; it asks for this key.
    ///
    /// # Errors
    /// If no port or thread can be had.
    pub fn start(key: &str, clock: Clock) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let demo = Demo {
            key: key.into(),
            cached: Arc::default(),
            clock,
        };
        let (started, handles) = channel();
        let thread = std::thread::Builder::new()
            .name("demo-upstream".to_owned())
            .spawn(move || {
                actix_web::rt::System::new().block_on(async move {
                    match server(listener, demo) {
                        Ok(server) => {
                            let _ = started.send(Ok(server.handle()));
                            if let Err(error) = server.await {
                                tracing::error!(%error, "the demo upstream stopped");
                            }
                        }
                        Err(error) => {
                            let _ = started.send(Err(error));
                        }
                    }
                });
            })?;
        let handle = handles
            .recv()
            .unwrap_or_else(|_| Err(std::io::Error::other("its thread ended")))?;
        Ok(Self { url, handle, thread })
    }

    /// Its root URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends it; answers under way are cut.
    pub fn stop(self, runtime: &Runtime) {
        runtime.block_on(self.handle.stop(false));
        let _ = self.thread.join();
    }
}

fn server(listener: TcpListener, demo: Demo) -> std::io::Result<Server> {
    let app = move || {
        App::new()
            .app_data(web::Data::new(demo.clone()))
            .app_data(web::PayloadConfig::new(BODY_MAX))
            .route("/v1/messages", web::post().to(messages))
            .route("/v1/messages/count_tokens", web::post().to(count_tokens))
            .route("/v1/models", web::get().to(models))
            .default_service(web::to(unknown_path))
    };
    Ok(HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .tcp_nodelay(true)
        .listen(listener)?
        .run())
}

async fn unknown_path(http: HttpRequest) -> HttpResponse {
    let message = format!("{} is not a path of the demo upstream", http.path());
    error(StatusCode::NOT_FOUND, "not_found_error", &message)
}

async fn messages(http: HttpRequest, body: web::Bytes, demo: web::Data<Demo>) -> HttpResponse {
    let request = match admitted(&http, &body, &demo) {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    let usage = usage(&request, &demo);
    let answer = answer::write(&request, usage, &demo.clock.new_id().simple().to_string());
    if request.stream {
        stream::respond(answer)
    } else {
        HttpResponse::Ok().json(answer.body())
    }
}

async fn count_tokens(http: HttpRequest, body: web::Bytes, demo: web::Data<Demo>) -> HttpResponse {
    match admitted(&http, &body, &demo) {
        Ok(request) => HttpResponse::Ok().json(json!({"input_tokens": request.prompt_tokens()})),
        Err(refusal) => refusal,
    }
}

async fn models(http: HttpRequest, demo: web::Data<Demo>) -> HttpResponse {
    if let Some(refusal) = refused(&http, &demo) {
        return refusal;
    }
    let data: Vec<Value> = MODELS
        .iter()
        .map(|id| json!({"type": "model", "id": id, "display_name": format!("{id} (demo)"), "created_at": "2026-01-01T00:00:00Z"}))
        .collect();
    HttpResponse::Ok().json(json!({
        "data": data, "has_more": false, "first_id": MODELS.first(), "last_id": MODELS.last()
    }))
}

/// A request with the right key and a body that can be read.
#[expect(
    clippy::result_large_err,
    reason = "a refusal is the answer itself, made once per refused request"
)]
fn admitted(http: &HttpRequest, body: &[u8], demo: &Demo) -> Result<MessagesRequest, HttpResponse> {
    if let Some(refusal) = refused(http, demo) {
        return Err(refusal);
    }
    let counting = http.path().ends_with("/count_tokens");
    MessagesRequest::read(body, counting).map_err(|fault| match fault {
        RequestFault::Invalid(message) => error(StatusCode::BAD_REQUEST, "invalid_request_error", &message),
        RequestFault::UnknownModel(model) => error(
            StatusCode::NOT_FOUND,
            "not_found_error",
            &format!("model: {model}"),
        ),
    })
}

fn refused(http: &HttpRequest, demo: &Demo) -> Option<HttpResponse> {
    let header = |name: &str| http.headers().get(name).and_then(|value| value.to_str().ok());
    let given = header("x-api-key")
        .or_else(|| header("authorization").and_then(|value| value.strip_prefix("Bearer ")));
    match given {
        Some(given) if bool::from(given.as_bytes().ct_eq(demo.key.as_bytes())) => None,
        Some(_) => Some(error(
            StatusCode::UNAUTHORIZED,
            "authentication_error",
            "invalid x-api-key",
        )),
        None => Some(error(
            StatusCode::UNAUTHORIZED,
            "authentication_error",
            "x-api-key header is required",
        )),
    }
}

/// Input figures: what stands before the last cache mark was written to the cache, or read from it if it was seen.
fn usage(request: &MessagesRequest, demo: &Demo) -> answer::InputUsage {
    let total = request.prompt_tokens();
    let Some(mark) = &request.cache_mark else {
        return answer::InputUsage {
            input: total,
            ..answer::InputUsage::default()
        };
    };
    let rest = total.saturating_sub(mark.tokens);
    let mut cached = demo.cached.lock();
    if cached.len() >= CACHED_PREFIXES_MAX {
        cached.clear();
    }
    let fresh = cached.insert(mark.hash);
    answer::InputUsage {
        input: rest,
        cache_write_5m: if fresh && !mark.one_hour { mark.tokens } else { 0 },
        cache_write_1h: if fresh && mark.one_hour { mark.tokens } else { 0 },
        cache_read: if fresh { 0 } else { mark.tokens },
    }
}

/// Claude's error format.
fn error(status: StatusCode, kind: &str, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({"type": "error", "error": {"type": kind, "message": message}}))
}

#[cfg(test)]
mod tests;
