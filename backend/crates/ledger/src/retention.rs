//! What happens to usage with age. A month that is closed for every tenant and sealed to the row may be dropped: what must
//! be known of it is noted first, so that rollups, ledger and `verify` go on adding up. A tenant may have what is personal
//! in its events blanked sooner. Never in here: when (the binary's jobs).

use crate::error::LedgerError;
use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};
use serde_json::json;
use tollgate_store::{Actor, AuditEntry, Db, JobsTx, PLATFORM_TENANT, record_platform_audits};
use uuid::Uuid;

/// Events blanked in one statement.
const REDACTED_PAGE: i64 = 2_000;
/// Events may be booked so long after their time, by a journal that was drained late: so far back is looked each time.
const LATE: TimeDelta = TimeDelta::days(40);

/// What became of a month that is old enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its events are gone: so many.
    Dropped(i64),
    /// An accounting month of this tenant, in which something of it was made or booked, is not closed.
    Open(Uuid),
    /// What there is of this tenant is not what its last seal says.
    Unsealed(Uuid),
}

/// Drops every month that ended more than `keep` whole months ago, the oldest first, up to the first that must stay.
///
/// # Errors
/// If the database fails, or something was booked into the month at this moment: then that month stays.
pub async fn drop_months(db: &Db, keep: u32) -> Result<Vec<(NaiveDate, Fate)>, LedgerError> {
    let today = db.clock().now().date_naive();
    let this_month = NaiveDate::from_ymd_opt(today.year(), today.month(), 1).unwrap_or(today);
    // A month that ended is dropped a month later at the soonest, whatever is set.
    let Some(last) = this_month.checked_sub_months(Months::new(keep.max(1).saturating_add(1))) else {
        return Ok(Vec::new());
    };
    let mut fates = Vec::new();
    for month in months_there(db).await? {
        if month > last {
            break;
        }
        let fate = drop_month(db, month).await?;
        let goes_on = matches!(fate, Fate::Dropped(_));
        fates.push((month, fate));
        if !goes_on {
            break;
        }
    }
    Ok(fates)
}

/// Months that have a partition, in order.
async fn months_there(db: &Db) -> Result<Vec<NaiveDate>, LedgerError> {
    let mut tx = db.jobs().await?;
    let names = sqlx::query_scalar!(
        r#"SELECT c.relname::text AS "name!" FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = 'usage_events'::regclass ORDER BY 1"#
    )
    .fetch_all(tx.conn())
    .await?;
    let month = |name: &String| {
        let digits = name.strip_prefix("usage_events_")?;
        NaiveDate::parse_from_str(&format!("{digits}_01"), "%Y_%m_%d").ok()
    };
    Ok(names.iter().filter_map(month).collect())
}

async fn drop_month(db: &Db, month: NaiveDate) -> Result<Fate, LedgerError> {
    let mut tx = db.jobs().await?;
    if let Some(tenant) = first_open(&mut tx, month).await? {
        return Ok(Fate::Open(tenant));
    }
    let events = note_months(&mut tx, month, db.clock().now()).await?;
    if let Some(tenant) = first_unsealed(&mut tx, month).await? {
        return Ok(Fate::Unsealed(tenant));
    }
    note_rows(&mut tx, month).await?;
    sqlx::query!("SELECT drop_usage_month($1)", month)
        .execute(tx.conn())
        .await?;
    let line = AuditEntry {
        id: db.clock().new_id(),
        at: db.clock().now(),
        actor: Actor::System("retention"),
        action: "usage.dropped",
        target_id: None,
        target_name: month.format("%Y-%m").to_string(),
        changes: json!({ "events": events }),
        request_id: None,
        address: String::new(),
    };
    record_platform_audits(&mut tx, [(PLATFORM_TENANT, line)]).await?;
    tx.commit().await?;
    tracing::info!(month = %month.format("%Y-%m"), events, "a month of usage was dropped");
    Ok(Fate::Dropped(events))
}

