//! A node's epochs: every start of a journal folder is a new one and fences those before. What an epoch drew comes back
//! only when its own journal is empty. Never in here: what is settled.

use crate::error::LedgerError;
use crate::journal::{EpochCount, Journal};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use tollgate_contract::ids::NodeId;
use tollgate_store::{Db, SettleTx, StoreError};

/// How often a node says that it lives.
pub(crate) const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);
/// A node that was not heard of for this long counts as lost: what it holds is named as such. Nothing comes back by it.
const LOST_AFTER: TimeDelta = TimeDelta::seconds(20);
/// Two starts of copies of one folder at once: one of them takes the next number.
const BEGIN_ATTEMPTS: usize = 5;
/// Leases closed per transaction, so that no tenant's budgets are locked for long.
const CLOSE_PAGE: i64 = 200;

/// A node heard of since then lives.
pub(crate) fn heard_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - LOST_AFTER
}

/// The running epoch of a node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct NodeEpoch {
    journal: Journal,
    epoch: i64,
}

/// How a process names itself in `node_epochs`.
#[derive(Clone, Debug, Default)]
pub struct NodeName {
    /// The machine.
    pub host: String,
    /// The program's version.
    pub version: String,
}

impl NodeEpoch {
    /// Begins the next epoch of the journal's node and fences all earlier ones.
    pub(crate) async fn begin(db: &Db, journal: &Journal, name: &NodeName) -> Result<Self, LedgerError> {
        let mut attempt = 1;
        let epoch = loop {
            match insert_epoch(db, journal.node_id(), name).await {
                Err(LedgerError::Store(StoreError::Duplicate(_))) if attempt < BEGIN_ATTEMPTS => attempt += 1,
                begun => break begun?,
            }
        };
        journal.serve(epoch).await?;
        tracing::info!(node.id = %journal.node_id(), node.epoch = epoch, "the node begins a new epoch");
        Ok(Self {
            journal: journal.clone(),
            epoch,
        })
    }

    /// The node.
    pub fn node_id(&self) -> NodeId {
        self.journal.node_id()
    }

    /// Its epoch.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Whether another process has taken over.
    pub fn is_fenced(&self) -> bool {
        self.journal.is_fenced()
    }

    pub(crate) fn fence(&self) {
        if !self.is_fenced() {
            tracing::error!(node.id = %self.node_id(), node.epoch = self.epoch, "this node's epoch is fenced");
        }
        self.journal.fence();
    }

    /// First statement of whatever spends or settles: the epoch can't be fenced until the transaction ends.
    pub(crate) async fn hold(&self, tx: &mut SettleTx) -> Result<(), LedgerError> {
        let open = sqlx::query_scalar!(
            r#"SELECT fenced_at IS NULL AND closed_at IS NULL AS "open!" FROM node_epochs
               WHERE node_id = $1 AND epoch = $2 FOR SHARE"#,
            self.node_id().0,
            self.epoch
        )
        .fetch_optional(tx.conn())
        .await?;
        if open == Some(true) {
            Ok(())
        } else {
            Err(LedgerError::Fenced)
        }
    }

    /// Says that the node lives, and what its journal holds; learns whether it may go on.
    pub(crate) async fn beat(&self, db: &Db) -> Result<(), LedgerError> {
        let (mut tx, now) = (db.settle().await?, db.clock().now());
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let beaten = sqlx::query!(
            "UPDATE node_epochs SET heartbeat_at = $3, journal_requests = $4, journal_oldest_at = $5, journal_free_bytes = $6
             WHERE node_id = $1 AND epoch = $2 AND fenced_at IS NULL",
            self.node_id().0,
            self.epoch,
            now,
            count(self.journal.depth()),
            self.journal.oldest_age().and_then(|age| now.checked_sub_signed(TimeDelta::from_std(age).ok()?)),
            count(self.journal.free_bytes())
        )
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        if beaten.rows_affected() == 1 {
            return Ok(());
        }
        self.fence();
        Err(LedgerError::Fenced)
    }

    /// Closes every earlier epoch of this node whose entries are all settled. Tells whether none is left open.
    pub(crate) async fn close_earlier(&self, db: &Db) -> Result<bool, LedgerError> {
        let mut all = true;
        for count in self.journal.epochs().await? {
            if count.epoch < self.epoch && count.left == 0 {
                self.close(db, count).await?;
            } else if count.epoch < self.epoch {
                all = false;
            }
        }
        Ok(all)
    }

