//! Requests in the forms that vendors take. Never in here: what they say, and sending.

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

/// We ask under our own name.
const AGENT: &str = concat!("tollgate/", env!("CARGO_PKG_VERSION"));

/// A form of names and values (RFC 6749, appendix B).
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Posts a form.
pub(crate) fn post_form(url: &Url, pairs: &[(&str, &str)]) -> Request<Bytes> {
    let body = Bytes::from(form(pairs));
    made(Method::POST, url, Some("application/x-www-form-urlencoded"), body)
}

/// Posts JSON.
pub(crate) fn post_json(url: &Url, value: &Value) -> Request<Bytes> {
    let body = Bytes::from(value.to_string());
    made(Method::POST, url, Some("application/json"), body)
}

/// Asks for a resource.
pub(crate) fn get(url: &Url) -> Request<Bytes> {
    made(Method::GET, url, None, Bytes::new())
}

/// The address of an API's path below an account's base address.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    let whole = format!("{}{path}", base.path().trim_end_matches('/'));
    url.set_path(&whole);
    url
}

/// With an access token (RFC 6750, section 2.1). A token that can't stand in a header is left out: the vendor then says
/// that the request has none.
pub(crate) fn with_bearer(mut request: Request<Bytes>, token: &SecretString) -> Request<Bytes> {
    if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())) {
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    request
}

fn made(method: Method, url: &Url, content: Option<&'static str>, body: Bytes) -> Request<Bytes> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    // An http address of up to 64 KB is always read. What is none has no host afterwards, and no client sends that.
    *request.uri_mut() = url.as_str().parse::<Uri>().unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    // Nobody here unpacks answers.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(content) = content {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content));
    }
    request
}
