//! Groups of accounts in the database.

use crate::figures::count;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::HashMap;
use tollgate_contract::groups::{AccountGroup, GroupMember, MemberForm};
use tollgate_contract::ids::{AccountId, GroupId};
use tollgate_contract::platform::{Platform, Service};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// Most groups read at once; tenants have some dozens.
const GROUPS_MAX: i64 = 1000;

fn unsigned(value: i32) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

/// Groups that are not deleted, by service and name: all, or the one of this id.
pub(super) async fn read(
    tx: &mut TenantTx,
    wanted: Option<GroupId>,
) -> Result<Vec<AccountGroup>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT g.group_id, g.service, g.name, g.description, g.version, g.created_at, g.updated_at,
                  (SELECT count(*) FROM api_key_bindings b
                   JOIN api_keys k ON k.tenant_id = b.tenant_id AND k.key_id = b.key_id AND k.deleted_at IS NULL
                   WHERE b.tenant_id = $1 AND b.group_id = g.group_id) AS "keys!"
           FROM account_groups g
           WHERE g.tenant_id = $1 AND g.deleted_at IS NULL AND ($2::uuid IS NULL OR g.group_id = $2)
           ORDER BY g.service, g.name, g.group_id LIMIT $3"#,
        tenant.0,
        wanted.map(|id| id.0),
        GROUPS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let mut members = members(tx, wanted).await?;
    let groups = rows.into_iter().filter_map(|row| {
        Some(AccountGroup {
            id: GroupId(row.group_id),
            service: Service::parse(&row.service)?,
            name: row.name,
            description: row.description,
            members: members.remove(&row.group_id).unwrap_or_default(),
            keys: u32::try_from(count(row.keys)).unwrap_or(u32::MAX),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    });
    Ok(groups.collect())
}

/// The members that are not deleted, by group, in the order in which they are preferred.
async fn members(
    tx: &mut TenantTx,
    wanted: Option<GroupId>,
) -> Result<HashMap<Uuid, Vec<GroupMember>>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT m.group_id, m.account_id, m.priority, a.name, a.platform
           FROM account_group_members m
           JOIN accounts a ON a.tenant_id = m.tenant_id AND a.account_id = m.account_id AND a.deleted_at IS NULL
           WHERE m.tenant_id = $1 AND ($2::uuid IS NULL OR m.group_id = $2)
           ORDER BY COALESCE(m.priority, a.priority), a.name, m.account_id"#,
        tenant.0,
        wanted.map(|id| id.0)
    )
    .fetch_all(tx.conn())
    .await?;
    let mut members: HashMap<Uuid, Vec<GroupMember>> = HashMap::new();
    for row in rows {
        let Some(platform) = Platform::parse(&row.platform) else {
            continue;
        };
        members.entry(row.group_id).or_default().push(GroupMember {
            account_id: AccountId(row.account_id),
            name: row.name,
            platform,
            priority: row.priority.map(unsigned),
        });
    }
    Ok(members)
}

/// A grant that the tenant holds.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) id: Uuid,
    pub(super) public_name: String,
    pub(super) since: DateTime<Utc>,
}

/// The platform's groups that the tenant may use, by public name.
pub(super) async fn granted(tx: &mut TenantTx) -> Result<Vec<Granted>, StoreError> {
    let tenant = tx.tenant_id();
    let granted = sqlx::query_as!(
        Granted,
        "SELECT group_id AS id, public_name, created_at AS since FROM group_grants WHERE tenant_id = $1
         ORDER BY public_name, group_id LIMIT $2",
        tenant.0,
        GROUPS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(granted)
}

/// A member as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Member {
    pub(super) account_id: AccountId,
    pub(super) priority: Option<u32>,
}

impl From<MemberForm> for Member {
    fn from(form: MemberForm) -> Self {
        Self {
            account_id: form.account_id,
            priority: form.priority,
        }
    }
}

/// What a person may edit of a group, as stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Editable {
    pub(super) name: String,
    pub(super) description: String,
    /// Sorted.
    pub(super) members: Vec<Member>,
}

/// A group under lock.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) service: Service,
    pub(super) version: i64,
    pub(super) fields: Editable,
}

