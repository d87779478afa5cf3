//! Accounts connected over a vendor's page of consent: from the link to a relayed request under the token that was issued;
//! and every code, state and flow that is not the right one, after which nothing is stored.

use super::pool::{Pool, Way, code_of, events, finish_form, shown};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::vendors::Trouble;
use tollgate_tests::harness::{Desk, unique};

/// How many rows of a table a tenant has.
fn rows(pool: &Pool, table: &str) -> i64 {
    let query = format!("SELECT count(*) FROM {table} WHERE tenant_id = $1");
    let mut sql = pool.house.sql();
    sql.query_one(&query, &[&pool.tenant.id]).expect("counted").get(0)
}

#[test]
fn an_account_of_each_way_is_connected_and_asked_under_the_token_that_was_issued() {
    for way in Way::ALL {
        let pool = Pool::new();
        let connected = pool.connected(way, &json!({}));
        assert_eq!(connected["warnings"], json!([]), "{way:?}");
        let account = &connected["account"];
        assert_eq!(account["platform"], way.platform());
        assert_eq!(account["credential_kind"], "oauth");
        assert_eq!(account["state"], "active");
        assert_eq!(account["token"]["renewable"], way != Way::SetupToken, "{account}");
        assert!(account["token"]["expires_at"].is_string(), "{account}");
        let reply = pool.ask(way.model()).expect(200);
        let seen = pool.vendors.upstream.only();
        assert_eq!(seen.bearer(), Some(pool.vendors.last_token().as_str()), "{way:?}");
        assert!(!reply.text().contains(&pool.vendors.last_token()));
        let happened = events(&pool.tenant, way.platform(), id_of(&account["id"]));
        assert!(
            happened.iter().any(|event| event["kind"] == "connected"),
            "{happened:?}"
        );
    }
}

#[test]
fn what_a_vendor_tells_of_the_subscription_is_shown() {
    let pool = Pool::new();
    let account = pool.connected(Way::Claude, &json!({}))["account"].clone();
    let subscription = &account["subscription"];
    assert_eq!(
        (&subscription["plan"], &subscription["opus"]),
        (&json!("max"), &json!(true))
    );
    assert_eq!(subscription["identity"], "paula@people.example");
    let windows = account["windows"].as_array().expect("a list");
    let five = windows
        .iter()
        .find(|window| window["name"] == "5h")
        .expect("the 5-hour window");
    assert_eq!(five["used_permille"], 120);
    assert!(
        five["resets_at"].as_str().is_some_and(|at| at.ends_with('Z')),
        "{five}"
    );
    pool.vendors.person(|person| {
        person.plan = "free".to_owned();
        person.email = "fred@people.example".to_owned();
        person.account = "another".to_owned();
    });
    let free = pool.connected(Way::Claude, &json!({}))["account"].clone();
    assert_eq!(free["subscription"]["opus"], false);
    pool.vendors.person(|person| person.plan = "plus".to_owned());
    let codex = pool.connected(Way::OpenAi, &json!({}))["account"].clone();
    assert_eq!(codex["subscription"]["plan"], "plus");
    pool.await_answer(Way::OpenAi.model());
    let seen = pool.vendors.upstream.only();
    assert_eq!(
        seen.header("chatgpt-account-id"),
        Some("another"),
        "Codex wants its account named"
    );
    assert_eq!(seen.target, "/backend-api/codex/responses");
}

#[test]
fn a_person_who_never_used_code_assist_is_put_on_a_tier_first() {
    let pool = Pool::new();
    pool.vendors.person(|person| person.project = None);
    let account = pool.connected(Way::Google, &json!({}))["account"].clone();
    assert_eq!(account["project"], "given-by-google-77");
    assert_eq!(
        pool.vendors.count(Desk::OnboardUser),
        2,
        "done at the second look"
    );
    pool.ask(Way::Google.model()).expect(200);
    assert!(pool.vendors.upstream.only().mentions("given-by-google-77"));
}

#[test]
fn without_a_project_no_google_account_is_stored() {
    let pool = Pool::new();
    pool.vendors
        .always(Desk::LoadCodeAssist, Some(Trouble::Later(503, 1)));
    let begun = pool.begin(Way::Google, &json!({}));
    let consent = pool.vendors.consent(begun["url"].as_str().expect("a link"));
    let reply = pool.finish(Way::Google, &finish_form(&begun, &consent.code));
    assert!((400..600).contains(&reply.status), "{}", reply.text());
    code_of(&reply);
    assert_eq!(rows(&pool, "accounts"), 0);
    assert_eq!(rows(&pool, "account_windows"), 0);
}

