//! Requests that wait for a seat because every account that fits is full. A seat that becomes free is taken for the one
//! whose turn it is and handed to it, so that nobody is quicker, no wake-up is lost and no other waiter is woken.
//!
//! Whose turn it is: of the tenants that wait for the account, the one with the fewest seats per weight on its owner's
//! accounts; of its requests the oldest. Synchronous, and the time comes in: `desk` does the waiting itself.

use crate::candidate::Candidate;
use crate::desk::{Desk, Held};
use crate::live::Live;
use crate::load::Asker;
use chrono::{DateTime, Utc};
use parking_lot::{Mutex, RwLock};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering, fence};
use tokio::sync::oneshot;
use tollgate_contract::ids::{AccountId, TenantId};

/// So many tenants' counts are kept before those at 0 are let go of.
const HOLDINGS_MAX: usize = 10_000;

/// A tenant's seats on one owner's accounts.
pub(crate) type Holding = Arc<AtomicU32>;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// How many wait: a seat that is given back looks here first.
    count: AtomicUsize,
    lines: Mutex<Lines>,
    /// By owner and tenant.
    holdings: RwLock<HashMap<(TenantId, TenantId), Holding>>,
}

#[derive(Debug, Default)]
struct Lines {
    next: u64,
    by_tenant: HashMap<TenantId, VecDeque<Arc<Ticket>>>,
    /// For each owner the tenants that wait for its accounts, and with how many requests.
    by_owner: HashMap<TenantId, HashMap<TenantId, usize>>,
}

/// One request that waits.
#[derive(Debug)]
pub(crate) struct Ticket {
    number: u64,
    asker: Asker,
    /// By account's id.
    wanted: Vec<Candidate>,
    seat: Mutex<Option<oneshot::Sender<Held>>>,
}

impl Ticket {
    fn wants(&self, account: AccountId) -> Option<&Candidate> {
        let found = self.wanted.binary_search_by_key(&account, |one| one.account.id);
        self.wanted.get(found.ok()?)
    }

    /// The accounts that it waits for.
    pub(crate) fn wanted(&self) -> &[Candidate] {
        &self.wanted
    }

    /// Who waits; it is its turn when it is asked for.
    pub(crate) fn asker(&self) -> Asker {
        self.asker
    }

    fn owners(&self) -> Vec<TenantId> {
        let mut owners: Vec<TenantId> = self.wanted.iter().map(|one| one.live.tenant).collect();
        owners.sort_unstable();
        owners.dedup();
        owners
    }
}

impl Lines {
    fn add(&mut self, ticket: &Arc<Ticket>) {
        let tenant = ticket.asker.tenant;
        self.by_tenant
            .entry(tenant)
            .or_default()
            .push_back(ticket.clone());
        for owner in ticket.owners() {
            *self.by_owner.entry(owner).or_default().entry(tenant).or_default() += 1;
        }
    }

    /// Tells whether it was here.
    fn remove(&mut self, ticket: &Ticket) -> bool {
        let tenant = ticket.asker.tenant;
        let Some(line) = self.by_tenant.get_mut(&tenant) else {
            return false;
        };
        let Ok(place) = line.binary_search_by_key(&ticket.number, |other| other.number) else {
            return false;
        };
        line.remove(place);
        if line.is_empty() {
            self.by_tenant.remove(&tenant);
        }
        for owner in ticket.owners() {
            let Some(tenants) = self.by_owner.get_mut(&owner) else {
                continue;
            };
            if let Some(count) = tenants.get_mut(&tenant) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    tenants.remove(&tenant);
                }
            }
            if tenants.is_empty() {
                self.by_owner.remove(&owner);
            }
        }
        true
    }

    /// Whose turn it is on this account.
    fn next(&self, live: &Live, seats_of: impl Fn(TenantId) -> u32) -> Option<Arc<Ticket>> {
        let waiting = self.by_owner.get(&live.tenant)?.keys();
        let first = |tenant: &TenantId| {
            let line = self.by_tenant.get(tenant)?;
            line.iter().find(|ticket| ticket.wants(live.account).is_some())
        };
        let best = waiting.filter_map(first).min_by(|one, other| {
            let (mine, theirs) = (seats_of(one.asker.tenant), seats_of(other.asker.tenant));
            let mine = u64::from(mine) * u64::from(other.asker.weight.max(1));
            let theirs = u64::from(theirs) * u64::from(one.asker.weight.max(1));
            mine.cmp(&theirs).then(one.number.cmp(&other.number))
        });
        best.cloned()
    }
}

