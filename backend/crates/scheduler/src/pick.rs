//! The choice: sticky account first, then the tenant's own before granted ones, then priority, then the lesser load of two
//! drawn by weight. Synchronous, without I/O, and never beyond an account's cap.

mod choice;
mod survey;

pub(crate) use choice::{Choice, choose};
pub(crate) use survey::survey;

use crate::bindings::{Binding, BoundTo};
use crate::candidate::{Candidate, Now};
use crate::explain::{CONSIDERED_MAX, Chosen, Considered};
use crate::pool::Pool;
use chrono::{DateTime, Utc};
use rand::Rng;
use serde_json::Value;
use std::time::Duration;
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_contract::platform::{Platform, Service};

/// What a request needs.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Who asks.
    pub tenant: TenantId,
    /// Platforms whose accounts take the request if they offer the model: those that listed no models offer all.
    pub platforms: &'a [Platform],
    /// Platforms whose accounts take it only if they name the model themselves, in their list or mapping.
    pub named_on: &'a [Platform],
    /// The model asked for.
    pub model: &'a str,
    /// What the key is bound to; of a service that is named twice the first counts.
    pub bindings: &'a [Binding],
    /// Only accounts that the tenant owns, none that it was granted.
    pub own_only: bool,
    /// The account on which something lies that the request names: none but this.
    pub pinned: Option<AccountId>,
    /// The account that served the session before.
    pub sticky: Option<AccountId>,
    /// Accounts that had this request already.
    pub tried: &'a [AccountId],
}

impl Wish<'_> {
    /// Whether a platform's accounts take the request if they offer the model, and whether if they name it.
    pub(crate) fn on(&self, platform: Platform) -> (bool, bool) {
        (
            self.platforms.contains(&platform),
            self.named_on.contains(&platform),
        )
    }

    /// What of a service the key may use, if not all.
    pub(crate) fn bound(&self, service: Service) -> Option<BoundTo> {
        let binding = self.bindings.iter().find(|binding| binding.service == service);
        binding.map(|binding| binding.to)
    }
}

/// No account can take the request.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoAccount {
    /// The tenant has none on these platforms, or none that this key may use.
    #[error("no upstream account is configured")]
    NoneConfigured {
        /// For the explanation.
        considered: Considered,
    },
    /// None of them offers the model.
    #[error("no upstream account offers the model")]
    NoneOffersModel {
        /// For the explanation.
        considered: Considered,
    },
    /// All that offer the model had the request already.
    #[error("all upstream accounts were tried")]
    AllTried {
        /// For the explanation.
        considered: Considered,
    },
    /// Those that offer the model and were not tried can't take it at the moment.
    #[error("no upstream account is available at the moment")]
    AllUnavailable {
        /// When the first of them recovers; `None` if that is no matter of time.
        retry_after: Option<Duration>,
        /// Whether nothing is wrong with them but that each has as many requests as it may have.
        all_at_cap: bool,
        /// For the explanation.
        considered: Considered,
    },
}

impl NoAccount {
    /// `none_configured`, `none_offers_model`, `all_tried` or `all_unavailable`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoneConfigured { .. } => "none_configured",
            Self::NoneOffersModel { .. } => "none_offers_model",
            Self::AllTried { .. } => "all_tried",
            Self::AllUnavailable { .. } => "all_unavailable",
        }
    }

    /// The accounts that were considered.
    pub(crate) fn into_considered(self) -> Considered {
        match self {
            Self::NoneConfigured { considered }
            | Self::NoneOffersModel { considered }
            | Self::AllTried { considered }
            | Self::AllUnavailable { considered, .. } => considered,
        }
    }

    /// Which accounts were considered and why each was out, for the tenant's eyes; at most twenty.
    pub fn explanation(&self) -> Value {
        self.considered().refused(self.code())
    }

    pub(crate) fn considered(&self) -> &Considered {
        match self {
            Self::NoneConfigured { considered }
            | Self::NoneOffersModel { considered }
            | Self::AllTried { considered }
            | Self::AllUnavailable { considered, .. } => considered,
        }
    }
}

/// Why this account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Pinned,
    Sticky,
    Bound,
    Priority,
    LeastLoad,
    OnlyCandidate,
    /// It waited, and this was the first seat that became free.
    Waited,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Sticky => "sticky",
            Self::Bound => "bound",
            Self::Priority => "priority",
            Self::LeastLoad => "least_load",
            Self::OnlyCandidate => "only_candidate",
            Self::Waited => "waited",
        }
    }
}

/// A taken seat on an account.
#[derive(Debug)]
pub(crate) struct Picked<'a> {
    pub(crate) candidate: &'a Candidate,
    pub(crate) probe: Option<u64>,
    pub(crate) chosen: Chosen,
    pub(crate) considered: Considered,
}

/// Chooses and takes the seat in one step; a seat that somebody else was quicker to take sends it to the next account.
pub(crate) fn pick<'a>(
    pool: &'a Pool,
    wish: &Wish<'_>,
    now: DateTime<Utc>,
    rng: &mut impl Rng,
) -> Result<Picked<'a>, NoAccount> {
    let now = Now::from(now);
    let take = |candidate: &Candidate| candidate.take(wish, now);
    let (choice, looked) = choose(pool, wish, now, rng, take);
    let Some(choice) = choice else {
        return Err(survey(pool, wish, now, None, &looked, CONSIDERED_MAX).refusal(now.at));
    };
    let considered = if pool.len() <= CONSIDERED_MAX {
        survey(pool, wish, now, Some(&choice), &looked, CONSIDERED_MAX).considered
    } else {
        looked.considered(pool, now.at, &choice)
    };
    Ok(Picked {
        candidate: choice.candidate,
        probe: choice.probe,
        chosen: Chosen::new(choice.candidate, choice.reason),
        considered,
    })
}
