//! What nodes hold that are not heard of, and an operator's last resort: giving it up. A lease whose journal may still
//! tell of spending comes back by its journal; only where that is gone for good may somebody say so, and it is written down.

use crate::error::LedgerError;
use crate::node::heard_since;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tollgate_contract::ids::{BudgetId, NodeId, TenantId};
use tollgate_money::Nano;
use tollgate_store::{Db, JobsTx, StoreError, Topic, announce_platform};

/// A node must be silent for this long before an operator may fence it.
const SILENT_FOR: TimeDelta = TimeDelta::minutes(1);
/// Leases listed at the most; the largest first.
const HOLDS_MAX: i64 = 1_000;
/// Texts of an operator's, as the audit log takes them.
const REASON_MAX: usize = 500;

/// What a node that is not heard of holds of a budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Whose budget.
    pub tenant_id: TenantId,
    /// The tenant's short name.
    pub slug: String,
    /// Which budget.
    pub budget_id: BudgetId,
    /// What it is called; `wallet` for the wallet.
    pub budget: String,
    /// The period's first instant.
    pub period_start: DateTime<Utc>,
    /// The node.
    pub node_id: NodeId,
    /// Its epoch.
    pub epoch: i64,
    /// When it was heard of last.
    pub heard_at: DateTime<Utc>,
    /// Whether it can't draw or settle any more.
    pub fenced: bool,
    /// Granted and not settled.
    pub held: Nano,
}

/// What a write-off gave back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenOff {
    /// Leases that were closed.
    pub leases: u64,
    /// What may be spent again, all tenants together.
    pub returned: Nano,
}

