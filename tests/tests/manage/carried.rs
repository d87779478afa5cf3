//! Accounts carried in a file: secrets under a passphrase alone, all or nothing of it stored, and nothing in it trusted.

use super::told::{actions, audit, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::{UPSTREAM_KEY, id_of};
use tollgate_tests::harness::{House, Tenant, Upstream, unique};
use uuid::Uuid;

const PASSPHRASE: &str = "a passphrase of a test";

fn exported(tenant: &Tenant, passphrase: Option<&str>) -> Value {
    let form = json!({"passphrase": passphrase});
    tenant.api.post("/accounts/export", &form).expect(200).json()
}

fn import(bundle: &Value) -> Value {
    json!({"bundle": bundle, "passphrase": PASSPHRASE})
}

fn imported(tenant: &Tenant, form: &Value) -> Vec<Value> {
    let told = tenant.api.post("/accounts/import", form).expect(200).json();
    told["items"].as_array().expect("items").clone()
}

fn codes(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["code"].as_str().expect("a code"))
        .collect()
}

fn listed(tenant: &Tenant) -> Vec<Value> {
    let list = tenant.api.get("/accounts").expect(200).json();
    list["items"].as_array().expect("items").clone()
}

/// An account with something in every corner.
fn whole(upstream: &Upstream) -> Value {
    json!({
        "name": unique("carried"), "base_url": upstream.url(), "api_key": UPSTREAM_KEY, "description": "two\nlines",
        "extra_headers": {"x-team": "hidden-value"}, "priority": 7, "weight": 300, "schedulable": false,
        "concurrency_cap": 5, "requests_per_minute": 60, "tokens_per_minute": 1000, "daily_cost_nano": "5000000000",
        "tags": ["a", "b"], "models": ["claude-sonnet-4-6"], "model_mapping": {"claude-sonnet-4-6": "theirs"},
        "self_test_every_s": 3600, "first_byte_timeout_s": 9, "idle_timeout_s": 8,
    })
}

#[test]
fn an_account_works_where_it_was_carried_to() {
    let house = House::shared();
    let (from, to) = (house.poor_tenant(), house.poor_tenant());
    let upstream = Upstream::start();
    let form = whole(&upstream);
    from.api.post("/accounts/claude_console", &form).expect(201);
    let aws = json!({
        "name": "keys", "region": "eu-west-1", "access_key_id": "AKID", "secret_access_key": "hidden-secret-of-aws",
    });
    from.api.post("/accounts/bedrock", &aws).expect(201);
    let bundle = exported(&from, Some(PASSPHRASE));
    let text = bundle.to_string();
    for secret in [UPSTREAM_KEY, "hidden-value", "hidden-secret-of-aws", PASSPHRASE] {
        assert!(!text.contains(secret), "{text}");
    }
    let rows = imported(&to, &import(&bundle));
    assert_eq!(codes(&rows), ["created", "created"]);
    let console = id_of(&rows[1]["id"]);
    let pairs: Vec<(Value, Value)> = listed(&from).into_iter().zip(listed(&to)).collect();
    assert_eq!(pairs.len(), 2);
    for (before, after) in &pairs {
        for (field, value) in before.as_object().expect("an object") {
            let own = ["id", "created_at", "updated_at", "state_since"].contains(&field.as_str());
            assert!(
                own || after[field] == *value,
                "{field}: {value} became {}",
                after[field]
            );
        }
    }
    // The secrets came along.
    let path = format!("/accounts/claude_console/{console}/test");
    assert_eq!(to.api.post(&path, &json!({})).expect(200).json()["code"], "ok");
    let seen = upstream.only();
    assert_eq!(seen.header("x-api-key"), Some(UPSTREAM_KEY));
    assert_eq!(seen.header("x-team"), Some("hidden-value"));
    assert_eq!(actions(&audit_of(&house, &to, console)), ["account.imported"]);
    let lines = audit_of(&house, &from, from.id);
    let told = lines.last().expect("a line");
    assert_eq!(told.action, "accounts.exported");
    assert_eq!(told.changes["secrets"], true);
    for text in [format!("{:?}", audit(&house, &to)), house.gateway.log()] {
        assert!(!text.contains(PASSPHRASE) && !text.contains("hidden-"), "{text}");
    }
    // What is there already is left as it is.
    assert_eq!(codes(&imported(&to, &import(&bundle))), ["exists", "exists"]);
    assert_eq!(listed(&to).len(), 2);
}

