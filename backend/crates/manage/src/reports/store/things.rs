//! Which sums that are kept can tell what is wanted: those by one thing, or by two. A filter is a thing like a grouping: what
//! a person used of each model is the sums by person and model, of that person. Never in here: the sums themselves.

use super::{Filter, Wanted};
use std::collections::BTreeMap;
use tollgate_contract::reports::ReportDim;

/// The things by which sums are kept, in the order in which a pair has them.
const KEPT: [ReportDim; 8] = [
    ReportDim::Key,
    ReportDim::User,
    ReportDim::Account,
    ReportDim::Platform,
    ReportDim::Model,
    ReportDim::Client,
    ReportDim::Status,
    ReportDim::CostCentre,
];
/// Most things that sums of hours and of days are kept by.
pub(super) const BY_HOURS: usize = 1;
pub(super) const BY_DAYS: usize = 2;
/// The thing whose totals make up all: there are the fewest of them.
const OF_ALL: ReportDim = ReportDim::Status;

/// Which sums are read, and what a line is called in them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Things {
    pub(super) dim: &'static str,
    /// Empty where the sums are by one thing.
    pub(super) second_dim: &'static str,
    /// Only of these.
    pub(super) values: Option<Vec<String>>,
    pub(super) seconds: Option<Vec<String>>,
    /// Where a line's two names come from: `value`, `second`, `tag` (of the key, which is always the first thing), or
    /// nowhere.
    pub(super) first: &'static str,
    pub(super) second: &'static str,
    /// Only lines of these in the first dimension, where that is the tag.
    pub(super) only_tags: Option<Vec<String>>,
}

impl Things {
    /// Whether all usage is wanted, told apart by nothing.
    pub(super) fn are_all(&self) -> bool {
        let any = self.values.is_some() || self.seconds.is_some() || self.only_tags.is_some();
        self.first.is_empty() && self.second.is_empty() && !any
    }

    /// `None` where more than `most` things meet. `tagged` are the keys with the filter's tag.
    pub(super) fn of(
        filter: &Filter,
        tagged: Option<&[String]>,
        wanted: &Wanted,
        most: usize,
    ) -> Option<Self> {
        let mut things = needed(filter, tagged, wanted);
        if things.is_empty() {
            things.insert(place(OF_ALL), None);
        }
        if things.len() > most {
            return None;
        }
        let from = |dim: Option<&ReportDim>| match dim {
            None => "",
            Some(ReportDim::Tag) => "tag",
            Some(dim) if things.keys().next() == Some(&place(*dim)) => "value",
            Some(_) => "second",
        };
        let (first, second) = (from(wanted.dims.first()), from(wanted.dims.get(1)));
        let mut things = things.into_iter();
        let (place, values) = things.next()?;
        let (second_place, seconds) = things.next().unzip();
        let name = |place: usize| KEPT.get(place).map_or("", |dim| dim.as_str());
        Some(Self {
            dim: name(place),
            second_dim: second_place.map_or("", name),
            values,
            seconds: seconds.flatten(),
            first,
            second,
            only_tags: wanted.only_first.clone().filter(|_| first == "tag"),
        })
    }
}

/// How many things meet in what is wanted.
pub(super) fn count(filter: &Filter, wanted: &Wanted) -> usize {
    needed(filter, Some(&[]), wanted).len()
}

/// Each thing that is grouped or filtered by, by its place; with what it may be.
fn needed(
    filter: &Filter,
    tagged: Option<&[String]>,
    wanted: &Wanted,
) -> BTreeMap<usize, Option<Vec<String>>> {
    let mut things: BTreeMap<usize, Option<Vec<String>>> = BTreeMap::new();
    for dim in &wanted.dims {
        things.entry(place(*dim)).or_default();
    }
    let mut only = |dim: ReportDim, values: Vec<String>| {
        let allowed = things.entry(place(dim)).or_default();
        match allowed {
            Some(allowed) => allowed.retain(|value| values.contains(value)),
            None => *allowed = Some(values),
        }
    };
    for (dim, value) in values(filter) {
        only(dim, vec![value]);
    }
    if filter.tag.is_some() {
        only(ReportDim::Key, tagged.unwrap_or_default().to_vec());
    }
    match (wanted.dims.first(), &wanted.only_first) {
        (Some(dim), Some(values)) if *dim != ReportDim::Tag => only(*dim, values.clone()),
        _ => {}
    }
    things
}

/// A tag is one of the key's.
fn place(dim: ReportDim) -> usize {
    let kept = if dim == ReportDim::Tag {
        ReportDim::Key
    } else {
        dim
    };
    KEPT.iter().position(|other| *other == kept).unwrap_or(KEPT.len())
}

