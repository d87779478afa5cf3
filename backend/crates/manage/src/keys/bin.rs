//! The recycle bin: keys go in, come back as they were, or leave for good.

use super::rights::Rights;
use super::service::{announced, shown, versions};
use super::store::{self, Locked, Place};
use crate::budgets;
use crate::state::ManageState;
use crate::trail::{self, Target};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::Key;
use tollgate_http::{Caller, Fault};
use tollgate_store::{StoreError, TenantTx, Topic, announce};
use uuid::Uuid;

pub(super) async fn delete(state: &ManageState, caller: &Caller, key: KeyId) -> Result<(), Fault> {
    let mut tx = caller.tx().await?;
    let rights = Rights::read(&mut tx, caller, state.clock().now()).await?;
    let found = rights.lock(&mut tx, caller, key, Place::Use).await?;
    delete_all(state, caller, &mut tx, &[found], rights.now).await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn restore(state: &ManageState, caller: &Caller, key: KeyId) -> Result<Key, Fault> {
    let mut tx = caller.tx().await?;
    let rights = Rights::read(&mut tx, caller, state.clock().now()).await?;
    let found = rights.lock(&mut tx, caller, key, Place::Bin).await?;
    rights.check_bounds(None, &found.fields)?;
    rights.check_room(&mut tx, 1).await?;
    restore_all(state, caller, &mut tx, &[found], rights.now).await?;
    let shown = shown(state, caller, &mut tx, key).await?;
    tx.commit().await?;
    Ok(shown)
}

pub(super) async fn purge(state: &ManageState, caller: &Caller, key: KeyId) -> Result<(), Fault> {
    let mut tx = caller.tx().await?;
    let rights = Rights::read(&mut tx, caller, state.clock().now()).await?;
    let found = rights.lock(&mut tx, caller, key, Place::Bin).await?;
    purge_all(state, caller, &mut tx, &[found], rights.now).await?;
    tx.commit().await?;
    Ok(())
}

/// Puts locked keys into the bin. Their requests are refused from the commit on.
pub(super) async fn delete_all(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    keys: &[Locked],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    store::delete(tx, &ids(keys), caller.user_id, now).await?;
    record(state, caller, tx, "key.deleted", keys).await?;
    announced(tx, &next(keys)).await
}

/// Takes locked keys out of the bin: with their names, rules and secrets, and switched off if they were.
pub(super) async fn restore_all(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    keys: &[Locked],
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    store::restore(tx, &ids(keys), now).await?;
    record(state, caller, tx, "key.restored", keys).await?;
    announced(tx, &next(keys)).await?;
    budgets::check_paths(tx).await
}

/// Deletes locked keys of the bin for good; what they used stays.
pub(super) async fn purge_all(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    keys: &[Locked],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for (budget, version) in store::purge(tx, &ids(keys), now).await? {
        announce(tx, Topic::Budget, budget, version).await?;
    }
    record(state, caller, tx, "key.purged", keys).await?;
    announced(tx, &next(keys)).await
}

fn ids(keys: &[Locked]) -> Vec<Uuid> {
    keys.iter().map(|key| key.id.0).collect()
}

fn next(keys: &[Locked]) -> Vec<(Uuid, i64)> {
    keys.iter().map(|key| (key.id.0, key.version + 1)).collect()
}

async fn record(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    action: &'static str,
    keys: &[Locked],
) -> Result<(), StoreError> {
    let lines = keys.iter().map(|key| {
        let target = Target {
            id: key.id.0,
            name: &key.fields.name,
        };
        let told = Map::from_iter([("version".to_owned(), versions(key))]);
        (target, Value::Object(told))
    });
    trail::record_all(tx, state.clock(), &caller.into(), action, lines).await
}
