//! Tenants and memberships in the database.

use chrono::{DateTime, Utc};
use tollgate_contract::auth::Role;
use tollgate_contract::ids::UserId;
use tollgate_store::{StoreError, TenantTx};

pub(super) async fn insert_tenant(
    tx: &mut TenantTx,
    slug: &str,
    name: &str,
    time_zone: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO tenants (tenant_id, slug, name, time_zone, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)",
        tenant.0,
        slug,
        name,
        time_zone,
        at
    )
    .execute(tx.conn())
    .await?;
    tx.enter_slug(slug).await
}

/// A person and their membership.
#[derive(Debug)]
pub(super) struct NewPerson<'a> {
    pub(super) id: UserId,
    pub(super) email: &'a str,
    pub(super) name: &'a str,
    pub(super) role: Role,
    pub(super) password_hash: &'a str,
    pub(super) at: DateTime<Utc>,
}

pub(super) async fn insert_person(tx: &mut TenantTx, new: &NewPerson<'_>) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    tx.enter_user(new.id, new.email, Some(new.password_hash), new.at)
        .await?;
    sqlx::query!(
        "INSERT INTO memberships (tenant_id, user_id, email, display_name, role, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
        tenant.0,
        new.id.0,
        new.email,
        new.name,
        new.role.as_str(),
        new.at
    )
    .execute(tx.conn())
    .await?;
    tx.enter_membership(new.id, new.at).await
}
