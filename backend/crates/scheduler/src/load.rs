//! An account's load on this node: who has how many requests in flight on it, what the last minute and the day saw, and
//! whether one more may go under the caps and this node's share of them. Shared by all tenants that may use the account.
//! Never in here: how the account is doing, and who is served next.

mod caps;
mod minute;
mod tenants;

pub use caps::Caps;
pub(crate) use caps::Full;
pub(crate) use minute::Minute;

use crate::nodes::Nodes;
use caps::KeptCaps;
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tenants::Tenants;
use tollgate_contract::ids::TenantId;

/// No share was agreed on with the other nodes.
const NO_SHARE: u64 = u64::MAX;
/// A share of nothing is asked for again after this: the nodes speak twice a second.
pub(crate) const SHARE_EVERY: TimeDelta = TimeDelta::seconds(1);
/// What the day has cost is read for the first time within this.
const FIRST_LOOK: TimeDelta = TimeDelta::seconds(10);

/// Who asks for a seat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(crate) tenant: TenantId,
    /// Its weight among the tenants that want the account.
    pub(crate) weight: u32,
    /// It has waited, and it is its turn: others that wait come after it.
    pub(crate) in_turn: bool,
}

/// This node's part of each cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeShare {
    pub(crate) seats: u64,
    pub(crate) requests: u64,
    pub(crate) tokens: u64,
}

impl NodeShare {
    /// None was agreed on.
    pub(crate) const NONE: Self = Self {
        seats: NO_SHARE,
        requests: NO_SHARE,
        tokens: NO_SHARE,
    };
}

/// What an account has to do at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Busy {
    pub(crate) in_flight: u32,
    pub(crate) waiting: u32,
    pub(crate) requests_1m: u64,
    pub(crate) tokens_1m: u64,
}

/// See the module. What is written under the lock may be read without it: a look that must not wait sees a figure of a
/// moment ago, and taking a seat looks again under the lock.
#[derive(Debug, Default)]
pub(crate) struct Load {
    caps: KeptCaps,
    nodes: OnceLock<Arc<Nodes>>,
    share: KeptShare,
    in_flight: AtomicU32,
    waiting: AtomicU32,
    /// Of the last minute, or more: what grew old is taken off only when that matters.
    requests_most: AtomicU64,
    tokens_most: AtomicU64,
    /// Nano-USD of the day as far as the database knows it …
    settled: AtomicI64,
    /// … what this node booked since the look before last …
    booked: AtomicI64,
    /// … and how much of that the last look found.
    looked: AtomicI64,
    /// When the day ends, in microseconds since 1970.
    day_ends: AtomicI64,
    /// The nodes speak of it.
    listed: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct KeptShare {
    seats: AtomicU64,
    requests: AtomicU64,
    tokens: AtomicU64,
}

impl Default for KeptShare {
    fn default() -> Self {
        let none = || AtomicU64::new(NO_SHARE);
        Self {
            seats: none(),
            requests: none(),
            tokens: none(),
        }
    }
}

#[derive(Debug, Default)]
struct Inner {
    minute: Minute,
    tenants: Tenants,
}

impl Load {
    /// What a snapshot says of the account; `nodes` splits its caps.
    pub(crate) fn settle(&self, caps: Caps, nodes: &Arc<Nodes>) {
        self.caps.set(caps);
        self.nodes.get_or_init(|| nodes.clone());
    }

    pub(crate) fn caps(&self) -> Caps {
        self.caps.get()
    }

    /// Requests in flight on this node.
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Requests that wait for a seat here and would take one.
    pub(crate) fn waiting(&self) -> u32 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// All of it, as of now.
    pub(crate) fn busy(&self, now: DateTime<Utc>) -> Busy {
        let mut inner = self.inner.lock();
        self.roll(&mut inner, now);
        Busy {
            in_flight: self.in_flight(),
            waiting: self.waiting(),
            requests_1m: inner.minute.requests(),
            tokens_1m: inner.minute.tokens(),
        }
    }

