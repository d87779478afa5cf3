//! Nothing of the pool is another tenant's: neither to see, nor to use, nor to name.

use super::pool::{Pool, Way};
use serde_json::json;
use tollgate_tests::harness::{Desk, RealProxy, Request, Upstream};
use uuid::Uuid;

#[test]
fn another_tenants_accounts_proxies_groups_and_flows_are_not_there() {
    let pool = Pool::new();
    let upstream = Upstream::start();
    let account = pool.tenant.account(&upstream.url());
    let real = RealProxy::socks("socks5");
    let proxy = pool.proxy(&real);
    let form = json!({"service": "claude", "name": "g", "members": [{"account_id": account}]});
    let made = pool.tenant.api.post("/account-groups", &form).expect(201).json();
    let group: Uuid = made["id"].as_str().expect("an id").parse().expect("an id");
    let connected = pool.account(Way::Claude);
    let calls = pool.vendors.all_calls().len();
    let stranger = pool.house.tenant();
    for (method, path) in [
        ("GET", format!("/accounts/claude_console/{account}/events")),
        ("GET", format!("/accounts/claude_console/{account}/history")),
        ("POST", format!("/accounts/claude_official/{connected}/refresh")),
        (
            "POST",
            format!("/accounts/claude_official/{connected}/test/stream"),
        ),
        ("GET", format!("/proxies/{proxy}")),
        ("DELETE", format!("/proxies/{proxy}")),
        ("POST", format!("/proxies/{proxy}/test")),
        ("GET", format!("/account-groups/{group}")),
        ("DELETE", format!("/account-groups/{group}")),
        ("GET", format!("/account-groups/{group}/grants")),
    ] {
        let mut request = Request::new(method, &format!("/api/v2{path}"));
        if method == "POST" {
            request = request.json(&json!({}));
        }
        let reply = stranger.api.send(request);
        assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text());
    }
    for (path, body, field) in [
        (
            "/accounts/claude_console",
            json!({"name": "a", "base_url": upstream.url(), "api_key": "k", "proxy_id": proxy}),
            "proxy_id",
        ),
        (
            "/keys",
            json!({"name": "k", "bindings": [{"service": "claude", "account_id": account}]}),
            "bindings[0]",
        ),
        (
            "/keys",
            json!({"name": "k", "bindings": [{"service": "claude", "group_id": group}]}),
            "bindings[0]",
        ),
        (
            "/account-groups",
            json!({"service": "claude", "name": "g", "members": [{"account_id": account}]}),
            "members[0]",
        ),
    ] {
        let reply = stranger.api.post(path, &body);
        assert_eq!(reply.status, 422, "{path}: {}", reply.text());
        let named = reply.json()["errors"][0]["field"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(named.starts_with(field), "{path}: {named}");
    }
    let begin = json!({"account_id": connected});
    let reply = stranger.api.post("/accounts/claude_official/auth-url", &begin);
    assert_eq!(reply.status, 404, "{}", reply.text());
    assert_eq!(pool.vendors.all_calls().len(), calls, "no vendor was asked");
    assert_eq!(pool.vendors.count(Desk::ClaudeToken), 1);
}
