//! Claude's desks, as public clients of the same interface use them and v1 does: JSON, the state beside the code, and a
//! year's token where only inference is asked for.

use super::super::upstream::Seen;
use super::book::{Grant, State};
use super::said::Said;
use serde_json::{Value, json};

pub const AUTHORIZE: &str = "/claude/oauth/authorize";
pub const TOKEN: &str = "/claude/v1/oauth/token";
/// The public client of subscriptions (v1's behaviour).
const CLIENT: &str = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
const REDIRECT: &str = "https://platform.claude.com/oauth/code/callback";
const SCOPE_SETUP: &str = "user:inference";
/// A year in seconds.
const SETUP_LIFE: i64 = 31_536_000;

/// What the page wants of a link; alternatives stand between bars.
pub const LINK: &[(&str, &str)] = &[
    ("code", "true"),
    ("client_id", CLIENT),
    ("response_type", "code"),
    ("redirect_uri", REDIRECT),
    (
        "scope",
        "org:create_api_key user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload|\
         user:inference",
    ),
];

fn refused(word: &str) -> Said {
    let (status, words) = match word {
        "invalid_client" => (401, "Client authentication failed"),
        "invalid_grant" => (400, "Invalid 'code' or 'refresh_token' in request."),
        _ => (400, "Invalid request format"),
    };
    Said::json(status, &json!({"error": word, "error_description": words}))
}

pub fn token(state: &mut State, seen: &Seen) -> Said {
    let is_json = seen
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"));
    let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
    if seen.method != "POST" || !is_json || !body.is_object() {
        return refused("invalid_request");
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    match text("grant_type") {
        "authorization_code" => {
            let (code, verifier) = (text("code").to_owned(), text("code_verifier"));
            if state
                .codes
                .get(&code)
                .is_some_and(|known| known.state != text("state"))
            {
                return refused("invalid_request");
            }
            match state.redeem(&code, text("client_id"), text("redirect_uri"), verifier) {
                Err(word) => refused(word),
                Ok(known) if known.scope == SCOPE_SETUP => {
                    if body["expires_in"] != SETUP_LIFE {
                        return refused("invalid_request");
                    }
                    let usual = std::mem::replace(&mut state.life, SETUP_LIFE);
                    let token = state.issue(SCOPE_SETUP, &known.person);
                    state.life = usual;
                    Said::json(
                        200,
                        &json!({
                            "token_type": "Bearer", "access_token": token, "expires_in": SETUP_LIFE, "scope": SCOPE_SETUP,
                            "organization": {"uuid": known.person.account, "name": "People"},
                        }),
                    )
                }
                Ok(known) => {
                    let grant = Grant {
                        client: known.client,
                        scope: known.scope,
                        person: known.person,
                        live: true,
                    };
                    let refresh = state.grant(grant.clone());
                    given(state, &grant, Some(refresh))
                }
            }
        }
        "refresh_token" => match state.renew(text("refresh_token"), text("client_id")) {
            Err(word) => refused(word),
            Ok((grant, next)) => given(state, &grant, next),
        },
        _ => refused("unsupported_grant_type"),
    }
}

fn given(state: &mut State, grant: &Grant, refresh: Option<String>) -> Said {
    let access = state.issue(&grant.scope, &grant.person);
    let mut body = json!({
        "token_type": "Bearer", "access_token": access, "expires_in": state.life, "scope": grant.scope,
        "account": {"uuid": "5d7b3c22-64f0-4a0e-9f6e-9b0a2f1c7e55", "email_address": grant.person.email},
        "organization": {"uuid": grant.person.account, "name": "People"},
    });
    if let Some(refresh) = refresh {
        body["refresh_token"] = json!(refresh);
    }
    Said::json(200, &body)
}

/// What a token without the scope, and a dead one, are told.
fn forbidden(state: &State, seen: &Seen) -> Option<Said> {
    let error = |status: u16, kind: &str, message: &str| {
        Said::json(
            status,
            &json!({"type": "error", "error": {"type": kind, "message": message}}),
        )
    };
    if seen.header("anthropic-beta") != Some("oauth-2025-04-20") {
        return Some(error(
            401,
            "authentication_error",
            "OAuth authentication is not supported",
        ));
    }
    let Some(token) = state.bearer(seen) else {
        return Some(error(401, "authentication_error", "Invalid bearer token"));
    };
    let reaches = token.scope.split(' ').any(|scope| scope == "user:profile");
    let words = "OAuth token does not meet scope requirement user:profile";
    (!reaches).then(|| error(403, "permission_error", words))
}

pub fn profile(state: &State, seen: &Seen) -> Said {
    if let Some(refusal) = forbidden(state, seen) {
        return refusal;
    }
    let person = &state.bearer(seen).expect("it is good").person;
    let plan = person.plan.as_str();
    Said::json(
        200,
        &json!({
            "account": {
                "uuid": "5d7b3c22-64f0-4a0e-9f6e-9b0a2f1c7e55", "email": person.email, "full_name": "Paula Person",
                "has_claude_max": plan == "max", "has_claude_pro": plan == "pro",
            },
            "organization": {"uuid": person.account, "organization_type": format!("claude_{plan}")},
        }),
    )
}

pub fn usage(state: &State, seen: &Seen) -> Said {
    if let Some(refusal) = forbidden(state, seen) {
        return refusal;
    }
    let used = state.bearer(seen).expect("it is good").person.used_percent;
    let at = |hours: i64| (chrono::Utc::now() + chrono::TimeDelta::hours(hours)).to_rfc3339();
    Said::json(
        200,
        &json!({
            "five_hour": {"utilization": used, "resets_at": at(4)},
            "seven_day": {"utilization": 31.0, "resets_at": at(100)},
            "seven_day_opus": null,
        }),
    )
}
