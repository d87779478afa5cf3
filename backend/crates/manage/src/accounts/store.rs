//! Upstream accounts in the database. Credentials pass through sealed.

use super::sealing::Sealed;
use crate::figures::Sums;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use std::collections::BTreeMap;
use tollgate_contract::accounts::{Account, AccountSettings, AccountState};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_store::{StoreError, TenantTx};

/// Most accounts read at once; tenants have dozens.
const ACCOUNTS_MAX: i64 = 1000;

fn unsigned(value: i32) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

fn signed(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

fn mapping(value: Value) -> BTreeMap<String, String> {
    serde_json::from_value(value).unwrap_or_default()
}

/// Which accounts to read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub(super) platform: Option<Platform>,
    pub(super) id: Option<AccountId>,
}

/// As it is stored, with its usage.
struct Row {
    account_id: uuid::Uuid,
    platform: String,
    name: String,
    description: String,
    base_url: String,
    credential_kind: String,
    credential_hint: String,
    region: Option<String>,
    api_version: Option<String>,
    project: Option<String>,
    extra_header_names: Vec<String>,
    first_byte_timeout_s: Option<i32>,
    idle_timeout_s: Option<i32>,
    priority: i32,
    weight: i32,
    schedulable: bool,
    concurrency_cap: Option<i32>,
    models: Vec<String>,
    model_mapping: Value,
    state: String,
    state_until: Option<DateTime<Utc>>,
    state_reason: String,
    state_since: DateTime<Utc>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    requests: i64,
    input: i64,
    output: i64,
    cache_write_5m: i64,
    cache_write_1h: i64,
    cache_read: i64,
    charge: i64,
}

/// Accounts that are not deleted, with their usage of a day.
pub(super) async fn read(
    tx: &mut TenantTx,
    wanted: Wanted,
    today: NaiveDate,
) -> Result<Vec<Account>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT a.account_id, a.platform, a.name, a.description, a.base_url, a.credential_kind, a.credential_hint,
                  a.region, a.api_version, a.project, a.extra_header_names, a.first_byte_timeout_s, a.idle_timeout_s,
                  a.priority, a.weight, a.schedulable, a.concurrency_cap, a.models, a.model_mapping, a.state,
                  a.state_until, a.state_reason, a.state_since, a.version, a.created_at, a.updated_at,
                  u.requests AS "requests!", u.input AS "input!", u.output AS "output!",
                  u.cache_write_5m AS "cache_write_5m!", u.cache_write_1h AS "cache_write_1h!",
                  u.cache_read AS "cache_read!", u.charge AS "charge!"
           FROM accounts a
           CROSS JOIN LATERAL (
               SELECT COALESCE(sum(d.requests), 0)::bigint AS requests,
                      COALESCE(sum(d.input_tokens), 0)::bigint AS input,
                      COALESCE(sum(d.output_tokens), 0)::bigint AS output,
                      COALESCE(sum(d.cache_write_5m_tokens), 0)::bigint AS cache_write_5m,
                      COALESCE(sum(d.cache_write_1h_tokens), 0)::bigint AS cache_write_1h,
                      COALESCE(sum(d.cache_read_tokens), 0)::bigint AS cache_read,
                      COALESCE(sum(d.charge_nano), 0)::bigint AS charge
               FROM usage_day d WHERE d.tenant_id = $1 AND d.local_date = $4 AND d.account_id = a.account_id) u
           WHERE a.tenant_id = $1 AND a.deleted_at IS NULL
             AND ($2::text IS NULL OR a.platform = $2) AND ($3::uuid IS NULL OR a.account_id = $3)
           ORDER BY a.platform, a.priority, a.name, a.account_id LIMIT $5"#,
        tenant.0,
        wanted.platform.map(Platform::as_str),
        wanted.id.map(|id| id.0),
        today,
        ACCOUNTS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().filter_map(shown).collect())
}

/// The account as it is shown; one that a newer version of Tollgate wrote in words unknown here is left out.
fn shown(row: Row) -> Option<Account> {
    Some(Account {
        id: AccountId(row.account_id),
        platform: Platform::parse(&row.platform)?,
        name: row.name,
        description: row.description,
        base_url: row.base_url,
        credential_kind: CredentialKind::parse(&row.credential_kind)?,
        credential_hint: row.credential_hint,
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
        models: row.models,
        model_mapping: mapping(row.model_mapping),
        state: AccountState::parse(&row.state)?,
        state_reason: row.state_reason,
        state_until: row.state_until,
        state_since: row.state_since,
        today: Sums {
            requests: row.requests,
            input: row.input,
            output: row.output,
            cache_write_5m: row.cache_write_5m,
            cache_write_1h: row.cache_write_1h,
            cache_read: row.cache_read,
            charge: row.charge,
        }
        .into(),
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// An account under lock.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) version: i64,
    pub(super) settings: AccountSettings,
    pub(super) state: String,
    /// Sealed.
    pub(super) credential: Vec<u8>,
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
        "SELECT name, description, base_url, credential, credential_kind, region, api_version, project, extra_headers,
                extra_header_names, first_byte_timeout_s, idle_timeout_s, priority, weight, schedulable,
                concurrency_cap, models, model_mapping, state, version
         FROM accounts WHERE tenant_id = $1 AND account_id = $2 AND platform = $3 AND deleted_at IS NULL FOR UPDATE",
        tenant.0,
        account.0,
        platform.as_str()
    )
    .fetch_optional(tx.conn())
    .await?;
    let locked = row.and_then(|row| {
        Some(Locked {
            version: row.version,
            state: row.state,
            credential: row.credential,
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
                models: row.models,
                model_mapping: mapping(row.model_mapping),
            },
        })
    });
    Ok(locked)
}

/// Without a credential there is no account: the table refuses the row.
pub(super) async fn insert(
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
                               extra_header_names, first_byte_timeout_s, idle_timeout_s)
         VALUES ($1, $2, $3, $4, $5, $6, $7, COALESCE($8, ''), $9, $10, $11, $12, $13, $14, $15, $15, $15, $16, $17, $18,
                 $19, $20, $21, $22, $23)",
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
        settings.idle_timeout_s.map(signed)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a locked account's settings and, where given, its secrets; gives it the next version. With another credential
/// it starts anew: what the old one caused is forgotten.
pub(super) async fn update(
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
                first_byte_timeout_s = $22, idle_timeout_s = $23,
                state = CASE WHEN starts_anew THEN 'active' ELSE state END,
                state_until = CASE WHEN starts_anew THEN NULL ELSE state_until END,
                state_reason = CASE WHEN starts_anew THEN '' ELSE state_reason END,
                state_since = CASE WHEN starts_anew THEN $14 ELSE state_since END,
                failures = CASE WHEN starts_anew THEN 0 ELSE failures END
         FROM (SELECT $6::bytea IS NOT NULL AS starts_anew) AS given
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
        settings.idle_timeout_s.map(signed)
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(version)
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
                 version = version + 1
          WHERE tenant_id = $1 AND account_id = $2 RETURNING version",
        tenant.0,
        account.0,
        at
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(version)
}

/// Makes a locked account active and forgets its failures.
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
    Ok(version)
}
