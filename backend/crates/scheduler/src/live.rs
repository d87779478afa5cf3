//! An account's live side on this node: requests in flight, its state as observed, and how both meet what is stored.
//! It outlives snapshots, so that a reload forgets nothing.

use crate::candidate::Out;
use crate::state::{Condition, Observed, Standing};
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::{AccountId, TenantId};

/// An account's state as a row has it.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) version: i64,
    pub(crate) condition: Condition,
    /// Tells this credential and base URL from any other, within this process.
    pub(crate) mark: u64,
}

/// A transition on its way to the table.
#[derive(Clone, Debug)]
pub(crate) struct Transition {
    pub(crate) condition: Condition,
    /// Which of the account's transitions on this node it is.
    revision: u64,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
    in_flight: AtomicU32,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    condition: Condition,
    /// Of the row whose state this is.
    state_version: i64,
    /// Of the row whose credential `mark` is.
    row_version: i64,
    mark: u64,
    /// The condition is newer than the table.
    unwritten: bool,
    revision: u64,
    /// Stands in the queue of reports.
    queued: bool,
    /// The request by which a faulty account is being tried.
    probe: Option<u64>,
    probes: u64,
}

impl Inner {
    fn out(&self, now: DateTime<Utc>) -> Option<Out> {
        match self.condition.standing(now) {
            Standing::Open => None,
            Standing::HalfOpen => self.probe.is_some().then_some(Out::Probed),
            Standing::Out => Some(Out::State {
                state: self.condition.state,
                until: self.condition.until,
                reason: self.condition.reason.clone(),
            }),
        }
    }

    /// The next request may be the probe, unless another one is by now.
    fn end_probe(&mut self, probe: Option<u64>) {
        if self.probe == probe {
            self.probe = None;
        }
    }

    /// After a transition; tells whether it must be queued.
    fn changed(&mut self) -> bool {
        self.unwritten = true;
        self.revision += 1;
        !std::mem::replace(&mut self.queued, true)
    }
}

/// What a change of state asks of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing changed.
    None,
    /// Changed, and in the queue already.
    Queued,
    /// Changed, and to be put into the queue.
    ToQueue,
}

impl Change {
    fn of(must_queue: bool) -> Self {
        if must_queue { Self::ToQueue } else { Self::Queued }
    }
}

impl Live {
    pub(crate) fn new(tenant: TenantId, account: AccountId, stored: &Stored) -> Self {
        let inner = Inner {
            condition: stored.condition.clone(),
            state_version: stored.version,
            row_version: stored.version,
            mark: stored.mark,
            unwritten: false,
            revision: 0,
            queued: false,
            probe: None,
            probes: 0,
        };
        Self {
            tenant,
            account,
            in_flight: AtomicU32::new(0),
            inner: Mutex::new(inner),
        }
    }

    /// Requests in flight on this node.
    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn condition(&self) -> Condition {
        self.inner.lock().condition.clone()
    }

    /// When it takes requests again, if that is a matter of time.
    pub(crate) fn recovers_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.inner.lock().condition.recovers_at(now)
    }

    /// Why it takes no request at the moment.
    pub(crate) fn out(&self, cap: Option<u32>, now: DateTime<Utc>) -> Option<Out> {
        self.inner.lock().out(now).or_else(|| {
            let cap = cap.filter(|cap| self.in_flight() >= *cap)?;
            Some(Out::AtCap(cap))
        })
    }

    /// Takes a seat, never beyond the cap. Gives the probe's number where this request is a faulty account's probe.
    pub(crate) fn take(&self, cap: Option<u32>, now: DateTime<Utc>) -> Result<Option<u64>, Out> {
        let mut inner = self.inner.lock();
        if let Some(out) = inner.out(now) {
            return Err(out);
        }
        let limit = cap.unwrap_or(u32::MAX);
        let taken = self
            .in_flight
            .try_update(Ordering::AcqRel, Ordering::Relaxed, |count| {
                (count < limit).then_some(count + 1)
            });
        if taken.is_err() {
            return Err(Out::AtCap(limit));
        }
        let half_open = inner.condition.standing(now) == Standing::HalfOpen;
        if half_open {
            inner.probes += 1;
            inner.probe = Some(inner.probes);
        }
        Ok(inner.probe.filter(|_| half_open))
    }

    /// Gives a seat back. A probe that ended without an outcome leaves the place to the next.
    pub(crate) fn release(&self, probe: Option<u64>) {
        if probe.is_some() {
            self.inner.lock().end_probe(probe);
        }
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
    }

    /// Takes in what came of a request that was sent with the credential `mark`; what came of an older credential says
    /// nothing about the one of now.
    pub(crate) fn observe(
        &self,
        seen: Observed,
        probe: Option<u64>,
        mark: u64,
        now: DateTime<Utc>,
    ) -> Change {
        let mut inner = self.inner.lock();
        let is_probe = probe.is_some() && inner.probe == probe;
        if is_probe {
            inner.end_probe(probe);
        }
        if inner.mark != mark || !inner.condition.observe(seen, is_probe, now) {
            return Change::None;
        }
        Change::of(inner.changed())
    }

    /// Takes in what a snapshot read. A newer row's state replaces ours, unless we observed something later that is not
    /// written yet; another credential ends a state that the old one caused.
    pub(crate) fn merge(&self, stored: &Stored, now: DateTime<Utc>) -> Change {
        let mut inner = self.inner.lock();
        if stored.version > inner.state_version {
            inner.state_version = stored.version;
            let ours_is_later = inner.unwritten
                && inner.condition.since > stored.condition.since
                && stored.condition.state != AccountState::Disabled;
            if !ours_is_later {
                inner.condition = stored.condition.clone();
                inner.unwritten = false;
                inner.probe = None;
            }
        }
        if stored.version <= inner.row_version {
            return Change::None;
        }
        inner.row_version = stored.version;
        if inner.mark == stored.mark {
            return Change::None;
        }
        inner.mark = stored.mark;
        if matches!(
            inner.condition.state,
            AccountState::Active | AccountState::Disabled
        ) {
            return Change::None;
        }
        inner.condition.recover(now);
        Change::of(inner.changed())
    }

    /// Whether there is anything here that a snapshot of later would not find in the table.
    pub(crate) fn is_idle(&self) -> bool {
        let inner = self.inner.lock();
        self.in_flight() == 0 && !inner.unwritten && !inner.queued
    }

    /// Out of the queue: what is to be written, as it is now; `None` if a newer row made it void.
    pub(crate) fn begin_write(&self) -> Option<Transition> {
        let mut inner = self.inner.lock();
        inner.queued = false;
        let transition = Transition {
            condition: inner.condition.clone(),
            revision: inner.revision,
        };
        inner.unwritten.then_some(transition)
    }

    /// The transition is in the table, under this version of the row; `None`: the table had a later state, or no such
    /// account any more.
    pub(crate) fn written(&self, transition: &Transition, version: Option<i64>) {
        let mut inner = self.inner.lock();
        if let Some(version) = version {
            inner.state_version = inner.state_version.max(version);
        }
        if inner.revision == transition.revision {
            inner.unwritten = false;
        }
    }

    /// The transition could not be written. Tells whether it must be queued again.
    pub(crate) fn not_written(&self) -> bool {
        let mut inner = self.inner.lock();
        inner.unwritten && !std::mem::replace(&mut inner.queued, true)
    }

    /// The queue is full: the next transition tries again.
    pub(crate) fn not_queued(&self) {
        self.inner.lock().queued = false;
    }
}
