//! Code Assist's answers as google-gemini/gemini-cli types them, and requests to it.

use super::*;
use http::header::AUTHORIZATION;

fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-30T12:00:00Z")
        .unwrap()
        .to_utc()
}

fn base() -> Url {
    Url::parse("https://cloudcode-pa.googleapis.com").unwrap()
}

fn token() -> SecretString {
    SecretString::from("ya29.a")
}

fn body(request: &Request<Bytes>) -> Value {
    assert_eq!(request.method(), http::Method::POST);
    assert_eq!(request.headers()[AUTHORIZATION], "Bearer ya29.a");
    serde_json::from_slice(request.body()).unwrap()
}

fn load(body: &Value) -> Result<CodeAssist, ApiFault> {
    read_code_assist(200, &HeaderMap::new(), body.to_string().as_bytes(), now())
}

fn onboarding(body: &Value) -> Result<Onboarding, ApiFault> {
    read_onboarding(200, &HeaderMap::new(), body.to_string().as_bytes(), now())
}

fn a_tier(id: &str, name: Option<&str>, own_project: bool) -> Tier {
    Tier {
        id: id.to_owned(),
        name: name.map(str::to_owned),
        own_project,
    }
}

#[test]
fn loading_names_the_project_only_if_there_is_one() {
    let request = load_code_assist(&base(), &token(), None);
    assert_eq!(
        request.uri(),
        "https://cloudcode-pa.googleapis.com/v1internal:loadCodeAssist"
    );
    let metadata = json!({"ideType": "IDE_UNSPECIFIED", "platform": "PLATFORM_UNSPECIFIED", "pluginType": "PLUGIN_UNSPECIFIED"});
    assert_eq!(body(&request), json!({"metadata": metadata}));
    let found = body(&load_code_assist(&base(), &token(), Some("my-project")));
    assert_eq!(found["cloudaicompanionProject"], "my-project");
    assert_eq!(found["metadata"]["duetProject"], "my-project");
}

#[test]
fn onboarding_names_no_project_with_the_free_tier() {
    let request = onboard_user(&base(), &token(), "standard-tier", Some("my-project"));
    assert_eq!(
        request.uri(),
        "https://cloudcode-pa.googleapis.com/v1internal:onboardUser"
    );
    let found = body(&request);
    assert_eq!(
        (&found["tierId"], &found["cloudaicompanionProject"]),
        (&json!("standard-tier"), &json!("my-project"))
    );
    let found = body(&onboard_user(&base(), &token(), TIER_FREE, Some("my-project")));
    assert_eq!(found["tierId"], "free-tier");
    assert!(found.get("cloudaicompanionProject").is_none() && found["metadata"].get("duetProject").is_none());
}

#[test]
fn an_account_on_a_tier_tells_project_and_plan() {
    let found = load(&json!({
        "currentTier": {"id": "standard-tier", "name": "Gemini Code Assist"},
        "paidTier": {"id": "g1-pro-tier", "name": "Google AI Pro"},
        "allowedTiers": [{"id": "standard-tier", "isDefault": true, "userDefinedCloudaicompanionProject": true}],
        "cloudaicompanionProject": "managed-1",
    }))
    .unwrap();
    assert_eq!(found.project.as_deref(), Some("managed-1"));
    assert_eq!(
        found.tier,
        Some(a_tier("standard-tier", Some("Gemini Code Assist"), false))
    );
    assert_eq!(
        found.paid,
        Some(a_tier("g1-pro-tier", Some("Google AI Pro"), false))
    );
    assert_eq!(found.plan().as_deref(), Some("g1-pro"));
    let found =
        load(&json!({"currentTier": {"id": "free-tier"}, "cloudaicompanionProject": {"id": "managed-2"}}));
    let found = found.unwrap();
    assert_eq!(
        (found.plan().as_deref(), found.project.as_deref()),
        (Some("free"), Some("managed-2"))
    );
}

#[test]
fn a_new_account_tells_what_it_is_offered() {
    let found = load(&json!({
        "allowedTiers": [
            {"id": "standard-tier", "userDefinedCloudaicompanionProject": true},
            {"id": "free-tier", "name": "Free", "isDefault": true},
        ],
    }))
    .unwrap();
    assert_eq!(found.offered, Some(a_tier("free-tier", Some("Free"), false)));
    assert_eq!((found.tier, found.project, found.refusal), (None, None, None));
}

