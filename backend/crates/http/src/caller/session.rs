//! What the gate asks the database about a session, and how long ago it did.

use chrono::{DateTime, Utc};
use std::time::Instant;
use tollgate_contract::auth::Role;
use tollgate_contract::ids::{SessionId, UserId};
use tollgate_store::{StoreError, TenantTx};

/// A session, its person and its tenant, as of now.
#[derive(Clone, Debug)]
pub(super) struct SessionFacts {
    pub(super) user: UserId,
    /// Neither ended nor its membership switched off.
    pub(super) open: bool,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) role: Role,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) tenant_slug: String,
    pub(super) tenant_name: String,
    pub(super) time_zone: String,
    pub(super) tenant_active: bool,
}

/// What was found at a time; also that nothing was.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) asked_at: Instant,
    pub(super) facts: Option<SessionFacts>,
}

pub(super) async fn read(tx: &mut TenantTx, session: SessionId) -> Result<Option<SessionFacts>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        r#"SELECT s.user_id, s.ended_at, s.expires_at, m.role, m.status, m.email, m.display_name,
                  t.slug, t.name AS tenant_name, t.time_zone, t.status AS tenant_status
           FROM sign_in_sessions s
           JOIN memberships m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id
           JOIN tenants t ON t.tenant_id = s.tenant_id
           WHERE s.tenant_id = $1 AND s.session_id = $2"#,
        tenant.0,
        session.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(|row| {
        Some(SessionFacts {
            user: UserId(row.user_id),
            open: row.ended_at.is_none() && row.status == "active",
            expires_at: row.expires_at,
            role: Role::parse(&row.role)?,
            email: row.email,
            name: row.display_name,
            tenant_slug: row.slug,
            tenant_name: row.tenant_name,
            time_zone: row.time_zone,
            tenant_active: row.tenant_status == "active",
        })
    }))
}
