//! Connecting accounts at their vendors: whole ways from the link to the stored account, and every way in which they fail
//! with nothing stored.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use tollgate_tests::harness::process::Process;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{
    House, Reply, Script, Somebody, Tenant, Upstream, Vendor, Wanted, unique, wait_until,
};

/// A house whose vendors are simulated.
pub(super) fn house() -> (House, Vendor) {
    let vendor = Vendor::start();
    let house = House::with(Wanted {
        env: vendor.env(),
        ..Wanted::default()
    });
    (house, vendor)
}

pub(super) fn begun(tenant: &Tenant, platform: &str, form: &Value) -> Value {
    let reply = tenant.api.post(&format!("/accounts/{platform}/auth-url"), form);
    reply.expect(201).json()
}

pub(super) fn exchange(tenant: &Tenant, platform: &str, form: &Value) -> Reply {
    tenant.api.post(&format!("/accounts/{platform}/exchange"), form)
}

/// The whole way with a new name.
pub(super) fn connect(tenant: &Tenant, vendor: &Vendor, platform: &str, somebody: &Somebody) -> Reply {
    let link = begun(tenant, platform, &json!({}));
    let code = vendor.consent(link["url"].as_str().expect("a link"), somebody);
    let form = json!({"flow_id": link["flow_id"], "code": code, "name": unique("connected")});
    exchange(tenant, platform, &form)
}

pub(super) fn nothing_is_stored(tenant: &Tenant) {
    let accounts = tenant.api.get("/accounts").expect(200).json();
    assert_eq!(accounts["items"], json!([]));
}

