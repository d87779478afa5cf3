//! The request log's filters, and those that hold as chips.

use super::more::{More, more_chips};
use super::status::status_name;
use super::view::{Range, RequestsView};
use crate::api::accounts::use_accounts;
use crate::api::keys::use_keys;
use crate::api::stats::use_models;
use crate::i18n::{Texts, use_texts};
use crate::state::{UrlState, may, use_me};
use crate::ui::{Chip, Chips, Choice, SelectInput};
use chrono::NaiveDate;
use tollgate_contract::keys::{KeyQuery, KeySort};
use tollgate_contract::page::{LIMIT_MAX, Order};
use tollgate_contract::requests::RequestStatus;
use web_sys::HtmlInputElement;
use yew::prelude::*;

const SELECT: &str = "w-[calc(50%-0.25rem)] sm:w-44";

#[derive(Properties, PartialEq)]
pub struct FiltersProps {
    pub view: UrlState<RequestsView>,
}

/// The names that filters offer and chips show.
#[derive(Clone, Default, PartialEq)]
struct Known {
    keys: Vec<Choice>,
    accounts: Vec<Choice>,
    models: Vec<Choice>,
}

/// The filters.
#[component]
pub fn Filters(props: &FiltersProps) -> Html {
    let me = use_me();
    if may(me.as_ref(), "accounts.read") {
        html! { <WithAccounts view={props.view.clone()} /> }
    } else {
        html! { <Bar view={props.view.clone()} accounts={None::<Vec<Choice>>} /> }
    }
}

#[component]
fn WithAccounts(props: &FiltersProps) -> Html {
    let found = use_accounts();
    let accounts = found.data.as_ref().map(|accounts| {
        let choices = accounts
            .items
            .iter()
            .map(|account| Choice::new(account.id.to_string(), account.name.clone()));
        choices.collect::<Vec<_>>()
    });
    html! { <Bar view={props.view.clone()} accounts={Some(accounts.unwrap_or_default())} /> }
}

#[derive(Properties, PartialEq)]
struct BarProps {
    view: UrlState<RequestsView>,
    /// `None`: the viewer may not see accounts.
    accounts: Option<Vec<Choice>>,
}

#[component]
fn Bar(props: &BarProps) -> Html {
    let t = use_texts();
    let view = &props.view;
    let by_name = KeyQuery {
        sort: KeySort::Name,
        order: Order::Asc,
        limit: Some(LIMIT_MAX),
        ..KeyQuery::default()
    };
    let (keys, models) = (use_keys(&by_name), use_models());
    let known = Known {
        keys: keys
            .data
            .as_ref()
            .map(|page| {
                choices(
                    page.items
                        .iter()
                        .map(|key| (key.id.to_string(), key.name.clone())),
                )
            })
            .unwrap_or_default(),
        accounts: props.accounts.clone().unwrap_or_default(),
        models: models
            .data
            .as_ref()
            .map(|report| {
                choices(
                    report
                        .rows
                        .iter()
                        .map(|row| (row.model.clone(), row.model.clone())),
                )
            })
            .unwrap_or_default(),
    };
    let value = &view.value;
    let key = value.key.map(|key| key.to_string()).unwrap_or_default();
    let account = value
        .account
        .map(|account| account.to_string())
        .unwrap_or_default();
    let model = value.model.clone().unwrap_or_default();
    let status = value.status.map(RequestStatus::as_str).unwrap_or_default();
    html! {
        <>
            <div class="mb-3 flex flex-wrap gap-2" role="search" aria-label={t.shared.filters}>
                <SelectInput id="filter-range" value={value.range.as_str()} choices={ranges(value.range, t)} label={t.figures.range} class={SELECT}
                    onchange={changing(view, |view, text: String| view.range = Range::parse(&text))} />
                if value.range == Range::Days {
                    { day_field(view, "filter-from", t.requests.day_from, value.from, |view, day| view.from = day) }
                    { day_field(view, "filter-to", t.requests.day_to, value.to, |view, day| view.to = day) }
                }
                <SelectInput id="filter-status" value={status} choices={with_any(t.requests.status, &statuses(t), status, t)}
                    label={t.requests.status} class={SELECT}
                    onchange={changing(view, |view, text: String| view.status = RequestStatus::parse(&text))} />
                <SelectInput id="filter-key" value={key.clone()} choices={with_any(t.requests.key, &known.keys, &key, t)}
                    label={t.requests.key} class={SELECT} onchange={changing(view, |view, text: String| view.key = text.parse().ok())} />
                <SelectInput id="filter-model" value={model.clone()} choices={with_any(t.requests.model, &known.models, &model, t)}
                    label={t.requests.model} class={SELECT}
                    onchange={changing(view, |view, text: String| view.model = Some(text).filter(|text| !text.is_empty()))} />
                if props.accounts.is_some() {
                    <SelectInput id="filter-account" value={account.clone()} choices={with_any(t.requests.account, &known.accounts, &account, t)}
                        label={t.requests.account} class={SELECT} onchange={changing(view, |view, text: String| view.account = text.parse().ok())} />
                }
                <More view={view.clone()} />
            </div>
            <Chips chips={chips(view, &known, t)} onclear={changing(view, |view, ()| clear(view))} />
        </>
    }
}

