//! One account of a snapshot as the choice sees it: whether it may take a request now, and if not, why.

use crate::live::Live;
use crate::pick::Wish;
use crate::snapshot::UpstreamAccount;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tollgate_contract::accounts::AccountState;

/// Why an account did not get a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Out {
    /// Requests of this kind have no way to this platform.
    OtherPlatform,
    /// It does not offer this model, or would have to name it itself and does not.
    Model,
    /// It had this request already.
    Tried,
    /// A person took it out of scheduling.
    Unschedulable,
    /// What is stored of it can't be used.
    Unusable(&'static str),
    /// Its state keeps it out.
    State {
        /// Which.
        state: AccountState,
        /// Until when, if that is a matter of time.
        until: Option<DateTime<Utc>>,
        /// Why.
        reason: Arc<str>,
    },
    /// It was faulty, and another request is trying it.
    Probed,
    /// It has as many requests as it may have.
    AtCap(u32),
    /// It could have taken the request, but another one comes first.
    Later(u32),
    /// It could have taken the request, but another one of the same priority got it.
    NotChosen,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) account: Arc<UpstreamAccount>,
    pub(crate) live: Arc<Live>,
}

impl Candidate {
    /// Why it can't take this request; `None` if it can. The order matters: what concerns the request comes before what
    /// concerns the moment.
    pub(crate) fn out(&self, wish: &Wish<'_>, now: DateTime<Utc>) -> Option<Out> {
        let account = &self.account;
        let (is_own, is_named_on) = wish.on(account.platform);
        if !is_own && !is_named_on {
            return Some(Out::OtherPlatform);
        }
        if !(is_own && account.offers(wish.model) || is_named_on && account.names(wish.model)) {
            return Some(Out::Model);
        }
        if !account.schedulable {
            return Some(Out::Unschedulable);
        }
        if wish.tried.contains(&account.id) {
            return Some(Out::Tried);
        }
        self.live.out(account.concurrency_cap, now)
    }

    /// Requests in flight and weight: the load is the one divided by the other.
    pub(crate) fn load(&self) -> (u64, u64) {
        (
            u64::from(self.live.in_flight()),
            u64::from(self.account.weight.max(1)),
        )
    }
}
