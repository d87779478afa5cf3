//! Which schedules and deliveries have their turn. A schedule's row is locked while its runs are written down, and a
//! delivery is claimed by one statement: two nodes that run the jobs at the same moment do nothing twice.

use super::store::insert_delivery;
use super::times::{next_run, range};
use crate::exports::error::ExportError;
use crate::exports::kept::keep;
use crate::exports::wanted::ExportOrder;
use crate::zone::{day_start, next_day, zone};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tollgate_contract::exports::{
    Delivery, Export, ExportFormat, ExportQuery, ExportSource, ScheduleBasis, SchedulePeriod,
};
use tollgate_contract::ids::{DeliveryId, ExportId, ScheduleId, TenantId};
use tollgate_store::{Db, StoreError, TenantTx};
use uuid::Uuid;

/// Schedules and deliveries looked at by one run; the rest has its turn at the next.
const RUN_MAX: i64 = 50;
/// Of them of one organisation: a webhook of theirs that never answers must not keep others' exports waiting.
const RUN_MAX_EACH: i64 = 5;
/// Deliveries of one organisation that may wait; until there are fewer, its schedules are not run.
pub(super) const WAITING_MAX: i64 = 200;
/// Attempts before a delivery is given up.
pub(super) const ATTEMPTS_MAX: i32 = 8;
/// Missed runs that are caught up at once; beyond, the oldest are left out.
const CAUGHT_UP_MAX: usize = 31;
/// As long as a try may take, with room: by then it has failed, or its node is gone.
const CLAIM: TimeDelta = TimeDelta::minutes(10);
/// How often it is asked whether a month is closed whose statement shall be sent.
const CLOSED_YET: TimeDelta = TimeDelta::minutes(10);

/// Writes down the runs that are due; tells how many schedules had some.
pub(super) async fn write_runs(db: &Db) -> Result<u64, StoreError> {
    let now = db.clock().now();
    let mut tx = db.jobs().await?;
    let due = sqlx::query!(
        "SELECT s.tenant_id, s.schedule_id FROM export_schedules s JOIN tenants t ON t.tenant_id = s.tenant_id
         WHERE s.active AND s.deleted_at IS NULL AND s.next_at <= $1 AND t.status = 'active'
           AND (SELECT count(*) FROM export_deliveries d WHERE d.tenant_id = s.tenant_id AND d.state = 'pending') < $3
         ORDER BY s.next_at LIMIT $2",
        now,
        RUN_MAX,
        WAITING_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    drop(tx);
    let mut done = 0_u64;
    for schedule in due {
        let mut tx = db.tenant(TenantId(schedule.tenant_id)).await?;
        if runs_of(&mut tx, db, schedule.schedule_id, now).await? {
            tx.commit().await?;
            done = done.saturating_add(1);
        }
    }
    Ok(done)
}

/// The runs of one that were due until now, each a delivery of its own.
async fn runs_of(tx: &mut TenantTx, db: &Db, id: Uuid, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT s.period, s.hour, s.next_at, s.next_day, t.time_zone
         FROM export_schedules s JOIN tenants t ON t.tenant_id = s.tenant_id
         WHERE s.tenant_id = $1 AND s.schedule_id = $2 AND s.active AND s.deleted_at IS NULL AND s.next_at <= $3
         FOR UPDATE OF s SKIP LOCKED",
        tenant.0,
        id,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(false) };
    let (Some(period), Ok(hour)) = (SchedulePeriod::parse(&row.period), u8::try_from(row.hour)) else {
        return Ok(false);
    };
    let zone = zone(&row.time_zone);
    let (mut days, mut day, mut at) = (Vec::new(), row.next_day, row.next_at);
    while at <= now {
        days.push(day);
        let next = next_run(period, hour, zone, at);
        (day, at) = (next.day, next.at);
    }
    let left_out = days.len().saturating_sub(CAUGHT_UP_MAX);
    if left_out > 0 {
        tracing::warn!(schedule.id = %id, tenant.id = %tenant, left_out, "a schedule missed more runs than are caught up");
    }
    for run in days.into_iter().skip(left_out) {
        let delivery = DeliveryId(db.clock().new_id());
        insert_delivery(tx, delivery, ScheduleId(id), range(period, run), None, now).await?;
    }
    sqlx::query!(
        "UPDATE export_schedules SET next_at = $3, next_day = $4 WHERE tenant_id = $1 AND schedule_id = $2",
        tenant.0,
        id,
        at,
        day
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// Deliveries that are due, in turns: the first of each organisation, then the second … What belongs to a suspended
/// organisation waits, and so does what a schedule that is switched off was to send by itself.
pub(super) async fn deliveries(db: &Db) -> Result<Vec<(TenantId, DeliveryId)>, StoreError> {
    let mut tx = db.jobs().await?;
    let rows = sqlx::query!(
        r#"SELECT tenant_id AS "tenant_id!", delivery_id AS "delivery_id!" FROM (
             SELECT d.tenant_id, d.delivery_id, d.next_attempt_at,
                    row_number() OVER (PARTITION BY d.tenant_id ORDER BY d.next_attempt_at, d.delivery_id) AS turn
             FROM export_deliveries d
             JOIN tenants t ON t.tenant_id = d.tenant_id
             JOIN export_schedules s ON s.tenant_id = d.tenant_id AND s.schedule_id = d.schedule_id
             WHERE d.state = 'pending' AND d.next_attempt_at <= $1 AND t.status = 'active'
               AND s.deleted_at IS NULL AND (s.active OR d.by_hand IS NOT NULL)) due
           WHERE turn <= $2 ORDER BY turn, next_attempt_at LIMIT $3"#,
        db.clock().now(),
        RUN_MAX_EACH,
        RUN_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (TenantId(row.tenant_id), DeliveryId(row.delivery_id)))
        .collect())
}

