//! Proxies: where they may stand, what is kept of their passwords, when they may go, and that a test goes through them.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::proxies::{PROXY_PASSWORD, RealProxy};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, Tenant, Upstream, unique};
use uuid::Uuid;

fn form() -> Value {
    json!({
        "name": unique("proxy"), "scheme": "socks5h", "host": "proxy.example.com", "port": 1080,
        "username": "ann", "password": PROXY_PASSWORD,
    })
}

fn made(tenant: &Tenant, form: &Value) -> (Uuid, Value) {
    let proxy = tenant.api.post("/proxies", form).expect(201).json();
    (id_of(&proxy["id"]), proxy)
}

fn path(proxy: Uuid) -> String {
    format!("/proxies/{proxy}")
}

fn with(form: &Value, field: &str, value: Value) -> Value {
    let mut form = form.clone();
    form[field] = value;
    form
}

#[test]
fn a_proxy_is_what_was_asked_for_and_its_password_is_never_shown() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let form = form();
    let (id, proxy) = made(&tenant, &form);
    for field in ["name", "scheme", "host", "port", "username"] {
        assert_eq!(proxy[field], form[field], "{field}");
    }
    assert_eq!(
        (&proxy["has_password"], &proxy["accounts"]),
        (&json!(true), &json!(0))
    );
    assert_eq!(
        (&proxy["version"], &proxy["last_test"]),
        (&json!(1), &Value::Null)
    );
    let listed = tenant.api.get("/proxies").expect(200).json();
    assert_eq!(listed["items"], json!([proxy]));
    assert_eq!(tenant.api.get(&path(id)).expect(200).json(), proxy);
    let unchanged = with(&form, "password", Value::Null);
    assert_eq!(tenant.api.put(&path(id), &unchanged).expect(200).json(), proxy);
    let renamed = with(&unchanged, "name", json!("renamed"));
    let renamed = tenant.api.put(&path(id), &renamed).expect(200).json();
    assert_eq!(
        (&renamed["version"], &renamed["has_password"]),
        (&json!(2), &json!(true))
    );
    let bare = with(&with(&form, "password", json!("")), "username", json!(""));
    let bare = tenant.api.put(&path(id), &bare).expect(200).json();
    assert_eq!(
        (&bare["has_password"], &bare["username"]),
        (&json!(false), &json!(""))
    );
    tenant.api.delete(&path(id)).expect(204);
    refused(&tenant.api.get(&path(id)), 404, "not_found");
    refused(&tenant.api.put(&path(id), &form), 404, "not_found");
    refused(
        &tenant.api.post(&format!("{}/test", path(id)), &json!({})),
        404,
        "not_found",
    );
    let lines = audit_of(&house, &tenant, id);
    let told = ["proxy.created", "proxy.updated", "proxy.updated", "proxy.deleted"];
    assert_eq!(actions(&lines), told);
    assert_eq!(lines[1].changes["name"]["to"], "renamed");
    let stored = house
        .sql()
        .query_one("SELECT p::text FROM proxies p WHERE proxy_id = $1", &[&id])
        .expect("the row")
        .get::<_, String>(0);
    for text in [
        format!("{lines:?}"),
        stored,
        listed.to_string(),
        house.gateway.log(),
    ] {
        assert!(!text.contains(PROXY_PASSWORD), "{text}");
    }
    // Its name is free again.
    made(&tenant, &form);
}

#[test]
fn every_wrong_field_is_named_and_nothing_is_stored() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let wrong = json!({"name": "", "scheme": "http", "host": "http://x", "port": 0, "username": "a:b", "password": "a\nb"});
    assert_eq!(
        faults(&tenant.api.post("/proxies", &wrong), 422, "validation_failed"),
        pairs(&[
            ("host", "host"),
            ("name", "required"),
            ("password", "control_character"),
            ("port", "out_of_range"),
            ("username", "username"),
        ])
    );
    for (field, value, code) in [
        ("scheme", json!("ftp"), "unknown_value"),
        ("port", json!(65536), "invalid"),
        ("port", json!("80"), "invalid"),
        ("host", json!("a b"), "host"),
        ("host", json!("ü漢".repeat(125)), "too_long"),
        ("username", json!(""), "required"),
        ("url", json!("socks5://x"), "unknown_field"),
        ("version", json!(1), "not_applicable"),
    ] {
        let reply = tenant.api.post("/proxies", &with(&form(), field, value));
        let found = faults(&reply, 422, "validation_failed");
        assert_eq!(found[0], (field.to_owned(), code.to_owned()), "{found:?}");
    }
    assert_eq!(tenant.api.get("/proxies").expect(200).json()["items"], json!([]));
}

#[test]
fn a_proxy_may_not_stand_in_a_private_network() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (id, _) = made(&tenant, &form());
    // The test gateways let loopback pass, and nothing else that is private.
    for host in [
        "10.0.0.1",
        "0x0a000001",
        "167772161",
        "012.0.0.1",
        "10.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
    ] {
        let form = with(&form(), "host", json!(host));
        for reply in [
            tenant.api.post("/proxies", &form),
            tenant.api.put(&path(id), &form),
        ] {
            let found = faults(&reply, 422, "url_refused");
            assert_eq!(found[0].0, "host", "{host}");
        }
    }
    let (id, proxy) = made(&tenant, &with(&form(), "host", json!("2606:4700::1111")));
    assert_eq!(proxy["host"], "2606:4700::1111");
    for target in [
        "http://10.0.0.1",
        "http://[fd00::1]:8080",
        "https://user:pass@example.com",
    ] {
        let reply = tenant
            .api
            .post(&format!("{}/test", path(id)), &json!({"target": target}));
        assert_eq!(faults(&reply, 422, "url_refused")[0].0, "target", "{target}");
    }
}

