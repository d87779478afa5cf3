//! Accounts behind real proxies with passwords: every request, test, exchange and renewal goes through them and nothing goes
//! around them; a proxy that is down or refuses takes the account out under its own name.

use super::pool::{Pool, Way, code_of, explanation, finish_form, shown};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Ask, Desk, RealProxy, Upstream, unique};
use uuid::Uuid;

fn all() -> [RealProxy; 3] {
    [
        RealProxy::socks("socks5"),
        RealProxy::socks("socks5h"),
        RealProxy::http(),
    ]
}

/// Everything that reached the vendors came from this proxy.
#[track_caller]
fn all_through(pool: &Pool, proxy: &RealProxy) {
    let calls = pool.vendors.all_calls();
    assert!(!calls.is_empty());
    for call in calls {
        assert_eq!(call.peer, proxy.source, "{:?} went around the proxy", call.desk);
    }
    for seen in pool.vendors.upstream.seen() {
        assert_eq!(seen.peer, proxy.source, "{} went around the proxy", seen.target);
    }
}

#[test]
fn exchange_profile_requests_tests_and_renewals_go_through_the_accounts_proxy() {
    for proxy in all() {
        let pool = Pool::new();
        let id = pool.proxy(&proxy);
        for way in [Way::Claude, Way::Google, Way::OpenAi] {
            let connected = pool.connected(way, &json!({"proxy_id": id}));
            let account = id_of(&connected["account"]["id"]);
            assert_eq!(connected["account"]["proxy"]["id"], json!(id));
            let before = pool.vendors.upstream.count();
            pool.await_answer(way.model());
            let path = format!("/accounts/{}/{account}", way.platform());
            let tested = pool
                .tenant
                .api
                .post(&format!("{path}/test"), &json!({}))
                .expect(200)
                .json();
            assert_eq!(tested["code"], "ok", "{} {way:?}: {tested}", proxy.scheme);
            let renewed = pool.tenant.api.post(&format!("{path}/refresh"), &json!({}));
            assert!((200..300).contains(&renewed.status), "{}", renewed.text());
            assert_eq!(pool.vendors.upstream.count(), before + 2);
        }
        all_through(&pool, &proxy);
    }
}

#[test]
fn with_the_proxy_down_nothing_leaves_and_nothing_is_stored() {
    for mut proxy in all() {
        let pool = Pool::new();
        let id = pool.proxy(&proxy);
        let connected = pool.connected(Way::Claude, &json!({"proxy_id": id}));
        let account = id_of(&connected["account"]["id"]);
        let begun = pool.begin(Way::OpenAi, &json!({"proxy_id": id}));
        let consent = pool.vendors.consent(begun["url"].as_str().expect("a link"));
        let (calls, requests) = (pool.vendors.all_calls().len(), pool.vendors.upstream.count());
        proxy.stop();
        let reply = pool.finish(Way::OpenAi, &finish_form(&begun, &consent.address()));
        assert!((400..600).contains(&reply.status), "{}", reply.text());
        code_of(&reply);
        assert!(
            reply.text().to_lowercase().contains("proxy"),
            "the proxy is named: {}",
            reply.text()
        );
        let ask = Ask::new(&pool.key.secret);
        assert!(ask.send(pool.house.gateway.address()).status >= 500);
        let path = format!("/accounts/claude_official/{account}");
        let tested = pool
            .tenant
            .api
            .post(&format!("{path}/test"), &json!({}))
            .expect(200)
            .json();
        assert!(
            tested["code"]
                .as_str()
                .is_some_and(|code| code.starts_with("proxy_")),
            "{tested}"
        );
        let refreshed = pool.tenant.api.post(&format!("{path}/refresh"), &json!({}));
        assert!(refreshed.status >= 400, "{}", refreshed.text());
        let probed = pool.tenant.api.post(
            &format!("/proxies/{id}/test"),
            &json!({"target": pool.vendors.url()}),
        );
        let probed = probed.expect(200).json();
        assert_eq!(
            (&probed["ok"], &probed["code"]),
            (&json!(false), &json!("proxy_refused")),
            "{probed}"
        );
        assert_eq!(pool.vendors.all_calls().len(), calls, "no desk saw anything");
        assert_eq!(
            pool.vendors.upstream.count(),
            requests,
            "the upstream saw nothing"
        );
        let accounts = pool.tenant.api.get("/accounts").expect(200).json();
        assert_eq!(accounts["items"].as_array().map(Vec::len), Some(1));
        // Back again: the same account goes on.
        proxy.boot();
        pool.tenant.api.post(&format!("{path}/reset"), &json!({}));
        pool.ask(Way::Claude.model()).expect(200);
        all_through(&pool, &proxy);
    }
}

