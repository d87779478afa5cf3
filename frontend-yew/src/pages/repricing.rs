//! Past requests priced anew: what was booked so, and the way to another: looked at first, booked exactly so.

mod form;
mod seen;

use crate::api::books::use_repricings;
use crate::i18n::{Texts, fill, use_texts};
use crate::router::Route;
use crate::state::{may, use_me, use_url_state};
use crate::ui::{
    Button, ButtonKind, Column, Empty, Failure, Glyph, Moment, Page, PageHead, Paging, Row, Table,
};
use form::Order;
use seen::moved;
use serde::{Deserialize, Serialize};
use tollgate_contract::books::PastRepricing;
use yew::prelude::*;

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct View {
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// The page.
#[component]
pub fn Repricings() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<View>(Route::Repricings);
    let found = use_repricings(view.value.cursor.clone());
    let orders = use_state(|| false);
    let set = |on: bool| {
        let orders = orders.clone();
        Callback::from(move |()| orders.set(on))
    };
    let shown = match (&found.data, &found.error) {
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (Some(page), _) if page.items.is_empty() && view.value.cursor.is_none() => html! {
            <div class="panel"><Empty glyph={Glyph::Again} title={t.repricing.empty} text={t.repricing.empty_help} /></div>
        },
        (data, _) => {
            let rows = data
                .as_ref()
                .map(|page| page.items.iter().map(|of| line(of, t)).collect::<Vec<_>>());
            html! {
                <div class="panel overflow-hidden">
                    <Table label={t.repricing.title} columns={columns(t)} {rows} stale={found.busy} />
                    if let Some(page) = data {
                        <Paging shown={page.items.len()} cursor={view.value.cursor.clone()} next={page.next_cursor.clone()}
                            onturn={view.push.reform(|cursor| View { cursor })} />
                    }
                </div>
            }
        }
    };
    html! {
        <Page>
            <PageHead title={t.repricing.title} text={Some(AttrValue::from(t.repricing.intro))}>
                if may(me.as_ref(), "billing.write") {
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Again} label={t.repricing.make} onclick={set(true)} />
                }
            </PageHead>
            { shown }
            if *orders {
                <Order onclose={set(false)} />
            }
        </Page>
    }
}

fn columns(t: &Texts) -> Vec<Column> {
    vec![
        Column::text(t.repricing.when),
        Column::text(t.repricing.organisation),
        Column::text(t.repricing.period),
        Column::text(t.repricing.charge),
        Column::text(t.repricing.cost),
        Column::text(t.repricing.reason).minor(),
    ]
}

fn line(of: &PastRepricing, t: &Texts) -> Row {
    let day = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d").to_string();
    let model = of.model.clone().unwrap_or_default();
    let (booked, costs) = (&of.booked, of.booked.costs);
    let batch = |no: Option<i64>| no.map(|no| fill(t.repricing.batch_of, &[("no", &no.to_string())]));
    let changed = |events: i64, old, new, no: Option<i64>| {
        html! {
            <span class="block min-w-0">
                { moved(old, new) }
                <span class="block text-xs text-muted figures">{ format!("{events} {}", t.repricing.requests) }{ batch(no).map(|batch| format!(" · {batch}")) }</span>
            </span>
        }
    };
    Row {
        key: of.repricing_id.to_string().into(),
        cells: vec![
            html! { <span class="block min-w-0"><Moment at={booked.booked_at} absolute=true /><span class="block text-xs text-muted break-words">{ of.author.clone() }</span></span> },
            html! { <span class="break-words">{ of.tenant.clone() }</span> },
            html! {
                <span class="block min-w-0">
                    <span class="figures whitespace-nowrap">{ format!("{} – {}", day(of.from), day(of.to - chrono::TimeDelta::milliseconds(1))) }</span>
                    if !model.is_empty() {
                        <span class="block text-xs text-muted break-words">{ model }</span>
                    }
                </span>
            },
            if booked.events == 0 {
                html! { <span class="text-muted">{ "–" }</span> }
            } else {
                changed(booked.events, booked.old_nano, booked.new_nano, booked.batch_no)
            },
            match costs {
                None => html! { <span class="text-muted">{ "–" }</span> },
                Some(costs) => changed(costs.events, costs.old_nano, costs.new_nano, costs.batch_no),
            },
            html! { <span class="block break-words md:max-w-64">{ of.reason.clone() }</span> },
        ],
        onopen: None,
        menu: Html::default(),
    }
}
