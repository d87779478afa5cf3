//! Sums by everything: what is wanted is looked up among the combinations first, so that only ids are compared in the
//! rollup itself.

use super::{Filter, LINES_MAX, Line, Row, Wanted};
use crate::reports::pieces::{Days, Range};
use chrono::NaiveDate;
use tollgate_store::{StoreError, TenantTx};

/// Of days; `only`: of these alone.
pub(super) async fn days(
    tx: &mut TenantTx,
    days: &Days,
    only: Option<&[NaiveDate]>,
    filter: &Filter,
    wanted: &Wanted,
) -> Result<Vec<Line>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        Row,
        r#"WITH wanted AS (
               SELECT * FROM usage_wanted($5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
               WHERE $17::text[] IS NULL OR first = ANY($17))
           SELECT width_bucket(s.local_date, $4::date[]) AS "point!", w.first AS "first!", w.second AS "second!",
                  sum(s.requests)::bigint AS "requests!", sum(s.input_tokens)::bigint AS "input!",
                  sum(s.output_tokens)::bigint AS "output!", sum(s.cache_write_5m_tokens)::bigint AS "cache_write_5m!",
                  sum(s.cache_write_1h_tokens)::bigint AS "cache_write_1h!",
                  sum(s.cache_read_tokens)::bigint AS "cache_read!", sum(s.charge_nano)::bigint AS "charge!",
                  COALESCE(sum(s.requests) FILTER (WHERE w.status IN ('upstream_error', 'timeout', 'unknown')), 0)::bigint
                      AS "errors!",
                  COALESCE(sum(s.requests) FILTER (WHERE w.status = 'client_error'), 0)::bigint AS "client_errors!",
                  COALESCE(sum(s.requests) FILTER (WHERE w.status = 'cut'), 0)::bigint AS "cut!",
                  sum(s.estimated_requests)::bigint AS "estimated!", sum(s.late_requests)::bigint AS "late!",
                  sum(s.duration_ms)::bigint AS "duration_ms!", sum(s.ttfb_ms)::bigint AS "ttfb_ms!",
                  sum(s.ttfb_requests)::bigint AS "ttfb_requests!"
           FROM usage_day s JOIN wanted w ON w.combo = s.combo
           WHERE s.tenant_id = $1 AND s.local_date >= $2 AND s.local_date < $3
             AND ($18::date[] IS NULL OR s.local_date = ANY($18))
           GROUP BY 1, 2, 3
           LIMIT $19"#,
        tenant.0,
        days.from,
        days.to,
        &days.edges,
        wanted.first(),
        wanted.second(),
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
        wanted.only_first.as_deref(),
        only,
        LINES_MAX + 1
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Line::from).collect())
}

/// Of ranges of instants, each with its number; range by range, as hours are.
pub(super) async fn ranges(
    tx: &mut TenantTx,
    ranges: &[(Range, i32)],
    filter: &Filter,
    wanted: &Wanted,
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
        r#"WITH wanted AS (
               SELECT * FROM usage_wanted($5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
               WHERE $17::text[] IS NULL OR first = ANY($17))
           SELECT s.point AS "point!", w.first AS "first!", w.second AS "second!",
                  sum(s.requests)::bigint AS "requests!", sum(s.input_tokens)::bigint AS "input!",
                  sum(s.output_tokens)::bigint AS "output!", sum(s.cache_write_5m_tokens)::bigint AS "cache_write_5m!",
                  sum(s.cache_write_1h_tokens)::bigint AS "cache_write_1h!",
                  sum(s.cache_read_tokens)::bigint AS "cache_read!", sum(s.charge_nano)::bigint AS "charge!",
                  COALESCE(sum(s.requests) FILTER (WHERE w.status IN ('upstream_error', 'timeout', 'unknown')), 0)::bigint
                      AS "errors!",
                  COALESCE(sum(s.requests) FILTER (WHERE w.status = 'client_error'), 0)::bigint AS "client_errors!",
                  COALESCE(sum(s.requests) FILTER (WHERE w.status = 'cut'), 0)::bigint AS "cut!",
                  sum(s.estimated_requests)::bigint AS "estimated!", sum(s.late_requests)::bigint AS "late!",
                  sum(s.duration_ms)::bigint AS "duration_ms!", sum(s.ttfb_ms)::bigint AS "ttfb_ms!",
                  sum(s.ttfb_requests)::bigint AS "ttfb_requests!"
           FROM (SELECT * FROM unnest($2::timestamptz[], $3::timestamptz[], $4::int[]) AS r (begins, ends, point)
                 CROSS JOIN LATERAL (SELECT * FROM usage_slices x
                     WHERE x.tenant_id = $1 AND x.bucket >= r.begins AND x.bucket < r.ends OFFSET 0) AS x
                 OFFSET 0) s
           JOIN wanted w ON w.combo = s.combo
           GROUP BY 1, 2, 3
           LIMIT $18"#,
        tenant.0,
        &from,
        &to,
        &points,
        wanted.first(),
        wanted.second(),
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
        wanted.only_first.as_deref(),
        LINES_MAX + 1
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Line::from).collect())
}
