//! One range, one zone, groupings, and the filters that hold as chips.

use super::view::{Beside, UsageView};
use super::words::{client_name, dim_name, range_name, step_name};
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::requests::status_name;
use crate::state::{UrlState, may, use_me};
use crate::ui::{Chip, Chips, Choice, SelectInput};
use chrono::NaiveDate;
use std::collections::HashMap;
use tollgate_contract::reports::{ReportDim, ReportRange, ReportStep};
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Takes a filter away.
type Without = fn(&mut UsageView, ());

const SELECT: &str = "w-[calc(50%-0.25rem)] sm:w-40";
/// Zones on offer beside the organisation's and what the address says.
const ZONES: [&str; 12] = [
    "UTC",
    "America/Los_Angeles",
    "America/New_York",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
];

#[derive(Properties, PartialEq)]
pub struct ControlsProps {
    pub view: UrlState<UsageView>,
    /// Names of ids that were seen.
    pub names: HashMap<String, String>,
}

/// A change of the address by what a field says.
fn changing<T: 'static>(view: &UrlState<UsageView>, change: fn(&mut UsageView, T)) -> Callback<T> {
    let value = view.value.clone();
    view.push.reform(move |said| {
        let mut next = (*value).clone();
        change(&mut next, said);
        next
    })
}

/// The controls.
#[component]
pub fn Controls(props: &ControlsProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let view = &props.view;
    let value = &view.value;
    let own = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let accounts = may(me.as_ref(), "accounts.read");
    let range = value.range().map_or("days", ReportRange::as_str);
    let set_range = changing(view, |view: &mut UsageView, text: String| {
        view.range = ReportRange::ALL.into_iter().find(|range| range.as_str() == text);
        view.days = text == "days";
    });
    html! {
        <>
            <div class="mb-3 flex flex-wrap gap-2" role="search" aria-label={t.shared.filters}>
                <SelectInput id="usage-range" value={range} choices={ranges(t)} label={t.figures.range} class={SELECT} onchange={set_range} />
                if value.days {
                    { day_field(view, "usage-from", t.requests.day_from, value.from, |view, day| view.from = day) }
                    { day_field(view, "usage-to", t.requests.day_to, value.to, |view, day| view.to = day) }
                }
                <SelectInput id="usage-zone" value={value.zone.clone().unwrap_or_default()} choices={zones(value.zone.as_deref(), own, t)} label={t.usage.zone} class="w-full sm:w-60"
                    onchange={changing(view, |view, text: String| view.zone = Some(text).filter(|text| !text.is_empty()))} />
                <SelectInput id="usage-step" value={value.step.map_or("", ReportStep::as_str)} choices={steps(t)} label={t.usage.step} class={SELECT}
                    onchange={changing(view, |view, text: String| view.step = ReportStep::ALL.into_iter().find(|step| step.as_str() == text))} />
                <SelectInput id="usage-by" value={value.by().as_str()} choices={dims(t.usage.by, None, accounts, t)} label={t.usage.by} class={SELECT}
                    onchange={changing(view, |view, text: String| { view.by = dim(&text); view.more = false; })} />
                <SelectInput id="usage-then" value={value.then.filter(|then| *then != value.by()).map_or("", ReportDim::as_str)}
                    choices={dims(t.usage.then_by, Some(value.by()), accounts, t)} label={t.usage.then_by} class={SELECT}
                    onchange={changing(view, |view, text: String| view.then = dim(&text))} />
                <SelectInput id="usage-beside" value={value.beside.as_str()} choices={besides(t)} label={t.usage.beside} class="w-full sm:w-60"
                    onchange={changing(view, |view, text: String| view.beside = Beside::ALL.into_iter().find(|beside| beside.as_str() == text).unwrap_or_default())} />
            </div>
            <Chips chips={chips(view, &props.names, t)} onclear={changing(view, |view, ()| clear(view))} />
        </>
    }
}

fn dim(text: &str) -> Option<ReportDim> {
    ReportDim::ALL.into_iter().find(|dim| dim.as_str() == text)
}

fn clear(view: &mut UsageView) {
    *view = UsageView {
        range: view.range,
        days: view.days,
        from: view.from,
        to: view.to,
        zone: view.zone.take(),
        step: view.step,
        by: view.by,
        then: view.then,
        what: view.what,
        beside: view.beside,
        split: view.split,
        ..UsageView::default()
    };
}

