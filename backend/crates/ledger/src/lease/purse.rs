//! The arithmetic of what a node holds of one budget in one period: pure, in nano-USD.

use chrono::{DateTime, Utc};
use std::time::{Duration, Instant};
use tollgate_contract::ids::BudgetId;

/// How long a purse whose idle money was called back takes no slices: whoever called shall have a chance to draw.
const RECALLED_FOR: Duration = Duration::from_secs(2);

/// A budget in a period. The order is the order of locking in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PurseKey {
    pub budget: BudgetId,
    /// The period's first instant.
    pub start: DateTime<Utc>,
}

/// What the database said of a budget beside this node's own lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub at: Instant,
    pub limit: i64,
    /// Granted to nobody.
    pub remains: i64,
    /// Held by other nodes, for running requests and for those to come.
    pub running: i64,
    /// Held by nodes that are not heard of.
    pub lost: i64,
}

/// What a node holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Purse {
    /// Drawn by this node in this epoch. Never more than the database has; less while an exchange is under way or its
    /// outcome is not known.
    pub granted: i64,
    /// Charged by this node in this epoch, settled or not.
    pub spent: i64,
    /// Reserved by running requests.
    pub reserved: i64,
    /// The last reservation, as a measure of the next.
    pub typical: i64,
    /// What the last exchange took.
    pub slice: i64,
    /// Short: no slices, and what is idle goes back.
    pub direct: bool,
    /// Called back: direct until then, whatever the database says.
    pub recalled_until: Option<Instant>,
    /// When a recall of this budget was heard of or sent last.
    pub recall_at: Option<Instant>,
    /// What the last exchange said.
    pub known: Option<Known>,
    /// On its way back, or where nobody knows: of what this node was granted, what `granted` does not count.
    pub away: i64,
    /// The outcome of the last exchange is not known.
    pub unsure: bool,
    /// The period's end.
    pub ends: Option<DateTime<Utc>>,
}

impl Purse {
    /// What can be reserved now; below zero where requests cost more than was reserved for them.
    pub fn available(&self) -> i64 {
        self.granted
            .saturating_sub(self.spent)
            .saturating_sub(self.reserved)
    }

    /// Whether a reservation can be had now.
    pub fn has(&self, amount: i64) -> bool {
        self.available() >= amount
    }

    /// What would be left for reservations if the database were asked now.
    pub fn left(&self) -> i64 {
        let remains = self.known.map_or(0, |known| known.remains);
        remains.saturating_add(self.away).saturating_add(self.available())
    }

    /// Whether it would fit once all running requests have ended and cost nothing. True where nothing is known.
    pub fn may_fit(&self, amount: i64) -> bool {
        let Some(known) = self.known else { return true };
        amount
            <= self
                .left()
                .saturating_add(self.reserved)
                .saturating_add(known.running)
    }

    /// Whether idle money is to go back instead of being kept.
    pub fn is_direct(&self, now: Instant) -> bool {
        self.direct || self.is_recalled(now)
    }

    /// Whether it takes no slice, however much there is.
    pub fn is_recalled(&self, now: Instant) -> bool {
        self.recalled_until.is_some_and(|until| now < until)
    }

    /// Whether the next slice should be drawn before it is missed: below half of the last one.
    pub fn is_low(&self, now: Instant) -> bool {
        let low_water = (self.slice / 2).max(self.typical);
        self.typical > 0 && self.available() < low_water && !self.is_direct(now)
    }

    /// Somebody needs what is idle here.
    pub fn recalled(&mut self, now: Instant) {
        self.recalled_until = Some(now + RECALLED_FOR);
        self.recall_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_store::Clock;

    fn purse(now: Instant) -> Purse {
        Purse {
            granted: 100,
            spent: 30,
            reserved: 50,
            known: Some(Known {
                at: now,
                limit: 1_000,
                remains: 40,
                running: 7,
                lost: 500,
            }),
            ..Purse::default()
        }
    }

    #[test]
    fn what_is_available_and_what_may_become_so() {
        let mut purse = purse(Clock::system().monotonic());
        assert_eq!(purse.available(), 20);
        assert!(purse.has(20) && !purse.has(21));
        assert_eq!(purse.left(), 60, "with what nobody holds");
        // 20 here, 40 undrawn, 50 of running requests here, 7 of other nodes; what lost nodes hold never comes.
        assert!(purse.may_fit(117) && !purse.may_fit(118));
        purse.away = 10;
        assert_eq!(purse.left(), 70, "what goes back is not gone");
        purse.spent = 130;
        assert_eq!(purse.available(), -80, "an overrun is owed");
        purse.known = None;
        assert!(purse.may_fit(i64::MAX), "nothing is known");
    }

    #[test]
    fn a_purse_that_was_called_back_takes_no_slices_for_a_while() {
        let now = Clock::system().monotonic();
        let mut purse = Purse {
            typical: 10,
            ..purse(now)
        };
        assert!(!purse.is_direct(now) && !purse.is_low(now));
        purse.slice = 60;
        assert!(purse.is_low(now), "20 is below half of the last slice");
        purse.recalled(now);
        assert!(purse.is_direct(now) && !purse.is_low(now));
        assert!(!purse.is_direct(now + RECALLED_FOR));
    }
}
