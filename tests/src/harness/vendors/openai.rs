//! ChatGPT's desk (openai/codex, `codex-rs/login`): forms or JSON, an id token that tells the account, and refresh tokens
//! that are good once.

use super::super::upstream::Seen;
use super::book::{Grant, State};
use super::said::{Said, form, of};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub const AUTHORIZE: &str = "/openai/oauth/authorize";
pub const TOKEN: &str = "/openai/oauth/token";
/// What an account's requests are sent below.
pub const API: &str = "/backend-api/codex";
/// The public client of Codex.
const CLIENT: &str = "app_EMoamEEZ73f0CkXaXp7hrann";

/// What the page wants of a link.
pub const LINK: &[(&str, &str)] = &[
    ("response_type", "code"),
    ("client_id", CLIENT),
    ("redirect_uri", "http://localhost:1455/auth/callback"),
    ("scope", "openid profile email offline_access"),
    ("id_token_add_organizations", "true"),
    ("codex_cli_simplified_flow", "true"),
];

fn refused(word: &str) -> Said {
    Said::json(
        400,
        &json!({"error": word, "error_description": "The provided authorization grant is invalid."}),
    )
}

pub fn token(state: &mut State, seen: &Seen) -> Said {
    let Some(fields) = form(seen) else {
        return refused("invalid_request");
    };
    let client = of(&fields, "client_id");
    match of(&fields, "grant_type") {
        "authorization_code" => {
            let (code, redirect) = (of(&fields, "code"), of(&fields, "redirect_uri"));
            match state.redeem(code, client, redirect, of(&fields, "code_verifier")) {
                Err(word) => refused(word),
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
        "refresh_token" => match state.renew(of(&fields, "refresh_token"), client) {
            Err("invalid_grant") => {
                let message =
                    "Your refresh token has already been used or was revoked. Please sign in again.";
                Said::json(
                    401,
                    &json!({"error": {"message": message, "type": "invalid_request_error", "code": "refresh_token_reused"}}),
                )
            }
            Err(word) => refused(word),
            Ok((grant, next)) => given(state, &grant, next),
        },
        _ => refused("unsupported_grant_type"),
    }
}

fn given(state: &mut State, grant: &Grant, refresh: Option<String>) -> Said {
    let access = state.issue(&grant.scope, &grant.person);
    let claims = json!({
        "email": grant.person.email,
        "https://api.openai.com/auth": {
            "chatgpt_account_id": grant.person.account, "chatgpt_plan_type": grant.person.plan,
        },
    });
    let mut body = json!({"access_token": access, "id_token": jwt(&claims), "expires_in": state.life, "token_type": "Bearer"});
    if let Some(refresh) = refresh {
        body["refresh_token"] = json!(refresh);
    }
    Said::json(200, &body)
}

/// Nobody checks the signature.
fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.c2lnbmVk",
        part(&json!({"alg": "RS256", "typ": "JWT"})),
        part(claims)
    )
}
