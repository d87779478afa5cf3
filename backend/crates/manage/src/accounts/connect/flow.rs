//! Ways to a vendor's consent that were begun, in the database: of one sign-in session, used once, for ten minutes.

use chrono::{DateTime, Utc};
use tollgate_contract::ids::{AccountId, FlowId, ProxyId, SessionId, UserId};
use tollgate_contract::platform::Platform;
use tollgate_store::{SecretPlace, StoreError, TenantTx};

/// Where a flow's verifier is stored.
pub(super) fn place(flow: FlowId) -> SecretPlace {
    SecretPlace {
        table: "oauth_flows",
        row: flow.0,
        column: "verifier",
    }
}

/// A flow.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) id: FlowId,
    pub(super) session: SessionId,
    pub(super) user: UserId,
    pub(super) platform: Platform,
    pub(super) way: String,
    /// SHA-256 of the state.
    pub(super) state_hash: Vec<u8>,
    /// PKCE's verifier, sealed.
    pub(super) verifier: Vec<u8>,
    pub(super) proxy: Option<ProxyId>,
    /// The account that is connected anew.
    pub(super) account: Option<AccountId>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) used_at: Option<DateTime<Utc>>,
}

pub(super) async fn insert(tx: &mut TenantTx, flow: &Flow) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO oauth_flows (tenant_id, flow_id, session_id, user_id, platform, way, state_hash, verifier, proxy_id,
                                  account_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tenant.0,
        flow.id.0,
        flow.session.0,
        flow.user.0,
        flow.platform.as_str(),
        flow.way,
        flow.state_hash,
        flow.verifier,
        flow.proxy.map(|proxy| proxy.0),
        flow.account.map(|account| account.0),
        flow.created_at,
        flow.expires_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The session's flow on the platform. To others, and on other platforms, there is none.
pub(super) async fn read(
    tx: &mut TenantTx,
    flow: FlowId,
    session: SessionId,
    platform: Platform,
) -> Result<Option<Flow>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT user_id, way, state_hash, verifier, proxy_id, account_id, created_at, expires_at, used_at
         FROM oauth_flows WHERE tenant_id = $1 AND flow_id = $2 AND session_id = $3 AND platform = $4",
        tenant.0,
        flow.0,
        session.0,
        platform.as_str()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Flow {
        id: flow,
        session,
        user: UserId(row.user_id),
        platform,
        way: row.way,
        state_hash: row.state_hash,
        verifier: row.verifier,
        proxy: row.proxy_id.map(ProxyId),
        account: row.account_id.map(AccountId),
        created_at: row.created_at,
        expires_at: row.expires_at,
        used_at: row.used_at,
    }))
}

/// Uses the flow up; `false` if somebody was quicker, or its time is over. Of many at once, one alone gets `true`.
pub(super) async fn take(tx: &mut TenantTx, flow: &Flow, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let tenant = tx.tenant_id();
    let taken = sqlx::query!(
        "UPDATE oauth_flows SET used_at = $5
         WHERE tenant_id = $1 AND flow_id = $2 AND session_id = $3 AND user_id = $4 AND used_at IS NULL AND expires_at > $5",
        tenant.0,
        flow.id.0,
        flow.session.0,
        flow.user.0,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(taken.rows_affected() == 1)
}