/// Every accounting month in which something of this month of UTC was made or booked must be closed: a statement that is
/// still to come needs the rows behind its figures.
async fn first_open(tx: &mut JobsTx, month: NaiveDate) -> Result<Option<Uuid>, LedgerError> {
    let tenant = sqlx::query_scalar!(
        r#"WITH bounds AS (
               SELECT uuid7_floor($1::date::timestamp AT TIME ZONE 'UTC') AS lower_id,
                      uuid7_floor(($1::date + interval '1 month') AT TIME ZONE 'UTC') AS upper_id),
           touched AS (
               SELECT tenant_id, booked_at, to_timestamp(uuid7_millis(request_id) / 1000.0) AS made_at
               FROM usage_events, bounds WHERE request_id >= lower_id AND request_id < upper_id
               UNION ALL
               SELECT tenant_id, booked_at, booked_at
               FROM usage_corrections, bounds WHERE request_id >= lower_id AND request_id < upper_id)
           SELECT t.tenant_id AS "tenant_id!"
           FROM (SELECT tenant_id, GREATEST(max(booked_at), max(made_at)) AS last FROM touched GROUP BY tenant_id) AS t
           LEFT JOIN ledger_heads h ON h.tenant_id = t.tenant_id
           WHERE h.closed_until IS NULL OR h.closed_until <= t.last ORDER BY t.tenant_id LIMIT 1"#,
        month
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(tenant)
}

/// Notes what each tenant's month comes to; tells how many events there are.
async fn note_months(tx: &mut JobsTx, month: NaiveDate, now: DateTime<Utc>) -> Result<i64, LedgerError> {
    let noted = sqlx::query_scalar!(
        r#"WITH bounds AS (
               SELECT uuid7_floor($1::date::timestamp AT TIME ZONE 'UTC') AS lower_id,
                      uuid7_floor(($1::date + interval '1 month') AT TIME ZONE 'UTC') AS upper_id),
           line AS (
               SELECT tenant_id, 1 AS events, 0 AS corrections, input_tokens, output_tokens, cache_write_5m_tokens,
                      cache_write_1h_tokens, cache_read_tokens, charge_nano, 0::bigint AS up, duration_ms, 0 AS costs,
                      0::bigint AS cost, local_date
               FROM usage_events, bounds WHERE request_id >= lower_id AND request_id < upper_id
               UNION ALL
               SELECT tenant_id, 0, 1, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
                      cache_read_tokens, charge_nano, GREATEST(charge_nano, 0), 0, 0, 0, NULL
               FROM usage_corrections, bounds WHERE request_id >= lower_id AND request_id < upper_id
               UNION ALL
               SELECT tenant_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, cost_nano, NULL
               FROM platform_costs, bounds WHERE request_id >= lower_id AND request_id < upper_id),
           noted AS (
               INSERT INTO dropped_months (tenant_id, month, seal_no, events, corrections, input_tokens, output_tokens,
                   cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, corrected_up_nano,
                   duration_ms, costs, cost_nano, last_date, dropped_at)
               SELECT l.tenant_id, $1::date, (SELECT max(seal_no) FROM ledger_seals), sum(events), sum(corrections),
                      sum(input_tokens), sum(output_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),
                      sum(cache_read_tokens), sum(charge_nano), sum(up), sum(duration_ms), sum(costs), sum(cost),
                      max(local_date), $2
               FROM line l WHERE EXISTS (SELECT FROM ledger_seals) GROUP BY l.tenant_id
               RETURNING events)
           SELECT COALESCE(sum(events), 0)::bigint AS "events!" FROM noted"#,
        month,
        now
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(noted)
}