/// A group that is not deleted, kept from others' changes until the transaction ends. Members that are deleted accounts
/// are none any more.
pub(super) async fn lock(tx: &mut TenantTx, group: GroupId) -> Result<Option<Locked>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT service, name, description, version FROM account_groups
         WHERE tenant_id = $1 AND group_id = $2 AND deleted_at IS NULL FOR UPDATE",
        tenant.0,
        group.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some((row, service)) = row.and_then(|row| Service::parse(&row.service).map(|service| (row, service)))
    else {
        return Ok(None);
    };
    let members = members(tx, Some(group)).await?.remove(&group.0);
    let mut members: Vec<Member> = members
        .unwrap_or_default()
        .iter()
        .map(|member| Member {
            account_id: member.account_id,
            priority: member.priority,
        })
        .collect();
    members.sort_unstable();
    Ok(Some(Locked {
        service,
        version: row.version,
        fields: Editable {
            name: row.name,
            description: row.description,
            members,
        },
    }))
}

/// The name of a group that is not deleted, which is kept from being so until the transaction ends.
pub(super) async fn name(tx: &mut TenantTx, group: GroupId) -> Result<Option<String>, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        "SELECT name FROM account_groups WHERE tenant_id = $1 AND group_id = $2 AND deleted_at IS NULL FOR SHARE",
        tenant.0,
        group.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found)
}

/// The platforms of these accounts, of those that there are.
pub(super) async fn platforms(
    tx: &mut TenantTx,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Platform>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT account_id, platform FROM accounts WHERE tenant_id = $1 AND account_id = ANY ($2) AND deleted_at IS NULL",
        tenant.0,
        accounts
    )
    .fetch_all(tx.conn())
    .await?;
    let known = rows
        .into_iter()
        .filter_map(|row| Some((row.account_id, Platform::parse(&row.platform)?)));
    Ok(known.collect())
}

pub(super) async fn insert(
    tx: &mut TenantTx,
    group: GroupId,
    service: Service,
    fields: &Editable,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO account_groups (tenant_id, group_id, service, name, description, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
        tenant.0,
        group.0,
        service.as_str(),
        fields.name,
        fields.description,
        at
    )
    .execute(tx.conn())
    .await?;
    set_members(tx, group, &fields.members).await
}

/// Writes a locked group and gives it the next version.
pub(super) async fn update(
    tx: &mut TenantTx,
    group: GroupId,
    fields: &Editable,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let version = sqlx::query_scalar!(
        "UPDATE account_groups SET name = $3, description = $4, updated_at = $5, version = version + 1
         WHERE tenant_id = $1 AND group_id = $2 RETURNING version",
        tenant.0,
        group.0,
        fields.name,
        fields.description,
        at
    )
    .fetch_one(tx.conn())
    .await?;
    set_members(tx, group, &fields.members).await?;
    Ok(version)
}

async fn set_members(tx: &mut TenantTx, group: GroupId, members: &[Member]) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "DELETE FROM account_group_members WHERE tenant_id = $1 AND group_id = $2",
        tenant.0,
        group.0
    )
    .execute(tx.conn())
    .await?;
    let accounts: Vec<Uuid> = members.iter().map(|member| member.account_id.0).collect();
    let priorities: Vec<Option<i32>> = members
        .iter()
        .map(|member| {
            member
                .priority
                .map(|priority| i32::try_from(priority).unwrap_or(i32::MAX))
        })
        .collect();
    sqlx::query!(
        "INSERT INTO account_group_members (tenant_id, group_id, account_id, priority)
         SELECT $1, $2, account_id, priority FROM unnest($3::uuid[], $4::integer[]) AS given (account_id, priority)",
        tenant.0,
        group.0,
        &accounts,
        &priorities as &[Option<i32>]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Marks a locked group as deleted, and lets its members go.
pub(super) async fn mark_deleted(
    tx: &mut TenantTx,
    group: GroupId,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    set_members(tx, group, &[]).await?;
    let tenant = tx.tenant_id();
    let version = sqlx::query_scalar!(
        "UPDATE account_groups SET deleted_at = $3, updated_at = $3, version = version + 1
         WHERE tenant_id = $1 AND group_id = $2 RETURNING version",
        tenant.0,
        group.0,
        at
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(version)
}
