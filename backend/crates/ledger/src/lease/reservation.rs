//! A request's worst case, set aside in all of its budgets. Never in here: how it came to be.

use super::desk::Want;
use super::{Budgets, Tenant, budget_refs};
use crate::entry::{BudgetRef, LeaseRef};
use std::sync::Arc;
use tollgate_contract::ids::BudgetId;
use tollgate_money::Nano;

/// A request's worst case, set aside. Dropping gives it back.
#[derive(Debug)]
pub struct Reservation {
    budgets: Budgets,
    tenant: Arc<Tenant>,
    wants: Arc<[Want]>,
    wallet: BudgetId,
    amount: i64,
    open: bool,
}

impl Reservation {
    pub(super) fn new(
        budgets: Budgets,
        tenant: Arc<Tenant>,
        wants: Arc<[Want]>,
        wallet: BudgetId,
        amount: i64,
    ) -> Self {
        Self {
            budgets,
            tenant,
            wants,
            wallet,
            amount,
            open: true,
        }
    }

    /// What is reserved.
    pub fn amount(&self) -> Nano {
        Nano(self.amount)
    }

    /// The wallet's lease that it is from, for the journal.
    pub fn lease(&self) -> LeaseRef {
        let node = &self.budgets.0.node;
        LeaseRef {
            budget_id: self.wallet,
            node_id: node.node_id(),
            epoch: node.epoch(),
        }
    }

    /// The budgets beside the wallet, soft ones included, for the journal.
    pub fn budgets(&self) -> Vec<BudgetRef> {
        budget_refs(&self.wants, self.wallet)
    }

    /// The request is over and its charge is in the journal. A charge beyond the reservation is taken all the same.
    pub fn consume(mut self, actual: Nano) {
        self.open = false;
        if actual.0 > self.amount {
            metrics::counter!("tollgate_budget_overruns_total").increment(1);
            tracing::warn!(
                tenant.id = %self.tenant.id, reserved_nano = self.amount, charge_nano = actual.0,
                "a request cost more than was reserved for it"
            );
        }
        let now = self.budgets.0.db.clock().monotonic();
        let mut desk = self.tenant.desk.lock();
        desk.consume(&self.wants, self.amount, actual.0, now);
        self.budgets.engage(&self.tenant, &desk);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.open {
            let now = self.budgets.0.db.clock().monotonic();
            let mut desk = self.tenant.desk.lock();
            desk.give_back(&self.wants, self.amount, now);
            self.budgets.engage(&self.tenant, &desk);
        }
    }
}
