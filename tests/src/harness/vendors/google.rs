//! Google's desks (Google Identity, "OAuth 2.0 for mobile and desktop apps"; OpenID Connect; google-gemini/gemini-cli,
//! `packages/core/src/code_assist`): forms, a client with a secret, and an operation that is done at the second look.

use super::super::upstream::Seen;
use super::book::{Grant, State};
use super::said::{Said, form, of};
use serde_json::{Value, json};

pub const AUTHORIZE: &str = "/google/o/oauth2/v2/auth";
pub const TOKEN: &str = "/google/token";
pub const USERINFO: &str = "/google/v1/userinfo";
/// The operator's client.
pub const CLIENT_ID: &str = "1234567890-tollgate.apps.example.com";
/// Its secret.
pub const CLIENT_SECRET: &str = "google-client-secret-that-nobody-sees";
const REDIRECT: &str = "https://codeassist.google.com/authcode";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email \
                     https://www.googleapis.com/auth/userinfo.profile";

/// What the page wants of a link.
pub const LINK: &[(&str, &str)] = &[
    ("client_id", CLIENT_ID),
    ("response_type", "code"),
    ("redirect_uri", REDIRECT),
    ("scope", SCOPE),
    ("access_type", "offline"),
    ("prompt", "consent"),
];

fn refused(word: &str) -> Said {
    let (status, words) = match word {
        "invalid_client" => (401, "Unauthorized"),
        "invalid_grant" => (400, "Token has been expired or revoked."),
        _ => (400, "Bad Request"),
    };
    Said::json(status, &json!({"error": word, "error_description": words}))
}

pub fn token(state: &mut State, seen: &Seen) -> Said {
    let Some(fields) = form(seen) else {
        return refused("invalid_request");
    };
    if of(&fields, "client_id") != CLIENT_ID || of(&fields, "client_secret") != CLIENT_SECRET {
        return refused("invalid_client");
    }
    match of(&fields, "grant_type") {
        "authorization_code" => {
            let (code, redirect) = (of(&fields, "code"), of(&fields, "redirect_uri"));
            match state.redeem(code, CLIENT_ID, redirect, of(&fields, "code_verifier")) {
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
        "refresh_token" => match state.renew(of(&fields, "refresh_token"), CLIENT_ID) {
            Err(word) => refused(word),
            Ok((grant, next)) => given(state, &grant, next),
        },
        _ => refused("unsupported_grant_type"),
    }
}

fn given(state: &mut State, grant: &Grant, refresh: Option<String>) -> Said {
    let access = state.issue(&grant.scope, &grant.person);
    let mut body = json!({"access_token": access, "expires_in": state.life, "scope": grant.scope, "token_type": "Bearer"});
    if let Some(refresh) = refresh {
        body["refresh_token"] = json!(refresh);
    }
    Said::json(200, &body)
}

fn unauthenticated() -> Said {
    let message = "Request had invalid authentication credentials. Expected OAuth 2 access token.";
    Said::json(
        401,
        &json!({"error": {"code": 401, "message": message, "status": "UNAUTHENTICATED"}}),
    )
}

fn invalid(message: &str) -> Said {
    Said::json(
        400,
        &json!({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}),
    )
}

pub fn userinfo(state: &State, seen: &Seen) -> Said {
    match state.bearer(seen) {
        None => unauthenticated(),
        Some(token) => Said::json(
            200,
            &json!({"sub": "110169484474386276334", "email": token.person.email, "email_verified": true}),
        ),
    }
}

/// The body's object, where the metadata is what the interface knows.
fn asked(seen: &Seen) -> Option<Value> {
    let body: Value = serde_json::from_slice(&seen.body).ok()?;
    let known = |name: &str, word: &str| body["metadata"][name] == word;
    let is_good = known("ideType", "IDE_UNSPECIFIED")
        && known("platform", "PLATFORM_UNSPECIFIED")
        && known("pluginType", "PLUGIN_UNSPECIFIED");
    is_good.then_some(body)
}

fn tiers() -> Value {
    json!([
        {"id": "free-tier", "name": "Gemini Code Assist for individuals", "isDefault": true},
        {"id": "standard-tier", "name": "Gemini Code Assist", "userDefinedCloudaicompanionProject": true},
    ])
}

pub fn load(state: &State, seen: &Seen) -> Said {
    let Some(token) = state.bearer(seen) else {
        return unauthenticated();
    };
    if asked(seen).is_none() {
        return invalid("Invalid value at 'metadata'");
    }
    let project = match &token.person.project {
        None if state.onboarding >= 2 => Some("given-by-google-77"),
        other => other.as_deref(),
    };
    let mut body = json!({"allowedTiers": tiers()});
    if let Some(project) = project {
        body["currentTier"] = json!({"id": "free-tier", "name": "Gemini Code Assist for individuals"});
        body["cloudaicompanionProject"] = json!(project);
    }
    Said::json(200, &body)
}

pub fn onboard(state: &mut State, seen: &Seen) -> Said {
    if state.bearer(seen).is_none() {
        return unauthenticated();
    }
    let Some(body) = asked(seen) else {
        return invalid("Invalid value at 'metadata'");
    };
    if body["tierId"] != "free-tier" {
        return invalid("Invalid tier");
    }
    if !body["cloudaicompanionProject"].is_null() {
        return Said::json(
            412,
            &json!({"error": {"code": 412, "message": "Precondition Failed", "status": "FAILED_PRECONDITION"}}),
        );
    }
    state.onboarding += 1;
    let name = "operations/code_assist.7";
    if state.onboarding < 2 {
        return Said::json(200, &json!({"name": name, "done": false}));
    }
    let project = json!({"id": "given-by-google-77", "name": "given-by-google-77"});
    Said::json(
        200,
        &json!({"name": name, "done": true, "response": {"cloudaicompanionProject": project}}),
    )
}
