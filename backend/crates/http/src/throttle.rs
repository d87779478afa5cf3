//! A small bounded limiter for public doors: so many attempts at once per address or name, then one by one as time
//! passes (the generic cell rate algorithm). In this process alone: with several nodes each counts for itself, which is
//! enough against guessing, and a door must work while Redis does not.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_store::Clock;

/// Most names counted apart; about 10 MB. Beyond it newcomers share one count, so that a flood of names locks itself out
/// and never fills the memory.
const NAMES_MAX: usize = 100_000;

/// How many attempts are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// Then one each.
    pub every: Duration,
}

/// Counts attempts by name. Cheap to clone; clones share the counts.
#[derive(Clone, Debug)]
pub struct Throttle {
    clock: Clock,
    rate: Rate,
    /// Until when the attempts already made count.
    debts: Arc<Mutex<HashMap<String, Instant>>>,
}

impl Throttle {
    /// A limiter with empty counts.
    pub fn new(clock: Clock, rate: Rate) -> Self {
        Self {
            clock,
            rate,
            debts: Arc::default(),
        }
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// If there were too many: how long to wait.
    pub fn attempt(&self, name: &str) -> Result<(), Duration> {
        self.decide(name, true, self.clock.monotonic())
    }

    /// Says whether an attempt would pass, without counting one.
    ///
    /// # Errors
    /// As for [`attempt`](Self::attempt).
    pub fn look(&self, name: &str) -> Result<(), Duration> {
        self.decide(name, false, self.clock.monotonic())
    }

    /// Forgets a name's attempts: it has proven itself.
    pub fn forgive(&self, name: &str) {
        self.debts.lock().remove(name);
    }

    fn decide(&self, name: &str, count: bool, now: Instant) -> Result<(), Duration> {
        let allowance = self.rate.every.saturating_mul(self.rate.burst.saturating_sub(1));
        let mut debts = self.debts.lock();
        if debts.len() >= NAMES_MAX && !debts.contains_key(name) {
            debts.retain(|_, until| *until > now);
        }
        let name = if debts.len() >= NAMES_MAX && !debts.contains_key(name) {
            ""
        } else {
            name
        };
        let owed_until = debts.get(name).copied().unwrap_or(now).max(now);
        let ahead = owed_until.saturating_duration_since(now);
        if ahead > allowance {
            return Err(ahead.saturating_sub(allowance));
        }
        if count && let Some(until) = owed_until.checked_add(self.rate.every) {
            debts.insert(name.to_owned(), until);
        }
        Ok(())
    }
}

/// Whole seconds to wait, at least one.
pub fn retry_after_secs(wait: Duration) -> u64 {
    wait.as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> Throttle {
        let rate = Rate {
            burst: 3,
            every: Duration::from_secs(10),
        };
        Throttle::new(Clock::system(), rate)
    }

    #[test]
    fn a_burst_passes_and_then_one_each_interval() {
        let throttle = throttle();
        let begun = throttle.clock.monotonic();
        let attempt = |after| throttle.decide("a", true, begun + Duration::from_secs(after));
        for _ in 0..3 {
            attempt(0).unwrap();
        }
        assert_eq!(attempt(0).map_err(retry_after_secs), Err(10));
        assert_eq!(attempt(9).map_err(retry_after_secs), Err(1));
        attempt(10).unwrap();
        assert!(attempt(10).is_err());
        for _ in 0..3 {
            attempt(100).unwrap();
        }
        assert!(attempt(100).is_err());
    }

    #[test]
    fn names_are_counted_apart_and_can_be_forgiven() {
        let throttle = throttle();
        for _ in 0..3 {
            throttle.attempt("a").unwrap();
        }
        assert!(throttle.attempt("a").is_err());
        throttle.attempt("b").unwrap();
        throttle.forgive("a");
        throttle.attempt("a").unwrap();
    }

    #[test]
    fn a_flood_of_names_shares_one_count_and_those_known_before_keep_theirs() {
        let throttle = throttle();
        throttle.attempt("known").unwrap();
        for number in 0..NAMES_MAX {
            let _ = throttle.attempt(&number.to_string());
        }
        let refused = (0..10).filter(|number| throttle.attempt(&format!("late {number}")).is_err());
        assert!(refused.count() >= 7);
        throttle.attempt("known").unwrap();
        assert!(throttle.debts.lock().len() <= NAMES_MAX + 1);
    }

    #[test]
    fn looking_does_not_count() {
        let throttle = throttle();
        for _ in 0..10 {
            throttle.look("a").unwrap();
        }
    }
}
