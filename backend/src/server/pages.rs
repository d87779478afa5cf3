//! What no other route takes: the web app's files and pages, and the answer for paths that there are not, which has v1's
//! shape.

use super::assets;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::SecondsFormat;
use serde_json::json;
use tollgate_http::SecurityPolicy;
use tollgate_store::Clock;

/// The app's own files and nothing else; compiling WebAssembly needs a word of its own.
const CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";
/// First parts of paths that are programs' business: no page is served below them.
const APIS: [&str; 8] = [
    "api", "claude", "gemini", "openai", "azure", "apiStats", "health", "metrics",
];

/// What pages get for headers, and the time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pages {
    policy: SecurityPolicy,
    clock: Clock,
}

impl Pages {
    /// `https`: whether clients reach us by TLS.
    pub fn new(https: bool, clock: Clock) -> Self {
        Self {
            policy: SecurityPolicy::new(https, CSP, Vec::new()),
            clock,
        }
    }
}

/// A file, the app's page, or 404.
pub async fn serve(request: HttpRequest, pages: web::Data<Pages>) -> HttpResponse {
    let first = request
        .path()
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    let served = if APIS.contains(&first) {
        None
    } else {
        assets::serve(&request)
    };
    let mut response = served.unwrap_or_else(|| unknown(&request, &pages.clock));
    pages.policy.apply(response.headers_mut());
    response
}

fn unknown(request: &HttpRequest, clock: &Clock) -> HttpResponse {
    let path: String = request.path().chars().take(200).collect();
    let mut response = HttpResponse::NotFound();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if request.method() == Method::HEAD {
        return response.finish();
    }
    response.json(json!({
        "error": "Not Found",
        "message": format!("Route {path} not found"),
        "timestamp": clock.now().to_rfc3339_opts(SecondsFormat::Millis, true)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
    use serde_json::Value;

    #[actix_web::test]
    async fn programs_get_v1s_answer_and_people_get_the_page() {
        let pages = web::Data::new(Pages::new(true, Clock::system()));
        let app = init_service(App::new().app_data(pages).default_service(web::to(serve))).await;
        for request in [
            TestRequest::get().uri("/api/v9/keys"),
            TestRequest::post().uri("/claude/v1/nothing"),
            TestRequest::post().uri("/keys"),
            TestRequest::get().uri("/assets/gone-0123456789abcdef.js"),
        ] {
            let answer = call_service(&app, request.to_request()).await;
            assert_eq!(answer.status(), 404);
            let body: Value = read_body_json(answer).await;
            assert_eq!(body["error"], "Not Found");
            assert!(
                body["message"].is_string() && body["timestamp"].is_string(),
                "{body}"
            );
        }
        let page = call_service(&app, TestRequest::get().uri("/keys/1").to_request()).await;
        assert_eq!(page.status(), 200);
        assert_eq!(
            page.headers().get(header::CONTENT_SECURITY_POLICY).expect("set"),
            CSP
        );
        assert!(page.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
}
