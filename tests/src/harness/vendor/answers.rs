//! What each of the vendors' interfaces answers. Sources: RFC 6749 and RFC 7636 for tokens; what `tollgate_oauth` names for
//! the rest.

use super::{Desk, GOOGLE_CLIENT, GOOGLE_SECRET, Somebody, unsigned_jwt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// A request.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) bearer: String,
    pub(super) content_type: String,
    pub(super) body: String,
    pub(super) no_refresh_token: bool,
}

impl Asked {
    /// The body's fields: Claude's are JSON, the others' a form.
    fn fields(&self) -> HashMap<String, String> {
        if self.content_type.starts_with("application/json") {
            let value: Value = serde_json::from_str(&self.body).unwrap_or_default();
            let fields = value.as_object().cloned().unwrap_or_default();
            return fields
                .into_iter()
                .map(|(name, value)| {
                    (
                        name,
                        value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                    )
                })
                .collect();
        }
        url::form_urlencoded::parse(self.body.as_bytes())
            .into_owned()
            .collect()
    }
}

pub(super) fn answer(asked: &Asked, desk: &mut Desk) -> (u16, Value) {
    match asked.path.as_str() {
        "/claude/token" | "/google/token" | "/openai/token" => token(asked, desk),
        path if path.starts_with("/entra/") => entra(asked, desk),
        _ => {
            let known = desk
                .tokens
                .get(&asked.bearer)
                .filter(|_| !desk.revoked.contains(&asked.bearer));
            match known.cloned() {
                Some(somebody) => interface(asked, desk, &somebody),
                None => (
                    401,
                    json!({"error": {"type": "authentication_error", "message": "invalid bearer token"}}),
                ),
            }
        }
    }
}

fn refused(error: &str, words: &str) -> (u16, Value) {
    (400, json!({"error": error, "error_description": words}))
}

fn token(asked: &Asked, desk: &mut Desk) -> (u16, Value) {
    let fields = asked.fields();
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let google = asked.path.starts_with("/google");
    if google && (field("client_id"), field("client_secret")) != (GOOGLE_CLIENT, GOOGLE_SECRET) {
        return refused("invalid_client", "The OAuth client was not found.");
    }
    if field("grant_type") == "refresh_token" {
        let token = field("refresh_token").to_owned();
        let good = desk
            .tokens
            .get(&token)
            .filter(|_| !desk.revoked.contains(&token))
            .cloned();
        return match good {
            // The vendor rotates: the old one is gone with this answer.
            Some(somebody) => {
                desk.tokens.remove(&token);
                issued(asked, desk, &somebody)
            }
            None => refused("invalid_grant", "Refresh token not found or invalid"),
        };
    }
    let verifier = URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier").as_bytes()));
    let Some(code) = desk.codes.get_mut(field("code")) else {
        return refused("invalid_grant", "Invalid 'code' in request.");
    };
    let said = |name: &str| code.asked.get(name).map(String::as_str).unwrap_or_default();
    let fits = said("code_challenge") == verifier
        && said("redirect_uri") == field("redirect_uri")
        && said("client_id") == field("client_id");
    // Claude's wants the state as well.
    let stated = !asked.path.starts_with("/claude") || said("state") == field("state");
    if code.used || !fits || !stated {
        return refused("invalid_grant", "The code was used, or is of another request.");
    }
    code.used = true;
    let somebody = code.somebody.clone();
    issued(asked, desk, &somebody)
}

fn issued(asked: &Asked, desk: &mut Desk, somebody: &Somebody) -> (u16, Value) {
    desk.next += 1;
    let (access, refresh) = (format!("access-{}", desk.next), format!("refresh-{}", desk.next));
    desk.tokens.insert(access.clone(), somebody.clone());
    desk.tokens.insert(refresh.clone(), somebody.clone());
    let mut answer = json!({"token_type": "Bearer", "access_token": access, "expires_in": 3600, "scope": "user:inference"});
    if !asked.no_refresh_token && !asked.body.contains("31536000") {
        answer["refresh_token"] = json!(refresh);
    }
    if asked.path.starts_with("/claude") {
        answer["account"] = json!({"email_address": somebody.email});
        answer["organization"] = json!({"uuid": somebody.account});
    }
    if asked.path.starts_with("/openai") {
        answer["id_token"] = json!(unsigned_jwt(&json!({
            "email": somebody.email,
            "https://api.openai.com/auth": {
                "chatgpt_account_id": somebody.account, "chatgpt_plan_type": somebody.plan,
            },
        })));
    }
    (200, answer)
}

fn entra(asked: &Asked, desk: &mut Desk) -> (u16, Value) {
    let fields = asked.fields();
    if fields.get("client_secret").map(String::as_str) != Some("right-secret") {
        return (
            401,
            json!({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}),
        );
    }
    desk.next += 1;
    let token = format!("entra-{}", desk.next);
    desk.tokens
        .insert(token.clone(), Somebody::new("application", "pro"));
    (
        200,
        json!({"token_type": "Bearer", "access_token": token, "expires_in": 3599}),
    )
}

fn interface(asked: &Asked, desk: &mut Desk, somebody: &Somebody) -> (u16, Value) {
    match asked.path.as_str() {
        "/claude/api/oauth/profile" => (
            200,
            json!({
                "account": {
                    "email": somebody.email, "has_claude_max": somebody.plan == "max", "has_claude_pro": somebody.plan == "pro",
                },
                "organization": {"uuid": somebody.account, "organization_type": format!("claude_{}", somebody.plan)},
            }),
        ),
        "/claude/api/oauth/usage" => (
            200,
            json!({
                "five_hour": {"utilization": 42.0, "resets_at": in_hours(2)},
                "seven_day": {"utilization": 7.5, "resets_at": in_hours(100)},
                "seven_day_opus": null,
            }),
        ),
        "/claude/v1/messages" => (
            200,
            json!({"type": "message", "usage": {"input_tokens": 8, "output_tokens": 1}}),
        ),
        "/google/userinfo" => (200, json!({"email": somebody.email})),
        "/google/v1internal:loadCodeAssist" => {
            let free =
                json!({"id": "free-tier", "isDefault": true, "userDefinedCloudaicompanionProject": false});
            let own =
                json!({"id": "standard-tier", "isDefault": true, "userDefinedCloudaicompanionProject": true});
            let mut answer =
                json!({"allowedTiers": [if somebody.plan == "free" { free.clone() } else { own.clone() }]});
            if somebody.onboarded {
                answer["currentTier"] = if somebody.plan == "free" { free } else { own };
                answer["cloudaicompanionProject"] = json!(somebody.project);
            }
            (200, answer)
        }
        "/google/v1internal:onboardUser" => {
            if desk.looks_left > 0 {
                desk.looks_left -= 1;
                return (200, json!({"name": "operations/1", "done": false}));
            }
            let project = json!({"id": "onboarded-project-7"});
            (
                200,
                json!({"name": "operations/1", "done": true, "response": {"cloudaicompanionProject": project}}),
            )
        }
        _ => (404, json!({"error": {"message": "no such path"}})),
    }
}

fn in_hours(hours: i64) -> String {
    (chrono::Utc::now() + chrono::TimeDelta::hours(hours)).to_rfc3339()
}
