//! Where the points of a report begin, and from which rollup they are read. Edges are computed here, from bundled zone
//! data, and never in SQL.

use super::range::{Span, ahead, ahead_days, wrong};
use crate::zone::{days_before, local_date, next_day};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use tollgate_contract::reports::{POINTS_MAX, ReportStep};
use tollgate_http::Fault;
use tollgate_money::day_start;

/// A range and its points.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) span: Span,
    pub(super) zone: Tz,
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    pub(super) step: Option<ReportStep>,
    /// Where points begin, the first one at `from`; just that without a step.
    pub(super) edges: Vec<DateTime<Utc>>,
}

impl Plan {
    /// # Errors
    /// A fault of `step` where that gives too many points.
    pub(super) fn new(span: Span, step: Option<ReportStep>, zone: Tz) -> Result<Self, Fault> {
        let (from, to) = span.edges(zone);
        let mut edges = vec![from];
        if let Some(step) = step {
            let mut edge = from;
            loop {
                let next = edge_after(edge, step, zone);
                if next >= to || next <= edge {
                    break;
                }
                if edges.len() == POINTS_MAX {
                    let text = format!("gives more than {POINTS_MAX} points over this range");
                    return Err(wrong("step", &text));
                }
                edges.push(next);
                edge = next;
            }
        }
        Ok(Self {
            span,
            zone,
            from,
            to,
            step,
            edges,
        })
    }

    /// When a point ends.
    pub(super) fn end_of(&self, point: usize) -> DateTime<Utc> {
        self.edges
            .get(point.saturating_add(1))
            .copied()
            .unwrap_or(self.to)
    }
}

/// The edge after an instant.
fn edge_after(at: DateTime<Utc>, step: ReportStep, zone: Tz) -> DateTime<Utc> {
    let date = local_date(at, zone);
    let first = |month: u32, months: u32| {
        ahead(
            NaiveDate::from_ymd_opt(date.year(), month, 1).unwrap_or(date),
            months,
        )
    };
    let next = match step {
        ReportStep::Hour => return hour_after(at, date, zone),
        ReportStep::Day => next_day(date),
        ReportStep::Week => {
            let monday = days_before(date, i64::from(date.weekday().num_days_from_monday()));
            ahead_days(monday, 7)
        }
        ReportStep::Month => first(date.month(), 1),
        ReportStep::Quarter => first((date.month0() / 3) * 3 + 1, 3),
        ReportStep::Year => first(1, 12),
    };
    day_start(next, zone)
}

/// True hours from midnight; the last one of a day is shorter where the clocks are moved by half an hour.
fn hour_after(at: DateTime<Utc>, date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day_start(date, zone);
    let hours = (at - midnight).num_hours().saturating_add(1);
    (midnight + TimeDelta::hours(hours)).min(day_start(next_day(date), zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(from: &str, to: &str, step: ReportStep, zone: &str) -> Plan {
        let span = Span::Days {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        };
        Plan::new(span, Some(step), zone.parse().unwrap()).unwrap()
    }

    #[test]
    fn days_of_moved_clocks_have_23_and_25_hours() {
        let spring = plan("2026-03-29", "2026-03-30", ReportStep::Hour, "Europe/Berlin");
        let autumn = plan("2026-10-25", "2026-10-26", ReportStep::Hour, "Europe/Berlin");
        assert_eq!((spring.edges.len(), autumn.edges.len()), (23, 25));
        // Half an hour is moved: the last hour is one of 30 minutes.
        let half = plan(
            "2026-10-04",
            "2026-10-05",
            ReportStep::Hour,
            "Australia/Lord_Howe",
        );
        assert_eq!(half.edges.len(), 24);
        assert_eq!(half.to - half.edges[23], TimeDelta::minutes(30));
    }

    #[test]
    fn weeks_begin_on_mondays_also_over_new_year_and_the_first_one_where_the_range_does() {
        let weeks = plan("2026-12-30", "2027-01-12", ReportStep::Week, "UTC");
        let starts: Vec<String> = weeks
            .edges
            .iter()
            .map(|edge| edge.format("%F").to_string())
            .collect();
        assert_eq!(starts, ["2026-12-30", "2027-01-04", "2027-01-11"]);
    }

    #[test]
    fn hours_begin_at_the_zones_own() {
        let day = plan("2026-11-24", "2026-11-25", ReportStep::Hour, "Asia/Kolkata");
        assert_eq!(day.edges[1].to_rfc3339(), "2026-11-23T19:30:00+00:00");
        let quarters = plan("2026-01-01", "2027-01-01", ReportStep::Quarter, "Asia/Kolkata");
        assert_eq!(quarters.edges[3].to_rfc3339(), "2026-09-30T18:30:00+00:00");
    }

    #[test]
    fn too_many_points_are_refused() {
        let span = Span::Days {
            from: "2026-01-01".parse().unwrap(),
            to: "2027-01-01".parse().unwrap(),
        };
        assert!(Plan::new(span, Some(ReportStep::Hour), Tz::UTC).is_err());
    }
}
