//! Budgets, the wallet among them: what this node has drawn of each, and reservations from it in memory, so that a hot key
//! makes no round trip to the database. Never in here: what a request may cost at worst (the relay tells).
//!
//! # Where the figures stand
//! - `budget_periods(limit, granted)`, a row per budget and period: `granted` is the sum of all its leases. Only an exchange
//!   raises it, and never beyond the limit.
//! - `budget_leases(granted, settled, overrun)`, a row per budget, period, node and epoch: what that node drew and has not
//!   given back; what of it is booked. Settlement raises `settled`, exchanges and the epoch's close move `granted`.
//! - In memory, a `Purse` per budget and period: granted, spent (booked or still in the journal), reserved. Their
//!   difference is what requests can be given without asking. A tenant's purses and the line of those that wait lie on one
//!   `Desk` behind one lock, so that a request takes from all of its budgets at once or from none.
//!
//! # An exchange
//! One statement (`exchange_budgets` in the migrations) gives back, claims and refills for one tenant. It holds the node's
//! epoch open, locks the periods in order of (budget, period), and either all of it happens or nothing. One exchange of a
//! tenant is under way on a node at a time, and each has a number that rises; a lease remembers the last one. So the answer
//! says what the lease stands at, and an exchange whose answer was lost is dealt with: until a later one has told what
//! became of it, the node counts what it gave back as gone and what it drew as not drawn, and the later one's number keeps
//! the lost one from happening afterwards.
//!
//! # Two modes
//! While there is plenty (64 worst cases for each live node) a draw brings a slice of 2 % of what is left, and the next
//! one is drawn before it is missed. Below that a budget is *direct*: a draw brings what the waiting requests lack and no
//! more, and what a request did not use goes back within 50 ms. Who lacks money while others hold some announces a recall
//! through the change feed; whoever hears it gives back what is idle at once.
//!
//! # Why it never overshoots, and never refuses what fits
//! Spent and reserved of a purse never exceed its granted but for what vendors bill beyond the worst case, memory's granted
//! never exceeds the lease's, and the leases' sum never exceeds the limit. A lease comes back only from its own node, or
//! after its epoch's journal was replayed (`node`), or by an operator's write-off (`lost`); never by time.
//! A request is refused at once only if it could not fit even if every running request cost nothing: what waits for
//! running requests waits in line, for a bounded time, and asks the database once more at its end.

mod book;
mod desk;
pub(crate) mod draw;
pub(crate) mod lost;
mod purse;
mod refusal;
mod reservation;
#[cfg(test)]
mod sim;
mod work;

pub use book::Spender;
pub use refusal::{BudgetRefusal, ReserveError};
pub use reservation::Reservation;

use crate::entry::BudgetRef;
use crate::node::NodeEpoch;
use book::{Book, load};
use chrono::{DateTime, Utc};
use desk::{Asked, Desk, Ended, Lack, Want};
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Notify;
use tollgate_contract::ids::{BudgetId, RequestId, TenantId};
use tollgate_money::Nano;
use tollgate_store::{Change, ChangeFeed, Db, FeedEvent, FeedState, StoreError, Topic};

/// How long a request waits for an answer of the database beyond its own patience; exchanges end before that.
const ANSWER_PATIENCE: Duration = Duration::from_secs(8);
/// How long a book counts without being read again while announcements don't reach this node.
const UNHEARD_FOR: Duration = Duration::from_secs(2);

/// A request that needs money.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The request; its id's time decides the period.
    pub request_id: RequestId,
    /// Who pays.
    pub tenant_id: TenantId,
    /// By what its budgets are found.
    pub spender: Spender<'a>,
    /// What it may cost at most.
    pub worst_case: Nano,
    /// How long it waits for running requests to end.
    pub wait_max: Duration,
}

/// All budgets as this node sees them. Cheap to clone; clones share them.
#[derive(Clone, Debug)]
pub struct Budgets(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    node: NodeEpoch,
    feed: OnceLock<ChangeFeed>,
    by_tenant: RwLock<HashMap<TenantId, Arc<Tenant>>>,
    round_trips: AtomicU64,
    /// The epoch is about to be closed, which gives everything back.
    stopped: AtomicBool,
}

#[derive(Debug)]
struct Tenant {
    id: TenantId,
    desk: Mutex<Desk>,
    book: RwLock<Option<Arc<Book>>>,
    /// Grows when the book is dropped, so that a reading that began before is not kept.
    drops: AtomicU64,
    loading: tokio::sync::Mutex<()>,
    /// Whether somebody carries exchanges out: one at a time. Only set and unset under the desk's lock, but for a task that
    /// is dropped with its runtime.
    working: AtomicBool,
    /// Something is due earlier than the one at work knows.
    nudge: Notify,
}

