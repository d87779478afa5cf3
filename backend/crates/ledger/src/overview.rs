//! The books at a glance, for whoever runs the house: journals of the nodes, dead letters, seals that have not arrived, and
//! past re-pricings. Reads only.

use crate::error::LedgerError;
use crate::reprice::{CostRepricing, RepricedCost};
use chrono::{DateTime, Utc};
use tollgate_contract::ids::TenantId;
use tollgate_money::Nano;
use tollgate_store::{JobsTx, PLATFORM_TENANT};
use uuid::Uuid;

/// Nodes shown: those that are open or closed last.
const NODES_MAX: i64 = 100;

/// A node's epoch and its journal, as of its last heartbeat.
#[derive(Clone, Debug)]
pub struct NodeJournal {
    /// The journal's folder, which is the node.
    pub node_id: Uuid,
    /// Which of its starts.
    pub epoch: i64,
    /// The machine's name.
    pub host: String,
    /// Of the program.
    pub version: String,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it was last heard.
    pub heartbeat_at: DateTime<Utc>,
    /// Whether nothing of the epoch is settled by the node itself any more.
    pub fenced: bool,
    /// Requests in its journal: open ones and those that wait for settlement. `None`: it has not said.
    pub journal_requests: Option<i64>,
    /// Since when the oldest of them lies there.
    pub journal_oldest_at: Option<DateTime<Utc>>,
    /// Room on its disk.
    pub journal_free_bytes: Option<i64>,
}

/// Epochs that are not closed: nodes that run, and those that went away with something in their journals.
///
/// # Errors
/// If the database is away.
pub async fn open_journals(tx: &mut JobsTx) -> Result<Vec<NodeJournal>, LedgerError> {
    let rows = sqlx::query_as!(
        NodeJournal,
        r#"SELECT node_id, epoch, host, version, started_at, heartbeat_at, fenced_at IS NOT NULL AS "fenced!",
                  journal_requests, journal_oldest_at, journal_free_bytes
           FROM node_epochs WHERE closed_at IS NULL ORDER BY heartbeat_at DESC, node_id, epoch LIMIT $1"#,
        NODES_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// How many dead letters are open, and since when the oldest.
///
/// # Errors
/// If the database is away.
pub async fn open_letters(tx: &mut JobsTx) -> Result<(i64, Option<DateTime<Utc>>), LedgerError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "count!", min(created_at) AS "oldest" FROM settle_dead_letters WHERE resolved_at IS NULL"#
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.count, row.oldest))
}

/// A re-pricing as it was booked.
#[derive(Clone, Debug)]
pub struct PastRepricing {
    /// Its id.
    pub repricing_id: Uuid,
    /// Whose requests.
    pub tenant_id: TenantId,
    /// That tenant's short name.
    pub slug: String,
    /// Requests from this time on, their own,
    pub from: DateTime<Utc>,
    /// up to before this one.
    pub to: DateTime<Utc>,
    /// Of this model alone; `None`: of all.
    pub model: Option<String>,
    /// Why.
    pub reason: String,
    /// Who booked it.
    pub author: String,
    /// Requests whose charge it changed, and of them those of closed months.
    pub events: i64,
    /// See `events`.
    pub late_events: i64,
    /// What was charged for them before.
    pub old: Nano,
    /// And after.
    pub new: Nano,
    /// Of the tenant's chain; `None` where only costs changed.
    pub batch_no: Option<i64>,
    /// What it changed in the platform's own books.
    pub cost: Option<CostRepricing>,
    /// When.
    pub booked_at: DateTime<Utc>,
}

/// Re-pricings of all tenants, the newest first; `before` is where a page goes on.
///
/// # Errors
/// If the database is away.
pub async fn repricings(
    tx: &mut JobsTx,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<PastRepricing>, LedgerError> {
    let (at, id) = before.unzip();
    let rows = sqlx::query!(
        r#"SELECT r.repricing_id, r.tenant_id, t.slug, r.from_time, r.to_time, r.model, r.reason, r.author, r.events,
                  r.late_events, r.old_nano, r.new_nano, r.batch_no, r.booked_at, p.events AS "cost_events?",
                  p.old_nano AS "old_cost?", p.new_nano AS "new_cost?", p.batch_no AS "cost_batch_no?"
           FROM ledger_repricings r JOIN tenants t USING (tenant_id)
           LEFT JOIN platform_repricings p ON p.tenant_id = $4 AND p.repricing_id = r.repricing_id
           WHERE $1::timestamptz IS NULL OR (r.booked_at, r.repricing_id) < ($1, $2)
           ORDER BY r.booked_at DESC, r.repricing_id DESC LIMIT $3"#,
        at,
        id,
        limit,
        PLATFORM_TENANT.0
    )
    .fetch_all(tx.conn())
    .await?;
    let repricings = rows.into_iter().map(|row| PastRepricing {
        repricing_id: row.repricing_id,
        tenant_id: TenantId(row.tenant_id),
        slug: row.slug,
        from: row.from_time,
        to: row.to_time,
        model: Some(row.model).filter(|model| !model.is_empty()),
        reason: row.reason,
        author: row.author,
        events: row.events,
        late_events: row.late_events,
        old: Nano(row.old_nano),
        new: Nano(row.new_nano),
        batch_no: row.batch_no,
        cost: row.cost_batch_no.map(|batch_no| CostRepricing {
            events: row.cost_events.unwrap_or_default(),
            cost: RepricedCost {
                old: Nano(row.old_cost.unwrap_or_default()),
                new: Nano(row.new_cost.unwrap_or_default()),
            },
            batch_no,
        }),
        booked_at: row.booked_at,
    });
    Ok(repricings.collect())
}
