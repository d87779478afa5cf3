//! Sums out of the rollups: those kept by one thing or two where that is enough, else by everything. Days where points are days or
//! longer, hours and quarters of an hour for the rest. Never in here: events, and which parts of a plan lie where.

mod combos;
mod kept;
mod things;

use super::pieces::{Days, Range, Source};
use super::sums::Total;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeSet, HashMap};
use things::Things;
use tollgate_contract::ids::{AccountId, KeyId, UserId};
use tollgate_contract::reports::ReportDim;
use tollgate_store::{StoreError, TenantTx};

/// Most lines that one look into a rollup brings: some tens of megabytes.
pub(super) const LINES_MAX: i64 = 100_000;

/// Which usage is meant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) key: Option<KeyId>,
    pub(crate) user: Option<UserId>,
    pub(crate) only_user: Option<UserId>,
    pub(crate) account: Option<AccountId>,
    pub(crate) model: Option<String>,
    pub(crate) platform: Option<String>,
    pub(crate) client: Option<&'static str>,
    pub(crate) status: Option<&'static str>,
    pub(crate) cost_centre: Option<String>,
    pub(crate) tag: Option<String>,
}

/// By what lines are told apart beside time.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) dims: Vec<ReportDim>,
    /// Only lines of these in the first dimension.
    pub(super) only_first: Option<Vec<String>>,
}

impl Wanted {
    fn first(&self) -> &'static str {
        self.dims.first().map_or("", |dim| dim.as_str())
    }

    fn second(&self) -> &'static str {
        self.dims.get(1).map_or("", |dim| dim.as_str())
    }
}

/// One line of sums.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// In which point or range it lies, from 1.
    pub(super) point: i32,
    pub(super) first: String,
    pub(super) second: String,
    pub(super) total: Total,
}

/// Has the statements of this transaction run as planned, since compiling them takes longer than running them; gives them
/// room to add up a hundred thousand lines in memory (64 MB) instead of sorting them on disk; and has them go by indexes,
/// since the database guesses that a list of ranges covers most of a table; each planned for its values.
pub(crate) async fn run_in_memory(tx: &mut TenantTx) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT set_config('jit', 'off', true) AS jit, set_config('work_mem', '64MB', true) AS room,
                set_config('enable_seqscan', 'off', true) AS by_index,
                set_config('plan_cache_mode', 'force_custom_plan', true) AS by_values"
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// The zone in which the tenant's days stand.
pub(super) async fn rollup_zone(tx: &mut TenantTx) -> Result<String, StoreError> {
    let tenant = tx.tenant_id();
    Ok(
        sqlx::query_scalar!("SELECT rollup_zone FROM tenants WHERE tenant_id = $1", tenant.0)
            .fetch_one(tx.conn())
            .await?,
    )
}

/// How many requests there are between two full quarters of an hour; `zone` is that of the rollup's days.
pub(crate) async fn requests_between(
    tx: &mut TenantTx,
    filter: &Filter,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    zone: Tz,
) -> Result<u64, StoreError> {
    let found = lines(
        tx,
        &Source::between(&[from, to], zone),
        filter,
        &Wanted::default(),
    )
    .await?;
    let sum: i64 = found.iter().map(|line| line.total.requests).sum();
    Ok(u64::try_from(sum).unwrap_or_default())
}

/// Whether sums that are kept tell the most of it, so that looking into them twice costs little.
pub(super) fn are_kept(source: &Source, filter: &Filter, wanted: &Wanted) -> bool {
    let most = match source {
        Source::Days { .. } => things::BY_DAYS,
        Source::Ranges(_) => things::BY_HOURS,
    };
    things::count(filter, wanted) <= most
}

/// The lines of a plan, in no order; more than [`LINES_MAX`] where there are too many.
pub(super) async fn lines(
    tx: &mut TenantTx,
    source: &Source,
    filter: &Filter,
    wanted: &Wanted,
) -> Result<Vec<Line>, StoreError> {
    let tagged = match &filter.tag {
        Some(tag) => Some(kept::tagged(tx, tag).await?),
        None => None,
    };
    let look = Look {
        filter,
        wanted,
        tagged,
    };
    match source {
        Source::Ranges(ranges) => look.in_ranges(tx, ranges).await,
        Source::Days { days, moves } => {
            let counted = look.in_days(tx, days).await?;
            if moves.is_empty() {
                return Ok(counted);
            }
            let ranges: Vec<Range> = moves.iter().map(|it| it.range).collect();
            let moved = look.in_ranges(tx, &ranges).await?;
            let mut sums = Folded::of(counted);
            for line in moved {
                let place = usize::try_from(line.point).unwrap_or_default().wrapping_sub(1);
                let Some(it) = moves.get(place) else { continue };
                sums.change(it.out_of, &line, |sum, total| *sum -= total);
                sums.change(it.into, &line, |sum, total| *sum += total);
            }
            Ok(sums.lines())
        }
    }
}

