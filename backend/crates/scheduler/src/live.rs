//! An account's live side on this node: requests in flight, its state as observed, and how both meet what is stored.
//! It outlives snapshots, so that a reload forgets nothing.

mod writing;

use crate::candidate::Out;
use crate::load::{Asker, Load};
use crate::state::{Condition, Observed, Standing};
use crate::windows::{Notice, StoredWindow, WindowSeen, Windows};
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use tollgate_contract::accounts::AccountState;
use tollgate_contract::ids::{AccountId, TenantId};

/// After a cool-down one request goes out each such time until one is answered: accounts that recover at the same moment
/// are tried, not stormed.
const TRICKLE_EVERY: TimeDelta = TimeDelta::milliseconds(250);
/// A faulty account's one request may be a stream of minutes: after this, another one may try as well.
const PROBE_MAX: TimeDelta = TimeDelta::seconds(30);
/// While a faulty account is being tried, others look again after this.
const PROBE_LOOK: TimeDelta = TimeDelta::seconds(1);
/// Whoever read the clock before another may get here after it, by this at the most; more: the clock was put back.
const ASKED_BEFORE: TimeDelta = TimeDelta::seconds(1);
/// `blocked_until` of an account that waits for a person.
const FOR_GOOD: i64 = i64::MAX;

/// An account's state as a row has it.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) version: i64,
    pub(crate) condition: Condition,
    /// Tells this credential and base URL from any other, within this process.
    pub(crate) mark: u64,
    pub(crate) windows: Vec<StoredWindow>,
}

/// A transition on its way to the table.
#[derive(Clone, Debug)]
pub(crate) struct Transition {
    pub(crate) condition: Condition,
    /// Which of the account's transitions on this node it is.
    revision: u64,
}

/// All of an account that is on its way to the table.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) transition: Option<Transition>,
    pub(crate) windows: Vec<StoredWindow>,
    /// The other nodes must hear of the windows.
    pub(crate) announces: bool,
    /// Opus models were refused: its plan has none.
    pub(crate) lacks_opus: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
    pub(crate) load: Load,
    pub(crate) windows: Windows,
    inner: Mutex<Inner>,
    blocked_until: AtomicI64,
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
    /// Stands among those that are written in a while.
    waits: bool,
    /// What windows told must be announced.
    announces: bool,
    lacks_opus: bool,
    /// The request by which a faulty account is being tried, and since when.
    probe: Option<(u64, DateTime<Utc>)>,
    probes: u64,
    /// When the next request may go after a cool-down.
    next_trickle: Option<DateTime<Utc>>,
}

impl Inner {
    fn out(&self, now: DateTime<Utc>) -> Option<Out> {
        match self.condition.standing(now) {
            Standing::Open => None,
            Standing::Trickle => self.trickles_at(now).map(|_| Out::Probed),
            Standing::HalfOpen => self.is_probed(now).then_some(Out::Probed),
            Standing::Out => Some(Out::State {
                state: self.condition.state,
                until: self.condition.until,
                reason: self.condition.reason.clone(),
            }),
        }
    }

