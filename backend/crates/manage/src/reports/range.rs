//! Which time a report is of: named ranges and given ones, as days of the zone or as instants.

use crate::zone::{days_before, local_date, next_day, quarter, sensible};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use tollgate_contract::reports::{ReportQuery, ReportRange};
use tollgate_http::{Code, Fault};
use tollgate_money::day_start;

/// Most years that one report spans.
const YEARS_MAX: u32 = 10;

/// A range of time; the end is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// Whole days of the zone.
    Days { from: NaiveDate, to: NaiveDate },
    /// From and to any full quarter of an hour.
    Instants { from: DateTime<Utc>, to: DateTime<Utc> },
}

impl Span {
    /// What was asked for.
    pub(super) fn asked(query: &ReportQuery, now: DateTime<Utc>, zone: Tz) -> Result<Self, Fault> {
        let days = query.from.is_some() || query.to.is_some();
        let instants = query.from_at.is_some() || query.to_at.is_some();
        if let Some(range) = query.range {
            if days || instants {
                return Err(wrong(
                    "range",
                    "must not be given together with `from`, `to`, `from_at` or `to_at`",
                ));
            }
            return Ok(Self::named(range, now, zone));
        }
        if days && instants {
            return Err(wrong("from_at", "must not be given together with `from` or `to`"));
        }
        if instants {
            return Self::instants(query);
        }
        if !days {
            return Ok(Self::named(ReportRange::Last30Days, now, zone));
        }
        Self::days(query, now, zone)
    }

    fn instants(query: &ReportQuery) -> Result<Self, Fault> {
        let (Some(from), Some(to)) = (query.from_at, query.to_at) else {
            return Err(wrong("from_at", "and `to_at` must be given together"));
        };
        for (name, at) in [("from_at", from), ("to_at", to)] {
            if quarter(at) != at {
                return Err(wrong(name, "must be a full quarter of an hour"));
            }
        }
        if from >= to {
            return Err(wrong("from_at", "must lie before `to_at`"));
        }
        if to - from > TimeDelta::days(i64::from(YEARS_MAX) * 366) {
            return Err(wrong("from_at", "must lie at most ten years before `to_at`"));
        }
        Ok(Self::Instants { from, to })
    }

    fn days(query: &ReportQuery, now: DateTime<Utc>, zone: Tz) -> Result<Self, Fault> {
        let last = query.to.unwrap_or_else(|| local_date(now, zone));
        let Some(from) = query.from else {
            return Err(wrong("from", "must be given together with `to`"));
        };
        for (name, date) in [("from", from), ("to", last)] {
            if !sensible(date) {
                return Err(wrong(name, "must lie between the years 2000 and 2200"));
            }
        }
        if from > last {
            return Err(wrong("from", "must not lie after `to`"));
        }
        let to = next_day(last);
        if back(to, YEARS_MAX * 12) > from {
            return Err(wrong("from", "must lie at most ten years before `to`"));
        }
        Ok(Self::Days { from, to })
    }

    fn named(range: ReportRange, now: DateTime<Utc>, zone: Tz) -> Self {
        let today = local_date(now, zone);
        let tomorrow = next_day(today);
        let monday = days_before(today, i64::from(today.weekday().num_days_from_monday()));
        let month = first_of(today, today.month());
        let quarter_of_year = first_of(today, (today.month0() / 3) * 3 + 1);
        let year = first_of(today, 1);
        let last_days = |days: i64| (days_before(today, days - 1), tomorrow);
        let (from, to) = match range {
            ReportRange::Last24Hours => return last_24_hours(now, zone),
            ReportRange::Today => (today, tomorrow),
            ReportRange::Yesterday => (days_before(today, 1), today),
            ReportRange::ThisWeek => (monday, ahead_days(monday, 7)),
            ReportRange::LastWeek => (days_before(monday, 7), monday),
            ReportRange::Last7Days => last_days(7),
            ReportRange::Last30Days => last_days(30),
            ReportRange::Last90Days => last_days(90),
            ReportRange::ThisMonth => (month, ahead(month, 1)),
            ReportRange::LastMonth => (back(month, 1), month),
            ReportRange::ThisQuarter => (quarter_of_year, ahead(quarter_of_year, 3)),
            ReportRange::LastQuarter => (back(quarter_of_year, 3), quarter_of_year),
            ReportRange::ThisYear => (year, ahead(year, 12)),
            ReportRange::LastYear => (back(year, 12), year),
            ReportRange::Last12Months => (back(month, 11), ahead(month, 1)),
        };
        Self::Days { from, to }
    }

    /// Its first instant and its end.
    pub(super) fn edges(self, zone: Tz) -> (DateTime<Utc>, DateTime<Utc>) {
        match self {
            Self::Days { from, to } => (day_start(from, zone), day_start(to, zone)),
            Self::Instants { from, to } => (from, to),
        }
    }
}

