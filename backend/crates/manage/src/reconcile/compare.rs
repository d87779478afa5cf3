//! What was booked beside what the provider says: pure. Never in here: reading either.

use super::files::model_key;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use tollgate_contract::money::NanoUsd;
use tollgate_contract::reconcile::{
    ReconcileCause, ReconcileRow, ReconcileSide, ReconcileVerdict, TOLERANCE_NANO,
};

/// A model's day as it was booked.
#[derive(Clone, Debug)]
pub(super) struct Booked {
    pub(super) day: NaiveDate,
    pub(super) model: String,
    pub(super) side: ReconcileSide,
    pub(super) estimated: i64,
    pub(super) unknown: i64,
}

/// A line of a report that counts.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) day: NaiveDate,
    pub(super) model: String,
    pub(super) side: ReconcileSide,
}

/// What is compared.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) booked: Vec<Booked>,
    pub(super) told: Vec<Told>,
    /// Days that a report of cost, or of usage, speaks of.
    pub(super) covered: BTreeMap<NaiveDate, Covered>,
    pub(super) permille: u32,
}

/// Which kinds of report speak of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Covered {
    pub(super) cost: bool,
    pub(super) usage: bool,
}

/// Total of the days that are covered, days and models.
pub(super) struct Compared {
    pub(super) total: Option<ReconcileRow>,
    pub(super) days: Vec<ReconcileRow>,
    pub(super) models: Vec<ReconcileRow>,
}

/// Both sides of one key before they are judged.
#[derive(Clone, Debug, Default)]
struct Pair {
    name: String,
    here: Option<ReconcileSide>,
    there: Option<ReconcileSide>,
    estimated: i64,
    unknown: i64,
}

pub(super) fn compare(sides: &Sides) -> Compared {
    let mut models: BTreeMap<(NaiveDate, String), Pair> = BTreeMap::new();
    for one in &sides.booked {
        let pair = models.entry((one.day, model_key(&one.model))).or_default();
        if pair.name.is_empty() {
            pair.name.clone_from(&one.model);
        }
        add(&mut pair.here, &one.side);
        pair.estimated = pair.estimated.saturating_add(one.estimated);
        pair.unknown = pair.unknown.saturating_add(one.unknown);
    }
    for one in &sides.told {
        let pair = models.entry((one.day, model_key(&one.model))).or_default();
        if pair.there.is_none() {
            pair.name.clone_from(&one.model);
        }
        add(&mut pair.there, &one.side);
    }
    let (mut days, mut total): (BTreeMap<NaiveDate, Pair>, Pair) = Default::default();
    for ((day, _), pair) in &models {
        merge(days.entry(*day).or_default(), pair);
    }
    for day in sides.covered.keys() {
        days.entry(*day).or_default();
    }
    for (day, pair) in &days {
        if sides.covered.contains_key(day) {
            merge(&mut total, pair);
        }
    }
    let covered = |day: &NaiveDate| sides.covered.get(day).copied().unwrap_or_default();
    let all = Covered {
        cost: sides.covered.values().all(|it| it.cost),
        usage: sides.covered.values().all(|it| it.usage),
    };
    let judged = |day, model, pair, covered| judge(day, model, pair, covered, sides.permille);
    let last = sides.covered.keys().next_back();
    Compared {
        total: last.map(|day| judged(*day, None, total, all)),
        days: days
            .into_iter()
            .rev()
            .map(|(day, pair)| judged(day, None, pair, covered(&day)))
            .collect(),
        models: models
            .into_iter()
            .rev()
            .map(|((day, _), pair)| judged(day, Some(pair.name.clone()), pair, covered(&day)))
            .collect(),
    }
}

fn merge(sum: &mut Pair, more: &Pair) {
    for (side, more) in [(&mut sum.here, more.here), (&mut sum.there, more.there)] {
        if let Some(more) = more {
            add(side, &more);
        }
    }
    sum.estimated = sum.estimated.saturating_add(more.estimated);
    sum.unknown = sum.unknown.saturating_add(more.unknown);
}

fn add(sum: &mut Option<ReconcileSide>, more: &ReconcileSide) {
    let sum = sum.get_or_insert_default();
    zip(sum, more, |sum, more| match more {
        Some(more) => Some(sum.unwrap_or(0).saturating_add(more)),
        None => sum,
    });
}

