//! A report from its query to its answer.

use super::compare::{beside, so_far};
use super::pieces::Source;
use super::plan::Plan;
use super::range::{Span, wrong};
use super::rows::{Ranked, add_points, add_previous, rank, shown};
use super::store::{self, Filter, LINES_MAX, Line, Wanted};
use super::sums::Total;
use crate::permissions::{Action, Sight};
use crate::state::ManageState;
use crate::stats::labels;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::HashMap;
use tollgate_contract::money::NanoUsd;
use tollgate_contract::reports::{
    ClientFamily, Comparison, Report, ReportDim, ReportPoint, ReportQuery, ReportRow, RunRate, SERIES_MAX,
    TOP_DEFAULT,
};
use tollgate_contract::requests::RequestStatus;
use tollgate_contract::stats::GroupBy;
use tollgate_http::{Caller, Fault};
use tollgate_money::zone;
use tollgate_store::TenantTx;
use uuid::Uuid;

/// All reports of one call, each of the same moment.
pub(super) async fn reports(
    state: &ManageState,
    caller: &Caller,
    queries: &[ReportQuery],
) -> Result<Vec<Report>, Fault> {
    let sight = Sight::of(caller, Action::UsageReadAll, Action::UsageReadOwn)?;
    let now = state.clock().now();
    let asked = queries.iter().map(|query| Asked::new(caller, sight, query, now));
    let asked = asked.collect::<Result<Vec<_>, Fault>>()?;
    let _turn = state.heavy_reads().turn(caller.tenant_id).await?;
    let mut tx = caller.snapshot().await?;
    store::run_in_memory(&mut tx).await?;
    let stands_in = zone(&store::rollup_zone(&mut tx).await?);
    let mut reports = Vec::with_capacity(asked.len());
    for asked in &asked {
        let reading = Reading {
            asked,
            stands_in,
            now,
        };
        reports.push(reading.report(&mut tx).await?);
    }
    Ok(reports)
}

/// A query that makes sense.
struct Asked<'a> {
    query: &'a ReportQuery,
    plan: Plan,
    filter: Filter,
    dims: Vec<ReportDim>,
}

impl<'a> Asked<'a> {
    fn new(caller: &Caller, sight: Sight, query: &'a ReportQuery, now: DateTime<Utc>) -> Result<Self, Fault> {
        let name = query.zone.as_deref().unwrap_or(&caller.time_zone);
        let tz: Tz = match name.parse() {
            Ok(tz) => tz,
            Err(_) if query.zone.is_none() => Tz::UTC,
            Err(_) => return Err(wrong("zone", "must be an IANA time zone such as Europe/Berlin")),
        };
        if query.then_by.is_some() && (query.group_by.is_none() || query.group_by == query.then_by) {
            return Err(wrong("then_by", "must be another one beside `group_by`"));
        }
        let span = Span::asked(query, now, tz)?;
        let filter = Filter {
            key: query.key_id,
            user: query.user_id,
            only_user: sight.only(),
            account: query.account_id,
            model: query.model.clone(),
            platform: query.platform.clone(),
            client: query.client.map(ClientFamily::as_str),
            status: query.status.map(RequestStatus::as_str),
            cost_centre: query.cost_centre.clone(),
            tag: query.tag.clone(),
        };
        Ok(Self {
            query,
            plan: Plan::new(span, query.step, tz)?,
            filter,
            dims: [query.group_by, query.then_by].into_iter().flatten().collect(),
        })
    }
}

/// What was read of a plan.
#[derive(Default)]
struct Read {
    totals: Total,
    by_point: HashMap<i32, Total>,
    /// Without points.
    groups: Vec<Line>,
    /// With points, where these were read with the rest.
    series: Option<Vec<Line>>,
}

impl Read {
    /// All of it out of lines by point and group, none of which counts anything again.
    fn at_once(lines: Vec<Line>) -> Self {
        let mut read = Self::default();
        let mut groups: HashMap<(String, String), Total> = HashMap::new();
        for line in &lines {
            read.totals += line.total;
            *read.by_point.entry(line.point).or_default() += line.total;
            *groups
                .entry((line.first.clone(), line.second.clone()))
                .or_default() += line.total;
        }
        let group = |((first, second), total)| Line {
            point: 1,
            first,
            second,
            total,
        };
        read.groups = groups.into_iter().map(group).collect();
        read.series = Some(lines);
        read
    }
}

/// A report that is being read.
struct Reading<'a> {
    asked: &'a Asked<'a>,
    /// The zone of the tenant's days.
    stands_in: Tz,
    now: DateTime<Utc>,
}

