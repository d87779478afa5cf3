//! API keys in the database.

use super::bindings;
use crate::figures::{Sums, count};
use crate::zone::id_instant;
use chrono::{DateTime, NaiveDate, Utc};
use tollgate_contract::auth::Person;
use tollgate_contract::groups::KeyBinding;
use tollgate_contract::ids::{KeyId, UserId};
use tollgate_contract::keys::{Key, KeyStatus};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// What a person may edit of a key, as stored.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(super) struct Editable {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) owner_user_id: Option<UserId>,
    pub(super) status: KeyStatus,
    pub(super) tags: Vec<String>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) requests_per_minute: Option<u32>,
    pub(super) concurrency_limit: Option<u32>,
    pub(super) cost_centre: String,
    /// By service.
    pub(super) bindings: Vec<KeyBinding>,
}

/// A key under lock.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) version: i64,
    pub(super) fields: Editable,
}

fn status(text: &str) -> KeyStatus {
    if text == "active" {
        KeyStatus::Active
    } else {
        KeyStatus::Disabled
    }
}

fn limit(value: Option<i32>) -> Option<u32> {
    value.and_then(|value| u32::try_from(value).ok())
}

fn stored(value: Option<u32>) -> Option<i32> {
    value.map(|value| i32::try_from(value).unwrap_or(i32::MAX))
}

/// The keys of these ids that are not deleted, in the order of the ids, with their usage of a day.
pub(super) async fn read(
    tx: &mut TenantTx,
    ids: &[Uuid],
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Vec<Key>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT k.key_id, k.name, k.description, k.prefix, k.last_four, k.status, k.expires_at,
                  k.requests_per_minute, k.concurrency_limit, k.cost_centre, k.version, k.created_at, k.updated_at,
                  k.owner_user_id, m.display_name AS "owner_name?", m.email AS "owner_email?",
                  ARRAY(SELECT t.tag FROM api_key_tags t WHERE t.tenant_id = k.tenant_id AND t.key_id = k.key_id
                        ORDER BY t.tag) AS "tags!",
                  u.requests AS "requests!", u.input AS "input!", u.output AS "output!",
                  u.cache_write_5m AS "cache_write_5m!", u.cache_write_1h AS "cache_write_1h!",
                  u.cache_read AS "cache_read!", u.charge AS "charge!", l.last_request_id AS "last_request_id?"
           FROM unnest($2::uuid[]) WITH ORDINALITY AS wanted (key_id, place)
           JOIN api_keys k ON k.tenant_id = $1 AND k.key_id = wanted.key_id AND k.deleted_at IS NULL
           LEFT JOIN memberships m ON m.tenant_id = k.tenant_id AND m.user_id = k.owner_user_id
           CROSS JOIN LATERAL (
               SELECT COALESCE(sum(d.requests), 0)::bigint AS requests,
                      COALESCE(sum(d.input_tokens), 0)::bigint AS input,
                      COALESCE(sum(d.output_tokens), 0)::bigint AS output,
                      COALESCE(sum(d.cache_write_5m_tokens), 0)::bigint AS cache_write_5m,
                      COALESCE(sum(d.cache_write_1h_tokens), 0)::bigint AS cache_write_1h,
                      COALESCE(sum(d.cache_read_tokens), 0)::bigint AS cache_read,
                      COALESCE(sum(d.charge_nano), 0)::bigint AS charge
               FROM usage_day d WHERE d.tenant_id = $1 AND d.key_id = k.key_id AND d.local_date = $3) u
           LEFT JOIN LATERAL (
               SELECT d.last_request_id FROM usage_day d WHERE d.tenant_id = $1 AND d.key_id = k.key_id
               ORDER BY d.local_date DESC, d.last_request_id DESC LIMIT 1) l ON true
           ORDER BY wanted.place"#,
        tenant.0,
        ids,
        today
    )
    .fetch_all(tx.conn())
    .await?;
    let mut bound = bindings::read(tx, ids).await?;
    let keys = rows.into_iter().map(|row| Key {
        id: KeyId(row.key_id),
        name: row.name,
        description: row.description,
        prefix: row.prefix,
        last_four: row.last_four,
        status: status(&row.status),
        expired: row.expires_at.is_some_and(|at| at <= now),
        owner: row.owner_user_id.map(|id| Person {
            id: UserId(id),
            name: row.owner_name.unwrap_or_default(),
            email: row.owner_email.unwrap_or_default(),
        }),
        tags: row.tags,
        expires_at: row.expires_at,
        requests_per_minute: limit(row.requests_per_minute),
        concurrency_limit: limit(row.concurrency_limit),
        cost_centre: row.cost_centre,
        bindings: bound.remove(&row.key_id).unwrap_or_default(),
        today: Sums {
            requests: row.requests,
            input: row.input,
            output: row.output,
            cache_write_5m: row.cache_write_5m,
            cache_write_1h: row.cache_write_1h,
            cache_read: row.cache_read,
            charge: row.charge,
        }
        .into(),
        last_used_at: row.last_request_id.and_then(id_instant),
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    });
    Ok(keys.collect())
}

