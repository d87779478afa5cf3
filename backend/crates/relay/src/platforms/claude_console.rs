//! Claude with a base URL and an API key of one's own: Anthropic's API, or another service that speaks its format.

use super::headers;
use actix_web::http::header::HeaderMap as ClientHeaders;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use http_body_util::Full;
use secrecy::ExposeSecret;
use tollgate_scheduler::{Credential, Observed, UpstreamAccount};
use tollgate_wire::claude::UpstreamError;

/// The path of a message below an account's base URL.
const MESSAGES: &str = "/v1/messages";
/// Anthropic's own keys begin so and go into `x-api-key`; other services take bearer tokens, and some nothing else.
const ANTHROPIC_KEY: &str = "sk-ant-";
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Anthropic's "Rate limits" documentation: remaining figures, and RFC 3339 instants at which each is full again.
const WINDOWS: [(&str, &str); 4] = [
    (
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ),
    (
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ),
    (
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
    ),
    (
        "anthropic-ratelimit-output-tokens-remaining",
        "anthropic-ratelimit-output-tokens-reset",
    ),
];
/// Of subscriptions, in seconds since 1970 (as v1 reads it).
const UNIFIED_RESET: &str = "anthropic-ratelimit-unified-reset";
/// A reset further away than this is a mistake of the upstream's.
const RESET_MAX: TimeDelta = TimeDelta::days(8);

/// The request as it goes to the account's upstream.
///
/// # Errors
/// If base URL or credential can't stand in a request.
pub(crate) fn request(
    account: &UpstreamAccount,
    client: &ClientHeaders,
    query: &str,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let base = account.base_url.as_str().trim_end_matches('/');
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{query}")
    };
    let uri: Uri = format!("{base}{MESSAGES}{query}").parse()?;
    // The contract lets accounts of this platform have API keys alone.
    let credential = match &account.credential {
        Credential::ApiKey(secret) | Credential::Bearer(secret) => secret.expose_secret(),
        Credential::Aws { .. } => "",
    };
    let (name, value) = if credential.starts_with(ANTHROPIC_KEY) {
        (X_API_KEY, HeaderValue::from_str(credential)?)
    } else {
        (
            header::AUTHORIZATION,
            HeaderValue::from_str(&format!("Bearer {credential}"))?,
        )
    };
    let mut value = value;
    value.set_sensitive(true);
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers::upstream(client);
    request.headers_mut().insert(name, value);
    Ok(request)
}

/// What an answer's status means for its account and for the request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// An answer.
    Good,
    /// The request itself is at fault: the client is told, no other account would say otherwise.
    ClientFault,
    /// This account can't answer it; another one may.
    TryElsewhere(Observed, &'static str),
}

/// How Anthropic's API begins the message with which it refuses an account without credit, as a fault of the request.
const NO_CREDIT: &str = "Your credit balance is too low";

