//! Sums by one thing at a time, of hours and days that are over. What is stale in them is listed, and read elsewhere.

use super::{Filter, LINES_MAX, Line, Row, Wanted};
use crate::reports::pieces::{Days, Range};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::collections::BTreeSet;
use tollgate_contract::reports::ReportDim;
use tollgate_store::{StoreError, TenantTx};

/// The dimension whose totals make up all: there are the fewest of them.
const OF_ALL: &str = "status";

/// What is wanted, where sums by one thing can tell it.
#[derive(Debug)]
pub(super) struct Single {
    /// Which sums are read.
    dim: &'static str,
    /// Only of this.
    value: Option<String>,
    /// By what lines are told apart; empty: by nothing.
    grouped: &'static str,
    only_first: Option<Vec<String>>,
}

impl Single {
    /// `None` where two things meet, such as a key's usage by model.
    pub(super) fn of(filter: &Filter, wanted: &Wanted) -> Option<Self> {
        let grouped = match wanted.dims.as_slice() {
            [] => "",
            [dim] => dim.as_str(),
            _ => return None,
        };
        let (dim, value) = match (filters(filter).as_slice(), grouped) {
            ([], "") => (OF_ALL, None),
            ([], "tag") => (ReportDim::Key.as_str(), None),
            ([], dim) => (dim, None),
            ([("tag", _)], _) => return None,
            ([(dim, value)], by) if by.is_empty() || by == *dim => (*dim, Some(value.clone())),
            _ => return None,
        };
        Some(Self {
            dim,
            value,
            grouped,
            only_first: wanted.only_first.clone(),
        })
    }
}

/// All filters, each by its dimension.
fn filters(filter: &Filter) -> Vec<(&'static str, String)> {
    let text = |text: &str| text.to_owned();
    let all = [
        ("key", filter.key.map(|id| id.0.to_string())),
        ("user", filter.user.map(|id| id.0.to_string())),
        ("user", filter.only_user.map(|id| id.0.to_string())),
        ("account", filter.account.map(|id| id.0.to_string())),
        ("model", filter.model.clone()),
        ("platform", filter.platform.clone()),
        ("client", filter.client.map(text)),
        ("status", filter.status.map(text)),
        ("cost_centre", filter.cost_centre.clone()),
        // No sums are kept by tag: keys have them.
        ("tag", filter.tag.clone()),
    ];
    let given = all.into_iter().filter_map(|(dim, value)| Some((dim, value?)));
    given.collect()
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

/// Of days other than the stale ones.
pub(super) async fn days(
    tx: &mut TenantTx,
    days: &Days,
    stale: &[NaiveDate],
    single: &Single,
) -> Result<Vec<Line>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        Row,
        r#"WITH tags AS (SELECT key_id::text AS value, tag FROM api_key_tags WHERE tenant_id = $1 AND $7 = 'tag')
           SELECT width_bucket(s.local_date, $4::date[]) AS "point!", named.first AS "first!", '' AS "second!",
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
           CROSS JOIN LATERAL (SELECT CASE $7 WHEN '' THEN '' WHEN 'tag' THEN COALESCE(t.tag, '') ELSE s.value END AS first)
               AS named
           WHERE s.tenant_id = $1 AND s.dim = $6 AND s.local_date >= $2 AND s.local_date < $3
             AND s.local_date <> ALL($5) AND ($8::text IS NULL OR s.value = $8)
             AND ($9::text[] IS NULL OR named.first = ANY($9))
           GROUP BY 1, 2
           LIMIT $10"#,
        tenant.0,
        days.from,
        days.to,
        &days.edges,
        stale,
        single.dim,
        single.grouped,
        single.value,
        single.only_first.as_deref(),
        LINES_MAX + 1
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Line::from).collect())
}

/// Of runs of whole hours, each with its number.
pub(super) async fn hours(
    tx: &mut TenantTx,
    ranges: &[(Range, i32)],
    single: &Single,
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
           JOIN usage_hour_sums s ON s.tenant_id = $1 AND s.dim = $5 AND s.hour >= r.begins AND s.hour < r.ends
           LEFT JOIN tags t ON t.value = s.value
           CROSS JOIN LATERAL (SELECT CASE $6 WHEN '' THEN '' WHEN 'tag' THEN COALESCE(t.tag, '') ELSE s.value END AS first)
               AS named
           WHERE ($7::text IS NULL OR s.value = $7) AND ($8::text[] IS NULL OR named.first = ANY($8))
           GROUP BY 1, 2
           LIMIT $9"#,
        tenant.0,
        &from,
        &to,
        &points,
        single.dim,
        single.grouped,
        single.value,
        single.only_first.as_deref(),
        LINES_MAX + 1
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Line::from).collect())
}
