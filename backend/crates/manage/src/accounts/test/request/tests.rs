//! What is sent to each platform, and where its credential stands.

use super::*;
use http::HeaderMap;
use http_body_util::BodyExt;
use std::collections::BTreeMap;
use tollgate_contract::accounts::{AccountForm, AwsKeys};

struct Sent {
    uri: String,
    headers: HeaderMap,
    body: Value,
}

fn sent(platform: Platform, credential: Credential, change: fn(&mut AccountForm)) -> Sent {
    let mut form = AccountForm::named("a");
    form.base_url = Some("https://up.example".to_owned());
    form.credential_kind = Some(credential.kind());
    match &credential {
        Credential::ApiKey(key) => form.api_key = Some(key.clone()),
        Credential::BearerToken(token) => form.token = Some(token.clone()),
        Credential::AwsKeys(keys) => {
            form.access_key_id = Some(keys.access_key_id.clone());
            form.secret_access_key = Some(keys.secret_access_key.clone());
        }
    }
    change(&mut form);
    let input = form
        .on(platform, None)
        .unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let secrets = Opened {
        credential,
        extra_headers: BTreeMap::from([("x-team".to_owned(), "research".to_owned())]),
    };
    let trial = Trial {
        platform,
        settings: &input.settings,
        secrets: &secrets,
        model: "a:b/c",
        now: DateTime::UNIX_EPOCH,
    };
    let request = trial.request().unwrap();
    assert_eq!(request.headers()["x-team"], "research");
    let body = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(request.body().clone().collect())
        .unwrap()
        .to_bytes();
    Sent {
        uri: request.uri().to_string(),
        headers: request.headers().clone(),
        body: serde_json::from_slice(&body).unwrap(),
    }
}

fn key() -> Credential {
    Credential::ApiKey("key".to_owned())
}

fn token() -> Credential {
    Credential::BearerToken("token".to_owned())
}

fn nothing(_: &mut AccountForm) {}

fn in_region(form: &mut AccountForm) {
    form.region = Some("eu-west-1".to_owned());
}

const CREDENTIAL_HEADERS: [&str; 4] = ["authorization", "x-api-key", "api-key", "x-goog-api-key"];

/// Where a platform is asked, and the one header that holds the credential.
fn asked(platform: Platform, credential: Credential, change: fn(&mut AccountForm)) -> (String, String) {
    let sent = sent(platform, credential, change);
    let mut found = CREDENTIAL_HEADERS.iter().filter_map(|name| {
        let value = sent.headers.get(*name)?;
        assert!(value.is_sensitive(), "{name}");
        Some(format!("{name}: {}", value.to_str().unwrap()))
    });
    let proof = found.next().unwrap();
    assert_eq!(found.next(), None, "one is enough");
    let path = sent.uri.strip_prefix("https://up.example").unwrap().to_owned();
    (path, proof)
}

#[test]
fn claudes_and_geminis_are_asked_at_their_own_paths_with_their_own_credentials() {
    let assert = |platform, credential, path: &str, proof: &str| {
        let expected = (path.to_owned(), proof.to_owned());
        assert_eq!(asked(platform, credential, nothing), expected, "{platform:?}");
    };
    let (bearer, messages) = ("authorization: Bearer token", "/v1/messages");
    assert(Platform::ClaudeOfficial, token(), messages, bearer);
    assert(
        Platform::ClaudeConsole,
        key(),
        messages,
        "authorization: Bearer key",
    );
    assert(Platform::Ccr, key(), messages, "authorization: Bearer key");
    let gemini = "/v1beta/models/a%3Ab%2Fc:generateContent";
    assert(Platform::Gemini, key(), gemini, "x-goog-api-key: key");
    assert(Platform::Gemini, token(), "/v1internal:generateContent", bearer);
}

