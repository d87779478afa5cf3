//! Notices in the outbox, and of what an organisation wants to be told.

use chrono::{DateTime, Utc};
use tollgate_contract::ids::NoticeId;
use tollgate_contract::money::NanoUsd;
use tollgate_contract::notices::{Notice, NoticeSettings, NoticeText};
use tollgate_store::{Clock, JobsTx, StoreError, TenantTx};
use uuid::Uuid;

/// How many notices are listed.
const LISTED_MAX: i64 = 100;

/// The outbox's kind of a notice.
pub(super) fn kind(text: &NoticeText) -> &'static str {
    match text {
        NoticeText::BudgetThreshold { .. } | NoticeText::LowBalance { .. } => "cost_warning",
        NoticeText::PaymentConflict { .. }
        | NoticeText::LimitsInProcess { .. }
        | NoticeText::UnpricedModel { .. } => "system_error",
    }
}

/// Writes a notice of the transaction's tenant, once for each cause.
pub(crate) async fn write(
    tx: &mut TenantTx,
    clock: &Clock,
    cause: &str,
    text: &NoticeText,
) -> Result<(), StoreError> {
    let (tenant, payload) = (tx.tenant_id(), serde_json::to_value(text).unwrap_or_default());
    sqlx::query!(
        "INSERT INTO outbox (tenant_id, outbox_id, kind, dedupe_key, payload, next_attempt_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (tenant_id, dedupe_key) DO NOTHING",
        tenant.0,
        clock.new_id(),
        kind(text),
        cause,
        payload,
        clock.now()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// As [`write`], of any tenant. Tells whether it is new.
pub(super) async fn write_for(
    tx: &mut JobsTx,
    clock: &Clock,
    tenant: Uuid,
    cause: &str,
    text: &NoticeText,
) -> Result<bool, StoreError> {
    let payload = serde_json::to_value(text).unwrap_or_default();
    let written = sqlx::query!(
        "INSERT INTO outbox (tenant_id, outbox_id, kind, dedupe_key, payload, next_attempt_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (tenant_id, dedupe_key) DO NOTHING",
        tenant,
        clock.new_id(),
        kind(text),
        cause,
        payload,
        clock.now()
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() > 0)
}

/// The newest notices.
pub(super) async fn list(tx: &mut TenantTx) -> Result<Vec<Notice>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT outbox_id, payload, created_at FROM outbox
         WHERE tenant_id = $1 AND kind IN ('cost_warning', 'system_error') ORDER BY outbox_id DESC LIMIT $2",
        tenant.0,
        LISTED_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let notices = rows.into_iter().filter_map(|row| {
        Some(Notice {
            id: NoticeId(row.outbox_id),
            // One that a newer version of Tollgate wrote in words unknown here is left out.
            text: serde_json::from_value(row.payload).ok()?,
            created_at: row.created_at,
        })
    });
    Ok(notices.collect())
}

/// Of what the organisation wants to be told.
pub(super) async fn settings(tx: &mut TenantTx) -> Result<NoticeSettings, StoreError> {
    let tenant = tx.tenant_id();
    let stored = sqlx::query_scalar!(
        "SELECT low_balance_nano FROM notice_settings WHERE tenant_id = $1",
        tenant.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(NoticeSettings {
        low_balance_nano: stored.flatten().map(NanoUsd),
    })
}

/// Sets it. Another threshold is another crossing.
pub(super) async fn set(
    tx: &mut TenantTx,
    settings: &NoticeSettings,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO notice_settings (tenant_id, low_balance_nano, updated_at) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id) DO UPDATE
         SET low_balance_nano = excluded.low_balance_nano, updated_at = excluded.updated_at, low_since = NULL",
        tenant.0,
        settings.low_balance_nano.map(|amount| amount.0),
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
