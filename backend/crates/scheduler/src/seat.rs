//! A request's seat on an account: it counts as in flight until it is dropped, and what comes of it is told here.

use crate::desk::{Desk, Held};
use crate::explain::{Chosen, Considered, Eyes};
use crate::live::{Change, Live};
use crate::pick::Picked;
use crate::snapshot::UpstreamAccount;
use crate::state::Observed;
use crate::windows::WindowSeen;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::sync::Arc;
use tollgate_contract::ids::TenantId;

/// See the module.
#[derive(Debug)]
pub struct Seat {
    held: Held,
    chosen: Chosen,
    considered: Considered,
}

impl Seat {
    pub(crate) fn new(picked: Picked<'_>, tenant: TenantId, desk: &Arc<Desk>) -> Self {
        Self {
            held: Held::new(picked.candidate, tenant, picked.probe, desk),
            chosen: picked.chosen,
            considered: picked.considered,
        }
    }

    /// Of a request that waited: `considered` says why it had to.
    pub(crate) fn waited(held: Held, considered: Considered) -> Self {
        Self {
            chosen: Chosen::waited(&held),
            held,
            considered,
        }
    }

    /// The account.
    pub fn account(&self) -> &Arc<UpstreamAccount> {
        &self.held.account
    }

    /// Tells what came of the request. It counts on this node at once; a change of state goes to the table and to the
    /// other nodes in the background. A request that was broken off by its client says nothing: then don't call it.
    pub fn observe(&self, seen: Observed) {
        let (live, reports) = (&self.held.live, &self.held.desk.reports);
        let now = reports.clock().now();
        let change = live.observe(seen, self.held.probe, self.held.account.mark, now);
        if change != Change::None {
            reports.changed(live, change);
            // It may take requests again.
            self.held.desk.serve(live);
        }
    }

    /// Tells what the upstream's answer said of the account's windows. Counts at once; what changed noticeably is written
    /// within ten seconds, and what closes or opens a window at once.
    pub fn windows(&self, seen: &[WindowSeen]) {
        let now = self.held.desk.reports.clock().now();
        let change = self.held.live.notice(seen, self.held.account.mark, now);
        self.held.desk.reports.noticed(&self.held.live, change);
    }

    /// Tells that the upstream refused a model because its limit is reached: `window` is how long the limit's window is
    /// (`1m`, `1d`, `7d`), `scope` a family of models such as `opus`, or the model as it was sent. It gets no requests
    /// for these models until then; for a short time that grows where no end was named.
    pub fn model_limited(&self, window: &str, scope: &str, until: Option<DateTime<Utc>>) {
        let now = self.held.desk.reports.clock().now();
        let change = self
            .held
            .live
            .close((window, scope), until, self.held.account.mark, now);
        self.held.desk.reports.noticed(&self.held.live, change);
    }

    /// Tells that the upstream refused an Opus model because the account's plan has none.
    pub fn lacks_opus(&self) {
        let change = self.held.live.lacks_opus(self.held.account.mark);
        self.held.desk.reports.noticed(&self.held.live, change);
    }

    /// Where what the request uses is told, also when the seat is gone.
    pub fn meter(&self) -> Meter {
        Meter {
            live: self.held.live.clone(),
            desk: self.held.desk.clone(),
        }
    }

    /// The same as [`explanation`](Self::explanation) for the platform's eyes; `None` where the account is the tenant's own.
    pub fn platform_explanation(&self) -> Option<Value> {
        let is_granted = self.chosen.is_granted();
        is_granted.then(|| self.considered.picked(&self.chosen, Eyes::Platform))
    }

    /// Why this account and none of the others, for the tenant's eyes; at most twenty of these.
    pub fn explanation(&self) -> Value {
        self.considered.picked(&self.chosen, Eyes::Tenant)
    }
}

/// What a request uses of its account.
#[derive(Clone, Debug)]
pub struct Meter {
    live: Arc<Live>,
    desk: Arc<Desk>,
}

impl Meter {
    /// The tokens that the request used, input and output, once they are known: they count for the account's cap.
    pub fn used(&self, tokens: u64) {
        self.live.load.used(tokens, self.desk.reports.clock().now());
    }

    /// What the request cost, in nano-USD, once it is known: it counts for the account's daily cap until the next reading
    /// of what is settled.
    pub fn spent(&self, nano: i64) {
        self.live.load.spent(nano);
    }
}
