//! The cookie that carries a browser's refresh token: no script can read it, no other site or origin can use it, and only
//! the sign-in paths ever get it.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderValue};
use std::time::Duration;
use tollgate_http::SecurityPolicy;

/// The cookie's name.
pub(crate) const NAME: &str = "tollgate_refresh";
const PATH: &str = "/api/v2/auth";
/// Longest token read; ours have 64 characters.
const TOKEN_MAX: usize = 200;

/// Whether a page of ours, or of an origin that the operator lists, made the browser send the request. `SameSite` keeps
/// other sites out, but neighbours below the same domain count as the same site.
pub(super) fn is_ours_to_read(request: &HttpRequest, policy: &SecurityPolicy) -> bool {
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    match site {
        None | Some(b"same-origin" | b"none") => true,
        Some(_) => request
            .headers()
            .get(header::ORIGIN)
            .is_some_and(|origin| policy.allows(origin)),
    }
}

/// The refresh token that a browser sends.
pub(super) fn read(request: &HttpRequest, policy: &SecurityPolicy) -> Option<String> {
    if !is_ours_to_read(request, policy) {
        return None;
    }
    let cookies = request
        .headers()
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == NAME && !value.is_empty() && value.len() <= TOKEN_MAX)
        .map(|(_, value)| value.to_owned())
}

/// `Set-Cookie` that stores a token for as long as its session lives.
pub(super) fn store(token: &str, lifetime: Duration, https: bool) -> Option<HeaderValue> {
    write(token, lifetime.as_secs(), https)
}

/// `Set-Cookie` that takes the token away.
pub(super) fn clear(https: bool) -> Option<HeaderValue> {
    write("", 0, https)
}

fn write(value: &str, max_age: u64, https: bool) -> Option<HeaderValue> {
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{NAME}={value}; Path={PATH}; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let text = store("abc", Duration::from_mins(1), true).unwrap();
        assert_eq!(
            text,
            "tollgate_refresh=abc; Path=/api/v2/auth; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
        );
        assert!(
            !store("abc", Duration::from_mins(1), false)
                .unwrap()
                .to_str()
                .unwrap()
                .contains("Secure")
        );
    }

    fn read_from(headers: &[(&'static str, &'static str)]) -> Option<String> {
        let listed = vec!["https://console.example.com".to_owned()];
        let policy = SecurityPolicy::new(true, "", listed);
        let request = headers.iter().fold(TestRequest::post(), |request, header| {
            request.insert_header(*header)
        });
        read(&request.to_http_request(), &policy)
    }

    #[test]
    fn it_is_found_among_others() {
        assert_eq!(
            read_from(&[("cookie", "a=b; tollgate_refresh=abc; c=d")]).as_deref(),
            Some("abc")
        );
        assert_eq!(read_from(&[("cookie", "tollgate_refresh=")]), None);
    }

    #[test]
    fn pages_of_other_origins_cannot_use_it_unless_they_are_listed() {
        let from = |site, origin| {
            read_from(&[
                ("cookie", "tollgate_refresh=abc"),
                ("sec-fetch-site", site),
                ("origin", origin),
            ])
        };
        assert!(from("same-origin", "https://tollgate.example.com").is_some());
        assert!(from("none", "null").is_some());
        assert!(from("same-site", "https://console.example.com").is_some());
        assert_eq!(from("same-site", "https://blog.example.com"), None);
        assert_eq!(from("cross-site", "https://evil.example.net"), None);
        assert_eq!(from("cross-site", "null"), None);
    }
}
