//! What the organisation pays for each model today, and what comes.

use super::View;
use super::words::{cell, line, others};
use crate::api::prices::use_own_prices;
use crate::format::{self, TimeStyle};
use crate::i18n::{Locale, fill, use_locale};
use crate::pages::accounts::platform_name;
use crate::state::{UrlState, use_me};
use crate::ui::{Column, Empty, Failure, Glyph, Row, Search, Table};
use tollgate_contract::prices::{TenantPrice, TenantPrices};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct OwnProps {
    pub view: UrlState<View>,
}

/// The list.
#[component]
pub fn Own(props: &OwnProps) -> Html {
    let locale = use_locale();
    let t = locale.texts();
    let me = use_me();
    let zone = me.as_ref().map_or("UTC", |me| me.tenant.time_zone.as_str());
    let found = use_own_prices();
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    if found.data.as_ref().is_some_and(|prices| prices.items.is_empty()) {
        return html! { <div class="panel"><Empty glyph={Glyph::Tag} title={t.prices.empty_title} text={t.prices.empty_help} /></div> };
    }
    let columns = vec![
        Column::text(t.prices.model),
        Column::text(t.prices.service),
        Column::figure(t.prices.input),
        Column::figure(t.prices.output),
        Column::figure(t.prices.read),
        Column::text(t.prices.other).minor(),
    ];
    let wanted = props.view.value.search.to_lowercase();
    let rows = found.data.as_ref().map(|prices| {
        let fitting = prices
            .items
            .iter()
            .filter(|item| item.model.to_lowercase().contains(&wanted));
        fitting
            .map(|item| row(item, prices, locale, zone))
            .collect::<Vec<_>>()
    });
    let onsearch = {
        let view = props.view.clone();
        Callback::from(move |search: String| {
            view.replace.emit(View {
                search,
                ..(*view.value).clone()
            });
        })
    };
    html! {
        <>
            <div class="mb-4"><Search value={props.view.value.search.clone()} label={t.prices.search} {onsearch} /></div>
            <div class="panel overflow-hidden"><Table label={t.prices.mine} {columns} {rows} stale={found.busy} /></div>
            if let Some(prices) = &found.data {
                <p class="mt-3 text-xs text-muted">{ fill(t.prices.rounding, &[("rule", &prices.rounding)]) }</p>
            }
        </>
    }
}

fn row(item: &TenantPrice, prices: &TenantPrices, locale: Locale, zone: &str) -> Row {
    let t = locale.texts();
    let comes = item.next.as_ref().zip(prices.next_change).map(|(next, at)| {
        let day = format::time(at, zone, locale, TimeStyle::Full);
        fill(t.prices.comes, &[("day", &day), ("prices", &line(next))])
    });
    let minimum = item.minimum_nano.map(|amount| {
        fill(
            t.prices.minimum,
            &[("amount", &format!("${}", amount.exact_usd()))],
        )
    });
    let long = item
        .long_context_above
        .map(|tokens| fill(t.prices.long, &[("tokens", &format::count(tokens))]));
    let notes = [comes, minimum, long].into_iter().flatten();
    let notes =
        notes.map(|note| html! { <span class="block text-xs text-muted break-words">{ note }</span> });
    Row {
        key: format!("{}/{}/{}", item.platform.as_str(), item.own_account, item.model).into(),
        cells: vec![
            html! { <span class="block min-w-0"><span class="font-medium break-words">{ item.model.clone() }</span>{ for notes }</span> },
            html! {
                <span class="block">
                    { platform_name(item.platform, t) }
                    if item.own_account { <span class="block text-xs text-muted">{ t.prices.own_account }</span> }
                </span>
            },
            cell(&item.prices, "input"),
            cell(&item.prices, "output"),
            cell(&item.prices, "cache_read"),
            others(&item.prices),
        ],
        onopen: None,
        menu: Html::default(),
    }
}
