//! Budgets in the database: writing. Their limits in the running period stand in `budget_periods` as well, which nodes
//! draw from.

use super::period::rule;
use chrono::{DateTime, Utc};
use serde::Serialize;
use tollgate_contract::budgets::{BudgetPeriod, BudgetScope};
use tollgate_contract::ids::{BudgetId, KeyId, UserId};
use tollgate_contract::money::NanoUsd;
use tollgate_money::{Period, PeriodRule};
use tollgate_store::{StoreError, TenantTx};

/// What can be edited of a budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Editable {
    pub(super) name: String,
    pub(super) limit_nano: NanoUsd,
    pub(super) hard: bool,
    pub(super) thresholds: Vec<u16>,
    pub(super) active: bool,
}

/// What stays as it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Fixed {
    pub(super) scope: BudgetScope,
    /// Empty: all models.
    pub(super) models: String,
    pub(super) period: BudgetPeriod,
    pub(super) week_start: u8,
    pub(super) start_hour: u8,
    pub(super) time_zone: String,
}

impl Fixed {
    pub(super) fn rule(&self) -> PeriodRule {
        rule(self.period, self.week_start, self.start_hour, &self.time_zone)
    }
}

/// A budget under lock.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) version: i64,
    pub(super) fixed: Fixed,
    pub(super) fields: Editable,
    /// Whose key it is, for a key's budget.
    pub(super) key_owner: Option<UserId>,
}

/// Whose spending, as columns have it.
pub(super) fn scope_of(
    scope: &str,
    user: Option<uuid::Uuid>,
    key: Option<uuid::Uuid>,
    cost_centre: Option<String>,
) -> Option<BudgetScope> {
    match scope {
        "tenant" => Some(BudgetScope::Tenant),
        "user" => user.map(|id| BudgetScope::User { user_id: UserId(id) }),
        "key" => key.map(|id| BudgetScope::Key { key_id: KeyId(id) }),
        "cost_centre" => cost_centre.map(|cost_centre| BudgetScope::CostCentre { cost_centre }),
        _ => None,
    }
}

pub(super) fn thresholds(stored: &[i16]) -> Vec<u16> {
    stored
        .iter()
        .filter_map(|value| u16::try_from(*value).ok())
        .collect()
}

/// A name by which others are told apart from it, whatever their case.
fn folded(name: &str) -> String {
    name.to_lowercase()
}

pub(super) fn small(value: i16) -> u8 {
    u8::try_from(value).unwrap_or_default()
}

fn stored(thresholds: &[u16]) -> Vec<i16> {
    thresholds
        .iter()
        .filter_map(|value| i16::try_from(*value).ok())
        .collect()
}

/// A budget that is not deleted, kept from others' changes until the transaction ends. Nodes may go on drawing from it.
pub(super) async fn lock(tx: &mut TenantTx, budget: BudgetId) -> Result<Option<Locked>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT b.name, b.scope, b.user_id, b.key_id, b.cost_centre, b.models, b.period, b.week_start, b.start_hour,
                  b.time_zone, b.limit_nano, b.hard, b.thresholds, b.active, b.version,
                  (SELECT k.owner_user_id FROM api_keys k WHERE k.tenant_id = b.tenant_id AND k.key_id = b.key_id)
                      AS key_owner
           FROM budgets b
           WHERE b.tenant_id = $1 AND b.budget_id = $2 AND b.kind = 'budget' AND b.deleted_at IS NULL
           FOR NO KEY UPDATE OF b"#,
        tenant.0,
        budget.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(|row| {
        Some(Locked {
            version: row.version,
            fixed: Fixed {
                scope: scope_of(&row.scope, row.user_id, row.key_id, row.cost_centre)?,
                models: row.models,
                period: BudgetPeriod::parse(&row.period)?,
                week_start: small(row.week_start),
                start_hour: small(row.start_hour),
                time_zone: row.time_zone,
            },
            fields: Editable {
                name: row.name,
                limit_nano: NanoUsd(row.limit_nano),
                hard: row.hard,
                thresholds: thresholds(&row.thresholds),
                active: row.active,
            },
            key_owner: row.key_owner.map(UserId),
        })
    }))
}

