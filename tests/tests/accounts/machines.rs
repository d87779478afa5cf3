//! Accounts of applications: Entra ID's client credentials for Azure and AWS's roles for Bedrock. They get their first token
//! when it is needed, and what a person has set wrongly is told.

use super::pool::{Pool, code_of, events};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::upstream::ACCESS_KEY_ID;
use tollgate_tests::harness::vendors::{
    AWS_KEY_ID, AWS_SECRET, ENTRA_CLIENT, ENTRA_SECRET, ENTRA_TENANT, EXTERNAL_ID, ROLE_ARN,
};
use tollgate_tests::harness::{Desk, SOON, unique, wait_until};
use uuid::Uuid;

fn azure(pool: &Pool, secret: &str) -> Uuid {
    let form = json!({
        "name": unique("azure"), "base_url": pool.vendors.url(), "credential_kind": "entra_app",
        "entra_tenant_id": ENTRA_TENANT, "client_id": ENTRA_CLIENT, "client_secret": secret,
    });
    made(pool, "azure_openai", &form)
}

fn bedrock(pool: &Pool, secret: &str) -> Uuid {
    let form = json!({
        "name": unique("bedrock"), "base_url": pool.vendors.url(), "credential_kind": "aws_role", "region": "eu-west-1",
        "role_arn": ROLE_ARN, "external_id": EXTERNAL_ID, "access_key_id": AWS_KEY_ID, "secret_access_key": secret,
    });
    made(pool, "bedrock", &form)
}

fn made(pool: &Pool, platform: &str, form: &Value) -> Uuid {
    let path = format!("/accounts/{platform}");
    id_of(&pool.tenant.api.post(&path, form).expect(201).json()["id"])
}

#[test]
fn an_azure_account_gets_a_token_of_entra_id_before_its_first_request() {
    let pool = Pool::new();
    azure(&pool, ENTRA_SECRET);
    pool.ask("gpt-5.2").expect(200);
    let seen = pool.vendors.upstream.only();
    assert_eq!(seen.bearer(), Some(pool.vendors.last_token().as_str()));
    pool.ask("gpt-5.2").expect(200);
    assert_eq!(pool.vendors.count(Desk::EntraToken), 1, "one token for both");
}

#[test]
fn a_role_is_assumed_before_the_first_request_and_its_keys_sign() {
    let pool = Pool::new();
    bedrock(&pool, AWS_SECRET);
    pool.ask("claude-sonnet-4-6").expect(200);
    let seen = pool.vendors.upstream.only();
    let proof = seen.header("authorization").expect("signed");
    assert!(proof.contains(&format!("Credential={ACCESS_KEY_ID}/")), "{proof}");
    assert!(
        seen.header("x-amz-security-token")
            .is_some_and(|token| token.starts_with("session"))
    );
    pool.ask("claude-sonnet-4-6").expect(200);
    assert_eq!(pool.vendors.count(Desk::AssumeRole), 1, "one session for both");
}

#[test]
fn what_a_person_has_set_wrongly_is_told_and_not_asked_for_again() {
    let pool = Pool::new();
    let (azure, bedrock) = (
        azure(&pool, "an-old-secret-of-the-application"),
        bedrock(&pool, "wrong-secret-0123456789"),
    );
    for (platform, id, model, desk, word) in [
        (
            "azure_openai",
            azure,
            "gpt-5.2",
            Desk::EntraToken,
            "AADSTS7000215",
        ),
        (
            "bedrock",
            bedrock,
            "claude-sonnet-4-6",
            Desk::AssumeRole,
            "SignatureDoesNotMatch",
        ),
    ] {
        assert!(pool.ask(model).status >= 500, "{platform}");
        let mut shown = Value::Null;
        wait_until("it is shown", SOON, || {
            shown = pool.shown(platform, id);
            shown["token"]["error"]
                .as_str()
                .is_some_and(|why| why.contains(word))
        });
        assert!(shown["token"]["retry_at"].is_string(), "{shown}");
        let happened = events(&pool.tenant, platform, id);
        assert!(
            happened.iter().any(|event| event["kind"] == "refresh"),
            "{happened:?}"
        );
        let count = pool.vendors.count(desk);
        for _ in 0..3 {
            assert!(pool.ask(model).status >= 500);
        }
        assert_eq!(
            pool.vendors.count(desk),
            count,
            "{platform}: the vendor is left alone"
        );
        let reply = pool
            .tenant
            .api
            .post(&format!("/accounts/{platform}/{id}/refresh"), &json!({}));
        code_of(&reply);
        assert!(!reply.text().contains("wrong-secret-0123456789"));
        assert_eq!(pool.vendors.count(desk), count + 1, "a person may ask");
    }
    assert_eq!(pool.vendors.upstream.count(), 0, "nothing was sent");
}
