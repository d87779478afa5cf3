//! What is sent to each platform, and where its credential stands.

use super::*;
use crate::accounts::sealing::sendable;
use http::HeaderMap;
use http_body_util::BodyExt;
use std::collections::BTreeMap;
use tollgate_contract::accounts::{AccountForm, AwsKeys, Credential, IssuedToken, OauthGrant};

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
        other => panic!("{other:?} is tested with what is issued from it"),
    }
    change(&mut form);
    let input = form
        .on(platform, None)
        .unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let secrets = Unsealed {
        credential: sendable(credential, None),
        vendor_account: None,
        extra_headers: BTreeMap::from([("x-team".to_owned(), "research".to_owned())]),
    };
    let trial = Trial {
        platform,
        settings: &input.settings,
        secrets: &secrets,
        model: "a:b/c",
        watched: false,
        now: DateTime::UNIX_EPOCH,
    };
    let sent = read(&trial);
    assert_eq!(sent.headers["x-team"], "research");
    sent
}

fn read(trial: &Trial<'_>) -> Sent {
    let request = trial.request().unwrap();
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

/// What is sent of an account that was connected at its vendor.
fn connected(platform: Platform, token: Option<&str>, watched: bool) -> Result<Sent, Unsendable> {
    let mut form = AccountForm::named("a");
    form.api_key = (platform != Platform::ClaudeOfficial).then(|| "key".to_owned());
    form.token = (platform == Platform::ClaudeOfficial).then(|| "token".to_owned());
    form.base_url = Some("https://up.example/base".to_owned());
    let mut settings = form.on(platform, None).unwrap().settings;
    settings.credential_kind = CredentialKind::Oauth;
    let grant = OauthGrant {
        granted: String::new(),
        refresh_token: Some("never sent".to_owned()),
        way: "openai".to_owned(),
        scopes: Vec::new(),
        account: Some("acc-1".to_owned()),
    };
    let token = token.map(|token| IssuedToken::Bearer {
        access_token: token.to_owned(),
    });
    let secrets = Unsealed {
        credential: sendable(Credential::Oauth(grant), token),
        vendor_account: Some("acc-1".to_owned()),
        extra_headers: BTreeMap::new(),
    };
    let trial = Trial {
        platform,
        settings: &settings,
        secrets: &secrets,
        model: "m",
        watched,
        now: DateTime::UNIX_EPOCH,
    };
    trial.request()?;
    Ok(read(&trial))
}

#[test]
fn a_connected_account_is_asked_with_the_token_that_was_issued() {
    let claude = connected(Platform::ClaudeOfficial, Some("issued-1"), false).unwrap();
    assert_eq!(claude.headers["authorization"], "Bearer issued-1");
    assert_eq!(claude.headers["anthropic-beta"], ANTHROPIC_OAUTH);
    assert!(!claude.headers.contains_key("chatgpt-account-id"));
    assert_eq!(claude.uri, "https://up.example/base/v1/messages");
    let assist = connected(Platform::Gemini, Some("issued-2"), false).unwrap();
    assert_eq!(assist.uri, "https://up.example/base/v1internal:generateContent");
    let none = connected(Platform::Gemini, None, false);
    assert!(matches!(none, Err(Unsendable::Unissued)));
}

#[test]
fn codex_is_asked_in_its_own_way_and_always_streams() {
    for watched in [false, true] {
        let codex = connected(Platform::OpenAi, Some("issued-1"), watched).unwrap();
        assert_eq!(codex.uri, "https://up.example/base/responses");
        assert_eq!(codex.headers["authorization"], "Bearer issued-1");
        assert_eq!(codex.headers["chatgpt-account-id"], "acc-1");
        assert_eq!(codex.headers["accept"], "text/event-stream");
        assert_eq!(codex.body["store"], false);
        assert_eq!(codex.body["stream"], true);
        assert!(codex.body["input"].is_array() && codex.body["instructions"].is_string());
        assert!(codex.body.get("max_output_tokens").is_none());
        assert!(!codex.body.to_string().contains("never sent"));
    }
}

#[test]
fn whoever_watches_gets_a_stream_where_the_vendor_has_one() {
    let claude = connected(Platform::ClaudeOfficial, Some("t"), true).unwrap();
    assert_eq!(
        (&claude.body["stream"], &claude.body["max_tokens"]),
        (&json!(true), &json!(WATCHED_MAX))
    );
    let assist = connected(Platform::Gemini, Some("t"), true).unwrap();
    assert!(
        assist.uri.ends_with(":streamGenerateContent?alt=sse"),
        "{}",
        assist.uri
    );
    assert!(assist.body.get("stream").is_none());
    let plain = connected(Platform::ClaudeOfficial, Some("t"), false).unwrap();
    assert!(plain.body.get("stream").is_none());
    assert_eq!(plain.headers["accept"], "application/json");
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
        let kind = CredentialKind::AwsKeys;
        assert_eq!(
            model_default(Platform::Bedrock, kind, Some(region)),
            model,
            "{region}"
        );
    }
}
