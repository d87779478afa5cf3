//! Where seats are given out and come back: what pick took and what waiters are handed is the same guard. Here requests
//! wait, for as long as they may. Never in here: whose turn it is (`waiting`), and which account (`pick`).

use crate::candidate::{Candidate, Out};
use crate::live::Live;
use crate::nodes::Nodes;
use crate::pick::Wish;
use crate::pool::Pool;
use crate::reports::Reports;
use crate::snapshot::UpstreamAccount;
use crate::waiting::{Holding, Place, Waiting};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::oneshot;
use tollgate_contract::ids::TenantId;

/// Who waits looks again at least this often: seats also become free by what other nodes do and by what persons change.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// And not more often, however soon something is to recover.
const LOOK_MIN: Duration = Duration::from_millis(10);

/// How long a request may wait, and with how many others.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Longest wait for a seat.
    pub wait_max: Duration,
    /// Most requests of a tenant that wait at the same time, on each node.
    pub queue_max: usize,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) reports: Arc<Reports>,
    pub(crate) waiting: Arc<Waiting>,
}

impl Desk {
    pub(crate) fn new(reports: Arc<Reports>) -> Arc<Self> {
        Arc::new(Self {
            reports,
            waiting: Arc::default(),
        })
    }

    pub(crate) fn nodes(&self) -> &Arc<Nodes> {
        self.reports.nodes()
    }

    fn now(&self) -> DateTime<Utc> {
        self.reports.clock().now()
    }

    /// What is free on this account goes to those who wait for it.
    pub(crate) fn serve(self: &Arc<Self>, live: &Arc<Live>) {
        if self.waiting.count() > 0 {
            self.waiting.serve(live, self.now(), self);
        }
    }

    /// Waits for a seat on any of the accounts that are only full, or that recover in time. Dropping the future leaves the
    /// line at once. `None` if there is nothing to wait for, too many wait already, or the time is up.
    pub(crate) async fn wait(
        self: &Arc<Self>,
        pool: &Pool,
        wish: &Wish<'_>,
        patience: Patience,
    ) -> Option<Held> {
        let began = self.now();
        let deadline = began + patience.wait_max;
        let wanted = worth_waiting(pool, wish, began, deadline);
        // Where several grants lead to the accounts, the best of them counts.
        let asker = wanted
            .iter()
            .map(|one| one.asker(wish))
            .max_by_key(|one| one.weight)?;
        for one in &wanted {
            self.nodes().list(&one.live);
        }
        let Some((place, receiver)) = self.waiting.join(asker, wanted, patience.queue_max) else {
            metrics::counter!("tollgate_account_waits_total", "outcome" => "queue_full").increment(1);
            return None;
        };
        let gauge = Gauge::up();
        let held = self.wait_for(place, receiver, deadline).await;
        drop(gauge);
        let outcome = if held.is_some() { "served" } else { "timed_out" };
        let waited = (self.now() - began).to_std().unwrap_or_default();
        metrics::counter!("tollgate_account_waits_total", "outcome" => outcome).increment(1);
        metrics::histogram!("tollgate_account_wait_seconds").record(waited.as_secs_f64());
        held
    }

    async fn wait_for(
        self: &Arc<Self>,
        place: Place,
        mut receiver: oneshot::Receiver<Held>,
        deadline: DateTime<Utc>,
    ) -> Option<Held> {
        loop {
            let now = self.now();
            for one in place.ticket().wanted() {
                if one.live.out_for(place.ticket().asker(), now).is_none() {
                    self.serve(&one.live);
                }
            }
            let left = (deadline - self.now()).to_std().unwrap_or_default();
            if left.is_zero() {
                break;
            }
            let pause = pause(place.ticket().wanted(), self.now()).min(left).max(LOOK_MIN);
            if let Ok(held) = tokio::time::timeout(pause, &mut receiver).await {
                return held.ok();
            }
        }
        drop(place);
        // A seat may have come while the place was given up.
        receiver.try_recv().ok()
    }
}

/// Until something recovers or changes.
fn pause(wanted: &[Candidate], now: DateTime<Utc>) -> Duration {
    let recoveries = wanted.iter().filter_map(|one| one.live.recovers_at(now));
    let soonest = recoveries.min().map(|at| (at - now).to_std().unwrap_or_default());
    soonest.unwrap_or(LOOK_EVERY).min(LOOK_EVERY)
}

/// The accounts that fit and that may take the request before the deadline.
pub(crate) fn worth_waiting(
    pool: &Pool,
    wish: &Wish<'_>,
    now: DateTime<Utc>,
    deadline: DateTime<Utc>,
) -> Vec<Candidate> {
    let in_time = |until: Option<DateTime<Utc>>| until.is_some_and(|until| until <= deadline);
    let fits = |one: &&Candidate| match one.out(wish, now.into()) {
        // It became free a moment ago.
        None | Some(Out::Probed) => true,
        Some(Out::Full(full)) => full.until().is_none() || in_time(full.until()),
        Some(Out::State { until, .. }) => in_time(until),
        Some(Out::Window { until, .. }) => in_time(Some(until)),
        Some(_) => false,
    };
    pool.fitting(wish).filter(fits).cloned().collect()
}

/// Requests that wait, as a gauge that forgets nobody.
struct Gauge;

impl Gauge {
    fn up() -> Self {
        metrics::gauge!("tollgate_account_waiting").increment(1.0);
        Self
    }
}

impl Drop for Gauge {
    fn drop(&mut self) {
        metrics::gauge!("tollgate_account_waiting").decrement(1.0);
    }
}

/// A seat that is taken: dropping it gives it back, and to whoever waits for it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) account: Arc<UpstreamAccount>,
    pub(crate) live: Arc<Live>,
    /// Set where this request decides whether a faulty account is well again.
    pub(crate) probe: Option<u64>,
    /// Whether another tenant owns the account, which granted it.
    pub(crate) is_granted: bool,
    tenant: TenantId,
    holding: Holding,
    pub(crate) desk: Arc<Desk>,
}

impl Held {
    /// Of a seat that was just taken on the live side.
    pub(crate) fn new(candidate: &Candidate, tenant: TenantId, probe: Option<u64>, desk: &Arc<Desk>) -> Self {
        let Candidate { account, live, .. } = candidate;
        let holding = desk.waiting.holding(live.tenant, tenant);
        holding.fetch_add(1, Ordering::Relaxed);
        desk.nodes().list(live);
        in_flight(account).increment(1.0);
        Self {
            account: account.clone(),
            live: live.clone(),
            probe,
            is_granted: candidate.is_granted,
            tenant,
            holding,
            desk: desk.clone(),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.holding.fetch_sub(1, Ordering::Relaxed);
        self.live.release(self.tenant, self.probe);
        in_flight(&self.account).decrement(1.0);
        self.desk.serve(&self.live);
    }
}

/// By platform: accounts come and go, and there may be thousands.
fn in_flight(account: &UpstreamAccount) -> metrics::Gauge {
    metrics::gauge!("tollgate_accounts_in_flight", "platform" => account.platform.as_str())
}
