//! The choice: sticky account first, then priority, then the lesser load of two drawn by weight. Synchronous, without
//! I/O, and never beyond an account's cap.

use crate::candidate::{Candidate, Out};
use crate::explain::{self, Considered};
use crate::snapshot::Pool;
use chrono::{DateTime, Utc};
use rand::{Rng, RngExt};
use serde_json::Value;
use std::time::Duration;
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;

/// What a request needs.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Platforms whose accounts take the request if they offer the model: those that listed no models offer all.
    pub platforms: &'a [Platform],
    /// Platforms whose accounts take it only if they name the model themselves, in their list or mapping.
    pub named_on: &'a [Platform],
    /// The model asked for.
    pub model: &'a str,
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
}

/// No account can take the request.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoAccount {
    /// The tenant has none on these platforms.
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

    /// Which accounts were considered and why each was out; at most twenty.
    pub fn explanation(&self) -> Value {
        match self {
            Self::NoneConfigured { considered }
            | Self::NoneOffersModel { considered }
            | Self::AllTried { considered }
            | Self::AllUnavailable { considered, .. } => explain::refused(self.code(), considered),
        }
    }
}

/// Why this account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Sticky,
    Priority,
    LeastLoad,
    OnlyCandidate,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sticky => "sticky",
            Self::Priority => "priority",
            Self::LeastLoad => "least_load",
            Self::OnlyCandidate => "only_candidate",
        }
    }
}

/// A taken seat on an account.
#[derive(Debug)]
pub(crate) struct Picked<'a> {
    pub(crate) candidate: &'a Candidate,
    pub(crate) probe: Option<u64>,
    pub(crate) reason: Reason,
    pub(crate) considered: Considered,
}

/// Chooses and takes the seat in one step; a seat that somebody else was quicker to take sends it to the next account.
pub(crate) fn pick<'a>(
    pool: &'a Pool,
    wish: &Wish<'_>,
    now: DateTime<Utc>,
    rng: &mut impl Rng,
) -> Result<Picked<'a>, NoAccount> {
    let mut survey = Survey::default();
    for unusable in &pool.unusable {
        survey.configured |= wish.on(unusable.platform) != (false, false);
        survey
            .considered
            .note(unusable.id, &unusable.name, Out::Unusable(unusable.why));
    }
    let mut fit: Vec<&Candidate> = Vec::with_capacity(pool.candidates.len());
    for candidate in &pool.candidates {
        match candidate.out(wish, now) {
            None => fit.push(candidate),
            Some(out) => survey.note(candidate, out, now),
        }
    }
    while let Some((index, reason)) = choose(&fit, wish.sticky, rng) {
        let candidate = fit.swap_remove(index);
        match candidate.live.take(candidate.account.concurrency_cap, now) {
            Ok(probe) => {
                survey.pass_over(&fit, candidate);
                return Ok(Picked {
                    candidate,
                    probe,
                    reason,
                    considered: survey.considered,
                });
            }
            Err(out) => survey.note(candidate, out, now),
        }
    }
    Err(survey.refusal(now))
}

fn choose(fit: &[&Candidate], sticky: Option<AccountId>, rng: &mut impl Rng) -> Option<(usize, Reason)> {
    if let Some(index) = sticky.and_then(|id| fit.iter().position(|one| one.account.id == id)) {
        return Some((index, Reason::Sticky));
    }
    if fit.len() == 1 {
        return Some((0, Reason::OnlyCandidate));
    }
    let best = fit.iter().map(|one| one.account.priority).min()?;
    let group: Vec<(usize, &Candidate)> = fit
        .iter()
        .enumerate()
        .filter(|(_, one)| one.account.priority == best)
        .map(|(index, one)| (index, *one))
        .collect();
    match group.as_slice() {
        [(index, _)] => Some((*index, Reason::Priority)),
        _ => Some((less_loaded(&group, rng)?, Reason::LeastLoad)),
    }
}

/// Of two accounts drawn by weight the one with the lesser load; if they are equal, the first that was drawn, so that
/// accounts without load get shares by weight as well.
fn less_loaded(group: &[(usize, &Candidate)], rng: &mut impl Rng) -> Option<usize> {
    let first = draw(group, None, rng)?;
    let second = draw(group, Some(first), rng)?;
    let load = |position: usize| group.get(position).map(|(_, one)| one.load());
    let ((first_count, first_weight), (second_count, second_weight)) = (load(first)?, load(second)?);
    let chosen = if second_count * first_weight < first_count * second_weight {
        second
    } else {
        first
    };
    group.get(chosen).map(|(index, _)| *index)
}

/// A position in the group, drawn by weight.
fn draw(group: &[(usize, &Candidate)], without: Option<usize>, rng: &mut impl Rng) -> Option<usize> {
    let weights = || {
        let all = group.iter().map(|(_, one)| one.load().1).enumerate();
        all.filter(|(position, _)| Some(*position) != without)
    };
    let sum: u64 = weights().map(|(_, weight)| weight).sum();
    if sum == 0 {
        return None;
    }
    let mut left = rng.random_range(0..sum);
    for (position, weight) in weights() {
        if left < weight {
            return Some(position);
        }
        left -= weight;
    }
    None
}

/// What the choice learnt of the accounts that are out.
#[derive(Debug, Default)]
struct Survey {
    considered: Considered,
    configured: bool,
    offering: bool,
    untried: usize,
    at_cap: usize,
    recovers_at: Option<DateTime<Utc>>,
}

impl Survey {
    fn note(&mut self, candidate: &Candidate, out: Out, now: DateTime<Utc>) {
        let (account, recovers_at) = (&candidate.account, candidate.live.recovers_at(now));
        self.configured |= out != Out::OtherPlatform;
        if !matches!(out, Out::OtherPlatform | Out::Model) {
            self.offering = true;
            self.untried += usize::from(out != Out::Tried);
            self.at_cap += usize::from(matches!(out, Out::AtCap(_)));
            if out != Out::Unschedulable {
                self.recovers_at = [self.recovers_at, recovers_at].into_iter().flatten().min();
            }
        }
        self.considered.note(account.id, &account.public_name, out);
    }

    fn pass_over(&mut self, others: &[&Candidate], taken: &Candidate) {
        for other in others {
            let same = other.account.priority == taken.account.priority;
            let out = if same {
                Out::NotChosen
            } else {
                Out::Later(other.account.priority)
            };
            self.considered
                .note(other.account.id, &other.account.public_name, out);
        }
    }

    fn refusal(self, now: DateTime<Utc>) -> NoAccount {
        let considered = self.considered;
        if !self.configured {
            return NoAccount::NoneConfigured { considered };
        }
        if !self.offering {
            return NoAccount::NoneOffersModel { considered };
        }
        if self.untried == 0 {
            return NoAccount::AllTried { considered };
        }
        let retry_after = self
            .recovers_at
            .map(|until| (until - now).to_std().unwrap_or_default());
        NoAccount::AllUnavailable {
            retry_after,
            all_at_cap: self.at_cap == self.untried,
            considered,
        }
    }
}