/// The last seal of the month must say of each tenant exactly what is there: no row more, none less.
async fn first_unsealed(tx: &mut JobsTx, month: NaiveDate) -> Result<Option<Uuid>, LedgerError> {
    let tenant = sqlx::query_scalar!(
        r#"WITH there AS (
               SELECT DISTINCT tenant_id FROM usage_events
               WHERE request_id >= uuid7_floor($1::date::timestamp AT TIME ZONE 'UTC')
                 AND request_id < uuid7_floor(($1::date + interval '1 month') AT TIME ZONE 'UTC')
               UNION
               SELECT tenant_id FROM dropped_months WHERE month = $1::date)
           SELECT t.tenant_id AS "tenant_id!" FROM there t
           LEFT JOIN dropped_months d ON d.tenant_id = t.tenant_id AND d.month = $1::date
           LEFT JOIN LATERAL (
               SELECT * FROM ledger_seal_months s WHERE s.tenant_id = t.tenant_id AND s.month = $1::date
               ORDER BY s.seal_no DESC LIMIT 1) AS s ON true
           WHERE s.seal_no IS NULL
              OR (d.events, d.corrections, d.input_tokens, d.output_tokens, d.cache_write_5m_tokens,
                  d.cache_write_1h_tokens, d.cache_read_tokens, d.charge_nano, d.corrected_up_nano, d.duration_ms, d.costs,
                  d.cost_nano)
                 IS DISTINCT FROM
                 (s.events, s.corrections, s.input_tokens, s.output_tokens, s.cache_write_5m_tokens,
                  s.cache_write_1h_tokens, s.cache_read_tokens, s.charge_nano, s.corrected_up_nano, s.duration_ms, s.costs,
                  s.cost_nano)
           ORDER BY t.tenant_id LIMIT 1"#,
        month
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(tenant)
}

/// Notes what batches, leases and epochs lose.
async fn note_rows(tx: &mut JobsTx, month: NaiveDate) -> Result<(), LedgerError> {
    sqlx::query!(
        "WITH bounds AS (
             SELECT uuid7_floor($1::date::timestamp AT TIME ZONE 'UTC') AS lower_id,
                    uuid7_floor(($1::date + interval '1 month') AT TIME ZONE 'UTC') AS upper_id)
         INSERT INTO dropped_batches (tenant_id, month, batch_no, events, charge_nano)
         SELECT tenant_id, $1::date, batch_no, sum(events), sum(charge) FROM (
             SELECT tenant_id, batch_no, 1 AS events, charge_nano AS charge FROM usage_events, bounds
             WHERE request_id >= lower_id AND request_id < upper_id
             UNION ALL
             SELECT tenant_id, batch_no, 0, charge_nano FROM usage_corrections, bounds
             WHERE request_id >= lower_id AND request_id < upper_id
             UNION ALL
             SELECT tenant_id, batch_no, 1, cost_nano FROM platform_costs, bounds
             WHERE request_id >= lower_id AND request_id < upper_id) AS line
         GROUP BY tenant_id, batch_no",
        month
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "WITH bounds AS (
             SELECT uuid7_floor($1::date::timestamp AT TIME ZONE 'UTC') AS lower_id,
                    uuid7_floor(($1::date + interval '1 month') AT TIME ZONE 'UTC') AS upper_id),
         line AS (
             SELECT e.tenant_id, e.node_id, e.epoch, e.budgets, e.charge_nano AS settled,
                    GREATEST(e.charge_nano - e.reserved_nano, 0) AS overrun
             FROM usage_events e, bounds WHERE e.request_id >= lower_id AND e.request_id < upper_id
             UNION ALL
             SELECT e.tenant_id, e.node_id, e.epoch, e.budgets, c.charge_nano, 0
             FROM usage_corrections c JOIN usage_events e USING (tenant_id, request_id), bounds
             WHERE c.request_id >= lower_id AND c.request_id < upper_id),
         booked AS (
             SELECT line.tenant_id, w.budget_id, p.period_start, node_id, epoch, settled, overrun
             FROM line JOIN budgets w ON w.tenant_id = line.tenant_id AND w.kind = 'wallet'
             JOIN budget_periods p ON p.tenant_id = w.tenant_id AND p.budget_id = w.budget_id
             UNION ALL
             SELECT line.tenant_id, b.id, b.start, node_id, epoch, settled, overrun
             FROM line CROSS JOIN LATERAL jsonb_to_recordset(line.budgets) AS b (id uuid, start timestamptz))
         INSERT INTO dropped_leases (tenant_id, month, budget_id, period_start, node_id, epoch, settled_nano, overrun_nano)
         SELECT tenant_id, $1::date, budget_id, period_start, node_id, epoch, sum(settled), sum(overrun)
         FROM booked GROUP BY tenant_id, budget_id, period_start, node_id, epoch",
        month
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "INSERT INTO dropped_epochs (tenant_id, month, node_id, epoch, requests)
         SELECT tenant_id, $1::date, node_id, epoch, count(*) FROM usage_events
         WHERE request_id >= uuid7_floor($1::date::timestamp AT TIME ZONE 'UTC')
           AND request_id < uuid7_floor(($1::date + interval '1 month') AT TIME ZONE 'UTC')
         GROUP BY tenant_id, node_id, epoch",
        month
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Blanks what is personal in the events of tenants that want it sooner than the platform drops them: the client's own
/// request id, its program, and why this account answered. No hash covers these. Tells how many events were blanked.
///
/// # Errors
/// If the database fails; what was blanked stays so.
pub async fn redact(db: &Db) -> Result<u64, LedgerError> {
    let mut tx = db.jobs().await?;
    let tenants = sqlx::query!(
        r#"SELECT t.tenant_id, t.personal_days AS "days!", m.up_to AS "up_to?"
           FROM tenants t LEFT JOIN redaction_marks m USING (tenant_id)
           WHERE t.personal_days IS NOT NULL ORDER BY t.tenant_id"#
    )
    .fetch_all(tx.conn())
    .await?;
    drop(tx);
    let mut redacted = 0;
    for tenant in tenants {
        let before = db.clock().now() - TimeDelta::days(i64::from(tenant.days));
        let marked = tenant.up_to.and_then(time_of).unwrap_or(DateTime::UNIX_EPOCH);
        let from = (marked - LATE).max(DateTime::UNIX_EPOCH);
        redacted += redact_tenant(db, tenant.tenant_id, from, before).await?;
    }
    Ok(redacted)
}

