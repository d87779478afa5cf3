//! Google accounts for Gemini Code Assist: sign-in, renewal, whose they are, and the project that requests are made for.
//! Sources: Google Identity's "OAuth 2.0 for mobile and desktop apps"; google-gemini/gemini-cli,
//! `packages/core/src/code_assist`. Never in here: conversations, and waiting between two questions.

use crate::endpoints::Endpoints;
use crate::fault::{Answer, ApiFault, api_fault, told};
use crate::issued::field;
use crate::request::{below, get, post_form, post_json, with_bearer};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Request};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

/// Code Assist's own scope, and who the person is.
const SCOPES: &str = "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email \
                      https://www.googleapis.com/auth/userinfo.profile";

/// The tier whose project is Google's own; one may not be named with it.
pub const TIER_FREE: &str = "free-tier";

/// What an account gets that was offered no tier.
pub const TIER_LEGACY: &str = "legacy-tier";

/// The tier of whoever is kept from asking by their organization's network rules.
const TIER_STANDARD: &str = "standard-tier";

/// So many refused tiers are told of.
const TIERS_MAX: usize = 8;

/// A tier of Code Assist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// As it is onboarded with: `free-tier`, `standard-tier`, ….
    pub id: String,
    /// As people know it.
    pub name: Option<String>,
    /// Whether a Google Cloud project of one's own is needed.
    pub own_project: bool,
}

impl Tier {
    /// A short name of the plan: `free`, `standard`, ….
    pub fn plan(&self) -> String {
        self.id.strip_suffix("-tier").unwrap_or(&self.id).to_lowercase()
    }
}

/// How an account stands with Code Assist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeAssist {
    /// The project that requests are made for, once the account is on a tier.
    pub project: Option<String>,
    /// The tier it is on; `None` says that it is to be onboarded first.
    pub tier: Option<Tier>,
    /// What it paid for, if more than the tier.
    pub paid: Option<Tier>,
    /// The tier to onboard with.
    pub offered: Option<Tier>,
    /// Why it may not have a tier, in Google's words, with an address to go to where there is one.
    pub refusal: Option<String>,
}

impl CodeAssist {
    /// The plan's short name, if there is one.
    pub fn plan(&self) -> Option<String> {
        self.paid.as_ref().or(self.tier.as_ref()).map(Tier::plan)
    }
}

/// Onboarding under way or done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Onboarding {
    /// Whether it is done; if not, the same request is made again after some seconds (gemini-cli waits five).
    pub done: bool,
    /// The project that it gave, if any.
    pub project: Option<String>,
}

pub(crate) fn authorize(endpoints: &Endpoints, challenge: &str, state: &str) -> Url {
    let mut url = endpoints.google_authorize.clone();
    url.query_pairs_mut().extend_pairs([
        (
            "client_id",
            endpoints.google_client_id.as_deref().unwrap_or_default(),
        ),
        ("response_type", "code"),
        ("redirect_uri", endpoints.google_redirect.as_str()),
        ("scope", SCOPES),
        // A refresh token is given with both, even if the person agreed before.
        ("access_type", "offline"),
        ("prompt", "consent"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("state", state),
    ]);
    url
}

pub(crate) fn exchange(endpoints: &Endpoints, code: &str, verifier: &str) -> Request<Bytes> {
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", endpoints.google_redirect.as_str()),
        ("code_verifier", verifier),
    ];
    token_request(endpoints, &pairs)
}

pub(crate) fn refresh(endpoints: &Endpoints, token: &str) -> Request<Bytes> {
    token_request(
        endpoints,
        &[("grant_type", "refresh_token"), ("refresh_token", token)],
    )
}

/// As our client. Where its settings are gone meanwhile, Google says that the client is unknown.
fn token_request(endpoints: &Endpoints, pairs: &[(&str, &str)]) -> Request<Bytes> {
    let mut pairs = pairs.to_vec();
    if let Some(id) = &endpoints.google_client_id {
        pairs.push(("client_id", id));
    }
    if let Some(secret) = &endpoints.google_client_secret {
        pairs.push(("client_secret", secret.expose_secret()));
    }
    post_form(&endpoints.google_token, &pairs)
}

/// Asks whose token it is.
pub fn userinfo_request(endpoints: &Endpoints, token: &SecretString) -> Request<Bytes> {
    with_bearer(get(&endpoints.google_userinfo), token)
}

