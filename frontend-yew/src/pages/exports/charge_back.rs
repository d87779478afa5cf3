//! Charge-back by cost centre.

use super::ExportsView;
use crate::api::exports::use_charge_back;
use crate::format;
use crate::i18n::{Texts, use_texts};
use crate::state::UrlState;
use crate::ui::{Column, Failure, Field, Money, Row, Table, TextInput};
use crate::zone::parse_day;
use tollgate_contract::exports::{ChargeBackQuery, ChargeBackRow};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ChargeBackProps {
    pub view: UrlState<ExportsView>,
}

/// The table.
#[component]
pub fn ChargeBack(props: &ChargeBackProps) -> Html {
    let t = use_texts();
    let view = &props.view;
    let found = use_charge_back(&ChargeBackQuery {
        from: parse_day(&view.value.from),
        to: parse_day(&view.value.to),
        statement: None,
    });
    let change = |set: fn(&mut ExportsView, String)| {
        let now = view.value.clone();
        view.push.reform(move |text: String| {
            let mut next = (*now).clone();
            set(&mut next, text);
            next
        })
    };
    let told = |pick: fn(&tollgate_contract::exports::ChargeBack) -> chrono::NaiveDate, typed: &String| {
        let day = found.data.as_ref().map(|report| pick(report).to_string());
        if typed.is_empty() {
            day.unwrap_or_default()
        } else {
            typed.clone()
        }
    };
    let columns = vec![
        Column::text(t.exports.cost_centre),
        Column::figure(t.exports.requests),
        Column::figure(t.exports.tokens).minor(),
        Column::figure(t.exports.charge),
        Column::figure(t.exports.share),
    ];
    let rows = found.data.as_ref().map(|report| {
        let mut rows: Vec<Row> = report
            .rows
            .iter()
            .map(|one| row(one, &report.total, false, t))
            .collect();
        rows.push(row(&report.total, &report.total, true, t));
        rows
    });
    html! {
        <>
            <p class="mb-3 text-muted">{ t.exports.charge_back_help }</p>
            <div class="panel p-4 mb-4 grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
                <Field id="charge-from" label={t.exports.from}>
                    <TextInput id="charge-from" kind="date" value={told(|report| report.from, &view.value.from)} oninput={change(|view, text| view.from = text)} />
                </Field>
                <Field id="charge-to" label={t.exports.to}>
                    <TextInput id="charge-to" kind="date" value={told(|report| report.to, &view.value.to)} oninput={change(|view, text| view.to = text)} />
                </Field>
            </div>
            if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
                <Failure error={error.clone()} onretry={found.reload.clone()} />
            } else {
                <div class="panel overflow-hidden">
                    <Table label={t.exports.charge_back} {columns} {rows} stale={found.busy} />
                </div>
            }
        </>
    }
}

fn row(one: &ChargeBackRow, all: &ChargeBackRow, total: bool, t: &Texts) -> Row {
    let name = match (total, one.cost_centre.as_str()) {
        (true, _) => t.exports.total.to_owned(),
        (false, "") => t.exports.no_centre.to_owned(),
        (false, name) => name.to_owned(),
    };
    let class = if total { "font-semibold" } else { "" };
    let tokens = u64::try_from(one.total_tokens).unwrap_or_default();
    Row {
        key: if total {
            "total".into()
        } else {
            format!("centre {}", one.cost_centre).into()
        },
        cells: vec![
            html! { <span {class}>{ name }</span> },
            html! { <span {class}>{ format::count(one.requests) }</span> },
            html! { <span {class}>{ format::count(tokens) }</span> },
            html! { <Money amount={one.charge_nano} class={classes!(class)} /> },
            html! { <span {class}>{ share(one.charge_nano.0, all.charge_nano.0) }</span> },
        ],
        onopen: None,
        menu: Html::default(),
    }
}

/// Tenths of a percent, rounded down.
fn share(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "–".to_owned();
    }
    let tenths = i128::from(part) * 1000 / i128::from(whole);
    format!("{}.{} %", tenths / 10, (tenths % 10).abs())
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_are_exact_to_a_tenth() {
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!(share(3, 3), "100.0 %");
        assert_eq!(share(0, 0), "–");
    }
}
