//! What a vendor issued and told, as it is stored beside an account's credential.

use chrono::{DateTime, Utc};
use tollgate_contract::ids::AccountId;
use tollgate_oauth::WindowSeen;
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// Longest status of a window that is kept.
const STATUS_MAX: usize = 50;

/// A token, sealed.
pub(in crate::accounts) struct NewToken {
    pub(in crate::accounts) sealed: Vec<u8>,
    pub(in crate::accounts) expires_at: Option<DateTime<Utc>>,
    /// Whether it can be renewed without a person.
    pub(in crate::accounts) renewable: bool,
}

/// What the vendor told of the subscription.
#[derive(Debug, Default)]
pub(in crate::accounts) struct Told {
    pub(in crate::accounts) plan: Option<String>,
    pub(in crate::accounts) opus: Option<bool>,
    /// May be empty.
    pub(in crate::accounts) identity: String,
}

/// Stores the first token of a grant and what came with it; gives the row's new version.
pub(in crate::accounts) async fn set_token(
    tx: &mut TenantTx,
    account: AccountId,
    token: &NewToken,
    told: &Told,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let version = sqlx::query_scalar!(
        "UPDATE accounts SET token = $3, token_expires_at = $4, token_version = token_version + 1, token_issued_at = $5,
                renewable = $6, plan = $7, opus = $8, identity = $9, profile_at = $5, refresh_failures = 0,
                refresh_error = '', refresh_after = NULL, refreshing_until = NULL, refreshing_node = NULL,
                version = version + 1
         WHERE tenant_id = $1 AND account_id = $2 RETURNING version",
        tenant.0,
        account.0,
        token.sealed,
        token.expires_at,
        at,
        token.renewable,
        told.plan,
        told.opus,
        told.identity
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(version)
}

/// Puts these windows in place of those that were known.
pub(in crate::accounts) async fn set_windows(
    tx: &mut TenantTx,
    account: AccountId,
    windows: &[WindowSeen],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let names: Vec<String> = windows.iter().map(|window| window.name.clone()).collect();
    let used: Vec<i32> = windows
        .iter()
        .map(|window| i32::try_from(window.used_permille).unwrap_or(i32::MAX))
        .collect();
    let status: Vec<String> = windows
        .iter()
        .map(|window| {
            let text = window.status.as_deref().unwrap_or_default();
            text.chars().take(STATUS_MAX).collect()
        })
        .collect();
    let resets: Vec<Option<DateTime<Utc>>> = windows.iter().map(|window| window.resets_at).collect();
    sqlx::query!(
        "DELETE FROM account_windows WHERE tenant_id = $1 AND account_id = $2 AND name <> ALL ($3)",
        tenant.0,
        account.0,
        &names
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "INSERT INTO account_windows (tenant_id, account_id, name, used_permille, status, resets_at, observed_at)
         SELECT $1, $2, name, used, status, resets_at, $7
         FROM unnest($3::text[], $4::integer[], $5::text[], $6::timestamptz[]) AS seen (name, used, status, resets_at)
         ON CONFLICT (tenant_id, account_id, name) DO UPDATE
         SET used_permille = EXCLUDED.used_permille, status = EXCLUDED.status, resets_at = EXCLUDED.resets_at,
             observed_at = EXCLUDED.observed_at",
        tenant.0,
        account.0,
        &names,
        &used,
        &status,
        &resets as &[Option<DateTime<Utc>>],
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether another account of the platform has the name.
pub(in crate::accounts) async fn name_is_taken(
    tx: &mut TenantTx,
    platform: &str,
    name: &str,
) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let other: Option<Uuid> = sqlx::query_scalar!(
        "SELECT account_id FROM accounts WHERE tenant_id = $1 AND platform = $2 AND name = $3 AND deleted_at IS NULL",
        tenant.0,
        platform,
        name
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(other.is_some())
}
