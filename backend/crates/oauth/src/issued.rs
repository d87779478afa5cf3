//! What a token endpoint gave: tokens, how long they last, whose they are. Never in here: whose grant it was, and storing.

use crate::fault::{Answer, issue_fault};
use crate::{IssueFault, Way, aws, openai};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use secrecy::SecretString;
use serde_json::Value;

/// How long a bearer token is taken to last where the vendor says nothing: RFC 6749, section 5.1 leaves it open, an hour is
/// what all of them give.
const LIFETIME_ASSUMED: TimeDelta = TimeDelta::hours(1);

/// How long a set-up token lasts (v1's behaviour: it is asked for with a year).
const SETUP_TOKEN_LIFETIME: TimeDelta = TimeDelta::days(365);

/// Longer lifetimes make no sense: a set-up token has a year.
const LIFETIME_MAX: TimeDelta = TimeDelta::days(400);

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IssuerKind {
    /// Claude's token endpoint.
    Claude,
    /// Google's.
    Google,
    /// ChatGPT's.
    OpenAi,
    /// Microsoft Entra ID's.
    Entra,
    /// AWS's security token service: XML.
    AwsSts,
}

/// A credential that goes with requests. Debug shows nothing secret.
#[derive(Clone, Debug)]
pub enum IssuedToken {
    /// Goes as a bearer token; it fits a header.
    Bearer(SecretString),
    /// Signs requests.
    Aws {
        /// Names the keys; no secret.
        access_key_id: String,
        /// Their secret half.
        secret_access_key: SecretString,
        /// Goes with each request.
        session_token: SecretString,
    },
}

/// What a token endpoint gave. Debug shows nothing secret.
#[derive(Clone, Debug)]
pub struct Issued {
    /// For requests.
    pub token: IssuedToken,
    /// Renews the token. `None` at a renewal means that the one before stays good.
    pub refresh_token: Option<SecretString>,
    /// When the token ends, UTC, by our own clock. Assumed to be in an hour where the vendor says nothing.
    pub expires_at: Option<DateTime<Utc>>,
    /// What it may be used for, if told.
    pub scopes: Vec<String>,
    /// The person's e-mail address, if told.
    pub identity: Option<String>,
    /// The vendor's account: ChatGPT's account id, Claude's organization, AWS's account number, if told.
    pub account: Option<String>,
    /// The subscription, if told: ChatGPT's alone (`free`, `plus`, `pro`, `team`, …).
    pub plan: Option<String>,
}

