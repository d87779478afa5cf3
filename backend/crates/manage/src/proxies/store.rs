//! Proxies in the database. Passwords pass through sealed.

use crate::figures::count;
use chrono::{DateTime, Utc};
use serde::Serialize;
use tollgate_contract::ids::ProxyId;
use tollgate_contract::proxies::{LastTest, Proxy, ProxyScheme};
use tollgate_store::{StoreError, TenantTx};

/// Most proxies read at once; tenants have some dozens.
const PROXIES_MAX: i64 = 1000;

fn port(value: i32) -> u16 {
    u16::try_from(value).unwrap_or_default()
}

/// Proxies that are not deleted, by name, with the number of accounts that go through each: all, or the one of this id.
pub(super) async fn read(tx: &mut TenantTx, wanted: Option<ProxyId>) -> Result<Vec<Proxy>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT p.proxy_id, p.name, p.scheme, p.host, p.port, p.username, p.password IS NOT NULL AS "has_password!",
                  p.tested_at, p.test_code, p.test_message, p.test_latency_ms, p.version, p.created_at, p.updated_at,
                  (SELECT count(*) FROM accounts a
                   WHERE a.tenant_id = $1 AND a.proxy_id = p.proxy_id AND a.deleted_at IS NULL) AS "accounts!"
           FROM proxies p
           WHERE p.tenant_id = $1 AND p.deleted_at IS NULL AND ($2::uuid IS NULL OR p.proxy_id = $2)
           ORDER BY p.name, p.proxy_id LIMIT $3"#,
        tenant.0,
        wanted.map(|id| id.0),
        PROXIES_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let proxies = rows.into_iter().filter_map(|row| {
        let last_test = row.tested_at.map(|at| LastTest {
            at,
            code: row.test_code,
            message: row.test_message,
            latency_ms: row.test_latency_ms.and_then(|ms| u64::try_from(ms).ok()),
        });
        Some(Proxy {
            id: ProxyId(row.proxy_id),
            name: row.name,
            // One that a newer version of Tollgate wrote in words unknown here is left out.
            scheme: ProxyScheme::parse(&row.scheme)?,
            host: row.host,
            port: port(row.port),
            username: row.username,
            has_password: row.has_password,
            accounts: u32::try_from(count(row.accounts)).unwrap_or(u32::MAX),
            last_test,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    });
    Ok(proxies.collect())
}

/// What a person may edit of a proxy, as stored; of the password, whether there is one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Editable {
    pub(super) name: String,
    pub(super) scheme: ProxyScheme,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) username: String,
    pub(super) has_password: bool,
}

/// A proxy as it is stored.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) version: i64,
    pub(super) fields: Editable,
    /// Sealed.
    pub(super) password: Option<Vec<u8>>,
}

/// A proxy that is not deleted, kept from others' changes until the transaction ends, and from accounts that would begin
/// to go through it.
pub(super) async fn lock(tx: &mut TenantTx, proxy: ProxyId) -> Result<Option<Stored>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT name, scheme, host, port, username, password, version FROM proxies
         WHERE tenant_id = $1 AND proxy_id = $2 AND deleted_at IS NULL FOR UPDATE",
        tenant.0,
        proxy.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(|row| {
        Some(Stored {
            version: row.version,
            fields: Editable {
                name: row.name,
                scheme: ProxyScheme::parse(&row.scheme)?,
                host: row.host,
                port: port(row.port),
                username: row.username,
                has_password: row.password.is_some(),
            },
            password: row.password,
        })
    }))
}

pub(super) async fn insert(
    tx: &mut TenantTx,
    proxy: ProxyId,
    fields: &Editable,
    password: Option<&[u8]>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO proxies (tenant_id, proxy_id, name, scheme, host, port, username, password, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        tenant.0,
        proxy.0,
        fields.name,
        fields.scheme.as_str(),
        fields.host,
        i32::from(fields.port),
        fields.username,
        password,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a locked proxy and gives it the next version. What the last test said is forgotten: it was of another way.
pub(super) async fn update(
    tx: &mut TenantTx,
    proxy: ProxyId,
    fields: &Editable,
    password: Option<&[u8]>,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let version = sqlx::query_scalar!(
        "UPDATE proxies SET name = $3, scheme = $4, host = $5, port = $6, username = $7, password = $8, updated_at = $9,
                version = version + 1, tested_at = NULL, test_code = '', test_message = '', test_latency_ms = NULL
         WHERE tenant_id = $1 AND proxy_id = $2 RETURNING version",
        tenant.0,
        proxy.0,
        fields.name,
        fields.scheme.as_str(),
        fields.host,
        i32::from(fields.port),
        fields.username,
        password,
        at
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(version)
}

/// How many accounts go through a proxy.
pub(super) async fn accounts_through(tx: &mut TenantTx, proxy: ProxyId) -> Result<u64, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        r#"SELECT count(*) AS "found!" FROM accounts WHERE tenant_id = $1 AND proxy_id = $2 AND deleted_at IS NULL"#,
        tenant.0,
        proxy.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(count(found))
}

/// Marks a locked proxy as deleted and forgets its password.
pub(super) async fn mark_deleted(
    tx: &mut TenantTx,
    proxy: ProxyId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE proxies SET deleted_at = $3, updated_at = $3, password = NULL, version = version + 1
         WHERE tenant_id = $1 AND proxy_id = $2",
        tenant.0,
        proxy.0,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a test of this version of a proxy said; nothing is kept where it was changed since.
pub(super) async fn keep_test(
    tx: &mut TenantTx,
    proxy: ProxyId,
    version: i64,
    test: &LastTest,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let latency = test.latency_ms.map(|ms| i32::try_from(ms).unwrap_or(i32::MAX));
    sqlx::query!(
        "UPDATE proxies SET tested_at = $4, test_code = $5, test_message = $6, test_latency_ms = $7
         WHERE tenant_id = $1 AND proxy_id = $2 AND version = $3 AND deleted_at IS NULL",
        tenant.0,
        proxy.0,
        version,
        test.at,
        test.code,
        test.message,
        latency
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