/// All filters but the tag, each with its thing.
fn values(filter: &Filter) -> impl Iterator<Item = (ReportDim, String)> {
    let text = |text: &str| text.to_owned();
    let all = [
        (ReportDim::Key, filter.key.map(|id| id.0.to_string())),
        (ReportDim::User, filter.user.map(|id| id.0.to_string())),
        (ReportDim::User, filter.only_user.map(|id| id.0.to_string())),
        (ReportDim::Account, filter.account.map(|id| id.0.to_string())),
        (ReportDim::Model, filter.model.clone()),
        (ReportDim::Platform, filter.platform.clone()),
        (ReportDim::Client, filter.client.map(text)),
        (ReportDim::Status, filter.status.map(text)),
        (ReportDim::CostCentre, filter.cost_centre.clone()),
    ];
    all.into_iter().filter_map(|(dim, value)| Some((dim, value?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_contract::ids::{KeyId, UserId};
    use uuid::Uuid;

    fn by(dims: &[ReportDim]) -> Wanted {
        Wanted {
            dims: dims.to_vec(),
            only_first: None,
        }
    }

    fn of(filter: &Filter, wanted: &Wanted, most: usize) -> Option<(&'static str, &'static str, String)> {
        let things = Things::of(filter, None, wanted, most)?;
        let lists = format!("{:?} {:?}", things.values, things.seconds);
        Some((things.dim, things.second_dim, lists))
    }

    #[test]
    fn all_and_one_thing_are_told_by_sums_of_one() {
        let none = Filter::default();
        assert_eq!(of(&none, &by(&[]), 1).unwrap().0, "status");
        assert_eq!(of(&none, &by(&[ReportDim::Model]), 1).unwrap().0, "model");
        let model = Filter {
            model: Some("m".to_owned()),
            ..none
        };
        let found = of(&model, &by(&[ReportDim::Model]), 1).unwrap();
        assert_eq!(found, ("model", "", "Some([\"m\"]) None".to_owned()));
    }

    #[test]
    fn a_pair_stands_in_its_order_whichever_of_it_is_asked_first() {
        let wanted = by(&[ReportDim::Model, ReportDim::Key]);
        assert_eq!(of(&Filter::default(), &wanted, 1), None);
        let things = Things::of(&Filter::default(), None, &wanted, 2).unwrap();
        assert_eq!((things.dim, things.second_dim), ("key", "model"));
        assert_eq!((things.first, things.second), ("second", "value"));
        let mine = Filter {
            only_user: Some(UserId(Uuid::nil())),
            ..Filter::default()
        };
        let found = of(&mine, &by(&[ReportDim::Key]), 2).unwrap();
        let nil = Uuid::nil().to_string();
        assert_eq!(found, ("key", "user", format!("None Some([{nil:?}])")));
        assert_eq!(of(&mine, &wanted, 2), None);
        assert_eq!(count(&mine, &wanted), 3);
    }

    #[test]
    fn tags_are_the_keys_and_two_filters_of_one_thing_both_hold() {
        let things = Things::of(&Filter::default(), None, &by(&[ReportDim::Tag]), 1).unwrap();
        assert_eq!((things.dim, things.first), ("key", "tag"));
        let filter = Filter {
            key: Some(KeyId(Uuid::nil())),
            tag: Some("blue".to_owned()),
            ..Filter::default()
        };
        let nil = Uuid::nil().to_string();
        let (other, wanted) = (Uuid::max().to_string(), by(&[ReportDim::Status]));
        let of = |tagged: &[String]| Things::of(&filter, Some(tagged), &wanted, 2).unwrap().values;
        assert_eq!(of(&[other.clone(), nil.clone()]), Some(vec![nil]));
        assert_eq!(of(&[other]), Some(vec![]));
    }

    #[test]
    fn the_first_rows_are_a_filter_unless_they_are_tags() {
        let of = |dims: &[ReportDim]| {
            let wanted = Wanted {
                dims: dims.to_vec(),
                only_first: Some(vec!["x".to_owned()]),
            };
            let things = Things::of(&Filter::default(), None, &wanted, 2).unwrap();
            (things.values, things.seconds, things.only_tags)
        };
        let x = || Some(vec!["x".to_owned()]);
        assert_eq!(of(&[ReportDim::Key, ReportDim::Model]), (x(), None, None));
        assert_eq!(of(&[ReportDim::Model, ReportDim::Key]), (None, x(), None));
        assert_eq!(of(&[ReportDim::Tag]), (None, None, x()));
    }
}
