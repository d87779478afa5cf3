//! Which of a client's headers may go to an upstream: an allow-list per format, so that credentials, cookies, addresses
//! and whatever belongs to the hop never leave. Where the request was translated nothing of the client's passes: its
//! headers speak of another format, and the request is ours.

use actix_web::http::header::HeaderMap as ClientHeaders;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// What ties requests of OpenAI's clients together, or to an answer of before. Values of two tenants could be the same.
const SESSIONS: [&str; 7] = [
    "conversation_id",
    "idempotency-key",
    "session-id",
    "session_id",
    "thread-id",
    "x-client-request-id",
    "x-codex-turn-state",
];

/// Takes out what must not meet another tenant's on a shared account.
pub(super) fn forget_sessions(headers: &mut HeaderMap) {
    for name in SESSIONS {
        headers.remove(name);
    }
}

/// What passes to one vendor.
struct Allowed {
    names: &'static [&'static str],
    /// Beginnings of names of which every member passes, but for those kept back.
    families: &'static [&'static str],
    kept_back: &'static [&'static str],
}

/// What the client is (`user-agent`, `x-app`) and which version and betas it speaks decides how the vendor answers, so it
/// must arrive unchanged: the format's own family, the SDKs' telemetry, Claude Code's session. Kept back are the vendor's
/// answer to somebody else and a browser's permission for its own page.
const ANTHROPIC: Allowed = Allowed {
    names: &["user-agent", "x-app", "x-client-request-id"],
    families: &["anthropic-", "x-stainless-", "x-claude-"],
    kept_back: &[
        "anthropic-organization-id",
        "anthropic-dangerous-direct-browser-access",
    ],
};
/// What the client is, which betas it speaks, Codex's session and thread (the vendor's cache goes by them). Kept back are
/// organisation and project: they are the account's to say.
const OPENAI: Allowed = Allowed {
    names: &[
        "user-agent",
        "openai-beta",
        "originator",
        "session-id",
        "session_id",
        "conversation_id",
        "thread-id",
        "x-client-request-id",
        "idempotency-key",
    ],
    families: &["x-stainless-", "x-codex-"],
    kept_back: &[],
};
/// What the client is. `x-goog-user-project` is the account's to say.
const GOOGLE: Allowed = Allowed {
    names: &["user-agent", "x-goog-api-client"],
    families: &[],
    kept_back: &[],
};

/// Asked for where the client names no version; Anthropic refuses requests without one.
const VERSION: &str = "anthropic-version";
const VERSION_DEFAULT: &str = "2023-06-01";
/// What Bedrock's streams are.
const AWS_EVENT_STREAM: &str = "application/vnd.amazon.eventstream";
const JSON: &str = "application/json";

/// For an upstream that speaks Claude's format, without the credential.
pub(super) fn claude(client: &ClientHeaders, passes: bool) -> HeaderMap {
    let mut headers = passed(client, passes, &ANTHROPIC);
    if !headers.contains_key(VERSION) {
        headers.insert(VERSION, HeaderValue::from_static(VERSION_DEFAULT));
    }
    headers
}

/// For an upstream that speaks OpenAI's formats, without the credential.
pub(super) fn openai(client: &ClientHeaders, passes: bool) -> HeaderMap {
    passed(client, passes, &OPENAI)
}

/// For Google's upstreams, without the credential.
pub(super) fn google(client: &ClientHeaders, passes: bool) -> HeaderMap {
    passed(client, passes, &GOOGLE)
}

/// For Bedrock, which knows nothing of any client's headers: betas stand in the body there.
pub(super) fn bedrock(stream: bool) -> HeaderMap {
    let mut headers = ours();
    let accept = if stream { AWS_EVENT_STREAM } else { JSON };
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    headers
}

/// What every request carries.
fn ours() -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(24);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    // Usage is read on the way, so answers must come plain; whether they stream is said in body or path, and what the client
    // would accept is between it and us.
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let agent = concat!("tollgate/", env!("CARGO_PKG_VERSION"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
    headers
}

fn passed(client: &ClientHeaders, passes: bool, allowed: &Allowed) -> HeaderMap {
    let mut headers = ours();
    if !passes {
        return headers;
    }
    if client.contains_key(actix_web::http::header::USER_AGENT) {
        headers.remove(header::USER_AGENT);
    }
    for (name, value) in client {
        let name = name.as_str();
        if allowed.has(name)
            && let Ok(name) = HeaderName::from_bytes(name.as_bytes())
            && let Ok(value) = HeaderValue::from_bytes(value.as_bytes())
        {
            headers.append(name, value);
        }
    }
    headers
}

impl Allowed {
    fn has(&self, name: &str) -> bool {
        let family =
            || self.families.iter().any(|family| name.starts_with(family)) && !self.kept_back.contains(&name);
        self.names.contains(&name) || family()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    const PRIVATE: [&str; 12] = [
        "cookie",
        "x-api-key",
        "x-goog-api-key",
        "api-key",
        "authorization",
        "x-forwarded-for",
        "anthropic-organization-id",
        "openai-organization",
        "openai-project",
        "x-goog-user-project",
        "connection",
        "x-amz-security-token",
    ];

    fn client() -> ClientHeaders {
        let mut request = TestRequest::default()
            .insert_header(("anthropic-beta", "a"))
            .append_header(("anthropic-beta", "b"))
            .insert_header(("x-stainless-lang", "py"))
            .insert_header(("x-claude-code-session-id", "s"))
            .insert_header(("x-codex-turn-state", "t"))
            .insert_header(("user-agent", "claude-cli/2.1.330"))
            .insert_header(("accept-encoding", "gzip"));
        for name in PRIVATE {
            request = request.insert_header((name, "secret"));
        }
        request.to_http_request().headers().clone()
    }

    #[test]
    fn what_identifies_the_client_passes_and_what_is_private_does_not() {
        let client = client();
        for headers in [
            claude(&client, true),
            openai(&client, true),
            google(&client, true),
        ] {
            assert_eq!(headers.get("accept-encoding").unwrap(), "identity");
            assert_eq!(headers.get_all("user-agent").iter().count(), 1);
            assert_eq!(headers.get("user-agent").unwrap(), "claude-cli/2.1.330");
            for name in PRIVATE {
                assert!(!headers.contains_key(name), "{name}");
            }
        }
        let headers = claude(&client, true);
        assert_eq!(headers.get_all("anthropic-beta").iter().count(), 2);
        assert_eq!(headers.get(VERSION).unwrap(), VERSION_DEFAULT);
        assert!(openai(&client, true).contains_key("x-codex-turn-state"));
    }

    #[test]
    fn a_translated_request_speaks_for_itself() {
        let client = client();
        let headers = openai(&client, false);
        assert!(
            headers
                .get("user-agent")
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("tollgate/")
        );
        for name in ["anthropic-beta", "x-stainless-lang", "x-codex-turn-state"] {
            assert!(!headers.contains_key(name), "{name}");
        }
    }
}
