//! What keys are bound to: of each service the one account, or group, that a key may use. Never in here: what a request
//! makes of it.

use crate::figures::count;
use crate::groups;
use crate::state::ManageState;
use std::collections::HashMap;
use tollgate_contract::groups::KeyBinding;
use tollgate_contract::ids::{AccountId, GroupId, KeyId};
use tollgate_contract::platform::{Platform, Service};
use tollgate_contract::problem::FieldError;
use tollgate_http::{Code, Fault};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// The bindings of these keys, by key and service.
pub(super) async fn read(
    tx: &mut TenantTx,
    keys: &[Uuid],
) -> Result<HashMap<Uuid, Vec<KeyBinding>>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT key_id, service, account_id, group_id FROM api_key_bindings
         WHERE tenant_id = $1 AND key_id = ANY ($2) ORDER BY key_id, service",
        tenant.0,
        keys
    )
    .fetch_all(tx.conn())
    .await?;
    let mut bindings: HashMap<Uuid, Vec<KeyBinding>> = HashMap::new();
    for row in rows {
        let Some(service) = Service::parse(&row.service) else {
            continue;
        };
        bindings.entry(row.key_id).or_default().push(KeyBinding {
            service,
            account_id: row.account_id.map(AccountId),
            group_id: row.group_id.map(GroupId),
        });
    }
    Ok(bindings)
}

/// What a key can be bound to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BoundTo {
    Account(AccountId),
    Group(GroupId),
}

/// Refuses to take away what keys in use are bound to: each would be refused from then on.
pub(crate) async fn refuse_bound(tx: &mut TenantTx, to: BoundTo) -> Result<(), Fault> {
    let keys = count_bound(tx, to).await?;
    if keys == 0 {
        return Ok(());
    }
    let are = if keys == 1 { "key is" } else { "keys are" };
    let text = format!("{keys} {are} bound to it; bind them to something else first.");
    Err(Fault::new(Code::InUse).detail(text))
}

async fn count_bound(tx: &mut TenantTx, to: BoundTo) -> Result<u64, StoreError> {
    let tenant = tx.tenant_id();
    let (account, group) = match to {
        BoundTo::Account(id) => (Some(id.0), None),
        BoundTo::Group(id) => (None, Some(id.0)),
    };
    let found = sqlx::query_scalar!(
        r#"SELECT count(*) AS "found!" FROM api_key_bindings b
           JOIN api_keys k ON k.tenant_id = b.tenant_id AND k.key_id = b.key_id AND k.deleted_at IS NULL
           WHERE b.tenant_id = $1 AND (b.account_id = $2 OR b.group_id = $3)"#,
        tenant.0,
        account,
        group
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(count(found))
}

/// Frees keys of all that they are bound to.
pub(super) async fn clear(tx: &mut TenantTx, keys: &[Uuid]) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "DELETE FROM api_key_bindings WHERE tenant_id = $1 AND key_id = ANY ($2)",
        tenant.0,
        keys
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Binds keys.
pub(super) async fn add(tx: &mut TenantTx, bound: &[(KeyId, KeyBinding)]) -> Result<(), StoreError> {
    if bound.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant_id();
    let keys: Vec<Uuid> = bound.iter().map(|(key, _)| key.0).collect();
    let services: Vec<&str> = bound.iter().map(|(_, to)| to.service.as_str()).collect();
    let accounts: Vec<Option<Uuid>> = bound.iter().map(|(_, to)| to.account_id.map(|id| id.0)).collect();
    let groups: Vec<Option<Uuid>> = bound.iter().map(|(_, to)| to.group_id.map(|id| id.0)).collect();
    sqlx::query!(
        "INSERT INTO api_key_bindings (tenant_id, key_id, service, account_id, group_id)
         SELECT $1, n.* FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[]) AS n",
        tenant.0,
        &keys,
        &services as &[&str],
        &accounts as &[Option<Uuid>],
        &groups as &[Option<Uuid>]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Refuses bindings to what is not the tenant's, is granted to it by nobody, or is of another service. What was bound
/// before may stay: the key is refused with each request where its account is gone, and nothing is widened in silence.
///
/// # Errors
/// `validation_failed` with each field at fault.
pub(super) async fn check(
    state: &ManageState,
    tx: &mut TenantTx,
    before: &[KeyBinding],
    after: &[KeyBinding],
) -> Result<(), Fault> {
    let mut wrong = Vec::new();
    for (at, binding) in after.iter().enumerate() {
        if before.contains(binding) {
            continue;
        }
        let (field, found) = match (binding.account_id, binding.group_id) {
            (Some(account), _) => ("account_id", account_service(tx, account).await?),
            (None, Some(group)) => ("group_id", group_service(state, tx, group).await?),
            (None, None) => continue,
        };
        let (code, message) = match found {
            Some(service) if service == binding.service => continue,
            Some(service) => (
                "other_service",
                format!(
                    "is of {}, and the binding of {}",
                    service.as_str(),
                    binding.service.as_str()
                ),
            ),
            None => ("not_found", "must be yours, or granted to you".to_owned()),
        };
        wrong.push(FieldError {
            field: format!("bindings[{at}].{field}"),
            code: code.to_owned(),
            message,
        });
    }
    let Some(first) = wrong.first() else {
        return Ok(());
    };
    let detail = format!("`{}` {}", first.field, first.message);
    Err(Fault::new(Code::ValidationFailed).detail(detail).fields(wrong))
}

/// The service of one of the tenant's accounts.
async fn account_service(tx: &mut TenantTx, account: AccountId) -> Result<Option<Service>, StoreError> {
    let tenant = tx.tenant_id();
    let platform = sqlx::query_scalar!(
        "SELECT platform FROM accounts WHERE tenant_id = $1 AND account_id = $2 AND deleted_at IS NULL FOR SHARE",
        tenant.0,
        account.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(platform
        .and_then(|name| Platform::parse(&name))
        .map(Platform::service))
}

/// The service of a group that is the tenant's, or that it was granted.
async fn group_service(
    state: &ManageState,
    tx: &mut TenantTx,
    group: GroupId,
) -> Result<Option<Service>, StoreError> {
    let tenant = tx.tenant_id();
    let own = sqlx::query_scalar!(
        "SELECT service FROM account_groups WHERE tenant_id = $1 AND group_id = $2 AND deleted_at IS NULL FOR SHARE",
        tenant.0,
        group.0
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(name) = own {
        return Ok(Service::parse(&name));
    }
    let granted = sqlx::query_scalar!(
        "SELECT group_id FROM group_grants WHERE tenant_id = $1 AND group_id = $2",
        tenant.0,
        group.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(group) = granted else {
        return Ok(None);
    };
    Ok(groups::platform_services(state, &[group]).await?.remove(&group))
}
