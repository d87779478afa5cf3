//! Accounts of all platforms: what each needs and refuses, and that nothing secret of any is ever shown.

use super::told::{audit_of, faults, pairs};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, unique};

const KEY: &str = "a-key-that-nobody-sees";
const TOKEN: &str = "a-token-that-nobody-sees";
const AWS_SECRET: &str = "an-aws-secret-that-nobody-sees";
const SESSION_TOKEN: &str = "a-session-token-that-nobody-sees";
const HEADER: &str = "a-header-that-nobody-sees";
/// What is shown to nobody.
const SECRETS: [&str; 5] = [KEY, TOKEN, AWS_SECRET, SESSION_TOKEN, HEADER];
const AZURE: &str = "https://resource.openai.azure.com";

/// One way to make an account.
struct Way {
    platform: &'static str,
    kind: &'static str,
    fields: Value,
    base_url: &'static str,
}

impl Way {
    fn new(platform: &'static str, kind: &'static str, base_url: &'static str, fields: Value) -> Self {
        Self {
            platform,
            kind,
            fields,
            base_url,
        }
    }

    fn form(&self) -> Value {
        let mut form = self.fields.clone();
        form["name"] = json!(unique("account"));
        form["credential_kind"] = json!(self.kind);
        form["extra_headers"] = json!({"x-team": HEADER});
        form
    }

    /// The same without what stays where it is left out.
    fn change(&self, account: &Value) -> Value {
        let mut form = self.form();
        form["name"] = account["name"].clone();
        form["description"] = json!("changed");
        let fields = form.as_object_mut().expect("an object");
        for field in [
            "api_key",
            "token",
            "access_key_id",
            "secret_access_key",
            "session_token",
            "credential_kind",
            "extra_headers",
        ] {
            fields.remove(field);
        }
        form
    }
}