    /// Why no more may go at the moment. Without a lock, unless a cap per minute is near or somebody waits.
    pub(crate) fn full(&self, asker: Asker, now: DateTime<Utc>) -> Option<Full> {
        let (caps, limits) = (self.caps.get(), self.limits());
        if let Some(full) = self
            .without_seat(caps, limits)
            .or_else(|| self.day_is_spent(caps, now))
        {
            return Some(full);
        }
        let is_near = self.requests_most.load(Ordering::Relaxed) >= limits.requests
            || self.tokens_most.load(Ordering::Relaxed) >= limits.tokens;
        if !is_near && (asker.in_turn || self.waiting() == 0) {
            return None;
        }
        self.full_within(&mut self.inner.lock(), asker, now)
    }

    /// Takes a seat, never beyond this node's share of the caps.
    pub(crate) fn take(&self, asker: Asker, now: DateTime<Utc>) -> Result<(), Full> {
        let mut inner = self.inner.lock();
        if let Some(full) = self.full_within(&mut inner, asker, now) {
            return Err(full);
        }
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        inner.minute.add(now, 1, 0);
        self.requests_most.fetch_add(1, Ordering::Relaxed);
        inner.tenants.of(asker.tenant, asker.weight).in_flight += 1;
        Ok(())
    }

    /// Gives a tenant's seat back.
    pub(crate) fn release(&self, tenant: TenantId) {
        let mut inner = self.inner.lock();
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        inner
            .tenants
            .change(tenant, |load| load.in_flight = load.in_flight.saturating_sub(1));
    }

    /// A request of the tenant begins to wait.
    pub(crate) fn join(&self, asker: Asker) {
        let mut inner = self.inner.lock();
        self.waiting.fetch_add(1, Ordering::SeqCst);
        inner.tenants.of(asker.tenant, asker.weight).waiting += 1;
    }

    /// It waits no longer.
    pub(crate) fn leave(&self, tenant: TenantId) {
        let mut inner = self.inner.lock();
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        inner
            .tenants
            .change(tenant, |load| load.waiting = load.waiting.saturating_sub(1));
    }

    /// Tokens that a request turned out to have used.
    pub(crate) fn used(&self, tokens: u64, now: DateTime<Utc>) {
        self.inner.lock().minute.add(now, 0, tokens);
        self.tokens_most.fetch_add(tokens, Ordering::Relaxed);
    }

    /// Nano-USD that a request turned out to cost.
    pub(crate) fn spent(&self, nano: i64) {
        self.booked.fetch_add(nano.max(0), Ordering::Relaxed);
    }

    /// What this node booked so far; to be handed to [`settled`](Self::settled) after the sum was read.
    pub(crate) fn booked(&self) -> i64 {
        self.booked.load(Ordering::Relaxed)
    }

    /// The day's sum was read, and `booked` was asked for before that. What was booked before the last look is taken to be
    /// within the sum.
    pub(crate) fn settled(&self, nano: i64, booked: i64, day_ends: DateTime<Utc>) {
        self.settled.store(nano, Ordering::Relaxed);
        let before = self.looked.load(Ordering::Relaxed);
        self.looked
            .store(booked.saturating_sub(before), Ordering::Relaxed);
        self.booked.fetch_sub(before, Ordering::Relaxed);
        self.day_ends
            .store(day_ends.timestamp_micros(), Ordering::Relaxed);
    }

    /// This node's share from now on. No seat is taken under the share of before once this is back.
    pub(crate) fn set_share(&self, share: NodeShare) {
        let _no_seat_is_taken_now = self.inner.lock();
        self.share.seats.store(share.seats, Ordering::Relaxed);
        self.share.requests.store(share.requests, Ordering::Relaxed);
        self.share.tokens.store(share.tokens, Ordering::Relaxed);
    }

    pub(crate) fn share(&self) -> NodeShare {
        NodeShare {
            seats: self.share.seats.load(Ordering::Relaxed),
            requests: self.share.requests.load(Ordering::Relaxed),
            tokens: self.share.tokens.load(Ordering::Relaxed),
        }
    }

