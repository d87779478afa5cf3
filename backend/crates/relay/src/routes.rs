//! Every path of the relay, by mount: v1's (see its behaviour's table of paths) and those that today's clients call beyond
//! it. Never in here: what a call does.

use crate::call::{AZURE, CLAUDE, Call, GEMINI, OPENAI, Operation};
use crate::parts::Worker;
use crate::refusal::Refusal;
use crate::{assist, count, info, models, serve, socket_mode};
use actix_web::http::Method;
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, Route, Scope};
use tollgate_contract::ids::RequestId;
use tollgate_contract::platform::Platform;
use tollgate_wire::error::ErrorKind;
use tollgate_wire::format::ClientFormat;
use tollgate_wire::translate::Wrapping;

/// Mounts all of it. A mount within another one comes first.
pub(crate) fn mount(cfg: &mut ServiceConfig, worker: &Data<Worker>) {
    for mount in ["/api", "/claude"] {
        cfg.service(claude(mount).app_data(worker.clone()));
    }
    for (mount, platforms) in [("/openai/claude", CLAUDE), ("/openai/gemini", GEMINI)] {
        cfg.service(chat_alone(mount, platforms).app_data(worker.clone()));
    }
    cfg.service(openai().app_data(worker.clone()));
    cfg.service(azure().app_data(worker.clone()));
    cfg.service(gemini().app_data(worker.clone()));
}

fn claude(mount: &str) -> Scope {
    let chat = || Call::new(ClientFormat::Chat, Operation::Generate, CLAUDE);
    let completions = || Call::new(ClientFormat::Completions, Operation::Generate, CLAUDE);
    scope(mount, ClientFormat::Claude)
        .service(post("/v1/messages", ClientFormat::Claude, generate(claude_call)))
        .service(post(
            "/v1/messages/count_tokens",
            ClientFormat::Claude,
            web::post().to(count::of_claude),
        ))
        .service(post("/v1/chat/completions", ClientFormat::Chat, generate(chat)))
        .service(post(
            "/v1/completions",
            ClientFormat::Completions,
            generate(completions),
        ))
        .service(get(
            "/v1/models",
            ClientFormat::Claude,
            web::get().to(models::of_any),
        ))
        .service(get(
            "/v1/models/{model:.+}",
            ClientFormat::Claude,
            web::get().to(models::one_of_any),
        ))
        .service(get(
            "/v1/key-info",
            ClientFormat::Claude,
            web::get().to(info::key_info),
        ))
        .service(get("/v1/usage", ClientFormat::Claude, web::get().to(info::usage)))
        .service(get("/v1/me", ClientFormat::Claude, web::get().to(info::me)))
        .service(get(
            "/v1/organizations/{organization}/usage",
            ClientFormat::Claude,
            web::get().to(info::usage),
        ))
        .service(post(
            "/api/event_logging/batch",
            ClientFormat::Claude,
            web::post().to(info::telemetry),
        ))
}

fn claude_call() -> Call {
    Call::new(ClientFormat::Claude, Operation::Generate, CLAUDE)
}

/// Chat alone, at these platforms and no others.
fn chat_alone(mount: &str, platforms: &'static [Platform]) -> Scope {
    let chat = move || Call::new(ClientFormat::Chat, Operation::Generate, platforms).fixed();
    scope(mount, ClientFormat::Chat)
        .service(post("/v1/chat/completions", ClientFormat::Chat, generate(chat)))
        .service(get(
            "/v1/models",
            ClientFormat::Chat,
            web::get().to(move |request, worker| models::of_platforms(request, worker, platforms)),
        ))
        .service(get(
            "/v1/models/{model:.+}",
            ClientFormat::Chat,
            web::get().to(move |request, worker| models::one_of_platforms(request, worker, platforms)),
        ))
}

