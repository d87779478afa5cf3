//! Periods of budgets: days, weeks and months of a zone that begin at a full hour, as instants. Bundled zone data decides,
//! never the database's.
//!
//! A period begins at the first instant at which the zone's clocks show its hour on its day or a later time: where that
//! hour is left out (clocks go forward), at the first instant after the gap; where it comes twice (clocks go back), at
//! the earlier of the two. Each instant belongs to one period, and a period ends where the next one begins. A day that a
//! zone left out whole (Samoa, 2011) has no period of its own.

use crate::period::{day_start_at, local_date};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;

/// Anchors tried beside the one of the local date: a zone that leaves out a day needs one more on either side.
const NEIGHBOURS: u32 = 3;

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeriodLength {
    /// A day.
    Day,
    /// Seven days.
    Week,
    /// A calendar month.
    Month,
    /// Without end.
    Total,
}

/// When periods begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeriodRule {
    /// How long each is.
    pub length: PeriodLength,
    /// The zone of their days.
    pub zone: Tz,
    /// The week's first day, 1 (Monday) to 7 (Sunday); beyond that counts as 7.
    pub week_start: u8,
    /// The hour at which they begin, 0 to 23; beyond that counts as 23.
    pub start_hour: u8,
}

/// One period: from `start` on, before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// Its first instant; the Unix epoch where there is only one.
    pub start: DateTime<Utc>,
    /// The next one's first instant; `None` where there is none.
    pub end: Option<DateTime<Utc>>,
}

impl Period {
    /// The one without end.
    pub const ALL: Self = Self {
        start: DateTime::UNIX_EPOCH,
        end: None,
    };

    /// Whether the instant is in it. All time before the Unix epoch belongs to the period without end.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        match self.end {
            None => true,
            Some(end) => self.start <= at && at < end,
        }
    }
}

impl PeriodRule {
    /// The period that holds an instant.
    pub fn period_of(self, at: DateTime<Utc>) -> Period {
        if self.length == PeriodLength::Total {
            return Period::ALL;
        }
        let mut anchor = self.anchor(local_date(at, self.zone));
        let mut start = self.start_on(anchor);
        for _ in 0..NEIGHBOURS {
            if start <= at {
                break;
            }
            anchor = self.earlier(anchor);
            start = self.start_on(anchor);
        }
        let mut end = start;
        // Two anchors may begin at the same instant; and the local date may lie behind the instant's period.
        for _ in 0..NEIGHBOURS {
            anchor = self.later(anchor);
            end = self.start_on(anchor);
            if end > at {
                break;
            }
            start = end;
        }
        Period {
            start,
            end: Some(end),
        }
    }

    /// The first day of the period of this day.
    fn anchor(self, date: NaiveDate) -> NaiveDate {
        match self.length {
            PeriodLength::Day | PeriodLength::Total => date,
            PeriodLength::Week => {
                let first = u32::from(self.week_start.clamp(1, 7));
                let behind = date
                    .weekday()
                    .number_from_monday()
                    .saturating_add(7)
                    .saturating_sub(first)
                    % 7;
                date.checked_sub_days(Days::new(u64::from(behind)))
                    .unwrap_or(date)
            }
            PeriodLength::Month => date.with_day(1).unwrap_or(date),
        }
    }

    fn later(self, anchor: NaiveDate) -> NaiveDate {
        let later = match self.length {
            PeriodLength::Day | PeriodLength::Total => anchor.checked_add_days(Days::new(1)),
            PeriodLength::Week => anchor.checked_add_days(Days::new(7)),
            PeriodLength::Month => anchor.checked_add_months(Months::new(1)),
        };
        later.unwrap_or(anchor)
    }

    fn earlier(self, anchor: NaiveDate) -> NaiveDate {
        let earlier = match self.length {
            PeriodLength::Day | PeriodLength::Total => anchor.checked_sub_days(Days::new(1)),
            PeriodLength::Week => anchor.checked_sub_days(Days::new(7)),
            PeriodLength::Month => anchor.checked_sub_months(Months::new(1)),
        };
        earlier.unwrap_or(anchor)
    }