#[test]
fn openais_and_clouds_are_asked_at_their_own_paths_with_their_own_credentials() {
    let assert = |platform, credential, change: fn(&mut AccountForm), path: &str, proof: &str| {
        let expected = (path.to_owned(), proof.to_owned());
        assert_eq!(asked(platform, credential, change), expected, "{platform:?}");
    };
    let bearer = "authorization: Bearer key";
    assert(Platform::OpenAi, key(), nothing, "/v1/chat/completions", bearer);
    assert(Platform::OpenAiResponses, key(), nothing, "/v1/responses", bearer);
    let v1 = "/openai/v1/chat/completions";
    assert(Platform::AzureOpenAi, key(), nothing, v1, "api-key: key");
    assert(
        Platform::AzureOpenAi,
        token(),
        nothing,
        v1,
        "authorization: Bearer token",
    );
    let dated = "/openai/deployments/a%3Ab%2Fc/chat/completions?api-version=2024-10-21";
    let with_version = |form: &mut AccountForm| form.api_version = Some("2024-10-21".to_owned());
    assert(Platform::AzureOpenAi, key(), with_version, dated, "api-key: key");
    assert(
        Platform::Bedrock,
        key(),
        in_region,
        "/model/a%3Ab%2Fc/converse",
        bearer,
    );
}

#[test]
fn a_vendors_key_and_a_relays_token_travel_in_their_own_headers() {
    let vendors = Credential::ApiKey("sk-ant-1".to_owned());
    let sent = sent(Platform::ClaudeConsole, vendors, nothing);
    assert_eq!(sent.headers["x-api-key"], "sk-ant-1");
    assert!(!sent.headers.contains_key("authorization"));
}

#[test]
fn what_an_account_alone_knows_stands_in_its_request() {
    let project: fn(&mut AccountForm) = |form| form.project = Some("my-project".to_owned());
    let assist = sent(Platform::Gemini, token(), project);
    assert_eq!(assist.body["project"], "my-project");
    assert_eq!(assist.body["model"], "a:b/c");
    assert!(assist.body["request"]["contents"].is_array());
    let official = sent(Platform::ClaudeOfficial, token(), nothing);
    assert_eq!(official.headers["anthropic-beta"], ANTHROPIC_OAUTH);
    let claude = sent(Platform::Ccr, key(), nothing);
    assert!(!claude.headers.contains_key("anthropic-beta"));
}

#[test]
fn a_version_at_the_end_of_the_base_url_is_not_said_twice() {
    for (base, path, whole) in [
        (
            "https://x.example/v1",
            "/v1/messages",
            "https://x.example/v1/messages",
        ),
        (
            "https://x.example/api",
            "/v1/messages",
            "https://x.example/api/v1/messages",
        ),
        (
            "https://x.example/v1",
            "/openai/v1/x",
            "https://x.example/v1/openai/v1/x",
        ),
        ("https://x.example/rev1", "/v1/x", "https://x.example/rev1/v1/x"),
        (
            "https://x.example/model",
            "/model/m/converse",
            "https://x.example/model/model/m/converse",
        ),
    ] {
        assert_eq!(address(base, path), whole);
    }
}

#[test]
fn aws_keys_sign_for_the_accounts_region_and_are_not_sent() {
    let keys = AwsKeys {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "nobody-sees-this".to_owned(),
        session_token: None,
    };
    let sent = sent(Platform::Bedrock, Credential::AwsKeys(keys), in_region);
    let signature = sent.headers["authorization"].to_str().unwrap();
    assert!(signature.starts_with("AWS4-HMAC-SHA256 "), "{signature}");
    assert!(
        signature.contains("AKIDEXAMPLE/19700101/eu-west-1/bedrock/aws4_request"),
        "{signature}"
    );
    assert!(!format!("{:?}", sent.headers).contains("nobody-sees-this"));
}

#[test]
fn bedrocks_small_model_is_the_one_of_the_regions_part_of_the_world() {
    for (region, model) in [
        ("us-east-1", "us.amazon.nova-micro-v1:0"),
        ("us-gov-west-1", "amazon.nova-micro-v1:0"),
        ("eu-west-1", "eu.amazon.nova-micro-v1:0"),
        ("ap-northeast-1", "apac.amazon.nova-micro-v1:0"),
        ("sa-east-1", "amazon.nova-micro-v1:0"),
    ] {
        assert_eq!(model_default(Platform::Bedrock, Some(region)), model, "{region}");
    }
}
