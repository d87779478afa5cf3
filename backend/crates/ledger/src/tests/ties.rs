//! Long random histories: requests of every meter, tier and price, several lists and plans, top-ups, refunds, documents,
//! late and exact usage, re-pricing, months closed in zones that change, seals, retention. Whatever happened, the sum of
//! lines is that of rollups, postings, balances and statements, to the nano-dollar, and `verify` passes.
//!
//! A history that fails prints its seed; `TOLLGATE_TIES_SEED=… TOLLGATE_TIES=1` tells it again.

mod check;
mod market;
mod memory;
mod moves;
mod steps;

use super::ages::signer;
use super::support::{House, folder};
use crate::node::NodeEpoch;
use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use market::Market;
use memory::{Move, Payer};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tollgate_money::zone;
use tollgate_store::{Clock, Signer};

/// How many histories; `TOLLGATE_TIES` says otherwise.
const HISTORIES: u64 = 16;
/// Steps of each.
const STEPS: usize = 50;
/// Months ago that a history begins.
const MONTHS: u32 = 6;
const AT_ONCE: usize = 3;
const PAYERS: usize = 2;

/// Zones of whole and half hours and of three quarters of one, with and without daylight saving.
const ZONES: [&str; 9] = [
    "UTC",
    "Asia/Shanghai",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "America/Los_Angeles",
    "Europe/Berlin",
];

/// Splitmix64.
pub(super) struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }

    fn amount(&mut self, below: i64) -> i64 {
        i64::try_from(self.roll(u64::try_from(below).expect("positive"))).expect("small")
    }

    fn pick(&mut self, of: usize) -> usize {
        usize::try_from(self.roll(of as u64)).expect("small")
    }

    fn zone(&mut self) -> Tz {
        zone(ZONES[self.pick(ZONES.len())])
    }
}

struct World {
    house: House,
    node: NodeEpoch,
    signer: Signer,
    dice: Dice,
    first: DateTime<Utc>,
    /// Nothing is booked of a time before it any more.
    horizon: DateTime<Utc>,
    payers: Vec<Payer>,
    /// Of each payer.
    markets: Vec<Market>,
    /// How often what happened that may as well not happen.
    happened: BTreeMap<&'static str, usize>,
    _folder: TempDir,
}

impl World {
    async fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let today = Clock::system().now().date_naive();
        let month = NaiveDate::from_ymd_opt(today.year(), today.month(), 1).expect("a day");
        let month = month.checked_sub_months(Months::new(MONTHS)).expect("a month");
        let first = month.and_hms_opt(20, 0, 0).expect("a time").and_utc() + TimeDelta::days(2);
        let house = House::by(Clock::manual(first)).await;
        house
            .by_hand(&format!("SELECT ensure_partitions('{month}', {MONTHS})"))
            .await;
        let folder = folder();
        let node = house.epoch(&folder).await;
        let signer = signer(&house);
        let starts = market::starts(first);
        let (mut payers, mut markets) = (Vec::new(), Vec::new());
        for _ in 0..PAYERS {
            payers.push(payer(&house, &mut dice, first).await);
            markets.push(Market::new(&mut dice, &starts));
        }
        Self {
            house,
            node,
            signer,
            dice,
            first,
            horizon: first,
            payers,
            markets,
            happened: BTreeMap::new(),
            _folder: folder,
        }
    }

    fn note(&mut self, what: &'static str, times: usize) {
        *self.happened.entry(what).or_default() += times;
    }

    async fn tell(seed: u64) -> BTreeMap<&'static str, usize> {
        let mut world = Self::new(seed).await;
        for _ in 0..STEPS {
            world.step().await;
        }
        world.close_all().await;
        world.check().await;
        world.happened
    }
}

async fn payer(house: &House, dice: &mut Dice, first: DateTime<Utc>) -> Payer {
    let paid = 1 + dice.amount(2_000_000_000);
    let (id, zone) = (house.tenant(paid).await, dice.zone());
    house
        .by_hand(&format!(
            "UPDATE tenants SET time_zone = '{zone}', rollup_zone = '{zone}', created_at = '{}', personal_days = 40
             WHERE tenant_id = '{id}'",
            first.to_rfc3339()
        ))
        .await;
    Payer {
        id,
        wallet: house.budget(id).await,
        zone,
        rollup_zone: zone,
        requests: Vec::new(),
        lines: Vec::new(),
        moves: vec![Move {
            kind: "top_up",
            across: "cash",
            at: first,
            change: paid,
        }],
        statements: Vec::new(),
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happened_every_figure_ties() {
    let from = number("TOLLGATE_TIES_SEED").unwrap_or(1);
    let count = number("TOLLGATE_TIES").unwrap_or(HISTORIES);
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let (mut histories, mut seeds) = (JoinSet::new(), HashMap::new());
    for seed in from..from + count {
        let room = Arc::clone(&room);
        let history = histories.spawn(async move {
            let _seat = room.acquire_owned().await.expect("open");
            World::tell(seed).await
        });
        seeds.insert(history.id(), seed);
    }
    let (mut failed, mut happened) = (Vec::<u64>::new(), BTreeMap::<&str, usize>::new());
    while let Some(history) = histories.join_next().await {
        match history {
            Ok(noted) => {
                for (what, times) in noted {
                    *happened.entry(what).or_default() += times;
                }
            }
            Err(error) => failed.extend(seeds.get(&error.id())),
        }
    }
    assert!(
        failed.is_empty(),
        "TOLLGATE_TIES_SEED of the histories that fail: {failed:?}"
    );
    if count >= HISTORIES {
        for what in [
            "closed",
            "corrected",
            "dropped",
            "late",
            "moved",
            "re-priced",
            "refused refund",
        ] {
            assert!(
                happened.get(what).is_some_and(|times| *times > 0),
                "{what}: {happened:?}"
            );
        }
    }
}
