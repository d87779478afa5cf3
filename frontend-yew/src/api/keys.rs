//! API keys.

use super::{ApiError, Query, cache, client, path_with, use_get};
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::{
    CreateKey, CreateKeys, CreatedKey, CreatedKeys, DeleteKeys, Key, KeyBatch, KeyBatchResult, KeyLimits,
    KeyQuery, KeyStats, RotateKey, UpdateKey,
};
use tollgate_contract::page::Page;
use yew::prelude::*;

/// One page of keys.
#[hook]
pub fn use_keys(query: &KeyQuery) -> Query<Page<Key>> {
    use_get(path_with("/keys", query))
}

/// One page of keys, once.
pub async fn page(query: &KeyQuery) -> Result<Page<Key>, ApiError> {
    client::get(&path_with("/keys", query), None).await?.read()
}

/// How many keys the viewer sees, if that is wanted.
#[hook]
pub fn use_key_count(wanted: bool) -> Option<u64> {
    let found = use_get::<Page<Key>>(if wanted { "/keys?limit=1" } else { "" }.to_owned());
    found.data.as_ref().and_then(|page| page.total)
}

/// A key.
#[hook]
pub fn use_key(id: KeyId) -> Query<Key> {
    use_get(one(id, ""))
}

/// A key, if one is wanted.
#[hook]
pub fn use_key_if(id: Option<KeyId>) -> Query<Key> {
    use_get(id.map(|id| one(id, "")).unwrap_or_default())
}

/// A key's usage over the last 30 days.
#[hook]
pub fn use_key_stats(id: KeyId) -> Query<KeyStats> {
    use_get(one(id, "/stats"))
}

/// How much of its limits and budgets a key has used now.
#[hook]
pub fn use_key_limits(id: KeyId) -> Query<KeyLimits> {
    use_get(one(id, "/limits"))
}

/// Creates a key; the answer holds the only copy of its secret.
pub async fn create(form: CreateKey) -> Result<CreatedKey, ApiError> {
    let made = client::send("POST", "/keys", &form).await?;
    changed();
    Ok(made)
}

/// Creates many; the answer holds the only copies of their secrets.
pub async fn create_many(form: CreateKeys) -> Result<CreatedKeys, ApiError> {
    let made = client::send("POST", "/keys/batch", &form).await?;
    changed();
    Ok(made)
}

/// Changes a key.
pub async fn update(id: KeyId, form: UpdateKey) -> Result<Key, ApiError> {
    let made = client::send("PUT", &one(id, ""), &form).await?;
    changed();
    Ok(made)
}

/// Does something to many keys, each by itself.
pub async fn batch(form: KeyBatch) -> Result<KeyBatchResult, ApiError> {
    let done = client::send("PUT", "/keys/batch", &form).await?;
    changed();
    Ok(done)
}

/// Puts many keys into the recycle bin, each by itself.
pub async fn delete_many(form: DeleteKeys) -> Result<KeyBatchResult, ApiError> {
    let done = client::send("DELETE", "/keys/batch", &form).await?;
    changed();
    Ok(done)
}

/// Puts a key into the recycle bin.
pub async fn delete(id: KeyId) -> Result<(), ApiError> {
    client::delete(&one(id, "")).await?;
    changed();
    Ok(())
}

/// Takes a key out of the recycle bin.
pub async fn restore(id: KeyId) -> Result<(), ApiError> {
    client::act(&one(id, "/restore")).await?;
    changed();
    Ok(())
}

/// Takes a key from the recycle bin for good.
pub async fn purge(id: KeyId) -> Result<(), ApiError> {
    client::act(&one(id, "/purge")).await?;
    changed();
    Ok(())
}

/// Gives a key a new secret; the answer holds the only copy of it.
pub async fn rotate(id: KeyId, form: RotateKey) -> Result<CreatedKey, ApiError> {
    let made = client::send("POST", &one(id, "/rotate"), &form).await?;
    changed();
    Ok(made)
}

/// A key as the form to change it.
pub fn to_update(key: &Key) -> UpdateKey {
    UpdateKey {
        name: key.name.clone(),
        description: key.description.clone(),
        icon: key.icon.clone(),
        owner_user_id: None,
        tags: key.tags.clone(),
        // Where the first use set the expiry, the lifetime says it.
        expires_at: key.expires_at.filter(|_| key.lifetime_s.is_none()),
        lifetime_s: key.lifetime_s,
        rules: key.rules.clone(),
        policy_id: key.policy.as_ref().map(|policy| policy.id),
        cost_centre: key.cost_centre.clone(),
        // They stay as they are.
        bindings: None,
        status: key.status,
        version: Some(key.version),
    }
}

fn one(id: KeyId, what: &str) -> String {
    format!("/keys/{id}{what}")
}

fn changed() {
    // Groups and policies count the keys that name them; budgets lie on keys.
    cache::changed(&["/keys", "/account-groups", "/policies", "/budgets", "/dashboard"]);
}
