//! What goes wrong while an account is connected: each is told apart, and nothing is stored.

use super::account_connect::{begun, connect, exchange, house, nothing_is_stored};
use super::told::{faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, Somebody, Trouble, unique};

#[test]
fn a_code_is_used_once_by_the_session_that_asked_for_it_and_on_its_own_platform() {
    let (house, vendor) = house();
    let tenant = house.poor_tenant();
    let somebody = Somebody::new("g@example.com", "max");
    let (first, second) = (
        begun(&tenant, "claude_official", &json!({})),
        begun(&tenant, "claude_official", &json!({})),
    );
    let code = vendor.consent(first["url"].as_str().expect("a link"), &somebody);
    let form =
        |link: &Value, code: &str| json!({"flow_id": link["flow_id"], "code": code, "name": unique("g")});
    // Of the other link; the link itself is still good afterwards.
    let crossed = exchange(&tenant, "claude_official", &form(&second, &code));
    refused(&crossed, 422, "state_mismatch");
    let stateless = code.split('#').next().expect("a code");
    refused(
        &exchange(&tenant, "claude_official", &form(&first, stateless)),
        422,
        "code_unreadable",
    );
    refused(
        &exchange(&tenant, "claude_official", &form(&first, "sk-ant-oat01-abcdef")),
        422,
        "code_unreadable",
    );
    refused(
        &exchange(&tenant, "gemini", &form(&first, &code)),
        404,
        "not_found",
    );
    // Another tenant, another person of the same tenant.
    refused(
        &exchange(&house.poor_tenant(), "claude_official", &form(&first, &code)),
        404,
        "not_found",
    );
    let colleague = house.person(&tenant, "admin");
    let theirs = colleague
        .api
        .post("/accounts/claude_official/exchange", &form(&first, &code));
    refused(&theirs, 404, "not_found");
    assert!(vendor.seen().is_empty(), "the vendor was not asked yet");
    exchange(&tenant, "claude_official", &form(&first, &code)).expect(200);
    refused(
        &exchange(&tenant, "claude_official", &form(&first, &code)),
        409,
        "flow_over",
    );
    let accounts = tenant.api.get("/accounts").expect(200).json();
    assert_eq!(accounts["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_link_is_over_after_its_first_code_and_after_ten_minutes() {
    let (house, vendor) = house();
    let tenant = house.poor_tenant();
    let form =
        |link: &Value, code: &str| json!({"flow_id": link["flow_id"], "code": code, "name": unique("g")});
    let second = begun(&tenant, "claude_official", &json!({}));
    let somebody = Somebody::new("g@example.com", "max");
    // A code that the vendor does not know uses its link up.
    let state = second["url"]
        .as_str()
        .and_then(|url| url.split("state=").nth(1))
        .expect("a state");
    let unknown = format!(
        "nobody-gave-this-code#{}",
        state.split('&').next().expect("a state")
    );
    refused(
        &exchange(&tenant, "claude_official", &form(&second, &unknown)),
        422,
        "code_refused",
    );
    refused(
        &exchange(&tenant, "claude_official", &form(&second, &unknown)),
        409,
        "flow_over",
    );
    // One whose time is over.
    let late = begun(&tenant, "claude_official", &json!({}));
    let code = vendor.consent(late["url"].as_str().expect("a link"), &somebody);
    house
        .sql()
        .execute(
            "UPDATE oauth_flows SET expires_at = now() - interval '1 second' WHERE flow_id = $1",
            &[&id_of(&late["flow_id"])],
        )
        .expect("changed");
    refused(
        &exchange(&tenant, "claude_official", &form(&late, &code)),
        409,
        "flow_over",
    );
    nothing_is_stored(&tenant);
}

#[test]
fn the_same_code_sent_twice_at_once_makes_one_account() {
    let (house, vendor) = house();
    let tenant = house.poor_tenant();
    let link = begun(&tenant, "claude_official", &json!({}));
    let code = vendor.consent(
        link["url"].as_str().expect("a link"),
        &Somebody::new("h@example.com", "max"),
    );
    let send = || {
        exchange(
            &tenant,
            "claude_official",
            &json!({"flow_id": link["flow_id"], "code": code, "name": unique("h")}),
        )
    };
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let sent: Vec<_> = (0..4).map(|_| scope.spawn(send)).collect();
        sent.into_iter()
            .map(|one| one.join().expect("an answer").status)
            .collect()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 409).count(),
        3,
        "{statuses:?}"
    );
    assert_eq!(vendor.count("/claude/token"), 1);
}

#[test]
fn whatever_a_vendor_answers_instead_is_told_apart_and_nothing_is_stored() {
    let (house, vendor) = house();
    let tenant = house.poor_tenant();
    let somebody = Somebody::new("i@example.com", "max");
    let busy = json!({"error": {"type": "overloaded_error", "message": "Overloaded"}});
    for (trouble, status, code) in [
        (Trouble::Page, 424, "vendor_answer"),
        (Trouble::Close, 424, "vendor_unreachable"),
        (Trouble::Status(529, busy), 424, "vendor_busy"),
        (
            Trouble::Status(200, json!({"token_type": "Bearer"})),
            424,
            "vendor_answer",
        ),
        (
            Trouble::Status(401, json!({"error": "invalid_client"})),
            422,
            "vendor_refused",
        ),
        (Trouble::NoRefreshToken, 422, "grant_incomplete"),
    ] {
        vendor.trouble("/token", trouble.clone());
        refused(
            &connect(&tenant, &vendor, "claude_official", &somebody),
            status,
            code,
        );
    }
    nothing_is_stored(&tenant);
    // What can't be learnt beside the tokens is a warning.
    vendor.trouble("/profile", Trouble::Page);
    vendor.trouble("/usage", Trouble::Close);
    vendor.trouble("/token", Trouble::ClockAhead(3600));
    let connected = connect(&tenant, &vendor, "claude_official", &somebody)
        .expect(200)
        .json();
    let warnings = connected["warnings"].as_array().expect("warnings");
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(
        warnings[0].as_str().is_some_and(|text| text.contains("clock")),
        "{warnings:?}"
    );
    assert_eq!(connected["account"]["subscription"]["plan"], Value::Null);
}

#[test]
fn what_can_t_be_connected_is_said_before_anything_begins() {
    let (house, _vendor) = house();
    let tenant = house.poor_tenant();
    let begin =
        |platform: &str, form: &Value| tenant.api.post(&format!("/accounts/{platform}/auth-url"), form);
    for platform in [
        "claude_console",
        "ccr",
        "openai_responses",
        "azure_openai",
        "bedrock",
    ] {
        refused(&begin(platform, &json!({})), 422, "not_applicable");
    }
    refused(
        &begin("gemini", &json!({"setup_token": true})),
        422,
        "not_applicable",
    );
    let nobody = uuid::Uuid::now_v7();
    refused(&begin("openai", &json!({"account_id": nobody})), 404, "not_found");
    let found = faults(
        &begin("openai", &json!({"proxy_id": nobody})),
        422,
        "validation_failed",
    );
    assert_eq!(found, pairs(&[("proxy_id", "unknown")]));
    let shared = House::shared();
    let unset = shared
        .poor_tenant()
        .api
        .post("/accounts/gemini/auth-url", &json!({}));
    let problem = refused(&unset, 409, "not_configured");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("oauth.google_client_id"))
    );
}
