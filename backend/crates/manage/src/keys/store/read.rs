//! Reading keys: those of a page, and those that are about to be changed.

use super::super::bindings;
use super::{Editable, Locked, Place, seconds, status};
use crate::figures::{Sums, count};
use crate::policies::Book;
use crate::zone::id_instant;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sqlx::types::Json;
use std::collections::HashMap;
use tollgate_contract::auth::Person;
use tollgate_contract::groups::KeyBinding;
use tollgate_contract::ids::{KeyId, PolicyId, UserId};
use tollgate_contract::keys::{Key, OldSecret};
use tollgate_contract::rules::KeyRules;
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

/// When a page is read, and what it is read by.
#[derive(Clone, Copy, Debug)]
pub(in crate::keys) struct Reading {
    pub(in crate::keys) now: DateTime<Utc>,
    /// The day in the tenant's zone.
    pub(in crate::keys) today: NaiveDate,
    /// How long the recycle bin keeps a key.
    pub(in crate::keys) bin_kept: TimeDelta,
}

/// A key's row, without what stands around it.
struct Row {
    key_id: Uuid,
    name: String,
    description: String,
    icon: String,
    prefix: String,
    last_four: String,
    status: String,
    expires_at: Option<DateTime<Utc>>,
    lifetime_s: Option<i64>,
    activated_at: Option<DateTime<Utc>>,
    rules: Json<KeyRules>,
    policy_id: Option<Uuid>,
    cost_centre: String,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    owner_user_id: Option<Uuid>,
    owner_name: Option<String>,
    owner_email: Option<String>,
    tags: Vec<String>,
    requests: i64,
    input: i64,
    output: i64,
    cache_write_5m: i64,
    cache_write_1h: i64,
    cache_read: i64,
    charge: i64,
    last_request_id: Option<Uuid>,
}

/// The keys of these ids, in the bin or out of it, in the order of the ids, with their usage of a day.
pub(in crate::keys) async fn page(
    tx: &mut TenantTx,
    ids: &[Uuid],
    reading: Reading,
) -> Result<Vec<Key>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT k.key_id, k.name, k.description, k.icon, k.prefix, k.last_four, k.status, k.expires_at, k.lifetime_s,
                  k.activated_at, k.rules AS "rules: Json<KeyRules>", k.policy_id, k.cost_centre, k.version, k.created_at,
                  k.updated_at, k.deleted_at, k.owner_user_id, m.display_name AS "owner_name?", m.email AS "owner_email?",
                  ARRAY(SELECT t.tag FROM api_key_tags t WHERE t.tenant_id = k.tenant_id AND t.key_id = k.key_id
                        ORDER BY t.tag) AS "tags!",
                  u.requests AS "requests!", u.input AS "input!", u.output AS "output!",
                  u.cache_write_5m AS "cache_write_5m!", u.cache_write_1h AS "cache_write_1h!",
                  u.cache_read AS "cache_read!", u.charge AS "charge!", l.last_request_id AS "last_request_id?"
           FROM unnest($2::uuid[]) WITH ORDINALITY AS wanted (key_id, place)
           JOIN api_keys k ON k.tenant_id = $1 AND k.key_id = wanted.key_id
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
        reading.today
    )
    .fetch_all(tx.conn())
    .await?;
    let mut around = Around {
        reading,
        book: Book::read(tx).await?,
        bindings: bindings::read(tx, ids).await?,
        old_secrets: old_secrets(tx, ids, reading.now).await?,
    };
    Ok(rows.into_iter().map(|row| around.key(row)).collect())
}

/// What stands around the keys of a page.
struct Around {
    reading: Reading,
    book: Book,
    bindings: HashMap<Uuid, Vec<KeyBinding>>,
    old_secrets: HashMap<Uuid, Vec<OldSecret>>,
}

impl Around {
    fn key(&mut self, row: Row) -> Key {
        let (now, policy) = (self.reading.now, row.policy_id.map(PolicyId));
        Key {
            id: KeyId(row.key_id),
            name: row.name,
            description: row.description,
            icon: row.icon,
            prefix: row.prefix,
            last_four: row.last_four,
            old_secrets: self.old_secrets.remove(&row.key_id).unwrap_or_default(),
            status: status(&row.status),
            expired: row.expires_at.is_some_and(|at| at <= now),
            owner: row.owner_user_id.map(|id| Person {
                id: UserId(id),
                name: row.owner_name.unwrap_or_default(),
                email: row.owner_email.unwrap_or_default(),
            }),
            tags: row.tags,
            expires_at: row.expires_at,
            lifetime_s: seconds(row.lifetime_s),
            activated_at: row.activated_at,
            effective: self.book.effective(&row.rules, policy),
            policy: policy.and_then(|id| self.book.named(id)),
            rules: row.rules.0,
            cost_centre: row.cost_centre,
            bindings: self.bindings.remove(&row.key_id).unwrap_or_default(),
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
            deleted_at: row.deleted_at,
            purged_at: row.deleted_at.map(|at| at + self.reading.bin_kept),
        }
    }
}

