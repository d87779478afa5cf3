//! The desks are as strict as the vendors: what is not exactly right gets the vendor's own refusal.

use super::super::{Connection, Reply, Request};
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::form_urlencoded::Serializer;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn link(page: &str, fields: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut query = Serializer::new(String::new());
    // Of alternatives the first one is asked for.
    let plain = fields
        .iter()
        .map(|(name, value)| (*name, value.split('|').next().unwrap_or_default()));
    query.extend_pairs(plain);
    query.extend_pairs([
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
        ("state", "a-state-that-nobody-guesses"),
    ]);
    format!("http://vendor{page}?{}", query.finish())
}

fn post(vendors: &Vendors, path: &str, kind: &str, body: String) -> Reply {
    let address = vendors
        .url()
        .trim_start_matches("http://")
        .parse()
        .expect("an address");
    let request = Request::post(path).header("content-type", kind).body(body);
    Connection::open(address).exchange(&request)
}

fn form(vendors: &Vendors, path: &str, pairs: &[(&str, &str)]) -> Reply {
    let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
    post(vendors, path, "application/x-www-form-urlencoded", body)
}

fn claude(vendors: &Vendors, body: &Value) -> Reply {
    post(vendors, claude::TOKEN, "application/json", body.to_string())
}

fn claude_form(consent: &Consent) -> Value {
    json!({
        "grant_type": "authorization_code", "client_id": claude::LINK[1].1, "code": consent.code,
        "redirect_uri": consent.redirect, "code_verifier": VERIFIER, "state": consent.state,
    })
}

#[test]
fn a_code_is_good_once_and_for_its_verifier_client_redirect_and_state_alone() {
    let vendors = Vendors::start();
    let begin = || vendors.consent(&link(claude::AUTHORIZE, claude::LINK));
    for (field, word) in [
        ("grant_type", "unsupported_grant_type"),
        ("client_id", "invalid_client"),
        ("code", "invalid_grant"),
        ("redirect_uri", "redirect_uri_mismatch"),
        ("code_verifier", "invalid_grant"),
        ("state", "invalid_request"),
    ] {
        let mut body = claude_form(&begin());
        body[field] = json!("another-one-of-a-good-length-0123456789abcdef");
        let reply = claude(&vendors, &body);
        assert!((400..500).contains(&reply.status), "{field}");
        assert_eq!(reply.json()["error"], word, "{field}");
    }
    let consent = begin();
    assert_eq!(
        post(
            &vendors,
            claude::TOKEN,
            "text/plain",
            claude_form(&consent).to_string()
        )
        .status,
        400
    );
    let given = claude(&vendors, &claude_form(&consent)).expect(200).json();
    assert_eq!(
        claude(&vendors, &claude_form(&consent)).expect(400).json()["error"],
        "invalid_grant"
    );
    // Rotated: the old one is dead at once.
    let renew = |token: &Value| {
        let body =
            json!({"grant_type": "refresh_token", "client_id": claude::LINK[1].1, "refresh_token": token});
        claude(&vendors, &body)
    };
    let next = renew(&given["refresh_token"]).expect(200).json();
    assert_ne!(next["refresh_token"], given["refresh_token"]);
    renew(&given["refresh_token"]).expect(400);
    renew(&next["refresh_token"]).expect(200);
    let mut late = claude_form(&begin());
    vendors.expire_codes();
    late["grant_type"] = json!("authorization_code");
    claude(&vendors, &late).expect(400);
    assert_eq!(vendors.count(Desk::ClaudeToken), 13);
}

#[test]
fn a_page_refuses_a_link_that_lacks_something() {
    let vendors = Vendors::start();
    let good = link(google::AUTHORIZE, google::LINK);
    vendors.consent(&good);
    for (name, value) in google::LINK {
        let pair = Serializer::new(String::new()).append_pair(name, value).finish();
        let bad = good.replace(&pair, "x=y");
        assert_ne!(bad, good, "{name}");
        assert!(vendors.book.consent(&bad).is_err(), "{name}");
    }
    for bad in [
        good.replace("S256", "plain"),
        good.replace("a-state-that-nobody-guesses", "1"),
    ] {
        assert!(vendors.book.consent(&bad).is_err(), "{bad}");
    }
}

#[test]
fn google_wants_its_clients_secret_and_openai_names_the_account() {
    let vendors = Vendors::start();
    let consent = vendors.consent(&link(google::AUTHORIZE, google::LINK));
    let ask = |secret: &str, verifier: &str| {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", consent.code.as_str()),
            ("redirect_uri", consent.redirect.as_str()),
            ("client_id", google::CLIENT_ID),
            ("client_secret", secret),
            ("code_verifier", verifier),
        ];
        form(&vendors, google::TOKEN, &pairs)
    };
    assert_eq!(
        ask("wrong", VERIFIER).expect(401).json()["error"],
        "invalid_client"
    );
    ask(google::CLIENT_SECRET, VERIFIER).expect(200);
    let consent = vendors.consent(&link(openai::AUTHORIZE, openai::LINK));
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", consent.code.as_str()),
        ("redirect_uri", consent.redirect.as_str()),
        ("client_id", openai::LINK[1].1),
        ("code_verifier", VERIFIER),
    ];
    let given = form(&vendors, openai::TOKEN, &pairs).expect(200).json();
    let token = given["id_token"].as_str().expect("a token");
    let claims = token.split('.').nth(1).expect("three parts");
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("JSON");
    assert_eq!(claims["email"], "paula@people.example");
    assert_eq!(claims["https://api.openai.com/auth"]["chatgpt_plan_type"], "max");
}

