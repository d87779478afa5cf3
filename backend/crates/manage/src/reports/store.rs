//! Sums out of the two rollups by everything: days where the range and its points are whole days of the zone in which the
//! tenant's days stand, else quarters of an hour. What is wanted is looked up among the combinations first, so that only
//! ids are compared in the rollup itself. Never in here: events.

use super::sums::Total;
use chrono::{DateTime, NaiveDate, Utc};
use tollgate_contract::ids::{AccountId, KeyId, UserId};
use tollgate_contract::reports::ReportDim;
use tollgate_store::{StoreError, TenantTx};

/// Most lines that one look into a rollup brings: some tens of megabytes.
pub(super) const LINES_MAX: i64 = 100_000;

/// Which usage is meant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) key: Option<KeyId>,
    pub(crate) user: Option<UserId>,
    pub(crate) only_user: Option<UserId>,
    pub(crate) account: Option<AccountId>,
    pub(crate) model: Option<String>,
    pub(crate) platform: Option<String>,
    pub(crate) client: Option<&'static str>,
    pub(crate) status: Option<&'static str>,
    pub(crate) cost_centre: Option<String>,
    pub(crate) tag: Option<String>,
}

/// By what lines are told apart beside time.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) dims: Vec<ReportDim>,
    /// Only lines of these in the first dimension.
    pub(super) only_first: Option<Vec<String>>,
}

impl Wanted {
    fn first(&self) -> &'static str {
        self.dims.first().map_or("", |dim| dim.as_str())
    }

    fn second(&self) -> &'static str {
        self.dims.get(1).map_or("", |dim| dim.as_str())
    }
}

/// One line of sums.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Which edge it lies behind, from 1.
    pub(super) point: i32,
    pub(super) first: String,
    pub(super) second: String,
    pub(super) total: Total,
}

/// A range in one of the rollups, and where points begin in it.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Days {
        from: NaiveDate,
        to: NaiveDate,
        edges: Vec<NaiveDate>,
    },
    Slices {
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        edges: Vec<DateTime<Utc>>,
    },
}

/// Has the statements of this transaction run as planned, since compiling them takes longer than running them, and gives
/// them room to add up a hundred thousand lines in memory (64 MB) instead of sorting them on disk.
pub(super) async fn run_in_memory(tx: &mut TenantTx) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT set_config('jit', 'off', true) AS jit, set_config('work_mem', '64MB', true) AS room"
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// The zone in which the tenant's days stand.
pub(super) async fn rollup_zone(tx: &mut TenantTx) -> Result<String, StoreError> {
    let tenant = tx.tenant_id();
    Ok(
        sqlx::query_scalar!("SELECT rollup_zone FROM tenants WHERE tenant_id = $1", tenant.0)
            .fetch_one(tx.conn())
            .await?,
    )
}

/// The lines of a range, in no order; one more than [`LINES_MAX`] where there are more.
pub(super) async fn lines(
    tx: &mut TenantTx,
    source: &Source,
    filter: &Filter,
    wanted: &Wanted,
) -> Result<Vec<Line>, StoreError> {
    let rows = match source {
        Source::Days { from, to, edges } => day_rows(tx, (*from, *to, edges), filter, wanted).await?,
        Source::Slices { from, to, edges } => slice_rows(tx, (*from, *to, edges), filter, wanted).await?,
    };
    Ok(rows.into_iter().map(Line::from).collect())
}

struct Row {
    point: i32,
    first: String,
    second: String,
    requests: i64,
    input: i64,
    output: i64,
    cache_write_5m: i64,
    cache_write_1h: i64,
    cache_read: i64,
    charge: i64,
    errors: i64,
    client_errors: i64,
    cut: i64,
    estimated: i64,
    late: i64,
    duration_ms: i64,
    ttfb_ms: i64,
    ttfb_requests: i64,
}

impl From<Row> for Line {
    fn from(row: Row) -> Self {
        Self {
            point: row.point,
            first: row.first,
            second: row.second,
            total: Total {
                requests: row.requests,
                input: row.input,
                output: row.output,
                cache_write_5m: row.cache_write_5m,
                cache_write_1h: row.cache_write_1h,
                cache_read: row.cache_read,
                charge: row.charge,
                errors: row.errors,
                client_errors: row.client_errors,
                cut: row.cut,
                estimated: row.estimated,
                late: row.late,
                duration_ms: row.duration_ms,
                ttfb_ms: row.ttfb_ms,
                ttfb_requests: row.ttfb_requests,
            },
        }
    }
}

