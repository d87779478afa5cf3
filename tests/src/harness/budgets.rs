//! Budgets as rows, with the announcement that nodes listen for.

use postgres::Client;
use uuid::Uuid;

/// A new budget of a tenant in nano-USD; `more` are further columns with their values as SQL.
pub fn new_budget(database: &mut Client, tenant: Uuid, nano: i64, more: &[(&str, &str)]) -> Uuid {
    let id = Uuid::new_v4();
    let (names, values): (Vec<_>, Vec<_>) = more.iter().copied().unzip();
    let list = |items: Vec<&str>| [vec![""], items].concat().join(", ");
    let insert = format!(
        "INSERT INTO budgets (tenant_id, budget_id, kind, name, limit_nano, created_at{})
         VALUES ($1, $2, 'budget', 'Team', $3, now(){})",
        list(names),
        list(values)
    );
    let mut transaction = database.transaction().expect("a transaction");
    transaction
        .execute(&insert, &[&tenant, &id, &nano])
        .expect("a budget");
    transaction
        .execute(
            "WITH written AS (
                 INSERT INTO changes (topic, tenant_id, object_id, version, created_at) VALUES ('budget', $1, $2, 1, now()))
             SELECT pg_notify('tollgate_changes', pg_current_xact_id()::text)",
            &[&tenant, &id],
        )
        .expect("announced");
    transaction.commit().expect("committed");
    id
}

/// What of a budget's limit is granted to nodes or spent, and what of it is settled, in nano-USD.
pub fn granted_and_settled(database: &mut Client, budget: Uuid) -> (i64, i64) {
    let row = database
        .query_one(
            "SELECT COALESCE((SELECT sum(granted_nano) FROM budget_periods WHERE budget_id = $1), 0)::bigint,
                    COALESCE((SELECT sum(settled_nano) FROM budget_leases WHERE budget_id = $1), 0)::bigint",
            &[&budget],
        )
        .expect("the budget can be read");
    (row.get(0), row.get(1))
}
