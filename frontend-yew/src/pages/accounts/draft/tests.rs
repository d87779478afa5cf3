//! What a form says on each platform, and what it leaves as it is stored.

use super::*;
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
    let mut account = json!({
        "id": "019a0000-0000-7000-8000-000000000001", "platform": "bedrock", "name": "a", "description": "",
        "base_url": "https://bedrock-runtime.eu-west-1.amazonaws.com", "credential_kind": "aws_keys",
        "credential_hint": "abcd", "region": "eu-west-1", "extra_headers": [], "priority": 7, "weight": 100,
        "schedulable": true, "concurrency_cap": null, "models": [], "model_mapping": {"a*": "b"}, "state": "active",
        "state_reason": "", "state_until": null, "state_since": "2026-11-24T00:00:00Z", "version": 3,
        "today": { "requests": 0, "input_tokens": 0, "output_tokens": 0, "cache_write_5m_tokens": 0,
            "cache_write_1h_tokens": 0, "cache_read_tokens": 0, "total_tokens": 0, "charge_nano": "0" },
        "created_at": "2026-11-24T00:00:00Z", "updated_at": "2026-11-24T00:00:00Z"
    });
    for (field, value) in change.as_object().unwrap() {
        account[field] = value.clone();
    }
    serde_json::from_value(account).unwrap()
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
