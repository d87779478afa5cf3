//! Makes a tenant's days anew when its zone has changed: out of the slices, which stand in no zone. In one transaction with
//! the tenant's chain held, so settlement books either before it, into the old days, or after it, into the new ones.

use crate::error::LedgerError;
use crate::settle::lock_heads;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use tollgate_contract::ids::TenantId;
use tollgate_money::{day_start, local_date, zone};
use tollgate_store::{Db, SettleTx};
use uuid::Uuid;

/// Tenants of one run: the job comes again soon.
const TENANTS_MAX: i64 = 100;

/// Days of a zone as instants, each from its start to the next one's.
pub(crate) struct DayEdges {
    pub(crate) dates: Vec<NaiveDate>,
    pub(crate) starts: Vec<DateTime<Utc>>,
    pub(crate) ends: Vec<DateTime<Utc>>,
}

impl DayEdges {
    /// All days that hold these instants or lie between them.
    pub(crate) fn over(first: DateTime<Utc>, last: DateTime<Utc>, zone: Tz) -> Self {
        let (mut date, end) = (local_date(first, zone), local_date(last, zone));
        let mut edges = Self {
            dates: Vec::new(),
            starts: Vec::new(),
            ends: Vec::new(),
        };
        while date <= end {
            let Some(next) = date.succ_opt() else { break };
            edges.dates.push(date);
            edges.starts.push(day_start(date, zone));
            edges.ends.push(day_start(next, zone));
            date = next;
        }
        edges
    }
}

/// Makes the days of every tenant anew whose zone is another one than that in which they stand.
///
/// # Errors
/// Only if the database fails; what was done for other tenants stays.
pub async fn rezone(db: &Db) -> Result<u64, LedgerError> {
    let mut tx = db.jobs().await?;
    let tenants = sqlx::query_scalar!(
        "SELECT tenant_id FROM tenants WHERE time_zone <> rollup_zone ORDER BY tenant_id LIMIT $1",
        TENANTS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    drop(tx);
    let mut done = 0;
    for tenant in tenants {
        done += u64::from(rezone_tenant(db, TenantId(tenant)).await?);
    }
    Ok(done)
}

/// The same for one tenant; tells whether there was anything to do.
async fn rezone_tenant(db: &Db, tenant: TenantId) -> Result<bool, LedgerError> {
    let tenant = tenant.0;
    let mut tx = db.settle().await?;
    lock_heads(&mut tx, &[tenant]).await?;
    let row = sqlx::query!(
        "SELECT time_zone, rollup_zone FROM tenants WHERE tenant_id = $1",
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    if row.time_zone == row.rollup_zone {
        return Ok(false);
    }
    sqlx::query!("DELETE FROM usage_day WHERE tenant_id = $1", tenant)
        .execute(tx.conn())
        .await?;
    let days = days(&mut tx, tenant, zone(&row.time_zone)).await?;
    forget_sums(&mut tx, tenant).await?;
    sqlx::query!(
        "UPDATE tenants SET rollup_zone = $2 WHERE tenant_id = $1",
        tenant,
        row.time_zone
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await?;
    tracing::info!(
        tenant.id = %tenant, zone = row.time_zone, days, "a tenant's days were made anew in its zone"
    );
    Ok(true)
}

/// What the days by one thing say was of the old zone: all of them are stale.
async fn forget_sums(tx: &mut SettleTx, tenant: Uuid) -> Result<(), LedgerError> {
    sqlx::query!("DELETE FROM usage_day_sums WHERE tenant_id = $1", tenant)
        .execute(tx.conn())
        .await?;
    sqlx::query!("DELETE FROM usage_week_sums WHERE tenant_id = $1", tenant)
        .execute(tx.conn())
        .await?;
    sqlx::query!("DELETE FROM usage_stale_days WHERE tenant_id = $1", tenant)
        .execute(tx.conn())
        .await?;
    sqlx::query!(
        "INSERT INTO usage_stale_days SELECT DISTINCT tenant_id, local_date FROM usage_day WHERE tenant_id = $1",
        tenant
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Sums the slices up by days of the zone; tells how many days there are.
async fn days(tx: &mut SettleTx, tenant: Uuid, zone: Tz) -> Result<usize, LedgerError> {
    let range = sqlx::query!(
        "SELECT min(bucket) AS first, max(bucket) AS last FROM usage_slices WHERE tenant_id = $1",
        tenant
    )
    .fetch_one(tx.conn())
    .await?;
    let (Some(first), Some(last)) = (range.first, range.last) else {
        return Ok(0);
    };
    let edges = DayEdges::over(first, last, zone);
    sqlx::query!(
        "INSERT INTO usage_day (tenant_id, local_date, key_id, user_id, account_id, model, cost_centre, platform, client,
                                status, requests, input_tokens, output_tokens, cache_write_5m_tokens,
                                cache_write_1h_tokens, cache_read_tokens, charge_nano, last_request_id, duration_ms,
                                ttfb_ms, ttfb_requests, estimated_requests, late_requests, combo)
         SELECT $1, day.date, c.key_id, c.user_id, c.account_id, c.model, c.cost_centre, c.platform, c.client, c.status,
                sum(s.requests), sum(s.input_tokens), sum(s.output_tokens), sum(s.cache_write_5m_tokens),
                sum(s.cache_write_1h_tokens), sum(s.cache_read_tokens), sum(s.charge_nano),
                max(s.last_request_id::text)::uuid, sum(s.duration_ms), sum(s.ttfb_ms), sum(s.ttfb_requests),
                sum(s.estimated_requests), sum(s.late_requests), c.combo
         FROM unnest($2::date[], $3::timestamptz[], $4::timestamptz[]) AS day (date, starts, ends)
         JOIN usage_slices s ON s.tenant_id = $1 AND s.bucket >= day.starts AND s.bucket < day.ends
         JOIN usage_combos c ON c.tenant_id = $1 AND c.combo = s.combo
         GROUP BY day.date, c.key_id, c.user_id, c.account_id, c.model, c.cost_centre, c.platform, c.client, c.status,
                  c.combo",
        tenant,
        &edges.dates,
        &edges.starts,
        &edges.ends
    )
    .execute(tx.conn())
    .await?;
    Ok(edges.dates.len())
}
