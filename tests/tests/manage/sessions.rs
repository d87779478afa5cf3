//! Sessions: their tokens rotate, a second use ends them, and whoever ends one is heard at once.

use super::told::{audit_of, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::api::PASSWORD;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Api, House, Reply, Request, Tenant, Wanted};

fn signed_in(house: &House, tenant: &Tenant) -> (Api, Value) {
    let mut api = Api::anonymous(house.gateway.address());
    let entered = api.sign_in(&tenant.email, PASSWORD).expect(200).json();
    (api, entered)
}

fn refresh_with(house: &House, token: &str) -> Reply {
    Api::anonymous(house.gateway.address()).post("/auth/refresh", &json!({"refresh_token": token}))
}

#[test]
fn a_refresh_gives_the_next_tokens_of_the_same_session() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (mut api, entered) = signed_in(&house, &tenant);
    let first = (api.access_token.clone(), api.refresh_token.clone());
    let renewed = api.refresh().expect(200).json();
    assert_eq!(renewed["me"]["session_id"], entered["me"]["session_id"]);
    assert_ne!(api.refresh_token, first.1);
    api.get("/auth/me").expect(200);
    // The earlier access token holds for the rest of its minutes.
    let mut before = api.clone();
    before.access_token = first.0;
    before.get("/auth/me").expect(200);
}

#[test]
fn a_refresh_token_that_comes_twice_ends_its_session_and_no_other() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (mut api, entered) = signed_in(&house, &tenant);
    let stolen = api.refresh_token.clone().expect("signed in");
    api.refresh().expect(200);
    refused(&refresh_with(&house, &stolen), 401, "refresh_token_reused");
    refused(&api.get("/auth/me"), 401, "session_ended");
    refused(&api.refresh(), 401, "invalid_refresh_token");
    refused(&refresh_with(&house, &stolen), 401, "invalid_refresh_token");
    tenant.api.get("/auth/me").expect(200);
    let lines = audit_of(&house, &tenant, id_of(&entered["me"]["session_id"]));
    let ended = lines.last().expect("a line");
    assert_eq!(ended.action, "session.ended");
    assert_eq!(ended.changes["end_reason"]["to"], "refresh_reused");
}

#[test]
fn of_many_who_refresh_at_once_with_the_same_token_one_is_served_and_the_session_ends() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (api, _) = signed_in(&house, &tenant);
    let token = api.refresh_token.clone().expect("signed in");
    let body = json!({"refresh_token": token});
    let crowd: Vec<_> = (0..6)
        .map(|_| {
            let (api, body) = (Api::anonymous(house.gateway.address()), body.clone());
            std::thread::spawn(move || api.post("/auth/refresh", &body))
        })
        .collect();
    let replies: Vec<Reply> = crowd
        .into_iter()
        .map(|one| one.join().expect("an answer"))
        .collect();
    let served: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(served.len(), 1);
    assert!(
        replies
            .iter()
            .all(|reply| reply.status == 200 || reply.status == 401)
    );
    let next = served[0].json()["refresh_token"]
        .as_str()
        .expect("one")
        .to_owned();
    refused(&refresh_with(&house, &next), 401, "invalid_refresh_token");
    refused(&api.get("/auth/me"), 401, "session_ended");
}

#[test]
fn signing_out_ends_the_session_by_whichever_token_comes() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let (by_bearer, entered) = signed_in(&house, &tenant);
    by_bearer.send(Request::post("/api/v2/auth/logout")).expect(204);
    let (by_refresh, _) = signed_in(&house, &tenant);
    let token = by_refresh.refresh_token.clone().expect("signed in");
    Api::anonymous(house.gateway.address())
        .post("/auth/logout", &json!({"refresh_token": token}))
        .expect(204);
    for mut ended in [by_bearer, by_refresh] {
        refused(&ended.get("/auth/me"), 401, "session_ended");
        refused(&ended.refresh(), 401, "invalid_refresh_token");
        // Again is fine.
        ended.send(Request::post("/api/v2/auth/logout")).expect(204);
    }
    let lines = audit_of(&house, &tenant, id_of(&entered["me"]["session_id"]));
    assert_eq!(
        lines.last().expect("a line").changes["end_reason"]["to"],
        "signed_out"
    );
    Api::anonymous(house.gateway.address())
        .send(Request::post("/api/v2/auth/logout"))
        .expect(204);
    // A bearer token that cannot be read ends nothing, and is not told that it did.
    let mut broken = Api::anonymous(house.gateway.address());
    broken.access_token = Some("nonsense".to_owned());
    refused(
        &broken.send(Request::post("/api/v2/auth/logout")),
        401,
        "unauthenticated",
    );
}