#[test]
fn a_grant_is_carried_too() {
    let house = House::shared();
    let (from, to) = (house.poor_tenant(), house.poor_tenant());
    let form = json!({"name": "granted", "token": "sk-ant-oat01-of-a-test"});
    let id = id_of(
        &from
            .api
            .post("/accounts/claude_official", &form)
            .expect(201)
            .json()["id"],
    );
    // What is sealed of a bearer token is the text itself, so that another text in its place makes a grant of it.
    let grant = r#"{"refresh_token":"sk-ant-ort01-of-a-test","way":"claude","scopes":["user:inference"]}"#;
    let update = json!({"name": "granted", "token": grant.replace(' ', "")});
    from.api
        .put(&format!("/accounts/claude_official/{id}"), &update)
        .expect(200);
    let kind = "UPDATE accounts SET credential_kind = 'oauth', credential_hint = '' WHERE account_id = $1";
    house.sql().execute(kind, &[&id]).expect("a grant");
    let bundle = exported(&from, Some(PASSPHRASE));
    assert_eq!(bundle["accounts"][0]["form"]["credential_kind"], "oauth");
    assert_eq!(codes(&imported(&to, &import(&bundle))), ["created"]);
    let there = listed(&to);
    assert_eq!(
        (&there[0]["credential_kind"], &there[0]["name"]),
        (&json!("oauth"), &json!("granted"))
    );
    let again = exported(&to, Some(PASSPHRASE));
    let back = house.poor_tenant();
    assert_eq!(
        codes(&imported(&back, &import(&again))),
        ["created"],
        "it can be opened where it is"
    );
    let without = exported(&from, None);
    assert_eq!(
        codes(&imported(&house.poor_tenant(), &import(&without))),
        ["no_secret"]
    );
}

#[test]
fn without_a_passphrase_no_secret_leaves_and_nothing_can_be_made_of_the_file() {
    let house = House::shared();
    let (from, to) = (house.poor_tenant(), house.poor_tenant());
    let first = from.account("https://a.example.com");
    let second = from.account("https://b.example.com");
    let bundle = exported(&from, None);
    assert_eq!(
        (&bundle["format"], &bundle["secrets"]),
        (&json!("tollgate-accounts/1"), &Value::Null)
    );
    assert_eq!(bundle["accounts"][0]["sealed"], Value::Null);
    assert_eq!(
        codes(&imported(&to, &json!({"bundle": bundle}))),
        ["no_secret", "no_secret"]
    );
    assert!(listed(&to).is_empty());
    let one = from
        .api
        .post("/accounts/export", &json!({"ids": [second]}))
        .expect(200)
        .json();
    assert_eq!(one["accounts"].as_array().map(Vec::len), Some(1));
    assert_eq!(one["accounts"][0]["form"]["base_url"], "https://b.example.com");
    assert_eq!(
        from.api
            .send(tollgate_tests::harness::Request::post("/api/v2/accounts/export"))
            .status,
        200
    );
    for (ids, field, code) in [
        (json!([first, Uuid::now_v7()]), "ids[1]", "not_found"),
        (json!([first, first]), "ids", "duplicate"),
        (json!([]), "ids", "required"),
    ] {
        let reply = from.api.post("/accounts/export", &json!({"ids": ids}));
        assert_eq!(faults(&reply, 422, "validation_failed"), pairs(&[(field, code)]));
    }
    let reply = from.api.post("/accounts/export", &json!({"passphrase": "short"}));
    assert_eq!(
        faults(&reply, 422, "validation_failed"),
        pairs(&[("passphrase", "too_short")])
    );
    let finance = house.person(&from, "finance");
    refused(
        &finance.api.post("/accounts/export", &json!({})),
        403,
        "forbidden",
    );
    refused(
        &finance.api.post("/accounts/import", &json!({"bundle": bundle})),
        403,
        "forbidden",
    );
}

#[test]
fn a_file_that_was_changed_is_refused_with_what_is_wrong_and_nothing_is_stored() {
    let house = House::shared();
    let (from, to) = (house.poor_tenant(), house.poor_tenant());
    for name in ["a", "b"] {
        from.account_with("https://a.example.com", json!({"name": name}));
    }
    let bundle = exported(&from, Some(PASSPHRASE));
    let (first, swapped) = (&bundle["accounts"][0], &bundle["accounts"][1]["sealed"]);
    // What is changed, to what; the field at fault, and its code. Nobody has the secrets sent elsewhere by a line.
    let cases = json!({"cases": [
        ["/passphrase", "not the passphrase", "passphrase", "wrong"],
        ["/passphrase", null, "passphrase", "required"],
        ["/passphrase", "short", "passphrase", "too_short"],
        ["/bundle/format", "tollgate-accounts/2", "bundle.format", "unknown_value"],
        ["/bundle/secrets", null, "bundle.secrets", "required"],
        ["/bundle/secrets/salt", "!", "bundle.secrets.salt", "base64"],
        ["/bundle/secrets/salt", "AAAA", "bundle.secrets.salt", "out_of_range"],
        ["/bundle/secrets/memory_kib", 4_000_000_000_u32, "bundle.secrets.memory_kib", "out_of_range"],
        ["/bundle/secrets/passes", 0, "bundle.secrets.passes", "out_of_range"],
        ["/bundle/secrets/passes", 1, "passphrase", "wrong"],
        ["/bundle/accounts/0/sealed", swapped, "bundle.accounts[0].sealed", "sealed"],
        ["/bundle/accounts/0/sealed", "AAAA", "bundle.accounts[0].sealed", "sealed"],
        ["/bundle/accounts/0/form/base_url", "https://evil.example.com", "bundle.accounts[0].sealed", "sealed"],
        ["/bundle/accounts/0/form/name", "c", "bundle.accounts[0].sealed", "sealed"],
        ["/bundle/accounts/0/platform", "ccr", "bundle.accounts[0].sealed", "sealed"],
        ["/bundle/accounts/0/platform", "fax", "bundle.accounts[0].platform", "unknown_value"],
        ["/bundle/accounts/1/form/priority", 0, "bundle.accounts[1].form.priority", "out_of_range"],
        ["/bundle/accounts/1/form/priority", "x", "bundle.accounts[1].form.priority", "invalid"],
        ["/bundle/accounts/1", first, "bundle.accounts[1].form.name", "duplicate"],
    ]});
    for case in cases["cases"].as_array().expect("cases") {
        let text = |at: usize| case[at].as_str().expect("a text");
        let mut form = import(&bundle);
        *form.pointer_mut(text(0)).expect("a place") = case[1].clone();
        let reply = to.api.post("/accounts/import", &form);
        let expected = pairs(&[(text(2), text(3))]);
        assert_eq!(faults(&reply, 422, "validation_failed"), expected, "{case}");
        assert!(listed(&to).is_empty(), "{case}");
    }
    let mut many = import(&bundle);
    many["bundle"]["accounts"] = json!(vec![exported(&from, None)["accounts"][0].clone(); 1001]);
    let reply = to.api.post("/accounts/import", &many);
    assert_eq!(
        faults(&reply, 422, "validation_failed"),
        pairs(&[("bundle.accounts", "too_many")])
    );
}