fn time_of(id: Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

async fn redact_tenant(
    db: &Db,
    tenant: Uuid,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<u64, LedgerError> {
    let mut redacted = 0;
    loop {
        let mut tx = db.jobs().await?;
        let page = sqlx::query!(
            // Of the client its family stays: the rollups count by it.
            "UPDATE usage_events
             SET client = CASE client_family(client) WHEN 'claude_code' THEN 'claude-cli/' WHEN 'codex' THEN 'codex_'
                                                     WHEN 'gemini_cli' THEN 'GeminiCLI'
                                                     WHEN 'silly_tavern' THEN 'SillyTavern' ELSE '' END,
                 client_request_id = '', explanation = '{}'
             WHERE tenant_id = $1 AND request_id IN (
                 SELECT request_id FROM usage_events
                 WHERE tenant_id = $1 AND request_id >= uuid7_floor($2) AND request_id < uuid7_floor($3)
                   AND (client NOT IN ('', 'claude-cli/', 'codex_', 'GeminiCLI', 'SillyTavern')
                        OR client_request_id <> '' OR explanation <> '{}')
                 ORDER BY request_id LIMIT $4)",
            tenant,
            from,
            before,
            REDACTED_PAGE
        )
        .execute(tx.conn())
        .await?;
        let touched = page.rows_affected();
        let last = touched < REDACTED_PAGE.unsigned_abs();
        if last {
            sqlx::query!(
                "INSERT INTO redaction_marks (tenant_id, up_to) VALUES ($1, uuid7_floor($2))
                 ON CONFLICT (tenant_id) DO UPDATE SET up_to = GREATEST(redaction_marks.up_to, excluded.up_to)",
                tenant,
                before
            )
            .execute(tx.conn())
            .await?;
        }
        tx.commit().await?;
        redacted += touched;
        if last {
            return Ok(redacted);
        }
    }
}
