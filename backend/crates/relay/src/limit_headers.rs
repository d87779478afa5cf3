//! What is left of a key's windows, in the headers that its client knows: Anthropic's for Claude's format, OpenAI's for
//! its own. Gemini's format has none. Only limits that exist are told, and of each metric the tightest window; no
//! upstream's own figures ever pass, since they are an account's and none of the client's business.
//! Never in here: the windows themselves.
//!
//! Facts: Anthropic's "Rate limits" (`reset` is an RFC 3339 time "when the limit will be fully replenished") and OpenAI's
//! (`reset` is how long "until the rate limit resets to its initial state", as Go writes durations: `1s`, `6m0s`).

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::time::Duration;
use tollgate_limits::{Headroom, Left};
use tollgate_wire::format::ClientFormat;

/// Limit, remaining, reset.
type Names = [HeaderName; 3];

const CLAUDE_REQUESTS: Names = [
    HeaderName::from_static("anthropic-ratelimit-requests-limit"),
    HeaderName::from_static("anthropic-ratelimit-requests-remaining"),
    HeaderName::from_static("anthropic-ratelimit-requests-reset"),
];
const CLAUDE_TOKENS: Names = [
    HeaderName::from_static("anthropic-ratelimit-tokens-limit"),
    HeaderName::from_static("anthropic-ratelimit-tokens-remaining"),
    HeaderName::from_static("anthropic-ratelimit-tokens-reset"),
];
const OPENAI_REQUESTS: Names = [
    HeaderName::from_static("x-ratelimit-limit-requests"),
    HeaderName::from_static("x-ratelimit-remaining-requests"),
    HeaderName::from_static("x-ratelimit-reset-requests"),
];
const OPENAI_TOKENS: Names = [
    HeaderName::from_static("x-ratelimit-limit-tokens"),
    HeaderName::from_static("x-ratelimit-remaining-tokens"),
    HeaderName::from_static("x-ratelimit-reset-tokens"),
];

/// What is left, and when that was so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) headroom: Headroom,
    pub(crate) at: DateTime<Utc>,
}

/// Puts it into an answer.
pub(crate) fn put(headers: &mut HeaderMap, format: ClientFormat, standing: Standing) {
    let Standing { headroom, at } = standing;
    let (requests, tokens, reset): (_, _, &dyn Fn(Duration) -> String) = match format {
        ClientFormat::Claude => (&CLAUDE_REQUESTS, &CLAUDE_TOKENS, &|wait| instant(at, wait)),
        ClientFormat::Chat | ClientFormat::Completions | ClientFormat::Responses => {
            (&OPENAI_REQUESTS, &OPENAI_TOKENS, &go_duration)
        }
        ClientFormat::Gemini => return,
    };
    let mut put = |names: &Names, left: Option<Left>| {
        let Some(left) = left else { return };
        let texts = [
            left.limit.to_string(),
            left.remaining.to_string(),
            reset(left.full_after),
        ];
        for (name, text) in names.iter().zip(texts) {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name.clone(), value);
            }
        }
    };
    put(requests, headroom.requests);
    put(tokens, headroom.tokens);
}

/// So long after a moment, in whole seconds, rounded up: who comes then finds it so.
pub(crate) fn instant(at: DateTime<Utc>, wait: Duration) -> String {
    let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
    let then = at.checked_add_signed(wait).unwrap_or(at);
    let rest = TimeDelta::nanoseconds(i64::from(then.timestamp_subsec_nanos()));
    let whole = if rest.is_zero() {
        then
    } else {
        then - rest + TimeDelta::seconds(1)
    };
    whole.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn go_duration(wait: Duration) -> String {
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(format: ClientFormat, headroom: &Headroom) -> Vec<(String, String)> {
        let mut headers = HeaderMap::new();
        let at = "2026-11-30T12:00:00.250Z".parse().unwrap();
        let headroom = *headroom;
        put(&mut headers, format, Standing { headroom, at });
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        let mut told: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        told.sort();
        told
    }

    #[test]
    fn what_is_left_is_told_in_the_client_s_own_words_and_nothing_of_limits_that_are_not_there() {
        let left = |limit, remaining, ms| Left {
            limit,
            remaining,
            full_after: Duration::from_millis(ms),
        };
        let both = Headroom {
            requests: Some(left(10, 4, 60_629)),
            tokens: Some(left(5_000, 0, 3_600_000)),
        };
        let pairs = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            told(ClientFormat::Claude, &both),
            pairs(&[
                ("anthropic-ratelimit-requests-limit", "10"),
                ("anthropic-ratelimit-requests-remaining", "4"),
                ("anthropic-ratelimit-requests-reset", "2026-11-30T12:01:01Z"),
                ("anthropic-ratelimit-tokens-limit", "5000"),
                ("anthropic-ratelimit-tokens-remaining", "0"),
                ("anthropic-ratelimit-tokens-reset", "2026-11-30T13:00:01Z"),
            ])
        );
        assert_eq!(
            told(ClientFormat::Responses, &both),
            pairs(&[
                ("x-ratelimit-limit-requests", "10"),
                ("x-ratelimit-limit-tokens", "5000"),
                ("x-ratelimit-remaining-requests", "4"),
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-requests", "1m1s"),
                ("x-ratelimit-reset-tokens", "1h0m0s"),
            ])
        );
        assert_eq!(told(ClientFormat::Gemini, &both), []);
        let one = Headroom {
            requests: Some(left(3, 3, 0)),
            tokens: None,
        };
        assert_eq!(
            told(ClientFormat::Chat, &one),
            pairs(&[
                ("x-ratelimit-limit-requests", "3"),
                ("x-ratelimit-remaining-requests", "3"),
                ("x-ratelimit-reset-requests", "0s"),
            ])
        );
    }
}
