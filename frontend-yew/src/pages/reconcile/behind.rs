//! The requests behind a row, beside the table.

use super::words::{amount, tokens};
use crate::api::reconcile::use_behind;
use crate::i18n::use_texts;
use crate::pages::parts::Go;
use crate::router::Route;
use crate::ui::{Column, Drawer, Failure, Moment, Row, Skeleton, Table};
use chrono::NaiveDate;
use tollgate_contract::ids::AccountId;
use tollgate_contract::reconcile::{ReconcileRequest, ReconcileRequestsQuery};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct BehindProps {
    pub account: AccountId,
    pub day: NaiveDate,
    /// All of the day's if empty.
    pub model: String,
    pub onclose: Callback<()>,
}

/// The drawer.
#[component]
pub fn Behind(props: &BehindProps) -> Html {
    let t = use_texts();
    let found = use_behind(&ReconcileRequestsQuery {
        account_id: props.account,
        day: props.day,
        model: Some(props.model.clone()).filter(|model| !model.is_empty()),
    });
    let shown = match (&found.data, &found.error) {
        (Some(behind), _) => {
            let columns = vec![
                Column::text(t.figures.time),
                Column::text(t.requests.status),
                Column::text(t.reconcile.model),
                Column::figure(t.reconcile.output),
                Column::figure(t.reconcile.amount),
            ];
            let rows: Vec<Row> = behind.items.iter().map(line).collect();
            html! {
                <>
                    <Table label={t.reconcile.behind} {columns} rows={Some(rows)} />
                    if behind.more {
                        <p class="mt-2 text-xs text-muted">{ t.reconcile.behind_more }</p>
                    }
                </>
            }
        }
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-40" /> },
    };
    let title = html! { { format!("{} · {} {}", t.reconcile.behind, props.day, props.model) } };
    html! { <Drawer {title} onclose={props.onclose.clone()}>{ shown }</Drawer> }
}

fn line(request: &ReconcileRequest) -> Row {
    Row {
        key: request.id.to_string().into(),
        cells: vec![
            html! { <Go to={Route::Requests} query={format!("open={}", request.id)} class="hover:underline"><Moment at={request.started_at} absolute=true /></Go> },
            html! { { format!("{} · {}", request.status, request.quality) } },
            html! { { request.model.clone() } },
            tokens(request.here.output_tokens),
            amount(request.here.amount_nano),
        ],
        onopen: None,
        menu: Html::default(),
    }
}
