//! Upstream accounts in the database. Credentials pass through sealed.

mod around;
mod issued;
mod read;
mod write;

pub(super) use issued::{NewToken, Told, name_is_taken, set_token, set_windows};
pub(super) use read::{Wanted, read};
pub(super) use write::{insert, update};

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;
use tollgate_contract::accounts::AccountSettings;
use tollgate_contract::ids::{AccountId, ProxyId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_store::{StoreError, TenantTx};

fn unsigned(value: i32) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

fn long(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

fn signed_long(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn signed(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

fn mapping(value: Value) -> BTreeMap<String, String> {
    serde_json::from_value(value).unwrap_or_default()
}

/// An account under lock.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) version: i64,
    pub(super) settings: AccountSettings,
    pub(super) state: String,
    /// Sealed.
    pub(super) credential: Vec<u8>,
    /// What was issued from the credential last, sealed.
    pub(super) token: Option<Vec<u8>>,
    pub(super) token_expires_at: Option<DateTime<Utc>>,
    /// Whose account it is at the vendor; may be empty.
    pub(super) identity: String,
    /// Sealed.
    pub(super) extra_headers: Option<Vec<u8>>,
}

/// An account that is not deleted, kept from others' changes until the transaction ends. One whose credential is of a kind
/// that this version does not know is none to it.
pub(super) async fn lock(
    tx: &mut TenantTx,
    platform: Platform,
    account: AccountId,
) -> Result<Option<Locked>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT name, description, base_url, credential, credential_kind, region, api_version, project, extra_headers,
                extra_header_names, first_byte_timeout_s, idle_timeout_s, priority, weight, schedulable,
                concurrency_cap, requests_per_minute, tokens_per_minute, daily_cost_nano, proxy_id, self_test_every_s,
                models, model_mapping, state, settings_version, token, token_expires_at, identity,
                ARRAY(SELECT t.tag FROM account_tags t WHERE t.tenant_id = $1 AND t.account_id = $2
                      ORDER BY t.tag) AS "tags!"
         FROM accounts WHERE tenant_id = $1 AND account_id = $2 AND platform = $3 AND deleted_at IS NULL FOR UPDATE"#,
        tenant.0,
        account.0,
        platform.as_str()
    )
    .fetch_optional(tx.conn())
    .await?;
    let locked = row.and_then(|row| {
        Some(Locked {
            version: row.settings_version,
            state: row.state,
            credential: row.credential,
            token: row.token,
            token_expires_at: row.token_expires_at,
            identity: row.identity,
            extra_headers: row.extra_headers,
            settings: AccountSettings {
                name: row.name,
                description: row.description,
                base_url: row.base_url,
                credential_kind: CredentialKind::parse(&row.credential_kind)?,
                region: row.region,
                api_version: row.api_version,
                project: row.project,
                extra_headers: row.extra_header_names,
                first_byte_timeout_s: row.first_byte_timeout_s.map(unsigned),
                idle_timeout_s: row.idle_timeout_s.map(unsigned),
                priority: unsigned(row.priority),
                weight: unsigned(row.weight),
                schedulable: row.schedulable,
                concurrency_cap: row.concurrency_cap.map(unsigned),
                requests_per_minute: row.requests_per_minute.map(unsigned),
                tokens_per_minute: row.tokens_per_minute.map(long),
                daily_cost_nano: row.daily_cost_nano.map(NanoUsd),
                proxy_id: row.proxy_id.map(ProxyId),
                tags: row.tags,
                self_test_every_s: row.self_test_every_s.map(unsigned),
                models: row.models,
                model_mapping: mapping(row.model_mapping),
            },
        })
    });
    Ok(locked)
}

/// Whether there is such an account.
pub(super) async fn exists(
    tx: &mut TenantTx,
    platform: Platform,
    account: AccountId,
) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        "SELECT account_id FROM accounts
         WHERE tenant_id = $1 AND account_id = $2 AND platform = $3 AND deleted_at IS NULL",
        tenant.0,
        account.0,
        platform.as_str()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.is_some())
}

/// Marks a locked account as deleted and forgets its secrets.
pub(super) async fn mark_deleted(
    tx: &mut TenantTx,
    account: AccountId,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let version = sqlx::query_scalar!(
        r"UPDATE accounts SET deleted_at = $3, updated_at = $3, credential = '\x', extra_headers = NULL,
                 token = NULL, version = version + 1, settings_version = settings_version + 1
          WHERE tenant_id = $1 AND account_id = $2 RETURNING version",
        tenant.0,
        account.0,
        at
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(version)
}

/// Makes a locked account active and forgets its failures and which windows are used up.
pub(super) async fn reset(
    tx: &mut TenantTx,
    account: AccountId,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let version = sqlx::query_scalar!(
        "UPDATE accounts SET state = 'active', state_until = NULL, state_reason = '', state_since = $3, failures = 0,
                updated_at = $3, version = version + 1
         WHERE tenant_id = $1 AND account_id = $2 RETURNING version",
        tenant.0,
        account.0,
        at
    )
    .fetch_one(tx.conn())
    .await?;
    // What the vendor told of its windows would keep it out all the same. The share stays; the next answer tells anew.
    sqlx::query!(
        "UPDATE account_windows SET status = 'allowed_by_hand', observed_at = $3
         WHERE tenant_id = $1 AND account_id = $2 AND (status = 'rejected' OR used_permille >= 1000)",
        tenant.0,
        account.0,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(version)
}
