//! Claude subscriptions: sign-in, renewal, plan and usage windows. Sources: v1's behaviour, and for what v1 does not read,
//! public clients of the same interface. Never in here: conversations, and what a full window means for an account.

use crate::endpoints::Endpoints;
use crate::fault::{Answer, ApiFault, api_fault};
use crate::issued::field;
use crate::request::{below, get, post_json, with_bearer};
use crate::window::{self, WindowSeen, ahead, moment, permille};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, Request};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

/// What subscriptions are asked for: v1's scopes.
const SCOPES: &str = "org:create_api_key user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload";

/// What set-up tokens are asked for.
const SCOPES_SETUP: &str = "user:inference";

/// How long set-up tokens last, in seconds: a year.
const SETUP_SECONDS: u32 = 31_536_000;

/// Goes with every request under a subscription's token.
pub const BETA: &str = "oauth-2025-04-20";

/// What comes before a window's name in headers.
const HEADERS: &str = "anthropic-ratelimit-unified-";

/// So many of the listed limits are looked at.
const LIMITS_MAX: usize = 32;

/// What a subscription is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    /// `free`, `pro`, `max`, `team`, `enterprise`; `None` if it is not told.
    pub plan: Option<String>,
    /// Whether Opus may be asked for. `None` where the plan alone does not say: Pro gets the newer generations, and seats of
    /// an organization differ.
    pub opus: Option<bool>,
    /// The person's e-mail address.
    pub identity: Option<String>,
    /// The organization's id.
    pub organization: Option<String>,
}

pub(crate) fn authorize(endpoints: &Endpoints, setup: bool, challenge: &str, state: &str) -> Url {
    let mut url = endpoints.claude_authorize.clone();
    url.query_pairs_mut().extend_pairs([
        // Shows the code instead of leading to a client.
        ("code", "true"),
        ("client_id", endpoints.claude_client_id.as_str()),
        ("response_type", "code"),
        ("redirect_uri", endpoints.claude_redirect.as_str()),
        ("scope", if setup { SCOPES_SETUP } else { SCOPES }),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("state", state),
    ]);
    url
}

/// JSON, and with the state, unlike RFC 6749.
pub(crate) fn exchange(
    endpoints: &Endpoints,
    setup: bool,
    code: &str,
    state: &str,
    verifier: &str,
) -> Request<Bytes> {
    let mut body = json!({
        "grant_type": "authorization_code",
        "client_id": endpoints.claude_client_id,
        "code": code,
        "redirect_uri": endpoints.claude_redirect.as_str(),
        "code_verifier": verifier,
        "state": state,
    });
    if setup && let Some(fields) = body.as_object_mut() {
        fields.insert("expires_in".to_owned(), SETUP_SECONDS.into());
    }
    post_json(&endpoints.claude_token, &body)
}

pub(crate) fn refresh(endpoints: &Endpoints, token: &str) -> Request<Bytes> {
    let body = json!({
        "grant_type": "refresh_token",
        "client_id": endpoints.claude_client_id,
        "refresh_token": token,
    });
    post_json(&endpoints.claude_token, &body)
}

/// Asks whose subscription a token is of: `GET {base}/api/oauth/profile`, below the account's base address. A token without
/// the scope `user:profile` (a set-up token) is refused.
pub fn profile_request(base_url: &Url, token: &SecretString) -> Request<Bytes> {
    asked(base_url, "/api/oauth/profile", token)
}

/// Asks how full the windows are: `GET {base}/api/oauth/usage`.
pub fn usage_request(base_url: &Url, token: &SecretString) -> Request<Bytes> {
    asked(base_url, "/api/oauth/usage", token)
}

fn asked(base_url: &Url, path: &str, token: &SecretString) -> Request<Bytes> {
    let mut request = with_bearer(get(&below(base_url, path)), token);
    let headers = request.headers_mut();
    headers.insert("anthropic-beta", HeaderValue::from_static(BETA));
    request
}