impl Reading<'_> {
    async fn report(&self, tx: &mut TenantTx) -> Result<Report, Fault> {
        let Asked {
            query, plan, dims, ..
        } = self.asked;
        let read = self.read(tx, plan).await?;
        let totals = read.totals;
        let points = self.points(plan, &read.by_point);
        let top = usize::try_from(query.top.unwrap_or(TOP_DEFAULT)).unwrap_or(usize::MAX);
        let none = Total::default();
        let whole = if dims.is_empty() { &none } else { &totals };
        let ranked = rank(read.groups, whole, query.sort, top);
        let mut rows = shown(&ranked, dims.len(), &totals, query.sort);
        if query.step.is_some() && !rows.is_empty() {
            let lines = match read.series {
                Some(lines) => lines,
                None => self.series(tx, &ranked).await?,
            };
            add_points(&mut rows, &ranked, lines);
        }
        let comparison = self.comparison(tx, &ranked, &mut rows).await?;
        self.name(tx, &mut rows).await?;
        Ok(Report {
            at: self.now,
            time_zone: plan.zone.name().to_owned(),
            from: plan.from,
            to: plan.to,
            step: plan.step,
            group_by: dims.clone(),
            totals: totals.metrics(),
            rows,
            row_count: ranked.count,
            others: ranked.others.map(|total| total.metrics()),
            counted_twice: ranked.twice.map(|total| total.metrics()),
            points,
            comparison,
            run_rate: run_rate(plan, &totals, self.now),
        })
    }

    /// Everything of a plan: in one look into the rollup, unless that brought too many lines, or keys with several tags
    /// are counted again in it. Of keys and people there may be many, of which few are shown: where sums are kept that tell
    /// it, their points are read when it is known which these are.
    async fn read(&self, tx: &mut TenantTx, plan: &Plan) -> Result<Read, Fault> {
        let Asked { filter, dims, .. } = self.asked;
        let source = self.source(plan, true);
        let many = plan.step.is_some()
            && [ReportDim::Key, ReportDim::User]
                .iter()
                .any(|dim| dims.contains(dim));
        let apart =
            dims.contains(&ReportDim::Tag) || (many && store::are_kept(&source, filter, &self.wanted()));
        if !dims.is_empty() && !apart {
            let lines = store::lines(tx, &source, filter, &self.wanted()).await?;
            if i64::try_from(lines.len()).unwrap_or(i64::MAX) <= LINES_MAX {
                return Ok(Read::at_once(lines));
            }
        }
        let mut read = Read::default();
        for line in self.lines(tx, &source, &Wanted::default()).await? {
            read.totals += line.total;
            read.by_point.insert(line.point, line.total);
        }
        if !dims.is_empty() {
            read.groups = self.lines(tx, &self.source(plan, false), &self.wanted()).await?;
        }
        Ok(read)
    }

    /// Where a plan is read from; `points` says whether its points are wanted.
    fn source(&self, plan: &Plan, points: bool) -> Source {
        Source::of(plan, points, self.stands_in)
    }

    async fn lines(&self, tx: &mut TenantTx, source: &Source, wanted: &Wanted) -> Result<Vec<Line>, Fault> {
        let lines = store::lines(tx, source, &self.asked.filter, wanted).await?;
        if i64::try_from(lines.len()).unwrap_or(i64::MAX) > LINES_MAX {
            let text = format!("gives more than {LINES_MAX} rows; group by less or filter more");
            return Err(wrong("group_by", &text));
        }
        Ok(lines)
    }

    /// The points up to now.
    fn points(&self, plan: &Plan, by_point: &HashMap<i32, Total>) -> Vec<ReportPoint> {
        if plan.step.is_none() {
            return Vec::new();
        }
        let begun = (plan.edges.iter().enumerate()).take_while(|(_, edge)| **edge <= self.now);
        let points = begun.map(|(place, edge)| {
            let number = i32::try_from(place).unwrap_or(i32::MAX).saturating_add(1);
            ReportPoint {
                at: *edge,
                until: plan.end_of(place),
                metrics: by_point.get(&number).copied().unwrap_or_default().metrics(),
            }
        });
        points.collect()
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            dims: self.asked.dims.clone(),
            only_first: None,
        }
    }

    /// The points of the first rows.
    async fn series(&self, tx: &mut TenantTx, ranked: &Ranked) -> Result<Vec<Line>, Fault> {
        let first = ranked
            .top
            .iter()
            .take(SERIES_MAX)
            .map(|((first, _), _)| first.clone());
        let wanted = Wanted {
            only_first: Some(first.collect()),
            ..self.wanted()
        };
        self.lines(tx, &self.source(&self.asked.plan, true), &wanted)
            .await
    }

    async fn comparison(
        &self,
        tx: &mut TenantTx,
        ranked: &Ranked,
        rows: &mut [ReportRow],
    ) -> Result<Option<Comparison>, Fault> {
        let plan = &self.asked.plan;
        let Some(compare) = self.asked.query.compare else {
            return Ok(None);
        };
        let other = Plan::new(beside(plan, compare), plan.step, plan.zone)?;
        let read = self.read(tx, &other).await?;
        if !rows.is_empty() {
            add_previous(rows, ranked, read.groups);
        }
        let runs = plan.from <= self.now && self.now < plan.to;
        let so_far = if runs {
            let until = so_far(plan, &other, self.now);
            Some(self.until(tx, &other, until).await?.metrics())
        } else {
            None
        };
        Ok(Some(Comparison {
            from: other.from,
            to: other.to,
            totals: read.totals.metrics(),
            so_far,
            points: self.points(&other, &read.by_point),
        }))
    }

    /// Sums from a plan's beginning up to an instant.
    async fn until(&self, tx: &mut TenantTx, plan: &Plan, until: DateTime<Utc>) -> Result<Total, Fault> {
        let mut total = Total::default();
        if plan.from < until {
            let source = Source::between(&[plan.from, until], self.stands_in);
            for line in self.lines(tx, &source, &Wanted::default()).await? {
                total += line.total;
            }
        }
        Ok(total)
    }

    /// Ids get the names behind them; the nil id stands for none and becomes empty.
    async fn name(&self, tx: &mut TenantTx, rows: &mut [ReportRow]) -> Result<(), Fault> {
        for (place, dim) in self.asked.dims.iter().enumerate() {
            let group = match dim {
                ReportDim::Key => GroupBy::Key,
                ReportDim::User => GroupBy::User,
                ReportDim::Account => GroupBy::Account,
                _ => continue,
            };
            let id_of = |row: &ReportRow| row.ids.get(place).and_then(|id| id.parse::<Uuid>().ok());
            let ids: Vec<Uuid> = rows.iter().filter_map(id_of).collect();
            let names: HashMap<Uuid, String> = labels(tx, group, &ids).await?.into_iter().collect();
            for row in rows.iter_mut() {
                let id = id_of(row).filter(|id| !id.is_nil());
                let text = id.map(|id| id.to_string()).unwrap_or_default();
                let name = id.and_then(|id| names.get(&id).cloned());
                if let (Some(id), Some(label)) = (row.ids.get_mut(place), row.labels.get_mut(place)) {
                    *label = name.unwrap_or_else(|| text.clone());
                    *id = text;
                }
            }
        }
        Ok(())
    }
}