    /// Whether the nodes speak of it, and that they do or don't from now on.
    pub(crate) fn set_listed(&self, listed: bool) -> bool {
        self.listed.load(Ordering::Relaxed) == listed || self.listed.swap(listed, Ordering::AcqRel) == listed
    }

    fn full_within(&self, inner: &mut Inner, asker: Asker, now: DateTime<Utc>) -> Option<Full> {
        let (caps, limits) = (self.caps.get(), self.limits());
        self.without_seat(caps, limits)
            .or_else(|| self.day_is_spent(caps, now))
            .or_else(|| self.minute_is_full(inner, caps, limits, now))
            .or_else(|| self.has_its_share(inner, asker, caps, limits))
    }

    fn without_seat(&self, caps: Caps, limits: NodeShare) -> Option<Full> {
        let cap = caps.concurrency?;
        let is_full = u64::from(self.in_flight()) >= limits.seats;
        is_full.then_some(Full::Concurrency { cap })
    }

    fn day_is_spent(&self, caps: Caps, now: DateTime<Utc>) -> Option<Full> {
        let cap_nano = caps.daily_cost_nano?;
        let until = match self.day_ends.load(Ordering::Relaxed) {
            // Nothing was read yet: what this node booked counts all the same, until the look that comes in seconds.
            0 => now + FIRST_LOOK,
            ends => DateTime::from_timestamp_micros(ends)?,
        };
        let spent = self.settled.load(Ordering::Relaxed).saturating_add(self.booked());
        (spent >= cap_nano && now < until).then_some(Full::DailyCost { cap_nano, until })
    }

    fn minute_is_full(
        &self,
        inner: &mut Inner,
        caps: Caps,
        limits: NodeShare,
        now: DateTime<Utc>,
    ) -> Option<Full> {
        if caps.requests_per_minute.is_none() && caps.tokens_per_minute.is_none() {
            return None;
        }
        self.roll(inner, now);
        if let Some(per_minute) = caps.requests_per_minute
            && inner.minute.requests() >= limits.requests
        {
            let until = inner.minute.requests_below(limits.requests);
            let until = until.unwrap_or(now + SHARE_EVERY);
            return Some(Full::Requests { per_minute, until });
        }
        if let Some(per_minute) = caps.tokens_per_minute
            && inner.minute.tokens() >= limits.tokens
        {
            let until = inner.minute.tokens_below(limits.tokens);
            let until = until.unwrap_or(now + SHARE_EVERY);
            return Some(Full::Tokens { per_minute, until });
        }
        None
    }

    /// While others wait, who has its share does not come before them.
    fn has_its_share(&self, inner: &Inner, asker: Asker, caps: Caps, limits: NodeShare) -> Option<Full> {
        if asker.in_turn || self.waiting() == 0 {
            return None;
        }
        let seats = match caps.concurrency {
            Some(_) => limits.seats,
            None => u64::from(self.in_flight()) + 1,
        };
        inner.tenants.has_its_share(asker, seats)
    }

    fn roll(&self, inner: &mut Inner, now: DateTime<Utc>) {
        inner.minute.roll(now);
        self.requests_most
            .store(inner.minute.requests(), Ordering::Relaxed);
        self.tokens_most.store(inner.minute.tokens(), Ordering::Relaxed);
    }

    /// How much may be in use here; the largest number where there is no cap.
    fn limits(&self) -> NodeShare {
        let (caps, share) = (self.caps.get(), self.share());
        let limit = |cap: Option<u64>, share: u64| match cap {
            None => u64::MAX,
            Some(cap) if share == NO_SHARE => self.nodes.get().map_or(cap, |nodes| nodes.without_share(cap)),
            Some(cap) => cap.min(share),
        };
        NodeShare {
            seats: limit(caps.concurrency.map(u64::from), share.seats),
            requests: limit(caps.requests_per_minute.map(u64::from), share.requests),
            tokens: limit(caps.tokens_per_minute, share.tokens),
        }
    }
}
