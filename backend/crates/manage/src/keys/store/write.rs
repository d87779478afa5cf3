//! Writing keys: all in one statement a table, however many there are.

use super::super::bindings;
use super::secrets::{NewSecret, enter_secrets};
use super::{Editable, Locked};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::HashMap;
use tollgate_contract::ids::{KeyId, UserId};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// A key to be written.
#[derive(Debug)]
pub(in crate::keys) struct NewKey {
    pub(in crate::keys) id: KeyId,
    pub(in crate::keys) secret: NewSecret,
    pub(in crate::keys) fields: Editable,
}

/// Fields of keys, column by column.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    names: Vec<&'a str>,
    descriptions: Vec<&'a str>,
    icons: Vec<&'a str>,
    owners: Vec<Option<Uuid>>,
    statuses: Vec<&'a str>,
    expiries: Vec<Option<DateTime<Utc>>>,
    lifetimes: Vec<Option<i64>>,
    rules: Vec<Value>,
    policies: Vec<Option<Uuid>>,
    cost_centres: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(keys: impl Iterator<Item = (KeyId, &'a Editable)>) -> Self {
        let mut columns = Self::default();
        for (id, fields) in keys {
            columns.ids.push(id.0);
            columns.names.push(&fields.name);
            columns.descriptions.push(&fields.description);
            columns.icons.push(&fields.icon);
            columns.owners.push(fields.owner_user_id.map(|owner| owner.0));
            columns.statuses.push(fields.status.as_str());
            columns.expiries.push(fields.expires_at);
            columns.lifetimes.push(
                fields
                    .lifetime_s
                    .map(|lifetime| i64::try_from(lifetime).unwrap_or(i64::MAX)),
            );
            columns
                .rules
                .push(serde_json::to_value(&fields.rules).unwrap_or_default());
            columns.policies.push(fields.policy_id.map(|policy| policy.0));
            columns.cost_centres.push(&fields.cost_centre);
        }
        columns
    }
}

pub(in crate::keys) async fn insert(
    tx: &mut TenantTx,
    keys: &[NewKey],
    created_by: UserId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let columns = Columns::of(keys.iter().map(|key| (key.id, &key.fields)));
    let prefixes: Vec<&str> = keys.iter().map(|key| key.secret.prefix.as_str()).collect();
    let ends: Vec<&str> = keys.iter().map(|key| key.secret.last_four.as_str()).collect();
    sqlx::query!(
        "INSERT INTO api_keys (tenant_id, key_id, name, description, icon, owner_user_id, status, expires_at, lifetime_s,
                               rules, policy_id, cost_centre, prefix, last_four, created_by, created_at, updated_at)
         SELECT $1, n.*, $15, $16, $16
         FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::timestamptz[],
                     $9::bigint[], $10::jsonb[], $11::uuid[], $12::text[], $13::text[], $14::text[]) AS n",
        tenant.0,
        &columns.ids,
        &columns.names as &[&str],
        &columns.descriptions as &[&str],
        &columns.icons as &[&str],
        &columns.owners as &[Option<Uuid>],
        &columns.statuses as &[&str],
        &columns.expiries as &[Option<DateTime<Utc>>],
        &columns.lifetimes as &[Option<i64>],
        &columns.rules,
        &columns.policies as &[Option<Uuid>],
        &columns.cost_centres as &[&str],
        &prefixes as &[&str],
        &ends as &[&str],
        created_by.0,
        at
    )
    .execute(tx.conn())
    .await?;
    add_around(tx, keys.iter().map(|key| (key.id, &key.fields))).await?;
    let secrets: Vec<(KeyId, &NewSecret)> = keys.iter().map(|key| (key.id, &key.secret)).collect();
    enter_secrets(tx, &secrets, at).await
}

