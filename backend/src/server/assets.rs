//! The web app's files: embedded in the binary, in the encodings that `cargo xtask web` made, and served with immutable
//! caching where the name carries a fingerprint. Unknown page paths get the app's page, which routes by itself.

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};

/// One file of the app.
#[derive(Debug)]
pub struct Asset {
    /// Path below the root, without a slash before it.
    path: &'static str,
    /// As it is.
    plain: &'static [u8],
    /// Brotli form.
    brotli: Option<&'static [u8]>,
    /// Gzip form.
    gzip: Option<&'static [u8]>,
    /// Hash of the plain form, in quotes.
    etag: &'static str,
    /// The name changes when the content does.
    fingerprinted: bool,
}

// Made by build.rs from frontend-yew/dist: `static ASSETS: &[Asset]`, sorted by path.
include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A year, as long as caches keep anything.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Asked again each time; the ETag makes that cheap.
const REVALIDATE: &str = "no-cache";
const PAGE: &str = "index.html";
/// What is served when the binary was built without the app.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Tollgate</title>\
    <body><h1>Tollgate is running</h1><p>This binary was built without the web app. Build it with <code>cargo xtask \
    web</code>, then build the binary again; <code>scripts/run</code> does both.</p>\
    <p>The API works: see <a href=\"/api/v2/docs/\">its documentation</a>.</p></body></html>";

/// Whether the app is in this binary.
pub fn built() -> bool {
    find(PAGE).is_some()
}

fn find(path: &str) -> Option<&'static Asset> {
    ASSETS
        .binary_search_by(|asset| asset.path.cmp(path))
        .ok()
        .and_then(|index| ASSETS.get(index))
}

/// The file of this path, or the app's page where the path is a page's; `None`: there is no such file.
pub fn serve(request: &HttpRequest) -> Option<HttpResponse> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let path = request.path().trim_start_matches('/');
    if let Some(asset) = find(path) {
        return Some(respond(asset, request.headers()));
    }
    // A name with a dot is a file's: the page in its stead would hide that an old page asks for what is gone.
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.contains('.') {
        return None;
    }
    Some(find(PAGE).map_or_else(
        || {
            HttpResponse::Ok()
                .content_type("text/html; charset=utf-8")
                .insert_header((header::CACHE_CONTROL, REVALIDATE))
                .body(NOT_BUILT)
        },
        |page| respond(page, request.headers()),
    ))
}

fn respond(asset: &'static Asset, asked: &HeaderMap) -> HttpResponse {
    let (body, encoding) = choose(asset, asked);
    let caching = if asset.fingerprinted {
        IMMUTABLE
    } else {
        REVALIDATE
    };
    let known = asked
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| {
            tags.split(',')
                .any(|tag| tag.trim().trim_start_matches("W/") == asset.etag)
        });
    let mut response = HttpResponse::build(if known {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    });
    response
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::VARY, "accept-encoding"))
        // Weak: the same content in another encoding has other bytes.
        .insert_header((header::ETAG, format!("W/{}", asset.etag)));
    if known {
        return response.finish();
    }
    if let Some(encoding) = encoding {
        response.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static(encoding)));
    }
    response.content_type(content_type(asset.path)).body(body)
}

/// The smallest form that the client takes.
fn choose(asset: &'static Asset, asked: &HeaderMap) -> (&'static [u8], Option<&'static str>) {
    let accepted = asked
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if let Some(brotli) = asset.brotli
        && takes(accepted, "br")
    {
        return (brotli, Some("br"));
    }
    if let Some(gzip) = asset.gzip
        && takes(accepted, "gzip")
    {
        return (gzip, Some("gzip"));
    }
    (asset.plain, None)
}

/// Whether an `accept-encoding` header names this encoding with a weight above 0.
fn takes(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|part| {
        let mut pieces = part.split(';').map(str::trim);
        let named = pieces
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = pieces.any(|piece| {
            piece
                .strip_prefix("q=")
                .and_then(|weight| weight.trim().parse::<f32>().ok())
                .is_some_and(|weight| weight <= 0.0)
        });
        named && !refused
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    static SAMPLE: Asset = Asset {
        path: "app-0123456789abcdef.js",
        plain: b"plain",
        brotli: Some(b"brotli"),
        gzip: Some(b"gzip"),
        etag: "\"abc\"",
        fingerprinted: true,
    };

    fn answer(headers: &[(&'static str, &'static str)]) -> HttpResponse {
        let mut request = TestRequest::get().uri("/app.js");
        for header in headers {
            request = request.insert_header(*header);
        }
        respond(&SAMPLE, request.to_http_request().headers())
    }

    fn encoding(response: &HttpResponse) -> Option<&str> {
        response
            .headers()
            .get(header::CONTENT_ENCODING)
            .and_then(|value| value.to_str().ok())
    }

    #[test]
    fn the_smallest_accepted_encoding_is_served() {
        assert_eq!(
            encoding(&answer(&[("accept-encoding", "gzip, deflate, br, zstd")])),
            Some("br")
        );
        assert_eq!(
            encoding(&answer(&[("accept-encoding", "gzip;q=0.8, br;q=0")])),
            Some("gzip")
        );
        assert_eq!(encoding(&answer(&[])), None);
    }

    #[test]
    fn a_fingerprinted_file_is_kept_forever_and_not_sent_twice() {
        let response = answer(&[("if-none-match", "W/\"abc\"")]);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(
            response.headers().get(header::CACHE_CONTROL).expect("set"),
            IMMUTABLE
        );
        assert_eq!(answer(&[("if-none-match", "\"other\"")]).status(), StatusCode::OK);
    }

    #[test]
    fn a_page_path_gets_the_page_and_a_missing_file_gets_nothing() {
        let get = |path: &str| serve(&TestRequest::get().uri(path).to_http_request());
        let page = get("/keys/123").expect("the page");
        assert_eq!(
            page.headers().get(header::CONTENT_TYPE).expect("set"),
            "text/html; charset=utf-8"
        );
        assert!(get("/app-ffff.js").is_none());
        assert!(serve(&TestRequest::post().uri("/keys").to_http_request()).is_none());
    }
}