impl Waiting {
    /// How many requests wait.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// A place at the end of the tenant's line; `None` if `tenant_max` of its requests wait already. Seats that are free by
    /// now are not seen from there: call [`serve`](Self::serve) for each account after this.
    pub(crate) fn join(
        self: &Arc<Self>,
        asker: Asker,
        mut wanted: Vec<Candidate>,
        tenant_max: usize,
    ) -> Option<(Place, oneshot::Receiver<Held>)> {
        wanted.sort_unstable_by_key(|one| one.account.id);
        let (sender, receiver) = oneshot::channel();
        let mut lines = self.lines.lock();
        if lines.by_tenant.get(&asker.tenant).map_or(0, VecDeque::len) >= tenant_max {
            return None;
        }
        lines.next += 1;
        let ticket = Arc::new(Ticket {
            number: lines.next,
            asker: Asker {
                in_turn: true,
                ..asker
            },
            wanted,
            seat: Mutex::new(Some(sender)),
        });
        lines.add(&ticket);
        drop(lines);
        for one in &ticket.wanted {
            one.live.load.join(asker);
        }
        self.count.fetch_add(1, Ordering::SeqCst);
        // A seat given back before this is seen by whoever looks at the accounts after it; one given back later finds the
        // ticket.
        fence(Ordering::SeqCst);
        let place = Place {
            waiting: self.clone(),
            ticket,
        };
        Some((place, receiver))
    }

    /// Hands out what is free on this account, to one after the other as it is their turn.
    pub(crate) fn serve(&self, live: &Arc<Live>, now: DateTime<Utc>, desk: &Arc<Desk>) {
        fence(Ordering::SeqCst);
        while self.count() > 0 {
            let Some((ticket, held)) = self.grant(live, now, desk) else {
                return;
            };
            self.left(&ticket);
            // Who has gone meanwhile leaves the seat to the next one: dropping it serves again.
            let sender = ticket.seat.lock().take();
            if let Some(sender) = sender {
                drop(sender.send(held));
            }
        }
    }

    fn grant(&self, live: &Arc<Live>, now: DateTime<Utc>, desk: &Arc<Desk>) -> Option<(Arc<Ticket>, Held)> {
        let mut lines = self.lines.lock();
        let ticket = {
            let holdings = self.holdings.read();
            let seats_of = |tenant| {
                let holding = holdings.get(&(live.tenant, tenant));
                holding.map_or(0, |seats| seats.load(Ordering::Relaxed))
            };
            lines.next(live, seats_of)?
        };
        let candidate = ticket.wants(live.account)?;
        let probe = candidate.live.take(ticket.asker, now).ok()?;
        lines.remove(&ticket);
        Some((
            ticket.clone(),
            Held::new(candidate, ticket.asker.tenant, probe, desk),
        ))
    }

    /// A ticket has been taken out of the lines.
    fn left(&self, ticket: &Ticket) {
        self.count.fetch_sub(1, Ordering::SeqCst);
        for one in &ticket.wanted {
            one.live.load.leave(ticket.asker.tenant);
        }
    }

    /// The count of a tenant's seats on an owner's accounts.
    pub(crate) fn holding(&self, owner: TenantId, tenant: TenantId) -> Holding {
        if let Some(holding) = self.holdings.read().get(&(owner, tenant)) {
            return holding.clone();
        }
        let mut holdings = self.holdings.write();
        if holdings.len() >= HOLDINGS_MAX {
            // A seat that holds one keeps it; an unheld one is 0.
            holdings.retain(|_, holding| Arc::strong_count(holding) > 1);
        }
        holdings.entry((owner, tenant)).or_default().clone()
    }
}

/// A place in the line; who drops it has left.
#[derive(Debug)]
pub(crate) struct Place {
    waiting: Arc<Waiting>,
    ticket: Arc<Ticket>,
}

impl Place {
    pub(crate) fn ticket(&self) -> &Ticket {
        &self.ticket
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let was_here = self.waiting.lines.lock().remove(&self.ticket);
        if was_here {
            self.waiting.left(&self.ticket);
        }
    }
}