/// The older secrets of these keys that still work, those that end last first.
async fn old_secrets(
    tx: &mut TenantTx,
    keys: &[Uuid],
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Vec<OldSecret>>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT key_id, prefix, last_four, valid_until AS "valid_until!" FROM api_key_secrets
           WHERE tenant_id = $1 AND key_id = ANY ($2) AND valid_until > $3 ORDER BY valid_until DESC"#,
        tenant.0,
        keys,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    let mut old: HashMap<Uuid, Vec<OldSecret>> = HashMap::new();
    for row in rows {
        old.entry(row.key_id).or_default().push(OldSecret {
            prefix: row.prefix,
            last_four: row.last_four,
            valid_until: row.valid_until,
        });
    }
    Ok(old)
}

/// The keys of these ids that are where they are said to be, kept from others' changes until the transaction ends; in the
/// order of their ids, so that two who lock many wait for each other and never in a circle.
pub(in crate::keys) async fn lock(
    tx: &mut TenantTx,
    ids: &[Uuid],
    place: Place,
) -> Result<Vec<Locked>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT key_id, name, description, icon, owner_user_id, status, expires_at, lifetime_s, activated_at,
                  rules AS "rules: Json<KeyRules>", policy_id, cost_centre, version,
                  ARRAY(SELECT t.tag FROM api_key_tags t WHERE t.tenant_id = k.tenant_id AND t.key_id = k.key_id
                        ORDER BY t.tag) AS "tags!"
           FROM api_keys k WHERE tenant_id = $1 AND key_id = ANY ($2) AND (deleted_at IS NOT NULL) = $3
           ORDER BY key_id FOR UPDATE"#,
        tenant.0,
        ids,
        place == Place::Bin
    )
    .fetch_all(tx.conn())
    .await?;
    let mut bound = bindings::read(tx, ids).await?;
    let locked = rows.into_iter().map(|row| Locked {
        id: KeyId(row.key_id),
        version: row.version,
        activated_at: row.activated_at,
        fields: Editable {
            name: row.name,
            description: row.description,
            icon: row.icon,
            owner_user_id: row.owner_user_id.map(UserId),
            status: status(&row.status),
            tags: row.tags,
            expires_at: row.expires_at,
            lifetime_s: seconds(row.lifetime_s),
            rules: row.rules.0,
            policy_id: row.policy_id.map(PolicyId),
            cost_centre: row.cost_centre,
            bindings: bound.remove(&row.key_id).unwrap_or_default(),
        },
    });
    Ok(locked.collect())
}

/// Whether someone is an active member of the tenant, so that a key can be theirs.
pub(in crate::keys) async fn is_member(tx: &mut TenantTx, user: UserId) -> Result<bool, StoreError> {
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

/// How many keys a member has that are not in the bin. Nobody else gives them one until the transaction ends.
pub(in crate::keys) async fn count_owned(tx: &mut TenantTx, user: UserId) -> Result<u64, StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "SELECT user_id FROM memberships WHERE tenant_id = $1 AND user_id = $2 FOR NO KEY UPDATE",
        tenant.0,
        user.0
    )
    .fetch_optional(tx.conn())
    .await?;
    let found = sqlx::query_scalar!(
        r#"SELECT count(*) AS "found!" FROM api_keys
           WHERE tenant_id = $1 AND owner_user_id = $2 AND deleted_at IS NULL"#,
        tenant.0,
        user.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(count(found))
}

/// Whose key it is; `None` where there is no such key in use.
pub(in crate::keys) async fn owner(
    tx: &mut TenantTx,
    key: KeyId,
) -> Result<Option<Option<UserId>>, StoreError> {
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

/// At most `most` keys whose name, description or shown signs hold a text, whatever the case, in no order.
pub(in crate::keys) async fn keys_with_text(
    tx: &mut TenantTx,
    text: &str,
    place: Place,
    most: i32,
) -> Result<Vec<Uuid>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT keys_with_text($1, $2, $3) AS "key_id!""#,
        text,
        place == Place::Bin,
        most
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(found)
}
