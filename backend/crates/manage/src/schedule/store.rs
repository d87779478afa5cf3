//! What a key may use, in the database.

use crate::policies::Book;
use sqlx::types::Json;
use tollgate_contract::ids::{AccountId, GroupId, KeyId, PolicyId};
use tollgate_contract::platform::Service;
use tollgate_contract::rules::{EffectiveRules, KeyRules};
use tollgate_scheduler::{Binding, BoundTo};
use tollgate_store::{StoreError, TenantTx};

/// A key as the scheduler sees it.
#[derive(Debug)]
pub(super) struct SeenKey {
    pub(super) bindings: Vec<Binding>,
    pub(super) rules: EffectiveRules,
}

/// A key's bindings and what its rules say; `None` where the tenant has no such key.
pub(super) async fn key(tx: &mut TenantTx, key: KeyId) -> Result<Option<SeenKey>, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query!(
        r#"SELECT rules AS "rules: Json<KeyRules>", policy_id FROM api_keys
           WHERE tenant_id = $1 AND key_id = $2 AND deleted_at IS NULL"#,
        tenant.0,
        key.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(found) = found else {
        return Ok(None);
    };
    let book = Book::read(tx).await?;
    Ok(Some(SeenKey {
        bindings: bindings(tx, key).await?,
        rules: book.effective(&found.rules, found.policy_id.map(PolicyId)),
    }))
}

async fn bindings(tx: &mut TenantTx, key: KeyId) -> Result<Vec<Binding>, StoreError> {
    let tenant = tx.tenant_id();
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
    Ok(bindings.collect())
}
