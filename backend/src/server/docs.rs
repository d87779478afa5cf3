//! The management API's documentation as a page: Swagger UI, part of the binary, on our own OpenAPI document.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use std::sync::Arc;
use tollgate_http::SecurityPolicy;
use utoipa_swagger_ui::Config;

/// Where it is mounted.
pub const PATH: &str = "/api/v2/docs";
/// Swagger UI writes style attributes and has its icons in its own files. Scripts are files alone.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page's files and headers. Cheap to clone.
#[derive(Clone)]
pub struct Docs {
    config: Arc<Config<'static>>,
    policy: SecurityPolicy,
}

impl std::fmt::Debug for Docs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Docs")
    }
}

impl Docs {
    /// `https`: whether clients reach us by TLS.
    pub fn new(https: bool) -> Self {
        let config = Config::from("/api/v2/openapi.json")
            .try_it_out_enabled(true)
            .persist_authorization(false);
        Self {
            config: Arc::new(config),
            policy: SecurityPolicy::new(https, CSP, Vec::new()),
        }
    }
}

/// Mounts it; before the management API, within whose paths it lies.
pub fn configure(routes: &mut web::ServiceConfig, docs: &Docs) {
    routes
        .app_data(web::Data::new(docs.clone()))
        .service(web::resource(PATH).route(web::get().to(redirect)))
        .service(web::resource(format!("{PATH}/{{file:.*}}")).route(web::get().to(file)));
}

/// The page's own links are relative: they need the slash.
async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, format!("{PATH}/")))
        .finish()
}

async fn file(path: web::Path<String>, docs: web::Data<Docs>) -> HttpResponse {
    let mut response = match utoipa_swagger_ui::serve(&path, docs.config.clone()) {
        Ok(Some(file)) => {
            let mut response = HttpResponse::Ok();
            if file.gzpipped {
                response.insert_header((header::CONTENT_ENCODING, "gzip"));
            }
            response
                .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
                .content_type(file.content_type)
                .body(file.bytes.into_owned())
        }
        Ok(None) => HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("there is no such file\n"),
        Err(error) => {
            tracing::error!(%error, "a file of the API's documentation can't be served");
            HttpResponse::InternalServerError().finish()
        }
    };
    docs.policy.apply(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};

    #[actix_web::test]
    async fn the_page_and_its_files_come_with_a_policy_and_name_our_document() {
        let docs = Docs::new(false);
        let app = init_service(App::new().configure(|routes| configure(routes, &docs))).await;
        let answer = call_service(&app, TestRequest::get().uri(PATH).to_request()).await;
        assert_eq!(
            answer.headers().get(header::LOCATION).expect("set"),
            "/api/v2/docs/"
        );
        for (file, wanted) in [
            ("", "<div id=\"swagger-ui\">"),
            ("swagger-initializer.js", "/api/v2/openapi.json"),
        ] {
            let answer = call_service(
                &app,
                TestRequest::get().uri(&format!("{PATH}/{file}")).to_request(),
            )
            .await;
            assert_eq!(answer.status(), 200, "{file}");
            assert_eq!(
                answer
                    .headers()
                    .get(header::CONTENT_SECURITY_POLICY)
                    .expect("set"),
                CSP
            );
            let body = read_body(answer).await;
            let text = String::from_utf8_lossy(&body);
            assert!(text.contains(wanted), "{file}: {text}");
            assert!(
                !text.contains("<script>") && !text.contains("petstore"),
                "{file} needs no script of its own"
            );
        }
        let missing = call_service(
            &app,
            TestRequest::get().uri(&format!("{PATH}/no.js")).to_request(),
        )
        .await;
        assert_eq!(missing.status(), 404);
    }
}