/// One look into the rollups: which usage, told apart by what.
struct Look<'a> {
    filter: &'a Filter,
    wanted: &'a Wanted,
    /// The keys with the filter's tag.
    tagged: Option<Vec<String>>,
}

impl Look<'_> {
    fn things(&self, most: usize) -> Option<Things> {
        Things::of(self.filter, self.tagged.as_deref(), self.wanted, most)
    }

    async fn in_days(&self, tx: &mut TenantTx, days: &Days) -> Result<Vec<Line>, StoreError> {
        let (filter, wanted) = (self.filter, self.wanted);
        let Some(things) = self.things(things::BY_DAYS) else {
            return combos::days(tx, days, None, filter, wanted).await;
        };
        let stale = kept::stale_days(tx, days).await?;
        let mut sums = Folded::of(kept::days(tx, days, &stale, &things).await?);
        if let (Some(first), Some(last)) = (stale.first(), stale.last()) {
            let those = Days {
                from: *first,
                to: last.succ_opt().unwrap_or(*last),
                edges: days.edges.clone(),
            };
            sums.add(combos::days(tx, &those, Some(&stale), filter, wanted).await?);
        }
        Ok(sums.lines())
    }

    /// Each line's point is the place of its range.
    async fn in_ranges(&self, tx: &mut TenantTx, ranges: &[Range]) -> Result<Vec<Line>, StoreError> {
        let numbered = || ranges.iter().copied().zip(1_i32..);
        let Some(things) = self.things(things::BY_HOURS) else {
            let all: Vec<_> = numbered().collect();
            return combos::ranges(tx, &all, self.filter, self.wanted).await;
        };
        let stale = kept::stale_hours(tx, ranges).await?;
        let unit = if things.are_all() { QUARTER } else { HOUR };
        let (mut held, mut rest) = (Vec::new(), Vec::new());
        for (range, point) in numbered() {
            split(range, unit, &stale, |part, holds| {
                let into = if holds { &mut held } else { &mut rest };
                into.push((part, point));
            });
        }
        let mut sums = Folded::of(if things.are_all() {
            kept::quarters(tx, &held).await?
        } else {
            kept::hours(tx, &held, &things).await?
        });
        sums.add(combos::ranges(tx, &rest, self.filter, self.wanted).await?);
        Ok(sums.lines())
    }
}

const HOUR: TimeDelta = TimeDelta::hours(1);
const QUARTER: TimeDelta = TimeDelta::minutes(15);

/// Gives a range's parts: runs of whole hours, or quarters, whose hours are not stale (`true`), and the rest.
fn split(range: Range, unit: TimeDelta, stale: &BTreeSet<DateTime<Utc>>, mut give: impl FnMut(Range, bool)) {
    let full = |at: DateTime<Utc>, unit: TimeDelta| at.duration_trunc(unit).unwrap_or(at);
    let last = full(range.to, unit);
    let first = if full(range.from, unit) == range.from {
        range.from
    } else {
        full(range.from, unit) + unit
    };
    let mut part = |from: DateTime<Utc>, to: DateTime<Utc>, whole: bool| {
        if from < to {
            give(Range { from, to }, whole);
        }
    };
    if first >= last {
        return part(range.from, range.to, false);
    }
    part(range.from, first, false);
    let mut from = first;
    for hour in stale.range(full(first, HOUR)..last) {
        let begins = first.max(*hour);
        part(from, begins, true);
        from = last.min(*hour + HOUR);
        part(begins, from, false);
    }
    part(from, last, true);
    part(last, range.to, false);
}

/// Lines by what they are of.
struct Folded(HashMap<(i32, String, String), Total>);

