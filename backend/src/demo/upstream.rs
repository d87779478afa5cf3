//! The built-in demo upstream: a small HTTP server on loopback, in this process, that speaks the formats of all vendors
//! (plain, streamed, with tools) and says in every answer that it is a demo. Its usage figures follow one stated rule
//! (see `tokens.rs`), so that a request's cost can be checked by hand.
//! Never in here: anything of Tollgate; it is an upstream like any other.

mod answer;
mod bedrock;
mod body;
mod chat;
mod claude;
mod gemini;
mod openai;
mod prompt;
mod refusal;
mod responses;
mod stream;
mod tokens;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use answer::{Answer, InputUsage};
use parking_lot::Mutex;
use prompt::Prompt;
use refusal::{Kind, Manner, Refusal};
use serde_json::Value;
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

/// Models that it offers; others are answered too where their vendor's names have no common beginning.
struct Models;

impl Models {
    const CLAUDE: [&str; 4] = [
        "claude-haiku-4-5",
        "claude-sonnet-4-5",
        "claude-sonnet-4-6",
        "claude-opus-4-6",
    ];
    const OPENAI: [&str; 5] = [
        "gpt-5",
        "gpt-5-mini",
        "gpt-4.1",
        "gpt-4o-mini",
        "text-embedding-3-small",
    ];
    const GEMINI: [&str; 3] = ["gemini-2.5-pro", "gemini-2.5-flash", "gemini-embedding-001"];
}

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
            .configure(routes)
            .default_service(web::to(unknown_path))
    };
    Ok(HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .tcp_nodelay(true)
        .listen(listener)?
        .run())
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/v1/messages", web::post().to(claude::messages))
        .route("/v1/messages/count_tokens", web::post().to(claude::count))
        .route("/v1/models", web::get().to(models))
        .route("/v1beta/models", web::get().to(models))
        .route("/{version}/models/{call}", web::post().to(gemini::models_call))
        .route("/v1internal:{method}", web::post().to(gemini::code_assist))
        .route("/model/{model}/{call}", web::post().to(bedrock::call));
    // OpenAI's own paths, Azure's that look like them, and Azure's older ones that name a deployment.
    for base in ["/v1", "/openai/v1", "/openai", "/openai/deployments/{deployment}"] {
        let path = |end: &str| format!("{base}/{end}");
        config
            .route(&path("chat/completions"), web::post().to(chat::chat))
            .route(&path("completions"), web::post().to(chat::completions))
            .route(&path("responses"), web::post().to(responses::responses))
            .route(&path("responses/compact"), web::post().to(responses::compact))
            .route(
                &path("responses/input_tokens"),
                web::post().to(responses::input_tokens),
            )
            .route(&path("embeddings"), web::post().to(openai::embeddings))
            .route(&path("images/generations"), web::post().to(openai::images));
    }
}

async fn unknown_path(http: HttpRequest) -> Result<HttpResponse, Refusal> {
    let message = format!("{} is not a path of the demo upstream", http.path());
    Err(Refusal::new(manner(&http), Kind::NotFound, message))
}

/// One path for three vendors: the list is that of the vendor whose client asks.
async fn models(http: HttpRequest, demo: web::Data<Demo>) -> Result<HttpResponse, Refusal> {
    let manner = manner(&http);
    demo.admit(&http, manner)?;
    Ok(HttpResponse::Ok().json(match manner {
        Manner::Claude => claude::models(),
        Manner::Gemini => gemini::models(),
        Manner::OpenAi | Manner::Bedrock => openai::models(),
    }))
}

/// Whose client it is where the path does not say.
fn manner(http: &HttpRequest) -> Manner {
    let headers = http.headers();
    if headers.contains_key("x-goog-api-key") || http.path().starts_with("/v1beta/") {
        Manner::Gemini
    } else if headers.contains_key("anthropic-version") || headers.contains_key("x-api-key") {
        Manner::Claude
    } else {
        Manner::OpenAi
    }
}

/// The body of a request that came with the right key.
fn json_body(http: &HttpRequest, bytes: &[u8], demo: &Demo, manner: Manner) -> Result<Value, Refusal> {
    demo.admit(http, manner)?;
    serde_json::from_slice(bytes).map_err(|error| {
        let message = format!("the request body is not valid JSON: {error}");
        Refusal::new(manner, Kind::Invalid, message)
    })
}

impl Demo {
    /// Each vendor's own way to give a key is taken on every path.
    fn admit(&self, http: &HttpRequest, manner: Manner) -> Result<(), Refusal> {
        let header = |name: &str| http.headers().get(name).and_then(|value| value.to_str().ok());
        let bearer = || header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let query = || {
            http.query_string()
                .split('&')
                .find_map(|pair| pair.strip_prefix("key="))
        };
        let given = header("x-api-key")
            .or_else(|| header("x-goog-api-key"))
            .or_else(|| header("api-key"))
            .or_else(bearer)
            .or_else(query);
        let message = match given {
            Some(given) if bool::from(given.as_bytes().ct_eq(self.key.as_bytes())) => return Ok(()),
            Some(_) => "the API key is not the demo upstream's",
            None => "an API key is required",
        };
        Err(Refusal::new(manner, Kind::Unauthorized, message))
    }

    fn answer(&self, prompt: &Prompt) -> Answer {
        let id = self.clock.new_id().simple().to_string();
        answer::write(prompt, self.usage(prompt), &id)
    }

    /// Input figures: what stands before the last cache mark was written to the cache, or read from it if it was seen.
    fn usage(&self, prompt: &Prompt) -> InputUsage {
        let Some(mark) = &prompt.cache_mark else {
            return InputUsage {
                input: prompt.tokens,
                ..InputUsage::default()
            };
        };
        let rest = prompt.tokens.saturating_sub(mark.tokens);
        let mut cached = self.cached.lock();
        if cached.len() >= CACHED_PREFIXES_MAX {
            cached.clear();
        }
        let fresh = cached.insert(mark.hash);
        InputUsage {
            input: rest,
            cache_write_5m: if fresh && !mark.one_hour { mark.tokens } else { 0 },
            cache_write_1h: if fresh && mark.one_hour { mark.tokens } else { 0 },
            cache_read: if fresh { 0 } else { mark.tokens },
        }
    }
}

#[cfg(test)]
mod tests;