/// Where a range that is not over leads.
fn run_rate(plan: &Plan, totals: &Total, now: DateTime<Utc>) -> Option<RunRate> {
    let elapsed = (now - plan.from).num_seconds();
    if elapsed <= 0 || now >= plan.to {
        return None;
    }
    let whole = (plan.to - plan.from).num_seconds();
    let led = |sum: i64| {
        let product = i128::from(sum).saturating_mul(i128::from(whole));
        i64::try_from(product / i128::from(elapsed)).unwrap_or(i64::MAX)
    };
    Some(RunRate {
        elapsed_s: u64::try_from(elapsed).unwrap_or_default(),
        whole_s: u64::try_from(whole).unwrap_or_default(),
        charge_nano: NanoUsd(led(totals.charge)),
        requests: u64::try_from(led(totals.requests)).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_rate_is_whole_numbers_rounded_down() {
        let span = Span::Days {
            from: "2026-11-01".parse().unwrap(),
            to: "2026-12-01".parse().unwrap(),
        };
        let plan = Plan::new(span, None, Tz::UTC).unwrap();
        let total = Total {
            charge: 1_000_000_000,
            requests: 7,
            ..Total::default()
        };
        let rate = |at: &str| run_rate(&plan, &total, at.parse().unwrap());
        let tenth = rate("2026-11-04T00:00:00Z").unwrap();
        assert_eq!((tenth.charge_nano.0, tenth.requests), (10_000_000_000, 70));
        assert_eq!((tenth.elapsed_s, tenth.whole_s), (3 * 86_400, 30 * 86_400));
        assert_eq!(
            rate("2026-11-01T00:00:07Z").unwrap().charge_nano.0,
            370_285_714_285_714
        );
        assert_eq!(rate("2026-11-01T00:00:00Z"), None);
        assert_eq!(rate("2026-12-01T00:00:00Z"), None);
    }
}
