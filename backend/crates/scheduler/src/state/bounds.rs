//! How long a state lasts: what vendors say, bounded; and without a word from them, short rests that grow. There is no
//! fixed long rest: it would take an account out for hours after a refusal of seconds, and then the next one, which gets
//! its requests, until the whole pool rests.

use chrono::{DateTime, TimeDelta, Utc};

/// The first rest after a refusal that names no end; each further one without an answer between doubles it …
const THROTTLE_FIRST: TimeDelta = TimeDelta::seconds(5);
/// … up to this.
const THROTTLE_MAX: TimeDelta = TimeDelta::minutes(5);
/// Vendors' limits of requests and tokens are of minutes, some of a day; what says more is wrong.
const THROTTLE_NAMED_MAX: TimeDelta = TimeDelta::hours(24);
/// Nobody can foretell overload for longer.
const OVERLOAD_NAMED_MAX: TimeDelta = TimeDelta::hours(1);
/// A quota or credit without a word on its end: a person may top it up any time, and asking costs one refused request.
const QUOTA_FIRST: TimeDelta = TimeDelta::minutes(5);
/// The longest such rest.
const QUOTA_MAX: TimeDelta = TimeDelta::hours(1);
/// The longest quotas are monthly.
const QUOTA_NAMED_MAX: TimeDelta = TimeDelta::days(31);
/// The first rest of a faulty account; each failed probe doubles it …
const FAULTY_FIRST: TimeDelta = TimeDelta::seconds(10);
/// … up to this: whoever repaired the upstream does not wait long.
const FAULTY_MAX: TimeDelta = TimeDelta::minutes(5);
/// A named end further away than any limit lasts is cut; one in the past, or in a moment, gets a rest as if none was
/// named. Less than this is no rest.
const REST_MIN: TimeDelta = TimeDelta::seconds(1);
/// An end up to this long ago may be the moment that the answer took to come; more means that the clocks differ.
const PAST_UNSAID: TimeDelta = TimeDelta::seconds(2);

/// What kind of rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Throttle,
    Overload,
    Quota,
}

/// A rest: until when, and what a person shall know of how that came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) until: DateTime<Utc>,
    /// Whether the vendor named the end.
    pub(super) is_named: bool,
    /// Stands after the reason; empty where nothing is odd.
    pub(super) note: &'static str,
}

impl Rest {
    /// First and longest rest without a word, longest with one.
    const fn bounds(self) -> (TimeDelta, TimeDelta, TimeDelta) {
        match self {
            Self::Throttle => (THROTTLE_FIRST, THROTTLE_MAX, THROTTLE_NAMED_MAX),
            Self::Overload => (THROTTLE_FIRST, THROTTLE_MAX, OVERLOAD_NAMED_MAX),
            Self::Quota => (QUOTA_FIRST, QUOTA_MAX, QUOTA_NAMED_MAX),
        }
    }

    /// The rest from `now` on, after so many without a word before this one.
    pub(super) fn span(self, named: Option<DateTime<Utc>>, before: u32, now: DateTime<Utc>) -> Span {
        let (first, max, named_max) = self.bounds();
        let unsaid = now + growing(first, max, before);
        match named {
            Some(named) if named > now + named_max => Span {
                until: now + named_max,
                is_named: true,
                note: " (the end it named is too far away to be true)",
            },
            Some(named) if named >= now + REST_MIN => Span {
                until: named,
                is_named: true,
                note: "",
            },
            Some(named) if named < now - PAST_UNSAID => Span {
                until: unsaid,
                is_named: false,
                note: " (the end it named is in the past: the clocks may differ)",
            },
            _ => Span {
                until: unsaid,
                is_named: false,
                note: "",
            },
        }
    }
}

/// How long an account rests that failed so many times after it had become faulty: 10 s, 20 s, 40 s … 5 min.
pub(super) fn faulty_rest(before: u32) -> TimeDelta {
    growing(FAULTY_FIRST, FAULTY_MAX, before)
}

fn growing(first: TimeDelta, max: TimeDelta, doublings: u32) -> TimeDelta {
    // More doublings than this are beyond the longest rest anyway.
    (first * (1 << doublings.min(8))).min(max)
}
