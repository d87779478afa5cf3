//! Reconciliation: an account's days and models as they were booked beside what its provider bills, and the reports.

mod behind;
mod reports;
mod upload;
mod words;

use crate::api::accounts::use_accounts;
use crate::api::reconcile::use_reconciliation;
use crate::format;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{Days, is_default, opens};
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{
    Button, ButtonKind, Choice, Column, Empty, Failure, Glyph, Page, PageHead, Row, SelectInput, Skeleton,
    Table,
};
use behind::Behind;
use chrono::NaiveDate;
use reports::Reports;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use tollgate_contract::ids::AccountId;
use tollgate_contract::reconcile::{ReconcileQuery, ReconcileRow, Reconciliation};
use upload::Upload;
use words::{amount, causes, tokens, verdict_pill};
use yew::prelude::*;

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReconcileView {
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<NaiveDate>,
    /// The day whose requests are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<NaiveDate>,
    /// The model whose requests are shown; all of the day's if empty.
    #[serde(skip_serializing_if = "is_default")]
    model: String,
}

impl ReconcileView {
    fn query(&self) -> Option<ReconcileQuery> {
        Some(ReconcileQuery {
            account_id: self.account?,
            from: self.from,
            to: self.to,
            tolerance_permille: None,
        })
    }

    fn closed(&self) -> Self {
        Self {
            day: None,
            model: String::new(),
            ..self.clone()
        }
    }
}

/// The page.
#[component]
pub fn Reconcile() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<ReconcileView>(Route::Reconcile);
    let uploads = use_state(|| false);
    let onupload = {
        let uploads = uploads.clone();
        Callback::from(move |()| uploads.set(true))
    };
    let onclose = {
        let uploads = uploads.clone();
        Callback::from(move |()| uploads.set(false))
    };
    let query = view.value.closed().query();
    let found = use_reconciliation(query.as_ref());
    let shown = match (&query, &found.data, &found.error) {
        (None, ..) => html! {
            <div class="panel"><Empty glyph={Glyph::Fork} title={t.reconcile.choose} text={t.reconcile.choose_help} /></div>
        },
        (_, Some(report), _) => html! { <Compared report={report.clone()} view={view.clone()} /> },
        (_, None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (_, None, None) => html! { <Skeleton class="h-96" /> },
    };
    let writes = may(me.as_ref(), "billing.write");
    html! {
        <Page>
            <PageHead title={t.reconcile.title} text={Some(AttrValue::from(t.reconcile.intro))}>
                if writes {
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Upload} label={t.reconcile.upload} onclick={onupload} />
                }
            </PageHead>
            <Controls view={view.clone()} days={found.data.as_ref().filter(|_| query.is_some()).map(|report| (report.from, report.to))} />
            { shown }
            <Reports {writes} />
            if *uploads {
                <Upload account={view.value.account} {onclose} />
            }
            if let (Some(account), Some(day)) = (view.value.account, view.value.day) {
                <Behind {account} {day} model={view.value.model.clone()} onclose={view.push.reform({
                    let value = view.value.clone();
                    move |()| value.closed()
                })} />
            }
        </Page>
    }
}

#[derive(Properties, PartialEq)]
struct ControlsProps {
    view: UrlState<ReconcileView>,
    /// Those that the report is of.
    days: Option<(NaiveDate, NaiveDate)>,
}

