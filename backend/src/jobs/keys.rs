//! Cares for API keys that nobody cares for: secrets that have ended after a rotation, keys whose days in the recycle bin
//! are over, and, where the operator wants it, keys that expired long ago. Each is a line in its organisation's audit log.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tollgate_contract::ids::TenantId;
use tollgate_store::{
    Actor, AuditEntry, Clock, Db, JobsTx, StoreError, Topic, announce_platform, record_platform_audits,
};
use uuid::Uuid;

/// Rows of one transaction: it must not hold locks for long.
const BATCH: i64 = 500;

/// For how long keys are kept.
#[derive(Clone, Copy, Debug)]
pub struct KeyCare {
    /// Days in the recycle bin.
    pub recycle_days: u16,
    /// Days after its expiry after which a key is put into the bin; 0: it never is.
    pub expired_delete_days: u16,
}

impl KeyCare {
    /// Does what is due.
    pub async fn run(self, db: &Db) -> Result<u64, StoreError> {
        let now = db.clock().now();
        let mut touched = 0;
        while let Some(more) = some(secrets(db, now).await?) {
            touched += more;
        }
        if self.expired_delete_days > 0 {
            let before = now - TimeDelta::days(self.expired_delete_days.into());
            while let Some(more) = some(expired(db, before, now).await?) {
                touched += more;
            }
        }
        let before = now - TimeDelta::days(self.recycle_days.into());
        while let Some(more) = some(bin(db, before, now).await?) {
            touched += more;
        }
        Ok(touched)
    }
}

fn some(count: u64) -> Option<u64> {
    (count > 0).then_some(count)
}

/// A key that was cared for, as the audit log tells it.
struct Cared {
    tenant: Uuid,
    key: Uuid,
    name: String,
    changes: Value,
}

/// Old secrets that have ended leave, and lead nowhere any more.
async fn secrets(db: &Db, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut tx = db.jobs().await?;
    let rows = sqlx::query!(
        r#"WITH ended AS (
             DELETE FROM api_key_secrets WHERE (tenant_id, key_id, secret_hash) IN
               (SELECT tenant_id, key_id, secret_hash FROM api_key_secrets
                WHERE valid_until <= $1 ORDER BY valid_until LIMIT $2)
             RETURNING tenant_id, key_id, secret_hash, last_four
           ), forgotten AS (
             DELETE FROM key_directory d USING ended e WHERE d.secret_hash = e.secret_hash
           )
           SELECT k.tenant_id, k.key_id, k.name, e.last_four
           FROM ended e JOIN api_keys k ON k.tenant_id = e.tenant_id AND k.key_id = e.key_id"#,
        now,
        BATCH
    )
    .fetch_all(tx.conn())
    .await?;
    let cared = rows.into_iter().map(|row| Cared {
        tenant: row.tenant_id,
        key: row.key_id,
        name: row.name,
        changes: json!({ "old_secret": { "from": row.last_four, "to": null } }),
    });
    let cared: Vec<Cared> = cared.collect();
    finish(tx, db.clock(), "key.secret_ended", cared).await
}

/// Keys that expired long ago go to the recycle bin.
async fn expired(db: &Db, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut tx = db.jobs().await?;
    let rows = sqlx::query!(
        "UPDATE api_keys SET deleted_at = $2, updated_at = $2, version = version + 1
         WHERE (tenant_id, key_id) IN
           (SELECT tenant_id, key_id FROM api_keys WHERE expires_at < $1 AND deleted_at IS NULL
            ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING tenant_id, key_id, name, version",
        before,
        now,
        BATCH
    )
    .fetch_all(tx.conn())
    .await?;
    let tenants: BTreeSet<Uuid> = rows.iter().map(|row| row.tenant_id).collect();
    for tenant in tenants {
        announce_platform(&mut tx, Topic::Tenant, TenantId(tenant), tenant, 0).await?;
    }
    let cared = rows.into_iter().map(|row| Cared {
        tenant: row.tenant_id,
        key: row.key_id,
        name: row.name,
        changes: json!({ "version": { "from": row.version - 1, "to": row.version } }),
    });
    let cared: Vec<Cared> = cared.collect();
    finish(tx, db.clock(), "key.deleted", cared).await
}

/// Keys whose days in the bin are over leave for good, with their secrets, tags and bindings; their usage stays. No node
/// lets them in since they went into the bin, so none needs to hear of it; of their budgets they do.
async fn bin(db: &Db, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut tx = db.jobs().await?;
    let rows = sqlx::query!(
        "SELECT tenant_id, key_id, name, version FROM api_keys WHERE deleted_at < $1
         ORDER BY deleted_at LIMIT $2 FOR UPDATE SKIP LOCKED",
        before,
        BATCH
    )
    .fetch_all(tx.conn())
    .await?;
    let (tenants, keys): (Vec<Uuid>, Vec<Uuid>) = rows.iter().map(|row| (row.tenant_id, row.key_id)).unzip();
    sqlx::query!(
        "DELETE FROM key_directory WHERE (tenant_id, key_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))",
        &tenants,
        &keys
    )
    .execute(tx.conn())
    .await?;
    let budgets = sqlx::query!(
        "UPDATE budgets SET deleted_at = $3, active = false, updated_at = $3, version = version + 1
         WHERE (tenant_id, key_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) AND deleted_at IS NULL
         RETURNING tenant_id, budget_id, version",
        &tenants,
        &keys,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    for budget in budgets {
        let tenant = TenantId(budget.tenant_id);
        announce_platform(&mut tx, Topic::Budget, tenant, budget.budget_id, budget.version).await?;
    }
    sqlx::query!(
        "DELETE FROM api_keys WHERE (tenant_id, key_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))",
        &tenants,
        &keys
    )
    .execute(tx.conn())
    .await?;
    let cared = rows.into_iter().map(|row| Cared {
        tenant: row.tenant_id,
        key: row.key_id,
        name: row.name,
        changes: json!({ "version": { "from": row.version, "to": row.version + 1 } }),
    });
    let cared: Vec<Cared> = cared.collect();
    finish(tx, db.clock(), "key.purged", cared).await
}

/// Writes the audit log's lines and commits; tells how many keys it were.
async fn finish(
    mut tx: JobsTx,
    clock: &Clock,
    action: &'static str,
    cared: Vec<Cared>,
) -> Result<u64, StoreError> {
    let count = u64::try_from(cared.len()).unwrap_or(u64::MAX);
    if count == 0 {
        return Ok(0);
    }
    let lines = cared.into_iter().map(|one| {
        let entry = AuditEntry {
            id: clock.new_id(),
            at: clock.now(),
            actor: Actor::System("jobs"),
            action,
            target_id: Some(one.key),
            target_name: one.name,
            changes: one.changes,
            request_id: None,
            address: String::new(),
        };
        (TenantId(one.tenant), entry)
    });
    record_platform_audits(&mut tx, lines).await?;
    tx.commit().await?;
    Ok(count)
}
