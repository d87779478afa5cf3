//! A key as the database has it, and the beginning of its life. Never in here: keeping it.

use super::entry::{KeyEntry, Secret, Standing};
use super::rules::{SharedRules, UnreadableRules};
use crate::capture::CaptureRule;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Instant;
use tollgate_contract::ids::{AccountId, GroupId, KeyId, UserId};
use tollgate_contract::platform::Service;
use tollgate_limits::{LimitSet, Part, Subject};
use tollgate_scheduler::{Binding, BoundTo};
use tollgate_store::{Db, KeyOwner, Redact, StoreError, TenantTx, Topic, announce};
use uuid::Uuid;

/// A key, and what its tenant says of it; `None` if there is none.
pub(super) async fn read_key(
    db: &Db,
    shared: &SharedRules,
    owner: KeyOwner,
    loaded: Instant,
) -> Result<Option<KeyEntry>, StoreError> {
    let mut tx = db.tenant(owner.tenant_id).await?;
    let row = sqlx::query!(
        r#"SELECT k.name, k.status, k.expires_at, k.created_at, k.cost_centre, k.owner_user_id, k.version, k.rules,
                  k.lifetime_s IS NOT NULL AND k.activated_at IS NULL AS "is_unborn!",
                  k.deleted_at IS NOT NULL AS "deleted!", t.status AS tenant_status, t.time_zone,
                  p.rules AS "policy_rules?", d.rules AS "default_rules?",
                  u.limits AS "user_limits?", o.limits AS "tenant_limits?"
           FROM api_keys k JOIN tenants t ON t.tenant_id = k.tenant_id
           LEFT JOIN policies p ON p.tenant_id = k.tenant_id AND p.policy_id = k.policy_id
           LEFT JOIN policies d ON d.tenant_id = k.tenant_id AND d.is_default
           LEFT JOIN subject_limits u ON u.tenant_id = k.tenant_id AND u.user_id = k.owner_user_id
           LEFT JOIN subject_limits o ON o.tenant_id = k.tenant_id AND o.user_id = $3
           WHERE k.tenant_id = $1 AND k.key_id = $2"#,
        owner.tenant_id.0,
        owner.key_id.0,
        Uuid::nil()
    )
    .fetch_optional(tx.conn())
    .await?;
    let bindings = read_bindings(&mut tx, owner.key_id).await?;
    let tags = read_tags(&mut tx, owner.key_id).await?;
    let secrets = read_secrets(&mut tx, owner.key_id).await?;
    let capture = read_capture_rule(&mut tx, owner.key_id).await?;
    tx.commit().await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let standing = match (row.deleted, row.tenant_status.as_str(), row.status.as_str()) {
        (true, ..) => Standing::Deleted,
        (_, "active", "active") => Standing::Good,
        (_, "active", _) => Standing::Disabled,
        _ => Standing::TenantClosed,
    };
    let (policy, default) = (row.policy_rules.as_ref(), row.default_rules.as_ref());
    let rules = shared.rules(&row.rules, policy, default).map_err(unreadable)?;
    let of_user = row.owner_user_id.map(|id| Subject::User(UserId(id)));
    let parts = [
        Some(rules.part(Subject::Key(owner.key_id))),
        part(shared, of_user, row.user_limits.as_ref())?,
        part(shared, Some(Subject::Tenant), row.tenant_limits.as_ref())?,
    ];
    Ok(Some(KeyEntry {
        tenant_id: owner.tenant_id,
        key_id: owner.key_id,
        name: row.name,
        user_id: row.owner_user_id.map(UserId),
        cost_centre: row.cost_centre,
        tags,
        rules,
        limits: LimitSet::new(owner.tenant_id, parts),
        bindings,
        expires_at: row.expires_at,
        created_at: row.created_at,
        zone: tollgate_money::zone(&row.time_zone),
        capture,
        is_unborn: row.is_unborn,
        secrets,
        standing,
        version: row.version,
        loaded,
    }))
}

