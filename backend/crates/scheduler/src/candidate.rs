//! One account of a pool as the choice sees it: whether it fits a request at all, whether it may take one now, and if not,
//! why. Never in here: which of those that may is taken.

use crate::bindings::BoundTo;
use crate::credential::Credential;
use crate::groups::Grant;
use crate::live::Live;
use crate::load::{Asker, Full};
use crate::pick::Wish;
use crate::pool::Pool;
use crate::snapshot::UpstreamAccount;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::platform::Platform;

/// A tenant's weight on its own accounts, and the default of a grant's.
const OWN_WEIGHT: u32 = 100;

/// Why an account did not get a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Out {
    /// Requests of this kind have no way to this platform.
    OtherPlatform,
    /// What the request names at the vendor's lies on another account.
    Pinned,
    /// It is not the tenant's own.
    OwnOnly,
    /// The key is bound to another account or group.
    NotBound,
    /// It does not offer this model, or would have to name it itself and does not.
    Model,
    /// Its subscription has no Opus models; what the vendor calls the plan.
    NoOpus(Option<Arc<str>>),
    /// A person took it out of scheduling.
    Unschedulable,
    /// What is stored of it can't be used.
    Unusable(&'static str),
    /// It has no token that would be good now, and none can be issued without a person.
    Token(&'static str, Option<DateTime<Utc>>),
    /// It had this request already.
    Tried,
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
    /// What it may use in a stretch of time is used up, for this model at least.
    Window {
        /// The window's name, such as `5h` or `7d_opus`.
        name: String,
        /// When it begins anew.
        until: DateTime<Utc>,
    },
    /// It has as many requests as it may have.
    Full(Full),
    /// It could have taken the request, but those of this rank come first; its own rank.
    Later {
        /// Its own.
        own: Rank,
        /// Of the one that was taken.
        first: Rank,
    },
    /// It could have taken the request, but another one of the same priority got it.
    NotChosen,
}

impl Out {
    /// When that ends, if it is a matter of time.
    pub(crate) fn until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::State { until, .. } | Self::Token(_, until) => *until,
            Self::Window { until, .. } => Some(*until),
            Self::Full(full) => full.until(),
            _ => None,
        }
    }

    /// Whether the account is none for this request, whatever its state.
    pub(crate) fn is_apart(&self) -> bool {
        matches!(
            self,
            Self::OtherPlatform | Self::Pinned | Self::OwnOnly | Self::NotBound
        )
    }

    /// Whether it does not have the model.
    pub(crate) fn is_of_model(&self) -> bool {
        matches!(self, Self::Model | Self::NoOpus(_))
    }
}

/// In which order accounts come: the lesser first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    /// 0: the tenant's own, and those that its key is bound to; 1: granted ones.
    pub(crate) tier: u8,
    /// 1 is preferred, 100 comes last.
    pub(crate) priority: u32,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) account: Arc<UpstreamAccount>,
    pub(crate) live: Arc<Live>,
    /// Whether another tenant owns it, which granted it.
    pub(crate) is_granted: bool,
    /// The tenant's weight among those that may use the account.
    pub(crate) grant_weight: u32,
    /// Its own, or the one within the group by which it was granted.
    pub(crate) priority: u32,
    /// From when on it can't be used without a person, in microseconds since 1970.
    ends_at: i64,
    /// Until when its token is good, in microseconds since 1970, …
    good_until: i64,
    /// … and until when no other one is asked for, since that failed.
    rests_until: Option<DateTime<Utc>>,
}

/// A moment in both forms that the checks need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) at: DateTime<Utc>,
    pub(crate) micros: i64,
}

impl From<DateTime<Utc>> for Now {
    fn from(at: DateTime<Utc>) -> Self {
        let micros = at.timestamp_micros();
        Self { at, micros }
    }
}

impl Candidate {
    pub(crate) fn new(account: Arc<UpstreamAccount>, live: Arc<Live>) -> Self {
        let micros = |at: Option<DateTime<Utc>>| at.map_or(i64::MAX, |at| at.timestamp_micros());
        let (fixed, renewed) = match account.token {
            Some(token) if token.renewable => (None, Some(token)),
            other => (other, None),
        };
        let is_unissued = matches!(account.credential, Credential::Unissued);
        Self {
            priority: account.priority,
            ends_at: micros(fixed.and_then(|token| token.expires_at)),
            good_until: if is_unissued {
                0
            } else {
                micros(renewed.and_then(|token| token.expires_at))
            },
            rests_until: renewed.and_then(|token| token.rests_until),
            is_granted: false,
            grant_weight: OWN_WEIGHT,
            account,
            live,
        }
    }

    /// The same account as a tenant sees it that was granted it by way of a group.
    pub(crate) fn granted(&self, grant: &Grant, priority: Option<u32>) -> Self {
        let account = UpstreamAccount {
            public_name: grant.public_name.clone(),
            ..(*self.account).clone()
        };
        Self {
            account: Arc::new(account),
            live: self.live.clone(),
            is_granted: true,
            grant_weight: grant.weight,
            priority: priority.unwrap_or(self.account.priority),
            ends_at: self.ends_at,
            good_until: self.good_until,
            rests_until: self.rests_until,
        }
    }

