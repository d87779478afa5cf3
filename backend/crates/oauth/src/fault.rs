//! Why a vendor gave nothing, told apart by what to do next, and how it is read from answers. Never in here: what becomes
//! of the account.

use chrono::{DateTime, Utc};
use http::HeaderMap;
use http::header::RETRY_AFTER;
use serde_json::Value;
use std::time::Duration;

/// What is kept of a vendor's words, in characters.
const WORDS_MAX: usize = 200;

/// A run of letters this long with a digit in it may be a token.
const TOKEN_MIN: usize = 24;

/// A run of letters this long may be a token whatever is in it.
const TOKEN_SURE: usize = 40;

/// Longer waits are not believed: a day.
const WAIT_MAX: Duration = Duration::from_hours(24);

/// Codes that say that a grant is gone: RFC 6749, section 5.2; OpenID Connect's; OpenAI's (openai/codex,
/// `codex-rs/login/src/auth/manager.rs`, and v1); Claude's error types.
const GONE: [&str; 15] = [
    "access_denied",
    "authentication_error",
    "consent_required",
    "interaction_required",
    "invalid_grant",
    "invalid_refresh_token",
    "login_required",
    "refresh_token_expired",
    "refresh_token_invalidated",
    "refresh_token_reused",
    "refresh_token_revoked",
    "token_expired",
    "token_invalidated",
    "token_revoked",
    "user_cancelled_authorize",
];

/// Codes that say that a person must change what we ask with, where the status alone would say that the grant is gone.
const OURS: [&str; 6] = [
    "invalid_client",
    "invalid_request",
    "invalid_scope",
    "redirect_uri_mismatch",
    "unauthorized_client",
    "unsupported_grant_type",
];

/// Codes that ask for patience whatever the status is.
const LATER: [&str; 8] = [
    "api_error",
    "internal_failure",
    "overloaded_error",
    "rate_limit_error",
    "rate_limit_exceeded",
    "server_error",
    "slow_down",
    "temporarily_unavailable",
];

/// Why no credential was issued. `detail` is the vendor's own words, shortened, and holds no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueFault {
    /// The grant is gone (revoked, expired, used twice, denied): a person must connect anew.
    #[error("the grant is gone and the account must be connected anew: {detail}")]
    Revoked {
        /// The vendor's words.
        detail: String,
    },
    /// The code was used, expired or belongs to another request. Only when a code is exchanged.
    #[error(
        "the vendor refused the code: it is good once, for some minutes, and for the request it was asked with: {detail}"
    )]
    CodeRefused {
        /// The vendor's words.
        detail: String,
    },
    /// What we ask with is wrong (client, secret, scope, role, region, clock): a person must change it.
    #[error("the vendor refused how it was asked; check the account's settings: {detail}")]
    Misconfigured {
        /// The vendor's words.
        detail: String,
    },
    /// The vendor is busy or down; the grant may be good.
    #[error("the vendor can't answer now: {detail}")]
    TryLater {
        /// How long it wants to be left alone, if it says so.
        retry_after: Option<Duration>,
        /// The vendor's words.
        detail: String,
    },
    /// A page or a redirection: somebody on the way answered in the vendor's place (a portal, a proxy, a challenge).
    #[error("the answer is not the vendor's: a proxy, portal or challenge page answered in its place")]
    NotJson,
    /// An answer that lacks what it must have, or has it in a way that makes no sense.
    #[error("the vendor's answer has no usable `{missing}`")]
    Incomplete {
        /// The field's name in the answer.
        missing: &'static str,
    },
}

impl IssueFault {
    /// A stable name for interfaces.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Revoked { .. } => "grant_revoked",
            Self::CodeRefused { .. } => "code_refused",
            Self::Misconfigured { .. } => "grant_misconfigured",
            Self::TryLater { .. } => "vendor_unavailable",
            Self::NotJson => "vendor_answer_foreign",
            Self::Incomplete { .. } => "vendor_answer_incomplete",
        }
    }

    /// Whether asking again changes nothing before a person does: no more requests then.
    pub fn needs_person(&self) -> bool {
        match self {
            Self::Revoked { .. } | Self::CodeRefused { .. } | Self::Misconfigured { .. } => true,
            Self::TryLater { .. } | Self::NotJson | Self::Incomplete { .. } => false,
        }
    }
}

/// Why a vendor's own interface (profile, usage, Code Assist) told nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiFault {
    /// The access token is no longer good: it is to be renewed first.
    #[error("the vendor no longer takes the access token: {detail}")]
    Unauthorized {
        /// The vendor's words.
        detail: String,
    },
    /// The account, or what the token may be used for, does not reach that far. Set-up tokens may not ask for a profile.
    #[error("the account may not ask for this: {detail}")]
    Forbidden {
        /// The vendor's words.
        detail: String,
    },
    /// The vendor is busy or down.
    #[error("the vendor can't answer now: {detail}")]
    TryLater {
        /// How long it wants to be left alone, if it says so.
        retry_after: Option<Duration>,
        /// The vendor's words.
        detail: String,
    },
    /// A page or a redirection instead of the vendor's answer.
    #[error("the answer is not the vendor's: a proxy, portal or challenge page answered in its place")]
    NotJson,
    /// An answer without what it must have.
    #[error("the vendor's answer has no usable `{missing}`")]
    Incomplete {
        /// The field's name in the answer.
        missing: &'static str,
    },
    /// Any other refusal.
    #[error("the vendor refused: {detail}")]
    Refused {
        /// The vendor's words.
        detail: String,
    },
}