/// All platforms, with each kind of credential.
fn ways() -> Vec<Way> {
    let keys = json!({"region": "eu-west-1", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": AWS_SECRET});
    let mut temporary = keys.clone();
    temporary["session_token"] = json!(SESSION_TOKEN);
    let bedrock = "https://bedrock-runtime.eu-west-1.amazonaws.com";
    let console = "https://console.example.com";
    vec![
        Way::new(
            "claude_official",
            "bearer_token",
            "https://api.anthropic.com",
            json!({"token": TOKEN}),
        ),
        Way::new(
            "claude_console",
            "api_key",
            console,
            json!({"api_key": KEY, "base_url": console}),
        ),
        Way::new(
            "ccr",
            "api_key",
            console,
            json!({"api_key": KEY, "base_url": console}),
        ),
        Way::new(
            "gemini",
            "api_key",
            "https://generativelanguage.googleapis.com",
            json!({"api_key": KEY}),
        ),
        Way::new(
            "gemini",
            "bearer_token",
            "https://cloudcode-pa.googleapis.com",
            json!({"token": TOKEN, "project": "my-project"}),
        ),
        Way::new(
            "openai",
            "api_key",
            "https://api.openai.com",
            json!({"api_key": KEY, "first_byte_timeout_s": 5}),
        ),
        Way::new(
            "openai_responses",
            "api_key",
            "https://api.openai.com",
            json!({"api_key": KEY, "idle_timeout_s": 9}),
        ),
        Way::new(
            "azure_openai",
            "api_key",
            AZURE,
            json!({"api_key": KEY, "base_url": AZURE, "api_version": "2024-10-21"}),
        ),
        Way::new(
            "azure_openai",
            "bearer_token",
            AZURE,
            json!({"token": TOKEN, "base_url": AZURE}),
        ),
        Way::new("bedrock", "aws_keys", bedrock, keys),
        Way::new("bedrock", "aws_keys", bedrock, temporary),
        Way::new(
            "bedrock",
            "api_key",
            bedrock,
            json!({"region": "eu-west-1", "api_key": KEY}),
        ),
    ]
}

fn shown(account: &Value, form: &Value) {
    for field in [
        "name",
        "region",
        "api_version",
        "project",
        "first_byte_timeout_s",
        "idle_timeout_s",
    ] {
        assert_eq!(account[field], form[field], "{field}: {account}");
    }
}

fn path(platform: &str, account: &Value) -> String {
    format!("/accounts/{platform}/{}", id_of(&account["id"]))
}

#[test]
fn an_account_of_each_platform_is_made_and_changed_and_shows_nothing_secret() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for way in ways() {
        let form = way.form();
        let made = tenant.api.post(&format!("/accounts/{}", way.platform), &form);
        let account = made.expect(201).json();
        assert_eq!(account["platform"], way.platform);
        assert_eq!(account["credential_kind"], way.kind);
        assert_eq!(account["base_url"], way.base_url);
        assert_eq!(account["extra_headers"], json!(["x-team"]));
        let hint = if way.kind == "aws_keys" { "MPLE" } else { "sees" };
        assert_eq!(account["credential_hint"], hint);
        shown(&account, &form);
        let change = way.change(&account);
        let path = path(way.platform, &account);
        let changed = tenant.api.put(&path, &change).expect(200).json();
        assert_eq!(
            (&changed["description"], &changed["version"]),
            (&json!("changed"), &json!(2))
        );
        for kept in ["credential_kind", "credential_hint", "base_url", "extra_headers"] {
            assert_eq!(changed[kept], account[kept], "{kept}");
        }
        shown(&changed, &change);
        let texts = [
            account.to_string(),
            changed.to_string(),
            tenant.api.get(&path).expect(200).text(),
            format!("{:?}", audit_of(&house, &tenant, id_of(&account["id"]))),
        ];
        for text in texts {
            assert!(SECRETS.iter().all(|secret| !text.contains(secret)), "{text}");
        }
    }
    let listed = tenant.api.get("/accounts").expect(200).text();
    assert!(SECRETS.iter().all(|secret| !listed.contains(secret)));
    let count = |path: &str| {
        tenant.api.get(path).expect(200).json()["items"]
            .as_array()
            .map(Vec::len)
    };
    assert_eq!(
        (count("/accounts"), count("/accounts/bedrock")),
        (Some(ways().len()), Some(3))
    );
}

/// A platform, a form, and what is wrong with it.
type Wrong = (&'static str, Value, &'static [(&'static str, &'static str)]);

const REQUIRED: &str = "required";
const NOT_APPLICABLE: &str = "not_applicable";

/// What is missing, or means nothing on the platform.
fn wrong_in_general() -> Vec<Wrong> {
    vec![
        ("claude_official", json!({}), &[("token", REQUIRED)]),
        (
            "claude_official",
            json!({"token": "t", "api_key": "k"}),
            &[("api_key", NOT_APPLICABLE)],
        ),
        (
            "claude_console",
            json!({}),
            &[("api_key", REQUIRED), ("base_url", REQUIRED)],
        ),
        ("ccr", json!({"api_key": "k"}), &[("base_url", REQUIRED)]),
        (
            "gemini",
            json!({"api_key": "k", "project": "p"}),
            &[("project", NOT_APPLICABLE)],
        ),
        (
            "gemini",
            json!({"credential_kind": "bearer_token", "api_key": "k"}),
            &[("api_key", NOT_APPLICABLE), ("token", REQUIRED)],
        ),
        (
            "openai",
            json!({"api_key": "k", "region": "us-east-1"}),
            &[("region", NOT_APPLICABLE)],
        ),
        (
            "openai_responses",
            json!({"api_key": "k", "api_version": "v"}),
            &[("api_version", NOT_APPLICABLE)],
        ),
    ]
}

/// What only this platform asks for, and what is wrong in itself.
fn wrong_in_particular() -> Vec<Wrong> {
    vec![
        ("azure_openai", json!({"api_key": "k"}), &[("base_url", REQUIRED)]),
        (
            "bedrock",
            json!({}),
            &[
                ("access_key_id", REQUIRED),
                ("region", REQUIRED),
                ("secret_access_key", REQUIRED),
            ],
        ),
        (
            "openai",
            json!({"credential_kind": "aws_keys", "api_key": "k"}),
            &[
                ("access_key_id", REQUIRED),
                ("api_key", NOT_APPLICABLE),
                ("credential_kind", "credential_kind"),
                ("secret_access_key", REQUIRED),
            ],
        ),
        (
            "openai",
            json!({"credential_kind": "password"}),
            &[("credential_kind", "unknown_value")],
        ),
        ("bedrock", json!({"region": "us east"}), &[("region", "region")]),
        (
            "openai",
            json!({"api_key": "k", "extra_headers": {"host": "x"}}),
            &[("extra_headers", "header_refused")],
        ),
        (
            "openai",
            json!({"api_key": "k", "model_mapping": {"a*b": "c"}}),
            &[("model_mapping", "wildcard")],
        ),
        (
            "openai",
            json!({"api_key": "k", "idle_timeout_s": 0}),
            &[("idle_timeout_s", "out_of_range")],
        ),
    ]
}

#[test]
fn what_a_platform_needs_and_what_means_nothing_on_it_is_named() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    for (platform, mut form, wrong) in [wrong_in_general(), wrong_in_particular()].concat() {
        form["name"] = json!("a");
        let reply = tenant.api.post(&format!("/accounts/{platform}"), &form);
        assert_eq!(
            faults(&reply, 422, "validation_failed"),
            pairs(wrong),
            "{platform}: {form}"
        );
    }
    assert_eq!(tenant.api.get("/accounts").expect(200).json()["items"], json!([]));
}