/// Reads the e-mail address (OpenID Connect Core, section 5.1).
///
/// # Errors
/// Why nothing was told.
pub fn read_userinfo(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<String, ApiFault> {
    let object = object(&Answer {
        status,
        headers,
        body,
        now,
    })?;
    field(&object, "/email").ok_or(ApiFault::Incomplete { missing: "email" })
}

/// Asks how the account stands: `POST {base}/v1internal:loadCodeAssist`, below the account's base address. `project` is the
/// Google Cloud project that its owner named, if any.
pub fn load_code_assist(base_url: &Url, token: &SecretString, project: Option<&str>) -> Request<Bytes> {
    let mut body = json!({ "metadata": metadata(project) });
    put(&mut body, "cloudaicompanionProject", project);
    let url = below(base_url, "/v1internal:loadCodeAssist");
    with_bearer(post_json(&url, &body), token)
}

/// Reads how the account stands.
///
/// # Errors
/// Why nothing was told.
pub fn read_code_assist(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<CodeAssist, ApiFault> {
    let answer = Answer {
        status,
        headers,
        body,
        now,
    };
    let object = match object(&answer) {
        Ok(object) => object,
        // Service perimeters close this one question; who is behind them is on the standard tier (gemini-cli).
        Err(ApiFault::Forbidden { .. }) if behind_perimeter(&answer) => {
            let tier = Some(bare(TIER_STANDARD));
            return Ok(CodeAssist {
                tier,
                ..CodeAssist::default()
            });
        }
        Err(fault) => return Err(fault),
    };
    let offered = object.get("allowedTiers").and_then(Value::as_array);
    let default = offered.into_iter().flatten().find(|tier| {
        let default = tier.get("isDefault").and_then(Value::as_bool);
        default.unwrap_or(false)
    });
    let state = CodeAssist {
        project: project(&object, "/cloudaicompanionProject"),
        tier: object.get("currentTier").and_then(tier),
        paid: object.get("paidTier").and_then(tier),
        offered: default.and_then(tier),
        refusal: refusal(&object),
    };
    let known = [
        "currentTier",
        "allowedTiers",
        "ineligibleTiers",
        "cloudaicompanionProject",
    ];
    if known.iter().all(|name| object.get(name).is_none()) {
        let missing = "allowedTiers";
        return Err(ApiFault::Incomplete { missing });
    }
    Ok(state)
}

/// Puts the account on a tier, [`CodeAssist::offered`] or else [`TIER_LEGACY`]: `POST {base}/v1internal:onboardUser`. Asked
/// again, it tells how far it is. The free tier has a project of Google's, so none is named with it.
pub fn onboard_user(
    base_url: &Url,
    token: &SecretString,
    tier: &str,
    project: Option<&str>,
) -> Request<Bytes> {
    let project = project.filter(|_| tier != TIER_FREE);
    let mut body = json!({ "tierId": tier, "metadata": metadata(project) });
    put(&mut body, "cloudaicompanionProject", project);
    let url = below(base_url, "/v1internal:onboardUser");
    with_bearer(post_json(&url, &body), token)
}

/// Reads how far onboarding is: a long-running operation (Google AIP-151).
///
/// # Errors
/// Why it is refused, also where the operation itself ended with an error.
pub fn read_onboarding(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Onboarding, ApiFault> {
    let object = object(&Answer {
        status,
        headers,
        body,
        now,
    })?;
    if let Some(error) = object.get("error").filter(|error| !error.is_null()) {
        let words = field(error, "/message").unwrap_or_else(|| "onboarding failed".to_owned());
        let detail = told(&words);
        return Err(ApiFault::Refused { detail });
    }
    let done = object.get("done").and_then(Value::as_bool).unwrap_or(false);
    if !done && field(&object, "/name").is_none() {
        return Err(ApiFault::Incomplete { missing: "done" });
    }
    let project = project(&object, "/response/cloudaicompanionProject");
    Ok(Onboarding { done, project })
}

fn object(answer: &Answer<'_>) -> Result<Value, ApiFault> {
    let object = answer.object().filter(|_| answer.good());
    object.ok_or_else(|| api_fault(answer))
}

/// We are none of the programs that have a name there.
fn metadata(project: Option<&str>) -> Value {
    let mut metadata = json!({
        "ideType": "IDE_UNSPECIFIED",
        "platform": "PLATFORM_UNSPECIFIED",
        "pluginType": "PLUGIN_UNSPECIFIED",
    });
    put(&mut metadata, "duetProject", project);
    metadata
}

fn put(object: &mut Value, name: &str, value: Option<&str>) {
    if let (Some(fields), Some(value)) = (object.as_object_mut(), value) {
        fields.insert(name.to_owned(), value.into());
    }
}

/// A project stands as its id or as an object with it.
fn project(object: &Value, pointer: &str) -> Option<String> {
    field(object, pointer).or_else(|| field(object, &format!("{pointer}/id")))
}

fn bare(id: &str) -> Tier {
    Tier {
        id: id.to_owned(),
        name: None,
        own_project: true,
    }
}

fn tier(value: &Value) -> Option<Tier> {
    let own = value
        .get("userDefinedCloudaicompanionProject")
        .and_then(Value::as_bool);
    Some(Tier {
        id: field(value, "/id")?,
        name: field(value, "/name"),
        own_project: own.unwrap_or(false),
    })
}

fn refusal(object: &Value) -> Option<String> {
    let tiers = object.get("ineligibleTiers")?.as_array()?;
    let words: Vec<String> = tiers
        .iter()
        .take(TIERS_MAX)
        .filter_map(|tier| {
            let reason = field(tier, "/reasonMessage").or_else(|| field(tier, "/reasonCode"))?;
            let reason = told(&reason);
            let address = field(tier, "/validationUrl").filter(|url| url.starts_with("https://"));
            Some(match address {
                Some(address) => format!("{reason} ({address})"),
                None => reason,
            })
        })
        .collect();
    (!words.is_empty()).then(|| words.join("; "))
}

fn behind_perimeter(answer: &Answer<'_>) -> bool {
    let object = answer.object().unwrap_or_default();
    let details = object.pointer("/error/details").and_then(Value::as_array);
    details
        .into_iter()
        .flatten()
        .any(|detail| field(detail, "/reason").as_deref() == Some("SECURITY_POLICY_VIOLATED"))
}

#[cfg(test)]
mod tests;
