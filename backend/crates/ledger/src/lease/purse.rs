//! The arithmetic of what a node holds of one tenant's wallet: pure, in nano-USD.

use std::time::{Duration, Instant};
use tollgate_contract::ids::BudgetId;

/// How long the answer of a draw stands: an empty wallet costs the database four looks a second, whatever comes in.
const RECENT: Duration = Duration::from_millis(250);
/// How long a refill in the background waits after a refusal.
const REFILL_PAUSE: Duration = Duration::from_secs(1);

/// What the last draw said, if it wasn't a grant.
#[derive(Clone, Copy, Debug)]
enum Recent {
    Granted,
    Refused {
        at: Instant,
        undrawn: i64,
        held_by_others: i64,
    },
    Failed {
        at: Instant,
    },
}

/// What a node holds.
#[derive(Debug)]
pub(super) struct Purse {
    /// Drawn by this node in this epoch, as in the database.
    granted: i64,
    /// Charged by this node in this epoch.
    spent: i64,
    /// Reserved by running requests.
    reserved: i64,
    /// Reservations that wait for a draw.
    waiting: i64,
    /// The last reservation, as a measure of the next.
    typical: i64,
    last_slice: i64,
    drawing: bool,
    recent: Recent,
    budget: Option<BudgetId>,
}

/// What to do next for a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Reserved; the flag says that a refill is due.
    Taken { budget: BudgetId, refill: Option<Need> },
    /// The caller shall start a draw and wait for it.
    Draw(Need),
    /// A draw is under way.
    Wait,
    /// There isn't enough.
    Refused { left: i64, held: i64 },
    /// The database can't be asked.
    Failed,
}

/// What a draw shall bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// Less is of no use.
    pub least: i64,
    /// As much is wanted by all who wait.
    pub wanted: i64,
}

impl Purse {
    pub fn new() -> Self {
        Self {
            granted: 0,
            spent: 0,
            reserved: 0,
            waiting: 0,
            typical: 0,
            last_slice: 0,
            drawing: false,
            recent: Recent::Granted,
            budget: None,
        }
    }

    fn available(&self) -> i64 {
        self.granted
            .saturating_sub(self.spent)
            .saturating_sub(self.reserved)
    }

    /// Tries to reserve.
    pub fn step(&mut self, amount: i64, now: Instant) -> Step {
        self.typical = amount;
        if let Some(budget) = self.budget
            && self.available() >= amount
        {
            self.reserved = self.reserved.saturating_add(amount);
            return Step::Taken {
                budget,
                refill: self.refill(now),
            };
        }
        if self.drawing {
            return Step::Wait;
        }
        let least = amount.saturating_sub(self.available());
        match self.recent {
            Recent::Refused {
                at,
                undrawn,
                held_by_others,
            } if now.duration_since(at) < RECENT && undrawn < least => {
                let left = undrawn.saturating_add(self.available()).max(0);
                return Step::Refused {
                    left,
                    held: held_by_others.saturating_add(self.reserved),
                };
            }
            Recent::Failed { at } if now.duration_since(at) < RECENT => return Step::Failed,
            _ => {}
        }
        self.drawing = true;
        let wanted = self.waiting.saturating_sub(self.available()).max(least);
        Step::Draw(Need { least, wanted })
    }

    /// Whether the next slice should be drawn before it is missed: below half of the last one.
    fn refill(&mut self, now: Instant) -> Option<Need> {
        let low_water = (self.last_slice / 2).max(self.typical);
        let paused = match self.recent {
            Recent::Granted => false,
            Recent::Refused { at, .. } | Recent::Failed { at } => now.duration_since(at) < REFILL_PAUSE,
        };
        if self.drawing || paused || self.available() >= low_water || self.typical == 0 {
            return None;
        }
        self.drawing = true;
        Some(Need {
            least: self.typical,
            wanted: self.typical,
        })
    }

    pub fn wait(&mut self, amount: i64) {
        self.waiting = self.waiting.saturating_add(amount);
    }

    pub fn stop_waiting(&mut self, amount: i64) {
        self.waiting = self.waiting.saturating_sub(amount);
    }

    /// A reservation comes back unused.
    pub fn give_back(&mut self, amount: i64) {
        self.reserved = self.reserved.saturating_sub(amount);
    }

    /// A reservation is turned into a charge, whatever it comes to.
    pub fn consume(&mut self, reserved: i64, actual: i64) {
        self.reserved = self.reserved.saturating_sub(reserved);
        self.spent = self.spent.saturating_add(actual);
    }

    /// A draw brought the lease to this much.
    pub fn granted(&mut self, budget: BudgetId, total: i64, slice: i64) {
        self.budget = Some(budget);
        self.granted = total;
        self.last_slice = slice;
        self.recent = Recent::Granted;
    }

    pub fn refused(&mut self, undrawn: i64, held_by_others: i64, at: Instant) {
        self.recent = Recent::Refused {
            at,
            undrawn,
            held_by_others,
        };
    }

    pub fn failed(&mut self, at: Instant) {
        self.recent = Recent::Failed { at };
    }

    pub fn forget_refusal(&mut self) {
        self.recent = Recent::Granted;
    }

    pub fn drawn(&mut self) {
        self.drawing = false;
    }
}