pub(super) async fn insert(
    tx: &mut TenantTx,
    budget: BudgetId,
    fixed: &Fixed,
    fields: &Editable,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let (scope, user, key, cost_centre) = match &fixed.scope {
        BudgetScope::Tenant => ("tenant", None, None, None),
        BudgetScope::User { user_id } => ("user", Some(user_id.0), None, None),
        BudgetScope::Key { key_id } => ("key", None, Some(key_id.0), None),
        BudgetScope::CostCentre { cost_centre } => ("cost_centre", None, None, Some(cost_centre.as_str())),
    };
    sqlx::query!(
        "INSERT INTO budgets (tenant_id, budget_id, kind, name, scope, user_id, key_id, cost_centre, models, period,
                              week_start, start_hour, time_zone, limit_nano, hard, thresholds, active, created_at,
                              updated_at, folded_name)
         VALUES ($1, $2, 'budget', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18)",
        tenant.0,
        budget.0,
        fields.name,
        scope,
        user,
        key,
        cost_centre,
        fixed.models,
        fixed.period.as_str(),
        i16::from(fixed.week_start),
        i16::from(fixed.start_hour),
        fixed.time_zone,
        fields.limit_nano.0,
        fields.hard,
        &stored(&fields.thresholds),
        fields.active,
        at,
        folded(&fields.name)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a locked budget's fields and gives it the next version.
pub(super) async fn update(
    tx: &mut TenantTx,
    budget: BudgetId,
    fields: &Editable,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    Ok(sqlx::query_scalar!(
        "UPDATE budgets SET name = $3, limit_nano = $4, hard = $5, thresholds = $6, active = $7, updated_at = $8,
                folded_name = $9, version = version + 1
         WHERE tenant_id = $1 AND budget_id = $2 RETURNING version",
        tenant.0,
        budget.0,
        fields.name,
        fields.limit_nano.0,
        fields.hard,
        &stored(&fields.thresholds),
        fields.active,
        at,
        folded(&fields.name)
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Marks a locked budget as deleted and gives it the next version. What was spent of it stays.
pub(super) async fn mark_deleted(
    tx: &mut TenantTx,
    budget: BudgetId,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    Ok(sqlx::query_scalar!(
        "UPDATE budgets SET deleted_at = $3, updated_at = $3, version = version + 1
         WHERE tenant_id = $1 AND budget_id = $2 RETURNING version",
        tenant.0,
        budget.0,
        at
    )
    .fetch_one(tx.conn())
    .await?)
}

/// How much of a period is gone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Used {
    /// Booked.
    pub(super) spent: i64,
    /// Drawn by nodes, what they have settled included.
    pub(super) granted: i64,
}

/// Locks the period against draws until the transaction ends, so that its limit can be changed. A period that nobody has
/// drawn from yet is begun with the old limit, lest a draw begins it meanwhile.
pub(super) async fn lock_period(
    tx: &mut TenantTx,
    budget: BudgetId,
    period: Period,
    limit: NanoUsd,
) -> Result<Used, StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO budget_periods (tenant_id, budget_id, period_start, limit_nano) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
        tenant.0,
        budget.0,
        period.start,
        limit.0
    )
    .execute(tx.conn())
    .await?;
    let granted = sqlx::query_scalar!(
        "SELECT granted_nano FROM budget_periods
         WHERE tenant_id = $1 AND budget_id = $2 AND period_start = $3 FOR UPDATE",
        tenant.0,
        budget.0,
        period.start
    )
    .fetch_one(tx.conn())
    .await?;
    let spent = sqlx::query_scalar!(
        r#"SELECT COALESCE(sum(settled_nano), 0)::bigint AS "spent!" FROM budget_leases
           WHERE tenant_id = $1 AND budget_id = $2 AND period_start = $3"#,
        tenant.0,
        budget.0,
        period.start
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Used { spent, granted })
}

/// Sets the limit of a locked period.
pub(super) async fn set_period_limit(
    tx: &mut TenantTx,
    budget: BudgetId,
    period: Period,
    limit: NanoUsd,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE budget_periods SET limit_nano = $4 WHERE tenant_id = $1 AND budget_id = $2 AND period_start = $3",
        tenant.0,
        budget.0,
        period.start,
        limit.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A budget whose limit was raised.
#[derive(Clone, Debug)]
pub(crate) struct Raised {
    pub(crate) id: BudgetId,
    pub(crate) name: String,
    pub(crate) version: i64,
    /// The limit before.
    pub(crate) from: i64,
    /// The limit now.
    pub(crate) to: i64,
}

/// Adds to the limit of each of a key's own budgets that never begin anew, and to their one period.
pub(crate) async fn raise_total(
    tx: &mut TenantTx,
    key: KeyId,
    amount: i64,
    at: DateTime<Utc>,
) -> Result<Vec<Raised>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "UPDATE budgets SET limit_nano = limit_nano + $3, updated_at = $4, version = version + 1
         WHERE tenant_id = $1 AND scope = 'key' AND key_id = $2 AND kind = 'budget' AND period = 'total'
           AND deleted_at IS NULL
         RETURNING budget_id, name, version, limit_nano",
        tenant.0,
        key.0,
        amount,
        at
    )
    .fetch_all(tx.conn())
    .await?;
    let ids: Vec<uuid::Uuid> = rows.iter().map(|row| row.budget_id).collect();
    let limits: Vec<i64> = rows.iter().map(|row| row.limit_nano).collect();
    // Begun here where nobody has drawn yet, lest a draw begins it with the limit before.
    sqlx::query!(
        "INSERT INTO budget_periods (tenant_id, budget_id, period_start, limit_nano)
         SELECT $1, id, $4, most FROM unnest($2::uuid[], $3::bigint[]) AS row (id, most) ORDER BY id
         ON CONFLICT (tenant_id, budget_id, period_start) DO UPDATE SET limit_nano = excluded.limit_nano",
        tenant.0,
        &ids,
        &limits,
        DateTime::UNIX_EPOCH
    )
    .execute(tx.conn())
    .await?;
    let raised = rows.into_iter().map(|row| Raised {
        id: BudgetId(row.budget_id),
        name: row.name,
        version: row.version,
        from: row.limit_nano.saturating_sub(amount),
        to: row.limit_nano,
    });
    Ok(raised.collect())
}

/// Whether there is such a member or key, or whether it needs none.
pub(super) async fn subject_exists(tx: &mut TenantTx, scope: &BudgetScope) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let (user, key) = match scope {
        BudgetScope::User { user_id } => (Some(user_id.0), None),
        BudgetScope::Key { key_id } => (None, Some(key_id.0)),
        BudgetScope::Tenant | BudgetScope::CostCentre { .. } => return Ok(true),
    };
    Ok(sqlx::query_scalar!(
        r#"SELECT (EXISTS (SELECT FROM memberships WHERE tenant_id = $1 AND user_id = $2 AND status = 'active')
                   OR EXISTS (SELECT FROM api_keys WHERE tenant_id = $1 AND key_id = $3 AND deleted_at IS NULL))
               AS "exists!""#,
        tenant.0,
        user,
        key
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Whose key it is; `None` where there is no such key (any more).
pub(super) async fn key_owner(tx: &mut TenantTx, key: KeyId) -> Result<Option<Option<UserId>>, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        "SELECT owner_user_id FROM api_keys WHERE tenant_id = $1 AND key_id = $2 AND deleted_at IS NULL",
        tenant.0,
        key.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.map(|owner| owner.map(UserId)))
}
