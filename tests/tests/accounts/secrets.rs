//! What was issued and granted lies encrypted at rest and is shown nowhere: neither in an answer nor in the log.

use super::pool::{Pool, Way};
use serde_json::{Value, json};
use tollgate_tests::harness::Reply;
use tollgate_tests::harness::proxies::PROXY_PASSWORD;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::vendors::{
    AWS_KEY_ID, AWS_SECRET, ENTRA_CLIENT, ENTRA_SECRET, ENTRA_TENANT, EXTERNAL_ID, GOOGLE_SECRET, ROLE_ARN,
};
use tollgate_tests::harness::{RealProxy, unique};

/// All rows of all tables as text, secrets' bytes included.
fn everything(pool: &Pool) -> String {
    let mut sql = pool.house.sql();
    let tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                  WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
    let tables: Vec<String> = sql
        .query(tables, &[])
        .expect("tables")
        .iter()
        .map(|row| row.get(0))
        .collect();
    let mut text = String::new();
    for table in tables {
        // `escape` shows printable bytes as they are.
        sql.batch_execute("SET bytea_output = 'escape'").expect("set");
        let rows = sql
            .query(&format!("SELECT t::text FROM {table} t"), &[])
            .expect("rows");
        for row in &rows {
            text.push_str(row.get(0));
        }
    }
    text
}

#[test]
fn no_token_code_or_password_lies_in_a_table_an_answer_or_the_log() {
    let pool = Pool::new();
    let mut said: Vec<Reply> = Vec::new();
    let real = RealProxy::socks("socks5");
    let proxy = pool.proxy(&real);
    for (number, way) in Way::ALL.into_iter().enumerate() {
        pool.vendors
            .person(|person| person.email = format!("p{number}@people.example"));
        let connected = pool.connected(way, &json!({"proxy_id": proxy}));
        let id = id_of(&connected["account"]["id"]);
        pool.await_answer(way.model());
        let path = format!("/accounts/{}/{id}", way.platform());
        if way != Way::SetupToken {
            said.push(pool.tenant.api.post(&format!("{path}/refresh"), &json!({})));
        }
        said.push(pool.tenant.api.post(&format!("{path}/test"), &json!({})));
        for below in ["", "/events", "/history"] {
            said.push(pool.tenant.api.get(&format!("{path}{below}")).expect(200));
        }
    }
    let entra = json!({
        "name": unique("azure"), "base_url": pool.vendors.url(), "credential_kind": "entra_app",
        "entra_tenant_id": ENTRA_TENANT, "client_id": ENTRA_CLIENT, "client_secret": ENTRA_SECRET,
    });
    let role = json!({
        "name": unique("bedrock"), "base_url": pool.vendors.url(), "credential_kind": "aws_role", "region": "eu-west-1",
        "role_arn": ROLE_ARN, "external_id": EXTERNAL_ID, "access_key_id": AWS_KEY_ID, "secret_access_key": AWS_SECRET,
    });
    for (platform, form) in [("azure_openai", entra), ("bedrock", role)] {
        let made = pool
            .tenant
            .api
            .post(&format!("/accounts/{platform}"), &form)
            .expect(201);
        let id = id_of(&made.json()["id"]);
        said.push(made);
        said.push(
            pool.tenant
                .api
                .post(&format!("/accounts/{platform}/{id}/refresh"), &json!({})),
        );
    }
    for path in [
        "/accounts",
        "/proxies",
        "/account-groups",
        "/requests",
        "/audit-log",
    ] {
        said.push(pool.tenant.api.get(path));
    }
    said.push(pool.tenant.api.post("/accounts/export", &json!({})));
    pool.house.settle();
    let (rows, log) = (everything(&pool), pool.house.gateway.log());
    let answers: String = said.iter().map(Reply::text).collect();
    assert!(
        answers.len() > 1000 && rows.contains("p0@people.example"),
        "there was something to look at"
    );
    let mut secrets = pool.vendors.secrets();
    assert!(secrets.len() > 8, "{}", secrets.len());
    secrets.extend([ENTRA_SECRET, AWS_SECRET, GOOGLE_SECRET, PROXY_PASSWORD].map(str::to_owned));
    for secret in secrets {
        // Neither whole nor a part by which it could be found.
        let part = &secret[secret.len() - 20..];
        for (place, text) in [("a table", &rows), ("an answer", &answers), ("the log", &log)] {
            assert!(!text.contains(part), "`{secret}` lies in {place}");
        }
    }
    let _: Value = said[0].json();
}
