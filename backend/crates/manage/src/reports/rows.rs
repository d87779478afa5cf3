//! Lines folded into rows: the largest ones, what is left off, what is counted twice.

use super::store::Line;
use super::sums::Total;
use std::collections::HashMap;
use tollgate_contract::reports::{Metrics, ReportMetric, ReportRow, RowPoint, SERIES_MAX};

/// What a row stands for, in both dimensions.
pub(super) type Ids = (String, String);

/// The rows of a report.
pub(super) struct Ranked {
    /// The largest first.
    pub(super) top: Vec<(Ids, Total)>,
    /// How many there were.
    pub(super) count: u64,
    /// What is left off.
    pub(super) others: Option<Total>,
    /// By how much all rows are more than the total: keys that bear several tags.
    pub(super) twice: Option<Total>,
}

/// Orders lines without points and keeps the largest.
pub(super) fn rank(lines: Vec<Line>, totals: &Total, by: ReportMetric, top: usize) -> Ranked {
    let mut twice = Total::default();
    let mut rows: Vec<(Ids, Total)> = Vec::with_capacity(lines.len());
    for line in lines {
        twice += line.total;
        rows.push(((line.first, line.second), line.total));
    }
    twice -= *totals;
    // Ties are broken by what is else worth looking at, then by name: the order is always the same one.
    rows.sort_by(|(a_ids, a), (b_ids, b)| {
        let key = |total: &Total| (total.by(by), total.charge, total.requests);
        key(b).cmp(&key(a)).then_with(|| a_ids.cmp(b_ids))
    });
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let rest = rows.split_off(top.min(rows.len()));
    let others = (!rest.is_empty()).then(|| {
        rest.into_iter().fold(Total::default(), |mut sum, (_, total)| {
            sum += total;
            sum
        })
    });
    Ranked {
        top: rows,
        count,
        others,
        twice: Some(twice).filter(|twice| *twice != Total::default()),
    }
}

/// The rows as shown, without names yet.
pub(super) fn shown(ranked: &Ranked, dims: usize, totals: &Total, by: ReportMetric) -> Vec<ReportRow> {
    let row = |((first, second), total): &(Ids, Total)| ReportRow {
        ids: [first, second].into_iter().take(dims).cloned().collect(),
        labels: [first, second].into_iter().take(dims).cloned().collect(),
        metrics: total.metrics(),
        share_permille: total.permille_of(totals, by),
        previous: None,
        points: Vec::new(),
    };
    ranked.top.iter().map(row).collect()
}

/// Gives the first rows their points.
pub(super) fn add_points(rows: &mut [ReportRow], ranked: &Ranked, lines: Vec<Line>) {
    let place: HashMap<&Ids, usize> = (ranked.top.iter().take(SERIES_MAX).enumerate())
        .map(|(place, (ids, _))| (ids, place))
        .collect();
    for line in lines {
        let point = u32::try_from(line.point.saturating_sub(1)).unwrap_or_default();
        let ids = (line.first, line.second);
        if let Some(row) = place.get(&ids).and_then(|place| rows.get_mut(*place)) {
            row.points.push(RowPoint {
                point,
                metrics: line.total.metrics(),
            });
        }
    }
    for row in rows {
        row.points.sort_by_key(|point| point.point);
    }
}

/// Gives each row what it had in the range beside; nothing is zero there.
pub(super) fn add_previous(rows: &mut [ReportRow], ranked: &Ranked, lines: Vec<Line>) {
    let before: HashMap<Ids, Metrics> = lines
        .into_iter()
        .map(|line| ((line.first, line.second), line.total.metrics()))
        .collect();
    for (row, (ids, _)) in rows.iter_mut().zip(&ranked.top) {
        row.previous = Some(before.get(ids).copied().unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, charge: i64) -> Line {
        Line {
            point: 1,
            first: name.to_owned(),
            second: String::new(),
            total: Total {
                charge,
                requests: 1,
                ..Total::default()
            },
        }
    }

    /// Numbers that look random and are always the same.
    fn next(seed: &mut u64, below: u64) -> i64 {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((*seed >> 33) % below).unwrap()
    }

    #[test]
    fn rows_and_others_less_what_is_counted_twice_are_the_total() {
        let mut seed = 7;
        for _ in 0..500 {
            let lines: Vec<Line> = (0..next(&mut seed, 60))
                .map(|number| line(&number.to_string(), next(&mut seed, 1_000_000_000_000)))
                .collect();
            let mut totals = Total::default();
            for line in &lines {
                totals += line.total;
            }
            totals.charge -= next(&mut seed, 1_000);
            let top = usize::try_from(next(&mut seed, 40)).unwrap() + 1;
            let ranked = rank(lines, &totals, ReportMetric::Charge, top);
            let mut sum = ranked.others.unwrap_or_default();
            for (_, total) in &ranked.top {
                sum += *total;
            }
            sum -= ranked.twice.unwrap_or_default();
            assert_eq!(sum, totals);
            assert!(ranked.top.is_sorted_by(|a, b| a.1.charge >= b.1.charge));
            assert!(ranked.top.len() <= top);
        }
    }
}
