//! Looks at what was spent since the last look and writes the notices that are due: one for each threshold of a budget in
//! each period, one for each fall below the low balance. Each cause has one row, so looking twice writes nothing twice.

use super::store::write_for;
use crate::budgets::stored_rule;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::collections::{BTreeSet, HashMap};
use tollgate_contract::ids::{BudgetId, NodeId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::notices::NoticeText;
use tollgate_money::PeriodRule;
use tollgate_store::{Clock, Db, JobsTx, PLATFORM_TENANT, StoreError};
use uuid::Uuid;

/// How the job is called in `job_marks`.
const JOB: &str = "money_notices";
/// Rows carry the clock of the node that wrote them and show once they are committed: so much is looked at again.
const OVERLAP: TimeDelta = TimeDelta::minutes(1);
/// How far the first look goes back.
const FIRST_LOOK: TimeDelta = TimeDelta::days(1);

/// Writes the notices that are due; tells how many.
///
/// # Errors
/// `Unavailable` if the database is: the next look goes on from the last one that went well.
pub async fn money_notices(db: &Db) -> Result<u64, StoreError> {
    let now = db.clock().now();
    let mut tx = db.jobs().await?;
    let mark = sqlx::query_scalar!("SELECT looked_at FROM job_marks WHERE job = $1", JOB)
        .fetch_optional(tx.conn())
        .await?;
    let since = mark.unwrap_or(now - FIRST_LOOK) - OVERLAP;
    let tenants = sqlx::query_scalar!(
        r#"SELECT tenant_id AS "tenant_id!" FROM ledger_accounts WHERE code = 'wallet' AND updated_at > $1
           UNION SELECT tenant_id FROM notice_settings WHERE updated_at > $1
           UNION SELECT tenant_id FROM budgets WHERE kind = 'budget' AND updated_at > $1"#,
        since
    )
    .fetch_all(tx.conn())
    .await?;
    drop(tx);
    let mut written = 0;
    for tenant in tenants {
        let mut tx = db.jobs().await?;
        written += low_balance(&mut tx, db.clock(), tenant, now).await?;
        written += thresholds(&mut tx, db.clock(), tenant, (since, now)).await?;
        tx.commit().await?;
    }
    let mut tx = db.jobs().await?;
    sqlx::query!(
        "INSERT INTO job_marks (job, looked_at) VALUES ($1, $2)
         ON CONFLICT (job) DO UPDATE SET looked_at = GREATEST(job_marks.looked_at, excluded.looked_at)",
        JOB,
        now
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(written)
}

/// Tells the platform's own tenant that a node keeps rate limits in its memory since then.
///
/// # Errors
/// `Unavailable` if the database is.
pub async fn tell_limits_in_process(
    db: &Db,
    node: NodeId,
    host: &str,
    since: DateTime<Utc>,
) -> Result<(), StoreError> {
    let text = NoticeText::LimitsInProcess {
        host: host.to_owned(),
        since,
    };
    let cause = format!("limits_in_process:{node}:{}", since.timestamp());
    let mut tx = db.jobs().await?;
    write_for(&mut tx, db.clock(), PLATFORM_TENANT.0, &cause, &text).await?;
    tx.commit().await
}

/// Tells the platform's own tenant that a model has no price, once a day for each.
///
/// # Errors
/// `Unavailable` if the database is.
pub async fn tell_unpriced(
    db: &Db,
    day: NaiveDate,
    (provider, model): (&str, &str),
    relayed: bool,
) -> Result<(), StoreError> {
    let text = NoticeText::UnpricedModel {
        provider: provider.to_owned(),
        model: model.to_owned(),
        relayed,
    };
    let cause = format!("unpriced:{day}:{provider}:{relayed}:{model}");
    let mut tx = db.jobs().await?;
    write_for(&mut tx, db.clock(), PLATFORM_TENANT.0, &cause, &text).await?;
    tx.commit().await
}

/// One notice each time the balance falls below the threshold.
async fn low_balance(
    tx: &mut JobsTx,
    clock: &Clock,
    tenant: Uuid,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let row = sqlx::query!(
        r#"SELECT s.low_balance_nano, s.low_since, a.balance_nano
           FROM notice_settings s JOIN ledger_accounts a ON a.tenant_id = s.tenant_id AND a.code = 'wallet'
           WHERE s.tenant_id = $1 FOR UPDATE OF s"#,
        tenant
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(0) };
    let low = row.low_balance_nano.filter(|least| row.balance_nano < *least);
    let since = match (low, row.low_since) {
        (Some(_), None) => Some(now),
        (None, Some(_)) => None,
        _ => return Ok(0),
    };
    sqlx::query!(
        "UPDATE notice_settings SET low_since = $2 WHERE tenant_id = $1",
        tenant,
        since
    )
    .execute(tx.conn())
    .await?;
    let Some(least) = low else { return Ok(0) };
    let text = NoticeText::LowBalance {
        balance_nano: NanoUsd(row.balance_nano),
        low_balance_nano: NanoUsd(least),
    };
    let cause = format!("low_balance:{}", now.timestamp_micros());
    Ok(u64::from(write_for(tx, clock, tenant, &cause, &text).await?))
}

/// A budget that warns.
struct Warns {
    id: Uuid,
    name: String,
    rule: PeriodRule,
    time_zone: String,
    limit: i64,
    hard: bool,
    thresholds: Vec<i16>,
    changed: bool,
}

async fn thresholds(
    tx: &mut JobsTx,
    clock: &Clock,
    tenant: Uuid,
    (since, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<u64, StoreError> {
    let touched = touched_periods(tx, tenant, since).await?;
    let budgets = warning(tx, tenant, &touched, since).await?;
    let mut periods = BTreeSet::new();
    for (budget, start) in touched {
        if budgets.contains_key(&budget) {
            periods.insert((budget, start));
        }
    }
    for budget in budgets.values().filter(|budget| budget.changed) {
        periods.insert((budget.id, budget.rule.period_of(now).start));
    }
    let mut written = 0;
    for (id, start, spent) in spent(tx, tenant, &periods).await? {
        let Some(budget) = budgets.get(&id) else { continue };
        for threshold in passed(budget, spent) {
            let cause = format!("budget:{id}:{}:{threshold}", start.timestamp());
            let text = notice(budget, start, threshold, spent);
            written += u64::from(write_for(tx, clock, tenant, &cause, &text).await?);
        }
    }
    Ok(written)
}

/// Periods of which something was booked since.
async fn touched_periods(
    tx: &mut JobsTx,
    tenant: Uuid,
    since: DateTime<Utc>,
) -> Result<Vec<(Uuid, DateTime<Utc>)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT DISTINCT budget_id, period_start FROM budget_leases WHERE tenant_id = $1 AND updated_at > $2",
        tenant,
        since
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.budget_id, row.period_start))
        .collect())
}

