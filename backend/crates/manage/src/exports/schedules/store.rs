//! Schedules and their deliveries in the database. Secrets pass through sealed.

use chrono::{DateTime, NaiveDate, Utc};
use tollgate_contract::exports::{
    Delivery, DeliveryState, ExportFormat, ExportQuery, ExportSource, Schedule, ScheduleBasis,
    ScheduleDelivery, ScheduleForm, SchedulePeriod,
};
use tollgate_contract::ids::{DeliveryId, ExportId, ScheduleId, UserId};
use tollgate_http::{Code, Fault};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// Deliveries that are listed.
const LISTED_MAX: i64 = 100;

struct Row {
    schedule_id: Uuid,
    name: String,
    source: String,
    format: String,
    query: serde_json::Value,
    period: String,
    basis: String,
    hour: i16,
    delivery: serde_json::Value,
    active: bool,
    next_at: DateTime<Utc>,
    created_by: String,
    version: i64,
}

impl Row {
    /// `None` for one that a newer version of Tollgate wrote in words unknown here.
    fn schedule(self, last: Option<ScheduleDelivery>) -> Option<Schedule> {
        let delivery: Delivery = serde_json::from_value(self.delivery).ok()?;
        let query: ExportQuery = serde_json::from_value(self.query).ok()?;
        Some(Schedule {
            id: ScheduleId(self.schedule_id),
            name: self.name,
            source: ExportSource::parse(&self.source)?,
            format: ExportFormat::parse(&self.format)?,
            query,
            period: SchedulePeriod::parse(&self.period)?,
            basis: ScheduleBasis::parse(&self.basis)?,
            hour: u8::try_from(self.hour).ok()?,
            delivery,
            active: self.active,
            next_at: self.next_at,
            created_by: self.created_by,
            last,
            version: self.version,
        })
    }
}

struct DeliveryRow {
    delivery_id: Uuid,
    first_day: NaiveDate,
    last_day: NaiveDate,
    state: String,
    attempts: i32,
    last_error: String,
    next_attempt_at: DateTime<Utc>,
    export_id: Option<Uuid>,
    delivered_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl DeliveryRow {
    fn delivery(self) -> Option<ScheduleDelivery> {
        let state = DeliveryState::parse(&self.state)?;
        Some(ScheduleDelivery {
            id: DeliveryId(self.delivery_id),
            first_day: self.first_day,
            last_day: self.last_day,
            state,
            attempts: u32::try_from(self.attempts).unwrap_or_default(),
            last_error: self.last_error,
            next_attempt_at: Some(self.next_attempt_at).filter(|_| state == DeliveryState::Pending),
            export_id: self.export_id.map(ExportId),
            delivered_at: self.delivered_at,
            created_at: self.created_at,
        })
    }
}

/// How many there are.
pub(super) async fn count(tx: &mut TenantTx) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM export_schedules WHERE tenant_id = $1 AND deleted_at IS NULL"#,
        tenant.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(count)
}

/// All, or the one of this id, by name, each with its latest delivery.
pub(super) async fn read(tx: &mut TenantTx, wanted: Option<ScheduleId>) -> Result<Vec<Schedule>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        Row,
        "SELECT schedule_id, name, source, format, query, period, basis, hour, delivery, active, next_at, created_by, version
         FROM export_schedules
         WHERE tenant_id = $1 AND deleted_at IS NULL AND ($2::uuid IS NULL OR schedule_id = $2)
         ORDER BY name, schedule_id",
        tenant.0,
        wanted.map(|id| id.0)
    )
    .fetch_all(tx.conn())
    .await?;
    let mut schedules = Vec::with_capacity(rows.len());
    for row in rows {
        let last = deliveries(tx, ScheduleId(row.schedule_id), 1).await?.pop();
        schedules.extend(row.schedule(last));
    }
    Ok(schedules)
}

/// The latest deliveries of one, the newest first.
async fn deliveries(
    tx: &mut TenantTx,
    schedule: ScheduleId,
    most: i64,
) -> Result<Vec<ScheduleDelivery>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        DeliveryRow,
        "SELECT delivery_id, first_day, last_day, state, attempts, last_error, next_attempt_at, export_id, delivered_at,
                created_at
         FROM export_deliveries WHERE tenant_id = $1 AND schedule_id = $2 ORDER BY delivery_id DESC LIMIT $3",
        tenant.0,
        schedule.0,
        most
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().filter_map(DeliveryRow::delivery).collect())
}

/// As a page lists them.
pub(super) async fn history(
    tx: &mut TenantTx,
    schedule: ScheduleId,
) -> Result<Vec<ScheduleDelivery>, StoreError> {
    deliveries(tx, schedule, LISTED_MAX).await
}

/// Deliveries that wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    /// Of the whole organisation.
    pub(super) all: i64,
    /// Of this schedule, asked for by hand.
    pub(super) by_hand: i64,
}

