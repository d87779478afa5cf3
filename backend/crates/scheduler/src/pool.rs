//! The accounts that a tenant may use at one moment: its own, and those of the groups that it was granted. Made anew when
//! one of these changes; never changed after. Never in here: which of them is taken.

use crate::candidate::Candidate;
use crate::groups::{Grant, Group};
use crate::pick::Wish;
use crate::ranking::{Ranking, Rankings};
use crate::snapshot::{Unusable, UpstreamAccount};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tollgate_contract::ids::{AccountId, GroupId, TenantId};

/// What one tenant owns: its accounts with their live sides, its groups, and what it was granted.
#[derive(Debug, Default)]
pub(crate) struct Own {
    /// By priority and name.
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) unusable: Vec<Unusable>,
    pub(crate) groups: HashMap<GroupId, Group>,
    pub(crate) grants: Vec<Grant>,
}

impl Own {
    /// How many accounts there are, those included that can't be sent to.
    pub(crate) fn len(&self) -> usize {
        self.candidates.len() + self.unusable.len()
    }
}

/// See the module; the accounts' live sides go on changing.
#[derive(Debug, Default)]
pub struct Pool {
    own: Arc<Own>,
    /// Those whose groups the tenant was granted, as far as they could be read.
    owners: Vec<(TenantId, Arc<Own>)>,
    /// The tenant's own first, then the granted ones; each by priority and name.
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) unusable: Vec<Unusable>,
    places: HashMap<AccountId, usize>,
    names: Names,
    rankings: Rankings,
}

impl Pool {
    /// Joins what a tenant owns and what it was granted of others.
    pub(crate) fn new(own: Arc<Own>, owners: Vec<(TenantId, Arc<Own>)>) -> Self {
        let (mut candidates, mut unusable) = (own.candidates.clone(), own.unusable.clone());
        let mut known: HashSet<AccountId> = candidates.iter().map(|one| one.account.id).collect();
        for grant in &own.grants {
            let Some((owner, group)) = granted(&owners, grant) else {
                continue;
            };
            for one in &owner.candidates {
                // An account of several groups comes by way of the first one.
                if let Some(priority) = group.0.get(&one.account.id)
                    && known.insert(one.account.id)
                {
                    candidates.push(one.granted(grant, *priority));
                }
            }
            let members = owner.unusable.iter().filter(|one| group.0.contains_key(&one.id));
            for one in members.filter(|one| known.insert(one.id)) {
                unusable.push(Unusable {
                    name: grant.public_name.clone(),
                    is_granted: true,
                    ..one.clone()
                });
            }
        }
        // Stable: those of the same priority stay in the order of their names.
        if let Some(granted) = candidates.get_mut(own.candidates.len()..) {
            granted.sort_by_key(|one| one.priority);
        }
        let places = candidates.iter().enumerate();
        Self {
            places: places.map(|(place, one)| (one.account.id, place)).collect(),
            names: Names::of(&candidates),
            rankings: Rankings::default(),
            own,
            owners,
            candidates,
            unusable,
        }
    }

    /// Whether it was made of these.
    pub(crate) fn is_of(&self, own: &Arc<Own>, owners: &[(TenantId, Arc<Own>)]) -> bool {
        let mut pairs = self.owners.iter().zip(owners);
        Arc::ptr_eq(&self.own, own)
            && self.owners.len() == owners.len()
            && pairs.all(|((_, mine), (_, other))| Arc::ptr_eq(mine, other))
    }

    /// The accounts that could be sent to, whatever their state: the tenant's own by priority and name, then the granted
    /// ones.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<UpstreamAccount>> {
        self.candidates.iter().map(|candidate| &candidate.account)
    }

    /// How many accounts there are, those included that can't be sent to.
    pub fn len(&self) -> usize {
        self.candidates.len() + self.unusable.len()
    }

    /// Whether the tenant has no account.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether an account lists or maps this model itself.
    pub fn names(&self, model: &str) -> bool {
        self.names.has(model)
    }

    pub(crate) fn candidate(&self, id: AccountId) -> Option<&Candidate> {
        self.candidates.get(*self.places.get(&id)?)
    }

    /// How many of the tenant's own accounts can't be sent to.
    pub(crate) fn own_unusable(&self) -> usize {
        self.own.unusable.len()
    }

    /// A group of the tenant's, or one that it was granted.
    pub(crate) fn group(&self, id: GroupId) -> Option<&Group> {
        self.own.groups.get(&id).or_else(|| {
            let grant = self.own.grants.iter().find(|grant| grant.group == id)?;
            Some(granted(&self.owners, grant)?.1)
        })
    }

    /// The accounts that fit a wish whatever their state, those that come first first.
    pub(crate) fn fitting(&self, wish: &Wish<'_>) -> impl Iterator<Item = &Candidate> {
        let places = self.ranking(wish).places();
        let fitting = places.into_iter().filter_map(|place| self.candidates.get(place));
        let pinned = wish.pinned;
        fitting.filter(move |one| pinned.is_none_or(|pinned| pinned == one.account.id))
    }

    /// The accounts that fit a wish whatever their state, in the order in which they come. Kept for the next one.
    pub(crate) fn ranking(&self, wish: &Wish<'_>) -> Arc<Ranking> {
        self.rankings.of(self, wish)
    }
}

fn granted<'a>(owners: &'a [(TenantId, Arc<Own>)], grant: &Grant) -> Option<(&'a Own, &'a Group)> {
    let (_, owner) = owners.iter().find(|(id, _)| *id == grant.owner)?;
    Some((owner, owner.groups.get(&grant.group)?))
}

/// The models that accounts list or map themselves.
#[derive(Debug, Default)]
struct Names {
    whole: HashSet<Box<str>>,
    /// Of keys that end in `*`.
    beginnings: HashSet<Box<str>>,
}

impl Names {
    fn of(candidates: &[Candidate]) -> Self {
        let mut names = Self::default();
        for name in candidates.iter().flat_map(|one| one.account.named()) {
            match name.strip_suffix('*') {
                Some(beginning) => names.beginnings.insert(beginning.into()),
                None => names.whole.insert(name.into()),
            };
        }
        names
    }

    fn has(&self, model: &str) -> bool {
        self.whole.contains(model) || self.beginnings.iter().any(|one| model.starts_with(&**one))
    }
}
