//! Which schedules and deliveries have their turn. A schedule's row is locked while its runs are written down, and a
//! delivery is claimed by one statement: two nodes that run the jobs at the same moment do nothing twice.

use super::store::insert_delivery;
use super::times::{next_run, range};
use crate::exports::error::ExportError;
use crate::exports::kept::keep;
use crate::exports::wanted::ExportOrder;
use crate::zone::{day_start, next_day, zone};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tollgate_contract::exports::{Delivery, Export, ExportFormat, ExportQuery, ExportSource, SchedulePeriod};
use tollgate_contract::ids::{DeliveryId, ExportId, ScheduleId, TenantId};
use tollgate_store::{Db, StoreError, TenantTx};
use uuid::Uuid;

/// Schedules and deliveries looked at by one run; the rest has its turn at the next.
const RUN_MAX: i64 = 50;
/// Missed runs that are caught up at once; beyond, the oldest are left out.
const CAUGHT_UP_MAX: usize = 31;
/// As long as a try may take, with room: by then it has failed, or its node is gone.
const CLAIM: TimeDelta = TimeDelta::minutes(10);

/// Writes down the runs that are due; tells how many schedules had some.
pub(super) async fn write_runs(db: &Db) -> Result<u64, StoreError> {
    let now = db.clock().now();
    let mut tx = db.jobs().await?;
    let due = sqlx::query!(
        "SELECT s.tenant_id, s.schedule_id FROM export_schedules s JOIN tenants t ON t.tenant_id = s.tenant_id
         WHERE s.active AND s.deleted_at IS NULL AND s.next_at <= $1 AND t.status = 'active'
         ORDER BY s.next_at LIMIT $2",
        now,
        RUN_MAX
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

/// Deliveries that are due, of all organisations.
pub(super) async fn deliveries(db: &Db) -> Result<Vec<(TenantId, DeliveryId)>, StoreError> {
    let mut tx = db.jobs().await?;
    let rows = sqlx::query!(
        "SELECT tenant_id, delivery_id FROM export_deliveries WHERE state = 'pending' AND next_attempt_at <= $1
         ORDER BY next_attempt_at LIMIT $2",
        db.clock().now(),
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
    pub(super) created_by: String,
    pub(super) source: ExportSource,
    pub(super) format: ExportFormat,
    pub(super) query: ExportQuery,
    pub(super) delivery: Delivery,
    pub(super) sealed: Option<Vec<u8>>,
    pub(super) first_day: NaiveDate,
    pub(super) last_day: NaiveDate,
    pub(super) attempts: i32,
    pub(super) export: Option<ExportId>,
    pub(super) time_zone: String,
}

/// Claims one, unless somebody else did.
pub(super) async fn claim(db: &Db, tenant: TenantId, id: DeliveryId) -> Result<Option<Claimed>, StoreError> {
    let now = db.clock().now();
    let mut tx = db.tenant(tenant).await?;
    let row = sqlx::query!(
        "UPDATE export_deliveries d SET attempts = d.attempts + 1, next_attempt_at = $4
         FROM export_schedules s, tenants t
         WHERE d.tenant_id = $1 AND d.delivery_id = $2 AND d.state = 'pending' AND d.next_attempt_at <= $3
           AND s.tenant_id = d.tenant_id AND s.schedule_id = d.schedule_id AND t.tenant_id = d.tenant_id
         RETURNING d.schedule_id, d.first_day, d.last_day, d.attempts, d.export_id, s.name, s.created_by, s.source,
                   s.format, s.query, s.delivery, s.signing_secret, t.time_zone",
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
            created_by: row.created_by,
            source: ExportSource::parse(&row.source)?,
            format: ExportFormat::parse(&row.format)?,
            query: serde_json::from_value(row.query).ok()?,
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
        query: ExportQuery {
            from: Some(day_start(claimed.first_day, zone)),
            to: Some(day_start(next_day(claimed.last_day), zone)),
            ..claimed.query.clone()
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
