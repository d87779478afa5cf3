//! The sums that are kept of quarters, hours, days and weeks that are over. What is stale in them is listed, and read
//! elsewhere.

use super::things::Things;
use super::{LINES_MAX, Line, Row};
use crate::reports::pieces::{Days, Range};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
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

/// The Mondays between two days whose weeks have sums.
async fn weeks(tx: &mut TenantTx, days: &Days) -> Result<Vec<NaiveDate>, StoreError> {
    let tenant = tx.tenant_id();
    Ok(sqlx::query_scalar!(
        "SELECT DISTINCT week FROM usage_week_sums
         WHERE tenant_id = $1 AND dim = 'status' AND second_dim = '' AND week >= $2 AND week < $3 ORDER BY week",
        tenant.0,
        days.from,
        days.to
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Of these weeks those that lie in one point, and whose days are all wanted; they are taken out of the days.
fn take_weeks(
    dates: &mut Vec<NaiveDate>,
    mut weeks: Vec<NaiveDate>,
    days: &Days,
    stale: &[NaiveDate],
) -> Vec<NaiveDate> {
    let within = |sorted: &[NaiveDate], from: NaiveDate, to: NaiveDate| {
        sorted.partition_point(|date| *date < to) > sorted.partition_point(|date| *date < from)
    };
    weeks.retain(|week| {
        let end = *week + chrono::Days::new(7);
        // A point may begin with the week.
        let cut = within(&days.edges, week.succ_opt().unwrap_or(*week), end);
        days.from <= *week && end <= days.to && !cut && !within(stale, *week, end)
    });
    let monday = |date: &NaiveDate| *date - chrono::Days::new(date.weekday().num_days_from_monday().into());
    dates.retain(|date| weeks.binary_search(&monday(date)).is_err());
    weeks
}

/// Of days other than the stale ones, by weeks where whole ones lie in a point. They are listed one by one, since each is a
/// place in the index where the wanted values stand together.
pub(super) async fn days(
    tx: &mut TenantTx,
    days: &Days,
    stale: &[NaiveDate],
    things: &Things,
) -> Result<Vec<Line>, StoreError> {
    let tenant = tx.tenant_id();
    let mut dates = dates(tx, days).await?;
    dates.retain(|date| stale.binary_search(date).is_err());
    let weeks = weeks(tx, days).await?;
    let weeks = take_weeks(&mut dates, weeks, days, stale);
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
           FROM (SELECT * FROM usage_day_sums d
                 WHERE d.tenant_id = $1 AND d.dim = $4 AND d.second_dim = $5 AND d.local_date = ANY($2)
                 UNION ALL
                 SELECT * FROM usage_week_sums w
                 WHERE w.tenant_id = $1 AND w.dim = $4 AND w.second_dim = $5 AND w.week = ANY($12)) s
           LEFT JOIN tags t ON t.value = s.value
           CROSS JOIN LATERAL (SELECT
               CASE $6 WHEN 'value' THEN s.value WHEN 'second' THEN s.second WHEN 'tag' THEN COALESCE(t.tag, '') ELSE '' END
                   AS first,
               CASE $7 WHEN 'value' THEN s.value WHEN 'second' THEN s.second WHEN 'tag' THEN COALESCE(t.tag, '') ELSE '' END
                   AS second) AS named
           WHERE ($8::text[] IS NULL OR s.value = ANY($8))
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
        LINES_MAX + 1,
        &weeks
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Line::from).collect())
}

/// Of runs of whole hours, each with its number; by one thing. Hour by hour, each of which is a place in the index where the
/// wanted values stand together; that is what `OFFSET 0` is for: the database would rather read all hours that there are, and
/// look at each whether it is wanted.
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
           CROSS JOIN LATERAL generate_series(r.begins, r.ends - interval '1 hour', interval '1 hour') AS each (hour)
           CROSS JOIN LATERAL (
               SELECT * FROM usage_hour_sums h
               WHERE h.tenant_id = $1 AND h.dim = $5 AND h.hour = each.hour AND ($7::text[] IS NULL OR h.value = ANY($7))
               OFFSET 0) s
           LEFT JOIN tags t ON t.value = s.value
           CROSS JOIN LATERAL (SELECT CASE $6 WHEN '' THEN '' WHEN 'tag' THEN COALESCE(t.tag, '') ELSE s.value END AS first)
               AS named
           WHERE $8::text[] IS NULL OR named.first = ANY($8)
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

/// All usage of runs of quarters of an hour, each with its number.
pub(super) async fn quarters(tx: &mut TenantTx, ranges: &[(Range, i32)]) -> Result<Vec<Line>, StoreError> {
    if ranges.is_empty() {
        return Ok(Vec::new());
    }
    let tenant = tx.tenant_id();
    let from: Vec<_> = ranges.iter().map(|(range, _)| range.from).collect();
    let to: Vec<_> = ranges.iter().map(|(range, _)| range.to).collect();
    let points: Vec<_> = ranges.iter().map(|(_, point)| *point).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT r.point AS "point!", '' AS "first!", '' AS "second!",
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
               SELECT * FROM usage_quarter_sums q
               WHERE q.tenant_id = $1 AND q.bucket >= r.begins AND q.bucket < r.ends OFFSET 0) s
           GROUP BY 1"#,
        tenant.0,
        &from,
        &to,
        &points
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Line::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(days: &[&str]) -> Vec<NaiveDate> {
        days.iter()
            .map(|day| format!("2026-11-{day}").parse().unwrap())
            .collect()
    }

    /// The weeks that are read, and how many days beside them; November begins on a Sunday.
    fn taken(from: &str, to: &str, edges: &[&str], stale: &[&str]) -> (Vec<NaiveDate>, usize) {
        let (from, to) = (dates(&[from]), dates(&[to]));
        let days = Days {
            from: from[0],
            to: to[0],
            edges: dates(edges),
        };
        let stale = dates(stale);
        let mut left: Vec<NaiveDate> = days.from.iter_days().take_while(|date| *date < days.to).collect();
        left.retain(|date| !stale.contains(date));
        let weeks = take_weeks(&mut left, dates(&["02", "09", "16", "23"]), &days, &stale);
        (weeks, left.len())
    }

    #[test]
    fn a_week_is_read_as_one_where_it_lies_in_one_point_and_holds() {
        assert_eq!(
            taken("01", "30", &["01"], &[]),
            (dates(&["02", "09", "16", "23"]), 1)
        );
        assert_eq!(taken("03", "28", &["03"], &[]), (dates(&["09", "16"]), 11));
        assert_eq!(
            taken("01", "30", &["01", "16", "25"], &[]),
            (dates(&["02", "09", "16"]), 8)
        );
        assert_eq!(
            taken("01", "30", &["01"], &["08", "16"]),
            (dates(&["09", "23"]), 13)
        );
        let daily: Vec<String> = (1..30).map(|day| format!("{day:02}")).collect();
        let daily: Vec<&str> = daily.iter().map(String::as_str).collect();
        assert_eq!(taken("01", "30", &daily, &[]), (Vec::new(), 29));
    }
}