#[test]
fn a_profile_that_cannot_be_read_is_a_warning_and_the_account_works() {
    let pool = Pool::new();
    pool.vendors.always(Desk::ClaudeProfile, Some(Trouble::Html));
    pool.vendors.always(Desk::ClaudeUsage, Some(Trouble::Close));
    let connected = pool.connected(Way::Claude, &json!({}));
    assert_eq!(
        connected["warnings"].as_array().map(Vec::len),
        Some(2),
        "{connected}"
    );
    pool.await_answer(Way::Claude.model());
}

/// Everything that is not the right code: none reaches a stored account.
#[test]
fn codes_and_states_of_others_are_refused_and_nothing_is_stored() {
    let pool = Pool::new();
    let begun = pool.begin(Way::Claude, &json!({}));
    let other = pool.begin(Way::Claude, &json!({}));
    let link = |begun: &Value| begun["url"].as_str().expect("a link").to_owned();
    let consent = pool.vendors.consent(&link(&begun));
    let others = pool.vendors.consent(&link(&other));
    let try_it =
        |way: Way, flow: &Value, pasted: &str| code_of(&pool.finish(way, &finish_form(flow, pasted)));
    assert_eq!(try_it(Way::Claude, &begun, &others.pasted()), "state_mismatch");
    assert_eq!(
        try_it(Way::OpenAi, &begun, &consent.address()),
        "not_found",
        "another platform"
    );
    for unreadable in [
        consent.code.as_str(),
        "  ",
        "sk-ant-oat01-0123456789",
        "#",
        "https://a.example/?error=access_denied",
    ] {
        let code = try_it(Way::Claude, &begun, unreadable);
        assert!(
            ["code_unreadable", "validation_failed"].contains(&code.as_str()),
            "{unreadable}: {code}"
        );
    }
    let mut unknown = begun.clone();
    unknown["flow_id"] = json!(uuid::Uuid::now_v7());
    assert_eq!(try_it(Way::Claude, &unknown, &consent.pasted()), "not_found");
    assert!(
        pool.vendors.all_calls().is_empty(),
        "the vendor was asked nothing yet"
    );
    // Another sign-in session of the same person, and another tenant.
    let form = finish_form(&begun, &consent.pasted());
    let mut again = pool.tenant.api.clone();
    again
        .sign_in(&pool.tenant.email, tollgate_tests::harness::api::PASSWORD)
        .expect(200);
    let path = "/accounts/claude_official/exchange";
    assert_eq!(code_of(&again.post(path, &form)), "not_found", "another session");
    let stranger = pool.house.poor_tenant();
    assert_eq!(
        code_of(&stranger.api.post(path, &form)),
        "not_found",
        "another tenant"
    );
    assert!(pool.vendors.all_calls().is_empty());
    assert_eq!(rows(&pool, "accounts"), 0);
    // The right one is still good after all that.
    pool.finish(Way::Claude, &form).expect(200);
    assert_eq!(rows(&pool, "accounts"), 1);
}

#[test]
fn a_flow_is_used_once_even_by_many_at_once() {
    let pool = Pool::new();
    let begun = pool.begin(Way::Claude, &json!({}));
    let consent = pool.vendors.consent(begun["url"].as_str().expect("a link"));
    let replies: Vec<u16> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..8)
            .map(|_| {
                let form = finish_form(&begun, &consent.pasted());
                let pool = &pool;
                scope.spawn(move || pool.finish(Way::Claude, &form).status)
            })
            .collect();
        running
            .into_iter()
            .map(|one| one.join().expect("answered"))
            .collect()
    });
    assert_eq!(
        replies.iter().filter(|status| **status == 200).count(),
        1,
        "{replies:?}"
    );
    assert_eq!(
        pool.vendors.count(Desk::ClaudeToken),
        1,
        "the vendor saw the code once"
    );
    assert_eq!(rows(&pool, "accounts"), 1);
    let form = finish_form(&begun, &consent.pasted());
    assert_eq!(
        code_of(&pool.finish(Way::Claude, &form)),
        "flow_over",
        "a callback that comes twice"
    );
}

#[test]
fn a_flow_and_a_code_that_are_over_are_told_apart() {
    let pool = Pool::new();
    let begun = pool.begin(Way::OpenAi, &json!({}));
    let consent = pool.vendors.consent(begun["url"].as_str().expect("a link"));
    let old = "UPDATE oauth_flows SET expires_at = now() - interval '1 second' WHERE tenant_id = $1";
    pool.house.sql().execute(old, &[&pool.tenant.id]).expect("aged");
    let form = finish_form(&begun, &consent.address());
    assert_eq!(code_of(&pool.finish(Way::OpenAi, &form)), "flow_over");
    assert!(pool.vendors.all_calls().is_empty());
    let begun = pool.begin(Way::OpenAi, &json!({}));
    let consent = pool.vendors.consent(begun["url"].as_str().expect("a link"));
    pool.vendors.expire_codes();
    let form = finish_form(&begun, &consent.address());
    assert_eq!(code_of(&pool.finish(Way::OpenAi, &form)), "code_refused");
    assert_eq!(rows(&pool, "accounts"), 0);
}

