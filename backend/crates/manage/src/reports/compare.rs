//! The range beside: the one before, or the same of last year.

use super::plan::Plan;
use super::range::{Span, back};
use crate::zone::{days_before, quarter};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use tollgate_contract::reports::ReportCompare;
use tollgate_money::day_start;

/// The range to put beside a plan's.
pub(super) fn beside(plan: &Plan, compare: ReportCompare) -> Span {
    match (plan.span, compare) {
        (Span::Days { from, to }, ReportCompare::Previous) => {
            let months = months_between(from, to);
            if months > 0 {
                return Span::Days {
                    from: back(from, months),
                    to: from,
                };
            }
            let days = to.signed_duration_since(from).num_days();
            Span::Days {
                from: days_before(from, days),
                to: from,
            }
        }
        (Span::Days { from, to }, ReportCompare::LastYear) => Span::Days {
            from: back(from, 12),
            to: back(to, 12).max(back(from, 12).succ_opt().unwrap_or(from)),
        },
        (Span::Instants { from, to }, ReportCompare::Previous) => Span::Instants {
            from: from - (to - from),
            to: from,
        },
        (Span::Instants { from, to }, ReportCompare::LastYear) => {
            let start = year_before(from, plan.zone);
            Span::Instants {
                from: start,
                to: start + (to - from),
            }
        }
    }
}

/// Whole months, where both are the first of one; else 0.
fn months_between(from: NaiveDate, to: NaiveDate) -> u32 {
    if from.day() != 1 || to.day() != 1 {
        return 0;
    }
    let months = (to.year() - from.year()) * 12 + i32::try_from(to.month0()).unwrap_or(0)
        - i32::try_from(from.month0()).unwrap_or(0);
    u32::try_from(months).unwrap_or(0)
}

/// The same wall-clock time a year before, as a full quarter of an hour.
fn year_before(at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let local = at.with_timezone(&zone).naive_local();
    let then = back(local.date(), 12).and_time(local.time());
    let found = zone.from_local_datetime(&then).earliest();
    quarter(found.map_or_else(|| day_start(then.date(), zone), |found| found.with_timezone(&Utc)))
}

/// As far into the range beside as `now` is into the plan's, by the clock on the wall; a full quarter of an hour, and not
/// beyond its end.
pub(super) fn so_far(plan: &Plan, other: &Plan, now: DateTime<Utc>) -> DateTime<Utc> {
    let local = |at: DateTime<Utc>| at.with_timezone(&plan.zone).naive_local();
    let into: TimeDelta = local(now) - local(plan.from);
    let then = local(other.from).checked_add_signed(into);
    let found = then.and_then(|then| plan.zone.from_local_datetime(&then).earliest());
    let found = found.map_or_else(
        || other.from + (now - plan.from),
        |found| found.with_timezone(&Utc),
    );
    quarter(found).clamp(other.from, other.to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, to: &str) -> Span {
        Span::Days {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        }
    }

    fn plan(span: Span) -> Plan {
        Plan::new(span, None, chrono_tz::Europe::Berlin).unwrap()
    }

    #[test]
    fn months_are_put_beside_months_and_days_beside_days() {
        for (range, previous, last_year) in [
            (
                ("2026-03-01", "2026-04-01"),
                ("2026-02-01", "2026-03-01"),
                ("2025-03-01", "2025-04-01"),
            ),
            (
                ("2026-01-01", "2026-04-01"),
                ("2025-10-01", "2026-01-01"),
                ("2025-01-01", "2025-04-01"),
            ),
            (
                ("2026-11-24", "2026-12-01"),
                ("2026-11-17", "2026-11-24"),
                ("2025-11-24", "2025-12-01"),
            ),
            // The 29th of February is put beside the 28th.
            (
                ("2028-02-29", "2028-03-01"),
                ("2028-02-28", "2028-02-29"),
                ("2027-02-28", "2027-03-01"),
            ),
        ] {
            let plan = plan(days(range.0, range.1));
            assert_eq!(
                beside(&plan, ReportCompare::Previous),
                days(previous.0, previous.1)
            );
            assert_eq!(
                beside(&plan, ReportCompare::LastYear),
                days(last_year.0, last_year.1)
            );
        }
    }

    #[test]
    fn so_far_goes_by_the_clock_on_the_wall() {
        let (this, before) = (
            plan(days("2026-04-01", "2026-05-01")),
            plan(days("2026-03-01", "2026-04-01")),
        );
        // 10:20 in Berlin on the 2nd: in March that was winter time.
        let now = "2026-04-02T08:20:00Z".parse().unwrap();
        assert_eq!(
            so_far(&this, &before, now).to_rfc3339(),
            "2026-03-02T09:15:00+00:00"
        );
        let end = "2026-04-30T20:00:00Z".parse().unwrap();
        let february = plan(days("2026-02-01", "2026-03-01"));
        assert_eq!(so_far(&this, &february, end), february.to);
    }
}