    fn start_on(self, date: NaiveDate) -> DateTime<Utc> {
        day_start_at(date, u32::from(self.start_hour.min(23)), self.zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::zone;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn period(rule: PeriodRule, at: &str) -> (String, String) {
        let period = rule.period_of(at.parse().unwrap());
        let show = |instant: DateTime<Utc>| instant.format("%Y-%m-%dT%H:%MZ").to_string();
        (show(period.start), period.end.map(show).unwrap_or_default())
    }

    /// Length, zone, the week's first day, hour; an instant, and the period that holds it.
    const TABLE: &str = "
        day   UTC                 1  0  2026-11-30T00:00:00Z      2026-11-30T00:00Z 2026-12-01T00:00Z
        day   Asia/Shanghai       1  0  2026-11-30T15:59:59.999Z  2026-11-29T16:00Z 2026-11-30T16:00Z
        day   Asia/Shanghai       1  6  2026-11-30T21:59:59Z      2026-11-29T22:00Z 2026-11-30T22:00Z
        day   Asia/Kathmandu      1  0  2026-11-24T18:14:59Z      2026-11-23T18:15Z 2026-11-24T18:15Z
        month Asia/Kolkata        1  0  2028-02-29T18:29:59Z      2028-01-31T18:30Z 2028-02-29T18:30Z
        month UTC                 1 23  2026-03-01T22:59:59Z      2026-02-01T23:00Z 2026-03-01T23:00Z
        -- Weeks from Sunday, and from Wednesday at 4.
        week  UTC                 7  0  2026-11-30T12:00:00Z      2026-11-29T00:00Z 2026-12-06T00:00Z
        week  UTC                 3  4  2026-12-02T03:59:59Z      2026-11-25T04:00Z 2026-12-02T04:00Z
        -- 02:00 is left out on the 8th of March: the day begins at what the clocks call 03:00.
        day   America/New_York    1  2  2026-03-08T07:00:00Z      2026-03-08T07:00Z 2026-03-09T06:00Z
        -- 01:00 comes twice on the 1st of November: the first one counts.
        day   America/New_York    1  1  2026-11-01T05:30:00Z      2026-11-01T05:00Z 2026-11-02T06:00Z
        -- Midnight is left out, and comes twice.
        day   America/Sao_Paulo   1  0  2018-11-04T03:00:00Z      2018-11-04T03:00Z 2018-11-05T02:00Z
        day   America/Havana      1  0  2026-11-01T04:00:00Z      2026-11-01T04:00Z 2026-11-02T05:00Z
        -- Lord Howe's clocks go forward by half an hour at 02:00.
        day   Australia/Lord_Howe 1  2  2026-10-03T15:30:00Z      2026-10-03T15:30Z 2026-10-04T15:00Z
        -- Samoa left the 30th of December 2011 out.
        day   Pacific/Apia        1  0  2011-12-30T10:00:00Z      2011-12-30T10:00Z 2011-12-31T10:00Z
        day   Pacific/Apia        1  0  2011-12-30T09:59:59Z      2011-12-29T10:00Z 2011-12-30T10:00Z";

    #[test]
    fn periods_begin_when_the_zones_clocks_say_so() {
        let lines = TABLE.lines().map(str::trim);
        let mut checked = 0;
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with("--")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let length = match words[0] {
                "day" => PeriodLength::Day,
                "week" => PeriodLength::Week,
                _ => PeriodLength::Month,
            };
            let rule = PeriodRule {
                length,
                zone: zone(words[1]),
                week_start: words[2].parse().unwrap(),
                start_hour: words[3].parse().unwrap(),
            };
            let found = period(rule, words[4]);
            assert_eq!(
                (found.0.as_str(), found.1.as_str()),
                (words[5], words[6]),
                "{line}"
            );
            checked += 1;
        }
        assert_eq!(checked, 15);
    }

    #[test]
    fn the_period_without_end_holds_all_time() {
        let total = PeriodRule {
            length: PeriodLength::Total,
            zone: Tz::UTC,
            week_start: 1,
            start_hour: 0,
        };
        let before = "1969-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(total.period_of(before), Period::ALL);
        assert!(Period::ALL.holds(before));
    }

    proptest! {
        #[test]
        fn periods_tile_time_without_gaps_or_overlaps(
            seconds in 1_262_304_000_i64..2_524_608_000,
            length in prop_oneof![Just(PeriodLength::Day), Just(PeriodLength::Week), Just(PeriodLength::Month)],
            zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
            week_start in 1_u8..=7,
            start_hour in 0_u8..=23,
        ) {
            let rule = PeriodRule { length, zone, week_start, start_hour };
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            let period = rule.period_of(at);
            let end = period.end.unwrap();
            prop_assert!(period.holds(at) && period.start < end);
            let longest = if length == PeriodLength::Month { 33 } else { 9 };
            prop_assert!(end - period.start <= TimeDelta::days(longest), "{period:?}");
            prop_assert_eq!(rule.period_of(period.start), period, "its first instant is its own");
            let last = end - TimeDelta::nanoseconds(1);
            prop_assert_eq!(rule.period_of(last), period, "so is its last");
            prop_assert_eq!(rule.period_of(end).start, end, "the next one begins where it ends");
            let before = period.start - TimeDelta::nanoseconds(1);
            prop_assert_eq!(rule.period_of(before).end, Some(period.start), "the one before ends where it begins");
        }
    }
}
