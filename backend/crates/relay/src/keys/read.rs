//! A key as the database has it. Never in here: keeping it.

use super::{KeyEntry, Standing};
use std::time::Instant;
use tollgate_contract::ids::{AccountId, GroupId, KeyId, UserId};
use tollgate_contract::platform::Service;
use tollgate_limits::LimitSet;
use tollgate_scheduler::{Binding, BoundTo};
use tollgate_store::{Db, KeyOwner, StoreError, TenantTx};

/// A key, and what its tenant says of it; `None` if there is none.
pub(super) async fn read_key(
    db: &Db,
    owner: KeyOwner,
    loaded: Instant,
) -> Result<Option<KeyEntry>, StoreError> {
    let mut tx = db.tenant(owner.tenant_id).await?;
    let row = sqlx::query!(
        r#"SELECT k.name, k.status, k.expires_at, k.created_at, k.requests_per_minute, k.concurrency_limit, k.cost_centre,
                  k.owner_user_id, k.version, k.deleted_at IS NOT NULL AS "deleted!", t.status AS tenant_status, t.time_zone
           FROM api_keys k JOIN tenants t ON t.tenant_id = k.tenant_id
           WHERE k.tenant_id = $1 AND k.key_id = $2"#,
        owner.tenant_id.0,
        owner.key_id.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let bindings = read_bindings(&mut tx, owner.key_id).await?;
    tx.commit().await?;
    Ok(row.map(|row| {
        let limit = |value: Option<i32>| value.and_then(|value| u32::try_from(value).ok());
        let (per_minute, at_once) = (limit(row.requests_per_minute), limit(row.concurrency_limit));
        let standing = match (row.deleted, row.tenant_status.as_str(), row.status.as_str()) {
            (true, ..) => Standing::Deleted,
            (_, "active", "active") => Standing::Good,
            (_, "active", _) => Standing::Disabled,
            _ => Standing::TenantClosed,
        };
        KeyEntry {
            tenant_id: owner.tenant_id,
            key_id: owner.key_id,
            name: row.name,
            user_id: row.owner_user_id.map(UserId),
            cost_centre: row.cost_centre,
            limits: LimitSet::for_key(owner.tenant_id, owner.key_id, per_minute, at_once),
            requests_per_minute: per_minute,
            concurrency_limit: at_once,
            bindings,
            expires_at: row.expires_at,
            created_at: row.created_at,
            zone: tollgate_money::zone(&row.time_zone),
            standing,
            version: row.version,
            loaded,
        }
    }))
}

async fn read_bindings(tx: &mut TenantTx, key: KeyId) -> Result<Vec<Binding>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT service, account_id, group_id FROM api_key_bindings WHERE tenant_id = $1 AND key_id = $2",
        tenant.0,
        key.0
    )
    .fetch_all(tx.conn())
    .await?;
    let binding = |service: &str, account: Option<uuid::Uuid>, group: Option<uuid::Uuid>| {
        let account = account.map(|id| BoundTo::Account(AccountId(id)));
        let group = group.map(|id| BoundTo::Group(GroupId(id)));
        Some(Binding {
            service: Service::parse(service)?,
            to: account.or(group)?,
        })
    };
    Ok(rows
        .iter()
        .filter_map(|row| binding(&row.service, row.account_id, row.group_id))
        .collect())
}