#[test]
fn an_account_that_may_have_no_tier_is_told_why() {
    let found = load(&json!({
        "currentTier": null,
        "ineligibleTiers": [
            {"reasonCode": "RESTRICTED_AGE", "reasonMessage": "You must be 18.", "tierId": "free-tier"},
            {"reasonCode": "VALIDATION_REQUIRED", "reasonMessage": "Verify your account.",
             "validationUrl": "https://accounts.google.com/verify"},
            {"reasonCode": "UNKNOWN", "validationUrl": "javascript:alert(1)"},
        ],
    }))
    .unwrap();
    let words = "You must be 18.; Verify your account. (https://accounts.google.com/verify); UNKNOWN";
    assert_eq!(found.refusal.as_deref(), Some(words));
    assert_eq!(found.plan(), None);
}

#[test]
fn reasons_are_shortened_and_counted() {
    let tier = json!({"reasonMessage": "no ".repeat(500)});
    let found = load(&json!({"ineligibleTiers": vec![tier; 50]})).unwrap();
    let words = found.refusal.unwrap();
    assert_eq!(words.chars().count(), TIERS_MAX * 200 + (TIERS_MAX - 1) * 2);
}

#[test]
fn behind_a_service_perimeter_the_tier_is_standard() {
    let body = br#"{"error":{"code":403,"message":"Request is prohibited by organization's policy","status":"PERMISSION_DENIED",
        "details":[{"reason":"SECURITY_POLICY_VIOLATED"}]}}"#;
    let found = read_code_assist(403, &HeaderMap::new(), body, now()).unwrap();
    assert_eq!(
        (found.tier, found.project),
        (Some(a_tier("standard-tier", None, true)), None)
    );
    let other = br#"{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}"#;
    let fault = read_code_assist(403, &HeaderMap::new(), other, now()).unwrap_err();
    assert_eq!(
        fault,
        ApiFault::Forbidden {
            detail: "PERMISSION_DENIED: no".to_owned()
        }
    );
}

#[test]
fn an_answer_without_anything_known_is_incomplete() {
    assert_eq!(
        load(&json!({})),
        Err(ApiFault::Incomplete {
            missing: "allowedTiers"
        })
    );
    assert_eq!(
        read_code_assist(200, &HeaderMap::new(), b"<html>", now()),
        Err(ApiFault::NotJson)
    );
}

#[test]
fn onboarding_runs_until_it_is_done() {
    let found = onboarding(&json!({"name": "operations/1"}));
    assert_eq!(
        found,
        Ok(Onboarding {
            done: false,
            project: None
        })
    );
    let found = onboarding(&json!({
        "name": "operations/1", "done": true,
        "response": {"cloudaicompanionProject": {"id": "managed-1", "name": "managed-1"}},
    }));
    assert_eq!(
        found,
        Ok(Onboarding {
            done: true,
            project: Some("managed-1".to_owned())
        })
    );
    assert_eq!(
        onboarding(&json!({"done": true, "response": {}})),
        Ok(Onboarding {
            done: true,
            project: None
        })
    );
    let found =
        onboarding(&json!({"done": true, "error": {"code": 9, "message": "Precondition check failed."}}));
    assert_eq!(
        found,
        Err(ApiFault::Refused {
            detail: "Precondition check failed.".to_owned()
        })
    );
    assert_eq!(
        onboarding(&json!({})),
        Err(ApiFault::Incomplete { missing: "done" })
    );
}

#[test]
fn userinfo_tells_the_address() {
    let request = userinfo_request(&Endpoints::default(), &token());
    assert_eq!(request.uri(), "https://openidconnect.googleapis.com/v1/userinfo");
    assert_eq!(request.headers()[AUTHORIZATION], "Bearer ya29.a");
    let read = |status, body: &str| read_userinfo(status, &HeaderMap::new(), body.as_bytes(), now());
    assert_eq!(
        read(200, r#"{"sub":"1","email":"ann@example.com"}"#),
        Ok("ann@example.com".to_owned())
    );
    assert_eq!(
        read(200, r#"{"sub":"1"}"#),
        Err(ApiFault::Incomplete { missing: "email" })
    );
    let fault = read(
        401,
        r#"{"error":"invalid_request","error_description":"Invalid Credentials"}"#,
    )
    .unwrap_err();
    assert!(matches!(fault, ApiFault::Unauthorized { .. }), "{fault:?}");
}
