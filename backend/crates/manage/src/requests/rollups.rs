//! What the rollups know of requests: on which days and in which quarters of an hour some match.

use crate::figures::count as counted;
use crate::reports::Filter;
use chrono::{DateTime, NaiveDate, Utc};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// Days listed at a time.
const DAYS_LISTED: i64 = 100;

/// A quarter of an hour with matches.
pub(super) struct Bucket {
    pub(super) at: DateTime<Utc>,
    /// How many requests there are in it, whether they match or not.
    pub(super) requests: u64,
}

/// The zone in which the tenant's days stand.
pub(super) async fn zone(tx: &mut TenantTx) -> Result<String, StoreError> {
    let tenant = tx.tenant_id();
    let zone = sqlx::query_scalar!("SELECT rollup_zone FROM tenants WHERE tenant_id = $1", tenant.0);
    Ok(zone.fetch_one(tx.conn()).await?)
}

/// The n-th event below an id, counted downwards, if there are so many from `first` on.
pub(super) async fn nth_event_below(
    tx: &mut TenantTx,
    first: Uuid,
    below: Uuid,
    n: i64,
) -> Result<Option<Uuid>, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        "SELECT request_id FROM usage_events WHERE tenant_id = $1 AND request_id >= $2 AND request_id < $3
         ORDER BY request_id DESC OFFSET $4 LIMIT 1",
        tenant.0,
        first,
        below,
        n - 1
    );
    Ok(found.fetch_optional(tx.conn()).await?)
}

/// The newest days with matches, both ends included.
pub(super) async fn days_with(
    tx: &mut TenantTx,
    filter: &Filter,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<NaiveDate>, StoreError> {
    let tenant = tx.tenant_id();
    Ok(sqlx::query_scalar!(
        r#"SELECT DISTINCT d.local_date FROM usage_day d
           WHERE d.tenant_id = $1 AND d.local_date BETWEEN $2 AND $3 AND d.combo IN (
               SELECT c.combo FROM usage_wanted('', '', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) c)
           ORDER BY d.local_date DESC LIMIT $14"#,
        tenant.0,
        from,
        to,
        filter.key.map(|id| id.0),
        filter.user.map(|id| id.0),
        filter.only_user.map(|id| id.0),
        filter.account.map(|id| id.0),
        filter.model,
        filter.platform,
        filter.client,
        filter.status,
        filter.cost_centre,
        filter.tag,
        DAYS_LISTED
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The quarters of an hour with matches, the newest first.
pub(super) async fn buckets_with(
    tx: &mut TenantTx,
    filter: &Filter,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Bucket>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT q.bucket, sum(q.requests)::bigint AS "requests!" FROM usage_15m q
           WHERE q.tenant_id = $1 AND q.bucket >= $2 AND q.bucket < $3 AND q.bucket IN (
               SELECT s.bucket FROM usage_slices s
               WHERE s.tenant_id = $1 AND s.bucket >= $2 AND s.bucket < $3 AND s.combo IN (
                   SELECT c.combo FROM usage_wanted('', '', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) c))
           GROUP BY q.bucket ORDER BY q.bucket DESC"#,
        tenant.0,
        from,
        to,
        filter.key.map(|id| id.0),
        filter.user.map(|id| id.0),
        filter.only_user.map(|id| id.0),
        filter.account.map(|id| id.0),
        filter.model,
        filter.platform,
        filter.client,
        filter.status,
        filter.cost_centre,
        filter.tag
    )
    .fetch_all(tx.conn())
    .await?;
    let buckets = rows.into_iter().map(|row| Bucket {
        at: row.bucket,
        requests: counted(row.requests),
    });
    Ok(buckets.collect())
}
