//! What a vendor lets an account use in a stretch of time, as it tells it: a subscription's windows of hours and days,
//! and limits of single models. Kept in memory beside an account's state; what changed noticeably is written.
//! Never in here: what vendors' headers are called, and the account's state.

mod table;

pub(crate) use table::{read, write};

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

/// Windows of an account; vendors have less than ten, and models are closed one by one.
const WINDOWS_MAX: usize = 32;
/// Longest name and status, in characters, as the table has them.
const TEXT_MAX: usize = 50;
/// Shares in thousandths that differ by less are not worth a write.
const SHARE_NOTICEABLE: u32 = 10;
/// Ends that differ by less are the same: some vendors name them in seconds from now.
const END_NOTICEABLE: TimeDelta = TimeDelta::seconds(60);
/// No limit lasts longer: what says more is cut to this.
const CLOSED_MAX: TimeDelta = TimeDelta::days(31);
/// A limit of a minute without a word on its end: its first and longest rest. Each that follows soon after the one before
/// is twice as long.
const MINUTE_RESTS: (TimeDelta, TimeDelta) = (TimeDelta::seconds(5), TimeDelta::minutes(5));
/// The same of limits of hours and days.
const LONG_RESTS: (TimeDelta, TimeDelta) = (TimeDelta::minutes(5), TimeDelta::hours(1));
/// Within this time, one follows another.
const FOLLOWS_WITHIN: TimeDelta = TimeDelta::seconds(60);
/// Names the windows that are a minute long.
const MINUTE: &str = "1m";
/// The vendor's word for a window in which it lets nothing more through (Anthropic's `anthropic-ratelimit-unified-*-status`).
const REJECTED: &str = "rejected";
/// Begins its words for windows in which it does, whatever the share (`allowed`, `allowed_warning`).
const ALLOWED: &str = "allowed";

/// A window as the vendor tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowSeen {
    /// How long it is and, after `_`, which models it counts if not all: `5h`, `7d`, `7d_opus`, `1m_gpt-5`. 50 characters
    /// at most are stored.
    pub name: String,
    /// The share used, in thousandths; over 1,000 where the vendor lets more through.
    pub used_permille: u32,
    /// When it begins anew, UTC, if told.
    pub resets_at: Option<DateTime<Utc>>,
    /// The vendor's own word for its state (`allowed`, `allowed_warning`, `rejected`), if told.
    pub status: Option<String>,
}

impl WindowSeen {
    /// Whether nothing more may be used before it begins anew.
    fn is_exhausted(&self, now: DateTime<Utc>) -> bool {
        let status = self.status.as_deref().unwrap_or_default();
        let full = status == REJECTED || self.used_permille >= 1000 && !status.starts_with(ALLOWED);
        full && self.resets_at.is_some_and(|at| now < at)
    }

    /// Whether it counts this model. What stands after `_` is a family (`opus`), or a model by its whole name.
    fn counts(&self, model: &str) -> bool {
        let Some((_, scope)) = self.name.split_once('_') else {
            return true;
        };
        scope == model || model.split(['-', '.', '/', ':']).any(|word| word == scope)
    }

    /// Whether the table has room for it. What has none counts on this node all the same.
    fn is_storable(&self) -> bool {
        let fits = |text: &str| text.chars().count() <= TEXT_MAX;
        !self.name.is_empty() && fits(&self.name) && fits(self.status.as_deref().unwrap_or_default())
    }

    fn differs_noticeably(&self, other: &Self) -> bool {
        let ends = match (self.resets_at, other.resets_at) {
            (Some(one), Some(other)) => (one - other).abs() >= END_NOTICEABLE,
            (one, other) => one != other,
        };
        ends || self.status != other.status
            || self.used_permille.abs_diff(other.used_permille) >= SHARE_NOTICEABLE
    }
}

/// A window and when the vendor said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredWindow {
    pub(crate) seen: WindowSeen,
    pub(crate) observed_at: DateTime<Utc>,
}

/// What new figures ask of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Notice {
    /// Nothing worth a write.
    None,
    /// To be written in a while, with what comes until then.
    Later,
    /// To be written and announced at once: what may be asked for is different now.
    Now,
}

/// An account's windows.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    book: Mutex<Book>,
    /// The latest end among those that are used up, in microseconds since 1970; 0: none is. Lets most look-ups do
    /// without the lock.
    closed_until: AtomicI64,
}

#[derive(Debug, Default)]
struct Book {
    known: Vec<Known>,
    /// What was told before is another credential's.
    since: DateTime<Utc>,
}

#[derive(Debug)]
struct Known {
    now: StoredWindow,
    written: Option<WindowSeen>,
}

impl Known {
    fn is_unwritten(&self) -> bool {
        self.written
            .as_ref()
            .is_none_or(|written| written.differs_noticeably(&self.now.seen))
    }
}

impl Windows {
    pub(crate) fn new(stored: &[StoredWindow]) -> Self {
        let windows = Self::default();
        windows.merge(stored);
        windows
    }

    /// Whether any window is used up, be it of models that nobody asks for. Without a lock.
    pub(crate) fn is_any_closed(&self, now: DateTime<Utc>) -> bool {
        now.timestamp_micros() < self.closed_until.load(Ordering::Acquire)
    }

    /// The window that keeps this model out until its end; of several, the one that ends last. `model`: as it is sent.
    pub(crate) fn exhausted(&self, now: DateTime<Utc>, model: &str) -> Option<(String, DateTime<Utc>)> {
        if !self.is_any_closed(now) {
            return None;
        }
        let book = self.book.lock();
        let closed = book
            .known
            .iter()
            .map(|one| &one.now.seen)
            .filter(|seen| seen.is_exhausted(now) && seen.counts(model));
        let latest = closed.max_by_key(|seen| seen.resets_at)?;
        Some((latest.name.clone(), latest.resets_at?))
    }

