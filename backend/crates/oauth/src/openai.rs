//! ChatGPT subscriptions for Codex: sign-in, renewal, whose they are, and usage windows. Source: openai/codex
//! (`codex-rs/login`, `codex-rs/codex-api/src/rate_limits.rs`). Never in here: conversations.

use crate::endpoints::Endpoints;
use crate::issued::{claims, field};
use crate::request::post_form;
use crate::window::{WindowSeen, ahead, moment, permille};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, Request};
use url::Url;

/// An id token with the account, and a refresh token.
const SCOPES: &str = "openid profile email offline_access";

/// What is read of an id token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The person's e-mail address.
    pub identity: Option<String>,
    /// ChatGPT's account, which requests name in a header.
    pub account: Option<String>,
    /// The subscription, as OpenAI names it (`free`, `plus`, `pro`, `team`, …).
    pub plan: Option<String>,
}

pub(crate) fn authorize(endpoints: &Endpoints, challenge: &str, state: &str) -> Url {
    let mut url = endpoints.openai_authorize.clone();
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", endpoints.openai_client_id.as_str()),
        ("redirect_uri", endpoints.openai_redirect.as_str()),
        ("scope", SCOPES),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("id_token_add_organizations", "true"),
        // Skips the steps that make an API key.
        ("codex_cli_simplified_flow", "true"),
        ("state", state),
        // Who asks: we do.
        ("originator", "tollgate"),
    ]);
    url
}

pub(crate) fn exchange(endpoints: &Endpoints, code: &str, verifier: &str) -> Request<Bytes> {
    post_form(
        &endpoints.openai_token,
        &[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", endpoints.openai_redirect.as_str()),
            ("client_id", &endpoints.openai_client_id),
            ("code_verifier", verifier),
        ],
    )
}

/// A form as RFC 6749 has it and v1 sends it; Codex sends the same as JSON.
pub(crate) fn refresh(endpoints: &Endpoints, token: &str) -> Request<Bytes> {
    post_form(
        &endpoints.openai_token,
        &[
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", &endpoints.openai_client_id),
        ],
    )
}

/// Reads an id token that came from the token endpoint; `None` if it is none. Its signature is not checked, so it must not
/// come from anywhere else.
pub fn read_id_token(token: &str) -> Option<Claims> {
    let claims = claims(token)?;
    // In pointers, `/` is written `~1` (RFC 6901).
    let auth = |name: &str| field(&claims, &format!("/https:~1~1api.openai.com~1auth/{name}"));
    let profile = || field(&claims, "/https:~1~1api.openai.com~1profile/email");
    Some(Claims {
        identity: field(&claims, "/email").or_else(profile),
        account: auth("chatgpt_account_id"),
        plan: auth("chatgpt_plan_type").map(|plan| plan.to_lowercase()),
    })
}

/// Reads the windows that Codex's answers tell of, for the main limit: `x-codex-{primary,secondary}-used-percent`,
/// `-window-minutes`, and `-reset-at` (seconds since 1970) or, before it, `-reset-after-seconds`. A window is named by its
/// length. One in which everything is zero is none.
pub fn read_window_headers(headers: &HeaderMap, now: DateTime<Utc>) -> Vec<WindowSeen> {
    let read = |which: &str| {
        let text = |what: &str| headers.get(format!("x-codex-{which}-{what}"))?.to_str().ok();
        let percent = text("used-percent")?.trim().parse::<f64>().ok()?;
        let minutes = text("window-minutes").and_then(|text| text.trim().parse::<u32>().ok());
        let after = text("reset-after-seconds").and_then(|text| text.trim().parse::<i64>().ok());
        let after = after.and_then(TimeDelta::try_seconds);
        let at = after.and_then(|after| now.checked_add_signed(after));
        let resets_at = text("reset-at")
            .and_then(moment)
            .or(at)
            .and_then(|at| ahead(at, now));
        let used_permille = permille(percent / 100.0)?;
        if used_permille == 0 && minutes.unwrap_or(0) == 0 && resets_at.is_none() {
            return None;
        }
        let name = minutes.and_then(length).unwrap_or_else(|| which.to_owned());
        Some(WindowSeen {
            name,
            used_permille,
            resets_at,
            status: None,
        })
    };
    ["primary", "secondary"]
        .iter()
        .filter_map(|which| read(which))
        .collect()
}

/// `5h` for 300 minutes and, since the vendor rounds down, for 299.
fn length(minutes: u32) -> Option<String> {
    for (unit, letter) in [(1440, 'd'), (60, 'h')] {
        let count = minutes.saturating_add(unit / 2) / unit;
        if count > 0 && (count * unit).abs_diff(minutes) <= minutes / 100 {
            return Some(format!("{count}{letter}"));
        }
    }
    (minutes > 0).then(|| format!("{minutes}m"))
}

#[cfg(test)]
mod tests;