#[test]
fn an_address_that_the_guard_refuses_is_refused_in_a_file_too() {
    let house = House::shared();
    let (from, to) = (house.poor_tenant(), house.poor_tenant());
    let id = from.account("https://a.example.com");
    // As an operator might have allowed it where the file was made.
    house
        .sql()
        .execute(
            "UPDATE accounts SET base_url = 'http://10.0.0.1' WHERE account_id = $1",
            &[&id],
        )
        .expect("an address");
    let form = import(&exported(&from, Some(PASSPHRASE)));
    let reply = to.api.post("/accounts/import", &form);
    assert_eq!(
        faults(&reply, 422, "validation_failed"),
        pairs(&[("bundle.accounts[0].form.base_url", "url_refused")])
    );
    let mut dry = form;
    dry["dry_run"] = json!(true);
    let rows = imported(&to, &dry);
    assert_eq!(codes(&rows), ["url_refused"]);
    assert_eq!(rows[0]["errors"][0]["field"], "form.base_url");
    assert!(listed(&to).is_empty());
}

#[test]
fn a_proxy_is_found_by_its_name_and_no_account_goes_around_it() {
    let house = House::shared();
    let (from, to) = (house.poor_tenant(), house.poor_tenant());
    let proxy = |tenant: &Tenant| {
        let form = json!({"name": "way out", "scheme": "socks5h", "host": "p.example.com", "port": 1080});
        id_of(&tenant.api.post("/proxies", &form).expect(201).json()["id"])
    };
    let theirs = proxy(&from);
    from.account_with("https://a.example.com", json!({"proxy_id": theirs}));
    let form = import(&exported(&from, Some(PASSPHRASE)));
    assert_eq!(form["bundle"]["accounts"][0]["proxy"], "way out");
    assert!(!form.to_string().contains(&theirs.to_string()));
    let reply = to.api.post("/accounts/import", &form);
    assert_eq!(
        faults(&reply, 422, "validation_failed"),
        pairs(&[("bundle.accounts[0].proxy", "not_found")])
    );
    let own = proxy(&to);
    assert_eq!(codes(&imported(&to, &form)), ["created"]);
    assert_eq!(listed(&to)[0]["proxy"]["id"], json!(own));
}

#[test]
fn a_dry_run_tells_what_would_come_of_it_and_stores_nothing() {
    let house = House::shared();
    let (from, to) = (house.poor_tenant(), house.poor_tenant());
    for name in ["a", "b", "c"] {
        from.account_with("https://a.example.com", json!({"name": name}));
    }
    to.account_with("https://mine.example.com", json!({"name": "a"}));
    let mut form = import(&exported(&from, Some(PASSPHRASE)));
    form["dry_run"] = json!(true);
    form["bundle"]["accounts"][1]["form"]["weight"] = json!(0);
    let rows = imported(&to, &form);
    assert_eq!(codes(&rows), ["exists", "validation_failed", "created"]);
    assert_eq!(rows[1]["errors"][0]["field"], "form.weight");
    assert_eq!(rows[2]["id"], Value::Null);
    assert_eq!(listed(&to).len(), 1);
    // In earnest the one fault keeps all of it out.
    form["dry_run"] = json!(false);
    refused(&to.api.post("/accounts/import", &form), 422, "validation_failed");
    assert_eq!(listed(&to).len(), 1);
    form["bundle"]["accounts"][1]["form"]["weight"] = json!(1);
    assert_eq!(codes(&imported(&to, &form)), ["exists", "created", "created"]);
    let list = listed(&to);
    assert_eq!(list[0]["base_url"], "https://mine.example.com");
}