fn openai() -> Scope {
    let call = |format, operation| move || Call::new(format, operation, OPENAI);
    let mut scope = scope("/openai", ClientFormat::Chat)
        .service(post(
            "/v1/chat/completions",
            ClientFormat::Chat,
            generate(call(ClientFormat::Chat, Operation::Generate)),
        ))
        .service(post(
            "/v1/completions",
            ClientFormat::Completions,
            generate(call(ClientFormat::Completions, Operation::Generate)),
        ))
        .service(post(
            "/v1/embeddings",
            ClientFormat::Chat,
            generate(call(ClientFormat::Chat, Operation::Embed)),
        ))
        .service(get(
            "/v1/models",
            ClientFormat::Chat,
            web::get().to(models::of_any),
        ))
        .service(get(
            "/v1/models/{model:.+}",
            ClientFormat::Chat,
            web::get().to(models::one_of_any),
        ));
    // v1 has these with and without the version.
    for version in ["", "/v1"] {
        scope = scope
            .service(
                resource(
                    &format!("{version}/responses"),
                    ClientFormat::Responses,
                    "GET, POST",
                )
                .route(generate(call(ClientFormat::Responses, Operation::Generate)))
                .route(web::get().to(socket_mode::open)),
            )
            .service(post(
                &format!("{version}/responses/compact"),
                ClientFormat::Responses,
                generate(call(ClientFormat::Responses, Operation::Compact)),
            ))
            .service(post(
                &format!("{version}/images/generations"),
                ClientFormat::Chat,
                generate(call(ClientFormat::Chat, Operation::Draw)),
            ))
            .service(get(
                &format!("{version}/key-info"),
                ClientFormat::Chat,
                web::get().to(info::key_info),
            ))
            .service(get(
                &format!("{version}/usage"),
                ClientFormat::Chat,
                web::get().to(info::usage),
            ));
    }
    scope
}

fn azure() -> Scope {
    let call = |format, operation| move || Call::new(format, operation, AZURE).fixed();
    let chat = call(ClientFormat::Chat, Operation::Generate);
    let responses = call(ClientFormat::Responses, Operation::Generate);
    let embed = call(ClientFormat::Chat, Operation::Embed);
    let draw = call(ClientFormat::Chat, Operation::Draw);
    let listed = || web::get().to(|request, worker| models::of_platforms(request, worker, AZURE));
    let mut scope = scope("/azure", ClientFormat::Chat)
        .service(get("/usage", ClientFormat::Chat, web::get().to(info::usage)))
        .service(get(
            "/key-info",
            ClientFormat::Chat,
            web::get().to(info::key_info),
        ))
        .service(get("/health", ClientFormat::Chat, web::get().to(info::alive)));
    // v1's short paths, Azure's own v1 API, and its paths with dated versions that name no deployment.
    for prefix in ["", "/openai/v1", "/openai"] {
        scope = scope
            .service(post(
                &format!("{prefix}/chat/completions"),
                ClientFormat::Chat,
                generate(chat),
            ))
            .service(post(
                &format!("{prefix}/responses"),
                ClientFormat::Responses,
                generate(responses),
            ))
            .service(post(
                &format!("{prefix}/embeddings"),
                ClientFormat::Chat,
                generate(embed),
            ))
            .service(post(
                &format!("{prefix}/images/generations"),
                ClientFormat::Chat,
                generate(draw),
            ))
            .service(get(&format!("{prefix}/models"), ClientFormat::Chat, listed()));
    }
    let deployment = |what: &str, format, call: fn() -> Call| {
        let route = web::post().to(
            move |request: HttpRequest, payload: Payload, worker: Data<Worker>| {
                let deployment = request
                    .match_info()
                    .get("deployment")
                    .unwrap_or_default()
                    .to_owned();
                async move { serve(call().of_model(&deployment), request, payload, worker).await }
            },
        );
        post(
            &format!("/openai/deployments/{{deployment}}/{what}"),
            format,
            route,
        )
    };
    scope
        .service(deployment("chat/completions", ClientFormat::Chat, || {
            Call::new(ClientFormat::Chat, Operation::Generate, AZURE).fixed()
        }))
        .service(deployment("completions", ClientFormat::Completions, || {
            Call::new(ClientFormat::Completions, Operation::Generate, AZURE).fixed()
        }))
        .service(deployment("embeddings", ClientFormat::Chat, || {
            Call::new(ClientFormat::Chat, Operation::Embed, AZURE).fixed()
        }))
        .service(deployment("images/generations", ClientFormat::Chat, || {
            Call::new(ClientFormat::Chat, Operation::Draw, AZURE).fixed()
        }))
}

