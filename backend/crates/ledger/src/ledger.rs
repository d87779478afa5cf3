//! The ledger of a node as the server holds it: journal, budgets and settler under one epoch, from start to stop.

use crate::error::LedgerError;
use crate::journal::Journal;
use crate::lease::Budgets;
use crate::node::{HEARTBEAT_EVERY, NodeEpoch, NodeName};
use crate::settle::{Ended, SettleSettings, Settler};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tollgate_store::Db;

/// How often a stop looks whether the journal is empty.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often a node looks whether its earlier epochs can be closed.
const EARLIER_EVERY: Duration = Duration::from_millis(500);
/// How long the settler has to end once nothing is left, and again once it is told to give up.
const SETTLER_PATIENCE: Duration = Duration::from_secs(3);

/// Journal, budgets and settler of a running node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    db: Db,
    journal: Journal,
    node: NodeEpoch,
    budgets: Budgets,
    finish: CancellationToken,
    abort: CancellationToken,
    ended: watch::Receiver<Option<Ended>>,
}

impl Ledger {
    /// Begins a new epoch, which fences earlier ones, settles what the journal still holds of them and closes them, and
    /// settles from now on. Runs on the core runtime.
    ///
    /// # Errors
    /// If the database can't be reached: a node does not start without it.
    pub async fn start(
        db: &Db,
        journal: Journal,
        name: &NodeName,
        settings: SettleSettings,
    ) -> Result<Self, LedgerError> {
        let node = NodeEpoch::begin(db, &journal, name).await?;
        let (finish, abort) = (CancellationToken::new(), db.core().shutdown_token().child_token());
        let settler = Settler {
            db: db.clone(),
            node: node.clone(),
            journal: journal.clone(),
            settings,
            finish: finish.clone(),
            abort: abort.clone(),
        };
        let (tell, ended) = watch::channel(None);
        db.core().spawn("settler", async move {
            let end = settler.run().await;
            tracing::info!(?end, "the settler has ended");
            // Nobody may wait for it.
            let _ = tell.send(Some(end));
        });
        db.core()
            .spawn("node keeper", keep(db.clone(), node.clone(), abort.clone()));
        let budgets = Budgets::new(db.clone(), node.clone());
        Ok(Self {
            db: db.clone(),
            journal,
            node,
            budgets,
            finish,
            abort,
            ended,
        })
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The budgets, the wallet among them.
    pub fn budgets(&self) -> &Budgets {
        &self.budgets
    }

    /// The node's epoch.
    pub fn node(&self) -> &NodeEpoch {
        &self.node
    }

    /// Waits until all that was done is settled, at most `limit`. Tells whether it is.
    pub async fn settle_all(&self, limit: Duration) -> bool {
        let empty = async {
            while self.journal.depth() > 0 || self.journal.ready() > 0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(limit, empty).await.is_ok()
    }

    /// Ends gracefully, after the last request has: admits nothing, settles what is left, at most `limit`, gives unspent
    /// leases back, closes the epoch and the journal.
    ///
    /// # Errors
    /// `NotEmpty` if something could not be settled in time: it stays in the journal, and the leases stay held, until
    /// the folder is opened or drained again.
    pub async fn stop(&self, limit: Duration) -> Result<(), LedgerError> {
        self.journal.stop_admitting();
        self.settle_all(limit).await;
        self.finish.cancel();
        if !self.has_ended(SETTLER_PATIENCE).await {
            // Told to end now; the transaction under way, if any, ends first.
            self.abort.cancel();
            self.has_ended(SETTLER_PATIENCE).await;
        }
        self.abort.cancel();
        self.budgets.stop();
        let closed = if self.node.is_fenced() {
            Err(LedgerError::Fenced)
        } else {
            self.close_epochs().await
        };
        self.journal.close().await;
        closed
    }

    async fn has_ended(&self, limit: Duration) -> bool {
        let mut ended = self.ended.clone();
        tokio::time::timeout(limit, ended.wait_for(Option::is_some))
            .await
            .is_ok()
    }

    async fn close_epochs(&self) -> Result<(), LedgerError> {
        self.node.close_earlier(&self.db).await?;
        self.node.close_own(&self.db).await
    }
}

/// Beats, and closes earlier epochs once their entries are settled.
async fn keep(db: Db, node: NodeEpoch, stop: CancellationToken) {
    let (mut earlier_closed, mut beat_at) = (false, db.clock().monotonic());
    loop {
        let pause = if earlier_closed {
            HEARTBEAT_EVERY
        } else {
            EARLIER_EVERY
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
        if !earlier_closed {
            match node.close_earlier(&db).await {
                Ok(closed) => earlier_closed = closed,
                Err(error) => tracing::warn!(%error, "earlier epochs can't be closed now"),
            }
        }
        if db.clock().monotonic().duration_since(beat_at) >= HEARTBEAT_EVERY {
            beat_at = db.clock().monotonic();
            match node.beat(&db).await {
                Ok(()) => {}
                Err(LedgerError::Fenced) => return,
                Err(error) => tracing::warn!(%error, "the node's heartbeat can't be written"),
            }
        }
    }
}
