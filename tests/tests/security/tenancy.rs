//! The proof that no tenant sees or changes another's rows, whatever the code above forgets; and the proof that the
//! proof would notice.

use super::around::ways_around;
use super::walk::{OTHER, VICTIM, faults, fill, resolver_reads};
use tollgate_tests::harness::postgres::{Cluster, Database};

/// Functions that run as their owner and that tollgate_app may call: each takes the tenant from the setting itself.
const DEFINER_ALLOWED: &[&str] = &[
    // The platform's own name and looks, which stand on every document.
    "billing_issuer",
    "claim_voucher",
    // For the platform alone.
    "enter_exchange_rate",
    "enter_payment_call",
    "forget_export_links",
    "forget_keys",
    "forget_secrets",
    "keys_with_text",
    // Of nodes, which are no tenant's.
    "lost_nodes",
    // A number, which tells no more than how many documents there are.
    "next_document_number",
    "revoke_voucher",
];

fn filled() -> Database {
    let database = Cluster::shared().database();
    fill(&database);
    database
}

#[test]
fn no_tenant_sees_or_changes_anothers_rows_in_any_relation() {
    let database = filled();
    assert_eq!(faults(&database), [""; 0]);
}

#[test]
fn no_role_or_function_leads_around_the_policies() {
    let database = Cluster::shared().database();
    assert_eq!(ways_around(&database, DEFINER_ALLOWED), [""; 0]);
    assert_eq!(
        resolver_reads(&database),
        [""; 0],
        "the resolver has its functions and nothing else"
    );
}

#[test]
fn functions_that_run_as_their_owner_keep_to_the_tenant_of_the_transaction() {
    let database = Cluster::shared().database();
    let (hash, voucher) = ("'\\x".to_owned() + &"ab".repeat(32) + "'", OTHER);
    database
        .connect()
        .batch_execute(&format!(
            "INSERT INTO voucher_directory (code_hash, tenant_id, voucher_id, kind, amount_nano, days)
             VALUES ({hash}, '{VICTIM}', '{voucher}', 'key', 1, 1)"
        ))
        .expect("the victim's voucher");
    let mut app = database.connect_as("tollgate_app");
    let mut told = |tenant: &str, question: &str| -> Option<bool> {
        let mut tx = app.transaction().expect("a transaction");
        tx.execute("SELECT set_config('tollgate.tenant', $1, true)", &[&tenant])
            .expect("a setting");
        tx.query_one(question, &[]).ok().map(|row| row.get(0))
    };
    let claim = format!("SELECT claim_voucher({hash}, now())");
    let revoke = format!("SELECT revoke_voucher('{voucher}', now())");
    for (tenant, expected) in [
        (OTHER.to_string(), false),
        (String::new(), false),
        (VICTIM.to_string(), true),
    ] {
        for question in [&claim, &revoke] {
            assert_eq!(told(&tenant, question), Some(expected), "{tenant}: {question}");
        }
    }
    let link = format!(
        "INSERT INTO export_link_directory VALUES ({hash}, '{VICTIM}', '{voucher}', now() + interval '1 day')"
    );
    database
        .connect()
        .batch_execute(&link)
        .expect("the victim's link");
    told(
        &OTHER.to_string(),
        &format!("SELECT forget_export_links('{voucher}') IS NULL"),
    );
    let links = "SELECT count(*) FROM export_link_directory";
    let left: i64 = database.connect().query_one(links, &[]).expect("a count").get(0);
    assert_eq!(left, 1, "another tenant's links stay");
    let call = format!("SELECT enter_payment_call('p', 'c', {hash}, '{voucher}', now()) = 'new'");
    assert_eq!(told("", &call), None, "a call is some tenant's");
    assert_eq!(told(&VICTIM.to_string(), &call), Some(true));
}

/// Whatever somebody may forget in a migration, and a word of the fault that has to be found.
const NAUGHTY: &[(&str, &str)] = &[
    (
        "CREATE TABLE naughty (tenant_id uuid, x int); GRANT SELECT ON naughty TO tollgate_app",
        "naughty: row-level security is not forced",
    ),
    (
        "CREATE TABLE naughty (tenant_id uuid, x int); ALTER TABLE naughty ENABLE ROW LEVEL SECURITY;
         ALTER TABLE naughty FORCE ROW LEVEL SECURITY; GRANT SELECT ON naughty TO tollgate_app;
         CREATE POLICY open ON naughty TO tollgate_app USING (true)",
        "naughty: as nobody, SELECT sees 1 rows of another tenant",
    ),
    (
        "CREATE TABLE naughty (tenant_id uuid, x int); ALTER TABLE naughty ENABLE ROW LEVEL SECURITY;
         ALTER TABLE naughty FORCE ROW LEVEL SECURITY; GRANT SELECT, INSERT ON naughty TO tollgate_app;
         CREATE POLICY mine ON naughty TO tollgate_app USING (tenant_id = current_tenant()) WITH CHECK (true)",
        "INSERT writes a row of another tenant",
    ),
    ("CREATE TABLE naughty (x int)", "naughty: has no tenant_id"),
    (
        "CREATE TABLE naughty PARTITION OF usage_events FOR VALUES FROM (uuid7_floor('2090-01-01')) TO (uuid7_floor('2090-02-01'))",
        "naughty: row-level security is not forced",
    ),
    (
        "CREATE TABLE naughty PARTITION OF usage_events FOR VALUES FROM (uuid7_floor('2090-01-01')) TO (uuid7_floor('2090-02-01'));
         ALTER TABLE naughty ENABLE ROW LEVEL SECURITY; ALTER TABLE naughty FORCE ROW LEVEL SECURITY;
         GRANT SELECT ON naughty TO tollgate_app",
        "naughty: a partition inherits no policy",
    ),
    (
        "CREATE VIEW naughty AS SELECT * FROM api_keys; GRANT SELECT ON naughty TO tollgate_app",
        "naughty: a view that is not security_invoker",
    ),
    (
        "CREATE MATERIALIZED VIEW naughty AS SELECT * FROM api_keys; GRANT SELECT ON naughty TO tollgate_app",
        "naughty: knows no row-level security",
    ),
    ("GRANT SELECT ON users TO tollgate_app", "users: tollgate_app may `SELECT, INSERT`"),
    ("ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY", "api_keys: row-level security is not forced"),
    ("DROP POLICY by_tenant ON accounts; CREATE POLICY open ON accounts TO tollgate_app USING (true)", "accounts: as nobody"),
];

#[test]
fn whatever_a_migration_forgets_is_found() {
    for (mistake, expected) in NAUGHTY {
        let database = Cluster::shared().database();
        database
            .connect()
            .batch_execute(mistake)
            .expect("the mistake can be made");
        fill(&database);
        let found = faults(&database);
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "{mistake}\nwas not found, but {found:#?}"
        );
    }
}

#[test]
fn a_function_that_runs_as_its_owner_is_found() {
    let database = Cluster::shared().database();
    database
        .connect()
        .batch_execute(
            "CREATE FUNCTION naughty() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM api_keys';
             GRANT EXECUTE ON FUNCTION naughty() TO tollgate_app",
        )
        .expect("the mistake can be made");
    assert_eq!(ways_around(&database, DEFINER_ALLOWED).len(), 1);
}
