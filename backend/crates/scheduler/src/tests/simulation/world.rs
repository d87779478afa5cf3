//! What happens, whatever the rule: who asks when, and what the vendor would answer.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

pub(super) const ACCOUNTS: usize = 50;
pub(super) const TENANTS: usize = 200;

/// How long, how much and how bad. Times in milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) ends: i64,
    /// Requests per second of all tenants together, without bursts.
    pub(super) rate: f64,
    /// From when to when so many tenants ask for so many times as much.
    pub(super) bursts: Vec<(i64, i64, usize)>,
    /// From when to when a third of the accounts is out.
    pub(super) outage: (i64, i64),
}

/// A burst is so many times a tenant's usual rate.
pub(super) const BURST_FACTOR: f64 = 50.0;

impl Plan {
    /// For the tests of every day.
    pub(super) fn small() -> Self {
        Self {
            ends: 300_000,
            rate: 14.0,
            bursts: vec![(30_000, 75_000, 10)],
            outage: (120_000, 165_000),
        }
    }

    /// For the report: half an hour.
    pub(super) fn whole() -> Self {
        Self {
            ends: 1_800_000,
            rate: 14.0,
            bursts: vec![
                (120_000, 240_000, 10),
                (600_000, 660_000, 20),
                (1_500_000, 1_590_000, 10),
            ],
            outage: (900_000, 1_080_000),
        }
    }

    pub(super) fn bursts_of(&self, tenant: usize) -> bool {
        self.bursts.iter().any(|(_, _, count)| tenant < *count)
    }

    /// When each request comes, and whose it is.
    pub(super) fn arrivals(&self, seed: u64) -> Vec<(i64, usize)> {
        let mut rng = StdRng::seed_from_u64(seed);
        let usual = self.rate / TENANTS as f64 / 1_000.0;
        let mut all = Vec::new();
        for tenant in 0..TENANTS {
            let mut at = 0.0_f64;
            loop {
                let burst = self
                    .bursts
                    .iter()
                    .any(|(from, to, count)| tenant < *count && (*from..*to).contains(&(at as i64)));
                let rate = if burst { usual * BURST_FACTOR } else { usual };
                let gap = -(1.0 - rng.random::<f64>()).ln() / rate;
                // A burst may begin within the gap: step to its beginning at the most.
                let next_burst = self
                    .bursts
                    .iter()
                    .map(|(from, ..)| *from as f64)
                    .filter(|from| *from > at);
                let edge = next_burst.fold(f64::INFINITY, f64::min);
                if !burst && at + gap > edge {
                    at = edge;
                    continue;
                }
                at += gap;
                if at >= self.ends as f64 {
                    break;
                }
                all.push((at as i64, tenant));
            }
        }
        all.sort_unstable();
        all
    }
}

/// An account as the operator set it up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    pub(super) cap: u32,
    pub(super) weight: u32,
    pub(super) priority: u32,
}

/// What the vendor answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Answer {
    Served,
    /// 429, with the end of the window where it is told.
    RateLimited(Option<i64>),
    /// 529.
    Overloaded,
    /// No connection.
    Failed,
}

/// The vendor's side of one account.
#[derive(Clone, Debug)]
struct Vendor {
    per_minute: u32,
    window: i64,
    used: u32,
    overloads: Vec<(i64, i64)>,
    out: Option<(i64, i64)>,
    /// Whether its 429 says when to come back.
    tells_reset: bool,
}

/// All accounts, from a seed.
#[derive(Debug)]
pub(super) struct World {
    pub(super) setups: Vec<Setup>,
    vendors: Vec<Vendor>,
    rng: StdRng,
}

impl World {
    pub(super) fn new(plan: &Plan, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed ^ 0xACC0);
        let mut setups = Vec::new();
        let mut vendors = Vec::new();
        for number in 0..ACCOUNTS {
            let cap = rng.random_range(2..=8);
            setups.push(Setup {
                cap,
                weight: cap * 25,
                priority: [10, 20, 30][number % 3],
            });
            let mut overloads = Vec::new();
            let mut at = rng.random_range(0..300_000);
            while at < plan.ends {
                let length = rng.random_range(5_000..20_000);
                overloads.push((at, at + length));
                at += length + rng.random_range(120_000..600_000);
            }
            vendors.push(Vendor {
                per_minute: cap * rng.random_range(9..14),
                window: 0,
                used: 0,
                overloads,
                // Of each priority a third.
                out: (number / 3 % 3 == 0).then_some(plan.outage),
                tells_reset: rng.random_bool(0.8),
            });
        }
        Self { setups, vendors, rng }
    }

    pub(super) fn is_out_in_the_outage(&self, account: usize) -> bool {
        self.vendors[account].out.is_some()
    }

    /// What comes of a request that is sent now, and after how long.
    pub(super) fn ask(&mut self, account: usize, now: i64) -> (Answer, i64) {
        let vendor = &mut self.vendors[account];
        if vendor.out.is_some_and(|(from, to)| (from..to).contains(&now)) {
            return (Answer::Failed, 1_000);
        }
        if vendor
            .overloads
            .iter()
            .any(|(from, to)| (*from..*to).contains(&now))
            && self.rng.random_bool(0.8)
        {
            return (Answer::Overloaded, 300);
        }
        if now >= vendor.window + 60_000 {
            (vendor.window, vendor.used) = (now - now % 60_000, 0);
        }
        if vendor.used >= vendor.per_minute {
            let reset = vendor.tells_reset.then_some(vendor.window + 60_000);
            return (Answer::RateLimited(reset), 200);
        }
        vendor.used += 1;
        // Most answers are short, some are long.
        let long: f64 = self.rng.random();
        (Answer::Served, 1_500 + (13_000.0 * long * long) as i64)
    }
}
