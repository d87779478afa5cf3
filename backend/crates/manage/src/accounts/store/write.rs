//! An account's settings and secrets as they are written.

use super::{signed, signed_long};
use crate::accounts::sealing::Sealed;
use chrono::{DateTime, Utc};
use tollgate_contract::accounts::AccountSettings;
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use tollgate_store::{StoreError, TenantTx};

/// Without a credential there is no account: the table refuses the row.
pub(in crate::accounts) async fn insert(
    tx: &mut TenantTx,
    account: AccountId,
    platform: Platform,
    settings: &AccountSettings,
    sealed: &Sealed,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let credential = sealed.credential.as_ref();
    let headers = sealed.headers.as_ref().and_then(|headers| headers.0.as_deref());
    sqlx::query!(
        "INSERT INTO accounts (tenant_id, account_id, platform, name, description, base_url, credential, credential_hint,
                               priority, weight, schedulable, concurrency_cap, models, model_mapping, state_since,
                               created_at, updated_at, credential_kind, region, api_version, project, extra_headers,
                               extra_header_names, first_byte_timeout_s, idle_timeout_s, requests_per_minute,
                               tokens_per_minute, daily_cost_nano, proxy_id, self_test_every_s)
         VALUES ($1, $2, $3, $4, $5, $6, $7, COALESCE($8, ''), $9, $10, $11, $12, $13, $14, $15, $15, $15, $16, $17, $18,
                 $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)",
        tenant.0,
        account.0,
        platform.as_str(),
        settings.name,
        settings.description,
        settings.base_url,
        credential.map(|credential| credential.sealed.as_slice()),
        credential.map(|credential| credential.hint.as_str()),
        signed(settings.priority),
        signed(settings.weight),
        settings.schedulable,
        settings.concurrency_cap.map(signed),
        &settings.models,
        serde_json::to_value(&settings.model_mapping).unwrap_or_default(),
        at,
        settings.credential_kind.as_str(),
        settings.region,
        settings.api_version,
        settings.project,
        headers,
        &settings.extra_headers,
        settings.first_byte_timeout_s.map(signed),
        settings.idle_timeout_s.map(signed),
        settings.requests_per_minute.map(signed),
        settings.tokens_per_minute.map(signed_long),
        settings.daily_cost_nano.map(|cap| cap.0),
        settings.proxy_id.map(|proxy| proxy.0),
        settings.self_test_every_s.map(signed)
    )
    .execute(tx.conn())
    .await?;
    set_tags(tx, account, &settings.tags).await
}

/// Replaces an account's tags.
async fn set_tags(tx: &mut TenantTx, account: AccountId, tags: &[String]) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "WITH gone AS (
             DELETE FROM account_tags WHERE tenant_id = $1 AND account_id = $2 AND tag <> ALL ($3)
         )
         INSERT INTO account_tags (tenant_id, account_id, tag)
         SELECT $1, $2, tag FROM unnest($3::text[]) AS tag ON CONFLICT DO NOTHING",
        tenant.0,
        account.0,
        tags
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a locked account's settings and, where given, its secrets; gives it the next version. With another credential
/// it starts anew: what the old one caused is forgotten.
pub(in crate::accounts) async fn update(
    tx: &mut TenantTx,
    account: AccountId,
    settings: &AccountSettings,
    sealed: &Sealed,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let version = update_row(tx, account, settings, sealed, at).await?;
    if sealed.credential.is_some() {
        super::set_windows(tx, account, &[], at).await?;
    }
    set_tags(tx, account, &settings.tags).await?;
    Ok(version)
}

async fn update_row(
    tx: &mut TenantTx,
    account: AccountId,
    settings: &AccountSettings,
    sealed: &Sealed,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let credential = sealed.credential.as_ref();
    let headers = sealed.headers.as_ref();
    let version = sqlx::query_scalar!(
        "UPDATE accounts SET name = $3, description = $4, base_url = $5, credential = COALESCE($6, credential),
                credential_hint = COALESCE($7, credential_hint), priority = $8, weight = $9, schedulable = $10,
                concurrency_cap = $11, models = $12, model_mapping = $13, updated_at = $14, version = version + 1,
                credential_kind = $15, region = $16, api_version = $17, project = $18,
                extra_headers = CASE WHEN $19 THEN $20 ELSE extra_headers END, extra_header_names = $21,
                first_byte_timeout_s = $22, idle_timeout_s = $23, requests_per_minute = $24,
                tokens_per_minute = $25, daily_cost_nano = $26, proxy_id = $27, self_test_every_s = $28,
                settings_version = settings_version + 1,
                token = CASE WHEN starts_anew THEN NULL ELSE token END,
                token_expires_at = CASE WHEN starts_anew THEN NULL ELSE token_expires_at END,
                token_version = CASE WHEN starts_anew THEN token_version + 1 ELSE token_version END,
                renewable = starts_anew OR renewable,
                plan = CASE WHEN starts_anew THEN NULL ELSE plan END,
                opus = CASE WHEN starts_anew THEN NULL ELSE opus END,
                identity = CASE WHEN starts_anew THEN '' ELSE identity END,
                profile_at = CASE WHEN starts_anew THEN NULL ELSE profile_at END,
                refresh_failures = CASE WHEN is_mended THEN 0 ELSE refresh_failures END,
                refresh_error = CASE WHEN is_mended THEN '' ELSE refresh_error END,
                refresh_after = CASE WHEN is_mended THEN NULL ELSE refresh_after END,
                refreshing_until = CASE WHEN starts_anew THEN NULL ELSE refreshing_until END,
                refreshing_node = CASE WHEN starts_anew THEN NULL ELSE refreshing_node END,
                state = CASE WHEN starts_anew THEN 'active' ELSE state END,
                state_until = CASE WHEN starts_anew THEN NULL ELSE state_until END,
                state_reason = CASE WHEN starts_anew THEN '' ELSE state_reason END,
                state_since = CASE WHEN starts_anew THEN $14 ELSE state_since END,
                failures = CASE WHEN starts_anew THEN 0 ELSE failures END
         FROM (SELECT $6::bytea IS NOT NULL AS starts_anew,
                      -- What may have kept its token from being renewed is another thing now.
                      $6::bytea IS NOT NULL OR before.proxy_id IS DISTINCT FROM $27 OR before.base_url <> $5
                        OR before.region IS DISTINCT FROM $16 AS is_mended
               FROM accounts before WHERE before.tenant_id = $1 AND before.account_id = $2) AS given
         WHERE tenant_id = $1 AND account_id = $2 RETURNING version",
        tenant.0,
        account.0,
        settings.name,
        settings.description,
        settings.base_url,
        credential.map(|credential| credential.sealed.as_slice()),
        credential.map(|credential| credential.hint.as_str()),
        signed(settings.priority),
        signed(settings.weight),
        settings.schedulable,
        settings.concurrency_cap.map(signed),
        &settings.models,
        serde_json::to_value(&settings.model_mapping).unwrap_or_default(),
        at,
        settings.credential_kind.as_str(),
        settings.region,
        settings.api_version,
        settings.project,
        headers.is_some(),
        headers.and_then(|headers| headers.0.as_deref()),
        &settings.extra_headers,
        settings.first_byte_timeout_s.map(signed),
        settings.idle_timeout_s.map(signed),
        settings.requests_per_minute.map(signed),
        settings.tokens_per_minute.map(signed_long),
        settings.daily_cost_nano.map(|cap| cap.0),
        settings.proxy_id.map(|proxy| proxy.0),
        settings.self_test_every_s.map(signed)
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(version)
}