    /// Where it comes among those that fit the request, or why it does not fit. Holds for as long as the pool does: it
    /// depends on the platforms, the model, the bindings and `own_only`, and on nothing else of the wish.
    pub(crate) fn rank(&self, pool: &Pool, wish: &Wish<'_>) -> Result<Rank, Out> {
        let account = &self.account;
        let (is_home, is_named_on) = wish.on(account.platform);
        if !is_home && !is_named_on {
            return Err(Out::OtherPlatform);
        }
        if wish.own_only && self.is_granted {
            return Err(Out::OwnOnly);
        }
        let rank = self.bound_rank(pool, wish).ok_or(Out::NotBound)?;
        if !(is_home && account.offers(wish.model) || is_named_on && account.names(wish.model)) {
            return Err(Out::Model);
        }
        let lacks_opus = account.platform == Platform::ClaudeOfficial && account.opus == Some(false);
        if lacks_opus && is_opus(account.sent_model(wish.model)) {
            return Err(Out::NoOpus(account.plan.clone()));
        }
        if !account.schedulable {
            return Err(Out::Unschedulable);
        }
        if !account.has_credential() {
            return Err(Out::Token(
                "it has no token, and none can be issued without a person",
                None,
            ));
        }
        Ok(rank)
    }

    fn bound_rank(&self, pool: &Pool, wish: &Wish<'_>) -> Option<Rank> {
        let priority = match wish.bound(self.account.platform.service()) {
            None => {
                let (tier, priority) = (u8::from(self.is_granted), self.priority);
                return Some(Rank { tier, priority });
            }
            Some(BoundTo::Account(bound)) if bound == self.account.id => self.priority,
            Some(BoundTo::Account(_)) => return None,
            Some(BoundTo::Group(group)) => {
                let within = pool.group(group)?.0.get(&self.account.id)?;
                within.unwrap_or(self.account.priority)
            }
        };
        Some(Rank { tier: 0, priority })
    }

    /// Whether it looks as if it could take a request now: quick and without a lock, for the choice among many. Whoever
    /// takes a seat learns whether it is so.
    pub(crate) fn is_open(&self, wish: &Wish<'_>, now: Now) -> bool {
        self.live.blocked_until() <= now.micros
            && self.token(now).is_none()
            && self.full(wish, now).is_none()
            && !wish.tried.contains(&self.account.id)
            && self.window(wish, now).is_none()
    }

    /// Why it can't take this request at the moment, though it fits; `None` if it can.
    pub(crate) fn out(&self, wish: &Wish<'_>, now: Now) -> Option<Out> {
        if wish.tried.contains(&self.account.id) {
            return Some(Out::Tried);
        }
        if let Some(out) = self.token(now) {
            return Some(out);
        }
        self.live
            .out(now.at)
            .or_else(|| self.window(wish, now))
            .or_else(|| self.full(wish, now).map(Out::Full))
    }

    /// Who asks for a seat here.
    pub(crate) fn asker(&self, wish: &Wish<'_>) -> Asker {
        Asker {
            tenant: wish.tenant,
            weight: self.grant_weight,
            in_turn: false,
        }
    }

    /// Whether there is no token that is good now, nor one to be had.
    fn token(&self, now: Now) -> Option<Out> {
        if now.micros >= self.ends_at {
            let why = "its token has expired and can't be renewed without a person";
            return Some(Out::Token(why, None));
        }
        let until = self.rests_until.filter(|until| now.at < *until)?;
        if now.micros < self.good_until {
            return None;
        }
        let why = "its token has expired and could not be renewed";
        Some(Out::Token(why, Some(until)))
    }

    fn window(&self, wish: &Wish<'_>, now: Now) -> Option<Out> {
        let windows = &self.live.windows;
        if !windows.is_any_closed(now.at) {
            return None;
        }
        let (name, until) = windows.exhausted(now.at, self.account.sent_model(wish.model))?;
        Some(Out::Window { name, until })
    }

    fn full(&self, wish: &Wish<'_>, now: Now) -> Option<Full> {
        self.live.load.full(self.asker(wish), now.at)
    }

    /// Takes a seat, never beyond a cap. Gives the probe's number where this request is a faulty account's probe.
    pub(crate) fn take(&self, wish: &Wish<'_>, now: Now) -> Result<Option<u64>, Out> {
        self.live.take(self.asker(wish), now.at)
    }

    pub(crate) fn weight(&self) -> u64 {
        u64::from(self.account.weight.max(1))
    }

    /// Whether it has the lesser load for its weight.
    pub(crate) fn is_less_loaded_than(&self, other: &Self) -> bool {
        let load = |one: &Self| u64::from(one.live.load.in_flight());
        load(self) * other.weight() < load(other) * self.weight()
    }
}

/// Whether a model is one of Claude's Opus models, by its name.
pub(crate) fn is_opus(model: &str) -> bool {
    let family = b"opus";
    let mut parts = model.as_bytes().windows(family.len());
    parts.any(|part| part.eq_ignore_ascii_case(family))
}
