//! What a key may use, in the database.

use tollgate_contract::ids::{AccountId, GroupId, KeyId};
use tollgate_contract::platform::Service;
use tollgate_scheduler::{Binding, BoundTo};
use tollgate_store::{StoreError, TenantTx};

/// A key's bindings; `None` where the tenant has no such key.
pub(super) async fn bindings(tx: &mut TenantTx, key: KeyId) -> Result<Option<Vec<Binding>>, StoreError> {
    let tenant = tx.tenant_id();
    let there = sqlx::query_scalar!(
        "SELECT key_id FROM api_keys WHERE tenant_id = $1 AND key_id = $2 AND deleted_at IS NULL",
        tenant.0,
        key.0
    )
    .fetch_optional(tx.conn())
    .await?;
    if there.is_none() {
        return Ok(None);
    }
    let rows = sqlx::query!(
        "SELECT service, account_id, group_id FROM api_key_bindings WHERE tenant_id = $1 AND key_id = $2",
        tenant.0,
        key.0
    )
    .fetch_all(tx.conn())
    .await?;
    let bindings = rows.into_iter().filter_map(|row| {
        let to = match (row.account_id, row.group_id) {
            (Some(account), _) => BoundTo::Account(AccountId(account)),
            (None, Some(group)) => BoundTo::Group(GroupId(group)),
            (None, None) => return None,
        };
        Some(Binding {
            service: Service::parse(&row.service)?,
            to,
        })
    });
    Ok(Some(bindings.collect()))
}
