//! The sums that are kept of hours and days that are over. What is stale in them is listed, and read elsewhere.

use super::things::Things;
use super::{LINES_MAX, Line, Row};
use crate::reports::pieces::{Days, Range};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::collections::BTreeSet;
use tollgate_store::{StoreError, TenantTx};

/// The keys with a tag, as they are called in the sums.
pub(super) async fn tagged(tx: &mut TenantTx, tag: &str) -> Result<Vec<String>, StoreError> {
    let tenant = tx.tenant_id();
    Ok(sqlx::query_scalar!(
        r#"SELECT key_id::text AS "key!" FROM api_key_tags WHERE tenant_id = $1 AND tag = $2"#,
        tenant.0,
        tag
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Days in a range whose sums are not to be trusted, in order.
pub(super) async fn stale_days(tx: &mut TenantTx, days: &Days) -> Result<Vec<NaiveDate>, StoreError> {
    let tenant = tx.tenant_id();
    Ok(sqlx::query_scalar!(
        "SELECT local_date FROM usage_stale_days WHERE tenant_id = $1 AND local_date >= $2 AND local_date < $3
         ORDER BY local_date",
        tenant.0,
        days.from,
        days.to
    )
    .fetch_all(tx.conn())
    .await?)
}

/// The same of hours, of all that lies between the first and the last of these ranges.
pub(super) async fn stale_hours(
    tx: &mut TenantTx,
    ranges: &[Range],
) -> Result<BTreeSet<DateTime<Utc>>, StoreError> {
    let (Some(from), Some(to)) = (
        ranges.iter().map(|range| range.from).min(),
        ranges.iter().map(|range| range.to).max(),
    ) else {
        return Ok(BTreeSet::new());
    };
    let tenant = tx.tenant_id();
    let hours = sqlx::query_scalar!(
        "SELECT hour FROM usage_stale_hours WHERE tenant_id = $1 AND hour > $2 AND hour < $3",
        tenant.0,
        from - TimeDelta::hours(1),
        to
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(hours.into_iter().collect())
}

/// Days between two that have sums at all: a range may begin long before there was anything.
async fn dates(tx: &mut TenantTx, days: &Days) -> Result<Vec<NaiveDate>, StoreError> {
    let tenant = tx.tenant_id();
    let ends = sqlx::query!(
        "SELECT min(local_date) AS first, max(local_date) AS last FROM usage_day_sums
         WHERE tenant_id = $1 AND dim = 'status' AND second_dim = '' AND local_date >= $2 AND local_date < $3",
        tenant.0,
        days.from,
        days.to
    )
    .fetch_one(tx.conn())
    .await?;
    let (Some(first), Some(last)) = (ends.first, ends.last) else {
        return Ok(Vec::new());
    };
    Ok(first.iter_days().take_while(|date| *date <= last).collect())
}

/// Of days other than the stale ones. They are listed one by one, since each is a place in the index where the wanted values
/// stand together.
pub(super) async fn days(
    tx: &mut TenantTx,
    days: &Days,
    stale: &[NaiveDate],
    things: &Things,
) -> Result<Vec<Line>, StoreError> {
    let tenant = tx.tenant_id();
    let mut dates = dates(tx, days).await?;
    dates.retain(|date| stale.binary_search(date).is_err());
    let rows = sqlx::query_as!(
        Row,
        r#"WITH tags AS (SELECT key_id::text AS value, tag FROM api_key_tags WHERE tenant_id = $1 AND 'tag' IN ($6, $7))
           SELECT width_bucket(s.local_date, $3::date[]) AS "point!", named.first AS "first!", named.second AS "second!",
                  sum(s.requests)::bigint AS "requests!", sum(s.input_tokens)::bigint AS "input!",
                  sum(s.output_tokens)::bigint AS "output!", sum(s.cache_write_5m_tokens)::bigint AS "cache_write_5m!",
                  sum(s.cache_write_1h_tokens)::bigint AS "cache_write_1h!",
                  sum(s.cache_read_tokens)::bigint AS "cache_read!", sum(s.charge_nano)::bigint AS "charge!",
                  sum(s.errors)::bigint AS "errors!", sum(s.client_errors)::bigint AS "client_errors!",
                  sum(s.cut)::bigint AS "cut!",
                  sum(s.estimated_requests)::bigint AS "estimated!", sum(s.late_requests)::bigint AS "late!",
                  sum(s.duration_ms)::bigint AS "duration_ms!", sum(s.ttfb_ms)::bigint AS "ttfb_ms!",
                  sum(s.ttfb_requests)::bigint AS "ttfb_requests!"
           FROM usage_day_sums s LEFT JOIN tags t ON t.value = s.value
           CROSS JOIN LATERAL (SELECT
               CASE $6 WHEN 'value' THEN s.value WHEN 'second' THEN s.second WHEN 'tag' THEN COALESCE(t.tag, '') ELSE '' END
                   AS first,
               CASE $7 WHEN 'value' THEN s.value WHEN 'second' THEN s.second WHEN 'tag' THEN COALESCE(t.tag, '') ELSE '' END
                   AS second) AS named
           WHERE s.tenant_id = $1 AND s.dim = $4 AND s.second_dim = $5 AND s.local_date = ANY($2)
             AND ($8::text[] IS NULL OR s.value = ANY($8))
             AND ($9::text[] IS NULL OR s.second = ANY($9)) AND ($10::text[] IS NULL OR named.first = ANY($10))
           GROUP BY 1, 2, 3
           LIMIT $11"#,
        tenant.0,
        &dates,
        &days.edges,
        things.dim,
        things.second_dim,
        things.first,
        things.second,
        things.values.as_deref(),
        things.seconds.as_deref(),
        things.only_tags.as_deref(),
        LINES_MAX + 1
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Line::from).collect())
}

/// Of runs of whole hours, each with its number; by one thing. Run by run, which is what `OFFSET 0` is for: the database
/// would rather read all hours that there are, and look at each whether it is wanted.
pub(super) async fn hours(
    tx: &mut TenantTx,
    ranges: &[(Range, i32)],
    things: &Things,
) -> Result<Vec<Line>, StoreError> {
    if ranges.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant_id();
    let from: Vec<_> = ranges.iter().map(|(range, _)| range.from).collect();
    let to: Vec<_> = ranges.iter().map(|(range, _)| range.to).collect();
    let points: Vec<_> = ranges.iter().map(|(_, point)| *point).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"WITH tags AS (SELECT key_id::text AS value, tag FROM api_key_tags WHERE tenant_id = $1 AND $6 = 'tag')
           SELECT r.point AS "point!", named.first AS "first!", '' AS "second!",
                  sum(s.requests)::bigint AS "requests!", sum(s.input_tokens)::bigint AS "input!",
                  sum(s.output_tokens)::bigint AS "output!", sum(s.cache_write_5m_tokens)::bigint AS "cache_write_5m!",
                  sum(s.cache_write_1h_tokens)::bigint AS "cache_write_1h!",
                  sum(s.cache_read_tokens)::bigint AS "cache_read!", sum(s.charge_nano)::bigint AS "charge!",
                  sum(s.errors)::bigint AS "errors!", sum(s.client_errors)::bigint AS "client_errors!",
                  sum(s.cut)::bigint AS "cut!",
                  sum(s.estimated_requests)::bigint AS "estimated!", sum(s.late_requests)::bigint AS "late!",
                  sum(s.duration_ms)::bigint AS "duration_ms!", sum(s.ttfb_ms)::bigint AS "ttfb_ms!",
                  sum(s.ttfb_requests)::bigint AS "ttfb_requests!"
           FROM unnest($2::timestamptz[], $3::timestamptz[], $4::int[]) AS r (begins, ends, point)
           CROSS JOIN LATERAL (
               SELECT * FROM usage_hour_sums h
               WHERE h.tenant_id = $1 AND h.dim = $5 AND h.hour >= r.begins AND h.hour < r.ends OFFSET 0) s
           LEFT JOIN tags t ON t.value = s.value
           CROSS JOIN LATERAL (SELECT CASE $6 WHEN '' THEN '' WHEN 'tag' THEN COALESCE(t.tag, '') ELSE s.value END AS first)
               AS named
           WHERE ($7::text[] IS NULL OR s.value = ANY($7)) AND ($8::text[] IS NULL OR named.first = ANY($8))
           GROUP BY 1, 2
           LIMIT $9"#,
        tenant.0,
        &from,
        &to,
        &points,
        things.dim,
        things.first,
        things.values.as_deref(),
        things.only_tags.as_deref(),
        LINES_MAX + 1
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Line::from).collect())
}
