//! Kept exports and links to them in the database.

use chrono::{DateTime, Utc};
use tollgate_contract::exports::{Export, ExportFormat, ExportQuery, ExportSource, file_name};
use tollgate_contract::ids::{ExportId, ScheduleId, UserId};
use tollgate_contract::money::NanoUsd;
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// How many are listed.
const LISTED_MAX: i64 = 100;

/// A kept export, and whose requests alone are in it.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) export: Export,
    pub(super) only_user: Option<UserId>,
    pub(super) owner: Option<UserId>,
}

struct Stored {
    export_id: Uuid,
    source: String,
    format: String,
    query: serde_json::Value,
    only_user_id: Option<Uuid>,
    owner_id: Option<Uuid>,
    row_count: i64,
    total_nano: i64,
    schedule_id: Option<Uuid>,
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl Stored {
    /// `None` for one that a newer version of Tollgate wrote in words unknown here.
    fn kept(self) -> Option<Kept> {
        let (source, format) = (
            ExportSource::parse(&self.source)?,
            ExportFormat::parse(&self.format)?,
        );
        let query: ExportQuery = serde_json::from_value(self.query).ok()?;
        Some(Kept {
            only_user: self.only_user_id.map(UserId),
            owner: self.owner_id.map(UserId),
            export: Export {
                id: ExportId(self.export_id),
                source,
                format,
                query,
                file_name: file_name(source, format),
                rows: u64::try_from(self.row_count).unwrap_or_default(),
                total_nano: NanoUsd(self.total_nano),
                schedule_id: self.schedule_id.map(ScheduleId),
                created_by: self.created_by,
                created_at: self.created_at,
                expires_at: self.expires_at,
            },
        })
    }
}

/// Keeps one.
pub(super) async fn insert(tx: &mut TenantTx, kept: &Kept) -> Result<(), StoreError> {
    let (tenant, export) = (tx.tenant_id(), &kept.export);
    sqlx::query!(
        "INSERT INTO exports (tenant_id, export_id, source, format, query, only_user_id, owner_id, row_count, total_nano,
                              schedule_id, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        tenant.0,
        export.id.0,
        export.source.as_str(),
        export.format.as_str(),
        serde_json::to_value(&export.query).unwrap_or_default(),
        kept.only_user.map(|user| user.0),
        kept.owner.map(|user| user.0),
        i64::try_from(export.rows).unwrap_or(i64::MAX),
        export.total_nano.0,
        export.schedule_id.map(|schedule| schedule.0),
        export.created_by,
        export.created_at,
        export.expires_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many are kept that have not expired: of those that schedules made, or of those that people made.
pub(super) async fn count(tx: &mut TenantTx, scheduled: bool, now: DateTime<Utc>) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM exports
           WHERE tenant_id = $1 AND expires_at > $2 AND (schedule_id IS NOT NULL) = $3"#,
        tenant.0,
        now,
        scheduled
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(count)
}

/// The newest of everyone's, or of one person's.
pub(super) async fn list(
    tx: &mut TenantTx,
    owner: Option<UserId>,
    now: DateTime<Utc>,
) -> Result<Vec<Kept>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        Stored,
        "SELECT export_id, source, format, query, only_user_id, owner_id, row_count, total_nano, schedule_id, created_by,
                created_at, expires_at
         FROM exports WHERE tenant_id = $1 AND expires_at > $2 AND ($3::uuid IS NULL OR owner_id = $3)
         ORDER BY export_id DESC LIMIT $4",
        tenant.0,
        now,
        owner.map(|user| user.0),
        LISTED_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().filter_map(Stored::kept).collect())
}

/// One, unless it has expired.
pub(super) async fn get(
    tx: &mut TenantTx,
    id: ExportId,
    now: DateTime<Utc>,
) -> Result<Option<Kept>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query_as!(
        Stored,
        "SELECT export_id, source, format, query, only_user_id, owner_id, row_count, total_nano, schedule_id, created_by,
                created_at, expires_at
         FROM exports WHERE tenant_id = $1 AND export_id = $2 AND expires_at > $3",
        tenant.0,
        id.0,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(Stored::kept))
}

/// Deletes one with its links; tells whether it was there.
pub(super) async fn delete(tx: &mut TenantTx, id: ExportId) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!("SELECT forget_export_links($1)", id.0)
        .fetch_one(tx.conn())
        .await?;
    let deleted = sqlx::query!(
        "DELETE FROM exports WHERE tenant_id = $1 AND export_id = $2",
        tenant.0,
        id.0
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Whether a link may still be followed: its organisation is active, and the schedule that sent it is not deleted.
pub(super) async fn is_open(tx: &mut TenantTx, schedule: Option<ScheduleId>) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let open = sqlx::query_scalar!(
        r#"SELECT t.status = 'active' AND ($2::uuid IS NULL OR EXISTS (
               SELECT FROM export_schedules s
               WHERE s.tenant_id = t.tenant_id AND s.schedule_id = $2 AND s.deleted_at IS NULL)) AS "open!"
           FROM tenants t WHERE t.tenant_id = $1"#,
        tenant.0,
        schedule.map(|schedule| schedule.0)
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(open.unwrap_or(false))
}

/// Makes a link to one, for a person or for whoever has it.
pub(super) async fn insert_link(
    tx: &mut TenantTx,
    hash: &[u8; 32],
    id: ExportId,
    recipient: Option<&[u8; 32]>,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO export_link_directory (link_hash, tenant_id, export_id, recipient_hash, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
        hash.as_slice(),
        tenant.0,
        id.0,
        recipient.map(<[u8; 32]>::as_slice),
        expires_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
