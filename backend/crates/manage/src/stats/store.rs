//! Sums over usage in the database: by day of the tenant's zone, and by quarter of an hour.

use crate::figures::{Sums, count};
use crate::permissions::Sight;
use crate::stats::range::Days;
use chrono::{DateTime, Utc};
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::{AccountId, KeyId, UserId};
use tollgate_contract::platform::Platform;
use tollgate_contract::stats::{AccountTile, Figures, GroupBy, KeyCounts, ModelFigures};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// Most rows of a report: what a page can show. Totals count also what is left off.
const ROWS_MAX: i64 = 1000;

/// Which usage is summed.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub(super) key: Option<KeyId>,
    pub(super) user: Option<UserId>,
    pub(super) only_user: Option<UserId>,
    pub(super) account: Option<AccountId>,
    pub(super) model: Option<String>,
}

/// One row of sums and what it stands for.
#[derive(Debug)]
pub(super) struct Row {
    /// A date, an id, a model or a cost centre as text.
    pub(super) id: String,
    pub(super) figures: Figures,
}

fn group_name(group_by: GroupBy) -> &'static str {
    match group_by {
        GroupBy::Day => "day",
        GroupBy::Key => "key",
        GroupBy::Model => "model",
        GroupBy::User => "user",
        GroupBy::Account => "account",
        GroupBy::CostCentre => "cost_centre",
    }
}

/// Sums by group, the dearest first.
pub(super) async fn grouped(
    tx: &mut TenantTx,
    days: Days,
    filter: &Filter,
    group_by: GroupBy,
) -> Result<Vec<Row>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT CASE $4 WHEN 'day' THEN local_date::text WHEN 'key' THEN key_id::text WHEN 'user' THEN user_id::text
                          WHEN 'account' THEN account_id::text WHEN 'model' THEN model ELSE cost_centre END AS "id!",
                  sum(requests)::bigint AS "requests!", sum(input_tokens)::bigint AS "input!",
                  sum(output_tokens)::bigint AS "output!", sum(cache_write_5m_tokens)::bigint AS "cache_write_5m!",
                  sum(cache_write_1h_tokens)::bigint AS "cache_write_1h!", sum(cache_read_tokens)::bigint AS "cache_read!",
                  sum(charge_nano)::bigint AS "charge!"
           FROM usage_day
           WHERE tenant_id = $1 AND local_date BETWEEN $2 AND $3
             AND ($5::uuid IS NULL OR key_id = $5) AND ($6::uuid IS NULL OR user_id = $6)
             AND ($7::uuid IS NULL OR user_id = $7) AND ($8::uuid IS NULL OR account_id = $8)
             AND ($9::text IS NULL OR model = $9)
           GROUP BY 1 ORDER BY sum(charge_nano) DESC, sum(requests) DESC, 1 LIMIT $10"#,
        tenant.0,
        days.from,
        days.to,
        group_name(group_by),
        filter.key.map(|id| id.0),
        filter.user.map(|id| id.0),
        filter.only_user.map(|id| id.0),
        filter.account.map(|id| id.0),
        filter.model,
        ROWS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = rows.into_iter().map(|row| Row {
        id: row.id,
        figures: Sums {
            requests: row.requests,
            input: row.input,
            output: row.output,
            cache_write_5m: row.cache_write_5m,
            cache_write_1h: row.cache_write_1h,
            cache_read: row.cache_read,
            charge: row.charge,
        }
        .into(),
    });
    Ok(rows.collect())
}

