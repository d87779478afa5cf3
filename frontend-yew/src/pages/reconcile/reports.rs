//! The reports that were uploaded.

use crate::api::reconcile::{self, use_reports};
use crate::api::use_action;
use crate::i18n::{Texts, fill, use_texts};
use crate::ui::{Button, ButtonKind, Column, Confirm, Failure, Glyph, Moment, Row, Table, use_toasts};
use std::rc::Rc;
use tollgate_contract::reconcile::ProviderReport;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ReportsProps {
    /// Whether the viewer may take any away.
    pub writes: bool,
}

/// The list; nothing as long as there are none.
#[component]
pub fn Reports(props: &ReportsProps) -> Html {
    let t = use_texts();
    let found = use_reports();
    let over = use_state(|| None::<Rc<ProviderReport>>);
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    let Some(reports) = found.data.as_ref().filter(|reports| !reports.items.is_empty()) else {
        return Html::default();
    };
    let onforget = {
        let over = over.clone();
        Callback::from(move |report| over.set(Some(report)))
    };
    let onclose = {
        let over = over.clone();
        Callback::from(move |()| over.set(None))
    };
    let columns = vec![
        Column::text(t.reconcile.file),
        Column::text(t.reconcile.account),
        Column::text(t.reconcile.kind),
        Column::text(t.reconcile.day),
        Column::text(t.reconcile.scope).minor(),
        Column::text(t.vouchers.created).minor(),
    ];
    let rows: Vec<Row> = reports
        .items
        .iter()
        .map(|report| line(report, props.writes.then_some(&onforget), t))
        .collect();
    html! {
        <section aria-label={t.reconcile.reports}>
            <h2 class="mb-2 font-semibold">{ t.reconcile.reports }</h2>
            <div class="panel overflow-hidden"><Table label={t.reconcile.reports} {columns} rows={Some(rows)} menus={props.writes} /></div>
            if let Some(report) = &*over {
                <Forget report={report.clone()} {onclose} />
            }
        </section>
    }
}

fn name(report: &ProviderReport) -> String {
    if report.file_name.is_empty() {
        return format!("{} {}", report.provider, report.kind);
    }
    report.file_name.clone()
}

fn line(report: &ProviderReport, onforget: Option<&Callback<Rc<ProviderReport>>>, t: &Texts) -> Row {
    let shared = Rc::new(report.clone());
    let menu = onforget.map(|onforget| {
        html! { <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Trash} label={t.reconcile.forget} onclick={onforget.reform(move |()| shared.clone())} /> }
    });
    let kind = match report.kind.as_str() {
        "cost" => t.reconcile.kind_cost,
        _ => t.reconcile.kind_usage,
    };
    Row {
        key: report.id.to_string().into(),
        cells: vec![
            html! { <span class="block truncate md:max-w-56" title={name(report)}>{ name(report) }</span> },
            html! { { report.account_name.clone() } },
            html! { { format!("{kind} · {}", report.provider) } },
            html! { <span class="figures whitespace-nowrap">{ format!("{} – {}", report.first_day, report.last_day) }</span> },
            html! { { report.scope.clone() } },
            html! { <Moment at={report.created_at} /> },
        ],
        onopen: None,
        menu: menu.unwrap_or_default(),
    }
}

#[derive(Properties, PartialEq)]
struct ForgetProps {
    report: Rc<ProviderReport>,
    onclose: Callback<()>,
}

#[component]
fn Forget(props: &ForgetProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let id = props.report.id;
    let onclose = props.onclose.clone();
    let done = Callback::from(move |()| {
        toasts.done(t.reconcile.forgotten);
        onclose.emit(());
    });
    let action = use_action(move |()| reconcile::forget(id), done);
    html! {
        <Confirm title={fill(t.reconcile.forget_title, &[("name", &name(&props.report))])} effect={t.reconcile.forget_effect} verb={t.reconcile.forget}
            busy={action.busy} error={action.error.clone()} onconfirm={action.run.clone()} onclose={props.onclose.clone()} />
    }
}