impl Folded {
    fn of(lines: Vec<Line>) -> Self {
        let mut sums = Self(HashMap::with_capacity(lines.len()));
        sums.add(lines);
        sums
    }

    fn add(&mut self, lines: Vec<Line>) {
        for line in lines {
            *self.0.entry((line.point, line.first, line.second)).or_default() += line.total;
        }
    }

    /// Changes a point's sum by a line; no point, no change.
    fn change(&mut self, point: Option<i32>, line: &Line, with: impl Fn(&mut Total, Total)) {
        if let Some(point) = point {
            let key = (point, line.first.clone(), line.second.clone());
            with(self.0.entry(key).or_default(), line.total);
        }
    }

    /// Without those of which nothing is left.
    fn lines(self) -> Vec<Line> {
        let left = self.0.into_iter().filter(|(_, total)| *total != Total::default());
        let line = |((point, first, second), total)| Line {
            point,
            first,
            second,
            total,
        };
        left.map(line).collect()
    }
}

/// A line as the database has it.
struct Row {
    point: i32,
    first: String,
    second: String,
    requests: i64,
    input: i64,
    output: i64,
    cache_write_5m: i64,
    cache_write_1h: i64,
    cache_read: i64,
    charge: i64,
    errors: i64,
    client_errors: i64,
    cut: i64,
    estimated: i64,
    late: i64,
    duration_ms: i64,
    ttfb_ms: i64,
    ttfb_requests: i64,
}

impl From<Row> for Line {
    fn from(row: Row) -> Self {
        Self {
            point: row.point,
            first: row.first,
            second: row.second,
            total: Total {
                requests: row.requests,
                input: row.input,
                output: row.output,
                cache_write_5m: row.cache_write_5m,
                cache_write_1h: row.cache_write_1h,
                cache_read: row.cache_read,
                charge: row.charge,
                errors: row.errors,
                client_errors: row.client_errors,
                cut: row.cut,
                estimated: row.estimated,
                late: row.late,
                duration_ms: row.duration_ms,
                ttfb_ms: row.ttfb_ms,
                ttfb_requests: row.ttfb_requests,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-30T{text}:00Z").parse().unwrap()
    }

    fn parts(unit: TimeDelta, from: &str, to: &str, stale: &[&str]) -> Vec<String> {
        let stale = stale.iter().map(|hour| at(hour)).collect();
        let range = Range {
            from: at(from),
            to: at(to),
        };
        let mut parts = Vec::new();
        split(range, unit, &stale, |part, holds| {
            let kind = if holds { "held" } else { "rest" };
            parts.push(format!(
                "{kind} {}-{}",
                part.from.format("%H:%M"),
                part.to.format("%H:%M")
            ));
        });
        parts
    }

    #[test]
    fn whole_hours_that_are_not_stale_are_read_as_hours() {
        assert_eq!(parts(HOUR, "01:00", "05:00", &[]), ["held 01:00-05:00"]);
        assert_eq!(
            parts(HOUR, "01:30", "05:15", &["02:00", "04:00"]),
            [
                "rest 01:30-02:00",
                "rest 02:00-03:00",
                "held 03:00-04:00",
                "rest 04:00-05:00",
                "rest 05:00-05:15"
            ]
        );
        assert_eq!(parts(HOUR, "01:15", "01:45", &[]), ["rest 01:15-01:45"]);
        assert_eq!(parts(HOUR, "01:45", "02:30", &["01:00"]), ["rest 01:45-02:30"]);
        assert_eq!(
            parts(HOUR, "01:00", "02:00", &["01:00", "02:00"]),
            ["rest 01:00-02:00"]
        );
    }

    #[test]
    fn quarters_are_held_where_their_hours_are_not_stale() {
        assert_eq!(parts(QUARTER, "01:15", "03:45", &[]), ["held 01:15-03:45"]);
        assert_eq!(
            parts(QUARTER, "01:15", "04:45", &["01:00", "03:00"]),
            [
                "rest 01:15-02:00",
                "held 02:00-03:00",
                "rest 03:00-04:00",
                "held 04:00-04:45"
            ]
        );
        assert_eq!(parts(QUARTER, "01:15", "01:30", &["01:00"]), ["rest 01:15-01:30"]);
        assert_eq!(
            parts(QUARTER, "00:45", "01:30", &["01:00"]),
            ["held 00:45-01:00", "rest 01:00-01:30"]
        );
    }
}