/// Google's page shows no state: PKCE alone ties the code to its flow.
#[test]
fn a_code_of_another_flow_is_refused_by_the_vendor_where_no_state_is_shown() {
    let pool = Pool::new();
    let begun = pool.begin(Way::Google, &json!({}));
    let other = pool.begin(Way::Google, &json!({}));
    let stolen = pool.vendors.consent(other["url"].as_str().expect("a link"));
    let form = finish_form(&begun, &stolen.code);
    assert_eq!(code_of(&pool.finish(Way::Google, &form)), "code_refused");
    assert_eq!(rows(&pool, "accounts"), 0);
}

#[test]
fn what_vendors_do_wrong_is_told_and_nothing_is_stored() {
    let pool = Pool::new();
    let no_refresh = json!({"access_token": "tok-issued-x", "expires_in": 3600, "token_type": "Bearer"});
    let past = json!({
        "access_token": "tok-issued-x", "expires_in": -5, "token_type": "Bearer", "refresh_token": "r", "scope": "a b",
    });
    for (trouble, expected) in [
        (Trouble::Html, "vendor_answer"),
        (Trouble::Later(503, 7), "vendor_busy"),
        (Trouble::Later(429, 7), "vendor_busy"),
        (Trouble::Close, "vendor_unreachable"),
        (Trouble::Fixed(200, json!([])), "vendor_answer"),
        (Trouble::Fixed(200, json!({})), "vendor_answer"),
        (Trouble::Fixed(200, no_refresh), "vendor_answer grant_incomplete"),
        (Trouble::Fixed(200, past), "vendor_answer"),
        (
            Trouble::Fixed(
                400,
                json!({"error": "redirect_uri_mismatch", "error_description": "no"}),
            ),
            "vendor_refused",
        ),
    ] {
        let begun = pool.begin(Way::OpenAi, &json!({}));
        let consent = pool.vendors.consent(begun["url"].as_str().expect("a link"));
        pool.vendors.next(Desk::OpenAiToken, trouble.clone());
        let reply = pool.finish(Way::OpenAi, &finish_form(&begun, &consent.address()));
        let code = code_of(&reply);
        assert!(
            (400..505).contains(&reply.status) && reply.status != 500,
            "{trouble:?}: {}",
            reply.text()
        );
        assert!(expected.contains(&code), "{trouble:?}: {}", reply.text());
        assert!(!reply.text().contains(&consent.code), "{}", reply.text());
    }
    for table in ["accounts", "account_events", "account_windows"] {
        assert_eq!(rows(&pool, table), 0, "{table}");
    }
}

#[test]
fn an_account_is_connected_anew_by_its_own_person_alone() {
    let pool = Pool::new();
    let id = pool.account(Way::Claude);
    let again = |pool: &Pool| {
        let begun = pool.begin(Way::Claude, &json!({"account_id": id}));
        let consent = pool.vendors.consent(begun["url"].as_str().expect("a link"));
        pool.finish(
            Way::Claude,
            &json!({"flow_id": begun["flow_id"], "code": consent.pasted()}),
        )
    };
    pool.vendors
        .person(|person| person.email = "eve@people.example".to_owned());
    let reply = again(&pool);
    assert_eq!((reply.status, code_of(&reply).as_str()), (409, "other_account"));
    let text = reply.text();
    assert!(
        text.contains("paula@people.example") && text.contains("eve@people.example"),
        "{text}"
    );
    pool.vendors
        .person(|person| person.email = "paula@people.example".to_owned());
    // A grant that was taken back is put right by it.
    pool.vendors.revoke();
    assert!(pool.ask(Way::Claude.model()).status >= 400);
    pool.await_state("claude_official", id, "unauthorized");
    let reply = again(&pool);
    assert!((200..300).contains(&reply.status), "{}", reply.text());
    assert_eq!(shown(&pool.tenant, "claude_official", id)["state"], "active");
    assert_eq!(rows(&pool, "accounts"), 1);
    pool.ask(Way::Claude.model()).expect(200);
}

#[test]
fn a_platform_without_a_page_of_consent_says_so() {
    let pool = Pool::new();
    for platform in [
        "claude_console",
        "bedrock",
        "azure_openai",
        "ccr",
        "openai_responses",
    ] {
        let reply = pool
            .tenant
            .api
            .post(&format!("/accounts/{platform}/auth-url"), &json!({}));
        assert!((400..500).contains(&reply.status), "{platform}: {}", reply.text());
        code_of(&reply);
    }
    let wrong = json!({"flow_id": uuid::Uuid::now_v7(), "code": "c".repeat(9000), "name": unique("x")});
    assert!((400..500).contains(&pool.finish(Way::Claude, &wrong).status));
}
