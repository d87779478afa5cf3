//! API keys.

use super::{ApiError, Query, cache, client, path_with, use_get};
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::{CreateKey, CreatedKey, Key, KeyQuery, KeyStats, UpdateKey};
use tollgate_contract::page::Page;
use yew::prelude::*;

/// One page of keys.
#[hook]
pub fn use_keys(query: &KeyQuery) -> Query<Page<Key>> {
    use_get(path_with("/keys", query))
}

/// A key.
#[hook]
pub fn use_key(id: KeyId) -> Query<Key> {
    use_get(format!("/keys/{id}"))
}

/// A key's usage over the last 30 days.
#[hook]
pub fn use_key_stats(id: KeyId) -> Query<KeyStats> {
    use_get(format!("/keys/{id}/stats"))
}

/// Creates a key; the answer holds the only copy of its secret.
pub async fn create(form: CreateKey) -> Result<CreatedKey, ApiError> {
    let made = client::send("POST", "/keys", &form).await?;
    changed();
    Ok(made)
}

/// Changes a key.
pub async fn update(id: KeyId, form: UpdateKey) -> Result<Key, ApiError> {
    let made = client::send("PUT", &format!("/keys/{id}"), &form).await?;
    changed();
    Ok(made)
}

/// Deletes a key.
pub async fn delete(id: KeyId) -> Result<(), ApiError> {
    client::delete(&format!("/keys/{id}")).await?;
    changed();
    Ok(())
}

/// A key as the form to change it.
pub fn to_update(key: &Key) -> UpdateKey {
    UpdateKey {
        name: key.name.clone(),
        description: key.description.clone(),
        owner_user_id: None,
        tags: key.tags.clone(),
        expires_at: key.expires_at,
        requests_per_minute: key.requests_per_minute,
        concurrency_limit: key.concurrency_limit,
        cost_centre: key.cost_centre.clone(),
        // They stay as they are.
        bindings: None,
        status: key.status,
        version: Some(key.version),
    }
}

fn changed() {
    // Groups count the keys that are bound to them.
    cache::changed(&["/keys", "/account-groups", "/dashboard"]);
}