/// Puts a figure of both in the place of the first one's, for each figure.
fn zip(one: &mut ReconcileSide, other: &ReconcileSide, of: impl Fn(Option<i64>, Option<i64>) -> Option<i64>) {
    one.requests = of(one.requests, other.requests);
    one.input_tokens = of(one.input_tokens, other.input_tokens);
    one.output_tokens = of(one.output_tokens, other.output_tokens);
    one.cache_write_tokens = of(one.cache_write_tokens, other.cache_write_tokens);
    one.cache_read_tokens = of(one.cache_read_tokens, other.cache_read_tokens);
    let amounts = (
        one.amount_nano.map(|nano| nano.0),
        other.amount_nano.map(|nano| nano.0),
    );
    one.amount_nano = of(amounts.0, amounts.1).map(NanoUsd);
}

fn judge(day: NaiveDate, model: Option<String>, pair: Pair, covered: Covered, permille: u32) -> ReconcileRow {
    let here = pair.here.unwrap_or_default();
    // What a report that speaks of the day leaves out, it says to be nothing.
    let there = pair.there.unwrap_or_default();
    let mut difference = here;
    zip(&mut difference, &there, |here, there| {
        Some(here?.saturating_sub(there?))
    });
    // Money that one side alone has is all of the difference, so that rows add up to their totals.
    if covered.cost {
        let nano = |side: &ReconcileSide| side.amount_nano.map_or(0, |nano| nano.0);
        difference.amount_nano = Some(NanoUsd(nano(&here).saturating_sub(nano(&there))));
    }
    let tokens_differ = tokens(&difference, &there, permille);
    let money_differs = difference
        .amount_nano
        .zip(there.amount_nano)
        .is_some_and(|(by, of)| by.0.abs() > TOLERANCE_NANO && beyond(by.0, of.0, permille));
    let verdict = match (pair.here.is_some(), pair.there.is_some()) {
        _ if covered == Covered::default() => ReconcileVerdict::NoReport,
        (true, false) => ReconcileVerdict::OnlyHere,
        (false, true) => ReconcileVerdict::OnlyThere,
        _ if tokens_differ || money_differs => ReconcileVerdict::Differs,
        _ => ReconcileVerdict::Agrees,
    };
    let nameless = model.as_deref() == Some("");
    let causes = causes(&pair, verdict, (tokens_differ, covered.usage), nameless);
    ReconcileRow {
        day,
        model,
        here,
        there,
        difference,
        estimated: pair.estimated,
        unknown: pair.unknown,
        verdict,
        causes,
    }
}

/// Requests are counted differently by providers (retries, failed ones): they are shown and not judged.
fn tokens(difference: &ReconcileSide, there: &ReconcileSide, permille: u32) -> bool {
    [
        (difference.input_tokens, there.input_tokens),
        (difference.output_tokens, there.output_tokens),
        (difference.cache_write_tokens, there.cache_write_tokens),
        (difference.cache_read_tokens, there.cache_read_tokens),
    ]
    .into_iter()
    .any(|(by, of)| by.zip(of).is_some_and(|(by, of)| beyond(by, of, permille)))
}

fn beyond(by: i64, of: i64, permille: u32) -> bool {
    i128::from(by).abs() * 1000 > i128::from(of).abs() * i128::from(permille)
}

