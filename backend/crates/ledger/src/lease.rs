//! Wallet leases: what this node has drawn of each tenant's prepaid wallet, and reservations from it in memory, so that
//! a hot key makes no round trip to the database. Never in here: what a request may cost at worst (the relay tells).

pub(crate) mod draw;
mod purse;

use crate::entry::LeaseRef;
use crate::error::LedgerError;
use crate::node::NodeEpoch;
use draw::{Drawn, draw};
use parking_lot::{Mutex, RwLock};
use purse::{Need, Purse, Step};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tollgate_contract::ids::{BudgetId, TenantId};
use tollgate_money::Nano;
use tollgate_store::Db;

/// How long a request waits for a draw before it is told that the database is away.
const DRAW_PATIENCE: Duration = Duration::from_secs(2);

/// The wallet has too little for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the wallet has {left} left, {held} is held by running requests, {needed} is needed")]
pub struct WalletRefusal {
    /// What could still be reserved.
    pub left: Nano,
    /// Held for running requests, on this node and on others, and by nodes that have not settled yet.
    pub held: Nano,
    /// The request's worst case.
    pub needed: Nano,
}

/// Why nothing was reserved.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// Too little money.
    #[error(transparent)]
    Refused(#[from] WalletRefusal),
    /// More than this node holds is needed, and the database can't be asked.
    #[error("the wallet can't be asked now")]
    Unavailable,
}

/// All wallets as this node sees them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Wallets {
    db: Db,
    node: NodeEpoch,
    by_tenant: Arc<RwLock<HashMap<TenantId, Arc<Wallet>>>>,
}

#[derive(Debug)]
struct Wallet {
    tenant: TenantId,
    purse: Mutex<Purse>,
    changed: Notify,
}

impl Wallets {
    pub(crate) fn new(db: Db, node: NodeEpoch) -> Self {
        Self {
            db,
            node,
            by_tenant: Arc::default(),
        }
    }

    /// Reserves a request's worst case. What it really costs is told by [`Reservation::consume`]; dropping gives back.
    ///
    /// # Errors
    /// `Refused` if the wallet has too little, `Unavailable` if the database would have to be asked and can't be.
    pub async fn reserve(&self, tenant: TenantId, worst_case: Nano) -> Result<Reservation, ReserveError> {
        let wallet = self.wallet(tenant);
        let amount = worst_case.0.max(0);
        if self.node.is_fenced() {
            return Err(ReserveError::Unavailable);
        }
        match self.step(&wallet, amount) {
            Step::Taken { budget, refill } => Ok(self.taken(wallet, budget, amount, refill)),
            step => {
                let waited =
                    tokio::time::timeout(DRAW_PATIENCE, self.reserve_by_draw(&wallet, amount, step)).await;
                waited.unwrap_or(Err(ReserveError::Unavailable))
            }
        }
    }

    /// Asks the database again at the next request, though it has just refused: after a top-up.
    pub fn forget_refusal(&self, tenant: TenantId) {
        self.wallet(tenant).purse.lock().forget_refusal();
    }

    fn wallet(&self, tenant: TenantId) -> Arc<Wallet> {
        if let Some(wallet) = self.by_tenant.read().get(&tenant) {
            return Arc::clone(wallet);
        }
        let fresh = || {
            Arc::new(Wallet {
                tenant,
                purse: Mutex::new(Purse::new()),
                changed: Notify::new(),
            })
        };
        Arc::clone(self.by_tenant.write().entry(tenant).or_insert_with(fresh))
    }

    fn step(&self, wallet: &Wallet, amount: i64) -> Step {
        wallet.purse.lock().step(amount, self.db.clock().monotonic())
    }

