//! When an upstream may be asked again, as its headers and body tell it. Ends in the past and far away are passed on as
//! they are: the scheduler bounds them and says so.

use chrono::{DateTime, TimeDelta, Utc};
use http::header::HeaderMap;
use std::time::Duration;
use tollgate_wire::error::UpstreamError;

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
/// OpenAI's "Rate limits" documentation: remaining figures, and how long until each is full again (`6m0s`, `120ms`).
const OPENAI_WINDOWS: [(&str, &str); 2] = [
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
];

/// A header's value as text.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.trim()).filter(|text| !text.is_empty())
}

/// What it says in `retry-after` or its body, else the latest end among limits that are used up.
pub(super) fn after(
    headers: &HeaderMap,
    said: Option<&UpstreamError>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let later = |wait: Duration| now.checked_add_signed(TimeDelta::from_std(wait).ok()?);
    retry_after(headers, now)
        .or_else(|| later(said?.retry_after?))
        .or_else(|| named(said?.limit.resets_at?))
        .or_else(|| anthropic(headers))
        .or_else(|| later(openai(headers)?))
}

/// `retry-after-ms` (OpenAI's SDKs and Azure), else `retry-after` (RFC 9110, section 10.2.3): seconds or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let milliseconds = || text(headers, "retry-after-ms")?.parse::<u32>().ok();
    if let Some(wait) = milliseconds() {
        return now.checked_add_signed(TimeDelta::milliseconds(wait.into()));
    }
    let value = text(headers, "retry-after")?;
    match value.parse::<i64>() {
        Ok(seconds) if seconds > 0 => now.checked_add_signed(TimeDelta::try_seconds(seconds)?),
        Ok(_) => None,
        Err(_) => DateTime::parse_from_rfc2822(value).ok().map(|at| at.to_utc()),
    }
}

/// Seconds since 1970.
pub(super) fn named(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}

fn anthropic(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let is_used_up = |(remaining, _): &&(&str, &str)| text(headers, remaining) == Some("0");
    let ends = WINDOWS
        .iter()
        .filter(is_used_up)
        .filter_map(|(_, reset)| DateTime::parse_from_rfc3339(text(headers, reset)?).ok());
    ends.map(|at| at.to_utc()).max()
}

fn openai(headers: &HeaderMap) -> Option<Duration> {
    let is_used_up = |(remaining, _): &&(&str, &str)| text(headers, remaining) == Some("0");
    let waits = OPENAI_WINDOWS
        .iter()
        .filter(is_used_up)
        .filter_map(|(_, reset)| go_duration(text(headers, reset)?));
    waits.max()
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