#[test]
fn secrets_are_asked_for_anew_where_an_account_moves_or_proves_itself_otherwise() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let bedrock = tenant.api.post(
        "/accounts/bedrock",
        &json!({"name": "b", "region": "eu-west-1", "access_key_id": "AKID", "secret_access_key": AWS_SECRET}),
    );
    let bedrock = path("bedrock", &bedrock.expect(201).json());
    let keys = [("access_key_id", "required"), ("secret_access_key", "required")];
    let moved = tenant
        .api
        .put(&bedrock, &json!({"name": "b", "region": "us-east-1"}));
    assert_eq!(faults(&moved, 422, "validation_failed"), pairs(&keys));
    let other_kind = json!({"name": "b", "region": "eu-west-1", "credential_kind": "api_key"});
    let other_kind = tenant.api.put(&bedrock, &other_kind);
    assert_eq!(
        faults(&other_kind, 422, "validation_failed"),
        pairs(&[("api_key", "required")])
    );
    let azure = tenant.api.post(
        "/accounts/azure_openai",
        &json!({"name": "a", "base_url": AZURE, "api_key": KEY, "extra_headers": {"x-team": HEADER}}),
    );
    let azure = path("azure_openai", &azure.expect(201).json());
    let mut move_it = json!({"name": "a", "base_url": "https://evil.example.com"});
    let needed = [("api_key", "required"), ("extra_headers", "required")];
    assert_eq!(
        faults(&tenant.api.put(&azure, &move_it), 422, "validation_failed"),
        pairs(&needed)
    );
    move_it["api_key"] = json!("another-key");
    // Headers may hold secrets as well.
    let found = faults(&tenant.api.put(&azure, &move_it), 422, "validation_failed");
    assert_eq!(found, pairs(&needed[1..]));
    move_it["extra_headers"] = json!({});
    let moved = tenant.api.put(&azure, &move_it).expect(200).json();
    assert_eq!(
        (&moved["base_url"], &moved["extra_headers"]),
        (&move_it["base_url"], &json!([]))
    );
}

#[test]
fn extra_headers_are_sealed_replaced_as_a_whole_and_forgotten_with_the_account() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let form = json!({"name": "a", "api_key": KEY, "extra_headers": {"x-b": HEADER, "x-a": "plain"}});
    let account = tenant.api.post("/accounts/openai", &form).expect(201).json();
    let (id, path) = (id_of(&account["id"]), path("openai", &account));
    assert_eq!(account["extra_headers"], json!(["x-a", "x-b"]));
    let mut sql = house.sql();
    let mut sealed = || -> Option<Vec<u8>> {
        let query = "SELECT extra_headers FROM accounts WHERE account_id = $1";
        sql.query_one(query, &[&id]).expect("the account").get(0)
    };
    let first = sealed().expect("headers");
    for secret in [HEADER, "plain", "x-a"] {
        let is_there = first
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!is_there, "{secret}");
    }
    let put = |headers: Option<Value>| {
        let mut form = json!({"name": "a"});
        if let Some(headers) = headers {
            form["extra_headers"] = headers;
        }
        tenant.api.put(&path, &form).expect(200).json()
    };
    assert_eq!(put(None)["version"], 1, "nothing was changed");
    assert_eq!(sealed().as_ref(), Some(&first));
    assert_eq!(put(Some(json!({"x-c": HEADER})))["extra_headers"], json!(["x-c"]));
    assert_ne!(sealed().as_ref(), Some(&first));
    assert_eq!(put(Some(json!({})))["extra_headers"], json!([]));
    assert_eq!(sealed(), None);
    assert_eq!(put(Some(json!({})))["version"], 3, "none are none again");
    put(Some(json!({"x-d": HEADER})));
    tenant.api.delete(&path).expect(204);
    assert_eq!(sealed(), None);
    let lines = audit_of(&house, &tenant, id);
    let changes: Vec<&Value> = lines.iter().map(|line| &line.changes["extra_headers"]).collect();
    assert_eq!(changes[1], &json!({"from": ["x-a", "x-b"], "to": ["x-c"]}));
    assert!(!format!("{lines:?}").contains(HEADER));
}