impl Budgets {
    pub(crate) fn new(db: Db, node: NodeEpoch) -> Self {
        let budgets = Self(Arc::new(Inner {
            db,
            node,
            feed: OnceLock::new(),
            by_tenant: RwLock::default(),
            round_trips: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        }));
        budgets.start_sweeping();
        budgets
    }

    /// Hears of changes of budgets, of credits and of recalls. Once, before the feed starts.
    pub fn listen(&self, feed: &ChangeFeed) {
        if self.0.feed.set(feed.clone()).is_err() {
            return;
        }
        // Weak: the feed must not keep what listens to it.
        let listener = Arc::downgrade(&self.0);
        feed.on_event(move |event| {
            if let Some(inner) = listener.upgrade() {
                Self(inner).hear(event);
            }
        });
    }

    /// Reserves a request's worst case from all of its hard budgets, or from none. What it really costs is told by
    /// [`Reservation::consume`]; dropping gives back.
    ///
    /// # Errors
    /// `Refused` if a budget has too little, `Unavailable` if the database would have to be asked and can't be.
    pub async fn reserve(&self, ask: &Ask<'_>) -> Result<Reservation, ReserveError> {
        if self.0.node.is_fenced() || self.is_stopped() {
            return Err(ReserveError::Unavailable);
        }
        let tenant = self.tenant(ask.tenant_id);
        let book = self.book(&tenant).await?;
        let at = time_of(ask.request_id).unwrap_or_else(|| self.0.db.clock().now());
        let amount = ask.worst_case.0.max(0);
        let Some(wallet) = book.wallet() else {
            return Err(Box::new(BudgetRefusal::without_wallet(amount)).into());
        };
        let wants: Arc<[Want]> = book.wants(&ask.spender, at).into();
        let now = self.0.db.clock().monotonic();
        let asked = {
            let mut desk = tenant.desk.lock();
            let asked = desk.ask(&wants, amount, now, now + ask.wait_max);
            self.engage(&tenant, &desk);
            asked
        };
        let refused = |lack: &Lack| {
            metrics::counter!("tollgate_budget_refusals_total").increment(1);
            ReserveError::from(Box::new(BudgetRefusal::of(&book, lack, amount)))
        };
        match asked {
            Asked::Taken => {}
            Asked::Refused(lack) => return Err(refused(&lack)),
            Asked::Failed => return Err(ReserveError::Unavailable),
            Asked::Queued(id, wake) => {
                let limit = ask.wait_max + ANSWER_PATIENCE;
                match self.wait(&tenant, id, &wake, limit).await {
                    Ended::Taken => {}
                    Ended::Refused(lack) => return Err(refused(&lack)),
                    Ended::Failed => return Err(ReserveError::Unavailable),
                }
            }
        }
        Ok(Reservation::new(self.clone(), tenant, wants, wallet, amount))
    }

    /// Waits in the line; leaving it early gives back what was given meanwhile.
    async fn wait(&self, tenant: &Arc<Tenant>, id: u64, wake: &Notify, limit: Duration) -> Ended {
        let _queued = Queued {
            budgets: self,
            tenant,
            id,
        };
        let ended = async {
            loop {
                wake.notified().await;
                if let Some(ended) = tenant.desk.lock().look(id) {
                    return ended;
                }
            }
        };
        tokio::time::timeout(limit, ended).await.unwrap_or(Ended::Failed)
    }

    /// Nothing is drawn or given back any more: the epoch is about to be closed.
    pub(crate) fn stop(&self) {
        self.0.stopped.store(true, Ordering::SeqCst);
    }

    fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::SeqCst)
    }

    /// How many exchanges with the database there were.
    pub fn round_trips(&self) -> u64 {
        self.0.round_trips.load(Ordering::Relaxed)
    }

    /// How many requests of a tenant wait for money on this node.
    pub fn waiting(&self, tenant: TenantId) -> usize {
        self.known(tenant)
            .map_or(0, |tenant| tenant.desk.lock().waiting().count())
    }

    fn tenant(&self, id: TenantId) -> Arc<Tenant> {
        if let Some(tenant) = self.known(id) {
            return tenant;
        }
        let fresh = || {
            Arc::new(Tenant {
                id,
                desk: Mutex::default(),
                book: RwLock::default(),
                drops: AtomicU64::new(0),
                loading: tokio::sync::Mutex::new(()),
                working: AtomicBool::new(false),
                nudge: Notify::new(),
            })
        };
        Arc::clone(self.0.by_tenant.write().entry(id).or_insert_with(fresh))
    }

    fn known(&self, id: TenantId) -> Option<Arc<Tenant>> {
        self.0.by_tenant.read().get(&id).map(Arc::clone)
    }

    /// The tenant's book: from memory while it counts.
    async fn book(&self, tenant: &Arc<Tenant>) -> Result<Arc<Book>, ReserveError> {
        let held = tenant.book.read().clone();
        if let Some(book) = held.filter(|book| self.counts(book)) {
            return Ok(book);
        }
        let _turn = tenant.loading.lock().await;
        let held = tenant.book.read().clone();
        if let Some(book) = held.clone().filter(|book| self.counts(book)) {
            return Ok(book);
        }
        let drops = tenant.drops.load(Ordering::SeqCst);
        let (db, id) = (self.0.db.clone(), tenant.id);
        let read = self.0.db.core().run(async move { load(&db, id).await }).await;
        let book = match read.and_then(|read| read) {
            Ok(book) => Arc::new(book),
            Err(error) => {
                tracing::warn!(%error, tenant.id = %id, "a tenant's budgets can't be read");
                // What was known goes on while the database is away; the keys' own grace bounds it.
                let away = matches!(error, StoreError::Unavailable(_));
                return held.filter(|_| away).ok_or(ReserveError::Unavailable);
            }
        };
        let mut place = tenant.book.write();
        if tenant.drops.load(Ordering::SeqCst) == drops {
            *place = Some(Arc::clone(&book));
        }
        Ok(book)
    }

    fn counts(&self, book: &Book) -> bool {
        match self.0.feed.get().map(ChangeFeed::state) {
            Some(FeedState::ListenerLost) => {
                self.0
                    .db
                    .clock()
                    .monotonic()
                    .saturating_duration_since(book.loaded)
                    <= UNHEARD_FOR
            }
            Some(FeedState::Normal | FeedState::DatabaseLost) | None => true,
        }
    }

    fn hear(&self, event: &FeedEvent) {
        match event {
            FeedEvent::Changed(change) => self.hear_change(change),
            FeedEvent::Reset => {
                let tenants: Vec<_> = self.0.by_tenant.read().values().map(Arc::clone).collect();
                for tenant in tenants {
                    self.renew(&tenant, None);
                }
            }
        }
    }

    fn hear_change(&self, change: &Change) {
        let Some(tenant) = self.known(change.tenant_id) else {
            return;
        };
        let budget = BudgetId(change.object_id);
        match change.topic {
            Topic::Tenant => self.renew(&tenant, None),
            // Its limit may be lower now: what is idle goes back.
            Topic::Budget => self.renew(&tenant, Some(budget)),
            Topic::Recall => {
                metrics::counter!("tollgate_budget_recalls_total", "side" => "heard").increment(1);
                let now = self.0.db.clock().monotonic();
                let mut desk = tenant.desk.lock();
                desk.recalled(budget, now);
                self.engage(&tenant, &desk);
            }
            Topic::Key | Topic::Account | Topic::Prices => {}
        }
    }

    /// The book is read anew at the next request, and nobody is refused by what was heard before.
    fn renew(&self, tenant: &Arc<Tenant>, changed: Option<BudgetId>) {
        {
            let mut book = tenant.book.write();
            tenant.drops.fetch_add(1, Ordering::SeqCst);
            *book = None;
        }
        let now = self.0.db.clock().monotonic();
        let mut desk = tenant.desk.lock();
        desk.forget();
        if let Some(budget) = changed {
            desk.recalled(budget, now);
        }
        self.engage(tenant, &desk);
    }
}

/// A place in the line, left however the waiting ends.
struct Queued<'a> {
    budgets: &'a Budgets,
    tenant: &'a Arc<Tenant>,
    id: u64,
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        let now = self.budgets.0.db.clock().monotonic();
        let mut desk = self.tenant.desk.lock();
        desk.leave(self.id, now);
        self.budgets.engage(self.tenant, &desk);
    }
}

/// The time in a request's id.
fn time_of(id: RequestId) -> Option<DateTime<Utc>> {
    let time = id.0.get_timestamp().filter(|_| id.0.get_version_num() == 7)?;
    let (seconds, nanos) = time.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

/// The budgets beside the wallet, as the journal names them.
fn budget_refs(wants: &[Want], wallet: BudgetId) -> Vec<BudgetRef> {
    let beside = wants.iter().filter(|want| want.key.budget != wallet);
    beside
        .map(|want| BudgetRef {
            budget_id: want.key.budget,
            period_start: want.key.start,
        })
        .collect()
}
