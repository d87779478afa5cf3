//! Trends: quarters of an hour folded into points of the tenant's zone. The edges are computed here, from bundled
//! time-zone data, and never in SQL.

use super::range::Days;
use super::report::sight;
use super::store::{self, Instants, Quarter};
use crate::figures;
use crate::state::ManageState;
use crate::zone::{day_start, days_before, local_date, next_day, quarter, zone};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use tollgate_contract::stats::{Figures, TrendPoint, TrendQuery, TrendRange, TrendStep, Trends};
use tollgate_http::{Caller, Code, Fault};

/// Most points of a trend: more than a wide screen has pixels for.
const POINTS_MAX: i64 = 1500;

pub(super) async fn trends(
    state: &ManageState,
    caller: &Caller,
    query: &TrendQuery,
) -> Result<Trends, Fault> {
    let (now, tz) = (state.clock().now(), zone(&caller.time_zone));
    let plan = Plan::asked(query, now, tz)?;
    let range = Instants {
        from: plan.from,
        to: plan.to,
    };
    let mut tx = caller.tx().await?;
    let quarters = store::quarters(&mut tx, sight(caller)?, range, query.model.as_deref()).await?;
    Ok(plan.draw(&quarters))
}

/// From when to when, in steps of what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    step: TrendStep,
    zone: Tz,
}

impl Plan {
    /// A range that ends now, beginning at an edge of its step.
    pub(super) fn recent(range: TrendRange, now: DateTime<Utc>, zone: Tz) -> Self {
        let today = local_date(now, zone);
        let (from, step) = match range {
            TrendRange::Day => (now - TimeDelta::hours(23), TrendStep::Hour),
            TrendRange::Week => (day_start(days_before(today, 6), zone), TrendStep::SixHours),
            TrendRange::Month => (day_start(days_before(today, 29), zone), TrendStep::Day),
        };
        let mut plan = Self {
            from,
            to: now,
            step,
            zone,
        };
        plan.from = plan.edge_before(from);
        plan
    }

    fn asked(query: &TrendQuery, now: DateTime<Utc>, zone: Tz) -> Result<Self, Fault> {
        let mut plan = Self::recent(query.range, now, zone);
        if query.from.is_some() || query.to.is_some() {
            let days = Days::asked(query.from, query.to, now, zone)?;
            plan.from = day_start(days.from, zone);
            plan.to = day_start(next_day(days.to), zone);
            plan.step = match days.count() {
                ..=2 => TrendStep::Hour,
                3..=14 => TrendStep::SixHours,
                _ => TrendStep::Day,
            };
        }
        if let Some(step) = query.step {
            plan.step = step;
            plan.from = plan.edge_before(plan.from);
        }
        let points = (plan.to - plan.from).num_seconds() / width(plan.step).num_seconds();
        if points > POINTS_MAX {
            let text = format!("gives {points} points over this range; {POINTS_MAX} are the most");
            return Err(Fault::new(Code::InvalidQuery)
                .detail(format!("`step` {text}."))
                .field("step", "too_many", text));
        }
        Ok(plan)
    }

    /// The last edge at or before an instant.
    fn edge_before(&self, instant: DateTime<Utc>) -> DateTime<Utc> {
        let mut edge = day_start(local_date(instant, self.zone), self.zone);
        loop {
            let next = self.edge_after(edge);
            if next > instant || next <= edge {
                return edge;
            }
            edge = next;
        }
    }

    /// The edge after an edge. Steps begin anew at each midnight of the zone, so that a day is always whole; a step of
    /// hours counts true hours, and the last one of a day is shorter where the clocks are moved.
    fn edge_after(&self, edge: DateTime<Utc>) -> DateTime<Utc> {
        let midnight = day_start(next_day(local_date(edge, self.zone)), self.zone);
        match self.step {
            TrendStep::Day => midnight,
            step => (edge + width(step)).min(midnight),
        }
    }

    /// Folds quarters into points, gaps filled with zeros.
    pub(super) fn draw(&self, quarters: &[Quarter]) -> Trends {
        let mut points = Vec::new();
        let mut rest = quarters
            .iter()
            .skip_while(|quarter| quarter.at < self.from)
            .peekable();
        let mut edge = self.from;
        while edge < self.to {
            let next = self.edge_after(edge);
            if next <= edge {
                break;
            }
            let mut point = TrendPoint {
                at: edge,
                figures: Figures::default(),
                errors: 0,
            };
            while let Some(quarter) = rest.next_if(|quarter| quarter.at < next) {
                figures::add(&mut point.figures, &quarter.figures);
                point.errors = point.errors.saturating_add(quarter.errors);
            }
            points.push(point);
            edge = next;
        }
        Trends {
            from: self.from,
            to: edge,
            time_zone: self.zone.name().to_owned(),
            step: self.step,
            points,
        }
    }
}

fn width(step: TrendStep) -> TimeDelta {
    match step {
        TrendStep::Quarter => TimeDelta::minutes(15),
        TrendStep::Hour => TimeDelta::hours(1),
        TrendStep::SixHours => TimeDelta::hours(6),
        TrendStep::Day => TimeDelta::days(1),
    }
}

/// The end of the quarter of an hour in which an instant lies.
pub(super) fn quarter_after(instant: DateTime<Utc>) -> DateTime<Utc> {
    quarter(instant) + TimeDelta::minutes(15)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn used(text: &str) -> Quarter {
        let figures = Figures {
            requests: 1,
            ..Figures::default()
        };
        Quarter {
            at: at(text),
            figures,
            errors: 1,
            client_errors: 0,
        }
    }

    #[test]
    fn a_day_has_twenty_four_points_and_the_last_one_holds_now() {
        let now = at("2026-11-24T10:20:00Z");
        let trend = Plan::recent(TrendRange::Day, now, Tz::UTC).draw(&[used("2026-11-24T10:15:00Z")]);
        assert_eq!(trend.points.len(), 24);
        assert_eq!(trend.points[0].at, at("2026-11-23T11:00:00Z"));
        assert_eq!(trend.points[23].figures.requests, 1);
        assert_eq!(trend.points.iter().map(|point| point.errors).sum::<u64>(), 1);
    }

    #[test]
    fn a_month_is_days_of_the_zone_also_where_the_clocks_are_moved() {
        let now = at("2026-11-10T12:00:00Z");
        let trend = Plan::recent(TrendRange::Month, now, chrono_tz::America::New_York).draw(&[]);
        assert_eq!(trend.points.len(), 30);
        // Clocks went back on 1 November: that day has 25 hours.
        let lengths: Vec<i64> = trend
            .points
            .windows(2)
            .map(|pair| (pair[1].at - pair[0].at).num_hours())
            .collect();
        assert_eq!(lengths.iter().filter(|hours| **hours == 25).count(), 1);
    }

    #[test]
    fn half_hour_zones_have_their_edges_at_their_own_hours() {
        let trend = Plan::recent(
            TrendRange::Day,
            at("2026-11-24T10:20:00Z"),
            chrono_tz::Asia::Kolkata,
        )
        .draw(&[]);
        assert_eq!(trend.points[0].at, at("2026-11-23T10:30:00Z"));
    }

    #[test]
    fn too_many_points_are_refused() {
        let query = TrendQuery {
            from: Some("2026-01-01".parse().unwrap()),
            to: Some("2026-11-24".parse().unwrap()),
            step: Some(TrendStep::Quarter),
            ..TrendQuery::default()
        };
        assert!(Plan::asked(&query, at("2026-11-24T10:20:00Z"), Tz::UTC).is_err());
    }
}
