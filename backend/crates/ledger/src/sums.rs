//! Makes the sums by one thing at a time, of hours and days that are over, and those by two of days and weeks: what reports
//! read instead of every combination.
//! Each hour and each day in a transaction of its own with the tenant's chain held, so that settlement books either before
//! it, and is summed, or after it, and lists it as stale again. Never in here: reports.

mod weeks;

use crate::error::LedgerError;
use crate::settle::lock_heads;
use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, Utc};
use std::time::Duration;
use tollgate_money::{local_date, zone};
use tollgate_store::{Db, SettleTx};
use uuid::Uuid;

/// Hours or days looked up at a time.
const PAGE: i64 = 500;
/// An hour or a day that ended so short a time ago still gets bookings: reports read it from what it is made of.
const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(2);

/// Makes what is stale and over until there is nothing left or `limit` has passed; tells how many hours and days that were.
///
/// # Errors
/// Only if the database fails; what was made stays.
pub async fn sum_up(db: &Db, limit: Duration) -> Result<u64, LedgerError> {
    let until = db.clock().monotonic() + limit;
    let mut made = 0;
    loop {
        let (hours, days) = (due_hours(db).await?, due_days(db).await?);
        if hours.is_empty() && days.is_empty() {
            return Ok(made);
        }
        for day in days {
            made += u64::from(make_day(db, &day).await?);
            if db.clock().monotonic() >= until {
                return Ok(made);
            }
        }
        for (tenant, hour) in hours {
            made += u64::from(make_hour(db, tenant, hour).await?);
            if db.clock().monotonic() >= until {
                return Ok(made);
            }
        }
    }
}

async fn due_hours(db: &Db) -> Result<Vec<(Uuid, DateTime<Utc>)>, LedgerError> {
    let now = db.clock().now() - SETTLED_AFTER;
    let this_hour = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
    let mut tx = db.jobs().await?;
    let rows = sqlx::query!(
        "SELECT tenant_id, hour FROM usage_stale_hours WHERE hour < $1 ORDER BY hour DESC, tenant_id LIMIT $2",
        this_hour,
        PAGE
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id, row.hour)).collect())
}

/// A day that is over.
struct Day {
    tenant: Uuid,
    date: NaiveDate,
    /// The day that runs, by the clocks of the zone in which the tenant's days stand.
    today: NaiveDate,
}

/// The oldest first, so that days of today are looked at last.
async fn due_days(db: &Db) -> Result<Vec<Day>, LedgerError> {
    let now = db.clock().now() - SETTLED_AFTER;
    let mut tx = db.jobs().await?;
    let rows = sqlx::query!(
        "SELECT s.tenant_id, s.local_date, t.rollup_zone FROM usage_stale_days s JOIN tenants t USING (tenant_id)
         WHERE s.local_date <= $1 ORDER BY s.local_date, s.tenant_id LIMIT $2",
        now.date_naive(),
        PAGE
    )
    .fetch_all(tx.conn())
    .await?;
    let days = rows.into_iter().map(|row| Day {
        tenant: row.tenant_id,
        date: row.local_date,
        today: local_date(now, zone(&row.rollup_zone)),
    });
    Ok(days.filter(|day| day.date < day.today).collect())
}

/// Tells whether it was stale still.
async fn make_hour(db: &Db, tenant: Uuid, hour: DateTime<Utc>) -> Result<bool, LedgerError> {
    let mut tx = held(db, tenant).await?;
    let stale = sqlx::query!(
        "DELETE FROM usage_stale_hours WHERE tenant_id = $1 AND hour = $2",
        tenant,
        hour
    )
    .execute(tx.conn())
    .await?;
    if stale.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        // Thing by thing, as the index has them.
        "DELETE FROM usage_hour_sums s USING usage_by_one(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) AS each
         WHERE s.tenant_id = $1 AND s.dim = each.dim AND s.hour = $2",
        tenant,
        hour
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "INSERT INTO usage_hour_sums (tenant_id, dim, hour, value, requests, errors, client_errors, cut, input_tokens,
                                      output_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens,
                                      charge_nano, duration_ms, ttfb_ms, ttfb_requests, estimated_requests, late_requests)
         SELECT $1, named.dim, $2, named.value, sum(s.requests),
                COALESCE(sum(s.requests) FILTER (WHERE c.status IN ('upstream_error', 'timeout', 'unknown')), 0),
                COALESCE(sum(s.requests) FILTER (WHERE c.status = 'client_error'), 0),
                COALESCE(sum(s.requests) FILTER (WHERE c.status = 'cut'), 0), sum(s.input_tokens), sum(s.output_tokens),
                sum(s.cache_write_5m_tokens), sum(s.cache_write_1h_tokens), sum(s.cache_read_tokens), sum(s.charge_nano),
                sum(s.duration_ms), sum(s.ttfb_ms), sum(s.ttfb_requests), sum(s.estimated_requests), sum(s.late_requests)
         FROM usage_slices s JOIN usage_combos c ON c.tenant_id = s.tenant_id AND c.combo = s.combo
         CROSS JOIN LATERAL usage_by_one(c.key_id, c.user_id, c.account_id, c.platform, c.model, c.client, c.status,
                                         c.cost_centre) AS named
         WHERE s.tenant_id = $1 AND s.bucket >= $2 AND s.bucket < $2 + interval '1 hour'
         GROUP BY named.dim, named.value ORDER BY named.dim, named.value",
        tenant,
        hour
    )
    .execute(tx.conn())
    .await?;
    quarters(&mut tx, tenant, hour).await?;
    tx.commit().await?;
    Ok(true)
}