/// Budgets that warn, of which something was booked or that were changed since.
async fn warning(
    tx: &mut JobsTx,
    tenant: Uuid,
    touched: &[(Uuid, DateTime<Utc>)],
    since: DateTime<Utc>,
) -> Result<HashMap<Uuid, Warns>, StoreError> {
    let ids: Vec<Uuid> = touched.iter().map(|(budget, _)| *budget).collect();
    let rows = sqlx::query!(
        r#"SELECT budget_id, name, period, week_start, start_hour, time_zone, limit_nano, hard, thresholds,
                  COALESCE(updated_at > $3, false) AS "changed!"
           FROM budgets
           WHERE tenant_id = $1 AND kind = 'budget' AND active AND deleted_at IS NULL AND thresholds <> '{}'
             AND (budget_id = ANY($2) OR updated_at > $3)"#,
        tenant,
        &ids,
        since
    )
    .fetch_all(tx.conn())
    .await?;
    let budgets = rows.into_iter().filter_map(|row| {
        let rule = stored_rule(&row.period, row.week_start, row.start_hour, &row.time_zone)?;
        let budget = Warns {
            id: row.budget_id,
            name: row.name,
            rule,
            time_zone: row.time_zone,
            limit: row.limit_nano,
            hard: row.hard,
            thresholds: row.thresholds,
            changed: row.changed,
        };
        Some((row.budget_id, budget))
    });
    Ok(budgets.collect())
}

/// What was spent in each of these periods.
async fn spent(
    tx: &mut JobsTx,
    tenant: Uuid,
    periods: &BTreeSet<(Uuid, DateTime<Utc>)>,
) -> Result<Vec<(Uuid, DateTime<Utc>, i64)>, StoreError> {
    let (ids, starts): (Vec<Uuid>, Vec<DateTime<Utc>>) = periods.iter().copied().unzip();
    let rows = sqlx::query!(
        r#"SELECT l.budget_id, l.period_start, sum(l.settled_nano)::bigint AS "spent!"
           FROM unnest($2::uuid[], $3::timestamptz[]) AS wanted (budget_id, period_start)
           JOIN budget_leases l USING (budget_id, period_start)
           WHERE l.tenant_id = $1 GROUP BY 1, 2 ORDER BY 1, 2"#,
        tenant,
        &ids,
        &starts
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.budget_id, row.period_start, row.spent))
        .collect())
}

fn percent(spent: i64, limit: i64) -> u32 {
    let per_cent = i128::from(spent).saturating_mul(100) / i128::from(limit.max(1));
    u32::try_from(per_cent.max(0)).unwrap_or(u32::MAX)
}

/// Thresholds that are reached.
fn passed(budget: &Warns, spent: i64) -> impl Iterator<Item = u16> {
    let reached = percent(spent, budget.limit);
    let thresholds = budget
        .thresholds
        .iter()
        .filter_map(|value| u16::try_from(*value).ok());
    thresholds.filter(move |threshold| reached >= u32::from(*threshold))
}

fn notice(budget: &Warns, start: DateTime<Utc>, threshold: u16, spent: i64) -> NoticeText {
    NoticeText::BudgetThreshold {
        budget_id: BudgetId(budget.id),
        budget: budget.name.clone(),
        threshold,
        percent: percent(spent, budget.limit),
        spent_nano: NanoUsd(spent),
        limit_nano: NanoUsd(budget.limit),
        hard: budget.hard,
        period_start: start,
        period_end: budget.rule.period_of(start).end,
        time_zone: budget.time_zone.clone(),
    }
}