fn ranges(t: &Texts) -> Vec<Choice> {
    let mut choices: Vec<Choice> = ReportRange::ALL
        .into_iter()
        .map(|range| Choice::new(range.as_str(), range_name(range, t)))
        .collect();
    choices.push(Choice::new("days", t.usage.days));
    choices
}

fn zones(chosen: Option<&str>, own: &str, t: &Texts) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", fill(t.usage.zone_own, &[("zone", own)]))];
    choices.extend(ZONES.map(|zone| Choice::new(zone, zone)));
    if let Some(chosen) = chosen.filter(|chosen| !ZONES.contains(chosen)) {
        choices.push(Choice::new(chosen.to_owned(), chosen.to_owned()));
    }
    choices
}

fn steps(t: &Texts) -> Vec<Choice> {
    let auto = Choice::new("", format!("{}: {}", t.usage.step, t.usage.step_auto));
    let all = ReportStep::ALL.map(|step| Choice::new(step.as_str(), step_name(step, t)));
    std::iter::once(auto).chain(all).collect()
}

fn dims(name: &str, but: Option<ReportDim>, accounts: bool, t: &Texts) -> Vec<Choice> {
    let seen = |dim: &ReportDim| Some(*dim) != but && (accounts || *dim != ReportDim::Account);
    let none = but.map(|_| Choice::new("", format!("{name}: {}", t.usage.none)));
    let all = ReportDim::ALL.into_iter().filter(seen);
    let named = all.map(|dim| Choice::new(dim.as_str(), format!("{name}: {}", dim_name(dim, t))));
    none.into_iter().chain(named).collect()
}

fn besides(t: &Texts) -> Vec<Choice> {
    let name = |beside: Beside| match beside {
        Beside::Previous => t.usage.beside_previous,
        Beside::LastYear => t.usage.beside_last_year,
        Beside::Nothing => t.usage.beside_nothing,
    };
    Beside::ALL
        .map(|beside| Choice::new(beside.as_str(), format!("{}: {}", t.usage.beside, name(beside))))
        .to_vec()
}

fn day_field(
    view: &UrlState<UsageView>,
    id: &'static str,
    label: &'static str,
    value: Option<NaiveDate>,
    change: fn(&mut UsageView, Option<NaiveDate>),
) -> Html {
    let onchange = changing(view, change).reform(|event: Event| {
        crate::zone::parse_day(&event.target_unchecked_into::<HtmlInputElement>().value())
    });
    html! {
        <input {id} type="date" aria-label={label} title={label} value={value.map(|day| day.to_string()).unwrap_or_default()}
            class="input input-sm h-9 w-[calc(50%-0.25rem)] sm:w-40" {onchange} />
    }
}

fn chips(view: &UrlState<UsageView>, names: &HashMap<String, String>, t: &Texts) -> Vec<Chip> {
    let value = &view.value;
    let id = |id: uuid::Uuid| {
        if id.is_nil() {
            return t.usage.none.to_owned();
        }
        let text = id.to_string();
        names
            .get(&text)
            .cloned()
            .unwrap_or_else(|| format!("…{}", &text[28..]))
    };
    let text = |text: &Option<String>| {
        text.clone().map(|text| {
            if text.is_empty() {
                t.usage.none.to_owned()
            } else {
                text
            }
        })
    };
    let all: [(ReportDim, Option<String>, Without); 9] = [
        (ReportDim::Key, value.key.map(|key| id(key.0)), |view, ()| {
            view.key = None;
        }),
        (ReportDim::User, value.user.map(|user| id(user.0)), |view, ()| {
            view.user = None;
        }),
        (
            ReportDim::Account,
            value.account.map(|account| id(account.0)),
            |view, ()| view.account = None,
        ),
        (ReportDim::Model, text(&value.model), |view, ()| view.model = None),
        (ReportDim::Platform, text(&value.platform), |view, ()| {
            view.platform = None;
        }),
        (
            ReportDim::Client,
            value.client.map(|client| client_name(client, t).to_owned()),
            |view, ()| view.client = None,
        ),
        (
            ReportDim::Status,
            value.status.map(|status| status_name(status, t).to_owned()),
            |view, ()| view.status = None,
        ),
        (ReportDim::CostCentre, text(&value.centre), |view, ()| {
            view.centre = None;
        }),
        (ReportDim::Tag, text(&value.tag), |view, ()| view.tag = None),
    ];
    all.into_iter()
        .filter_map(|(dim, shown, without)| {
            Some(Chip {
                name: dim_name(dim, t).into(),
                value: shown?.into(),
                onremove: changing(view, without),
            })
        })
        .collect()
}
