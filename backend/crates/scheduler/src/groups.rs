//! Groups of accounts, and the groups of others that a tenant was granted, as they are stored. Never in here: what they
//! mean for the choice.

use std::collections::HashMap;
use std::sync::Arc;
use tollgate_contract::ids::{AccountId, GroupId, TenantId};
use tollgate_store::{StoreError, TenantTx};

/// Most memberships read of a tenant: more than its accounts could sensibly have.
const MEMBERS_MAX: i64 = 20_000;
/// Most groups of others that one tenant uses.
const GRANTS_MAX: i64 = 100;

/// Who belongs to a group, and with which priority in place of the account's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group(pub(crate) HashMap<AccountId, Option<u32>>);

/// A group of the platform's that a tenant may use.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) group: GroupId,
    /// Whose group it is.
    pub(crate) owner: TenantId,
    /// What the tenant sees instead of the accounts' names.
    pub(crate) public_name: Arc<str>,
    /// The tenant's share of a full account among those that want it.
    pub(crate) weight: u32,
}

#[derive(Debug)]
struct GrantRow {
    group_id: uuid::Uuid,
    owner_id: uuid::Uuid,
    public_name: String,
    weight: i32,
}

/// The tenant's groups; one without members is there as well, for keys may be bound to it.
pub(crate) async fn read_groups(tx: &mut TenantTx) -> Result<HashMap<GroupId, Group>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT g.group_id, m.account_id AS "account_id?", m.priority
           FROM account_groups g LEFT JOIN account_group_members m USING (tenant_id, group_id)
           WHERE g.tenant_id = $1 AND g.deleted_at IS NULL LIMIT $2"#,
        tenant.0,
        MEMBERS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let mut groups: HashMap<GroupId, Group> = HashMap::new();
    for row in rows {
        let group = groups.entry(GroupId(row.group_id)).or_default();
        if let Some(account) = row.account_id {
            let priority = row.priority.and_then(|priority| u32::try_from(priority).ok());
            group.0.insert(AccountId(account), priority);
        }
    }
    Ok(groups)
}

/// What the tenant was granted, the oldest first.
pub(crate) async fn read_grants(tx: &mut TenantTx) -> Result<Vec<Grant>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        GrantRow,
        "SELECT group_id, owner_id, public_name, weight FROM group_grants
         WHERE tenant_id = $1 AND owner_id <> $1 ORDER BY created_at, group_id LIMIT $2",
        tenant.0,
        GRANTS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let grant = |row: GrantRow| Grant {
        group: GroupId(row.group_id),
        owner: TenantId(row.owner_id),
        public_name: row.public_name.into(),
        weight: u32::try_from(row.weight).unwrap_or(1),
    };
    Ok(rows.into_iter().map(grant).collect())
}