/// A key that is not deleted, kept from others' changes until the transaction ends.
pub(super) async fn lock(tx: &mut TenantTx, key: KeyId) -> Result<Option<Locked>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT name, description, owner_user_id, status, expires_at, requests_per_minute, concurrency_limit,
                  cost_centre, version,
                  ARRAY(SELECT t.tag FROM api_key_tags t WHERE t.tenant_id = k.tenant_id AND t.key_id = k.key_id
                        ORDER BY t.tag) AS "tags!"
           FROM api_keys k WHERE tenant_id = $1 AND key_id = $2 AND deleted_at IS NULL FOR UPDATE"#,
        tenant.0,
        key.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let bindings = bindings::read(tx, &[key.0]).await?.remove(&key.0);
    Ok(Some(Locked {
        version: row.version,
        fields: Editable {
            name: row.name,
            description: row.description,
            owner_user_id: row.owner_user_id.map(UserId),
            status: status(&row.status),
            tags: row.tags,
            expires_at: row.expires_at,
            requests_per_minute: limit(row.requests_per_minute),
            concurrency_limit: limit(row.concurrency_limit),
            cost_centre: row.cost_centre,
            bindings: bindings.unwrap_or_default(),
        },
    }))
}

/// A key to be written.
#[derive(Debug)]
pub(super) struct NewKey<'a> {
    pub(super) id: KeyId,
    pub(super) prefix: &'a str,
    pub(super) last_four: &'a str,
    pub(super) secret_hash: &'a [u8; 32],
    pub(super) created_by: UserId,
    pub(super) at: DateTime<Utc>,
    pub(super) fields: &'a Editable,
}

pub(super) async fn insert(tx: &mut TenantTx, new: &NewKey<'_>) -> Result<(), StoreError> {
    let (tenant, fields) = (tx.tenant_id(), new.fields);
    sqlx::query!(
        "INSERT INTO api_keys (tenant_id, key_id, name, description, prefix, last_four, owner_user_id, status, expires_at,
                               requests_per_minute, concurrency_limit, cost_centre, created_by, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)",
        tenant.0,
        new.id.0,
        fields.name,
        fields.description,
        new.prefix,
        new.last_four,
        fields.owner_user_id.map(|owner| owner.0),
        fields.status.as_str(),
        fields.expires_at,
        stored(fields.requests_per_minute),
        stored(fields.concurrency_limit),
        fields.cost_centre,
        new.created_by.0,
        new.at
    )
    .execute(tx.conn())
    .await?;
    tag(tx, new.id, &fields.tags).await?;
    bindings::set(tx, new.id, &fields.bindings).await?;
    tx.enter_key(new.secret_hash, new.id).await
}

/// Writes a locked key's fields and gives it the next version.
pub(super) async fn update(
    tx: &mut TenantTx,
    key: KeyId,
    fields: &Editable,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let version = sqlx::query_scalar!(
        "UPDATE api_keys SET name = $3, description = $4, owner_user_id = $5, status = $6, expires_at = $7,
                requests_per_minute = $8, concurrency_limit = $9, cost_centre = $10, updated_at = $11, version = version + 1
         WHERE tenant_id = $1 AND key_id = $2 RETURNING version",
        tenant.0,
        key.0,
        fields.name,
        fields.description,
        fields.owner_user_id.map(|owner| owner.0),
        fields.status.as_str(),
        fields.expires_at,
        stored(fields.requests_per_minute),
        stored(fields.concurrency_limit),
        fields.cost_centre,
        at
    )
    .fetch_one(tx.conn())
    .await?;
    sqlx::query!(
        "DELETE FROM api_key_tags WHERE tenant_id = $1 AND key_id = $2",
        tenant.0,
        key.0
    )
    .execute(tx.conn())
    .await?;
    tag(tx, key, &fields.tags).await?;
    bindings::set(tx, key, &fields.bindings).await?;
    Ok(version)
}

async fn tag(tx: &mut TenantTx, key: KeyId, tags: &[String]) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO api_key_tags (tenant_id, key_id, tag) SELECT $1, $2, tag FROM unnest($3::text[]) AS tag",
        tenant.0,
        key.0,
        tags
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Marks a locked key as deleted and gives it the next version.
pub(super) async fn mark_deleted(
    tx: &mut TenantTx,
    key: KeyId,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let version = sqlx::query_scalar!(
        "UPDATE api_keys SET deleted_at = $3, updated_at = $3, version = version + 1
         WHERE tenant_id = $1 AND key_id = $2 RETURNING version",
        tenant.0,
        key.0,
        at
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(version)
}

/// Whether someone is an active member of the tenant, so that a key can be theirs.
pub(super) async fn is_member(tx: &mut TenantTx, user: UserId) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query_scalar!(
        r#"SELECT count(*) AS "found!" FROM memberships WHERE tenant_id = $1 AND user_id = $2 AND status = 'active'"#,
        tenant.0,
        user.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(count(found) > 0)
}

/// Whose key it is; `None` where there is no such key (any more).
pub(super) async fn owner(tx: &mut TenantTx, key: KeyId) -> Result<Option<Option<UserId>>, StoreError> {
    let tenant = tx.tenant_id();
    let found = sqlx::query!(
        "SELECT owner_user_id FROM api_keys WHERE tenant_id = $1 AND key_id = $2 AND deleted_at IS NULL",
        tenant.0,
        key.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.map(|row| row.owner_user_id.map(UserId)))
}