    /// Takes in what an answer told.
    pub(crate) fn take_in(&self, seen: &[WindowSeen], now: DateTime<Utc>) -> Notice {
        let mut book = self.book.lock();
        let known = &mut book.known;
        let mut notice = Notice::None;
        for seen in seen {
            let now_seen = StoredWindow {
                seen: seen.clone(),
                observed_at: now,
            };
            let found = known.iter_mut().find(|one| one.now.seen.name == seen.name);
            let (was_exhausted, unwritten) = match found {
                Some(one) if one.now.observed_at > now => continue,
                Some(one) => {
                    let before = one.now.seen.is_exhausted(now);
                    one.now = now_seen;
                    (before, one.is_unwritten())
                }
                None => {
                    make_room(known);
                    known.push(Known {
                        now: now_seen,
                        written: None,
                    });
                    (false, true)
                }
            };
            let this = if was_exhausted != seen.is_exhausted(now) {
                Notice::Now
            } else if unwritten {
                Notice::Later
            } else {
                Notice::None
            };
            notice = notice.max(this);
        }
        self.step(known);
        notice
    }

    /// Closes a model, or a family of models, whose limit is reached: until the end that was named, bounded; without a
    /// word, or with one in the past, for a short rest that grows. Of two ends the later one holds.
    pub(crate) fn close(
        &self,
        length: &str,
        scope: &str,
        named: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Notice {
        let name = format!("{length}_{scope}");
        let before = {
            let book = self.book.lock();
            let known = book.known.iter().find(|one| one.now.seen.name == name);
            known.and_then(|one| Some((one.now.observed_at, one.now.seen.resets_at?)))
        };
        let named = named
            .filter(|end| now < *end)
            .map(|end| end.min(now + CLOSED_MAX));
        let is_closed = before.is_some_and(|(_, end)| now < end && named.is_none_or(|named| named <= end));
        if is_closed {
            return Notice::None;
        }
        let end = named.unwrap_or_else(|| now + rest(length, before, now));
        let seen = WindowSeen {
            name,
            used_permille: 1000,
            resets_at: Some(end),
            status: Some(REJECTED.to_owned()),
        };
        self.take_in(&[seen], now)
    }

    /// Takes in what is stored: of two tellings of a window the later one holds.
    pub(crate) fn merge(&self, stored: &[StoredWindow]) {
        let mut book = self.book.lock();
        let Book { known, since } = &mut *book;
        for stored in stored.iter().filter(|stored| stored.observed_at >= *since) {
            let found = known.iter_mut().find(|one| one.now.seen.name == stored.seen.name);
            if let Some(one) = found {
                if one.now.observed_at <= stored.observed_at {
                    one.now = stored.clone();
                }
                one.written = Some(stored.seen.clone());
            } else {
                make_room(known);
                known.push(Known {
                    now: stored.clone(),
                    written: Some(stored.seen.clone()),
                });
            }
        }
        self.step(known);
    }

    /// What is not in the table yet.
    pub(crate) fn unwritten(&self) -> Vec<StoredWindow> {
        let book = self.book.lock();
        let due = book
            .known
            .iter()
            .filter(|one| one.now.seen.is_storable() && one.is_unwritten());
        due.map(|one| one.now.clone()).collect()
    }

    /// These are in the table now.
    pub(crate) fn written(&self, windows: &[StoredWindow]) {
        let mut book = self.book.lock();
        let known = &mut book.known;
        for window in windows {
            if let Some(one) = known.iter_mut().find(|one| one.now.seen.name == window.seen.name) {
                one.written = Some(window.seen.clone());
            }
        }
    }

    /// Forgets all that was told until now: it was another credential's.
    pub(crate) fn forget(&self, now: DateTime<Utc>) {
        let mut book = self.book.lock();
        let Book { known, since } = &mut *book;
        known.clear();
        *since = now;
        self.step(known);
    }

    fn step(&self, known: &[Known]) {
        // Against the beginning of time: whether an end is ahead is asked when it is looked at.
        let began = DateTime::<Utc>::MIN_UTC;
        let closed = known.iter().map(|one| &one.now.seen);
        let ends = closed
            .filter(|seen| seen.is_exhausted(began))
            .filter_map(|seen| seen.resets_at);
        let latest = ends.map(|at| at.timestamp_micros()).max();
        self.closed_until.store(latest.unwrap_or(0), Ordering::Release);
    }
}

/// How long a limit without a word is waited for; `before`: when it was closed last, and until when.
fn rest(length: &str, before: Option<(DateTime<Utc>, DateTime<Utc>)>, now: DateTime<Utc>) -> TimeDelta {
    let (first, max) = if length == MINUTE {
        MINUTE_RESTS
    } else {
        LONG_RESTS
    };
    match before {
        Some((began, ended)) if now - ended < FOLLOWS_WITHIN => ((ended - began) * 2).clamp(first, max),
        _ => first,
    }
}

/// The one that was told of longest ago goes.
fn make_room(known: &mut Vec<Known>) {
    if known.len() < WINDOWS_MAX {
        return;
    }
    let oldest = known
        .iter()
        .enumerate()
        .min_by_key(|(_, one)| one.now.observed_at)
        .map(|(place, _)| place);
    if let Some(place) = oldest {
        known.swap_remove(place);
    }
}