/// Takes every filter but the time away.
pub fn clear(view: &mut RequestsView) {
    *view = RequestsView {
        range: view.range,
        from: view.from,
        to: view.to,
        after: view.after,
        before: view.before,
        ..RequestsView::default()
    };
}

/// A change of the list's address by what a field says.
pub fn changing<T: 'static>(view: &UrlState<RequestsView>, change: fn(&mut RequestsView, T)) -> Callback<T> {
    let value = view.value.clone();
    view.push
        .reform(move |said| value.with_list(|view| change(view, said)))
}

fn choices(of: impl Iterator<Item = (String, String)>) -> Vec<Choice> {
    of.map(|(value, label)| Choice::new(value, label)).collect()
}

fn ranges(chosen: Range, t: &Texts) -> Vec<Choice> {
    let label = |range: Range| match range {
        Range::Hour => t.requests.range_1h,
        Range::Day => t.requests.range_24h,
        Range::Today => t.requests.range_today,
        Range::Week => t.requests.range_7d,
        Range::Month => t.requests.range_30d,
        Range::Days => t.requests.custom,
        Range::Between => t.requests.range_between,
    };
    Range::ALL
        .into_iter()
        // From instant to instant only links say.
        .filter(|range| *range != Range::Between || chosen == Range::Between)
        .map(|range| Choice::new(range.as_str(), label(range)))
        .collect()
}

fn statuses(t: &Texts) -> Vec<Choice> {
    RequestStatus::ALL
        .map(|status| Choice::new(status.as_str(), status_name(status, t)))
        .to_vec()
}

/// "Any", what is known, and what is chosen even if it is not known (any more).
fn with_any(name: &str, known: &[Choice], chosen: &str, t: &Texts) -> Vec<Choice> {
    let mut all = vec![Choice::new("", format!("{name}: {}", t.shared.any))];
    all.extend(known.iter().cloned());
    if !chosen.is_empty() && known.iter().all(|choice| choice.value != chosen) {
        all.push(Choice::new(chosen.to_owned(), short(chosen)));
    }
    all
}

/// An id's end, which differs more than its beginning.
fn short(id: &str) -> String {
    match id.get(id.len().saturating_sub(8)..) {
        Some(end) if id.len() == 36 => format!("…{end}"),
        _ => id.to_owned(),
    }
}

fn day_field(
    view: &UrlState<RequestsView>,
    id: &'static str,
    label: &'static str,
    value: Option<NaiveDate>,
    change: fn(&mut RequestsView, Option<NaiveDate>),
) -> Html {
    let onchange = changing(view, change).reform(|event: Event| {
        crate::zone::parse_day(&event.target_unchecked_into::<HtmlInputElement>().value())
    });
    html! {
        <input {id} type="date" aria-label={label} title={label} value={value.map(|day| day.to_string()).unwrap_or_default()}
            class="input input-sm h-9 w-[calc(50%-0.25rem)] sm:w-40" {onchange} />
    }
}

fn chips(view: &UrlState<RequestsView>, known: &Known, t: &Texts) -> Vec<Chip> {
    let named = |choices: &[Choice], value: &str| {
        choices
            .iter()
            .find(|choice| choice.value == value)
            .map_or_else(|| short(value).into(), |choice| choice.label.clone())
    };
    let mut chips = more_chips(view, t);
    let mut add = |name: &'static str, value: AttrValue, without: fn(&mut RequestsView, ())| {
        chips.push(Chip {
            name: name.into(),
            value,
            onremove: changing(view, without),
        });
    };
    let value = &view.value;
    if let Some(status) = value.status {
        add(t.requests.status, status_name(status, t).into(), |view, ()| {
            view.status = None;
        });
    }
    if let Some(key) = value.key {
        add(
            t.requests.key,
            named(&known.keys, &key.to_string()),
            |view, ()| view.key = None,
        );
    }
    if let Some(model) = &value.model {
        add(t.requests.model, model.clone().into(), |view, ()| {
            view.model = None;
        });
    }
    if let Some(account) = value.account {
        add(
            t.requests.account,
            named(&known.accounts, &account.to_string()),
            |view, ()| view.account = None,
        );
    }
    chips
}