/// 23 full hours of the zone's clocks and the one that runs.
fn last_24_hours(now: DateTime<Utc>, zone: Tz) -> Span {
    let midnight = day_start(local_date(now, zone), zone);
    let hours = (now - midnight).num_hours();
    let hour = midnight + TimeDelta::hours(hours);
    Span::Instants {
        from: hour - TimeDelta::hours(23),
        to: hour + TimeDelta::hours(1),
    }
}

fn first_of(date: NaiveDate, month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(date.year(), month, 1).unwrap_or(date)
}

/// So many months later.
pub(super) fn ahead(date: NaiveDate, months: u32) -> NaiveDate {
    date.checked_add_months(Months::new(months)).unwrap_or(date)
}

/// So many months earlier; the month's last day where it has no such day.
pub(super) fn back(date: NaiveDate, months: u32) -> NaiveDate {
    date.checked_sub_months(Months::new(months)).unwrap_or(date)
}

/// So many days later.
pub(super) fn ahead_days(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}

pub(super) fn wrong(field: &str, message: &str) -> Fault {
    Fault::new(Code::InvalidQuery)
        .detail(format!("`{field}` {message}."))
        .field(field, "out_of_range", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(range: ReportRange, now: &str, zone: &str) -> (String, String) {
        let zone: Tz = zone.parse().unwrap();
        let (from, to) = Span::named(range, now.parse().unwrap(), zone).edges(zone);
        (from.to_rfc3339(), to.to_rfc3339())
    }

    #[test]
    fn named_ranges_begin_and_end_as_the_zones_calendar_says() {
        let now = "2026-11-30T16:20:00Z";
        for (range, zone, from, to) in [
            (
                ReportRange::Today,
                "Asia/Kolkata",
                "2026-11-29T18:30",
                "2026-11-30T18:30",
            ),
            // There it is December already.
            (
                ReportRange::ThisMonth,
                "Asia/Shanghai",
                "2026-11-30T16:00",
                "2026-12-31T16:00",
            ),
            (
                ReportRange::LastMonth,
                "Asia/Shanghai",
                "2026-10-31T16:00",
                "2026-11-30T16:00",
            ),
            (
                ReportRange::ThisWeek,
                "UTC",
                "2026-11-30T00:00",
                "2026-12-07T00:00",
            ),
            (
                ReportRange::LastWeek,
                "UTC",
                "2026-11-23T00:00",
                "2026-11-30T00:00",
            ),
            (
                ReportRange::ThisQuarter,
                "UTC",
                "2026-10-01T00:00",
                "2027-01-01T00:00",
            ),
            (
                ReportRange::LastQuarter,
                "UTC",
                "2026-07-01T00:00",
                "2026-10-01T00:00",
            ),
            (
                ReportRange::LastYear,
                "UTC",
                "2025-01-01T00:00",
                "2026-01-01T00:00",
            ),
            (
                ReportRange::Last12Months,
                "UTC",
                "2025-12-01T00:00",
                "2026-12-01T00:00",
            ),
            (
                ReportRange::Last24Hours,
                "Asia/Kathmandu",
                "2026-11-29T17:15",
                "2026-11-30T17:15",
            ),
        ] {
            let found = named(range, now, zone);
            let expected = (format!("{from}:00+00:00"), format!("{to}:00+00:00"));
            assert_eq!(found, expected, "{range:?} {zone}");
        }
    }

    #[test]
    fn absurd_ranges_are_refused_by_the_field_at_fault() {
        let query = |text: &str| serde_json::from_str::<ReportQuery>(text).unwrap();
        let now = "2026-11-30T16:20:00Z".parse().unwrap();
        for (text, field) in [
            (r#"{"range": "today", "from": "2026-01-01"}"#, "range"),
            (r#"{"to": "2026-01-01"}"#, "from"),
            (r#"{"from": "2026-01-02", "to": "2026-01-01"}"#, "from"),
            (r#"{"from": "2001-01-02", "to": "2026-01-01"}"#, "from"),
            (r#"{"from": "1826-01-02", "to": "1826-01-03"}"#, "from"),
            (r#"{"from_at": "2026-01-01T00:00:00Z"}"#, "from_at"),
            (
                r#"{"from_at": "2026-01-01T00:07:00Z", "to_at": "2026-01-02T00:00:00Z"}"#,
                "from_at",
            ),
            (
                r#"{"from_at": "2026-01-02T00:00:00Z", "to_at": "2026-01-02T00:00:00Z"}"#,
                "from_at",
            ),
        ] {
            let fault = Span::asked(&query(text), now, Tz::UTC).unwrap_err();
            assert!(
                format!("{fault:?}").contains(&format!("`{field}`")),
                "{text}: {fault:?}"
            );
        }
    }
}
