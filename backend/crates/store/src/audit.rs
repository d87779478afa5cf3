//! The audit log: who changed what, written in the transaction of the change itself.

use crate::{JobsTx, SettleTx, StoreError, TenantTx};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use tollgate_contract::ids::{TenantId, UserId};
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
    record_all(tx, std::slice::from_ref(entry)).await
}

/// Writes many lines at once, as [`record`] does one.
///
/// # Errors
/// As for [`record`].
pub async fn record_all(tx: &mut TenantTx, entries: &[AuditEntry]) -> Result<(), StoreError> {
    let tenants = vec![tx.tenant_id().0; entries.len()];
    write(tx.conn(), &tenants, entries).await
}

/// Writes what a job did to things of several tenants, each line with its tenant.
///
/// # Errors
/// As for [`record`].
pub async fn record_platform(
    tx: &mut JobsTx,
    lines: impl IntoIterator<Item = (TenantId, AuditEntry)>,
) -> Result<(), StoreError> {
    let (tenants, entries): (Vec<Uuid>, Vec<AuditEntry>) =
        lines.into_iter().map(|(tenant, entry)| (tenant.0, entry)).unzip();
    write(tx.conn(), &tenants, &entries).await
}

/// Writes what was booked for an operator, in the very transaction that booked it.
///
/// # Errors
/// As for [`record`].
pub async fn record_settled(
    tx: &mut SettleTx,
    lines: impl IntoIterator<Item = (TenantId, AuditEntry)>,
) -> Result<(), StoreError> {
    let (tenants, entries): (Vec<Uuid>, Vec<AuditEntry>) =
        lines.into_iter().map(|(tenant, entry)| (tenant.0, entry)).unzip();
    write(tx.conn(), &tenants, &entries).await
}

/// One statement, hence one round trip, however many there are.
async fn write(
    connection: &mut PgConnection,
    tenants: &[Uuid],
    entries: &[AuditEntry],
) -> Result<(), StoreError> {
    let actors: Vec<(&str, Option<Uuid>, &str)> = entries.iter().map(|entry| named(&entry.actor)).collect();
    let kinds: Vec<&str> = actors.iter().map(|(kind, ..)| *kind).collect();
    let actor_ids: Vec<Option<Uuid>> = actors.iter().map(|(_, id, _)| *id).collect();
    let names: Vec<&str> = actors.iter().map(|(.., name)| *name).collect();
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
    let actions: Vec<&str> = entries.iter().map(|entry| entry.action).collect();
    let targets: Vec<Option<Uuid>> = entries.iter().map(|entry| entry.target_id).collect();
    let target_names: Vec<&str> = entries.iter().map(|entry| entry.target_name.as_str()).collect();
    let changes: Vec<Value> = entries.iter().map(|entry| entry.changes.clone()).collect();
    let requests: Vec<Option<Uuid>> = entries.iter().map(|entry| entry.request_id).collect();
    let addresses: Vec<&str> = entries.iter().map(|entry| entry.address.as_str()).collect();
    let times: Vec<DateTime<Utc>> = entries.iter().map(|entry| entry.at).collect();
    sqlx::query!(
        "INSERT INTO audit_log (tenant_id, audit_id, actor_kind, actor_id, actor_name, action, target_id, target_name,
                                changes, request_id, address, created_at)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::uuid[],
                              $8::text[], $9::jsonb[], $10::uuid[], $11::text[], $12::timestamptz[])",
        tenants,
        &ids,
        &kinds as &[&str],
        &actor_ids as &[Option<Uuid>],
        &names as &[&str],
        &actions as &[&str],
        &targets as &[Option<Uuid>],
        &target_names as &[&str],
        &changes,
        &requests as &[Option<Uuid>],
        &addresses as &[&str],
        &times
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn named(actor: &Actor) -> (&str, Option<Uuid>, &str) {
    match actor {
        Actor::User { id, name } => ("user", Some(id.0), name.as_str()),
        Actor::Operator(name) => ("operator", None, name.as_str()),
        Actor::System(name) => ("system", None, *name),
    }
}
