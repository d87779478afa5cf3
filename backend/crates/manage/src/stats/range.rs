//! Ranges of days as asked for, made whole and bounded.

use crate::zone::{days_before, local_date, sensible};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use tollgate_contract::stats::DAYS_MAX;
use tollgate_http::{Code, Fault};

/// Days shown when none are asked for, the last one included.
const DAYS_DEFAULT: i64 = 30;

/// Days of a zone, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
}

impl Days {
    /// The range asked for, else the last thirty days.
    pub(crate) fn asked(
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        now: DateTime<Utc>,
        zone: Tz,
    ) -> Result<Self, Fault> {
        if [from, to].into_iter().flatten().any(|date| !sensible(date)) {
            return Err(wrong("from", "must lie between the years 2000 and 2200"));
        }
        let to = to.unwrap_or_else(|| local_date(now, zone));
        let from = from.unwrap_or_else(|| days_before(to, DAYS_DEFAULT - 1));
        let days = Self { from, to };
        if from > to {
            return Err(wrong("from", "must not lie after `to`"));
        }
        if days.count() > DAYS_MAX {
            return Err(wrong(
                "from",
                &format!("must lie at most {DAYS_MAX} days before `to`"),
            ));
        }
        Ok(days)
    }

    /// How many they are.
    pub(super) fn count(self) -> i64 {
        self.to
            .signed_duration_since(self.from)
            .num_days()
            .saturating_add(1)
    }

    /// As many days just before.
    pub(super) fn before(self) -> Self {
        Self {
            from: days_before(self.from, self.count()),
            to: days_before(self.from, 1),
        }
    }

    /// Each of them.
    pub(super) fn each(self) -> impl Iterator<Item = NaiveDate> {
        self.from.iter_days().take_while(move |date| *date <= self.to)
    }
}

fn wrong(field: &str, message: &str) -> Fault {
    Fault::new(Code::InvalidQuery)
        .detail(format!("`{field}` {message}."))
        .field(field, "out_of_range", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn asked(from: Option<&str>, to: Option<&str>) -> Result<Days, Fault> {
        let now = "2026-11-24T20:00:00Z".parse().unwrap();
        Days::asked(from.map(date), to.map(date), now, chrono_tz::Asia::Shanghai)
    }

    #[test]
    fn thirty_days_of_the_tenants_zone_are_shown_unless_others_are_asked_for() {
        let days = asked(None, None).unwrap();
        assert_eq!((days.from, days.to), (date("2026-10-27"), date("2026-11-25")));
        assert_eq!(days.count(), 30);
        assert_eq!(days.each().count(), 30);
    }

    #[test]
    fn what_is_compared_is_as_long_and_ends_the_day_before() {
        let before = asked(Some("2026-11-10"), Some("2026-11-12")).unwrap().before();
        assert_eq!((before.from, before.to), (date("2026-11-07"), date("2026-11-09")));
    }

    #[test]
    fn absurd_ranges_are_refused() {
        for (from, to) in [
            ("2026-11-12", "2026-11-10"),
            ("2020-01-01", "2026-01-01"),
            ("+262142-12-31", "+262142-12-31"),
        ] {
            assert!(asked(Some(from), Some(to)).is_err(), "{from} {to}");
        }
    }
}