/// What is still to be delivered.
pub(super) async fn waiting(tx: &mut TenantTx, id: ScheduleId) -> Result<Waiting, StoreError> {
    let tenant = tx.tenant_id();
    let waiting = sqlx::query_as!(
        Waiting,
        r#"SELECT count(*) AS "all!", count(*) FILTER (WHERE schedule_id = $2 AND by_hand IS NOT NULL) AS "by_hand!"
           FROM export_deliveries WHERE tenant_id = $1 AND state = 'pending'"#,
        tenant.0,
        id.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(waiting)
}

/// When a schedule runs next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    pub(super) day: NaiveDate,
    pub(super) at: DateTime<Utc>,
}

/// What a schedule goes by, as it is stored.
fn basis(form: &ScheduleForm) -> ScheduleBasis {
    form.basis.unwrap_or_else(|| ScheduleBasis::usual(form.period))
}

/// Adds one.
pub(super) async fn insert(
    tx: &mut TenantTx,
    id: ScheduleId,
    form: &ScheduleForm,
    sealed: Option<&[u8]>,
    next: Next,
    (by, now): (&str, DateTime<Utc>),
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO export_schedules (tenant_id, schedule_id, name, source, format, query, period, hour, delivery,
                                       signing_secret, active, next_at, next_day, created_by, created_at, updated_at,
                                       basis)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)",
        tenant.0,
        id.0,
        form.name,
        form.source.as_str(),
        form.format.as_str(),
        serde_json::to_value(&form.query).unwrap_or_default(),
        form.period.as_str(),
        i16::from(form.hour),
        serde_json::to_value(&form.delivery).unwrap_or_default(),
        sealed,
        form.active,
        next.at,
        next.day,
        by,
        now,
        basis(form).as_str()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Changes one. A sealed secret that is not given stays as it is.
pub(super) async fn update(
    tx: &mut TenantTx,
    id: ScheduleId,
    form: &ScheduleForm,
    sealed: Option<&[u8]>,
    next: Next,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE export_schedules SET name = $3, source = $4, format = $5, query = $6, period = $7, hour = $8,
                delivery = $9, signing_secret = COALESCE($10, signing_secret), active = $11, next_at = $12,
                next_day = $13, updated_at = $14, basis = $15, version = version + 1
         WHERE tenant_id = $1 AND schedule_id = $2",
        tenant.0,
        id.0,
        form.name,
        form.source.as_str(),
        form.format.as_str(),
        serde_json::to_value(&form.query).unwrap_or_default(),
        form.period.as_str(),
        i16::from(form.hour),
        serde_json::to_value(&form.delivery).unwrap_or_default(),
        sealed,
        form.active,
        next.at,
        next.day,
        now,
        basis(form).as_str()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Locks one; tells whether it is there.
pub(super) async fn lock(tx: &mut TenantTx, id: ScheduleId) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        "SELECT schedule_id FROM export_schedules
         WHERE tenant_id = $1 AND schedule_id = $2 AND deleted_at IS NULL FOR UPDATE",
        tenant.0,
        id.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.is_some())
}

/// Gives up what a schedule's own runs have still to deliver, and with `by_hand` what was asked for by hand too.
pub(super) async fn give_up(
    tx: &mut TenantTx,
    id: ScheduleId,
    by_hand: bool,
    why: &str,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE export_deliveries SET state = 'failed', last_error = $4
         WHERE tenant_id = $1 AND schedule_id = $2 AND state = 'pending' AND ($3 OR by_hand IS NULL)",
        tenant.0,
        id.0,
        by_hand,
        why
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes one; what it has delivered stays on record, and what was still to be delivered is given up.
pub(super) async fn delete(tx: &mut TenantTx, id: ScheduleId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE export_schedules SET deleted_at = $3, active = false, updated_at = $3, version = version + 1
         WHERE tenant_id = $1 AND schedule_id = $2",
        tenant.0,
        id.0,
        now
    )
    .execute(tx.conn())
    .await?;
    give_up(tx, id, true, "the schedule was deleted").await
}

/// Adds a delivery; one that a schedule made by itself for these days before stays the only one.
pub(super) async fn insert_delivery(
    tx: &mut TenantTx,
    id: DeliveryId,
    schedule: ScheduleId,
    (first, last): (NaiveDate, NaiveDate),
    by_hand: Option<UserId>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO export_deliveries (tenant_id, delivery_id, schedule_id, first_day, last_day, by_hand,
                                        next_attempt_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING",
        tenant.0,
        id.0,
        schedule.0,
        first,
        last,
        by_hand.map(|user| user.0),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Refuses a month that has no statement yet.
pub(super) async fn require_statement(tx: &mut TenantTx, month: NaiveDate) -> Result<(), Fault> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM billing_periods WHERE tenant_id = $1 AND month = $2) AS "found!""#,
        tenant.0,
        month
    )
    .fetch_one(tx.conn())
    .await?;
    if found {
        return Ok(());
    }
    let text = format!(
        "{} has to be closed first: the schedule sends what its statement holds.",
        month.format("%Y-%m")
    );
    Err(Fault::new(Code::PeriodRefused).detail(text))
}