fn causes(
    pair: &Pair,
    verdict: ReconcileVerdict,
    (tokens_differ, tokens_told): (bool, bool),
    nameless: bool,
) -> Vec<ReconcileCause> {
    use ReconcileCause as Cause;
    let mut causes = Vec::new();
    if matches!(verdict, ReconcileVerdict::Agrees | ReconcileVerdict::NoReport) {
        return causes;
    }
    if pair.unknown > 0 {
        causes.push(Cause::UnknownRequests);
    }
    if pair.estimated > 0 {
        causes.push(Cause::EstimatedRequests);
    }
    match verdict {
        ReconcileVerdict::OnlyThere if nameless => causes.extend([Cause::NoModel, Cause::BesideTokens]),
        ReconcileVerdict::OnlyThere => causes.extend([Cause::Elsewhere, Cause::BesideTokens]),
        ReconcileVerdict::OnlyHere => causes.push(Cause::OtherScope),
        _ if !tokens_differ => {
            causes.push(Cause::Prices);
            if !tokens_told {
                causes.push(Cause::Elsewhere);
            }
            causes.push(Cause::BesideTokens);
        }
        _ => causes.extend([Cause::Elsewhere, Cause::OtherScope]),
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;
    use ReconcileCause as Cause;
    use ReconcileVerdict as Verdict;

    const USD: i64 = 1_000_000_000;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).expect("a day")
    }

    fn side(tokens: Option<i64>, nano: Option<i64>) -> ReconcileSide {
        ReconcileSide {
            output_tokens: tokens,
            amount_nano: nano.map(NanoUsd),
            ..ReconcileSide::default()
        }
    }

    fn booked(on: u32, model: &str, tokens: i64, nano: i64, unknown: i64) -> Booked {
        Booked {
            day: day(on),
            model: model.to_owned(),
            side: side(Some(tokens), Some(nano)),
            estimated: 0,
            unknown,
        }
    }

    fn told(on: u32, model: &str, tokens: Option<i64>, nano: Option<i64>) -> Told {
        Told {
            day: day(on),
            model: model.to_owned(),
            side: side(tokens, nano),
        }
    }

    /// Five days of two models; of the fifth no report speaks.
    fn five_days() -> Sides {
        let both = Covered {
            cost: true,
            usage: true,
        };
        Sides {
            booked: vec![
                booked(1, "claude-haiku-4-5-20251001", 1000, USD, 0),
                booked(2, "claude-haiku-4-5", 1000, USD, 1),
                booked(3, "claude-haiku-4-5", 1000, USD, 0),
                booked(4, "claude-haiku-4-5", 1000, USD, 0),
                booked(5, "claude-opus-4-5", 7, USD, 0),
            ],
            told: vec![
                told(1, "Claude Haiku 4.5", Some(1005), None),
                told(1, "claude-haiku-4-5", None, Some(USD + 15_000_000)),
                told(2, "claude-haiku-4-5", Some(1200), Some(USD)),
                told(3, "claude-haiku-4-5", Some(1000), Some(2 * USD)),
                told(3, "", None, Some(USD / 2)),
            ],
            covered: (1..=4).map(|on| (day(on), both)).collect(),
            permille: 10,
        }
    }

    #[test]
    fn differences_are_told_by_day_and_model_with_their_likely_causes() {
        let sides = five_days();
        let compared = compare(&sides);
        let of = |on: u32| {
            let rows = compared.models.iter().filter(|row| row.day == day(on));
            rows.map(|row| (row.verdict, row.causes.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of(1),
            [(Verdict::Agrees, vec![])],
            "within a thousandth and two cents"
        );
        assert_eq!(
            of(2),
            [(
                Verdict::Differs,
                vec![Cause::UnknownRequests, Cause::Elsewhere, Cause::OtherScope]
            )]
        );
        assert_eq!(
            of(3),
            [
                (Verdict::Differs, vec![Cause::Prices, Cause::BesideTokens]),
                (Verdict::OnlyThere, vec![Cause::NoModel, Cause::BesideTokens]),
            ]
        );
        assert_eq!(of(4), [(Verdict::OnlyHere, vec![Cause::OtherScope])]);
        assert_eq!(of(5), [(Verdict::NoReport, vec![])]);
        let total = compared.total.expect("days are covered");
        assert_eq!(
            total.here,
            side(Some(4000), Some(4 * USD)),
            "without the day of which no report speaks"
        );
        assert_eq!(total.there.amount_nano, Some(NanoUsd(4 * USD + 515_000_000)));
        assert_eq!(total.difference.output_tokens, Some(4000 - 3205));
        assert_eq!(
            compared.days.iter().map(|row| row.day).collect::<Vec<_>>(),
            [5, 4, 3, 2, 1].map(day)
        );
        assert!(
            compare(&Sides {
                covered: BTreeMap::new(),
                ..sides
            })
            .total
            .is_none()
        );
    }

    #[test]
    fn money_differences_of_rows_add_up_to_the_total_also_where_one_side_has_none() {
        let covered = Covered {
            cost: true,
            usage: false,
        };
        let sides = Sides {
            booked: vec![booked(1, "a", 10, 5 * USD, 0), booked(1, "b", 10, 2 * USD, 0)],
            told: vec![told(1, "b", None, Some(3 * USD)), told(1, "c", None, Some(USD))],
            covered: BTreeMap::from([(day(1), covered)]),
            permille: 10,
        };
        let compared = compare(&sides);
        let by = |row: &ReconcileRow| row.difference.amount_nano.map(|nano| nano.0);
        let models: Vec<_> = compared.models.iter().map(by).collect();
        assert_eq!(models, [Some(-USD), Some(-USD), Some(5 * USD)]);
        assert_eq!(compared.total.as_ref().and_then(by), Some(3 * USD));
        assert_eq!(by(&compared.days[0]), Some(3 * USD));
    }
}
