//! What a batch changes of one account. Each writes only where something changes, and tells what stood there before;
//! `None`: nothing was to be done.

use chrono::{DateTime, Utc};
use tollgate_contract::ids::{AccountId, GroupId, ProxyId};
use tollgate_contract::platform::{Platform, Service};
use tollgate_store::{StoreError, TenantTx};

/// An account under lock, as far as batches go.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) platform: Platform,
    pub(super) schedulable: bool,
    pub(super) proxy: Option<ProxyId>,
    /// Sorted.
    pub(super) tags: Vec<String>,
}

/// An account that is not deleted, kept from others' changes until the transaction ends, though not from those who make it
/// a member of a group: they hold the group, for which a batch waits while it holds the account.
pub(super) async fn lock(tx: &mut TenantTx, account: AccountId) -> Result<Option<Found>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT name, platform, schedulable, proxy_id,
                  ARRAY(SELECT t.tag FROM account_tags t WHERE t.tenant_id = $1 AND t.account_id = $2
                        ORDER BY t.tag) AS "tags!"
           FROM accounts WHERE tenant_id = $1 AND account_id = $2 AND deleted_at IS NULL
           FOR NO KEY UPDATE"#,
        tenant.0,
        account.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(|row| {
        Some(Found {
            name: row.name,
            platform: Platform::parse(&row.platform)?,
            schedulable: row.schedulable,
            proxy: row.proxy_id.map(ProxyId),
            tags: row.tags,
        })
    }))
}

/// The platform of an account that is not deleted.
pub(super) async fn platform(tx: &mut TenantTx, account: AccountId) -> Result<Option<Platform>, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        "SELECT platform FROM accounts WHERE tenant_id = $1 AND account_id = $2 AND deleted_at IS NULL",
        tenant.0,
        account.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.and_then(|name| Platform::parse(&name)))
}

/// Says whether the scheduler may use a locked account, and through which proxy; gives it the next version.
pub(super) async fn update(
    tx: &mut TenantTx,
    account: AccountId,
    schedulable: bool,
    proxy: Option<ProxyId>,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let version = sqlx::query_scalar!(
        "UPDATE accounts SET schedulable = $3, proxy_id = $4, updated_at = $5, version = version + 1,
                settings_version = settings_version + 1
         WHERE tenant_id = $1 AND account_id = $2 RETURNING version",
        tenant.0,
        account.0,
        schedulable,
        proxy.map(|proxy| proxy.0),
        at
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(version)
}

pub(super) async fn tag(tx: &mut TenantTx, account: AccountId, tag: &str) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO account_tags (tenant_id, account_id, tag) VALUES ($1, $2, $3)",
        tenant.0,
        account.0,
        tag
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn untag(tx: &mut TenantTx, account: AccountId, tag: &str) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "DELETE FROM account_tags WHERE tenant_id = $1 AND account_id = $2 AND tag = $3",
        tenant.0,
        account.0,
        tag
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether a proxy is there; then it stays so until the transaction ends.
pub(super) async fn has_proxy(tx: &mut TenantTx, proxy: ProxyId) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        "SELECT proxy_id FROM proxies WHERE tenant_id = $1 AND proxy_id = $2 AND deleted_at IS NULL FOR SHARE",
        tenant.0,
        proxy.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.is_some())
}

/// A group as far as batches go.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) service: Service,
    pub(super) members: i64,
    /// Whether the account is one of them.
    pub(super) has_account: bool,
}

/// A group that is not deleted, kept from others' changes until the transaction ends.
pub(super) async fn group(
    tx: &mut TenantTx,
    group: GroupId,
    account: AccountId,
) -> Result<Option<Group>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT name, service FROM account_groups
         WHERE tenant_id = $1 AND group_id = $2 AND deleted_at IS NULL FOR UPDATE",
        tenant.0,
        group.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some((name, service)) =
        row.and_then(|row| Service::parse(&row.service).map(|service| (row.name, service)))
    else {
        return Ok(None);
    };
    // After the lock, so that nobody's members are missed.
    let counted = sqlx::query!(
        r#"SELECT count(*) AS "members!", COALESCE(bool_or(account_id = $3), false) AS "has_account!"
           FROM account_group_members WHERE tenant_id = $1 AND group_id = $2"#,
        tenant.0,
        group.0,
        account.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Some(Group {
        name,
        service,
        members: counted.members,
        has_account: counted.has_account,
    }))
}

/// Puts an account into a locked group, or takes it out; gives the group the next version.
pub(super) async fn set_member(
    tx: &mut TenantTx,
    group: GroupId,
    account: AccountId,
    is_member: bool,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    if is_member {
        sqlx::query!(
            "INSERT INTO account_group_members (tenant_id, group_id, account_id) VALUES ($1, $2, $3)",
            tenant.0,
            group.0,
            account.0
        )
        .execute(tx.conn())
        .await?;
    } else {
        sqlx::query!(
            "DELETE FROM account_group_members WHERE tenant_id = $1 AND group_id = $2 AND account_id = $3",
            tenant.0,
            group.0,
            account.0
        )
        .execute(tx.conn())
        .await?;
    }
    let version = sqlx::query_scalar!(
        "UPDATE account_groups SET updated_at = $3, version = version + 1
         WHERE tenant_id = $1 AND group_id = $2 RETURNING version",
        tenant.0,
        group.0,
        at
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(version)
}