/// Reads the profile: `account` with `email`, `has_claude_max`, `has_claude_pro`; `organization` with `uuid` and
/// `organization_type` (`claude_max`, `claude_pro`, `claude_team`, `claude_enterprise`).
///
/// # Errors
/// Why nothing was told.
pub fn read_profile(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Subscription, ApiFault> {
    let object = object(status, headers, body, now)?;
    if object.get("account").is_none() && object.get("organization").is_none() {
        return Err(ApiFault::Incomplete { missing: "account" });
    }
    let has = |pointer: &str| object.pointer(pointer).and_then(Value::as_bool);
    let (max, pro) = (has("/account/has_claude_max"), has("/account/has_claude_pro"));
    let kind = field(&object, "/organization/organization_type");
    let kind = kind.as_deref().and_then(|kind| kind.strip_prefix("claude_"));
    let plan = match (max, pro, kind) {
        (Some(true), ..) => Some("max"),
        // The organization's own plan is more than a member's flags say.
        (_, _, Some(kind @ ("team" | "enterprise" | "max"))) => Some(kind),
        (_, Some(true), _) | (_, _, Some("pro")) => Some("pro"),
        (Some(false), Some(false), _) | (_, _, Some("free")) => Some("free"),
        _ => None,
    };
    let opus = match plan {
        Some("max") => Some(true),
        Some("free") => Some(false),
        _ => None,
    };
    Ok(Subscription {
        plan: plan.map(str::to_owned),
        opus,
        identity: field(&object, "/account/email").or_else(|| field(&object, "/account/email_address")),
        organization: field(&object, "/organization/uuid"),
    })
}

/// Reads the windows: `five_hour`, `seven_day`, `seven_day_opus` and others, each null or with `utilization` in percent and
/// `resets_at`; and of `limits` those of single models (`weekly_scoped`), which stand nowhere else.
///
/// # Errors
/// Why nothing was told.
pub fn read_usage(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Vec<WindowSeen>, ApiFault> {
    let object = object(status, headers, body, now)?;
    let seen = |name: String, window: &Value, share: &str| {
        let percent = window.get(share)?.as_f64()?;
        let resets_at = field(window, "/resets_at").and_then(|text| moment(&text));
        Some(WindowSeen {
            name,
            used_permille: permille(percent / 100.0)?,
            resets_at: resets_at.and_then(|at| ahead(at, now)),
            status: None,
        })
    };
    let mut windows = Vec::new();
    let fields = object.as_object().into_iter().flatten();
    for (key, window) in fields {
        let name = match key.split_once("_hour").or_else(|| key.split_once("_day")) {
            Some(("five", "")) => "5h".to_owned(),
            Some(("seven", of)) if of.is_empty() || of.starts_with('_') => window::name(&format!("7d{of}")),
            _ => continue,
        };
        windows.extend(seen(name, window, "utilization"));
    }
    let limits = object.get("limits").and_then(Value::as_array);
    for limit in limits.into_iter().flatten().take(LIMITS_MAX) {
        let model = field(limit, "/scope/model/display_name");
        let (Some("weekly_scoped"), Some(model)) = (limit.get("kind").and_then(Value::as_str), model) else {
            continue;
        };
        let name = window::name(&format!("7d_{model}"));
        if windows.iter().all(|window| window.name != name) {
            windows.extend(seen(name, limit, "percent"));
        }
    }
    if windows.is_empty() && object.get("five_hour").is_none() && limits.is_none() {
        return Err(ApiFault::Incomplete { missing: "five_hour" });
    }
    windows.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(windows)
}

/// Reads the windows that every answer under a subscription tells of: `anthropic-ratelimit-unified-{name}-utilization` (a
/// share of one), `-reset` (seconds since 1970) and `-status`. Overage is no window.
pub fn read_window_headers(headers: &HeaderMap, now: DateTime<Utc>) -> Vec<WindowSeen> {
    let text = |name: &str, what: &str| headers.get(format!("{HEADERS}{name}-{what}"))?.to_str().ok();
    let mut windows: Vec<WindowSeen> = Vec::new();
    for header in headers.keys() {
        let name = header.as_str().strip_prefix(HEADERS).and_then(|rest| {
            let name = rest
                .strip_suffix("-utilization")
                .or_else(|| rest.strip_suffix("-status"))?;
            name.starts_with(|c: char| c.is_ascii_digit()).then_some(name)
        });
        let Some(name) = name else { continue };
        let shown = window::name(name);
        if windows.iter().any(|window| window.name == shown) {
            continue;
        }
        let status = text(name, "status").map(str::trim);
        let share = text(name, "utilization").and_then(|text| text.trim().parse::<f64>().ok());
        // Older answers have no share; a refused window is full.
        let used = match (share, status) {
            (Some(share), _) => permille(share),
            (None, Some("rejected")) => Some(1000),
            _ => None,
        };
        let Some(used_permille) = used else { continue };
        windows.push(WindowSeen {
            name: shown,
            used_permille,
            resets_at: text(name, "reset").and_then(moment).and_then(|at| ahead(at, now)),
            status: status.filter(|text| !text.is_empty()).map(window::name),
        });
    }
    windows.sort_by(|one, other| one.name.cmp(&other.name));
    windows
}

fn object(status: u16, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<Value, ApiFault> {
    let answer = Answer {
        status,
        headers,
        body,
        now,
    };
    let object = answer.object().filter(|_| answer.good());
    object.ok_or_else(|| api_fault(&answer))
}

#[cfg(test)]
mod tests;
