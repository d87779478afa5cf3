//! What a month comes to, computed from the ledger and held against the events, the rollups and the balance: figures that
//! do not fit each other are never stated. Runs under the lock of the tenant's chain, so that all of it is one moment.

use crate::periods::{CloseError, PeriodEdges};
use crate::transfers::WALLET;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use tollgate_contract::ledger::TransferKind;
use tollgate_contract::money::NanoUsd;
use tollgate_contract::periods::{Statement, StatementMovement, StatementUsage};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// The shape of what is hashed.
const VERSION: u32 = 1;

/// Two figures that ought to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Which.
    pub what: &'static str,
    /// What the ledger has.
    pub ledger: i64,
    /// What it was held against.
    pub other: i64,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} and {}", self.what, self.ledger, self.other)
    }
}

fn tie(what: &'static str, ledger: i64, other: i64) -> Result<(), CloseError> {
    if ledger == other {
        return Ok(());
    }
    Err(CloseError::DoesNotTie(Misfit { what, ledger, other }))
}

/// The batches of a period.
#[derive(Clone, Copy, Debug, Default)]
struct Batches {
    first: Option<i64>,
    last: Option<i64>,
    events: i64,
    charge: i64,
}

/// The statement of a period of the transaction's tenant, whose chain is locked.
pub(crate) async fn statement(
    tx: &mut TenantTx,
    period: &PeriodEdges,
    closed_at: DateTime<Utc>,
    closed_by: &str,
) -> Result<Statement, CloseError> {
    let opening = opening(tx, period.starts_at).await?;
    let tenant = tx.tenant_id().0;
    let movements = movements(tx.conn(), tenant, (period.starts_at, period.ends_at)).await?;
    let batches = batches(tx, period).await?;
    let usage = usage(
        tx.conn(),
        tenant,
        period.starts_at,
        batches.first.zip(batches.last),
    )
    .await?;
    let moved = sum(movements.iter().map(|line| line.wallet_nano.0))?;
    let closing = opening.checked_add(moved).ok_or_else(too_much)?;
    tie(
        "the wallet at the period's end and by its balance",
        closing,
        balance_then(tx, period.ends_at).await?,
    )?;
    let settled = sum(movements
        .iter()
        .filter(|line| line.settled)
        .map(|line| line.wallet_nano.0))?;
    let charged = sum(usage.iter().map(|line| line.total_nano().0))?;
    tie(
        "what settlement took and its batches",
        settled.saturating_neg(),
        batches.charge,
    )?;
    tie(
        "what settlement took and the requests",
        settled.saturating_neg(),
        charged,
    )?;
    let requests = sum(usage.iter().map(|line| line.requests))?;
    tie(
        "requests in the batches and in the lines",
        batches.events,
        requests,
    )?;
    tie_rollups(tx, period).await?;
    Ok(Statement {
        version: VERSION,
        month: period.month.format("%Y-%m").to_string(),
        time_zone: period.time_zone.clone(),
        starts_at: period.starts_at,
        ends_at: period.ends_at,
        closed_at,
        closed_by: closed_by.to_owned(),
        opening_nano: NanoUsd(opening),
        movements,
        closing_nano: NanoUsd(closing),
        late_requests: sum(usage.iter().filter(|line| line.late).map(|line| line.requests))?,
        usage,
        requests,
        usage_nano: NanoUsd(charged),
        first_batch: batches.first,
        last_batch: batches.last,
    })
}

fn sum(mut amounts: impl Iterator<Item = i64>) -> Result<i64, CloseError> {
    amounts.try_fold(0_i64, i64::checked_add).ok_or_else(too_much)
}

fn too_much() -> CloseError {
    CloseError::Store(StoreError::Settings("a sum does not fit 64 bits".to_owned()))
}

