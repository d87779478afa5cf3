//! When schedules run, and which days they tell of: in the organisation's zone.

use crate::zone::{days_before, local_date};
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use tollgate_contract::exports::SchedulePeriod;
use tollgate_money::day_start_at;

/// A run that is ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Its day.
    pub(super) day: NaiveDate,
    /// Its instant: the hour of that day.
    pub(super) at: DateTime<Utc>,
}

/// The first run after an instant.
pub(super) fn next_run(period: SchedulePeriod, hour: u8, zone: Tz, after: DateTime<Utc>) -> Run {
    let today = local_date(after, zone);
    let run = |day| Run {
        day,
        at: day_start_at(day, hour.into(), zone),
    };
    let days = today.iter_days().filter(|day| is_day_of(period, *day)).map(run);
    // A day of each kind comes within two months, today's own hour included.
    days.take(2)
        .find(|run| run.at > after)
        .unwrap_or_else(|| run(today))
}

fn is_day_of(period: SchedulePeriod, day: NaiveDate) -> bool {
    match period {
        SchedulePeriod::Daily => true,
        SchedulePeriod::Weekly => day.weekday() == Weekday::Mon,
        SchedulePeriod::Monthly => day.day() == 1,
    }
}

/// The days that a run of this day tells of, both included: those before it.
pub(super) fn range(period: SchedulePeriod, day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let first = match period {
        SchedulePeriod::Daily => days_before(day, 1),
        SchedulePeriod::Weekly => days_before(day, 7),
        SchedulePeriod::Monthly => day.checked_sub_months(Months::new(1)).unwrap_or(day),
    };
    (first, days_before(day, 1))
}

/// The day of the latest run that was or would have been until now: today, or the last Monday or first of a month.
pub(super) fn latest_day(period: SchedulePeriod, today: NaiveDate) -> NaiveDate {
    let mut day = today;
    while !is_day_of(period, day) {
        day = days_before(day, 1);
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(period: SchedulePeriod, hour: u8, zone: &str, after: &str) -> (String, String) {
        let run = next_run(period, hour, zone.parse().unwrap(), after.parse().unwrap());
        (run.day.to_string(), run.at.to_rfc3339())
    }

    #[test]
    fn a_run_lies_at_the_hour_of_the_zones_day() {
        let told = next(SchedulePeriod::Daily, 6, "Asia/Kolkata", "2026-11-30T00:29:00Z");
        assert_eq!(
            told,
            ("2026-11-30".to_owned(), "2026-11-30T00:30:00+00:00".to_owned())
        );
        let told = next(SchedulePeriod::Daily, 6, "Asia/Kolkata", "2026-11-30T00:30:00Z");
        assert_eq!(told.0, "2026-12-01");
        let told = next(SchedulePeriod::Weekly, 0, "UTC", "2026-11-30T00:00:00Z");
        assert_eq!(told.0, "2026-12-07");
        let told = next(SchedulePeriod::Monthly, 8, "UTC", "2026-12-01T09:00:00Z");
        assert_eq!(told.0, "2027-01-01");
        let told = next(SchedulePeriod::Monthly, 8, "UTC", "2026-12-01T07:00:00Z");
        assert_eq!(told.0, "2026-12-01");
    }

    #[test]
    fn an_hour_that_clocks_leave_out_is_the_first_one_after() {
        // Berlin goes from 02:00 to 03:00.
        let told = next(SchedulePeriod::Daily, 2, "Europe/Berlin", "2026-03-28T12:00:00Z");
        assert_eq!(told.1, "2026-03-29T01:00:00+00:00");
    }

    #[test]
    fn a_run_tells_of_the_days_before() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let told = |period, text| {
            let (first, last) = range(period, day(text));
            format!("{first} {last}")
        };
        assert_eq!(told(SchedulePeriod::Daily, "2026-03-01"), "2026-02-28 2026-02-28");
        assert_eq!(
            told(SchedulePeriod::Weekly, "2026-11-30"),
            "2026-11-23 2026-11-29"
        );
        assert_eq!(
            told(SchedulePeriod::Monthly, "2026-03-01"),
            "2026-02-01 2026-02-28"
        );
        assert_eq!(
            latest_day(SchedulePeriod::Weekly, day("2026-12-02")),
            day("2026-11-30")
        );
        assert_eq!(
            latest_day(SchedulePeriod::Monthly, day("2026-12-02")),
            day("2026-12-01")
        );
        assert_eq!(
            latest_day(SchedulePeriod::Daily, day("2026-12-02")),
            day("2026-12-02")
        );
    }
}
