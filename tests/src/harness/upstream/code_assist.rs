//! Google's Code Assist: Gemini's requests and responses in an envelope, and what its clients ask before they begin.
//! From the public types of Google's Gemini CLI (code_assist: server, converter, setup, types), its only documentation.

use super::answer::Answer;
use super::gemini::{self, Writer};
use super::reply::{Outcome, Reply};
use super::route::Asked;
use super::script::Fault;
use serde_json::{Value, json};

/// What is asked before the first turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// Which tier and project the account has.
    LoadCodeAssist,
    /// Puts the account into a tier.
    OnboardUser,
    /// Which experiments are on.
    ListExperiments,
    /// What is left of each model's quota.
    RetrieveUserQuota,
}

impl Setup {
    /// By its name in the path.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "loadCodeAssist" => Self::LoadCodeAssist,
            "onboardUser" => Self::OnboardUser,
            "listExperiments" => Self::ListExperiments,
            "retrieveUserQuota" => Self::RetrieveUserQuota,
            _ => return None,
        })
    }
}

/// A bearer token of Google's OAuth, and nothing else.
pub fn credential(asked: &Asked<'_>) -> Result<(), Fault> {
    let bearer = asked
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    match bearer {
        Some(token) if !token.is_empty() => Ok(()),
        _ => Err(Fault::unauthorized(
            "Request is missing required authentication credential.",
        )),
    }
}

const FIELDS: [&str; 6] = [
    "model",
    "project",
    "user_prompt_id",
    "request",
    "enabled_credit_types",
    "requestId",
];
/// Of Gemini's own fields; safety and session beside them.
const REQUEST_FIELDS: [&str; 9] = [
    "contents",
    "systemInstruction",
    "cachedContent",
    "tools",
    "toolConfig",
    "labels",
    "safetySettings",
    "generationConfig",
    "session_id",
];

/// `POST …:generateContent` and `:streamGenerateContent`.
pub fn generate(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    let body = &asked.body;
    known(body, &FIELDS)?;
    if body["model"].as_str().is_none_or(str::is_empty) {
        return Err(Fault::invalid("model", "model is required"));
    }
    let request = &body["request"];
    if !request.is_object() {
        return Err(Fault::invalid("request", "request is required"));
    }
    known(request, &REQUEST_FIELDS)?;
    let mut inner = request.clone();
    if let Some(fields) = inner.as_object_mut() {
        fields.remove("session_id");
    }
    gemini::check(&inner)?;
    let writer = Writer::new(asked, request, answer, asked.model());
    let trace = asked.id("trace");
    Ok(writer.reply(asked, |response| json!({"response": response, "traceId": trace})))
}

/// `POST …:countTokens`: free.
pub fn count(asked: &Asked<'_>, answer: &Answer) -> Outcome {
    known(&asked.body, &["request"])?;
    let request = &asked.body["request"];
    known(request, &["model", "contents"])?;
    if request["model"]
        .as_str()
        .is_none_or(|model| !model.starts_with("models/"))
    {
        return Err(Fault::invalid(
            "request.model",
            "a model's name like models/… is required",
        ));
    }
    gemini::check(&json!({"contents": request["contents"]}))?;
    Ok(Reply::json(&json!({"totalTokens": answer.usage.prompt()}), None))
}

/// The rest.
pub fn setup(asked: &Asked<'_>, setup: Setup) -> Outcome {
    let tier = json!({"id": "standard-tier", "name": "Gemini Code Assist", "description": "For tests",
        "userDefinedCloudaicompanionProject": true, "isDefault": true});
    let value = match setup {
        Setup::LoadCodeAssist => {
            if !asked.body["metadata"].is_object() {
                return Err(Fault::invalid("metadata", "metadata is required"));
            }
            json!({"currentTier": tier, "allowedTiers": [tier], "cloudaicompanionProject": "project-upstream"})
        }
        Setup::OnboardUser => json!({"name": "operations/onboard-upstream", "done": true,
            "response": {"cloudaicompanionProject": {"id": "project-upstream", "name": "project-upstream"}}}),
        Setup::ListExperiments => json!({"experimentIds": [], "flags": []}),
        Setup::RetrieveUserQuota => {
            if asked.body["project"].as_str().is_none_or(str::is_empty) {
                return Err(Fault::invalid("project", "project is required"));
            }
            json!({"buckets": [{"modelId": "gemini-2.5-pro", "tokenType": "REQUESTS", "remainingFraction": 0.75,
                "resetTime": "2030-01-01T00:00:00Z"}]})
        }
    };
    Ok(Reply::json(&value, None))
}

fn known(object: &Value, names: &[&str]) -> Result<(), Fault> {
    match super::check::unknown(object, names) {
        Some(name) => Err(Fault::invalid(
            name,
            format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot find field."),
        )),
        None => Ok(()),
    }
}
