//! Headers that tell browsers what they may not do, and which other origins may call the management API.
//! The pages' content security policy is the binary's: it knows its own files.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use std::sync::Arc;

/// What answers of the API may be turned into by a browser that shows them as a page: nothing.
pub const API_CSP: &str = "default-src 'none'; frame-ancestors 'none'";
/// A year, as the preload lists ask for; without sub-domains, which are not ours to decide.
const HSTS: &str = "max-age=31536000";
/// How long a browser may remember an answer to its preflight.
const PREFLIGHT_MAX_AGE: &str = "600";

/// Which headers answers get. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SecurityPolicy(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    https: bool,
    csp: String,
    origins: Vec<String>,
}

impl SecurityPolicy {
    /// `https`: whether clients reach us by TLS. `csp`: what answers without a policy of their own get. `origins`: other
    /// origins (`https://console.example.com`) whose pages may call us; none by default.
    pub fn new(https: bool, csp: impl Into<String>, origins: Vec<String>) -> Self {
        Self(Arc::new(Inner {
            https,
            csp: csp.into(),
            origins,
        }))
    }

    /// Adds what is missing to an answer's headers.
    pub fn apply(&self, headers: &mut HeaderMap) {
        let mut set = |name: HeaderName, value: &str| {
            if !headers.contains_key(&name)
                && let Ok(value) = HeaderValue::from_str(value)
            {
                headers.insert(name, value);
            }
        };
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(header::REFERRER_POLICY, "no-referrer");
        set(header::X_FRAME_OPTIONS, "DENY");
        set(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        );
        set(
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        );
        set(header::CONTENT_SECURITY_POLICY, &self.0.csp);
        if self.0.https {
            set(header::STRICT_TRANSPORT_SECURITY, HSTS);
        }
    }

    /// Whether pages of this origin may call us besides our own.
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        origin
            .to_str()
            .is_ok_and(|origin| self.0.origins.iter().any(|allowed| allowed == origin))
    }
}

/// Wraps a scope: `.wrap(from_fn(move |request, next| secure(policy.clone(), request, next)))`.
///
/// # Errors
/// Passes on what is further inside fails with.
pub async fn secure<B: MessageBody + 'static>(
    policy: SecurityPolicy,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let origin = request
        .headers()
        .get(header::ORIGIN)
        .filter(|origin| policy.allows(origin))
        .cloned();
    let preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut answered = match (&origin, preflight) {
        (Some(_), true) => request.into_response(HttpResponse::new(StatusCode::NO_CONTENT)),
        _ => next.call(request).await?.map_into_boxed_body(),
    };
    let headers = answered.headers_mut();
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("x-request-id, retry-after"),
        );
        if preflight {
            let methods = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            let allowed = HeaderValue::from_static("authorization, content-type");
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
            headers.insert(
                header::ACCESS_CONTROL_MAX_AGE,
                HeaderValue::from_static(PREFLIGHT_MAX_AGE),
            );
        }
    }
    if !policy.0.origins.is_empty() {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    policy.apply(headers);
    Ok(answered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, web};

    macro_rules! answered {
        ($policy:expr, $request:expr) => {{
            let policy = $policy;
            let app = init_service(
                App::new()
                    .wrap(from_fn(move |request, next| {
                        secure(policy.clone(), request, next)
                    }))
                    .route("/", web::get().to(HttpResponse::Ok)),
            )
            .await;
            call_service(&app, $request.to_request()).await
        }};
    }

    #[actix_web::test]
    async fn every_answer_forbids_framing_and_sniffing() {
        let answer = answered!(SecurityPolicy::new(true, API_CSP, vec![]), TestRequest::get());
        let headers = answer.headers();
        assert_eq!(headers.get(header::X_CONTENT_TYPE_OPTIONS).unwrap(), "nosniff");
        assert_eq!(headers.get(header::CONTENT_SECURITY_POLICY).unwrap(), API_CSP);
        assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
        let plain = answered!(SecurityPolicy::new(false, API_CSP, vec![]), TestRequest::get());
        assert!(!plain.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
    }

    #[actix_web::test]
    async fn other_origins_are_told_nothing_unless_listed() {
        let from = |origin: &'static str| TestRequest::get().insert_header(("origin", origin));
        let listed = || SecurityPolicy::new(true, API_CSP, vec!["https://console.example.com".to_owned()]);
        let closed = answered!(
            SecurityPolicy::new(true, API_CSP, vec![]),
            from("https://console.example.com")
        );
        assert!(!closed.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        let stranger = answered!(listed(), from("https://evil.example.com"));
        assert!(
            !stranger
                .headers()
                .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
        );
        let friend = answered!(listed(), from("https://console.example.com"));
        assert_eq!(
            friend.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).unwrap(),
            "https://console.example.com"
        );
    }

    #[actix_web::test]
    async fn a_listed_origins_preflight_is_answered() {
        let policy = SecurityPolicy::new(true, API_CSP, vec!["https://console.example.com".to_owned()]);
        let preflight = TestRequest::default()
            .method(Method::OPTIONS)
            .insert_header(("origin", "https://console.example.com"))
            .insert_header(("access-control-request-method", "PUT"));
        let answer = answered!(policy, preflight);
        assert_eq!(answer.status(), 204);
        assert!(
            answer
                .headers()
                .contains_key(header::ACCESS_CONTROL_ALLOW_METHODS)
        );
    }
}