#[test]
fn a_stored_password_is_never_sent_elsewhere_and_old_versions_are_refused() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let form = form();
    let (id, _) = made(&tenant, &form);
    let silent = with(&form, "password", Value::Null);
    for (field, value) in [
        ("host", json!("evil.example.com")),
        ("port", json!(1081)),
        ("scheme", json!("http")),
    ] {
        let moved = with(&silent, field, value);
        assert_eq!(
            faults(&tenant.api.put(&path(id), &moved), 422, "validation_failed"),
            pairs(&[("password", "required")]),
            "{field}"
        );
    }
    let moved = with(&form, "host", json!("other.example.com"));
    assert_eq!(tenant.api.put(&path(id), &moved).expect(200).json()["version"], 2);
    let late = with(&with(&moved, "version", json!(1)), "name", json!("late"));
    refused(&tenant.api.put(&path(id), &late), 409, "version_conflict");
    let (_, other) = made(&tenant, &self::form());
    let same = with(&moved, "name", other["name"].clone());
    for reply in [
        tenant.api.put(&path(id), &same),
        tenant.api.post("/proxies", &same),
    ] {
        assert_eq!(faults(&reply, 409, "name_taken"), pairs(&[("name", "taken")]));
    }
    // Another tenant may use the same name.
    made(&house.poor_tenant(), &same);
}

#[test]
fn a_proxy_stays_while_accounts_go_through_it() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (id, _) = made(&tenant, &form());
    let account = tenant.account_with("https://api.anthropic.com", json!({"proxy_id": id}));
    tenant.account_with("https://api.anthropic.com", json!({"proxy_id": id}));
    assert_eq!(tenant.api.get(&path(id)).expect(200).json()["accounts"], 2);
    let problem = refused(&tenant.api.delete(&path(id)), 409, "in_use");
    let detail = problem["detail"].as_str().expect("a text");
    assert!(detail.starts_with("2 accounts go through it"), "{detail}");
    tenant
        .api
        .delete(&format!("/accounts/claude_console/{account}"))
        .expect(204);
    let problem = refused(&tenant.api.delete(&path(id)), 409, "in_use");
    let detail = problem["detail"].as_str().expect("a text");
    assert!(detail.starts_with("1 account goes through it"), "{detail}");
    let list = tenant.api.get("/accounts").expect(200).json();
    let left = id_of(&list["items"][0]["id"]);
    let off = json!({"ids": [left], "action": "proxy"});
    assert_eq!(
        tenant.api.post("/accounts/batch", &off).expect(200).json()["items"][0]["code"],
        "ok"
    );
    tenant.api.delete(&path(id)).expect(204);
}

fn tried(tenant: &Tenant, proxy: Uuid, target: &str) -> Value {
    let path = format!("{}/test", path(proxy));
    tenant
        .api
        .post(&path, &json!({"target": target}))
        .expect(200)
        .json()
}

#[test]
fn a_test_goes_through_the_proxy_and_is_kept_until_the_proxy_is_changed() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let upstream = Upstream::start();
    for mut real in [RealProxy::socks("socks5"), RealProxy::http()] {
        let form = real.form();
        let (id, _) = made(&tenant, &form);
        let told = tried(&tenant, id, &upstream.url());
        assert_eq!(
            (&told["ok"], &told["code"]),
            (&json!(true), &json!("ok")),
            "{told}"
        );
        let kept = tenant.api.get(&path(id)).expect(200).json();
        assert_eq!(kept["last_test"]["code"], "ok");
        assert_eq!(kept["last_test"]["latency_ms"], told["latency_ms"]);
        assert_eq!(kept["version"], 1, "a test is no change");
        let wrong = with(&form, "password", json!("wrong"));
        let changed = tenant.api.put(&path(id), &wrong).expect(200).json();
        assert_eq!(changed["last_test"], Value::Null, "that was of another password");
        assert_eq!(tried(&tenant, id, &upstream.url())["code"], "proxy_auth");
        tenant.api.put(&path(id), &form).expect(200);
        let seen = upstream.count();
        real.stop();
        let told = tried(&tenant, id, &upstream.url());
        assert_eq!(
            (&told["ok"], &told["code"]),
            (&json!(false), &json!("proxy_refused")),
            "{told}"
        );
        assert_eq!(upstream.count(), seen, "never around the proxy");
        let kept = tenant.api.get(&path(id)).expect(200).json();
        assert_eq!(kept["last_test"]["code"], "proxy_refused");
        assert!(!told.to_string().contains(PROXY_PASSWORD));
    }
}

#[test]
fn nobody_scans_ports_through_tests() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (id, _) = made(&tenant, &with(&form(), "host", json!("127.0.0.1")));
    let refusals = (0..30)
        .map(|_| tenant.api.post(&format!("{}/test", path(id)), &json!({})))
        .filter(|reply| reply.status == 429);
    let first = refusals.into_iter().next().expect("a refusal");
    refused(&first, 429, "too_many_requests");
    assert!(first.header("retry-after").is_some());
}
