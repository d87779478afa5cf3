//! Which accounts of a pool fit a wish whatever their state, in steps of the same rank, ready for draws by weight. Kept per
//! kind of wish, since it costs a look at every account. Never in here: states and loads.

use crate::bindings::BoundTo;
use crate::candidate::{Candidate, Rank, is_opus};
use crate::live::Live;
use crate::pick::Wish;
use crate::pool::Pool;
use arc_swap::ArcSwap;
use rand::{Rng, RngExt};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use tollgate_contract::platform::{Platform, Service};

/// Kinds of wishes kept in a pool; more than the models and bindings that are in use at a time. Then it starts anew.
const KEPT_MAX: usize = 256;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Ranking {
    /// Places in the pool, those that come first first.
    order: Vec<usize>,
    /// Their live sides, close together: a look at all of them is a look at these.
    lives: Vec<Arc<Live>>,
    /// For each of them, the sum of the weights up to and with it.
    sums: Vec<u64>,
    steps: Vec<Step>,
}

/// Accounts of the same rank.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) rank: Rank,
    /// Of the order.
    within: Range<usize>,
}

impl Step {
    pub(crate) fn len(&self) -> usize {
        self.within.len()
    }
}

impl Ranking {
    fn new(pool: &Pool, wish: &Wish<'_>) -> Self {
        let mut ranked: Vec<(Rank, usize, u64)> = Vec::new();
        for (place, one) in pool.candidates.iter().enumerate() {
            if let Ok(rank) = one.rank(pool, wish) {
                ranked.push((rank, place, one.weight()));
            }
        }
        ranked.sort_unstable();
        let (mut ranking, mut sum) = (Self::default(), 0);
        for (at, (rank, place, weight)) in ranked.into_iter().enumerate() {
            sum += weight;
            ranking.order.push(place);
            if let Some(one) = pool.candidates.get(place) {
                ranking.lives.push(one.live.clone());
            }
            ranking.sums.push(sum);
            match ranking.steps.last_mut() {
                Some(step) if step.rank == rank => step.within.end = at + 1,
                _ => ranking.steps.push(Step {
                    rank,
                    within: at..at + 1,
                }),
            }
        }
        ranking
    }

    /// Those that come first first.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// All of them.
    pub(crate) fn places(&self) -> Vec<usize> {
        self.order.clone()
    }

    /// A step's accounts: their live sides, and their places in the pool.
    pub(crate) fn members(&self, step: &Step) -> impl Iterator<Item = (&Live, usize)> {
        let places = self.order.get(step.within.clone()).unwrap_or_default();
        let lives = self.lives.get(step.within.clone()).unwrap_or_default();
        lives.iter().map(|live| &**live).zip(places.iter().copied())
    }

    /// One of a step's accounts, drawn by weight.
    pub(crate) fn draw<'a>(&self, pool: &'a Pool, step: &Step, rng: &mut impl Rng) -> Option<&'a Candidate> {
        let Range { start, end } = step.within;
        let below = start.checked_sub(1).and_then(|before| self.sums.get(before));
        let (from, sums) = (below.copied().unwrap_or(0), self.sums.get(start..end)?);
        let drawn = rng.random_range(from..*sums.last()?);
        let at = start + sums.partition_point(|sum| *sum <= drawn);
        pool.candidates.get(*self.order.get(at)?)
    }
}

/// All of a wish, beside the model, on which a ranking depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Kind {
    /// A bit a platform.
    platforms: u8,
    named_on: u8,
    bound: [Option<BoundTo>; Service::ALL.len()],
    own_only: bool,
    /// Of models that no account names: whether it is an Opus model.
    is_opus: bool,
}

type Kept = HashMap<Kind, HashMap<Box<str>, Arc<Ranking>>>;

/// The rankings of a pool. Read without a lock; a new one is added to a copy.
#[derive(Debug, Default)]
pub(crate) struct Rankings(ArcSwap<Kept>);

impl Rankings {
    pub(crate) fn of(&self, pool: &Pool, wish: &Wish<'_>) -> Arc<Ranking> {
        // Clients may ask for what they like: all models that no account names are one to the accounts.
        let is_named = pool.names(wish.model);
        let model = if is_named { wish.model } else { "" };
        let kind = Kind {
            platforms: bits(wish.platforms),
            named_on: bits(wish.named_on),
            bound: Service::ALL.map(|service| wish.bound(service)),
            own_only: wish.own_only,
            is_opus: !is_named && is_opus(wish.model),
        };
        let kept = self.0.load();
        if let Some(ranking) = kept.get(&kind).and_then(|by_model| by_model.get(model)) {
            return ranking.clone();
        }
        let ranking = Arc::new(Ranking::new(pool, wish));
        self.0.rcu(|kept| with(kept, kind, model, &ranking));
        ranking
    }
}

fn with(kept: &Kept, kind: Kind, model: &str, ranking: &Arc<Ranking>) -> Kept {
    let is_full = kept.values().map(HashMap::len).sum::<usize>() >= KEPT_MAX;
    let mut more = if is_full { Kept::new() } else { kept.clone() };
    more.entry(kind)
        .or_default()
        .insert(model.into(), ranking.clone());
    more
}

fn bits(platforms: &[Platform]) -> u8 {
    platforms.iter().fold(0, |bits, one| bits | 1 << (*one as u8))
}