fn gemini() -> Scope {
    let gemini = ClientFormat::Gemini;
    let mut scope = scope("/gemini", gemini)
        .service(get("/models", gemini, web::get().to(models::gemini)))
        .service(get("/usage", gemini, web::get().to(info::usage)))
        .service(get("/key-info", gemini, web::get().to(info::key_info)))
        .service(post(
            "/v1internal:{action}",
            gemini,
            web::post().to(assist::internal),
        ));
    for version in ["/v1", "/v1beta"] {
        scope = scope
            .service(get(
                &format!("{version}/models"),
                gemini,
                web::get().to(models::gemini),
            ))
            .service(
                resource(&format!("{version}/models/{{model:.+}}"), gemini, "GET, POST")
                    .route(web::post().to(gemini_action))
                    .route(web::get().to(models::one_of_gemini)),
            );
    }
    // v1's own path, which takes and gives OpenAI's Chat format; who says that it speaks Claude's is believed.
    for path in ["/messages", "/v1/messages"] {
        let route = web::post().to(
            |request: HttpRequest, payload: Payload, worker: Data<Worker>| async move {
                let format = if request.headers().contains_key("anthropic-version") {
                    ClientFormat::Claude
                } else {
                    ClientFormat::Chat
                };
                let call = Call::new(format, Operation::Generate, GEMINI).fixed();
                serve(call, request, payload, worker).await
            },
        );
        scope = scope.service(post(path, ClientFormat::Chat, route));
    }
    scope
}

/// `models/{model}:{action}`.
async fn gemini_action(request: HttpRequest, payload: Payload, worker: Data<Worker>) -> HttpResponse {
    let path = request.match_info().get("model").unwrap_or_default().to_owned();
    let (model, action) = path.rsplit_once(':').unwrap_or((&path, ""));
    let call = |operation| Call::new(ClientFormat::Gemini, operation, GEMINI).of_model(model);
    let sse = request.query_string().split('&').any(|pair| pair == "alt=sse");
    match action {
        "generateContent" => {
            let call = Call {
                stream: Some(false),
                ..call(Operation::Generate)
            };
            serve(call, request, payload, worker).await
        }
        "streamGenerateContent" => {
            let call = Call {
                stream: Some(true),
                wrapping: if sse { Wrapping::Bare } else { Wrapping::Array },
                ..call(Operation::Generate)
            };
            serve(call, request, payload, worker).await
        }
        "countTokens" => count::of_gemini(model, request, payload, worker).await,
        "embedContent" => {
            serve(
                call(Operation::GeminiEmbed { batch: false }),
                request,
                payload,
                worker,
            )
            .await
        }
        "batchEmbedContents" => {
            serve(
                call(Operation::GeminiEmbed { batch: true }),
                request,
                payload,
                worker,
            )
            .await
        }
        _ => unknown_path(ClientFormat::Gemini, &request, &worker),
    }
}

/// A route that relays what its body says.
fn generate(call: impl Fn() -> Call + Clone + 'static) -> Route {
    web::post().to(
        move |request: HttpRequest, payload: Payload, worker: Data<Worker>| {
            serve(call(), request, payload, worker)
        },
    )
}

fn scope(mount: &str, format: ClientFormat) -> Scope {
    let unknown = move |request: HttpRequest, worker: Data<Worker>| async move {
        unknown_path(format, &request, &worker)
    };
    web::scope(mount).default_service(web::to(unknown))
}

fn post(path: &str, format: ClientFormat, route: Route) -> Resource {
    resource(path, format, "POST").route(route)
}

fn get(path: &str, format: ClientFormat, route: Route) -> Resource {
    resource(path, format, "GET").route(route)
}

/// A path that takes these methods.
fn resource(path: &str, format: ClientFormat, allow: &'static str) -> Resource {
    let wrong = move |request: HttpRequest, worker: Data<Worker>| async move {
        wrong_method(format, allow, request.path(), request.method(), &worker)
    };
    web::resource(path.to_owned()).default_service(web::to(wrong))
}

pub(crate) fn unknown_path(format: ClientFormat, request: &HttpRequest, worker: &Worker) -> HttpResponse {
    let message = format!("There is no path {} here.", request.path());
    Refusal::for_good(ErrorKind::NotFound, "unknown_path", message)
        .respond(format, RequestId(worker.parts.clock().new_id()))
}

fn wrong_method(
    format: ClientFormat,
    allow: &'static str,
    path: &str,
    method: &Method,
    worker: &Worker,
) -> HttpResponse {
    let message = format!("The path {path} takes {allow}, not {method}.");
    let mut refusal = Refusal::for_good(ErrorKind::MethodNotAllowed, "wrong_method", message);
    refusal.allow = Some(allow);
    refusal.respond(format, RequestId(worker.parts.clock().new_id()))
}