#[component]
fn Controls(props: &ControlsProps) -> Html {
    let t = use_texts();
    let found = use_accounts();
    let view = &props.view;
    let mut choices = vec![Choice::new("", t.reconcile.choose)];
    if let Some(accounts) = &found.data {
        let known = accounts.items.iter();
        choices.extend(known.map(|account| Choice::new(account.id.to_string(), account.name.clone())));
    }
    let value = view.value.account.map(|id| id.to_string()).unwrap_or_default();
    if !value.is_empty() && choices.iter().all(|choice| choice.value != value) {
        choices.push(Choice::new(value.clone(), value.clone()));
    }
    let now = view.value.clone();
    let onchange = view.push.reform(move |id: String| ReconcileView {
        account: id.parse().ok(),
        ..now.closed()
    });
    let now = view.value.clone();
    let ondays = view.push.reform(move |(from, to)| ReconcileView {
        from,
        to,
        ..now.closed()
    });
    html! {
        <div class="mb-4 flex flex-wrap items-center gap-2">
            <SelectInput id="account" label={Some(AttrValue::from(t.reconcile.account))} {value} {choices} class="w-full sm:w-64" {onchange} />
            <Days from={view.value.from.or(props.days.map(|days| days.0))} to={view.value.to.or(props.days.map(|days| days.1))} from_label={t.margin.from} to_label={t.margin.to} onchange={ondays} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ComparedProps {
    report: Rc<Reconciliation>,
    view: UrlState<ReconcileView>,
}

#[component]
fn Compared(props: &ComparedProps) -> Html {
    let t = use_texts();
    let report = &props.report;
    let columns = vec![
        Column::text(t.reconcile.day),
        Column::text(t.reconcile.model),
        Column::text(t.reconcile.verdict),
        Column::figure(t.reconcile.here),
        Column::figure(t.reconcile.there),
        Column::figure(t.reconcile.difference),
        Column::figure(t.reconcile.output).minor(),
        Column::text(t.reconcile.causes).minor(),
    ];
    let mut rows = Vec::new();
    if let Some(total) = &report.total {
        rows.push(line(total, Some(t.reconcile.total), &props.view, t));
    }
    for day in &report.days {
        rows.push(line(day, None, &props.view, t));
        let models = report.models.iter().filter(|row| row.day == day.day);
        rows.extend(models.map(|row| line(row, None, &props.view, t)));
    }
    let tolerance = fill(
        t.reconcile.tolerance,
        &[
            ("permille", &report.tolerance_permille.to_string()),
            ("amount", &format::money(report.tolerance_nano)),
        ],
    );
    html! {
        <div class="panel mb-4 overflow-hidden">
            <Table label={t.reconcile.title} {columns} rows={Some(rows)} />
            <p class="p-3 text-xs text-muted">{ tolerance }</p>
        </div>
    }
}

fn line(row: &ReconcileRow, total: Option<&'static str>, view: &UrlState<ReconcileView>, t: &Texts) -> Row {
    let day = total.map_or_else(|| row.day.to_string(), str::to_owned);
    let model = match &row.model {
        Some(model) if model.is_empty() => "–".to_owned(),
        Some(model) => model.clone(),
        None => t.reconcile.all_models.to_owned(),
    };
    let weight = row.model.is_none().then_some("font-semibold");
    let onopen = total.is_none().then(|| {
        let (now, day) = (view.value.clone(), row.day);
        let model = row.model.clone().unwrap_or_default();
        view.push.reform(move |()| ReconcileView {
            day: Some(day),
            model: model.clone(),
            ..(*now).clone()
        })
    });
    let shown_day = html! { <span class={classes!("figures", "whitespace-nowrap", weight)}>{ day }</span> };
    Row {
        key: format!("{} {:?} {}", row.day, row.model, total.is_some()).into(),
        cells: vec![
            match &onopen {
                Some(onopen) => opens(onopen, shown_day),
                None => shown_day,
            },
            html! { <span class={classes!("block", "truncate", "md:max-w-56", weight)} title={model.clone()}>{ model.clone() }</span> },
            verdict_pill(row.verdict, t),
            amount(row.here.amount_nano),
            amount(row.there.amount_nano),
            amount(row.difference.amount_nano),
            tokens(row.difference.output_tokens),
            html! { <span class="text-xs text-muted">{ causes(row, t) }</span> },
        ],
        onopen,
        menu: Html::default(),
    }
}