/// The wallet at the last close, or by what was booked before the first month.
async fn opening(tx: &mut TenantTx, starts_at: DateTime<Utc>) -> Result<i64, CloseError> {
    let tenant = tx.tenant_id();
    let stated = sqlx::query_scalar!(
        "SELECT closing_nano FROM billing_periods WHERE tenant_id = $1 ORDER BY month DESC LIMIT 1",
        tenant.0
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(stated) = stated {
        return Ok(stated);
    }
    let booked = sqlx::query_scalar!(
        r#"SELECT COALESCE(sum(CASE WHEN to_code = $2 THEN amount_nano ELSE -amount_nano END), 0)::bigint AS "sum!"
           FROM ledger_transfers WHERE tenant_id = $1 AND booked_at < $3 AND (from_code = $2 OR to_code = $2)"#,
        tenant.0,
        WALLET,
        starts_at
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(booked)
}

/// The wallet's balance as it stands, less what was booked since.
async fn balance_then(tx: &mut TenantTx, at: DateTime<Utc>) -> Result<i64, CloseError> {
    let tenant = tx.tenant_id();
    let then = sqlx::query_scalar!(
        r#"SELECT (a.balance_nano - COALESCE((
               SELECT sum(CASE WHEN to_code = $2 THEN amount_nano ELSE -amount_nano END) FROM ledger_transfers t
               WHERE t.tenant_id = $1 AND t.booked_at >= $3 AND (t.from_code = $2 OR t.to_code = $2)), 0))::bigint
               AS "then!"
           FROM ledger_accounts a WHERE a.tenant_id = $1 AND a.code = $2"#,
        tenant.0,
        WALLET,
        at
    )
    .fetch_optional(tx.conn())
    .await?;
    then.ok_or(CloseError::NoBooks)
}

/// What moved a tenant's wallet between two instants, by kind.
pub(crate) async fn movements(
    conn: &mut PgConnection,
    tenant: Uuid,
    (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<StatementMovement>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT kind, batch_no IS NOT NULL AS "settled!", count(*) AS "transfers!",
                  sum(CASE WHEN to_code = $2 THEN amount_nano ELSE -amount_nano END)::bigint AS "moved!"
           FROM ledger_transfers
           WHERE tenant_id = $1 AND booked_at >= $3 AND booked_at < $4 AND (from_code = $2 OR to_code = $2)
           GROUP BY 1, 2 ORDER BY 1, 2"#,
        tenant,
        WALLET,
        starts_at,
        ends_at
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = TransferKind::parse(&row.kind).ok_or_else(|| {
                StoreError::Settings(format!(
                    "transfers of kind {} have no place in a statement",
                    row.kind
                ))
            })?;
            Ok(StatementMovement {
                kind,
                settled: row.settled,
                transfers: row.transfers,
                wallet_nano: NanoUsd(row.moved),
            })
        })
        .collect()
}

async fn batches(tx: &mut TenantTx, period: &PeriodEdges) -> Result<Batches, CloseError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT min(batch_no) AS first, max(batch_no) AS last, COALESCE(sum(events), 0)::bigint AS "events!",
                  COALESCE(sum(charge_nano), 0)::bigint AS "charge!"
           FROM ledger_batches WHERE tenant_id = $1 AND booked_at >= $2 AND booked_at < $3"#,
        tenant.0,
        period.starts_at,
        period.ends_at
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Batches {
        first: row.first,
        last: row.last,
        events: row.events,
        charge: row.charge,
    })
}

