//! Days of accounts in the database.

use crate::stats::Days;
use std::collections::HashMap;
use tollgate_contract::margin::{MarginGroup, MarginQuery, MarginTie};
use tollgate_contract::money::NanoUsd;
use tollgate_store::{JobsTx, PLATFORM_TENANT, StoreError, TenantTx};
use uuid::Uuid;

/// Which days and rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filter<'a> {
    pub(super) days: Days,
    pub(super) query: &'a MarginQuery,
}

/// Sums of what an id stands for.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) requests: i64,
    pub(super) input: i64,
    pub(super) output: i64,
    pub(super) cost: i64,
    pub(super) charge: i64,
    /// What credit notes gave back; `None`: they don't tell.
    pub(super) credited: Option<i64>,
}

impl Row {
    /// The sum of both.
    pub(super) fn and(self, more: &Self) -> Self {
        let plus = i64::saturating_add;
        Self {
            id: self.id,
            requests: plus(self.requests, more.requests),
            input: plus(self.input, more.input),
            output: plus(self.output, more.output),
            cost: plus(self.cost, more.cost),
            charge: plus(self.charge, more.charge),
            credited: match (self.credited, more.credited) {
                (None, None) => None,
                (one, other) => Some(plus(one.unwrap_or(0), other.unwrap_or(0))),
            },
        }
    }
}

/// Sums of the platform's accounts, the greatest charge first, days in their order.
pub(super) async fn grouped(
    tx: &mut TenantTx,
    filter: &Filter<'_>,
    group: MarginGroup,
) -> Result<Vec<Row>, StoreError> {
    let (tenant, query) = (tx.tenant_id(), filter.query);
    let rows = sqlx::query!(
        r#"SELECT CASE $4 WHEN 'tenant' THEN customer_tenant_id::text WHEN 'platform' THEN platform WHEN 'model' THEN model
                          WHEN 'account' THEN account_id::text ELSE day::text END AS "id!",
                  sum(requests)::bigint AS "requests!",
                  sum(input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens)::bigint AS "input!",
                  sum(output_tokens)::bigint AS "output!", sum(cost_nano)::bigint AS "cost!",
                  sum(charge_nano)::bigint AS "charge!"
           FROM account_days
           WHERE tenant_id = $1 AND day BETWEEN $2 AND $3 AND ($5::uuid IS NULL OR customer_tenant_id = $5)
             AND ($6::uuid IS NULL OR account_id = $6) AND ($7::text IS NULL OR platform = $7)
             AND ($8::text IS NULL OR model = $8)
           GROUP BY 1 ORDER BY CASE WHEN $4 = 'day' THEN 0 ELSE -sum(charge_nano) END, 1"#,
        tenant.0,
        filter.days.from,
        filter.days.to,
        group.as_str(),
        query.tenant_id.map(|id| id.0),
        query.account_id.map(|id| id.0),
        query.platform.as_deref(),
        query.model.as_deref()
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows.into_iter().map(|row| Row {
        id: row.id,
        requests: row.requests,
        input: row.input,
        output: row.output,
        cost: row.cost,
        charge: row.charge,
        credited: None,
    });
    Ok(rows.collect())
}

/// All days' cost and the ledger's, of one moment.
pub(super) async fn tie(tx: &mut TenantTx) -> Result<MarginTie, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT COALESCE((SELECT sum(cost_nano) FROM account_days WHERE tenant_id = $1), 0)::bigint AS "cost!",
                  COALESCE((SELECT -balance_nano FROM ledger_accounts WHERE tenant_id = $1 AND code = 'upstream_cost'),
                           0)::bigint AS "ledger!""#,
        tenant.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(MarginTie {
        cost_nano: NanoUsd(row.cost),
        ledger_cost_nano: NanoUsd(row.ledger),
        ..MarginTie::default()
    })
}

/// What the platform's accounts are called, deleted ones included.
pub(super) async fn accounts(tx: &mut TenantTx, ids: &[Uuid]) -> Result<HashMap<Uuid, String>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT account_id, name FROM accounts WHERE tenant_id = $1 AND account_id = ANY($2)",
        tenant.0,
        ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row.name)).collect())
}

/// What customers are called.
pub(super) async fn tenants(tx: &mut JobsTx, ids: &[Uuid]) -> Result<HashMap<Uuid, String>, StoreError> {
    let rows = sqlx::query!(
        "SELECT tenant_id, name FROM tenants WHERE tenant_id = ANY($1)",
        ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id, row.name)).collect())
}

/// What was charged for customers' own accounts; over all tenants, hence as the jobs' role.
pub(super) async fn own_accounts(tx: &mut JobsTx, filter: &Filter<'_>) -> Result<NanoUsd, StoreError> {
    let query = filter.query;
    let charge = sqlx::query_scalar!(
        r#"SELECT COALESCE(sum(charge_nano), 0)::bigint AS "charge!" FROM account_days
           WHERE tenant_id <> $1 AND day BETWEEN $2 AND $3 AND ($4::uuid IS NULL OR tenant_id = $4)
             AND ($5::uuid IS NULL OR account_id = $5) AND ($6::text IS NULL OR platform = $6)
             AND ($7::text IS NULL OR model = $7)"#,
        PLATFORM_TENANT.0,
        filter.days.from,
        filter.days.to,
        query.tenant_id.map(|id| id.0),
        query.account_id.map(|id| id.0),
        query.platform.as_deref(),
        query.model.as_deref()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(NanoUsd(charge))
}
