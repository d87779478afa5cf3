//! What a form says on each platform, and what it leaves as it is stored.

use super::*;
use crate::pages::accounts::sample::sample;
use serde_json::json;

fn wrong(draft: &Draft) -> Vec<String> {
    draft
        .read()
        .unwrap_err()
        .into_iter()
        .map(|error| error.field)
        .collect()
}

fn named() -> Draft {
    Draft {
        name: "a".to_owned(),
        ..Draft::new()
    }
}

fn account(change: serde_json::Value) -> Account {
    let mut all = json!({
        "platform": "bedrock", "base_url": "https://bedrock-runtime.eu-west-1.amazonaws.com",
        "credential_kind": "aws_keys", "region": "eu-west-1", "priority": 7, "model_mapping": {"a*": "b"}, "version": 3,
    });
    for (field, value) in change.as_object().unwrap() {
        all[field] = value.clone();
    }
    sample(all)
}

#[test]
fn a_mapping_is_one_pair_a_line() {
    let mut wrong = Vec::new();
    let read = mapping("a = b\n\n c=d=e \n", &mut wrong);
    assert_eq!(
        read.into_iter().collect::<Vec<_>>(),
        [("a".into(), "b".into()), ("c".into(), "d=e".into())]
    );
    assert!(wrong.is_empty());
    mapping("a = b\nnonsense", &mut wrong);
    assert_eq!(wrong.len(), 1);
}

#[test]
fn a_new_account_needs_what_its_platform_asks_for() {
    let mut draft = named();
    assert_eq!(wrong(&draft), ["api_key"]);
    draft.choose(Platform::AzureOpenAi);
    assert_eq!(wrong(&draft), ["api_key", "base_url"]);
    draft.choose(Platform::Bedrock);
    assert_eq!(wrong(&draft), ["access_key_id", "region", "secret_access_key"]);
    draft.choose(Platform::OpenAi);
    assert_eq!(wrong(&draft), ["api_key"]);
    assert_eq!(draft.vendors_url().as_deref(), Some("https://api.openai.com"));
}

#[test]
fn what_was_typed_for_another_platform_is_not_sent() {
    let mut draft = named();
    draft.base_url = "https://mine.example.com".to_owned();
    draft.choose(Platform::Bedrock);
    draft.region = "eu-west-1".to_owned();
    draft.secret_access_key = "hidden".to_owned();
    draft.choose(Platform::OpenAi);
    draft.api_key = "sk-1".to_owned();
    let form = draft.read().unwrap();
    assert_eq!((form.region, form.secret_access_key), (None, None));
    assert_eq!(form.base_url.as_deref(), Some("https://mine.example.com"));
}

#[test]
fn a_change_keeps_what_is_secret_and_the_vendors_address_follows_the_region() {
    let stored = account(json!({ "extra_headers": ["x-team"] }));
    let mut draft = Draft::of(&stored);
    let form = draft.read().unwrap();
    assert_eq!(
        (form.secret_access_key, form.extra_headers, form.version),
        (None, None, Some(3))
    );
    assert_eq!((form.priority, form.base_url), (7, None));
    draft.region = "us-east-1".to_owned();
    assert_eq!(
        draft.vendors_url().as_deref(),
        Some("https://bedrock-runtime.us-east-1.amazonaws.com")
    );
    let own = Draft::of(&account(json!({ "base_url": "https://vpce.example.com" })));
    assert_eq!(own.base_url, "https://vpce.example.com");
    draft.kind = CredentialKind::ApiKey;
    assert_eq!(wrong(&draft), ["api_key"]);
}

#[test]
fn headers_are_replaced_as_a_whole_or_not_at_all() {
    let mut draft = Draft::of(&account(json!({ "extra_headers": ["x-team"] })));
    assert!(!draft.replaces_headers);
    draft.replaces_headers = true;
    assert_eq!(draft.read().unwrap().extra_headers, Some(BTreeMap::new()));
    draft.headers = "X-Team: research: all\nx-b: 2".to_owned();
    let pairs = [("x-b", "2"), ("x-team", "research: all")];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(draft.read().unwrap().extra_headers, Some(pairs.into()));
    draft.headers = "nonsense".to_owned();
    assert_eq!(wrong(&draft), ["extra_headers"]);
    // Without any, there is nothing to replace.
    assert_eq!(Draft::of(&account(json!({}))).read().unwrap().extra_headers, None);
}

#[test]
fn caps_and_whom_it_belongs_to_come_back_as_they_were_stored() {
    let proxy = json!({ "id": "019a0000-0000-7000-8000-0000000000bb", "name": "exit" });
    let stored = account(json!({
        "requests_per_minute": 50, "tokens_per_minute": 400_000, "daily_cost_nano": "12500000000", "proxy": proxy,
        "tags": ["prod"], "self_test_every_s": 900,
    }));
    let mut draft = Draft::of(&stored);
    assert_eq!(
        (draft.daily_cost.as_str(), draft.self_test.as_str()),
        ("12.50", "900")
    );
    let form = draft.read().unwrap();
    let after = form.on(Platform::Bedrock, Some(&stored.settings())).unwrap();
    assert_eq!(after.settings, stored.settings());
    draft.daily_cost = "a lot".to_owned();
    draft.tokens_per_minute = "0".to_owned();
    assert_eq!(wrong(&draft), ["daily_cost_nano", "tokens_per_minute"]);
}

#[test]
fn an_application_and_a_role_need_all_their_parts() {
    let mut draft = named();
    draft.choose(Platform::AzureOpenAi);
    draft.base_url = "https://a.openai.azure.com".to_owned();
    draft.kind = CredentialKind::EntraApp;
    assert_eq!(wrong(&draft), ["client_id", "client_secret", "entra_tenant_id"]);
    draft.choose(Platform::Bedrock);
    draft.region = "eu-west-1".to_owned();
    draft.base_url = String::new();
    draft.kind = CredentialKind::AwsRole;
    draft.client_secret = "of another kind".to_owned();
    assert_eq!(wrong(&draft), ["access_key_id", "role_arn", "secret_access_key"]);
    draft.role_arn = "arn:aws:iam::123456789012:role/b".to_owned();
    draft.access_key_id = "AKIDEXAMPLE".to_owned();
    draft.secret_access_key = "hidden".to_owned();
    assert_eq!(draft.read().unwrap().client_secret, None);
}

#[test]
fn what_was_granted_by_sign_in_stays_and_is_never_typed() {
    let mut draft = named();
    draft.choose(Platform::ClaudeOfficial);
    assert_eq!(draft.kinds(), [CredentialKind::BearerToken]);
    let stored = sample(json!({ "platform": "claude_official", "credential_kind": "oauth" }));
    let draft = Draft::of(&stored);
    assert!(draft.kinds().contains(&CredentialKind::Oauth));
    assert_eq!(draft.read().unwrap().credential_kind, Some(CredentialKind::Oauth));
}