/// A delivery that this node tries now.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) tenant: TenantId,
    pub(super) id: DeliveryId,
    pub(super) schedule: ScheduleId,
    pub(super) schedule_name: String,
    pub(super) tenant_slug: String,
    pub(super) created_by: String,
    pub(super) source: ExportSource,
    pub(super) format: ExportFormat,
    pub(super) query: ExportQuery,
    pub(super) basis: ScheduleBasis,
    pub(super) delivery: Delivery,
    pub(super) sealed: Option<Vec<u8>>,
    pub(super) first_day: NaiveDate,
    pub(super) last_day: NaiveDate,
    pub(super) attempts: i32,
    pub(super) export: Option<ExportId>,
    pub(super) time_zone: String,
}

/// Claims one, unless somebody else did, its organisation or schedule may not send any more, or it was tried often enough:
/// attempts that came to no end at all count as well.
pub(super) async fn claim(db: &Db, tenant: TenantId, id: DeliveryId) -> Result<Option<Claimed>, StoreError> {
    let now = db.clock().now();
    let mut tx = db.tenant(tenant).await?;
    give_up_exhausted(&mut tx, id, now).await?;
    if waits(&mut tx, id, now).await? {
        tx.commit().await?;
        return Ok(None);
    }
    let row = sqlx::query!(
        "UPDATE export_deliveries d SET attempts = d.attempts + 1, next_attempt_at = $4
         FROM export_schedules s, tenants t
         WHERE d.tenant_id = $1 AND d.delivery_id = $2 AND d.state = 'pending' AND d.next_attempt_at <= $3
           AND s.tenant_id = d.tenant_id AND s.schedule_id = d.schedule_id AND t.tenant_id = d.tenant_id
           AND t.status = 'active' AND s.deleted_at IS NULL AND (s.active OR d.by_hand IS NOT NULL)
         RETURNING d.schedule_id, d.first_day, d.last_day, d.attempts, d.export_id, s.name, s.created_by, s.source,
                   s.format, s.query, s.basis, s.delivery, s.signing_secret, t.time_zone, t.slug",
        tenant.0,
        id.0,
        now,
        now + CLAIM
    )
    .fetch_optional(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(row.and_then(|row| {
        Some(Claimed {
            tenant,
            id,
            schedule: ScheduleId(row.schedule_id),
            schedule_name: row.name,
            tenant_slug: row.slug,
            created_by: row.created_by,
            source: ExportSource::parse(&row.source)?,
            format: ExportFormat::parse(&row.format)?,
            query: serde_json::from_value(row.query).ok()?,
            basis: ScheduleBasis::parse(&row.basis)?,
            delivery: serde_json::from_value(row.delivery).ok()?,
            sealed: row.signing_secret,
            first_day: row.first_day,
            last_day: row.last_day,
            attempts: row.attempts,
            export: row.export_id.map(ExportId),
            time_zone: row.time_zone,
        })
    }))
}

/// Puts off what tells of a month that is not closed yet; that is no attempt.
async fn waits(tx: &mut TenantTx, id: DeliveryId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let put_off = sqlx::query!(
        "UPDATE export_deliveries d
         SET next_attempt_at = $4, last_error = 'waits for the close of ' || to_char(d.first_day, 'YYYY-MM')
         FROM export_schedules s
         WHERE d.tenant_id = $1 AND d.delivery_id = $2 AND d.state = 'pending' AND d.next_attempt_at <= $3
           AND d.export_id IS NULL AND s.tenant_id = d.tenant_id AND s.schedule_id = d.schedule_id
           AND s.basis = 'statement'
           AND NOT EXISTS (SELECT FROM billing_periods p WHERE p.tenant_id = d.tenant_id AND p.month = d.first_day)",
        tenant.0,
        id.0,
        now,
        now + CLOSED_YET
    )
    .execute(tx.conn())
    .await?;
    Ok(put_off.rows_affected() > 0)
}

/// One whose last attempt broke off with its node is tried no more.
async fn give_up_exhausted(tx: &mut TenantTx, id: DeliveryId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE export_deliveries SET state = 'failed',
                last_error = CASE WHEN last_error = '' THEN 'no attempt came to an end' ELSE last_error END
         WHERE tenant_id = $1 AND delivery_id = $2 AND state = 'pending' AND next_attempt_at <= $3 AND attempts >= $4",
        tenant.0,
        id.0,
        now,
        ATTEMPTS_MAX
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The export of a delivery: made at its first attempt, so that all of them send the same.
pub(super) async fn export_of(db: &Db, tx: &mut TenantTx, claimed: &Claimed) -> Result<Export, ExportError> {
    let now = db.clock().now();
    if let Some(id) = claimed.export
        && let Some(kept) = crate::exports::store::get(tx, id, now).await?
    {
        return Ok(kept.export);
    }
    let zone = zone(&claimed.time_zone);
    let order = ExportOrder {
        source: claimed.source,
        format: claimed.format,
        query: match claimed.basis {
            ScheduleBasis::Statement => ExportQuery {
                statement: Some(claimed.first_day.format("%Y-%m").to_string()),
                ..claimed.query.clone()
            },
            ScheduleBasis::RequestTime => ExportQuery {
                from: Some(day_start(claimed.first_day, zone)),
                to: Some(day_start(next_day(claimed.last_day), zone)),
                ..claimed.query.clone()
            },
        },
        only_user: None,
    };
    let author = (None, claimed.created_by.clone());
    let kept = keep(tx, db, order, author, Some(claimed.schedule)).await?;
    sqlx::query!(
        "UPDATE export_deliveries SET export_id = $3 WHERE tenant_id = $1 AND delivery_id = $2",
        claimed.tenant.0,
        claimed.id.0,
        kept.export.id.0
    )
    .execute(tx.conn())
    .await?;
    Ok(kept.export)
}
