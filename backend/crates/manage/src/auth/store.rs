//! Memberships and sessions in the database.

use super::members::Member;
use chrono::{DateTime, Utc};
use tollgate_contract::auth::Role;
use tollgate_contract::ids::{SessionId, UserId};
use tollgate_store::{StoreError, TenantTx};

/// Most open sessions shown; a person has a handful.
const SESSIONS_SHOWN_MAX: i64 = 200;

/// A person's membership of the transaction's tenant.
pub(super) async fn member(tx: &mut TenantTx, user: UserId) -> Result<Option<Member>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT m.role, m.status, m.email, m.display_name, t.status AS tenant_status, t.slug, t.name, t.time_zone
         FROM memberships m JOIN tenants t ON t.tenant_id = m.tenant_id
         WHERE m.tenant_id = $1 AND m.user_id = $2",
        tenant.0,
        user.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(|row| {
        Some(Member {
            tenant_id: tenant,
            user_id: user,
            role: Role::parse(&row.role)?,
            active: row.status == "active",
            tenant_active: row.tenant_status == "active",
            email: row.email,
            name: row.display_name,
            slug: row.slug,
            tenant_name: row.name,
            time_zone: row.time_zone,
        })
    }))
}

/// A session to be written.
#[derive(Debug)]
pub(super) struct NewSession<'a> {
    pub(super) id: SessionId,
    pub(super) user: UserId,
    pub(super) refresh_hash: &'a [u8; 32],
    pub(super) user_agent: &'a str,
    pub(super) address: String,
    pub(super) at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
}

pub(super) async fn insert(tx: &mut TenantTx, new: &NewSession<'_>) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO sign_in_sessions (tenant_id, session_id, user_id, refresh_hash, user_agent, address, created_at,
                                       last_used_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
        tenant.0,
        new.id.0,
        new.user.0,
        new.refresh_hash.as_slice(),
        new.user_agent,
        new.address,
        new.at,
        new.expires_at
    )
    .execute(tx.conn())
    .await?;
    tx.enter_refresh(new.refresh_hash, new.id, new.expires_at).await
}

/// A session under lock, to be renewed or ended.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) user: UserId,
    pub(super) stored: super::rotation::Stored,
}

pub(super) async fn lock(tx: &mut TenantTx, session: SessionId) -> Result<Option<Locked>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT user_id, refresh_hash, expires_at, ended_at FROM sign_in_sessions
         WHERE tenant_id = $1 AND session_id = $2 FOR UPDATE",
        tenant.0,
        session.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(|row| {
        let stored = super::rotation::Stored {
            refresh_hash: row.refresh_hash.try_into().ok()?,
            expires_at: row.expires_at,
            ended: row.ended_at.is_some(),
        };
        Some(Locked {
            user: UserId(row.user_id),
            stored,
        })
    }))
}

/// Makes another refresh token the session's valid one.
pub(super) async fn rotate(tx: &mut TenantTx, renewed: &NewSession<'_>) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE sign_in_sessions SET refresh_hash = $3, user_agent = $4, address = $5, last_used_at = $6, expires_at = $7
         WHERE tenant_id = $1 AND session_id = $2",
        tenant.0,
        renewed.id.0,
        renewed.refresh_hash.as_slice(),
        renewed.user_agent,
        renewed.address,
        renewed.at,
        renewed.expires_at
    )
    .execute(tx.conn())
    .await?;
    tx.enter_refresh(renewed.refresh_hash, renewed.id, renewed.expires_at)
        .await
}

/// Ends a person's session; tells whether it was open.
pub(super) async fn end(
    tx: &mut TenantTx,
    user: UserId,
    session: SessionId,
    reason: &str,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let done = sqlx::query!(
        "UPDATE sign_in_sessions SET ended_at = $4, end_reason = $5
         WHERE tenant_id = $1 AND session_id = $2 AND user_id = $3 AND ended_at IS NULL",
        tenant.0,
        session.0,
        user.0,
        at,
        reason
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A person's open sessions, the newest first.
pub(super) async fn open(
    tx: &mut TenantTx,
    user: UserId,
    current: SessionId,
    now: DateTime<Utc>,
) -> Result<Vec<tollgate_contract::auth::Session>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT session_id, user_agent, address, created_at, last_used_at, expires_at FROM sign_in_sessions
         WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $3
         ORDER BY created_at DESC LIMIT $4",
        tenant.0,
        user.0,
        now,
        SESSIONS_SHOWN_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let sessions = rows.into_iter().map(|row| tollgate_contract::auth::Session {
        id: SessionId(row.session_id),
        current: row.session_id == current.0,
        user_agent: row.user_agent,
        address: row.address,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
    });
    Ok(sessions.collect())
}
