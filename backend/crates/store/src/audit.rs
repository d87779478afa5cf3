//! The audit log: who changed what, written in the transaction of the change itself.

use crate::{StoreError, TenantTx};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tollgate_contract::ids::UserId;
use uuid::Uuid;

/// Who did it.
#[derive(Clone, Debug)]
pub enum Actor {
    /// A person who is signed in.
    User {
        /// The person.
        id: UserId,
        /// E-mail address at that time.
        name: String,
    },
    /// The platform's operator, by a command.
    Operator(String),
    /// Tollgate itself.
    System(&'static str),
}

/// One line of the audit log.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// The line's id.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// `noun.verb`, e.g. `key.created`.
    pub action: &'static str,
    /// What it was done to.
    pub target_id: Option<Uuid>,
    /// Its name at that time.
    pub target_name: String,
    /// What changed: `{"field": {"from": …, "to": …}}`. Never secrets.
    pub changes: Value,
    /// The HTTP request by which it came.
    pub request_id: Option<Uuid>,
    /// The client's address.
    pub address: String,
}

/// Writes the line; the change and its trace are committed together or not at all.
///
/// # Errors
/// `Refused` if the entry is malformed, `Unavailable` if the database is.
pub async fn record(tx: &mut TenantTx, entry: &AuditEntry) -> Result<(), StoreError> {
    let (kind, actor_id, name) = match &entry.actor {
        Actor::User { id, name } => ("user", Some(id.0), name.as_str()),
        Actor::Operator(name) => ("operator", None, name.as_str()),
        Actor::System(name) => ("system", None, *name),
    };
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO audit_log (tenant_id, audit_id, actor_kind, actor_id, actor_name, action, target_id, target_name,
                                changes, request_id, address, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tenant.0,
        entry.id,
        kind,
        actor_id,
        name,
        entry.action,
        entry.target_id,
        entry.target_name,
        entry.changes,
        entry.request_id,
        entry.address,
        entry.at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