    /// Closes this epoch, at a graceful stop.
    ///
    /// # Errors
    /// `NotEmpty` if the journal still holds anything of it: then its leases stay held until the folder is replayed.
    pub(crate) async fn close_own(&self, db: &Db) -> Result<(), LedgerError> {
        let counts = self.journal.epochs().await?;
        let Some(count) = counts.into_iter().find(|count| count.epoch == self.epoch) else {
            return Err(LedgerError::NotEmpty(
                "the journal does not know its own epoch".to_owned(),
            ));
        };
        if count.left > 0 {
            return Err(LedgerError::NotEmpty(format!(
                "{} requests are not settled",
                count.left
            )));
        }
        self.close(db, count).await
    }

    /// Fences the epoch, so that nothing is drawn or settled under it any more; gives its unspent leases back, page by
    /// page; then closes its row. Dying in between is made good by the next start.
    async fn close(&self, db: &Db, count: EpochCount) -> Result<(), LedgerError> {
        let mut tx = db.settle().await?;
        sqlx::query!(
            "UPDATE node_epochs SET fenced_at = $3 WHERE node_id = $1 AND epoch = $2 AND fenced_at IS NULL",
            self.node_id().0,
            count.epoch,
            db.clock().now()
        )
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        while self.return_leases(db, count.epoch).await? > 0 {}
        let mut tx = db.settle().await?;
        let now = db.clock().now();
        sqlx::query!(
            "UPDATE node_epochs SET closed_at = COALESCE(closed_at, $3), requests = GREATEST(requests, $4)
             WHERE node_id = $1 AND epoch = $2",
            self.node_id().0,
            count.epoch,
            now,
            count.opened
        )
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// What was granted and not settled goes back to the budgets; what was settled beyond the grant is taken from them.
    async fn return_leases(&self, db: &Db, epoch: i64) -> Result<u64, LedgerError> {
        let mut tx = db.settle().await?;
        let now = db.clock().now();
        // Periods before leases, both in order: as an exchange does.
        sqlx::query!(
            "SELECT p.granted_nano FROM budget_periods p
             WHERE (p.tenant_id, p.budget_id, p.period_start) IN (
                 SELECT l.tenant_id, l.budget_id, l.period_start FROM budget_leases l
                 WHERE l.node_id = $1 AND l.epoch = $2 AND l.closed_at IS NULL
                 ORDER BY l.tenant_id, l.budget_id, l.period_start LIMIT $3)
             ORDER BY p.tenant_id, p.budget_id, p.period_start FOR NO KEY UPDATE",
            self.node_id().0,
            epoch,
            CLOSE_PAGE
        )
        .fetch_all(tx.conn())
        .await?;
        let closed = sqlx::query!(
            "WITH page AS (
                 SELECT l.tenant_id, l.budget_id, l.period_start, l.granted_nano - l.settled_nano AS unspent
                 FROM budget_leases l
                 WHERE l.node_id = $1 AND l.epoch = $2 AND l.closed_at IS NULL
                 ORDER BY l.tenant_id, l.budget_id, l.period_start LIMIT $3 FOR UPDATE),
             returned AS (
                 UPDATE budget_periods p
                 SET granted_nano = p.granted_nano - page.unspent,
                     beyond_nano = p.beyond_nano + GREATEST(-page.unspent, 0)
                 FROM page
                 WHERE p.tenant_id = page.tenant_id AND p.budget_id = page.budget_id
                   AND p.period_start = page.period_start)
             UPDATE budget_leases l SET granted_nano = l.settled_nano, closed_at = $4, updated_at = $4 FROM page
             WHERE l.tenant_id = page.tenant_id AND l.budget_id = page.budget_id AND l.period_start = page.period_start
               AND l.node_id = $1 AND l.epoch = $2",
            self.node_id().0,
            epoch,
            CLOSE_PAGE,
            now
        )
        .execute(tx.conn())
        .await?;
        tx.commit().await?;
        Ok(closed.rows_affected())
    }
}

async fn insert_epoch(db: &Db, node_id: NodeId, name: &NodeName) -> Result<i64, LedgerError> {
    let mut tx = db.settle().await?;
    let now = db.clock().now();
    sqlx::query!(
        "UPDATE node_epochs SET fenced_at = $2 WHERE node_id = $1 AND fenced_at IS NULL",
        node_id.0,
        now
    )
    .execute(tx.conn())
    .await?;
    let epoch = sqlx::query_scalar!(
        "INSERT INTO node_epochs (node_id, epoch, host, version, started_at, heartbeat_at)
         SELECT $1, COALESCE(max(epoch), 0) + 1, $2, $3, $4, $4 FROM node_epochs WHERE node_id = $1
         RETURNING epoch",
        node_id.0,
        name.host,
        name.version,
        now
    )
    .fetch_one(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(epoch)
}