/// The quarters of an hour by nothing.
async fn quarters(tx: &mut SettleTx, tenant: Uuid, hour: DateTime<Utc>) -> Result<(), LedgerError> {
    sqlx::query!(
        "DELETE FROM usage_quarter_sums WHERE tenant_id = $1 AND bucket >= $2 AND bucket < $2 + interval '1 hour'",
        tenant,
        hour
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "INSERT INTO usage_quarter_sums (tenant_id, bucket, requests, errors, client_errors, cut, input_tokens, output_tokens,
                                         cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano,
                                         duration_ms, ttfb_ms, ttfb_requests, estimated_requests, late_requests)
         SELECT $1, s.bucket, sum(s.requests),
                COALESCE(sum(s.requests) FILTER (WHERE c.status IN ('upstream_error', 'timeout', 'unknown')), 0),
                COALESCE(sum(s.requests) FILTER (WHERE c.status = 'client_error'), 0),
                COALESCE(sum(s.requests) FILTER (WHERE c.status = 'cut'), 0), sum(s.input_tokens), sum(s.output_tokens),
                sum(s.cache_write_5m_tokens), sum(s.cache_write_1h_tokens), sum(s.cache_read_tokens), sum(s.charge_nano),
                sum(s.duration_ms), sum(s.ttfb_ms), sum(s.ttfb_requests), sum(s.estimated_requests), sum(s.late_requests)
         FROM usage_slices s JOIN usage_combos c ON c.tenant_id = s.tenant_id AND c.combo = s.combo
         WHERE s.tenant_id = $1 AND s.bucket >= $2 AND s.bucket < $2 + interval '1 hour'
         GROUP BY s.bucket",
        tenant,
        hour
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Tells whether it was stale still. Its week is made with it.
async fn make_day(db: &Db, day: &Day) -> Result<bool, LedgerError> {
    let Day { tenant, date, today } = *day;
    let mut tx = held(db, tenant).await?;
    let stale = sqlx::query!(
        "DELETE FROM usage_stale_days WHERE tenant_id = $1 AND local_date = $2",
        tenant,
        date
    )
    .execute(tx.conn())
    .await?;
    if stale.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "DELETE FROM usage_day_sums s USING usage_by_two(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) AS each
         WHERE s.tenant_id = $1 AND s.dim = each.dim AND s.second_dim = each.second_dim AND s.local_date = $2",
        tenant,
        date
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        // In the order in which they are read: what is read together lies together.
        "INSERT INTO usage_day_sums (tenant_id, dim, second_dim, local_date, value, second, requests, errors, client_errors,
                                     cut, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                                     cache_read_tokens, charge_nano, duration_ms, ttfb_ms, ttfb_requests,
                                     estimated_requests, late_requests)
         SELECT $1, named.dim, named.second_dim, $2, named.value, named.second, sum(d.requests),
                COALESCE(sum(d.requests) FILTER (WHERE d.status IN ('upstream_error', 'timeout', 'unknown')), 0),
                COALESCE(sum(d.requests) FILTER (WHERE d.status = 'client_error'), 0),
                COALESCE(sum(d.requests) FILTER (WHERE d.status = 'cut'), 0), sum(d.input_tokens), sum(d.output_tokens),
                sum(d.cache_write_5m_tokens), sum(d.cache_write_1h_tokens), sum(d.cache_read_tokens), sum(d.charge_nano),
                sum(d.duration_ms), sum(d.ttfb_ms), sum(d.ttfb_requests), sum(d.estimated_requests), sum(d.late_requests)
         FROM usage_day d
         CROSS JOIN LATERAL usage_by_two(d.key_id, d.user_id, d.account_id, d.platform, d.model, d.client, d.status,
                                         d.cost_centre) AS named
         WHERE d.tenant_id = $1 AND d.local_date = $2
         GROUP BY named.dim, named.second_dim, named.value, named.second
         ORDER BY named.dim, named.second_dim, named.value, named.second",
        tenant,
        date
    )
    .execute(tx.conn())
    .await?;
    weeks::make(&mut tx, tenant, date, today).await?;
    tx.commit().await?;
    Ok(true)
}

/// A transaction with the tenant's chain held.
async fn held(db: &Db, tenant: Uuid) -> Result<SettleTx, LedgerError> {
    let mut tx = db.settle().await?;
    lock_heads(&mut tx, &[tenant]).await?;
    Ok(tx)
}
