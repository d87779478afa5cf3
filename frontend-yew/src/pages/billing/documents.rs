//! Invoices and credit notes.

use super::drawer::DocumentDrawer;
use super::{PartProps, View};
use crate::api::billing::use_documents;
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::Go;
use crate::router::Route;
use crate::state::{may, use_me};
use crate::ui::{Column, Empty, Failure, Glyph, Moment, Money, Pill, Row, Table, Tone};
use tollgate_contract::invoices::{DocumentKind, DocumentStatus, DocumentSummary};
use tollgate_contract::money::{NANO_PER_USD, NanoUsd};
use yew::prelude::*;

/// Cents as the nano-dollars that they are.
pub fn cents(cents: i64) -> NanoUsd {
    NanoUsd(cents.saturating_mul(NANO_PER_USD / 100))
}

/// The part.
#[component]
pub fn Documents(props: &PartProps) -> Html {
    let t = use_texts();
    let writes = may(use_me().as_ref(), "billing.write");
    let found = use_documents(props.whose);
    let shut = props.onview.reform({
        let view = props.view.clone();
        move |()| View {
            document: None,
            ..view.clone()
        }
    });
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    if found.data.as_ref().is_some_and(|found| found.items.is_empty()) {
        return html! {
            <div class="panel"><Empty glyph={Glyph::List} title={t.billing.documents_empty} text={t.billing.documents_empty_help} /></div>
        };
    }
    let columns = vec![
        Column::text(t.billing.number),
        Column::text(t.billing.month),
        Column::text(t.billing.status),
        Column::figure(t.billing.net).minor(),
        Column::figure(t.billing.tax).minor(),
        Column::figure(t.billing.total),
        Column::figure(t.billing.due),
        Column::text(t.billing.issued_at).minor(),
    ];
    let rows = found.data.as_ref().map(|found| {
        found
            .items
            .iter()
            .map(|one| row(one, props, t))
            .collect::<Vec<_>>()
    });
    let mail = found.data.as_ref().is_some_and(|found| found.mail);
    html! {
        <>
            <div class="panel overflow-hidden">
                <Table label={t.billing.documents} {columns} {rows} stale={found.busy} />
            </div>
            if let Some(id) = props.view.document {
                <DocumentDrawer whose={props.whose} {id} {mail} {writes} operator={props.operator} view={props.view.clone()}
                    onview={props.onview.clone()} onclose={shut} />
            }
        </>
    }
}

fn row(one: &DocumentSummary, props: &PartProps, t: &Texts) -> Row {
    let kind = match one.kind {
        DocumentKind::Invoice => t.billing.invoice,
        DocumentKind::CreditNote => t.billing.credit_note,
    };
    let view = View {
        document: Some(one.id),
        ..props.view.clone()
    };
    let money = |amount: i64| html! { <Money amount={cents(amount)} /> };
    Row {
        key: one.id.to_string().into(),
        cells: vec![
            html! { <><Go to={Route::Billing} query={view.address()} class="font-medium figures hover:underline">{ one.number.clone() }</Go><span class="block text-xs text-muted">{ kind }</span></> },
            html! { <span class="figures">{ one.month.clone() }</span> },
            html! { <span class="flex flex-wrap gap-1">{ pill(one.status, t) }{ mail_pill(one, t) }</span> },
            money(one.net_cents),
            money(one.tax_cents),
            money(one.total_cents),
            money(one.due_cents),
            html! { <Moment at={one.issued_at} /> },
        ],
        onopen: Some(props.onview.reform(move |()| view.clone())),
        menu: Html::default(),
    }
}

/// How far a document is.
pub fn pill(status: DocumentStatus, t: &Texts) -> Html {
    let (tone, text) = match status {
        DocumentStatus::Settled => (Tone::Good, t.billing.settled),
        DocumentStatus::Paid => (Tone::Good, t.billing.paid),
        DocumentStatus::Open => (Tone::Waiting, t.billing.open),
        DocumentStatus::Overdue => (Tone::Bad, t.billing.overdue),
    };
    html! { <Pill {tone} {text} /> }
}

/// How far its last letter is.
pub fn mail_pill(one: &DocumentSummary, t: &Texts) -> Html {
    let (tone, text) = match one.mail.as_deref() {
        Some("sent") => (Tone::Plain, t.billing.mail_sent),
        Some("failed") => (Tone::Bad, t.billing.mail_failed),
        Some(_) => (Tone::Quiet, t.billing.mail_queued),
        None => return Html::default(),
    };
    html! { <Pill {tone} {text} /> }
}
