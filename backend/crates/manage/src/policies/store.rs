//! Policies in the database.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use tollgate_contract::ids::PolicyId;
use tollgate_contract::policies::Policy;
use tollgate_contract::rules::KeyRules;
use tollgate_store::{StoreError, TenantTx};

/// What a person may edit of a policy, as stored.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(super) struct Editable {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) is_default: bool,
    pub(super) rules: KeyRules,
}

/// A policy under lock.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) version: i64,
    pub(super) fields: Editable,
}

/// One policy, or all of them: the default first, then by name.
pub(super) async fn read(tx: &mut TenantTx, one: Option<PolicyId>) -> Result<Vec<Policy>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT p.policy_id, p.name, p.description, p.is_default, p.rules AS "rules: Json<KeyRules>", p.version,
                  p.created_at, p.updated_at,
                  (SELECT count(*) FROM api_keys k WHERE k.tenant_id = $1 AND k.policy_id = p.policy_id) AS "keys!"
           FROM policies p WHERE p.tenant_id = $1 AND ($2::uuid IS NULL OR p.policy_id = $2)
           ORDER BY p.is_default DESC, p.name"#,
        tenant.0,
        one.map(|id| id.0)
    )
    .fetch_all(tx.conn())
    .await?;
    let policies = rows.into_iter().map(|row| Policy {
        id: PolicyId(row.policy_id),
        name: row.name,
        description: row.description,
        is_default: row.is_default,
        rules: row.rules.0,
        keys: u32::try_from(row.keys).unwrap_or(u32::MAX),
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    });
    Ok(policies.collect())
}

/// Keeps others from adding policies and from taking the default until the transaction ends. It comes before any policy
/// is locked, so that two who do both wait for each other and never in a circle.
pub(super) async fn hold(tx: &mut TenantTx) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "SELECT tenant_id FROM tenants WHERE tenant_id = $1 FOR NO KEY UPDATE",
        tenant.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(())
}

/// How many there are.
pub(super) async fn count(tx: &mut TenantTx) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let counted = sqlx::query_scalar!(
        r#"SELECT count(*) AS "counted!" FROM policies WHERE tenant_id = $1"#,
        tenant.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(counted)
}

/// A policy, kept from others' changes until the transaction ends; no key comes to name it meanwhile either.
pub(super) async fn lock(tx: &mut TenantTx, policy: PolicyId) -> Result<Option<Locked>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT name, description, is_default, rules AS "rules: Json<KeyRules>", version
           FROM policies WHERE tenant_id = $1 AND policy_id = $2 FOR UPDATE"#,
        tenant.0,
        policy.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Locked {
        version: row.version,
        fields: Editable {
            name: row.name,
            description: row.description,
            is_default: row.is_default,
            rules: row.rules.0,
        },
    }))
}

pub(super) async fn insert(
    tx: &mut TenantTx,
    policy: PolicyId,
    fields: &Editable,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO policies (tenant_id, policy_id, name, description, is_default, rules, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        tenant.0,
        policy.0,
        fields.name,
        fields.description,
        fields.is_default,
        Json(&fields.rules) as _,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a locked policy's fields and gives it the next version.
pub(super) async fn update(
    tx: &mut TenantTx,
    policy: PolicyId,
    fields: &Editable,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE policies SET name = $3, description = $4, is_default = $5, rules = $6, updated_at = $7,
                version = version + 1
         WHERE tenant_id = $1 AND policy_id = $2",
        tenant.0,
        policy.0,
        fields.name,
        fields.description,
        fields.is_default,
        Json(&fields.rules) as _,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The default policy is none any more, unless it is this one; tells which it was, and its name.
pub(super) async fn unset_default(
    tx: &mut TenantTx,
    unless: PolicyId,
    at: DateTime<Utc>,
) -> Result<Option<(PolicyId, String)>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "UPDATE policies SET is_default = false, updated_at = $3, version = version + 1
         WHERE tenant_id = $1 AND is_default AND policy_id <> $2 RETURNING policy_id, name",
        tenant.0,
        unless.0,
        at
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (PolicyId(row.policy_id), row.name)))
}

/// How many keys name a locked policy, and how many of them lie in the recycle bin.
pub(super) async fn keys(tx: &mut TenantTx, policy: PolicyId) -> Result<(i64, i64), StoreError> {
    let tenant = tx.tenant_id();
    let counted = sqlx::query!(
        r#"SELECT count(*) AS "all!", count(deleted_at) AS "bin!" FROM api_keys WHERE tenant_id = $1 AND policy_id = $2"#,
        tenant.0,
        policy.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((counted.all, counted.bin))
}

pub(super) async fn delete(tx: &mut TenantTx, policy: PolicyId) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "DELETE FROM policies WHERE tenant_id = $1 AND policy_id = $2",
        tenant.0,
        policy.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