/// Sums over all that matches.
pub(super) async fn totals(tx: &mut TenantTx, days: Days, filter: &Filter) -> Result<Figures, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT COALESCE(sum(requests), 0)::bigint AS "requests!", COALESCE(sum(input_tokens), 0)::bigint AS "input!",
                  COALESCE(sum(output_tokens), 0)::bigint AS "output!",
                  COALESCE(sum(cache_write_5m_tokens), 0)::bigint AS "cache_write_5m!",
                  COALESCE(sum(cache_write_1h_tokens), 0)::bigint AS "cache_write_1h!",
                  COALESCE(sum(cache_read_tokens), 0)::bigint AS "cache_read!",
                  COALESCE(sum(charge_nano), 0)::bigint AS "charge!"
           FROM usage_day
           WHERE tenant_id = $1 AND local_date BETWEEN $2 AND $3
             AND ($4::uuid IS NULL OR key_id = $4) AND ($5::uuid IS NULL OR user_id = $5)
             AND ($6::uuid IS NULL OR user_id = $6) AND ($7::uuid IS NULL OR account_id = $7)
             AND ($8::text IS NULL OR model = $8)"#,
        tenant.0,
        days.from,
        days.to,
        filter.key.map(|id| id.0),
        filter.user.map(|id| id.0),
        filter.only_user.map(|id| id.0),
        filter.account.map(|id| id.0),
        filter.model
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Sums {
        requests: row.requests,
        input: row.input,
        output: row.output,
        cache_write_5m: row.cache_write_5m,
        cache_write_1h: row.cache_write_1h,
        cache_read: row.cache_read,
        charge: row.charge,
    }
    .into())
}

/// What keys, people or accounts are called, deleted ones included; keys that are gone for good, what they were then.
pub(crate) async fn labels(
    tx: &mut TenantTx,
    group_by: GroupBy,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, String)>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT key_id AS "id!", name AS "name!" FROM api_keys WHERE $3 = 'key' AND tenant_id = $1 AND key_id = ANY($2)
           UNION ALL
           SELECT target_id, target_name FROM audit_log
           WHERE $3 = 'key' AND tenant_id = $1 AND target_id = ANY($2) AND action = 'key.purged'
           UNION ALL
           SELECT user_id, display_name FROM memberships WHERE $3 = 'user' AND tenant_id = $1 AND user_id = ANY($2)
           UNION ALL
           SELECT account_id, name FROM accounts WHERE $3 = 'account' AND tenant_id = $1 AND account_id = ANY($2)"#,
        tenant.0,
        ids,
        group_name(group_by)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// A quarter of an hour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quarter {
    pub(super) at: DateTime<Utc>,
    pub(super) figures: Figures,
    /// Failed on our or the vendor's side.
    pub(super) errors: u64,
    /// At fault themselves.
    pub(super) client_errors: u64,
}

/// A range of instants; `to` is not in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instants {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
}

/// Quarters of an hour that had usage, in order.
pub(super) async fn quarters(
    tx: &mut TenantTx,
    sight: Sight,
    range: Instants,
    model: Option<&str>,
) -> Result<Vec<Quarter>, StoreError> {
    match sight {
        Sight::All => tenant_quarters(tx, range, model).await,
        Sight::Own(user) => own_quarters(tx, user, range, model).await,
    }
}

/// A quarter as the database has it.
struct QuarterRow {
    bucket: DateTime<Utc>,
    requests: i64,
    input: i64,
    output: i64,
    cache_write_5m: i64,
    cache_write_1h: i64,
    cache_read: i64,
    charge: i64,
    errors: i64,
    client_errors: i64,
}

impl From<QuarterRow> for Quarter {
    fn from(row: QuarterRow) -> Self {
        Self {
            at: row.bucket,
            errors: count(row.errors),
            client_errors: count(row.client_errors),
            figures: Sums {
                requests: row.requests,
                input: row.input,
                output: row.output,
                cache_write_5m: row.cache_write_5m,
                cache_write_1h: row.cache_write_1h,
                cache_read: row.cache_read,
                charge: row.charge,
            }
            .into(),
        }
    }
}

