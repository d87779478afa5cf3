//! What a form says on each platform, and what each refuses of it.

use super::*;
use crate::problem::faults;
use serde_json::{Value, json};

fn form(fields: Value) -> AccountForm {
    let mut whole = json!({ "name": "a" });
    for (name, value) in fields.as_object().unwrap() {
        whole[name] = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

fn read(platform: Platform, fields: Value) -> AccountInput {
    let form = form(fields);
    assert_eq!(faults(&form), []);
    form.on(platform, None)
        .unwrap_or_else(|wrong| panic!("{platform:?}: {wrong:?}"))
}

fn wrong(platform: Platform, stored: Option<&AccountSettings>, fields: Value) -> Vec<(String, String)> {
    let Err(wrong) = form(fields.clone()).on(platform, stored) else {
        panic!("{platform:?} took {fields}");
    };
    wrong.into_iter().map(|fault| (fault.field, fault.code)).collect()
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

const KEYS: [(&str, &str); 2] = [("access_key_id", "AKIDEXAMPLE"), ("secret_access_key", "s3cr3t")];

/// What suffices on each platform with each kind of credential that can be typed.
fn least() -> Vec<(Platform, CredentialKind, Value)> {
    use CredentialKind::{ApiKey, AwsKeys, AwsRole, BearerToken, EntraApp};
    let url = "https://relay.example.com";
    vec![
        (Platform::ClaudeOfficial, BearerToken, json!({ "token": "t" })),
        (
            Platform::ClaudeConsole,
            ApiKey,
            json!({ "api_key": "k", "base_url": url }),
        ),
        (Platform::Ccr, ApiKey, json!({ "api_key": "k", "base_url": url })),
        (Platform::Gemini, ApiKey, json!({ "api_key": "k" })),
        (
            Platform::Gemini,
            BearerToken,
            json!({ "token": "t", "credential_kind": "bearer_token" }),
        ),
        (Platform::OpenAi, ApiKey, json!({ "api_key": "k" })),
        (Platform::OpenAiResponses, ApiKey, json!({ "api_key": "k" })),
        (
            Platform::AzureOpenAi,
            ApiKey,
            json!({ "api_key": "k", "base_url": url }),
        ),
        (
            Platform::AzureOpenAi,
            BearerToken,
            json!({ "token": "t", "base_url": url, "credential_kind": "bearer_token" }),
        ),
        (
            Platform::Bedrock,
            AwsKeys,
            json!({ "region": "us-east-1", KEYS[0].0: KEYS[0].1, KEYS[1].0: KEYS[1].1 }),
        ),
        (
            Platform::Bedrock,
            ApiKey,
            json!({ "region": "us-east-1", "api_key": "k", "credential_kind": "api_key" }),
        ),
        (
            Platform::Bedrock,
            AwsRole,
            json!({
                "region": "us-east-1", "role_arn": "arn:aws:iam::123456789012:role/tollgate", KEYS[0].0: KEYS[0].1,
                KEYS[1].0: KEYS[1].1, "credential_kind": "aws_role",
            }),
        ),
        (
            Platform::AzureOpenAi,
            EntraApp,
            json!({
                "base_url": url, "entra_tenant_id": "contoso.onmicrosoft.com", "client_id": "c", "client_secret": "s",
                "credential_kind": "entra_app",
            }),
        ),
    ]
}

#[test]
fn every_platform_is_satisfied_with_a_credential_of_each_of_its_kinds() {
    let mut seen = Vec::new();
    for (platform, kind, fields) in least() {
        let input = read(platform, fields.clone());
        assert_eq!(input.settings.credential_kind, kind, "{platform:?}");
        assert_eq!(input.credential.map(|given| given.kind()), Some(kind));
        assert!(input.settings.base_url.starts_with("https://"));
        seen.push((platform, kind));
        for other in CredentialKind::ALL {
            if !platform.credential_kinds().contains(&other) {
                let mut fields = fields.clone();
                fields["credential_kind"] = json!(other);
                let found = wrong(platform, None, fields);
                assert!(found.contains(&("credential_kind".to_owned(), "credential_kind".to_owned())));
            }
        }
    }
    let all = Platform::ALL.iter();
    let all = all.flat_map(|platform| platform.credential_kinds().iter().map(|kind| (*platform, *kind)));
    for (platform, kind) in all {
        if kind == CredentialKind::Oauth {
            let typed = wrong(platform, None, json!({ "credential_kind": kind }));
            assert!(typed.contains(&("credential_kind".to_owned(), "credential_kind".to_owned())));
        } else {
            assert!(seen.contains(&(platform, kind)), "{platform:?} {kind:?}");
        }
    }
}

#[test]
fn what_is_left_out_gets_v1s_defaults_and_the_vendors_address() {
    let made = read(Platform::OpenAi, json!({ "api_key": "k" })).settings;
    assert_eq!((made.priority, made.weight, made.schedulable), (50, 100, true));
    assert_eq!(made.base_url, "https://api.openai.com");
    let (_, _, keys) = least().remove(9);
    let bedrock = read(Platform::Bedrock, keys).settings;
    assert_eq!(
        bedrock.base_url,
        "https://bedrock-runtime.us-east-1.amazonaws.com"
    );
    assert_eq!(bedrock.region.as_deref(), Some("us-east-1"));
}

#[test]
fn what_is_needed_and_missing_is_named() {
    for (platform, missing) in [
        (Platform::ClaudeOfficial, &["token"][..]),
        (Platform::ClaudeConsole, &["api_key", "base_url"]),
        (Platform::Ccr, &["api_key", "base_url"]),
        (Platform::Gemini, &["api_key"]),
        (Platform::OpenAi, &["api_key"]),
        (Platform::OpenAiResponses, &["api_key"]),
        (Platform::AzureOpenAi, &["api_key", "base_url"]),
        (
            Platform::Bedrock,
            &["access_key_id", "region", "secret_access_key"],
        ),
    ] {
        let missing: Vec<_> = missing.iter().map(|field| (*field, "required")).collect();
        assert_eq!(wrong(platform, None, json!({})), pairs(&missing), "{platform:?}");
    }
    let half = json!({ "region": "us-east-1", "session_token": "t" });
    let missing = [("access_key_id", "required"), ("secret_access_key", "required")];
    assert_eq!(wrong(Platform::Bedrock, None, half), pairs(&missing));
}

#[test]
fn what_means_nothing_on_a_platform_is_refused() {
    let texts = json!({ "region": "us-east-1", "api_version": "2024-10-21", "project": "p" });
    for (platform, kind, fields) in least() {
        for (field, value) in texts.as_object().unwrap() {
            let means = match field.as_str() {
                "region" => platform == Platform::Bedrock,
                "api_version" => platform == Platform::AzureOpenAi,
                _ => platform == Platform::Gemini && kind == CredentialKind::BearerToken,
            };
            let mut fields = fields.clone();
            fields[field] = value.clone();
            if means {
                read(platform, fields);
            } else {
                assert_eq!(wrong(platform, None, fields), pairs(&[(field, "not_applicable")]));
            }
        }
        for (field, owner) in [
            ("api_key", CredentialKind::ApiKey),
            ("token", CredentialKind::BearerToken),
            ("session_token", CredentialKind::AwsKeys),
            ("client_secret", CredentialKind::EntraApp),
            ("role_arn", CredentialKind::AwsRole),
        ] {
            let mut fields = fields.clone();
            fields[field] = json!("x");
            let is_its_own = owner == kind || (field == "session_token" && kind == CredentialKind::AwsRole);
            if !is_its_own {
                assert_eq!(wrong(platform, None, fields), pairs(&[(field, "not_applicable")]));
            }
        }
    }
    let early = json!({ "api_key": "k", "version": 1 });
    assert_eq!(
        wrong(Platform::OpenAi, None, early),
        pairs(&[("version", "not_applicable")])
    );
}

#[test]
fn empty_texts_say_as_little_as_absent_ones() {
    let made = read(
        Platform::OpenAi,
        json!({ "api_key": "k", "region": "", "api_version": "", "project": "" }),
    );
    assert_eq!(
        (
            made.settings.region,
            made.settings.api_version,
            made.settings.project
        ),
        (None, None, None)
    );
}

#[test]
fn a_change_keeps_credential_kind_and_headers_unless_they_are_given() {
    let url = "https://a.example.com";
    let made = read(
        Platform::AzureOpenAi,
        json!({ "token": "t", "base_url": url, "credential_kind": "bearer_token", "extra_headers": { "x-a": "1" } }),
    );
    let stored = Some(&made.settings);
    let change = |fields: Value| form(fields).on(Platform::AzureOpenAi, stored).unwrap();
    let kept = change(json!({ "base_url": url }));
    assert_eq!(kept.settings, made.settings);
    assert_eq!((kept.credential, kept.extra_headers), (None, None));
    let emptied = change(json!({ "base_url": url, "extra_headers": {} }));
    assert_eq!(emptied.settings.extra_headers, Vec::<String>::new());
    assert_eq!(emptied.extra_headers, Some(BTreeMap::new()));
    let other = json!({ "base_url": url, "credential_kind": "api_key" });
    assert_eq!(
        wrong(Platform::AzureOpenAi, stored, other),
        pairs(&[("api_key", "required")])
    );
}

#[test]
fn wrong_fields_are_all_named_at_once() {
    let made = form(json!({
        "name": "", "base_url": "x", "api_key": "a b", "priority": 0, "weight": 0, "access_key_id": "A/B",
        "region": "US East", "api_version": "a&b", "project": "p q", "idle_timeout_s": 0, "first_byte_timeout_s": 3601,
        "extra_headers": { "Host": "x" }, "model_mapping": { "a*b": "c" },
    }));
    let fields: Vec<_> = faults(&made).into_iter().map(|fault| fault.field).collect();
    let expected = [
        "access_key_id",
        "api_key",
        "api_version",
        "base_url",
        "extra_headers",
        "first_byte_timeout_s",
        "idle_timeout_s",
        "model_mapping",
        "name",
        "priority",
        "project",
        "region",
        "weight",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn the_longest_beginning_maps_a_model_and_its_whole_name_goes_before() {
    let pairs = [
        ("gpt-*", "any"),
        ("gpt-5*", "five"),
        ("gpt-5-mini", "mini"),
        ("o3", "three"),
    ];
    let mapping = pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    for (asked, sent) in [
        ("gpt-4o", Some("any")),
        ("gpt-5", Some("five")),
        ("gpt-5-nano", Some("five")),
        ("gpt-5-mini", Some("mini")),
        ("o3", Some("three")),
        ("o3-pro", None),
        ("claude", None),
    ] {
        assert_eq!(mapped(&mapping, asked), sent, "{asked}");
    }
    let all = [("*".to_owned(), "one".to_owned())].into();
    assert_eq!(mapped(&all, "anything"), Some("one"));
}

#[test]
fn a_form_never_shows_its_secrets_in_debug_output() {
    let made = form(json!({ "api_key": "sk-secret", "extra_headers": { "x-a": "sk-secret" } }));
    assert!(!format!("{made:?}").contains("sk-secret"));
}
