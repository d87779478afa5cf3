//! What carrying accounts reads and writes beside their settings. Secrets pass through sealed.

use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};
use tollgate_contract::ids::{AccountId, ProxyId};
use tollgate_contract::platform::Platform;
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// What is secret of an account, as it is stored.
#[derive(Debug)]
pub(super) struct Secrets {
    pub(super) account_id: Uuid,
    /// Sealed.
    pub(super) credential: Vec<u8>,
    /// Sealed.
    pub(super) extra_headers: Option<Vec<u8>>,
    /// Sealed.
    pub(super) token: Option<Vec<u8>>,
    pub(super) token_expires_at: Option<DateTime<Utc>>,
    pub(super) token_issued_at: Option<DateTime<Utc>>,
}

pub(super) async fn secrets(
    tx: &mut TenantTx,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Secrets>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        Secrets,
        "SELECT account_id, credential, extra_headers, token, token_expires_at, token_issued_at FROM accounts
         WHERE tenant_id = $1 AND account_id = ANY ($2) AND deleted_at IS NULL",
        tenant.0,
        accounts
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row)).collect())
}

/// Which of these accounts, by platform and name, are there.
pub(super) async fn existing(
    tx: &mut TenantTx,
    platforms: &[String],
    names: &[String],
) -> Result<HashSet<(Platform, String)>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT a.platform, a.name FROM accounts a
         JOIN unnest($2::text[], $3::text[]) AS asked (platform, name)
           ON asked.platform = a.platform AND asked.name = a.name
         WHERE a.tenant_id = $1 AND a.deleted_at IS NULL",
        tenant.0,
        platforms,
        names
    )
    .fetch_all(tx.conn())
    .await?;
    let known = rows
        .into_iter()
        .filter_map(|row| Some((Platform::parse(&row.platform)?, row.name)));
    Ok(known.collect())
}

/// The proxies of these names that are there; they stay so until the transaction ends.
pub(super) async fn proxies(
    tx: &mut TenantTx,
    names: &[String],
) -> Result<HashMap<String, ProxyId>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT proxy_id, name FROM proxies WHERE tenant_id = $1 AND name = ANY ($2) AND deleted_at IS NULL FOR SHARE",
        tenant.0,
        names
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.name, ProxyId(row.proxy_id)))
        .collect())
}

/// Stores the token of an account that was just made.
pub(super) async fn set_token(
    tx: &mut TenantTx,
    account: AccountId,
    token: &[u8],
    expires_at: Option<DateTime<Utc>>,
    issued_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE accounts SET token = $3, token_expires_at = $4, token_issued_at = $5, token_version = token_version + 1,
                renewable = false
         WHERE tenant_id = $1 AND account_id = $2",
        tenant.0,
        account.0,
        token,
        expires_at,
        issued_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
