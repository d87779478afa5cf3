//! The settings in the database.

use crate::figures::count;
use chrono::{DateTime, Utc};
use tollgate_contract::captures::{CaptureLine, CaptureSettings};
use tollgate_contract::ids::{KeyId, RequestId};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// As they are set; `None` if they never were.
pub(super) async fn settings(tx: &mut TenantTx) -> Result<Option<CaptureSettings>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT active, sample_per_mille, key_ids, redact_secrets, redact_emails, redact_cards, patterns, body_bytes_max,
                keep_days
         FROM capture_settings WHERE tenant_id = $1",
        tenant.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let number = |value: i32| u32::try_from(value).unwrap_or_default();
    Ok(row.map(|row| CaptureSettings {
        active: row.active,
        sample_per_mille: number(row.sample_per_mille),
        key_ids: row.key_ids.into_iter().map(KeyId).collect(),
        redact_secrets: row.redact_secrets,
        redact_emails: row.redact_emails,
        redact_cards: row.redact_cards,
        patterns: row.patterns,
        body_bytes_max: number(row.body_bytes_max),
        keep_days: number(row.keep_days),
    }))
}

/// Sets them; gives their version.
pub(super) async fn set(
    tx: &mut TenantTx,
    form: &CaptureSettings,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let keys: Vec<Uuid> = form.key_ids.iter().map(|key| key.0).collect();
    let version = sqlx::query_scalar!(
        "INSERT INTO capture_settings AS s (tenant_id, active, sample_per_mille, key_ids, redact_secrets, redact_emails,
                                            redact_cards, patterns, body_bytes_max, keep_days, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (tenant_id) DO UPDATE
         SET active = $2, sample_per_mille = $3, key_ids = $4, redact_secrets = $5, redact_emails = $6, redact_cards = $7,
             patterns = $8, body_bytes_max = $9, keep_days = $10, updated_at = $11, version = s.version + 1
         RETURNING version",
        tenant.0,
        form.active,
        number(form.sample_per_mille),
        &keys,
        form.redact_secrets,
        form.redact_emails,
        form.redact_cards,
        &form.patterns,
        number(form.body_bytes_max),
        number(form.keep_days),
        at
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(version)
}

/// Whether all of them are keys of the tenant's.
pub(super) async fn keys_known(tx: &mut TenantTx, keys: &[KeyId]) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
    let known = sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (
               SELECT 1 FROM unnest($2::uuid[]) AS named (id)
               WHERE NOT EXISTS (SELECT 1 FROM api_keys k WHERE k.tenant_id = $1 AND k.key_id = named.id)) AS "known!""#,
        tenant.0,
        &ids
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(known)
}

/// Deletes what was kept of a request; whether there was something.
pub(super) async fn delete(tx: &mut TenantTx, request: RequestId) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let gone = sqlx::query!(
        "DELETE FROM captures WHERE tenant_id = $1 AND request_id = $2",
        tenant.0,
        request.0
    )
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// Requests of which bodies are kept, the newest first; what is due to be deleted is gone.
pub(super) async fn kept(
    tx: &mut TenantTx,
    before: Option<Uuid>,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<CaptureLine>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT c.request_id, c.request_bytes + c.answer_bytes AS "bytes!", c.redacted, c.captured_at, c.expires_at,
                  e.model AS "model?", k.name AS "key_name?"
           FROM captures c
           LEFT JOIN usage_events e ON e.tenant_id = c.tenant_id AND e.request_id = c.request_id
           LEFT JOIN api_keys k ON k.tenant_id = e.tenant_id AND k.key_id = e.key_id
           WHERE c.tenant_id = $1 AND c.expires_at > $2 AND ($3::uuid IS NULL OR c.request_id < $3)
           ORDER BY c.request_id DESC LIMIT $4"#,
        tenant.0,
        now,
        before,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    let lines = rows.into_iter().map(|row| CaptureLine {
        request_id: RequestId(row.request_id),
        key_name: row.key_name,
        model: row.model,
        bytes: count(row.bytes),
        redacted: u32::try_from(row.redacted).unwrap_or_default(),
        captured_at: row.captured_at,
        expires_at: row.expires_at,
    });
    Ok(lines.collect())
}