/// Reads status and headers. `said` is the vendor's own error, where it gives one in this format; its word goes before
/// the status, since errors within a stream have no status.
pub(crate) fn judge(
    status: u16,
    said: Option<&UpstreamError>,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Verdict {
    let until = || reset(headers, now);
    if said.is_some_and(|error| error.message.starts_with(NO_CREDIT)) {
        return Verdict::TryElsewhere(
            Observed::QuotaExhausted { until: until() },
            "upstream_quota_exhausted",
        );
    }
    match (said.map(|error| error.kind.as_str()), status) {
        (Some("overloaded_error"), _) | (_, 529) => {
            Verdict::TryElsewhere(Observed::Overloaded { until: until() }, "upstream_overloaded")
        }
        (Some("rate_limit_error"), _) | (_, 429) => {
            Verdict::TryElsewhere(Observed::RateLimited { until: until() }, "upstream_rate_limited")
        }
        (Some("authentication_error"), _) | (_, 401) => {
            Verdict::TryElsewhere(Observed::Unauthorized, "upstream_unauthorized")
        }
        (Some("billing_error"), _) | (_, 402) => Verdict::TryElsewhere(
            Observed::QuotaExhausted { until: until() },
            "upstream_quota_exhausted",
        ),
        // The account may not use this model or feature; it may well use others.
        (Some("permission_error"), _) | (_, 403) => {
            Verdict::TryElsewhere(Observed::NotPermitted, "upstream_forbidden")
        }
        (Some("invalid_request_error" | "not_found_error" | "request_too_large"), _) => Verdict::ClientFault,
        (None, 200..=299) => Verdict::Good,
        (_, 408 | 500..=599) => Verdict::TryElsewhere(
            Observed::Failed {
                reason: "server error",
            },
            "upstream_failed",
        ),
        (Some(_), 400..=499) => Verdict::ClientFault,
        // Not in the format: a wrong base URL, or a proxy on the way. No state follows, since a client can provoke it.
        (None, 400..=499) => Verdict::TryElsewhere(Observed::NotPermitted, "upstream_unusable"),
        // Redirects are not followed: the account's base URL is wrong.
        _ => Verdict::TryElsewhere(
            Observed::Failed {
                reason: "unusable answer",
            },
            "upstream_unusable",
        ),
    }
}

/// When the upstream may be asked again: what it says in `retry-after`, else the latest reset among exhausted windows.
fn reset(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    let after = || {
        let value = text("retry-after")?;
        match value.parse::<i64>() {
            Ok(seconds) => now.checked_add_signed(TimeDelta::try_seconds(seconds)?),
            Err(_) => DateTime::parse_from_rfc2822(value).ok().map(|at| at.to_utc()),
        }
    };
    let unified = || DateTime::from_timestamp(text(UNIFIED_RESET)?.parse().ok()?, 0);
    let windows = || {
        let exhausted = WINDOWS
            .iter()
            .filter(|(remaining, _)| text(remaining) == Some("0"));
        let resets = exhausted.filter_map(|(_, reset)| DateTime::parse_from_rfc3339(text(reset)?).ok());
        resets.map(|at| at.to_utc()).max()
    };
    let at = after().or_else(unified).or_else(windows)?;
    (at > now).then(|| at.min(now + RESET_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn limited(pairs: &[(&'static str, &str)]) -> Option<i64> {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        match judge(429, None, &headers(pairs), now) {
            Verdict::TryElsewhere(Observed::RateLimited { until }, _) => {
                until.map(|until| (until - now).num_seconds())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_reset_is_what_the_upstream_says() {
        assert_eq!(limited(&[("retry-after", "30")]), Some(30));
        assert_eq!(limited(&[("retry-after", "-5")]), None);
        assert_eq!(limited(&[("retry-after", "999999999999999")]), None);
        assert_eq!(limited(&[("retry-after", "99999999")]), Some(8 * 86_400));
        assert_eq!(
            limited(&[("anthropic-ratelimit-unified-reset", "1728000060")]),
            Some(60)
        );
        let windows = [
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2024-10-04T00:00:20Z"),
            ("anthropic-ratelimit-tokens-remaining", "7"),
            ("anthropic-ratelimit-tokens-reset", "2024-10-04T00:09:00Z"),
        ];
        assert_eq!(limited(&windows), Some(20));
        assert_eq!(limited(&[]), None);
    }

    #[test]
    fn a_fault_of_the_request_is_told_apart_from_a_fault_of_the_account() {
        let now = DateTime::UNIX_EPOCH;
        let none = HeaderMap::new();
        let error = |kind: &str, message: &str| UpstreamError {
            kind: kind.to_owned(),
            message: message.to_owned(),
        };
        let fault = error("invalid_request_error", "max_tokens: too many");
        for status in [400, 404, 413, 422] {
            assert_eq!(
                judge(status, Some(&fault), &none, now),
                Verdict::ClientFault,
                "{status}"
            );
            let page = judge(status, None, &none, now);
            assert_eq!(
                page,
                Verdict::TryElsewhere(Observed::NotPermitted, "upstream_unusable"),
                "{status}"
            );
        }
        for status in [301, 401, 402, 403, 408, 429, 500, 502, 529] {
            let verdict = judge(status, None, &none, now);
            assert!(matches!(verdict, Verdict::TryElsewhere(..)), "{status}");
        }
        assert_eq!(judge(200, None, &none, now), Verdict::Good);
        let overloaded = error("overloaded_error", "Overloaded");
        let verdict = judge(200, Some(&overloaded), &none, now);
        assert!(matches!(verdict, Verdict::TryElsewhere(..)));
        let broke = error(
            "invalid_request_error",
            "Your credit balance is too low to access the API.",
        );
        let verdict = judge(400, Some(&broke), &none, now);
        assert!(
            matches!(verdict, Verdict::TryElsewhere(Observed::QuotaExhausted { .. }, _)),
            "{verdict:?}"
        );
    }
}
