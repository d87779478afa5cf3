//! Filters that are wanted now and then: an id, the program, how much and how long, and what links from reports set.

use super::filters::changing;
use super::view::RequestsView;
use crate::format;
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::dollars;
use crate::pages::usage::client_name;
use crate::state::UrlState;
use crate::ui::{Button, Chip, Choice, Glyph, NumberInput, SelectInput, TextInput};
use tollgate_contract::reports::ClientFamily;
use tollgate_contract::requests::Quality;
use yew::prelude::*;

/// Takes a filter away.
type Without = fn(&mut RequestsView, ());

#[derive(Properties, PartialEq)]
pub struct MoreProps {
    pub view: UrlState<RequestsView>,
}

/// What is typed; it counts when it is applied.
#[derive(Clone, Default, PartialEq)]
struct Draft {
    id: String,
    http: String,
    charge: String,
    ms: String,
}

/// The fields, once they are asked for.
#[component]
pub fn More(props: &MoreProps) -> Html {
    let t = use_texts();
    let shown = use_state(|| false);
    let draft = use_state(Draft::default);
    if !*shown {
        let show = {
            let shown = shown.clone();
            Callback::from(move |()| shown.set(true))
        };
        return html! { <Button glyph={Glyph::Search} label={t.requests.more_filters} onclick={show} /> };
    }
    let view = &props.view;
    let typed = |change: fn(&mut Draft, String)| {
        let draft = draft.clone();
        Callback::from(move |text: String| {
            let mut next = (*draft).clone();
            change(&mut next, text);
            draft.set(next);
        })
    };
    let onsubmit = {
        let (draft, value, push) = (draft.clone(), view.value.clone(), view.push.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if draft.wrong() == [false; 3] {
                push.emit(value.with_list(|view| apply(view, &draft)));
            }
        })
    };
    let clients = std::iter::once(Choice::new(
        "",
        format!("{}: {}", t.usage.by_client, t.shared.any),
    ))
    .chain(ClientFamily::ALL.map(|client| Choice::new(client.as_str(), client_name(client, t))))
    .collect::<Vec<_>>();
    let qualities = vec![
        Choice::new("", format!("{}: {}", t.requests.quality, t.shared.any)),
        Choice::new("exact", t.requests.quality_exact),
        Choice::new("estimated", t.requests.quality_estimated),
    ];
    let quality = match view.value.quality {
        None => "",
        Some(Quality::Exact) => "exact",
        Some(Quality::Estimated) => "estimated",
    };
    let [http, charge, ms] = draft.wrong();
    html! {
        <form class="flex w-full flex-wrap items-center gap-2" {onsubmit} data-testid="more-filters">
            <SelectInput id="filter-client" value={view.value.client.map_or("", ClientFamily::as_str)} choices={clients} label={t.usage.by_client}
                class="w-[calc(50%-0.25rem)] sm:w-44"
                onchange={changing(view, |view, text: String| view.client = ClientFamily::ALL.into_iter().find(|client| client.as_str() == text))} />
            <SelectInput id="filter-quality" value={quality} choices={qualities} label={t.requests.quality} class="w-[calc(50%-0.25rem)] sm:w-44"
                onchange={changing(view, |view, text: String| view.quality = match text.as_str() {
                    "exact" => Some(Quality::Exact),
                    "estimated" => Some(Quality::Estimated),
                    _ => None,
                })} />
            <div class="w-full sm:w-72"><TextInput id="filter-id" value={draft.id.clone()} placeholder={t.requests.filter_id} label={t.requests.filter_id} mono=true
                oninput={typed(|draft, text| draft.id = text)} /></div>
            <div class="w-28"><NumberInput id="filter-http" value={draft.http.clone()} placeholder={t.requests.filter_http} label={t.requests.filter_http} wrong={http}
                oninput={typed(|draft, text| draft.http = text)} /></div>
            <div class="w-32"><NumberInput id="filter-charge" value={draft.charge.clone()} placeholder={t.requests.filter_charge} label={t.requests.filter_charge} decimal=true wrong={charge}
                oninput={typed(|draft, text| draft.charge = text)} /></div>
            <div class="w-32"><NumberInput id="filter-ms" value={draft.ms.clone()} placeholder={t.requests.filter_ms} label={t.requests.filter_ms} wrong={ms}
                oninput={typed(|draft, text| draft.ms = text)} /></div>
            <button type="submit" class="btn btn-sm h-9 font-medium">{ t.requests.filter_apply }</button>
        </form>
    }
}