/// Writes locked keys' fields and gives them their next versions, which it tells.
pub(in crate::keys) async fn update(
    tx: &mut TenantTx,
    keys: &[(KeyId, Editable)],
    at: DateTime<Utc>,
) -> Result<HashMap<Uuid, i64>, StoreError> {
    let tenant = tx.tenant_id();
    let columns = Columns::of(keys.iter().map(|(id, fields)| (*id, fields)));
    let rows = sqlx::query!(
        "UPDATE api_keys k
         SET name = n.name, description = n.description, icon = n.icon, owner_user_id = n.owner_user_id,
             status = n.status, expires_at = n.expires_at, lifetime_s = n.lifetime_s,
             activated_at = CASE WHEN n.lifetime_s IS NOT NULL THEN k.activated_at END,
             rules = n.rules, policy_id = n.policy_id, cost_centre = n.cost_centre, updated_at = $13,
             version = k.version + 1
         FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::timestamptz[],
                     $9::bigint[], $10::jsonb[], $11::uuid[], $12::text[])
              AS n (key_id, name, description, icon, owner_user_id, status, expires_at, lifetime_s, rules, policy_id,
                    cost_centre)
         WHERE k.tenant_id = $1 AND k.key_id = n.key_id RETURNING k.key_id, k.version",
        tenant.0,
        &columns.ids,
        &columns.names as &[&str],
        &columns.descriptions as &[&str],
        &columns.icons as &[&str],
        &columns.owners as &[Option<Uuid>],
        &columns.statuses as &[&str],
        &columns.expiries as &[Option<DateTime<Utc>>],
        &columns.lifetimes as &[Option<i64>],
        &columns.rules,
        &columns.policies as &[Option<Uuid>],
        &columns.cost_centres as &[&str],
        at
    )
    .fetch_all(tx.conn())
    .await?;
    sqlx::query!(
        "DELETE FROM api_key_tags WHERE tenant_id = $1 AND key_id = ANY ($2)",
        tenant.0,
        &columns.ids
    )
    .execute(tx.conn())
    .await?;
    bindings::clear(tx, &columns.ids).await?;
    add_around(tx, keys.iter().map(|(id, fields)| (*id, fields))).await?;
    Ok(rows.into_iter().map(|row| (row.key_id, row.version)).collect())
}

/// The tags and bindings of keys that have none.
async fn add_around<'a>(
    tx: &mut TenantTx,
    keys: impl Iterator<Item = (KeyId, &'a Editable)> + Clone,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let (ids, tags): (Vec<Uuid>, Vec<&str>) = keys
        .clone()
        .flat_map(|(id, fields)| fields.tags.iter().map(move |tag| (id.0, tag.as_str())))
        .unzip();
    if !ids.is_empty() {
        sqlx::query!(
            "INSERT INTO api_key_tags (tenant_id, key_id, tag)
             SELECT $1, n.key_id, n.tag FROM unnest($2::uuid[], $3::text[]) AS n (key_id, tag)",
            tenant.0,
            &ids,
            &tags as &[&str]
        )
        .execute(tx.conn())
        .await?;
    }
    let bound: Vec<_> = keys
        .flat_map(|(id, fields)| fields.bindings.iter().map(move |binding| (id, *binding)))
        .collect();
    bindings::add(tx, &bound).await
}

/// Puts locked keys into the recycle bin.
pub(in crate::keys) async fn delete(
    tx: &mut TenantTx,
    keys: &[Uuid],
    by: UserId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE api_keys SET deleted_at = $3, deleted_by = $4, updated_at = $3, version = version + 1
         WHERE tenant_id = $1 AND key_id = ANY ($2)",
        tenant.0,
        keys,
        at,
        by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes locked keys out of the recycle bin.
pub(in crate::keys) async fn restore(
    tx: &mut TenantTx,
    keys: &[Uuid],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE api_keys SET deleted_at = NULL, deleted_by = NULL, updated_at = $3, version = version + 1
         WHERE tenant_id = $1 AND key_id = ANY ($2)",
        tenant.0,
        keys,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes locked keys of the recycle bin for good, with their secrets, tags and bindings; what they used stays, and so
/// do their budgets, as deleted ones: their ids and versions come back.
pub(in crate::keys) async fn purge(
    tx: &mut TenantTx,
    keys: &[Uuid],
    at: DateTime<Utc>,
) -> Result<Vec<(Uuid, i64)>, StoreError> {
    let tenant = tx.tenant_id();
    tx.forget_keys(keys).await?;
    let budgets = sqlx::query!(
        "UPDATE budgets SET deleted_at = $3, active = false, updated_at = $3, version = version + 1
         WHERE tenant_id = $1 AND key_id = ANY ($2) AND deleted_at IS NULL RETURNING budget_id, version",
        tenant.0,
        keys,
        at
    )
    .fetch_all(tx.conn())
    .await?;
    // The rest goes with the row.
    sqlx::query!(
        "DELETE FROM api_keys WHERE tenant_id = $1 AND key_id = ANY ($2)",
        tenant.0,
        keys
    )
    .execute(tx.conn())
    .await?;
    Ok(budgets
        .into_iter()
        .map(|budget| (budget.budget_id, budget.version))
        .collect())
}

/// A locked key's newest secret is another one.
pub(in crate::keys) async fn rotated(
    tx: &mut TenantTx,
    key: &Locked,
    secret: &NewSecret,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let version = sqlx::query_scalar!(
        "UPDATE api_keys SET prefix = $3, last_four = $4, updated_at = $5, version = version + 1
         WHERE tenant_id = $1 AND key_id = $2 RETURNING version",
        tenant.0,
        key.id.0,
        secret.prefix,
        secret.last_four,
        at
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(version)
}
