//! A request's seat on an account: it counts as in flight until it is dropped, and what comes of it is told here.

use crate::candidate::Candidate;
use crate::explain::{self, Considered};
use crate::live::{Change, Live};
use crate::pick::{Picked, Reason};
use crate::reports::Reports;
use crate::snapshot::UpstreamAccount;
use crate::state::Observed;
use serde_json::Value;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub struct Seat {
    account: Arc<UpstreamAccount>,
    live: Arc<Live>,
    /// Set where this request decides whether a faulty account is well again.
    probe: Option<u64>,
    reason: Reason,
    considered: Considered,
    reports: Arc<Reports>,
}

impl Seat {
    pub(crate) fn new(picked: Picked<'_>, reports: &Arc<Reports>) -> Self {
        let Candidate { account, live } = picked.candidate;
        in_flight(account).increment(1.0);
        Self {
            account: account.clone(),
            live: live.clone(),
            probe: picked.probe,
            reason: picked.reason,
            considered: picked.considered,
            reports: reports.clone(),
        }
    }

    /// The account.
    pub fn account(&self) -> &Arc<UpstreamAccount> {
        &self.account
    }

    /// Tells what came of the request. It counts on this node at once; a change of state goes to the table and to the
    /// other nodes in the background. A request that was broken off by its client says nothing: then don't call it.
    pub fn observe(&self, seen: Observed) {
        let now = self.reports.clock().now();
        let change = self.live.observe(seen, self.probe, self.account.mark, now);
        if change != Change::None {
            self.reports.changed(&self.live, change);
        }
    }

    /// Why this account and none of the others; at most twenty of these.
    pub fn explanation(&self) -> Value {
        explain::picked(
            self.account.id,
            &self.account.public_name,
            self.reason,
            &self.considered,
        )
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.live.release(self.probe);
        in_flight(&self.account).decrement(1.0);
    }
}

/// By platform: accounts come and go, and there may be thousands.
fn in_flight(account: &UpstreamAccount) -> metrics::Gauge {
    metrics::gauge!("tollgate_accounts_in_flight", "platform" => account.platform.as_str())
}