async fn day_rows(
    tx: &mut TenantTx,
    (from, to, edges): (NaiveDate, NaiveDate, &[NaiveDate]),
    filter: &Filter,
    wanted: &Wanted,
) -> Result<Vec<Row>, StoreError> {
    let tenant = tx.tenant_id();
    Ok(sqlx::query_as!(
        Row,
        r#"WITH wanted AS MATERIALIZED (
               SELECT c.combo, c.status, named.first, named.second
               FROM usage_combos c
               LEFT JOIN api_key_tags t ON 'tag' IN ($5, $6) AND t.tenant_id = $1 AND t.key_id = c.key_id
               CROSS JOIN LATERAL (SELECT
                   CASE $5 WHEN 'key' THEN c.key_id::text WHEN 'user' THEN c.user_id::text
                           WHEN 'account' THEN c.account_id::text WHEN 'model' THEN c.model WHEN 'platform' THEN c.platform
                           WHEN 'client' THEN c.client WHEN 'status' THEN c.status WHEN 'cost_centre' THEN c.cost_centre
                           WHEN 'tag' THEN COALESCE(t.tag, '') ELSE '' END AS first,
                   CASE $6 WHEN 'key' THEN c.key_id::text WHEN 'user' THEN c.user_id::text
                           WHEN 'account' THEN c.account_id::text WHEN 'model' THEN c.model WHEN 'platform' THEN c.platform
                           WHEN 'client' THEN c.client WHEN 'status' THEN c.status WHEN 'cost_centre' THEN c.cost_centre
                           WHEN 'tag' THEN COALESCE(t.tag, '') ELSE '' END AS second) AS named
               WHERE c.tenant_id = $1
                 AND ($7::uuid IS NULL OR c.key_id = $7) AND ($8::uuid IS NULL OR c.user_id = $8)
                 AND ($9::uuid IS NULL OR c.user_id = $9) AND ($10::uuid IS NULL OR c.account_id = $10)
                 AND ($11::text IS NULL OR c.model = $11) AND ($12::text IS NULL OR c.platform = $12)
                 AND ($13::text IS NULL OR c.client = $13) AND ($14::text IS NULL OR c.status = $14)
                 AND ($15::text IS NULL OR c.cost_centre = $15)
                 AND ($16::text IS NULL OR EXISTS (SELECT FROM api_key_tags x
                      WHERE x.tenant_id = $1 AND x.key_id = c.key_id AND x.tag = $16))
                 AND ($17::text[] IS NULL OR named.first = ANY($17)))
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
           GROUP BY 1, 2, 3
           LIMIT $18"#,
        tenant.0,
        from,
        to,
        edges,
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
    .await?)
}

async fn slice_rows(
    tx: &mut TenantTx,
    (from, to, edges): (DateTime<Utc>, DateTime<Utc>, &[DateTime<Utc>]),
    filter: &Filter,
    wanted: &Wanted,
) -> Result<Vec<Row>, StoreError> {
    let tenant = tx.tenant_id();
    Ok(sqlx::query_as!(
        Row,
        r#"WITH wanted AS MATERIALIZED (
               SELECT c.combo, c.status, named.first, named.second
               FROM usage_combos c
               LEFT JOIN api_key_tags t ON 'tag' IN ($5, $6) AND t.tenant_id = $1 AND t.key_id = c.key_id
               CROSS JOIN LATERAL (SELECT
                   CASE $5 WHEN 'key' THEN c.key_id::text WHEN 'user' THEN c.user_id::text
                           WHEN 'account' THEN c.account_id::text WHEN 'model' THEN c.model WHEN 'platform' THEN c.platform
                           WHEN 'client' THEN c.client WHEN 'status' THEN c.status WHEN 'cost_centre' THEN c.cost_centre
                           WHEN 'tag' THEN COALESCE(t.tag, '') ELSE '' END AS first,
                   CASE $6 WHEN 'key' THEN c.key_id::text WHEN 'user' THEN c.user_id::text
                           WHEN 'account' THEN c.account_id::text WHEN 'model' THEN c.model WHEN 'platform' THEN c.platform
                           WHEN 'client' THEN c.client WHEN 'status' THEN c.status WHEN 'cost_centre' THEN c.cost_centre
                           WHEN 'tag' THEN COALESCE(t.tag, '') ELSE '' END AS second) AS named
               WHERE c.tenant_id = $1
                 AND ($7::uuid IS NULL OR c.key_id = $7) AND ($8::uuid IS NULL OR c.user_id = $8)
                 AND ($9::uuid IS NULL OR c.user_id = $9) AND ($10::uuid IS NULL OR c.account_id = $10)
                 AND ($11::text IS NULL OR c.model = $11) AND ($12::text IS NULL OR c.platform = $12)
                 AND ($13::text IS NULL OR c.client = $13) AND ($14::text IS NULL OR c.status = $14)
                 AND ($15::text IS NULL OR c.cost_centre = $15)
                 AND ($16::text IS NULL OR EXISTS (SELECT FROM api_key_tags x
                      WHERE x.tenant_id = $1 AND x.key_id = c.key_id AND x.tag = $16))
                 AND ($17::text[] IS NULL OR named.first = ANY($17)))
           SELECT width_bucket(s.bucket, $4::timestamptz[]) AS "point!", w.first AS "first!", w.second AS "second!",
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
           FROM usage_slices s JOIN wanted w ON w.combo = s.combo
           WHERE s.tenant_id = $1 AND s.bucket >= $2 AND s.bucket < $3
           GROUP BY 1, 2, 3
           LIMIT $18"#,
        tenant.0,
        from,
        to,
        edges,
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
    .await?)
}