#[test]
fn applications_are_refused_for_each_thing_that_is_wrong() {
    let vendors = Vendors::start();
    let right = [
        ("grant_type", "client_credentials"),
        ("client_id", ENTRA_CLIENT),
        ("client_secret", ENTRA_SECRET),
        ("scope", ENTRA_SCOPE),
    ];
    let path = format!("{}/{ENTRA_TENANT}/oauth2/v2.0/token", machines::ENTRA);
    form(&vendors, &path, &right).expect(200);
    for wrong in 0..right.len() {
        let mut pairs = right;
        pairs[wrong].1 = "wrong";
        assert!(
            (400..500).contains(&form(&vendors, &path, &pairs).status),
            "{:?}",
            right[wrong]
        );
    }
    form(&vendors, "/entra/another.example/oauth2/v2.0/token", &right).expect(400);
    let pairs = [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", ROLE_ARN),
    ];
    let unsigned = form(&vendors, machines::STS, &pairs).expect(403);
    assert!(unsigned.text().contains("<Code>"), "{}", unsigned.text());
}

#[test]
fn the_upstream_takes_issued_tokens_while_they_live_and_others_as_before() {
    let vendors = Vendors::start();
    let address = vendors
        .url()
        .trim_start_matches("http://")
        .parse()
        .expect("an address");
    let ask = |token: &str| {
        let request = Request::post("/v1/messages")
            .header("authorization", &format!("Bearer {token}"))
            .header("anthropic-version", "2023-06-01")
            .json(
                &json!({"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "Hello."}]}),
            );
        Connection::open(address).exchange(&request).status
    };
    let issue = |life: i64| {
        vendors.lives(life);
        let mut state = vendors.book.state();
        let person = state.person.clone();
        state.issue("user:inference", &person)
    };
    let token = issue(60);
    assert_eq!((ask(&token), ask("sk-ant-any-other")), (200, 200));
    assert_eq!((ask(&issue(0)), ask("tok-issued-by-nobody")), (401, 401));
    vendors.forget_tokens();
    assert_eq!(ask(&token), 401);
}

#[test]
fn what_is_slow_issues_nothing_to_who_leaves() {
    let vendors = Vendors::start();
    vendors.next(Desk::ClaudeToken, Trouble::Slow(Duration::from_secs(1)));
    let consent = vendors.consent(&link(claude::AUTHORIZE, claude::LINK));
    let address = vendors
        .url()
        .trim_start_matches("http://")
        .parse()
        .expect("an address");
    let mut connection = Connection::open(address);
    let request = Request::post(claude::TOKEN)
        .header("content-type", "application/json")
        .body(claude_form(&consent).to_string());
    connection.send(&request).expect("sent");
    vendors.await_call(Desk::ClaudeToken);
    connection.reset();
    std::thread::sleep(Duration::from_millis(1200));
    assert_eq!(vendors.calls(Desk::ClaudeToken)[0].status, None);
    claude(&vendors, &claude_form(&consent)).expect(200);
}

#[test]
fn a_browser_is_asked_first_and_shown_what_to_bring_back() {
    let vendors = Vendors::start();
    let address = vendors
        .url()
        .trim_start_matches("http://")
        .parse()
        .expect("an address");
    let look = |url: &str| {
        let target = url.trim_start_matches("http://vendor");
        Connection::open(address).exchange(&Request::get(target))
    };
    for (page, fields, begins) in [
        (
            claude::AUTHORIZE,
            claude::LINK,
            "#a-state-that-nobody-guesses</code>",
        ),
        (google::AUTHORIZE, google::LINK, "</code>"),
    ] {
        let link = link(page, fields);
        let asked = look(&link).expect(200);
        assert!(asked.text().contains("Allow"), "{}", asked.text());
        assert!(
            vendors.secrets().is_empty() || page != claude::AUTHORIZE,
            "nothing is given before"
        );
        let shown = look(&format!("{link}&agreed=yes")).expect(200);
        let code = vendors.secrets().pop().expect("a code");
        assert!(
            shown.text().contains(&format!("{code}{begins}")),
            "{}",
            shown.text()
        );
    }
    let sent = look(&format!("{}&agreed=yes", link(openai::AUTHORIZE, openai::LINK))).expect(302);
    let to = sent.header("location").expect("an address");
    assert!(
        to.starts_with("http://localhost:1455/auth/callback?code=code"),
        "{to}"
    );
    look(&format!("{}?agreed=yes", openai::AUTHORIZE)).expect(400);
    assert_eq!(vendors.upstream.count(), 0, "no page is a request of an account");
}