impl ApiFault {
    /// A stable name for interfaces.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized { .. } => "token_refused",
            Self::Forbidden { .. } => "vendor_forbids",
            Self::TryLater { .. } => "vendor_unavailable",
            Self::NotJson => "vendor_answer_foreign",
            Self::Incomplete { .. } => "vendor_answer_incomplete",
            Self::Refused { .. } => "vendor_refused",
        }
    }
}

/// An answer as it came.
#[derive(Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) now: DateTime<Utc>,
}

impl Answer<'_> {
    /// Whether it gives what was asked for.
    pub(crate) fn good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the vendor asks for patience, by the status alone (RFC 9110, section 15; RFC 6585 for 429).
    pub(crate) fn busy(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 500..)
    }

    /// `retry-after` in either of its forms (RFC 9110, section 10.2.3).
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(Duration::from_secs(seconds).min(WAIT_MAX));
        }
        let until = DateTime::parse_from_rfc2822(text).ok()?;
        let wait = until.with_timezone(&Utc).signed_duration_since(self.now);
        Some(wait.to_std().unwrap_or_default().min(WAIT_MAX))
    }

    /// The body's object.
    pub(crate) fn object(&self) -> Option<Value> {
        let value = serde_json::from_slice::<Value>(self.body).ok()?;
        value.is_object().then_some(value)
    }
}

/// A refusal in JSON: its code and its words.
struct Refusal {
    code: String,
    detail: String,
}

impl Refusal {
    /// `{"error": code, "error_description": words}` (RFC 6749, section 5.2), or an object as `error` with `code`, `type` or
    /// `status` and a `message` (OpenAI, Claude, Google's interfaces).
    fn read(answer: &Answer<'_>) -> Option<Self> {
        let object = answer.object()?;
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let codes = ["/error", "/error/code", "/error/type", "/error/status", "/code"];
        let code = codes.iter().find_map(|pointer| text(pointer)).unwrap_or_default();
        let texts = ["/error_description", "/error/message", "/message", "/detail"];
        let words = texts.iter().find_map(|pointer| text(pointer)).unwrap_or_default();
        let detail = match (code.is_empty(), words.is_empty()) {
            (true, true) => format!("status {}", answer.status),
            (false, true) => code.to_owned(),
            (true, false) => words.to_owned(),
            (false, false) => format!("{code}: {words}"),
        };
        let code = code.to_ascii_lowercase();
        let detail = told(&detail);
        Some(Self { code, detail })
    }
}

/// Why a token endpoint gave nothing.
pub(crate) fn issue_fault(answer: &Answer<'_>) -> IssueFault {
    let refusal = Refusal::read(answer);
    let later = |detail| IssueFault::TryLater {
        retry_after: answer.retry_after(),
        detail,
    };
    let status = format!("status {}", answer.status);
    if answer.busy() {
        return later(refusal.map_or(status, |refusal| refusal.detail));
    }
    let Some(Refusal { code, detail }) = refusal else {
        return match (answer.status, answer.body) {
            (401, []) => IssueFault::Revoked { detail: status },
            _ => IssueFault::NotJson,
        };
    };
    let code = code.as_str();
    if LATER.contains(&code) {
        return later(detail);
    }
    if OURS.contains(&code) {
        return IssueFault::Misconfigured { detail };
    }
    // An unknown word with 401 is about the token (openai/codex takes it so too).
    if GONE.contains(&code) || answer.status == 401 {
        return IssueFault::Revoked { detail };
    }
    match answer.status {
        300..=399 => IssueFault::NotJson,
        _ => IssueFault::Misconfigured { detail },
    }
}

/// Why another interface of a vendor gave nothing.
pub(crate) fn api_fault(answer: &Answer<'_>) -> ApiFault {
    let status = format!("status {}", answer.status);
    let refusal = Refusal::read(answer).map(|refusal| refusal.detail);
    if answer.busy() {
        let (retry_after, detail) = (answer.retry_after(), refusal.unwrap_or(status));
        return ApiFault::TryLater { retry_after, detail };
    }
    let detail = match refusal {
        Some(detail) => detail,
        None if answer.body.is_empty() => status,
        None => return ApiFault::NotJson,
    };
    match answer.status {
        401 => ApiFault::Unauthorized { detail },
        403 => ApiFault::Forbidden { detail },
        200..=399 => ApiFault::NotJson,
        _ => ApiFault::Refused { detail },
    }
}

/// A vendor's words as they may be shown and stored: on one line, without what may be a token, shortened.
pub(crate) fn told(words: &str) -> String {
    let line: String = words
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(without_tokens)
        .collect::<Vec<_>>()
        .join(" ");
    if line.chars().count() <= WORDS_MAX {
        return line;
    }
    let short: String = line.chars().take(WORDS_MAX - 1).collect();
    format!("{short}…")
}

/// Runs of letters that tokens are made of, cut out where they are as long as tokens; ids (UUIDs) stay.
fn without_tokens(word: &str) -> String {
    let mut kept = String::with_capacity(word.len());
    let mut run = String::new();
    for c in word.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '+' | '=') {
            run.push(c);
            continue;
        }
        kept.push_str(harmless(&run));
        run.clear();
        kept.push(c);
    }
    kept.push_str(harmless(&run));
    kept
}

fn harmless(run: &str) -> &str {
    let core = run.trim_matches('.');
    let digits = core.bytes().any(|byte| byte.is_ascii_digit());
    let long = core.len() >= TOKEN_SURE || core.len() >= TOKEN_MIN && digits;
    if long && !is_uuid(core) { "…" } else { run }
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    let hex = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    hex && lengths.eq([8, 4, 4, 4, 12])
}

#[cfg(test)]
mod tests;
