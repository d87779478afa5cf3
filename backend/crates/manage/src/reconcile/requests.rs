//! The requests behind a row. A tenant's own are read in its own transaction; behind the platform's accounts stand
//! customers' requests, which the platform's people see by their figures alone.

use super::files::model_key;
use super::store;
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::zone::sensible;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use sqlx::PgConnection;
use tollgate_contract::ids::{AccountId, RequestId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::reconcile::{
    ReconcileRequest, ReconcileRequests, ReconcileRequestsQuery, ReconcileSide,
};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{PLATFORM_TENANT, StoreError};

/// Most requests that are shown.
const SHOWN_MAX: usize = 200;
/// Most rows that are looked at for a model: names are compared without their snapshots' dates.
const LOOKED_MAX: i64 = 20_000;

pub(super) async fn behind(
    state: &ManageState,
    caller: &Caller,
    query: &ReconcileRequestsQuery,
) -> Result<ReconcileRequests, Fault> {
    require(caller, Action::BillingRead)?;
    if !sensible(query.day) {
        let message = "must lie between the years 2000 and 2200";
        return Err(Fault::new(Code::InvalidQuery)
            .detail(format!("`day` {message}."))
            .field("day", "out_of_range", message));
    }
    let mut tx = caller.tx().await?;
    let known = store::account(&mut tx, query.account_id).await?;
    known.ok_or_else(|| Fault::new(Code::NotFound).detail("There is no such account."))?;
    let mut rows = if caller.tenant_id == PLATFORM_TENANT {
        drop(tx);
        // The account is known to be the platform's own.
        let mut all = state.db().jobs().await?;
        of_platform(all.conn(), query.account_id, query.day).await?
    } else {
        of_tenant(&mut tx, query.account_id, query.day).await?
    };
    if let Some(model) = &query.model {
        let key = model_key(model);
        rows.retain(|row| model_key(&row.model) == key);
    }
    let more = rows.len() > SHOWN_MAX;
    rows.truncate(SHOWN_MAX);
    Ok(ReconcileRequests { items: rows, more })
}

/// The day's beginning and end.
fn bounds(day: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let start = day.and_time(NaiveTime::MIN).and_utc();
    (
        start,
        start.checked_add_signed(TimeDelta::days(1)).unwrap_or(start),
    )
}

async fn of_tenant(
    tx: &mut tollgate_store::TenantTx,
    account: AccountId,
    day: NaiveDate,
) -> Result<Vec<ReconcileRequest>, StoreError> {
    let (tenant, (from, to)) = (tx.tenant_id(), bounds(day));
    let rows = sqlx::query!(
        r#"SELECT e.request_id, e.started_at, CASE WHEN e.upstream_model = '' THEN e.model ELSE e.upstream_model END AS "model!",
                  e.status, e.quality, e.input_tokens + c.input AS "input!", e.output_tokens + c.output AS "output!",
                  e.cache_write_5m_tokens + e.cache_write_1h_tokens + c.cache_write AS "cache_write!",
                  e.cache_read_tokens + c.cache_read AS "cache_read!", e.charge_nano + c.charge AS "amount!"
           FROM usage_events e
           CROSS JOIN LATERAL (
               SELECT COALESCE(sum(input_tokens), 0)::bigint AS input, COALESCE(sum(output_tokens), 0)::bigint AS output,
                      COALESCE(sum(cache_write_5m_tokens + cache_write_1h_tokens), 0)::bigint AS cache_write,
                      COALESCE(sum(cache_read_tokens), 0)::bigint AS cache_read,
                      COALESCE(sum(charge_nano), 0)::bigint AS charge
               FROM usage_corrections x WHERE x.tenant_id = $1 AND x.request_id = e.request_id) AS c
           WHERE e.tenant_id = $1 AND e.request_id >= uuid7_floor($3) AND e.request_id < uuid7_floor($4) AND e.account_id = $2
           ORDER BY e.status <> 'unknown', e.quality <> 'estimated', e.charge_nano DESC, e.request_id LIMIT $5"#,
        tenant.0,
        account.0,
        from,
        to,
        LOOKED_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let requests = rows.into_iter().map(|row| ReconcileRequest {
        id: RequestId(row.request_id),
        started_at: row.started_at,
        model: row.model,
        status: row.status,
        quality: row.quality,
        here: ReconcileSide {
            requests: Some(1),
            input_tokens: Some(row.input),
            output_tokens: Some(row.output),
            cache_write_tokens: Some(row.cache_write),
            cache_read_tokens: Some(row.cache_read),
            amount_nano: Some(NanoUsd(row.amount)),
        },
    });
    Ok(requests.collect())
}

async fn of_platform(
    conn: &mut PgConnection,
    account: AccountId,
    day: NaiveDate,
) -> Result<Vec<ReconcileRequest>, StoreError> {
    let (from, to) = bounds(day);
    let rows = sqlx::query!(
        r#"SELECT e.request_id, e.started_at, COALESCE(NULLIF(p.sent, ''), NULLIF(e.upstream_model, ''), e.model) AS "model!",
                  e.status, e.quality, e.input_tokens + c.input AS "input!", e.output_tokens + c.output AS "output!",
                  e.cache_write_5m_tokens + e.cache_write_1h_tokens + c.cache_write AS "cache_write!",
                  e.cache_read_tokens + c.cache_read AS "cache_read!", p.cost AS "amount!"
           FROM (SELECT request_id, customer_tenant_id, max(upstream_model) AS sent, sum(cost_nano)::bigint AS cost FROM platform_costs
                 WHERE tenant_id = $1 AND account_id = $2 AND request_id >= uuid7_floor($3) AND request_id < uuid7_floor($4)
                 GROUP BY 1, 2) AS p
           JOIN usage_events e ON e.tenant_id = p.customer_tenant_id AND e.request_id = p.request_id
           CROSS JOIN LATERAL (
               SELECT COALESCE(sum(input_tokens), 0)::bigint AS input, COALESCE(sum(output_tokens), 0)::bigint AS output,
                      COALESCE(sum(cache_write_5m_tokens + cache_write_1h_tokens), 0)::bigint AS cache_write,
                      COALESCE(sum(cache_read_tokens), 0)::bigint AS cache_read
               FROM usage_corrections x WHERE x.tenant_id = e.tenant_id AND x.request_id = e.request_id) AS c
           ORDER BY e.status <> 'unknown', e.quality <> 'estimated', p.cost DESC, e.request_id LIMIT $5"#,
        PLATFORM_TENANT.0,
        account.0,
        from,
        to,
        LOOKED_MAX
    )
    .fetch_all(conn)
    .await?;
    let requests = rows.into_iter().map(|row| ReconcileRequest {
        id: RequestId(row.request_id),
        started_at: row.started_at,
        model: row.model,
        status: row.status,
        quality: row.quality,
        here: ReconcileSide {
            requests: Some(1),
            input_tokens: Some(row.input),
            output_tokens: Some(row.output),
            cache_write_tokens: Some(row.cache_write),
            cache_read_tokens: Some(row.cache_read),
            amount_nano: Some(NanoUsd(row.amount)),
        },
    });
    Ok(requests.collect())
}