/// Usage and corrections of a period's batches, by what a line names. A correction stands with its request's model.
pub(crate) async fn usage(
    conn: &mut PgConnection,
    tenant: Uuid,
    starts_at: DateTime<Utc>,
    batches: Option<(i64, i64)>,
) -> Result<Vec<StatementUsage>, StoreError> {
    let Some((first, last)) = batches else {
        return Ok(Vec::new());
    };
    let rows = sqlx::query!(
        r#"WITH line AS (
               SELECT model, cost_centre, request_id < uuid7_floor($4) AS late, 1 AS requests, input_tokens, output_tokens,
                      cache_write_5m_tokens + cache_write_1h_tokens AS cache_write_tokens, cache_read_tokens,
                      charge_nano AS usage, 0::bigint AS correction
               FROM usage_events
               WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3
               UNION ALL
               SELECT e.model, e.cost_centre, c.request_id < uuid7_floor($4), 0, c.input_tokens, c.output_tokens,
                      c.cache_write_5m_tokens + c.cache_write_1h_tokens, c.cache_read_tokens, 0, c.charge_nano
               FROM usage_corrections c JOIN usage_events e USING (tenant_id, request_id)
               WHERE c.tenant_id = $1 AND c.batch_no BETWEEN $2 AND $3)
           SELECT model AS "model!", cost_centre AS "cost_centre!", late AS "late!", sum(requests)::bigint AS "requests!",
                  sum(input_tokens)::bigint AS "input!", sum(output_tokens)::bigint AS "output!",
                  sum(cache_write_tokens)::bigint AS "cache_write!", sum(cache_read_tokens)::bigint AS "cache_read!",
                  sum(usage)::bigint AS "usage!", sum(correction)::bigint AS "correction!"
           FROM line GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"#,
        tenant,
        first,
        last,
        starts_at
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut others = other_meters(conn, tenant, starts_at, (first, last)).await?;
    let lines = rows.into_iter().map(|row| StatementUsage {
        other_meters: others
            .remove(&(row.model.clone(), row.cost_centre.clone(), row.late))
            .unwrap_or_default(),
        model: row.model,
        cost_centre: row.cost_centre,
        late: row.late,
        requests: row.requests,
        input_tokens: row.input,
        output_tokens: row.output,
        cache_write_tokens: row.cache_write,
        cache_read_tokens: row.cache_read,
        usage_nano: NanoUsd(row.usage),
        correction_nano: NanoUsd(row.correction),
    });
    Ok(lines.collect())
}

/// What a line names: model, cost centre, lateness.
type LineName = (String, String, bool);

/// What else was metered, by the lines of [`usage`]; what corrections took back to nothing is left out.
async fn other_meters(
    conn: &mut PgConnection,
    tenant: Uuid,
    starts_at: DateTime<Utc>,
    (first, last): (i64, i64),
) -> Result<HashMap<LineName, BTreeMap<String, i64>>, StoreError> {
    let rows = sqlx::query!(
        r#"WITH line AS (
               SELECT model, cost_centre, request_id < uuid7_floor($4) AS late, other_meters
               FROM usage_events
               WHERE tenant_id = $1 AND batch_no BETWEEN $2 AND $3
                 AND other_meters <> '{}'
               UNION ALL
               SELECT e.model, e.cost_centre, c.request_id < uuid7_floor($4), c.other_meters
               FROM usage_corrections c JOIN usage_events e USING (tenant_id, request_id)
               WHERE c.tenant_id = $1 AND c.batch_no BETWEEN $2 AND $3
                 AND c.other_meters <> '{}')
           SELECT model AS "model!", cost_centre AS "cost_centre!", late AS "late!", meter.key AS "meter!",
                  sum(meter.value::bigint)::bigint AS "quantity!"
           FROM line CROSS JOIN LATERAL jsonb_each_text(line.other_meters) AS meter
           GROUP BY 1, 2, 3, 4 HAVING sum(meter.value::bigint) <> 0"#,
        tenant,
        first,
        last,
        starts_at
    )
    .fetch_all(conn)
    .await?;
    let mut lines: HashMap<LineName, BTreeMap<String, i64>> = HashMap::new();
    for row in rows {
        let line = lines.entry((row.model, row.cost_centre, row.late)).or_default();
        line.insert(row.meter, row.quantity);
    }
    Ok(lines)
}

/// What reports show of the month is what its requests cost.
async fn tie_rollups(tx: &mut TenantTx, period: &PeriodEdges) -> Result<(), CloseError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT (SELECT COALESCE(sum(charge_nano), 0)::bigint FROM usage_15m
                   WHERE tenant_id = $1 AND bucket >= $2 AND bucket < $3) AS "rolled_up!",
                  (SELECT COALESCE(sum(charge_nano), 0)::bigint FROM usage_events
                   WHERE tenant_id = $1 AND request_id >= uuid7_floor($2) AND request_id < uuid7_floor($3)) AS "events!",
                  (SELECT COALESCE(sum(charge_nano), 0)::bigint FROM usage_corrections
                   WHERE tenant_id = $1 AND request_id >= uuid7_floor($2) AND request_id < uuid7_floor($3)) AS "corrections!""#,
        tenant.0,
        period.starts_at,
        period.ends_at
    )
    .fetch_one(tx.conn())
    .await?;
    tie(
        "the month's requests and the rollup",
        row.events.saturating_add(row.corrections),
        row.rolled_up,
    )
}