    /// When the next request may go, if not now. A clock that was put back does not count.
    fn trickles_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.next_trickle
            .filter(|next| now < *next && *next - now <= TRICKLE_EVERY + ASKED_BEFORE)
    }

    fn is_probed(&self, now: DateTime<Utc>) -> bool {
        let is_recent = |since: DateTime<Utc>| (-ASKED_BEFORE..PROBE_MAX).contains(&(now - since));
        self.probe.is_some_and(|(_, since)| is_recent(since))
    }

    /// The next request may be the probe, unless another one is by now.
    fn end_probe(&mut self, probe: Option<u64>) {
        if self.probe.map(|(number, _)| number) == probe {
            self.probe = None;
        }
    }

    /// After a transition; tells whether it must be queued.
    fn changed(&mut self) -> bool {
        self.unwritten = true;
        self.revision += 1;
        self.probe = None;
        self.next_trickle = None;
        self.queue()
    }

    /// Tells whether it must be queued.
    fn queue(&mut self) -> bool {
        !std::mem::replace(&mut self.queued, true)
    }

    /// See [`Live::blocked_until`].
    fn blocked_until(&self) -> i64 {
        let condition = &self.condition;
        match condition.state {
            AccountState::Active => 0,
            AccountState::Unauthorized | AccountState::Disabled => FOR_GOOD,
            _ => {
                let probed = self.probe.map(|(_, since)| since + PROBE_LOOK);
                let times = [condition.until, self.next_trickle, probed];
                let latest = times.into_iter().flatten().max();
                latest.map_or(1, |at| at.timestamp_micros())
            }
        }
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
    /// Changed, but not so that it is in a hurry.
    Later,
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
            waits: false,
            announces: false,
            lacks_opus: false,
            probe: None,
            probes: 0,
            next_trickle: None,
        };
        Self {
            tenant,
            account,
            load: Load::default(),
            windows: Windows::new(&stored.windows),
            blocked_until: AtomicI64::new(inner.blocked_until()),
            inner: Mutex::new(inner),
        }
    }

    /// Changes what is behind the lock, and keeps `blocked_until` in step.
    fn with<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.inner.lock();
        let made = change(&mut inner);
        self.blocked_until.store(inner.blocked_until(), Ordering::Release);
        made
    }

    /// Until when its state keeps it out, in microseconds since 1970; 0: it takes requests; `i64::MAX`: a person is
    /// needed. Without a lock, for looking over many: an account that passes may still have its one request out, or be
    /// at its cap.
    pub(crate) fn blocked_until(&self) -> i64 {
        self.blocked_until.load(Ordering::Acquire)
    }

    pub(crate) fn condition(&self) -> Condition {
        self.inner.lock().condition.clone()
    }

    /// When it takes requests again, if that is a matter of time.
    pub(crate) fn recovers_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let inner = self.inner.lock();
        match inner.condition.standing(now) {
            Standing::Open => None,
            Standing::Trickle => inner.trickles_at(now),
            Standing::HalfOpen => inner.is_probed(now).then_some(now + PROBE_LOOK),
            Standing::Out => inner.condition.recovers_at(now),
        }
    }

    /// Why its state lets it take no request at the moment.
    pub(crate) fn out(&self, now: DateTime<Utc>) -> Option<Out> {
        if self.blocked_until() == 0 {
            None
        } else {
            self.inner.lock().out(now)
        }
    }

    /// The same, and whether it has as much to do as it may have.
    pub(crate) fn out_for(&self, asker: Asker, now: DateTime<Utc>) -> Option<Out> {
        self.out(now)
            .or_else(|| self.load.full(asker, now).map(Out::Full))
    }

    /// Takes a seat, never beyond the caps. Gives the probe's number where this request is a faulty account's probe.
    pub(crate) fn take(&self, asker: Asker, now: DateTime<Utc>) -> Result<Option<u64>, Out> {
        self.with(|inner| {
            if let Some(out) = inner.out(now) {
                return Err(out);
            }
            self.load.take(asker, now).map_err(Out::Full)?;
            match inner.condition.standing(now) {
                Standing::HalfOpen => {
                    inner.probes += 1;
                    inner.probe = Some((inner.probes, now));
                    Ok(Some(inner.probes))
                }
                Standing::Trickle => {
                    inner.next_trickle = Some(now + TRICKLE_EVERY);
                    Ok(None)
                }
                Standing::Open | Standing::Out => Ok(None),
            }
        })
    }

    /// Gives a seat back. A probe that ended without an outcome leaves the place to the next.
    pub(crate) fn release(&self, tenant: TenantId, probe: Option<u64>) {
        if probe.is_some() {
            self.with(|inner| inner.end_probe(probe));
        }
        self.load.release(tenant);
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
        self.with(|inner| {
            let is_probe = probe.is_some() && inner.probe.map(|(number, _)| number) == probe;
            if is_probe {
                inner.end_probe(probe);
            }
            if inner.mark != mark || !inner.condition.observe(seen, is_probe, now) {
                return Change::None;
            }
            Change::of(inner.changed())
        })
    }

    /// Takes in what came of a test of the account, made with the credential of now.
    pub(crate) fn observe_test(&self, seen: Observed, now: DateTime<Utc>) -> Change {
        self.with(|inner| {
            if inner.condition.observe_test(seen, now) {
                Change::of(inner.changed())
            } else {
                Change::None
            }
        })
    }

    /// Takes in what an answer to the credential `mark` told of the windows.
    pub(crate) fn notice(&self, seen: &[WindowSeen], mark: u64, now: DateTime<Utc>) -> Change {
        self.noticing(mark, || self.windows.take_in(seen, now))
    }

    /// The credential `mark` has reached the limit of a model, or of a family of models.
    pub(crate) fn close(
        &self,
        (length, scope): (&str, &str),
        until: Option<DateTime<Utc>>,
        mark: u64,
        now: DateTime<Utc>,
    ) -> Change {
        self.noticing(mark, || self.windows.close(length, scope, until, now))
    }

    fn noticing(&self, mark: u64, take_in: impl FnOnce() -> Notice) -> Change {
        let mut inner = self.inner.lock();
        if inner.mark != mark {
            return Change::None;
        }
        match take_in() {
            Notice::None => Change::None,
            Notice::Later if inner.waits || inner.queued => Change::Queued,
            Notice::Later => {
                inner.waits = true;
                Change::Later
            }
            Notice::Now => {
                inner.announces = true;
                Change::of(inner.queue())
            }
        }
    }

    /// Opus models were refused to the credential `mark`.
    pub(crate) fn lacks_opus(&self, mark: u64) -> Change {
        let mut inner = self.inner.lock();
        if inner.mark != mark || inner.lacks_opus {
            return Change::None;
        }
        inner.lacks_opus = true;
        Change::of(inner.queue())
    }

    /// Takes in what a snapshot read. A newer row's state replaces ours, unless we observed something later that is not
    /// written yet; another credential ends a state that the old one caused.
    pub(crate) fn merge(&self, stored: &Stored, now: DateTime<Utc>) -> Change {
        self.windows.merge(&stored.windows);
        self.with(|inner| {
            if stored.version > inner.state_version {
                inner.state_version = stored.version;
                let ours_is_later = inner.unwritten
                    && inner.condition.since > stored.condition.since
                    && stored.condition.state != AccountState::Disabled;
                let is_ours = inner.condition.is_same(&stored.condition);
                if is_ours {
                    // The streak of failures stays.
                    inner.unwritten = false;
                } else if !ours_is_later {
                    inner.condition = stored.condition.clone();
                    inner.unwritten = false;
                    inner.probe = None;
                    inner.next_trickle = None;
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
            inner.lacks_opus = false;
            self.windows.forget(now);
            if matches!(
                inner.condition.state,
                AccountState::Active | AccountState::Disabled
            ) {
                return Change::None;
            }
            inner.condition.recover(now);
            Change::of(inner.changed())
        })
    }

    /// Whether there is anything here that a snapshot of later would not find in the table.
    pub(crate) fn is_idle(&self) -> bool {
        let inner = self.inner.lock();
        self.load.in_flight() == 0 && !inner.unwritten && !inner.queued && !inner.waits
    }
}
