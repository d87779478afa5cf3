//! What surrounds every management request: its id, its line in the log and, around a refusal, the problem body.
//! Never in here: who is calling.

use crate::problem::{Fault, code_for_status};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};
use tollgate_contract::ids::RequestId;
use tollgate_contract::problem::PROBLEM_JSON;
use tollgate_store::Clock;

/// The header that carries the request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request under way, among the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct CurrentRequest(pub RequestId);

/// Wraps a scope: `.wrap(from_fn(move |request, next| envelope(clock.clone(), request, next)))`.
///
/// # Errors
/// Passes on what a middleware further inside fails with; handlers' own failures are answers already.
pub async fn envelope<B: MessageBody + 'static>(
    clock: Clock,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = RequestId(clock.new_id());
    let begun = clock.monotonic();
    request.extensions_mut().insert(CurrentRequest(id));
    let id = id.to_string();
    let mut answered = next.call(request).await?.map_into_boxed_body();
    let duration = clock.monotonic().saturating_duration_since(begun);
    let inner = inner_error(&answered);
    if let Some(problem) = problem_instead(&answered, &id) {
        let (request, _) = answered.into_parts();
        answered = ServiceResponse::new(request, problem);
    }
    let headers = answered.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    note(&answered, &id, duration, inner.as_deref());
    Ok(answered)
}

fn inner_error(answered: &ServiceResponse) -> Option<String> {
    let error = answered.response().error()?;
    match error.as_error::<Fault>() {
        Some(fault) => fault.inner().map(str::to_owned),
        None => Some(error.to_string()),
    }
}

/// Refusals of our own get the request's id; refusals of actix's (no such path or method) get a body.
fn problem_instead(answered: &ServiceResponse, id: &str) -> Option<HttpResponse> {
    let status = answered.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    if let Some(fault) = answered
        .response()
        .error()
        .and_then(|error| error.as_error::<Fault>())
    {
        return Some(fault.render(id));
    }
    let is_problem = answered
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(PROBLEM_JSON.as_bytes()));
    if is_problem {
        return None;
    }
    let mut fault = Fault::new(code_for_status(status));
    if let Some(allow) = answered
        .headers()
        .get(header::ALLOW)
        .and_then(|value| value.to_str().ok())
    {
        fault = fault
            .detail(format!("It takes {allow}."))
            .header(header::ALLOW, allow);
    }
    Some(fault.render(id))
}

fn note(answered: &ServiceResponse, id: &str, duration: std::time::Duration, inner: Option<&str>) {
    let request = answered.request();
    let (status, method) = (answered.status().as_u16(), request.method().as_str());
    // The pattern, not the path: a path holds ids, and an unknown one whatever a scanner tries.
    let route = request.match_pattern().unwrap_or_else(|| "unknown".to_owned());
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    metrics::histogram!("tollgate_http_request_seconds", "route" => route.clone(), "method" => method.to_owned(),
        "status" => status.to_string())
    .record(duration.as_secs_f64());
    if status >= 500 {
        tracing::error!(
            request.id = id,
            method,
            route,
            status,
            duration_ms,
            error = inner.unwrap_or(""),
            "request failed"
        );
    } else {
        tracing::info!(
            request.id = id,
            method,
            route,
            status,
            duration_ms,
            "request answered"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Code;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_and_read_body_json, call_service, init_service};
    use actix_web::{App, web};
    use tollgate_contract::problem::Problem;

    macro_rules! app {
        () => {{
            let clock = Clock::system();
            init_service(
                App::new().service(
                    web::scope("/api/v2")
                        .wrap(from_fn(move |request, next| {
                            envelope(clock.clone(), request, next)
                        }))
                        .service(
                            web::resource("/good").route(web::get().to(async || HttpResponse::Ok().finish())),
                        )
                        .service(web::resource("/bad").route(
                            web::get().to(async || Err::<HttpResponse, _>(Fault::new(Code::NameTaken))),
                        )),
                ),
            )
            .await
        }};
    }

    #[actix_web::test]
    async fn a_refusal_carries_the_same_id_in_header_and_body() {
        let app = app!();
        let answer = call_service(&app, TestRequest::get().uri("/api/v2/bad").to_request()).await;
        assert_eq!(answer.status(), 409);
        let id = answer
            .headers()
            .get(REQUEST_ID)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let problem: Problem = actix_web::test::read_body_json(answer).await;
        assert_eq!((problem.request_id, problem.code.as_str()), (id, "name_taken"));
    }

    #[actix_web::test]
    async fn an_unknown_path_and_a_wrong_method_are_problems_too() {
        let app = app!();
        let unknown: Problem =
            call_and_read_body_json(&app, TestRequest::get().uri("/api/v2/nothing").to_request()).await;
        assert_eq!((unknown.status, unknown.code.as_str()), (404, "unknown_path"));
        let answer = call_service(&app, TestRequest::post().uri("/api/v2/good").to_request()).await;
        assert_eq!(answer.headers().get(header::ALLOW).unwrap(), "GET");
        let wrong: Problem = actix_web::test::read_body_json(answer).await;
        assert_eq!((wrong.status, wrong.code.as_str()), (405, "method_not_allowed"));
    }

    #[actix_web::test]
    async fn answers_are_never_cached_unless_they_say_so() {
        let app = app!();
        let answer = call_service(&app, TestRequest::get().uri("/api/v2/good").to_request()).await;
        assert_eq!(answer.headers().get(header::CACHE_CONTROL).unwrap(), "no-store");
        assert!(answer.headers().contains_key(REQUEST_ID));
    }
}