/// Why nothing was written off.
#[derive(Debug, thiserror::Error)]
pub enum LostError {
    /// There is no such epoch.
    #[error("node {0} has no epoch {1}")]
    Unknown(NodeId, i64),
    /// It was heard of lately.
    #[error("node {0} was heard of at {1}: stop it first, or wait a minute")]
    Alive(NodeId, DateTime<Utc>),
    /// It may still draw and settle.
    #[error("epoch {1} of node {0} is not fenced: it may still spend")]
    NotFenced(NodeId, i64),
    /// A text is empty or too long; names it.
    #[error("{0} must have 1 to {1} characters")]
    Text(&'static str, usize),
    /// The database can't be reached or refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<sqlx::Error> for LostError {
    fn from(error: sqlx::Error) -> Self {
        Self::Ledger(error.into())
    }
}

impl From<StoreError> for LostError {
    fn from(error: StoreError) -> Self {
        Self::Ledger(error.into())
    }
}

/// Leases that nodes hold which are not heard of, the largest first.
///
/// # Errors
/// If the database can't be read.
pub async fn holds(db: &Db) -> Result<Vec<Hold>, LedgerError> {
    let mut tx = db.jobs().await?;
    let rows = sqlx::query!(
        r#"SELECT l.tenant_id, t.slug, l.budget_id, b.kind, b.name, l.period_start, l.node_id, l.epoch, e.heartbeat_at,
                  e.fenced_at IS NOT NULL AS "fenced!", l.granted_nano - l.settled_nano AS "held!"
           FROM budget_leases l
           JOIN node_epochs e ON e.node_id = l.node_id AND e.epoch = l.epoch
           JOIN budgets b ON b.tenant_id = l.tenant_id AND b.budget_id = l.budget_id
           JOIN tenants t ON t.tenant_id = l.tenant_id
           WHERE l.closed_at IS NULL AND l.granted_nano > l.settled_nano AND e.heartbeat_at < $1
           ORDER BY l.granted_nano - l.settled_nano DESC, l.tenant_id, l.budget_id, l.period_start LIMIT $2"#,
        heard_since(db.clock().now()),
        HOLDS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let hold = rows.into_iter().map(|row| Hold {
        tenant_id: TenantId(row.tenant_id),
        slug: row.slug,
        budget_id: BudgetId(row.budget_id),
        budget: if row.kind == "wallet" { row.kind } else { row.name },
        period_start: row.period_start,
        node_id: NodeId(row.node_id),
        epoch: row.epoch,
        heard_at: row.heartbeat_at,
        fenced: row.fenced,
        held: Nano(row.held),
    });
    Ok(hold.collect())
}

/// Fences an epoch that is not heard of any more: it can neither draw nor settle from now on. A node that lives after all
/// learns of it and stops admitting.
///
/// # Errors
/// `Unknown` or `Alive`, or what the database says.
pub async fn fence_lost(db: &Db, node_id: NodeId, epoch: i64) -> Result<(), LostError> {
    let mut tx = db.settle().await?;
    let now = db.clock().now();
    let found = sqlx::query!(
        "SELECT heartbeat_at, fenced_at FROM node_epochs WHERE node_id = $1 AND epoch = $2 FOR UPDATE",
        node_id.0,
        epoch
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = found else {
        return Err(LostError::Unknown(node_id, epoch));
    };
    if row.fenced_at.is_some() {
        return Ok(());
    }
    if row.heartbeat_at > now - SILENT_FOR {
        return Err(LostError::Alive(node_id, row.heartbeat_at));
    }
    sqlx::query!(
        "UPDATE node_epochs SET fenced_at = $3 WHERE node_id = $1 AND epoch = $2",
        node_id.0,
        epoch,
        now
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Gives up what a fenced epoch still holds, of one tenant or of all: what it did not settle may be spent again. A line in
/// the audit log of each tenant says so. What its journal tells later is booked all the same, and counts as overrun.
///
/// # Errors
/// `NotFenced` if it may still spend; then nothing has changed.
pub async fn write_off(
    db: &Db,
    (node_id, epoch): (NodeId, i64),
    tenant: Option<TenantId>,
    reason: &str,
    author: &str,
) -> Result<WrittenOff, LostError> {
    let fits = |text: &str| (1..=REASON_MAX).contains(&text.chars().count()) && !text.contains('\0');
    if !fits(reason) {
        return Err(LostError::Text("reason", REASON_MAX));
    }
    if !fits(author) {
        return Err(LostError::Text("author", REASON_MAX));
    }
    let mut tx = db.jobs().await?;
    // An epoch once fenced stays so.
    let fenced = sqlx::query_scalar!(
        r#"SELECT fenced_at IS NOT NULL AS "fenced!" FROM node_epochs WHERE node_id = $1 AND epoch = $2"#,
        node_id.0,
        epoch
    )
    .fetch_optional(tx.conn())
    .await?;
    match fenced {
        None => return Err(LostError::Unknown(node_id, epoch)),
        Some(false) => return Err(LostError::NotFenced(node_id, epoch)),
        Some(true) => {}
    }
    let closed = close(&mut tx, db, (node_id, epoch), tenant).await?;
    for lease in &closed {
        let changes = json!({
            "node_id": node_id, "epoch": epoch, "period_start": lease.period_start, "reason": reason,
            "held_nano": {"from": lease.held.to_string(), "to": "0"},
        });
        record(&mut tx, db, lease, author, &changes).await?;
        let tenant = TenantId(lease.tenant_id);
        announce_platform(&mut tx, Topic::Budget, tenant, lease.budget_id, 0).await?;
    }
    tx.commit().await?;
    let returned = closed
        .iter()
        .fold(0_i64, |sum, lease| sum.saturating_add(lease.held));
    Ok(WrittenOff {
        leases: closed.len() as u64,
        returned: Nano(returned),
    })
}

struct Closed {
    tenant_id: uuid::Uuid,
    budget_id: uuid::Uuid,
    period_start: DateTime<Utc>,
    name: String,
    held: i64,
}

/// Periods before leases, both in order: as an exchange does.
async fn close(
    tx: &mut JobsTx,
    db: &Db,
    (node_id, epoch): (NodeId, i64),
    tenant: Option<TenantId>,
) -> Result<Vec<Closed>, LostError> {
    let tenant = tenant.map(|tenant| tenant.0);
    sqlx::query!(
        "SELECT p.granted_nano FROM budget_periods p
         WHERE (p.tenant_id, p.budget_id, p.period_start) IN (
             SELECT l.tenant_id, l.budget_id, l.period_start FROM budget_leases l
             WHERE l.node_id = $1 AND l.epoch = $2 AND l.closed_at IS NULL AND l.granted_nano > l.settled_nano
               AND ($3::uuid IS NULL OR l.tenant_id = $3))
         ORDER BY p.tenant_id, p.budget_id, p.period_start FOR NO KEY UPDATE",
        node_id.0,
        epoch,
        tenant
    )
    .fetch_all(tx.conn())
    .await?;
    let rows = sqlx::query!(
        r#"WITH page AS (
               SELECT l.tenant_id, l.budget_id, l.period_start, l.granted_nano - l.settled_nano AS held
               FROM budget_leases l
               WHERE l.node_id = $1 AND l.epoch = $2 AND l.closed_at IS NULL AND l.granted_nano > l.settled_nano
                 AND ($3::uuid IS NULL OR l.tenant_id = $3)
               ORDER BY l.tenant_id, l.budget_id, l.period_start FOR UPDATE),
           returned AS (
               UPDATE budget_periods p SET granted_nano = p.granted_nano - page.held FROM page
               WHERE p.tenant_id = page.tenant_id AND p.budget_id = page.budget_id
                 AND p.period_start = page.period_start),
           closed AS (
               UPDATE budget_leases l
               SET granted_nano = l.settled_nano, closed_at = $4, written_off_at = $4, updated_at = $4 FROM page
               WHERE l.tenant_id = page.tenant_id AND l.budget_id = page.budget_id
                 AND l.period_start = page.period_start AND l.node_id = $1 AND l.epoch = $2)
           SELECT page.tenant_id, page.budget_id, page.period_start, page.held AS "held!",
                  CASE b.kind WHEN 'wallet' THEN 'wallet' ELSE b.name END AS "name!"
           FROM page JOIN budgets b ON b.tenant_id = page.tenant_id AND b.budget_id = page.budget_id
           ORDER BY page.tenant_id, page.budget_id, page.period_start"#,
        node_id.0,
        epoch,
        tenant,
        db.clock().now()
    )
    .fetch_all(tx.conn())
    .await?;
    let closed = rows.into_iter().map(|row| Closed {
        tenant_id: row.tenant_id,
        budget_id: row.budget_id,
        period_start: row.period_start,
        name: row.name,
        held: row.held,
    });
    Ok(closed.collect())
}

async fn record(
    tx: &mut JobsTx,
    db: &Db,
    lease: &Closed,
    author: &str,
    changes: &serde_json::Value,
) -> Result<(), LostError> {
    sqlx::query!(
        "INSERT INTO audit_log (tenant_id, audit_id, actor_kind, actor_name, action, target_id, target_name, changes,
                                created_at)
         VALUES ($1, $2, 'operator', $3, 'budget.written_off', $4, $5, $6, $7)",
        lease.tenant_id,
        db.clock().new_id(),
        author,
        lease.budget_id,
        lease.name,
        changes,
        db.clock().now()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