async fn tenant_quarters(
    tx: &mut TenantTx,
    range: Instants,
    model: Option<&str>,
) -> Result<Vec<Quarter>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        QuarterRow,
        r#"SELECT bucket, sum(requests)::bigint AS "requests!", sum(input_tokens)::bigint AS "input!",
                  sum(output_tokens)::bigint AS "output!", sum(cache_write_5m_tokens)::bigint AS "cache_write_5m!",
                  sum(cache_write_1h_tokens)::bigint AS "cache_write_1h!", sum(cache_read_tokens)::bigint AS "cache_read!",
                  sum(charge_nano)::bigint AS "charge!",
                  COALESCE(sum(requests) FILTER (WHERE status IN ('upstream_error', 'timeout', 'unknown')), 0)::bigint
                      AS "errors!",
                  COALESCE(sum(requests) FILTER (WHERE status = 'client_error'), 0)::bigint AS "client_errors!"
           FROM usage_15m
           WHERE tenant_id = $1 AND bucket >= $2 AND bucket < $3 AND ($4::text IS NULL OR model = $4)
           GROUP BY bucket ORDER BY bucket"#,
        tenant.0,
        range.from,
        range.to,
        model
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Quarter::from).collect())
}

/// A member's own, from the rollup that knows people.
async fn own_quarters(
    tx: &mut TenantTx,
    user: UserId,
    range: Instants,
    model: Option<&str>,
) -> Result<Vec<Quarter>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        QuarterRow,
        r#"SELECT s.bucket, sum(s.requests)::bigint AS "requests!", sum(s.input_tokens)::bigint AS "input!",
                  sum(s.output_tokens)::bigint AS "output!", sum(s.cache_write_5m_tokens)::bigint AS "cache_write_5m!",
                  sum(s.cache_write_1h_tokens)::bigint AS "cache_write_1h!",
                  sum(s.cache_read_tokens)::bigint AS "cache_read!", sum(s.charge_nano)::bigint AS "charge!",
                  COALESCE(sum(s.requests) FILTER (WHERE c.status IN ('upstream_error', 'timeout', 'unknown')), 0)::bigint
                      AS "errors!",
                  COALESCE(sum(s.requests) FILTER (WHERE c.status = 'client_error'), 0)::bigint AS "client_errors!"
           FROM usage_slices s JOIN usage_combos c ON c.tenant_id = $1 AND c.combo = s.combo
           WHERE s.tenant_id = $1 AND s.bucket >= $3 AND s.bucket < $4 AND c.user_id = $2
             AND ($5::text IS NULL OR c.model = $5)
           GROUP BY s.bucket ORDER BY s.bucket"#,
        tenant.0,
        user.0,
        range.from,
        range.to,
        model
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Quarter::from).collect())
}

/// Rows that stand for models.
pub(super) fn as_models(rows: Vec<Row>) -> Vec<ModelFigures> {
    rows.into_iter()
        .map(|row| ModelFigures {
            model: row.id,
            figures: row.figures,
        })
        .collect()
}

/// Keys that are not deleted, by how they stand.
pub(super) async fn key_counts(
    tx: &mut TenantTx,
    owner: Option<UserId>,
    now: DateTime<Utc>,
) -> Result<KeyCounts, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE status = 'active' AND (expires_at IS NULL OR expires_at > $3)) AS "active!",
                  count(*) FILTER (WHERE status = 'disabled') AS "disabled!",
                  count(*) FILTER (WHERE status = 'active' AND expires_at <= $3) AS "expired!"
           FROM api_keys WHERE tenant_id = $1 AND deleted_at IS NULL AND ($2::uuid IS NULL OR owner_user_id = $2)"#,
        tenant.0,
        owner.map(|owner| owner.0),
        now
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(KeyCounts {
        active: count(row.active),
        disabled: count(row.disabled),
        expired: count(row.expired),
    })
}

/// Accounts that are not deleted, those in trouble first.
pub(super) async fn account_tiles(tx: &mut TenantTx) -> Result<Vec<AccountTile>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT account_id, platform, name, state, state_reason, state_until, schedulable FROM accounts
         WHERE tenant_id = $1 AND deleted_at IS NULL
         ORDER BY (state = 'active'), platform, priority, name, account_id LIMIT $2",
        tenant.0,
        ROWS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let tiles = rows.into_iter().filter_map(|row| {
        Some(AccountTile {
            id: AccountId(row.account_id),
            platform: Platform::parse(&row.platform)?,
            name: row.name,
            state: AccountState::parse(&row.state)?,
            state_reason: row.state_reason,
            state_until: row.state_until,
            schedulable: row.schedulable,
        })
    });
    Ok(tiles.collect())
}
