//! The door for the benchmark: a pool made by hand, and one choice from it. Only with the feature `bench`.

use crate::made;
use crate::pick::{Wish, pick};
use crate::pool::{Own, Pool};
use crate::state::Observed;
use chrono::{DateTime, Utc};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::Arc;
use tollgate_contract::platform::Platform;

/// A pool and a request that is made of it again and again.
#[derive(Debug)]
pub struct Choosing {
    pool: Pool,
    now: DateTime<Utc>,
    rng: StdRng,
}

impl Choosing {
    /// A pool of so many accounts, shared evenly among the priorities; `is_out` tells which of them, counted from 0, are
    /// cooling down.
    pub fn new(accounts: u32, priorities: u32, is_out: impl Fn(u32) -> bool) -> Self {
        let now = DateTime::UNIX_EPOCH;
        let candidates = (0..accounts).map(|number| {
            let mut account = made::account(number.into());
            account.priority = 1 + number % priorities;
            account.weight = 50 + number % 100;
            account.caps.concurrency = Some(100);
            let candidate = made::candidate(account);
            if is_out(number) {
                let seen = Observed::RateLimited { until: None };
                candidate.live.observe(seen, None, made::MARK, now);
            }
            candidate
        });
        let mut candidates: Vec<_> = candidates.collect();
        candidates.sort_by_key(|one| one.priority);
        let own = Own {
            candidates,
            ..Own::default()
        };
        Self {
            pool: Pool::new(Arc::new(own), Vec::new()),
            now,
            rng: StdRng::seed_from_u64(1),
        }
    }

    /// Chooses an account, takes its seat and gives it back. Gives whether there was one.
    pub fn choose(&mut self) -> bool {
        let wish = Wish {
            tenant: made::TENANT,
            platforms: &[Platform::ClaudeConsole],
            named_on: &[],
            model: "claude-sonnet-4-6",
            bindings: &[],
            own_only: false,
            pinned: None,
            sticky: None,
            tried: &[],
        };
        let Ok(picked) = pick(&self.pool, &wish, self.now, &mut self.rng) else {
            return false;
        };
        picked.candidate.live.release(made::TENANT, picked.probe);
        true
    }
}
