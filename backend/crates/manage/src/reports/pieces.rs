//! How a plan is read: which days of the rollup's zone, and which instants between their midnights and its edges.

use super::plan::Plan;
use crate::zone::{local_date, next_day};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use tollgate_money::day_start;

/// Points this long or longer are read as days. The shortest days have 23 hours.
const DAYS_FROM: TimeDelta = TimeDelta::hours(23);

/// A range of instants, full quarters of an hour; the end is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
}

/// Days of the rollup's zone, and on which of them points begin. The end is not in it.
#[derive(Clone, Debug)]
pub(super) struct Days {
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
    pub(super) edges: Vec<NaiveDate>,
}

/// Instants that the days count in one point, or in none, and that belong to another, or to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) range: Range,
    pub(super) out_of: Option<i32>,
    pub(super) into: Option<i32>,
}

/// Where a plan's figures lie.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Days; where another zone's days are asked for, with what lies between the midnights of both.
    Days { days: Days, moves: Vec<Move> },
    /// A range for each point.
    Ranges(Vec<Range>),
}

impl Source {
    /// Of a plan, or of its whole range as one point. `zone` is that of the rollup's days.
    pub(super) fn of(plan: &Plan, points: bool, zone: Tz) -> Self {
        let mut edges = plan.edges.clone();
        edges.truncate(if points { edges.len() } else { 1 });
        edges.push(plan.to);
        Self::between(&edges, zone)
    }

    /// Points between edges, each beginning where the one before it ends.
    pub(super) fn between(edges: &[DateTime<Utc>], zone: Tz) -> Self {
        let ranges = || edges.windows(2).filter_map(|pair| <[_; 2]>::try_from(pair).ok());
        if ranges().any(|[from, to]| to - from < DAYS_FROM) {
            return Self::Ranges(ranges().map(|[from, to]| Range { from, to }).collect());
        }
        let mut dates: Vec<NaiveDate> = edges.iter().map(|edge| nearest_midnight(*edge, zone)).collect();
        let moves = moves(edges, &dates, zone);
        let to = dates.pop().unwrap_or_default();
        let from = dates.first().copied().unwrap_or(to);
        Self::Days {
            days: Days {
                from,
                to,
                edges: dates,
            },
            moves,
        }
    }
}

/// The day whose beginning is nearest.
fn nearest_midnight(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let date = local_date(at, zone);
    let next = next_day(date);
    if at - day_start(date, zone) <= day_start(next, zone) - at {
        date
    } else {
        next
    }
}

/// What lies between each edge and its midnight.
fn moves(edges: &[DateTime<Utc>], dates: &[NaiveDate], zone: Tz) -> Vec<Move> {
    let last = edges.len().saturating_sub(1);
    let point = |place: usize| i32::try_from(place).unwrap_or(i32::MAX);
    let mut moves = Vec::new();
    for (place, (edge, date)) in edges.iter().zip(dates).enumerate() {
        let midnight = day_start(*date, zone);
        // The points around the edge, where there are any: the one before it ends here, the one after it begins.
        let (before, after) = (
            (place > 0).then(|| point(place)),
            (place < last).then(|| point(place.saturating_add(1))),
        );
        if midnight < *edge {
            moves.push(Move {
                range: Range {
                    from: midnight,
                    to: *edge,
                },
                out_of: after,
                into: before,
            });
        } else if *edge < midnight {
            moves.push(Move {
                range: Range {
                    from: *edge,
                    to: midnight,
                },
                out_of: before,
                into: after,
            });
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::range::Span;
    use std::collections::BTreeMap;
    use tollgate_contract::reports::ReportStep;

    /// How often each point counts an instant: once where it lies in it, else not at all.
    fn counted(source: &Source, at: DateTime<Utc>, zone: Tz) -> BTreeMap<i32, i32> {
        let mut points = BTreeMap::new();
        let mut count = |point: Option<i32>, by: i32| {
            if let Some(point) = point {
                *points.entry(point).or_default() += by;
            }
        };
        match source {
            Source::Ranges(ranges) => {
                for (range, point) in ranges.iter().zip(1..) {
                    if range.from <= at && at < range.to {
                        count(Some(point), 1);
                    }
                }
            }
            Source::Days { days, moves } => {
                let date = local_date(at, zone);
                if days.from <= date && date < days.to {
                    let begun = days.edges.iter().filter(|edge| **edge <= date).count();
                    count(i32::try_from(begun).ok(), 1);
                }
                for it in moves {
                    if it.range.from <= at && at < it.range.to {
                        count(it.out_of, -1);
                        count(it.into, 1);
                    }
                }
            }
        }
        points.retain(|_, times| *times != 0);
        points
    }

    #[test]
    fn every_quarter_of_an_hour_is_counted_once_and_where_it_belongs() {
        let zones = [
            "UTC",
            "Asia/Shanghai",
            "Asia/Kolkata",
            "Europe/Berlin",
            "America/New_York",
            "Australia/Lord_Howe",
            "Pacific/Kiritimati",
            "Pacific/Pago_Pago",
            "Asia/Kathmandu",
        ];
        let steps = [
            None,
            Some(ReportStep::Hour),
            Some(ReportStep::Day),
            Some(ReportStep::Week),
            Some(ReportStep::Month),
        ];
        for (own, asked) in zones
            .iter()
            .flat_map(|own| zones.iter().map(move |asked| (own, asked)))
        {
            let (own, asked): (Tz, Tz) = (own.parse().unwrap(), asked.parse().unwrap());
            for step in steps {
                // Over the days on which clocks are moved.
                let (from, to) = ("2026-03-05".parse().unwrap(), "2026-04-07".parse().unwrap());
                let plan = Plan::new(Span::Days { from, to }, step, asked).unwrap();
                let source = Source::of(&plan, true, own);
                let mut at = plan.from - TimeDelta::hours(30);
                while at < plan.to + TimeDelta::hours(30) {
                    let begun = plan.edges.iter().filter(|edge| **edge <= at).count();
                    let mut due = BTreeMap::new();
                    if begun > 0 && at < plan.to {
                        due.insert(i32::try_from(begun).unwrap(), 1);
                    }
                    assert_eq!(counted(&source, at, own), due, "{own} {asked} {step:?} {at}");
                    at += TimeDelta::minutes(15 * 7);
                }
            }
        }
    }

    #[test]
    fn the_rollups_own_days_need_nothing_beside_them() {
        let zone: Tz = "Europe/Berlin".parse().unwrap();
        let span = Span::Days {
            from: "2026-03-01".parse().unwrap(),
            to: "2026-05-01".parse().unwrap(),
        };
        let plan = Plan::new(span, Some(ReportStep::Week), zone).unwrap();
        let Source::Days { days, moves } = Source::of(&plan, true, zone) else {
            panic!("days")
        };
        assert_eq!((days.edges.len(), moves), (10, Vec::new()));
    }
}