#[test]
fn a_claude_subscription_is_connected_with_its_plan_and_its_windows() {
    let (house, vendor) = house();
    let tenant = house.poor_tenant();
    let connected = connect(
        &tenant,
        &vendor,
        "claude_official",
        &Somebody::new("a@example.com", "max"),
    )
    .expect(200)
    .json();
    assert_eq!(connected["warnings"], json!([]));
    let account = &connected["account"];
    assert_eq!(account["credential_kind"], "oauth");
    assert_eq!(account["subscription"]["plan"], "max");
    assert_eq!(account["subscription"]["opus"], true);
    assert_eq!(account["subscription"]["identity"], "a@example.com");
    assert_eq!(account["token"]["renewable"], true);
    assert_eq!(account["token"]["error"], "");
    assert!(account["token"]["expires_at"].is_string());
    let windows: Vec<(&Value, &Value)> = account["windows"]
        .as_array()
        .expect("windows")
        .iter()
        .map(|window| (&window["name"], &window["used_permille"]))
        .collect();
    assert_eq!(windows, [(&json!("5h"), &json!(420)), (&json!("7d"), &json!(75))]);
    let id = id_of(&account["id"]);
    let path = format!("/accounts/claude_official/{id}");
    let events = tenant.api.get(&format!("{path}/events")).expect(200).json();
    assert_eq!(events["items"][0]["kind"], "connected");
    assert_eq!(actions(&audit_of(&house, &tenant, id)), ["account.connected"]);
    // Nothing of what was granted is ever shown.
    for text in [
        account.to_string(),
        events.to_string(),
        tenant.api.get("/accounts").expect(200).text(),
        format!("{:?}", audit_of(&house, &tenant, id)),
        house.gateway.log(),
    ] {
        for secret in ["access-", "refresh-", "code-of-consent"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    // The account works with it, and can be renewed.
    let told = tenant
        .api
        .post(&format!("{path}/test"), &json!({}))
        .expect(200)
        .json();
    assert_eq!(told["code"], "ok", "{told}");
    let renewed = tenant
        .api
        .post(&format!("{path}/refresh"), &json!({}))
        .expect(200)
        .json();
    assert!(renewed["token"]["issued_at"].as_str() > account["token"]["issued_at"].as_str());
    let told = tenant
        .api
        .post(&format!("{path}/test"), &json!({}))
        .expect(200)
        .json();
    assert_eq!(told["code"], "ok", "{told}");
}

#[test]
fn a_set_up_token_lives_a_year_and_is_never_renewed() {
    let (house, vendor) = house();
    let tenant = house.poor_tenant();
    let link = begun(&tenant, "claude_official", &json!({"setup_token": true}));
    let url = link["url"].as_str().expect("a link");
    assert!(url.contains("scope=user%3Ainference&"), "{url}");
    let code = vendor.consent(url, &Somebody::new("b@example.com", "pro"));
    let form = json!({"flow_id": link["flow_id"], "code": code, "name": "set up"});
    let connected = exchange(&tenant, "claude_official", &form).expect(200).json();
    assert_eq!(connected["account"]["token"]["renewable"], false);
    assert_eq!(vendor.count("/profile"), 0, "it may not ask for a profile");
    let path = format!("/accounts/claude_official/{}", id_of(&connected["account"]["id"]));
    refused(
        &tenant.api.post(&format!("{path}/refresh"), &json!({})),
        409,
        "grant_revoked",
    );
}

#[test]
fn codex_names_its_account_and_google_its_project() {
    let (house, vendor) = house();
    let tenant = house.poor_tenant();
    let codex = connect(
        &tenant,
        &vendor,
        "openai",
        &Somebody::new("c@example.com", "plus"),
    )
    .expect(200)
    .json();
    assert_eq!(codex["account"]["subscription"]["plan"], "plus");
    assert_eq!(codex["account"]["subscription"]["identity"], "c@example.com");
    let google = connect(
        &tenant,
        &vendor,
        "gemini",
        &Somebody::new("d@example.com", "free"),
    )
    .expect(200)
    .json();
    assert_eq!(google["account"]["project"], "assist-project-1");
    assert_eq!(google["account"]["subscription"]["identity"], "d@example.com");
    // Somebody new to Code Assist is put on a tier first, which takes a while.
    vendor.onboards_after(1);
    let mut newcomer = Somebody::new("e@example.com", "free");
    newcomer.onboarded = false;
    let google = connect(&tenant, &vendor, "gemini", &newcomer).expect(200).json();
    assert_eq!(google["account"]["project"], "onboarded-project-7");
    assert_eq!(vendor.count("onboardUser"), 2);
    // A licence of an organisation needs a project of its own: without one, nothing is stored.
    let mut licensed = Somebody::new("f@example.com", "standard");
    licensed.project = None;
    let found = faults(
        &connect(&tenant, &vendor, "gemini", &licensed),
        422,
        "project_needed",
    );
    assert_eq!(found, pairs(&[("project", "required")]));
    let accounts = tenant.api.get("/accounts/gemini").expect(200).json();
    assert_eq!(accounts["items"].as_array().map(Vec::len), Some(2));
}

#[test]
fn an_account_is_connected_anew_by_the_same_person_alone() {
    let (house, vendor) = house();
    let tenant = house.poor_tenant();
    let (ours, other) = (
        Somebody::new("j@example.com", "max"),
        Somebody::new("k@example.com", "max"),
    );
    let connected = connect(&tenant, &vendor, "claude_official", &ours)
        .expect(200)
        .json();
    let account = &connected["account"];
    let (id, name) = (id_of(&account["id"]), &account["name"]);
    let mut sql = house.sql();
    sql.execute(
        "UPDATE accounts SET state = 'unauthorized', state_reason = 'revoked', priority = 7 WHERE account_id = $1",
        &[&id],
    )
    .expect("a state");
    vendor.revoke("j@example.com");
    let anew = |somebody: &Somebody| {
        let link = begun(&tenant, "claude_official", &json!({"account_id": id}));
        let code = vendor.consent(link["url"].as_str().expect("a link"), somebody);
        exchange(
            &tenant,
            "claude_official",
            &json!({"flow_id": link["flow_id"], "code": code}),
        )
    };
    let problem = refused(&anew(&other), 409, "other_account");
    let detail = problem["detail"].as_str().expect("a text");
    assert!(
        detail.contains("j@example.com") && detail.contains("k@example.com"),
        "{detail}"
    );
    let path = format!("/accounts/claude_official/{id}");
    assert_eq!(tenant.api.get(&path).expect(200).json()["state"], "unauthorized");
    let again = anew(&ours).expect(200).json();
    let again = &again["account"];
    assert_eq!((&again["state"], &again["name"]), (&json!("active"), name));
    assert_eq!((&again["priority"], &again["id"]), (&json!(7), &account["id"]));
    let told = tenant
        .api
        .post(&format!("{path}/test"), &json!({}))
        .expect(200)
        .json();
    assert_eq!(
        told["code"], "ok",
        "the new token is the one that is sent: {told}"
    );
    assert_eq!(
        actions(&audit_of(&house, &tenant, id)),
        ["account.connected", "account.reconnected"]
    );
    // A connected account can't be pointed elsewhere with what was granted.
    let mut form = json!({"name": name, "base_url": "https://evil.example.com", "credential_kind": "oauth"});
    let found = faults(&tenant.api.put(&path, &form), 422, "validation_failed");
    assert_eq!(found, pairs(&[("base_url", "connected")]));
    form["base_url"] = again["base_url"].clone();
    tenant.api.put(&path, &form).expect(200);
}

#[test]
fn with_a_proxy_the_vendor_is_asked_through_it_or_not_at_all() {
    let (house, vendor) = house();
    let tenant = house.poor_tenant();
    let port = free_port();
    let proxy = uuid::Uuid::now_v7();
    house
        .sql()
        .execute(
            "INSERT INTO proxies (tenant_id, proxy_id, name, scheme, host, port, created_at, updated_at)
             VALUES ($1, $2, 'one', 'socks5h', '127.0.0.1', $3, now(), now())",
            &[&tenant.id, &proxy, &i32::from(port)],
        )
        .expect("a proxy");
    let somebody = Somebody::new("l@example.com", "max");
    let through = || {
        let link = begun(&tenant, "claude_official", &json!({"proxy_id": proxy}));
        let code = vendor.consent(link["url"].as_str().expect("a link"), &somebody);
        exchange(
            &tenant,
            "claude_official",
            &json!({"flow_id": link["flow_id"], "code": code, "name": unique("l")}),
        )
    };
    let found = faults(&through(), 424, "vendor_unreachable");
    assert_eq!(found, pairs(&[("proxy_id", "proxy_refused")]));
    assert!(vendor.seen().is_empty(), "nothing went past the proxy");
    nothing_is_stored(&tenant);
    let mut command = Command::new("microsocks");
    command
        .args(["-i", "127.0.0.1", "-p", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _proxy = Process::spawn(
        "microsocks (apt: microsocks)",
        &mut command,
        nix::sys::signal::Signal::SIGTERM,
        None,
    );
    wait_until("the proxy listens", std::time::Duration::from_secs(10), || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    let connected = through().expect(200).json();
    assert_eq!(connected["account"]["proxy"]["name"], "one");
    let path = format!(
        "/accounts/claude_official/{}/test",
        id_of(&connected["account"]["id"])
    );
    assert_eq!(
        tenant.api.post(&path, &json!({})).expect(200).json()["code"],
        "ok"
    );
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

#[test]
fn an_application_at_entra_gets_its_token_with_the_first_request_or_when_asked_for() {
    let (house, _vendor) = house();
    let (tenant, upstream) = (house.poor_tenant(), Upstream::start());
    let made = |secret: &str| {
        let form = json!({
            "name": unique("entra"), "base_url": upstream.url(), "credential_kind": "entra_app",
            "entra_tenant_id": "contoso.example.com", "client_id": "app-1", "client_secret": secret,
            "models": ["deployment-1"],
        });
        let account = tenant
            .api
            .post("/accounts/azure_openai", &form)
            .expect(201)
            .json();
        assert_eq!(account["token"]["issued_at"], Value::Null);
        format!("/accounts/azure_openai/{}", id_of(&account["id"]))
    };
    let answer = r#"{"object":"chat.completion","choices":[{"index":0,"finish_reason":"length"}]}"#;
    upstream.always(Script::Fixed {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: answer.as_bytes().to_vec(),
    });
    let tested = made("right-secret");
    let told = tenant
        .api
        .post(&format!("{tested}/test"), &json!({}))
        .expect(200)
        .json();
    assert_eq!(told["code"], "ok", "{told}");
    let sent = upstream.only();
    assert!(
        sent.header("authorization")
            .is_some_and(|text| text.starts_with("Bearer entra-"))
    );
    let asked = made("right-secret");
    let renewed = tenant
        .api
        .post(&format!("{asked}/refresh"), &json!({}))
        .expect(200)
        .json();
    assert!(renewed["token"]["expires_at"].is_string());
    let wrong = made("wrong-secret");
    let problem = refused(
        &tenant.api.post(&format!("{wrong}/refresh"), &json!({})),
        422,
        "vendor_refused",
    );
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("AADSTS7000215")),
        "{problem}"
    );
    let told = tenant
        .api
        .post(&format!("{wrong}/test"), &json!({}))
        .expect(200)
        .json();
    assert_eq!(told["code"], "token", "{told}");
    assert_eq!(upstream.count(), 1, "without a token nothing is sent");
}