#[test]
fn a_person_sees_their_open_sessions_and_ends_each() {
    let house = House::shared();
    let (tenant, stranger) = (house.poor_tenant(), house.poor_tenant());
    let colleague = house.person(&tenant, "admin");
    let (other, entered) = signed_in(&house, &tenant);
    let listed = tenant.api.get("/auth/sessions").expect(200).json();
    let items = listed["items"].as_array().expect("a list");
    assert_eq!(items.len(), 2);
    let current: Vec<bool> = items.iter().map(|session| session["current"] == true).collect();
    assert_eq!(current, [false, true], "the newest first");
    assert_eq!(items[0]["id"], entered["me"]["session_id"]);
    assert!(
        items[0]["address"]
            .as_str()
            .expect("an address")
            .starts_with("127.")
    );
    let path = format!("/auth/sessions/{}", id_of(&items[0]["id"]));
    refused(&stranger.api.delete(&path), 404, "not_found");
    refused(&colleague.api.delete(&path), 404, "not_found");
    other.get("/auth/me").expect(200);
    tenant.api.delete(&path).expect(204);
    refused(&other.get("/auth/me"), 401, "session_ended");
    refused(&tenant.api.delete(&path), 404, "not_found");
    refused(&tenant.api.delete("/auth/sessions/nonsense"), 404, "not_found");
    let lines = audit_of(&house, &tenant, id_of(&items[0]["id"]));
    assert_eq!(
        lines.last().expect("a line").changes["end_reason"]["to"],
        "revoked"
    );
}

#[test]
fn a_token_that_is_missing_broken_or_made_by_another_is_refused() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let token = tenant.api.access_token.clone().expect("signed in");
    let parts: Vec<&str> = token.split('.').collect();
    // {"alg":"none"}
    let unsigned = format!("Bearer eyJhbGciOiJub25lIn0.{}.", parts[1]);
    let cut = format!("Bearer {}.{}.", parts[0], parts[1]);
    let (first, rest) = parts[2].split_at(1);
    let changed = if first == "x" { "y" } else { "x" };
    let other = format!("Bearer {}.{}.{changed}{rest}", parts[0], parts[1]);
    let refresh = format!("Bearer {}", tenant.api.refresh_token.as_deref().expect("one"));
    let long = format!("Bearer {}", "a".repeat(4000));
    for value in [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        &unsigned,
        &cut,
        &other,
        &refresh,
        &long,
    ] {
        let mut request = Request::get("/api/v2/auth/me");
        if !value.is_empty() {
            request = request.header("authorization", value);
        }
        let reply = house.gateway.send(&request);
        refused(&reply, 401, "unauthenticated");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
}

fn cookie_of(reply: &Reply) -> (String, String) {
    let line = reply.header("set-cookie").expect("a cookie").to_owned();
    let pair = line.split(';').next().expect("a pair").to_owned();
    (pair, line)
}

fn by_cookie(path: &str, pair: &str) -> Request {
    Request::post(&format!("/api/v2/auth/{path}")).header("cookie", pair)
}

#[test]
fn a_browser_gets_its_refresh_token_as_a_cookie_that_nobody_else_can_use() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let api = Api::anonymous(house.gateway.address());
    let form = json!({"email": tenant.email, "password": PASSWORD});
    let entered = api.post("/auth/user/login", &form).expect(200);
    let (first, line) = cookie_of(&entered);
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/api/v2/auth", "Max-Age="] {
        assert!(line.contains(flag), "{line}");
    }
    assert!(
        entered.json().get("refresh_token").is_none(),
        "scripts could read it"
    );
    // A cookie that was there before is not taken over.
    let again = Request::post("/api/v2/auth/user/login")
        .header("cookie", &first)
        .json(&form);
    assert_ne!(cookie_of(&api.send(again).expect(200)).0, first);
    // Pages of neighbours and strangers get nowhere, and end nothing.
    for site in ["same-site", "cross-site"] {
        let foreign = by_cookie("refresh", &first)
            .header("sec-fetch-site", site)
            .header("origin", "https://blog.example.com");
        refused(&api.send(foreign), 401, "invalid_refresh_token");
        let foreign = by_cookie("logout", &first).header("sec-fetch-site", site);
        assert_eq!(api.send(foreign).expect(204).header("set-cookie"), None);
    }
    let own = by_cookie("refresh", &first).header("sec-fetch-site", "same-origin");
    let renewed = api.send(own).expect(200);
    let (second, _) = cookie_of(&renewed);
    assert_ne!(second, first);
    assert!(renewed.json().get("refresh_token").is_none());
    let cleared = api.send(by_cookie("logout", &second)).expect(204);
    assert!(cookie_of(&cleared).1.contains("Max-Age=0"));
    let gone = api.send(by_cookie("refresh", &second));
    refused(&gone, 401, "invalid_refresh_token");
    assert!(
        cookie_of(&gone).1.contains("Max-Age=0"),
        "a dead cookie is taken away"
    );
}

#[test]
fn behind_a_proxy_cookies_are_secure_and_the_clients_own_address_counts() {
    let house = House::with(Wanted {
        env: vec![
            ("TOLLGATE_PUBLIC_URL", "https://tollgate.example.com".to_owned()),
            ("TOLLGATE_TRUSTED_PROXIES", "127.0.0.0/8".to_owned()),
        ],
        ..Wanted::default()
    });
    let tenant = house.poor_tenant();
    let api = Api::anonymous(house.gateway.address());
    let form = json!({"email": tenant.email, "password": PASSWORD});
    let through = Request::post("/api/v2/auth/user/login")
        .header("x-forwarded-for", "198.51.100.1, 203.0.113.7")
        .json(&form);
    let entered = api.send(through).expect(200);
    assert!(cookie_of(&entered).1.ends_with("; Secure"));
    assert!(entered.header("strict-transport-security").is_some());
    let listed = tenant.api.get("/auth/sessions").expect(200).json();
    assert_eq!(listed["items"][0]["address"], "203.0.113.7");
}
