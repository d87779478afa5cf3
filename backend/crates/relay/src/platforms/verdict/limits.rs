//! The kinds of a 429: a limit of seconds or minutes, what a subscription may use in hours or days, or one model's limit.
//! They share a status, and what a subscription's headers say of its windows stands on every answer: an end hours away is
//! only the end of *this* refusal if the vendor says that the window is why.

use super::resets::{self, text};
use super::{Blame, Heard, Learnt};
use chrono::{DateTime, Days, NaiveTime, TimeZone, Utc};
use chrono_tz::America::Los_Angeles;
use http::header::HeaderMap;
use tollgate_contract::platform::Platform;
use tollgate_scheduler::Observed;
use tollgate_wire::error::LimitSpan;

const CODE: &str = "upstream_rate_limited";
const USED_UP: &str = "upstream_window_used_up";
/// A Claude subscription's windows, on every answer (as Claude Code reads them): whether this request was let through,
/// which window decided, and when that one begins anew, in seconds since 1970.
const STATUS: &str = "anthropic-ratelimit-unified-status";
const CLAIM: &str = "anthropic-ratelimit-unified-representative-claim";
const RESET: &str = "anthropic-ratelimit-unified-reset";
const REJECTED: &str = "rejected";

/// A window of Claude's subscriptions: its claim, its name in headers, what a person reads, and the family of models that
/// it counts if not all.
struct ClaudeWindow {
    claim: &'static str,
    name: &'static str,
    length: &'static str,
    words: &'static str,
    family: Option<&'static str>,
}

const CLAUDE_WINDOWS: [ClaudeWindow; 4] = [
    ClaudeWindow {
        claim: "five_hour",
        name: "5h",
        length: "5h",
        words: "its 5-hour window is used up",
        family: None,
    },
    ClaudeWindow {
        claim: "seven_day",
        name: "7d",
        length: "7d",
        words: "its 7-day window is used up",
        family: None,
    },
    ClaudeWindow {
        claim: "seven_day_opus",
        name: "7d_opus",
        length: "7d",
        words: "",
        family: Some("opus"),
    },
    ClaudeWindow {
        claim: "seven_day_sonnet",
        name: "7d_sonnet",
        length: "7d",
        words: "",
        family: Some("sonnet"),
    },
];

/// Why an account refuses with 429, and until when.
pub(super) fn blame(heard: &Heard<'_>) -> Blame {
    if let Some(blame) = claude(heard) {
        return blame;
    }
    let limit = heard.said.map(|said| said.limit.clone()).unwrap_or_default();
    let until = resets::after(heard.headers, heard.said, heard.now);
    let (window, until) = match limit.span {
        Some(LimitSpan::Plan) => {
            let named = limit.resets_at.and_then(resets::named);
            let until = named.or_else(|| codex(heard.headers, heard.now)).or(until);
            ("5h", until)
        }
        Some(LimitSpan::Day) if heard.platform == Platform::Gemini => {
            ("1d", until.or_else(|| midnight_pacific(heard.now)))
        }
        Some(LimitSpan::Day) => ("1d", until),
        Some(LimitSpan::Minute) | None => ("1m", until),
    };
    // Quotas of Bedrock and Azure are each model's (AWS, "Quotas for Amazon Bedrock"; Microsoft, "Azure OpenAI quotas and
    // limits"), without their errors saying so.
    let always = matches!(heard.platform, Platform::Bedrock | Platform::AzureOpenAi);
    if (limit.one_model || always) && !heard.model.is_empty() {
        return closed(window, None, until);
    }
    match limit.span {
        Some(LimitSpan::Plan) => {
            let what = "what its subscription may use is used up";
            Blame::new(Observed::WindowUsedUp { what, until }, USED_UP)
        }
        Some(LimitSpan::Day) => {
            let what = "what it may use in a day is used up";
            Blame::new(Observed::WindowUsedUp { what, until }, USED_UP)
        }
        Some(LimitSpan::Minute) | None => Blame::new(Observed::RateLimited { until }, CODE),
    }
}

/// Whether a model is of a family: `opus` in `claude-opus-4-6`.
pub(super) fn is_of(model: &str, family: &str) -> bool {
    model.split(['-', '.', '/', ':']).any(|word| word == family)
}

fn closed(window: &'static str, family: Option<&'static str>, until: Option<DateTime<Utc>>) -> Blame {
    Blame {
        observed: Observed::ModelLimited { until },
        code: "upstream_model_limited",
        learnt: Learnt::Closed {
            window,
            family,
            until,
        },
    }
}

/// A window of a Claude subscription, if one is why. Without the status (older answers), the end of a window counts only
/// where nothing else says when to come again.
fn claude(heard: &Heard<'_>) -> Option<Blame> {
    let end = |name: &str| text(heard.headers, name)?.parse().ok().and_then(resets::named);
    match text(heard.headers, STATUS) {
        Some(REJECTED) => {}
        Some(_) => return None,
        None if resets::after(heard.headers, heard.said, heard.now).is_some() => return None,
        None => {
            end(RESET)?;
        }
    }
    let claim = text(heard.headers, CLAIM);
    let is_rejected = |window: &&ClaudeWindow| {
        let status = format!("anthropic-ratelimit-unified-{}-status", window.name);
        let counts = window.family.is_none_or(|family| is_of(heard.model, family));
        counts && text(heard.headers, &status) == Some(REJECTED)
    };
    let found = match claim {
        Some(claim) => CLAUDE_WINDOWS.iter().find(|window| window.claim == claim),
        None => CLAUDE_WINDOWS.iter().find(is_rejected),
    };
    let own_end = found.and_then(|window| end(&format!("anthropic-ratelimit-unified-{}-reset", window.name)));
    let until = own_end
        .or_else(|| end(RESET))
        .or_else(|| resets::retry_after(heard.headers, heard.now));
    match found {
        Some(window) if window.family.is_some() => Some(closed(window.length, window.family, until)),
        found => {
            let what = found.map_or("what its subscription may use is used up", |window| window.words);
            Some(Blame::new(Observed::WindowUsedUp { what, until }, USED_UP))
        }
    }
}

/// When the fuller one of Codex's windows begins anew (`x-codex-*`, as its client reads them).
fn codex(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let end = |which: &str| {
        let number = |what: &str| {
            text(headers, &format!("x-codex-{which}-{what}"))?
                .parse::<f64>()
                .ok()
        };
        let full = number("used-percent").is_some_and(|percent| percent >= 100.0);
        let whole = |what: &str| {
            text(headers, &format!("x-codex-{which}-{what}"))?
                .parse::<i64>()
                .ok()
        };
        let after = || now.checked_add_signed(chrono::TimeDelta::try_seconds(whole("reset-after-seconds")?)?);
        whole("reset-at")
            .and_then(resets::named)
            .or_else(after)
            .filter(|_| full)
    };
    end("primary").max(end("secondary"))
}

/// Daily quotas of the Gemini API begin anew at midnight, Pacific time (its "Rate limits").
fn midnight_pacific(now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let today = now.with_timezone(&Los_Angeles).date_naive();
    let midnight = today.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN);
    let there = Los_Angeles.from_local_datetime(&midnight).earliest()?;
    Some(there.to_utc())
}
