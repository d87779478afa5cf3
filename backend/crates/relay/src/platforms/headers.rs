//! Which of a client's headers may go to an upstream that speaks Claude's format: an allow-list, so that credentials,
//! cookies, addresses and whatever belongs to the hop never leave.

use actix_web::http::header::HeaderMap as ClientHeaders;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Passed as they are. What the client is (`user-agent`, `x-app`) and which version and betas it speaks decides how the
/// vendor answers, so it must arrive unchanged.
const PASSED: [&str; 4] = ["user-agent", "accept", "x-app", "x-client-request-id"];
/// Families of which every member is passed: the format's own, the SDKs' telemetry, Claude Code's session.
const PASSED_FAMILIES: [&str; 3] = ["anthropic-", "x-stainless-", "x-claude-"];
/// Of those families, what is the vendor's answer to somebody else or a browser's permission for its own page.
const KEPT_BACK: [&str; 2] = [
    "anthropic-organization-id",
    "anthropic-dangerous-direct-browser-access",
];
/// Asked for where the client names no version; the vendor refuses requests without one.
const VERSION: &str = "anthropic-version";
const VERSION_DEFAULT: &str = "2023-06-01";

/// The headers of an upstream request, without the credential.
pub(super) fn upstream(client: &ClientHeaders) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(24);
    for (name, value) in client {
        let name = name.as_str();
        if is_passed(name)
            && let Ok(name) = HeaderName::from_bytes(name.as_bytes())
            && let Ok(value) = HeaderValue::from_bytes(value.as_bytes())
        {
            headers.append(name, value);
        }
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // Usage is read on the way, so answers must come plain.
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if !headers.contains_key(VERSION) {
        headers.insert(VERSION, HeaderValue::from_static(VERSION_DEFAULT));
    }
    if !headers.contains_key(header::USER_AGENT) {
        let ours = concat!("tollgate/", env!("CARGO_PKG_VERSION"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(ours));
    }
    headers
}

fn is_passed(name: &str) -> bool {
    let family =
        || PASSED_FAMILIES.iter().any(|family| name.starts_with(family)) && !KEPT_BACK.contains(&name);
    PASSED.contains(&name) || family()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn what_identifies_the_client_passes_and_what_is_private_does_not() {
        let request = TestRequest::default()
            .insert_header(("anthropic-beta", "a"))
            .append_header(("anthropic-beta", "b"))
            .insert_header(("x-stainless-lang", "py"))
            .insert_header(("x-claude-code-session-id", "s"))
            .insert_header(("cookie", "c"))
            .insert_header(("x-api-key", "cr_secret"))
            .insert_header(("authorization", "Bearer cr_secret"))
            .insert_header(("x-forwarded-for", "203.0.113.7"))
            .insert_header(("anthropic-organization-id", "org"))
            .insert_header(("accept-encoding", "gzip"))
            .to_http_request();
        let headers = upstream(request.headers());
        assert_eq!(headers.get_all("anthropic-beta").iter().count(), 2);
        assert_eq!(headers.get("accept-encoding").unwrap(), "identity");
        assert_eq!(headers.get(VERSION).unwrap(), VERSION_DEFAULT);
        for name in [
            "cookie",
            "x-api-key",
            "authorization",
            "x-forwarded-for",
            "anthropic-organization-id",
        ] {
            assert!(!headers.contains_key(name), "{name}");
        }
    }
}
