//! Who carries exchanges out: one task per tenant and node on the core runtime, while there is something to be done. It
//! goes on though the request that made it start is given up. Never in here: deciding what is exchanged.

use super::desk::{Answer, Desk, Exchange, Plan};
use super::draw::exchange;
use super::{Budgets, Tenant};
use crate::error::LedgerError;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tollgate_contract::ids::{BudgetId, TenantId};
use tollgate_store::{Db, StoreError, Topic, announce_platform};

/// How often purses of past periods are looked for.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// Ends the work, however it ends.
struct Working {
    tenant: Arc<Tenant>,
    /// The desk has been told already: somebody else may be at work by now.
    told: bool,
}

impl Working {
    /// Under the desk's lock: from now on somebody else may be at work.
    fn done(&mut self) {
        self.tenant.working.store(false, Ordering::SeqCst);
        self.told = true;
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        // Without the desk's lock: a runtime that ends drops a task where it is spawned, which is under that lock.
        if !self.told {
            self.tenant.working.store(false, Ordering::SeqCst);
        }
    }
}

impl Budgets {
    /// Sees to it that somebody is at work where something is to be done. Under the desk's lock.
    pub(super) fn engage(&self, tenant: &Arc<Tenant>, desk: &Desk) {
        if !desk.needs_work() || self.is_stopped() {
            return;
        }
        if tenant.working.swap(true, Ordering::SeqCst) {
            tenant.nudge.notify_one();
            return;
        }
        let working = Working {
            tenant: Arc::clone(tenant),
            told: false,
        };
        let budgets = self.clone();
        self.0
            .db
            .core()
            .spawn("budget exchanges", async move { budgets.work(working).await });
    }

    /// Until there is nothing to be done, or the process ends.
    async fn work(&self, mut working: Working) {
        let tenant = Arc::clone(&working.tenant);
        let stop = self.0.db.core().shutdown_token();
        while !self.is_stopped() {
            let now = self.0.db.clock().monotonic();
            let plan = {
                let mut desk = tenant.desk.lock();
                let plan = desk.plan(now);
                if matches!(plan, Plan::Idle) {
                    working.done();
                }
                plan
            };
            match plan {
                Plan::Exchange(exchange) => self.carry_out(&tenant, &exchange).await,
                Plan::Pause(until) => tokio::select! {
                    () = tokio::time::sleep_until(until.into()) => {}
                    () = tenant.nudge.notified() => {}
                    () = stop.cancelled() => return,
                },
                Plan::Idle => return,
            }
        }
    }

    async fn carry_out(&self, tenant: &Arc<Tenant>, asked: &Exchange) {
        self.0.round_trips.fetch_add(1, Ordering::Relaxed);
        let answer = exchange(&self.0.db, &self.0.node, tenant.id, asked).await;
        let now = self.0.db.clock().monotonic();
        let recalls = match answer {
            Ok(answer) => {
                count(asked, &answer);
                tenant.desk.lock().answered(asked, &answer, now)
            }
            Err(error) => {
                if matches!(error, LedgerError::Fenced) && self.is_stopped() {
                    // The epoch was closed meanwhile, which gave everything back.
                    return;
                }
                if matches!(error, LedgerError::Fenced) {
                    self.0.node.fence();
                }
                tracing::warn!(%error, tenant.id = %tenant.id, "budgets could not be drawn from");
                metrics::counter!("tollgate_budget_exchange_failures_total").increment(1);
                tenant.desk.lock().failed(asked, now);
                Vec::new()
            }
        };
        if !recalls.is_empty() {
            let (db, id) = (self.0.db.clone(), tenant.id);
            self.0.db.core().spawn("budget recall", async move {
                if let Err(error) = recall(&db, id, &recalls).await {
                    tracing::warn!(%error, tenant.id = %id, "idle money could not be called back");
                }
            });
        }
    }

    /// Parts with purses of past periods, each minute.
    pub(super) fn start_sweeping(&self) {
        let weak = Arc::downgrade(&self.0);
        let stop = self.0.db.core().shutdown_token();
        self.0.db.core().spawn("budget sweep", async move {
            while stop
                .run_until_cancelled(tokio::time::sleep(SWEEP_EVERY))
                .await
                .is_some()
            {
                let Some(inner) = weak.upgrade() else { return };
                Budgets(inner).sweep();
            }
        });
    }

    fn sweep(&self) {
        let tenants: Vec<_> = self.0.by_tenant.read().values().map(Arc::clone).collect();
        let clock = self.0.db.clock();
        for tenant in tenants {
            let mut desk = tenant.desk.lock();
            desk.sweep(clock.now(), clock.monotonic());
            self.engage(&tenant, &desk);
        }
    }
}

fn count(asked: &Exchange, answer: &Answer) {
    metrics::counter!("tollgate_budget_exchanges_total").increment(1);
    let direct = answer
        .lines
        .iter()
        .filter(|line| line.direct && line.taken > 0)
        .count();
    metrics::counter!("tollgate_budget_direct_draws_total").increment(direct as u64);
    let granted = answer.met.iter().filter(|met| **met).count();
    let waits = asked.claims.len().saturating_sub(granted);
    metrics::counter!("tollgate_budget_waits_total").increment(waits as u64);
    let returns = asked.lines.iter().filter(|line| line.back > 0).count();
    metrics::counter!("tollgate_budget_returns_total").increment(returns as u64);
}

/// Announces that idle money is wanted back.
async fn recall(db: &Db, tenant: TenantId, budgets: &[BudgetId]) -> Result<(), StoreError> {
    let mut tx = db.jobs().await?;
    for budget in budgets {
        announce_platform(&mut tx, Topic::Recall, tenant, budget.0, 0).await?;
        metrics::counter!("tollgate_budget_recalls_total", "side" => "sent").increment(1);
    }
    tx.commit().await
}