    async fn reserve_by_draw(
        &self,
        wallet: &Arc<Wallet>,
        amount: i64,
        mut step: Step,
    ) -> Result<Reservation, ReserveError> {
        let _waiting = Waiting::new(wallet, amount);
        loop {
            let changed = wallet.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match step {
                Step::Taken { budget, refill } => {
                    return Ok(self.taken(Arc::clone(wallet), budget, amount, refill));
                }
                Step::Refused { left, held } => {
                    let refusal = WalletRefusal {
                        left: Nano(left),
                        held: Nano(held),
                        needed: Nano(amount),
                    };
                    return Err(refusal.into());
                }
                Step::Failed => return Err(ReserveError::Unavailable),
                Step::Draw(need) => self.start_draw(wallet, need),
                Step::Wait => {
                    // The draw may have ended between the look and the enabling above.
                    step = self.step(wallet, amount);
                    if step != Step::Wait {
                        continue;
                    }
                }
            }
            changed.await;
            step = self.step(wallet, amount);
        }
    }

    fn taken(&self, wallet: Arc<Wallet>, budget: BudgetId, amount: i64, refill: Option<Need>) -> Reservation {
        if let Some(need) = refill {
            self.start_draw(&wallet, need);
        }
        let lease = LeaseRef {
            budget_id: budget,
            node_id: self.node.node_id(),
            epoch: self.node.epoch(),
        };
        Reservation {
            wallet: Some(wallet),
            amount,
            lease,
        }
    }

    /// On the core runtime, so that it goes on though the request that started it is given up.
    fn start_draw(&self, wallet: &Arc<Wallet>, need: Need) {
        let (db, node) = (self.db.clone(), self.node.clone());
        let drawing = Drawing(Arc::clone(wallet));
        self.db.core().spawn("wallet draw", async move {
            let wallet = &drawing.0;
            let drawn = draw(&db, &node, wallet.tenant, need).await;
            let now = db.clock().monotonic();
            let mut purse = wallet.purse.lock();
            match drawn {
                Ok(Drawn::Granted { budget, total, slice }) => purse.granted(budget, total, slice),
                Ok(Drawn::Refused {
                    undrawn,
                    held_by_others,
                }) => purse.refused(undrawn, held_by_others, now),
                Err(error) => {
                    if matches!(error, LedgerError::Fenced) {
                        node.fence();
                    }
                    tracing::warn!(%error, tenant.id = %wallet.tenant, "a wallet could not be drawn from");
                    metrics::counter!("tollgate_wallet_draw_failures_total").increment(1);
                    purse.failed(now);
                }
            }
        });
    }
}

/// Ends a draw, however it ends.
struct Drawing(Arc<Wallet>);

impl Drop for Drawing {
    fn drop(&mut self) {
        self.0.purse.lock().drawn();
        self.0.changed.notify_waiters();
    }
}

/// A reservation that waits for a draw counts in what the draw asks for.
struct Waiting<'a> {
    wallet: &'a Wallet,
    amount: i64,
}

impl<'a> Waiting<'a> {
    fn new(wallet: &'a Wallet, amount: i64) -> Self {
        wallet.purse.lock().wait(amount);
        Self { wallet, amount }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.wallet.purse.lock().stop_waiting(self.amount);
    }
}

/// A request's worst case, set aside. Dropping gives it back.
#[derive(Debug)]
pub struct Reservation {
    wallet: Option<Arc<Wallet>>,
    amount: i64,
    lease: LeaseRef,
}

impl Reservation {
    /// What is reserved.
    pub fn amount(&self) -> Nano {
        Nano(self.amount)
    }

    /// The lease it is from, for the journal.
    pub fn lease(&self) -> LeaseRef {
        self.lease
    }

    /// The request is over and its charge is in the journal. A charge beyond the reservation is taken all the same.
    pub fn consume(mut self, actual: Nano) {
        if let Some(wallet) = self.wallet.take() {
            if actual.0 > self.amount {
                metrics::counter!("tollgate_wallet_overruns_total").increment(1);
                tracing::warn!(
                    tenant.id = %wallet.tenant, reserved_nano = self.amount, charge_nano = actual.0,
                    "a request cost more than was reserved for it"
                );
            }
            wallet.purse.lock().consume(self.amount, actual.0);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(wallet) = self.wallet.take() {
            wallet.purse.lock().give_back(self.amount);
        }
    }
}