fn behind(pool: &Pool, upstream: &Upstream, proxy: Option<Uuid>, priority: u32) -> Uuid {
    pool.tenant
        .account_with(&upstream.url(), json!({"proxy_id": proxy, "priority": priority}))
}

#[test]
fn another_account_is_tried_when_a_proxy_is_down_and_the_account_says_why() {
    let pool = Pool::new();
    let mut proxy = RealProxy::http();
    let (through, direct) = (Upstream::start(), Upstream::start());
    let account = behind(&pool, &through, Some(pool.proxy(&proxy)), 1);
    behind(&pool, &direct, None, 2);
    pool.ask(Way::Claude.model()).expect(200);
    assert_eq!(through.only().peer, proxy.source);
    proxy.stop();
    let ask = Ask::new(&pool.key.secret);
    ask.send(pool.house.gateway.address()).expect(200);
    assert_eq!((through.count(), direct.count()), (1, 1));
    assert_eq!(pool.house.event(&pool.tenant, &ask.id).attempts, 2);
    let why = explanation(&pool.house, &pool.tenant, &ask.id).to_string();
    assert!(why.contains("proxy"), "{why}");
    for _ in 0..8 {
        pool.ask(Way::Claude.model()).expect(200);
    }
    let faulty = shown(&pool.tenant, "claude_console", account);
    assert_eq!(faulty["state"], "faulty", "{faulty}");
    assert!(
        faulty["state_reason"]
            .as_str()
            .is_some_and(|why| why.contains("proxy")),
        "{faulty}"
    );
}

#[test]
fn a_wrong_password_is_named_and_a_right_one_puts_it_right() {
    for proxy in all() {
        let pool = Pool::new();
        let mut form = proxy.form();
        form["password"] = json!("another-password");
        let entry = pool.tenant.api.post("/proxies", &form).expect(201).json();
        let id = id_of(&entry["id"]);
        assert_eq!(
            (&entry["has_password"], entry.get("password")),
            (&json!(true), None)
        );
        let target = json!({"target": pool.vendors.url()});
        let path = format!("/proxies/{id}");
        let told = pool
            .tenant
            .api
            .post(&format!("{path}/test"), &target)
            .expect(200)
            .json();
        assert_eq!(told["code"], "proxy_auth", "{}: {told}", proxy.scheme);
        behind(&pool, &pool.vendors.upstream, Some(id), 1);
        assert!(pool.ask(Way::Claude.model()).status >= 500);
        assert_eq!(pool.vendors.upstream.count(), 0);
        pool.tenant.api.put(&path, &proxy.form()).expect(200);
        let told = pool
            .tenant
            .api
            .post(&format!("{path}/test"), &target)
            .expect(200)
            .json();
        assert_eq!(
            (&told["ok"], &told["code"]),
            (&json!(true), &json!("ok")),
            "{}: {told}",
            proxy.scheme
        );
        let shown = pool.tenant.api.get(&path).expect(200).json();
        assert_eq!(shown["last_test"]["code"], "ok", "{shown}");
    }
}

#[test]
fn a_proxy_may_lie_in_no_network_that_the_operator_did_not_allow() {
    let pool = Pool::new();
    for host in ["10.1.2.3", "169.254.169.254", "::1", "fe80::1", "0.0.0.0"] {
        let form = json!({"name": unique("proxy"), "scheme": "socks5", "host": host, "port": 1080});
        let reply = pool.tenant.api.post("/proxies", &form);
        assert_eq!(reply.status, 422, "{host}: {}", reply.text());
        let field: &Value = &reply.json()["errors"][0]["field"];
        assert_eq!(field, "host", "{host}");
    }
    assert_eq!(pool.vendors.count(Desk::ClaudeToken), 0);
}