/// Reads a token endpoint's answer to anything but the exchange of a code. `now` is our clock.
///
/// # Errors
/// Why nothing was issued.
pub fn read_issued(
    kind: IssuerKind,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Issued, IssueFault> {
    let answer = Answer {
        status,
        headers,
        body,
        now,
    };
    if kind == IssuerKind::AwsSts {
        return aws::read(&answer);
    }
    if !answer.good() {
        return Err(issue_fault(&answer));
    }
    let object = answer.object().ok_or(IssueFault::NotJson)?;
    let text = |pointer: &str| field(&object, pointer);
    let Some(token) = text("/access_token") else {
        // Some say with 200 that they gave nothing.
        let refused = object.get("error").is_some_and(|error| !error.is_null());
        let missing = IssueFault::Incomplete {
            missing: "access_token",
        };
        return Err(if refused { issue_fault(&answer) } else { missing });
    };
    check_token(&object, &token)?;
    let lifetime = lifetime(kind, &object, &token)?;
    let (identity, account, plan) = owner(kind, &object);
    Ok(Issued {
        token: IssuedToken::Bearer(SecretString::from(token)),
        refresh_token: text("/refresh_token").map(SecretString::from),
        expires_at: now.checked_add_signed(lifetime),
        scopes: text("/scope")
            .map(|scopes| scopes.split_whitespace().map(str::to_owned).collect())
            .unwrap_or_default(),
        identity,
        account,
        plan,
    })
}

/// Reads the answer to the exchange of a code: where the grant is refused, it is the code that was; and what can't be
/// renewed is refused, but for Claude's set-up tokens.
///
/// # Errors
/// Why nothing was issued.
pub fn read_exchanged(
    way: Way,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Issued, IssueFault> {
    let issued = read_issued(way.issuer(), status, headers, body, now).map_err(|fault| match fault {
        IssueFault::Revoked { detail } => IssueFault::CodeRefused { detail },
        other => other,
    })?;
    if way == Way::ClaudeSetupToken {
        // Asked for a year; where the answer does not say how long, it is taken at that.
        let told = serde_json::from_slice::<Value>(body).is_ok_and(|body| body.get("expires_in").is_some());
        let expires_at = if told {
            issued.expires_at
        } else {
            now.checked_add_signed(SETUP_TOKEN_LIFETIME)
        };
        return Ok(Issued { expires_at, ..issued });
    }
    if issued.refresh_token.is_none() {
        let missing = "refresh_token";
        return Err(IssueFault::Incomplete { missing });
    }
    Ok(issued)
}

/// A text in the answer that is not empty.
pub(crate) fn field(object: &Value, pointer: &str) -> Option<String> {
    let text = object.pointer(pointer)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The claims of a JSON Web Token (RFC 7519), its signature unchecked: it came from the token endpoint itself over TLS
/// (OpenID Connect Core, section 3.1.3.7, point 6), and nothing but names is read from it.
pub(crate) fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A token must fit a header and be of the one type that we know how to send (RFC 6749, section 7.1).
fn check_token(object: &Value, token: &str) -> Result<(), IssueFault> {
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let missing = "access_token";
        return Err(IssueFault::Incomplete { missing });
    }
    match field(object, "/token_type") {
        Some(kind) if !kind.eq_ignore_ascii_case("bearer") => {
            let missing = "token_type";
            Err(IssueFault::Incomplete { missing })
        }
        _ => Ok(()),
    }
}

/// How long the token lasts. Vendors say it relative to their answer, so that differing clocks do no harm.
fn lifetime(kind: IssuerKind, object: &Value, token: &str) -> Result<TimeDelta, IssueFault> {
    let missing = IssueFault::Incomplete {
        missing: "expires_in",
    };
    let told = match object.get("expires_in") {
        None | Some(Value::Null) => match kind {
            IssuerKind::Entra => return Err(missing),
            // Codex reads it from the token itself.
            IssuerKind::OpenAi => own_lifetime(token),
            _ => None,
        },
        Some(told) => Some(seconds(told).ok_or(missing.clone())?),
    };
    let lifetime = match told {
        Some(seconds) => TimeDelta::try_seconds(seconds).ok_or(missing.clone())?,
        None => LIFETIME_ASSUMED,
    };
    if lifetime <= TimeDelta::zero() || lifetime > LIFETIME_MAX {
        return Err(missing);
    }
    Ok(lifetime)
}

/// A number of seconds; Entra's older endpoints write it as text.
fn seconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// From the token's own dates, both by the vendor's clock.
fn own_lifetime(token: &str) -> Option<i64> {
    let claims = claims(token)?;
    let (from, until) = (claims.get("iat")?.as_i64()?, claims.get("exp")?.as_i64()?);
    until.checked_sub(from).filter(|seconds| *seconds > 0)
}

/// Who it was issued to: e-mail address, vendor's account, plan.
fn owner(kind: IssuerKind, object: &Value) -> (Option<String>, Option<String>, Option<String>) {
    match kind {
        // As Claude Code's credentials show it: `account` and `organization` stand beside the tokens.
        IssuerKind::Claude => {
            let identity =
                field(object, "/account/email_address").or_else(|| field(object, "/account/email"));
            (identity, field(object, "/organization/uuid"), None)
        }
        IssuerKind::Google => {
            let claims = field(object, "/id_token").and_then(|token| claims(&token));
            let identity = claims.and_then(|claims| field(&claims, "/email"));
            (identity, None, None)
        }
        IssuerKind::OpenAi => {
            let token = field(object, "/id_token");
            let claims = token.and_then(|token| openai::read_id_token(&token));
            claims.map_or((None, None, None), |claims| {
                (claims.identity, claims.account, claims.plan)
            })
        }
        IssuerKind::Entra | IssuerKind::AwsSts => (None, None, None),
    }
}

#[cfg(test)]
pub(crate) mod tests;
