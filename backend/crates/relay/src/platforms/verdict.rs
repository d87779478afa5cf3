//! What an upstream's answer means for its account and for the request, the same for every vendor: each format's error
//! reader has put the vendor's word into our table already. And when the upstream may be asked again.

use chrono::{DateTime, TimeDelta, Utc};
use http::header::HeaderMap;
use std::time::Duration;
use tollgate_scheduler::Observed;
use tollgate_wire::error::{ErrorKind, UpstreamError};

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
/// OpenAI's "Rate limits" documentation: remaining figures, and how long until each is full again (`6m0s`, `120ms`).
const OPENAI_WINDOWS: [(&str, &str); 2] = [
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
];
/// A reset further away than this is a mistake of the upstream's.
const RESET_MAX: TimeDelta = TimeDelta::days(8);

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

/// Reads status and headers. `said` is the vendor's own error, where it gives one in its format; its word goes before the
/// status where it is plain, since errors within a stream have no status.
pub(crate) fn judge(
    status: u16,
    said: Option<&UpstreamError>,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Verdict {
    let Some(meaning) = meaning(status, said) else {
        return Verdict::Good;
    };
    let until = reset(headers, said.and_then(|error| error.retry_after), now);
    let elsewhere = Verdict::TryElsewhere;
    match meaning {
        ErrorKind::Overloaded => elsewhere(Observed::Overloaded { until }, "upstream_overloaded"),
        ErrorKind::RateLimit => elsewhere(Observed::RateLimited { until }, "upstream_rate_limited"),
        ErrorKind::Authentication => elsewhere(Observed::Unauthorized, "upstream_unauthorized"),
        ErrorKind::Billing => elsewhere(Observed::QuotaExhausted { until }, "upstream_quota_exhausted"),
        // The account may not use this model or feature; it may well use others.
        ErrorKind::Permission => elsewhere(Observed::NotPermitted, "upstream_forbidden"),
        ErrorKind::InvalidRequest
        | ErrorKind::NotFound
        | ErrorKind::RequestTooLarge
        | ErrorKind::MethodNotAllowed
            if said.is_some() =>
        {
            Verdict::ClientFault
        }
        // Not in the format: a wrong base URL, or a proxy on the way. No state follows, since a client can provoke it.
        ErrorKind::InvalidRequest => elsewhere(Observed::NotPermitted, "upstream_unusable"),
        ErrorKind::Internal
        | ErrorKind::Unavailable
        | ErrorKind::GatewayTimeout
        | ErrorKind::RequestTimeout => elsewhere(
            Observed::Failed {
                reason: "server error",
            },
            "upstream_failed",
        ),
        // Redirects are not followed: the account's base URL is wrong.
        _ => elsewhere(
            Observed::Failed {
                reason: "unusable answer",
            },
            "upstream_unusable",
        ),
    }
}

/// What vendor and status say together; `None`: nothing is wrong.
fn meaning(status: u16, said: Option<&UpstreamError>) -> Option<ErrorKind> {
    let class = said.and_then(|error| error.class);
    // Words that are never said of a request's own fault count whatever the status.
    if let Some(
        ErrorKind::Overloaded
        | ErrorKind::RateLimit
        | ErrorKind::Authentication
        | ErrorKind::Billing
        | ErrorKind::Permission,
    ) = class
    {
        return class;
    }
    let by_status = match status {
        529 => ErrorKind::Overloaded,
        429 => ErrorKind::RateLimit,
        401 => ErrorKind::Authentication,
        402 => ErrorKind::Billing,
        403 => ErrorKind::Permission,
        408 | 500..=599 => ErrorKind::Internal,
        400..=499 => return class.or(Some(ErrorKind::InvalidRequest)),
        200..=299 if said.is_none() => return None,
        200..=299 => return class.or(Some(ErrorKind::Internal)),
        _ => ErrorKind::BadGateway,
    };
    // A fault of the request that comes as a server error is one all the same.
    match class {
        Some(ErrorKind::InvalidRequest | ErrorKind::NotFound | ErrorKind::RequestTooLarge)
            if by_status == ErrorKind::Internal =>
        {
            class
        }
        _ => Some(by_status),
    }
}

/// When the upstream may be asked again: what it says in `retry-after` or its body, else the latest reset among exhausted
/// windows.
fn reset(headers: &HeaderMap, told: Option<Duration>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    let later = |wait: Duration| now.checked_add_signed(TimeDelta::from_std(wait).ok()?);
    let milliseconds = || {
        let wait = text("retry-after-ms")?.parse().ok()?;
        later(Duration::from_millis(wait))
    };
    let after = || {
        let value = text("retry-after")?;
        match value.parse::<i64>() {
            Ok(seconds) => now.checked_add_signed(TimeDelta::try_seconds(seconds)?),
            Err(_) => DateTime::parse_from_rfc2822(value).ok().map(|at| at.to_utc()),
        }
    };
    let unified = || DateTime::from_timestamp(text(UNIFIED_RESET)?.parse().ok()?, 0);
    let exhausted = |(remaining, _): &&(&str, &str)| text(remaining) == Some("0");
    let windows = || {
        let resets = WINDOWS
            .iter()
            .filter(exhausted)
            .filter_map(|(_, reset)| DateTime::parse_from_rfc3339(text(reset)?).ok());
        resets.map(|at| at.to_utc()).max()
    };
    let openai_windows = || {
        let waits = OPENAI_WINDOWS
            .iter()
            .filter(exhausted)
            .filter_map(|(_, reset)| go_duration(text(reset)?));
        later(waits.max()?)
    };
    let at = milliseconds()
        .or_else(after)
        .or_else(|| later(told?))
        .or_else(unified)
        .or_else(windows)
        .or_else(openai_windows)?;
    (at > now).then(|| at.min(now + RESET_MAX))
}

/// A duration as OpenAI writes it: numbers with the units h, m, s, ms after each other.
fn go_duration(text: &str) -> Option<Duration> {
    let (mut rest, mut total) = (text, Duration::ZERO);
    while !rest.is_empty() {
        let end = rest.find(|next: char| next.is_ascii_alphabetic())?;
        let (number, after) = rest.split_at_checked(end)?;
        let number: f64 = number.parse().ok().filter(|number: &f64| *number >= 0.0)?;
        let length = after
            .find(|next: char| !next.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(length)?;
        let seconds = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = after;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::HeaderName;

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
                until.map(|until| (until - now).num_milliseconds())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_reset_is_what_the_upstream_says() {
        assert_eq!(limited(&[("retry-after", "30")]), Some(30_000));
        assert_eq!(
            limited(&[("retry-after-ms", "1500"), ("retry-after", "2")]),
            Some(1_500)
        );
        assert_eq!(limited(&[("retry-after", "-5")]), None);
        assert_eq!(limited(&[("retry-after", "999999999999999")]), None);
        assert_eq!(limited(&[("retry-after", "99999999")]), Some(8 * 86_400_000));
        assert_eq!(
            limited(&[("anthropic-ratelimit-unified-reset", "1728000060")]),
            Some(60_000)
        );
        let windows = [
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2024-10-04T00:00:20Z"),
            ("anthropic-ratelimit-tokens-remaining", "7"),
            ("anthropic-ratelimit-tokens-reset", "2024-10-04T00:09:00Z"),
        ];
        assert_eq!(limited(&windows), Some(20_000));
        let openai = [
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "1m2.5s"),
            ("x-ratelimit-remaining-tokens", "9"),
            ("x-ratelimit-reset-tokens", "1h0m0s"),
        ];
        assert_eq!(limited(&openai), Some(62_500));
        assert_eq!(limited(&[]), None);
    }

    fn error(class: Option<ErrorKind>) -> UpstreamError {
        UpstreamError {
            class,
            message: "words".to_owned(),
            ..UpstreamError::default()
        }
    }

    #[test]
    fn a_fault_of_the_request_is_told_apart_from_a_fault_of_the_account() {
        let (now, none) = (DateTime::UNIX_EPOCH, HeaderMap::new());
        let fault = error(Some(ErrorKind::InvalidRequest));
        for status in [400, 404, 413, 422] {
            assert_eq!(
                judge(status, Some(&fault), &none, now),
                Verdict::ClientFault,
                "{status}"
            );
            assert_eq!(
                judge(status, None, &none, now),
                Verdict::TryElsewhere(Observed::NotPermitted, "upstream_unusable"),
                "{status}"
            );
        }
        // OpenAI calls a wrong key an invalid request as well.
        let verdict = judge(401, Some(&fault), &none, now);
        assert_eq!(
            verdict,
            Verdict::TryElsewhere(Observed::Unauthorized, "upstream_unauthorized")
        );
        for status in [301, 401, 402, 403, 408, 429, 500, 502, 529] {
            let verdict = judge(status, None, &none, now);
            assert!(matches!(verdict, Verdict::TryElsewhere(..)), "{status}");
        }
        assert_eq!(judge(200, None, &none, now), Verdict::Good);
        for (status, class) in [
            (200, ErrorKind::Overloaded),
            (400, ErrorKind::Billing),
            (429, ErrorKind::Billing),
        ] {
            let verdict = judge(status, Some(&error(Some(class))), &none, now);
            assert!(matches!(verdict, Verdict::TryElsewhere(..)), "{status}");
        }
        let verdict = judge(429, Some(&error(Some(ErrorKind::Billing))), &none, now);
        assert!(
            matches!(verdict, Verdict::TryElsewhere(Observed::QuotaExhausted { .. }, _)),
            "{verdict:?}"
        );
    }
}