impl Draft {
    /// Whether a field can't be read: status, amount, milliseconds.
    fn wrong(&self) -> [bool; 3] {
        let bad = |text: &str, fits: &dyn Fn(&str) -> bool| !text.trim().is_empty() && !fits(text.trim());
        let status = |text: &str| {
            text.parse::<u16>()
                .is_ok_and(|status| (100..1000).contains(&status))
        };
        let money = |text: &str| dollars("charge", text, &mut Vec::new()).is_some();
        let ms = |text: &str| text.parse::<i32>().is_ok_and(|ms| ms >= 0);
        [
            bad(&self.http, &status),
            bad(&self.charge, &money),
            bad(&self.ms, &ms),
        ]
    }
}

/// Takes over what was typed; empty fields leave what holds.
fn apply(view: &mut RequestsView, draft: &Draft) {
    let text = draft.id.trim();
    if !text.is_empty() {
        view.id = Some(text.to_owned());
    }
    view.http = draft.http.trim().parse().ok().or(view.http);
    view.ms = draft.ms.trim().parse().ok().or(view.ms);
    view.charge = dollars("charge", &draft.charge, &mut Vec::new()).or(view.charge);
}

/// Those of these filters that hold.
pub fn more_chips(view: &UrlState<RequestsView>, t: &Texts) -> Vec<Chip> {
    let value = &view.value;
    let none = |text: &String| {
        if text.is_empty() {
            t.usage.none.to_owned()
        } else {
            text.clone()
        }
    };
    let id = |id: uuid::Uuid| {
        if id.is_nil() {
            t.usage.none.to_owned()
        } else {
            format!("…{}", &id.to_string()[28..])
        }
    };
    let quality = |quality: Quality| match quality {
        Quality::Exact => t.requests.quality_exact.to_owned(),
        Quality::Estimated => t.requests.quality_estimated.to_owned(),
    };
    let all: [(&'static str, Option<String>, Without); 10] = [
        (t.usage.by_user, value.user.map(|user| id(user.0)), |view, ()| {
            view.user = None;
        }),
        (t.usage.by_tag, value.tag.clone(), |view, ()| view.tag = None),
        (t.usage.by_platform, value.platform.clone(), |view, ()| {
            view.platform = None;
        }),
        (
            t.usage.by_client,
            value.client.map(|client| client_name(client, t).to_owned()),
            |view, ()| view.client = None,
        ),
        (
            t.usage.by_cost_centre,
            value.centre.as_ref().map(none),
            |view, ()| view.centre = None,
        ),
        (
            t.requests.filter_http,
            value.http.map(|status| status.to_string()),
            |view, ()| view.http = None,
        ),
        (t.requests.quality, value.quality.map(quality), |view, ()| {
            view.quality = None;
        }),
        (
            t.requests.filter_charge,
            value.charge.map(format::money),
            |view, ()| view.charge = None,
        ),
        (
            t.requests.filter_ms,
            value.ms.map(|ms| format::duration(u64::from(ms))),
            |view, ()| view.ms = None,
        ),
        (t.requests.filter_id, value.id.clone(), |view, ()| view.id = None),
    ];
    all.into_iter()
        .filter_map(|(name, shown, without)| {
            Some(Chip {
                name: name.into(),
                value: shown?.into(),
                onremove: changing(view, without),
            })
        })
        .collect()
}