fn part(
    shared: &SharedRules,
    subject: Option<Subject>,
    limits: Option<&serde_json::Value>,
) -> Result<Option<Part>, StoreError> {
    let part = subject
        .zip(limits)
        .map(|(subject, limits)| shared.part(subject, limits));
    part.transpose().map_err(unreadable)
}

fn unreadable(error: UnreadableRules) -> StoreError {
    StoreError::Refused(sqlx::Error::Decode(Box::new(error)))
}

async fn read_bindings(tx: &mut TenantTx, key: KeyId) -> Result<Vec<Binding>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT service, account_id, group_id FROM api_key_bindings WHERE tenant_id = $1 AND key_id = $2",
        tenant.0,
        key.0
    )
    .fetch_all(tx.conn())
    .await?;
    let binding = |service: &str, account: Option<Uuid>, group: Option<Uuid>| {
        let account = account.map(|id| BoundTo::Account(AccountId(id)));
        let group = group.map(|id| BoundTo::Group(GroupId(id)));
        Some(Binding {
            service: Service::parse(service)?,
            to: account.or(group)?,
        })
    };
    Ok(rows
        .iter()
        .filter_map(|row| binding(&row.service, row.account_id, row.group_id))
        .collect())
}

async fn read_tags(tx: &mut TenantTx, key: KeyId) -> Result<Vec<String>, StoreError> {
    let tenant = tx.tenant_id();
    let tags = sqlx::query_scalar!(
        "SELECT tag FROM api_key_tags WHERE tenant_id = $1 AND key_id = $2 ORDER BY tag",
        tenant.0,
        key.0
    );
    Ok(tags.fetch_all(tx.conn()).await?)
}

async fn read_secrets(tx: &mut TenantTx, key: KeyId) -> Result<Vec<Secret>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT secret_hash, valid_until FROM api_key_secrets WHERE tenant_id = $1 AND key_id = $2",
        tenant.0,
        key.0
    )
    .fetch_all(tx.conn())
    .await?;
    let secret = |hash: &[u8], valid_until| {
        Some(Secret {
            hash: hash.try_into().ok()?,
            valid_until,
        })
    };
    Ok(rows
        .iter()
        .filter_map(|row| secret(&row.secret_hash, row.valid_until))
        .collect())
}

/// How the key's requests' bodies are kept, if its tenant wants that.
async fn read_capture_rule(tx: &mut TenantTx, key: KeyId) -> Result<Option<Arc<CaptureRule>>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT sample_per_mille, redact_secrets, redact_emails, redact_cards, patterns, body_bytes_max, keep_days, version
         FROM capture_settings
         WHERE tenant_id = $1 AND active AND (cardinality(key_ids) = 0 OR $2 = ANY (key_ids))",
        tenant.0,
        key.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        Arc::new(CaptureRule {
            sample_per_mille: u16::try_from(row.sample_per_mille).unwrap_or_default(),
            redact: Redact {
                secrets: row.redact_secrets,
                emails: row.redact_emails,
                cards: row.redact_cards,
            },
            patterns: row.patterns,
            body_bytes_max: usize::try_from(row.body_bytes_max).unwrap_or_default(),
            keep_days: i64::from(row.keep_days),
            version: row.version,
        })
    }))
}

/// Begins the life of a key that lives from its first use on, unless another request was quicker; announces it. The
/// version that the key has now, if it was this request's doing.
pub(super) async fn begin_life(
    db: &Db,
    owner: KeyOwner,
    now: DateTime<Utc>,
) -> Result<Option<i64>, StoreError> {
    let mut tx = db.tenant(owner.tenant_id).await?;
    let version = sqlx::query_scalar!(
        "UPDATE api_keys SET activated_at = $3, expires_at = $3::timestamptz + make_interval(secs => lifetime_s), version = version + 1
         WHERE tenant_id = $1 AND key_id = $2 AND activated_at IS NULL AND lifetime_s IS NOT NULL
         RETURNING version",
        owner.tenant_id.0,
        owner.key_id.0,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(version) = version {
        announce(&mut tx, Topic::Key, owner.key_id.0, version).await?;
    }
    tx.commit().await?;
    Ok(version)
}
