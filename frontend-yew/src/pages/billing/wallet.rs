//! The wallet and what moved it last.

use crate::api::ledger::{use_balance, use_latest_transfers};
use crate::i18n::use_texts;
use crate::pages::overview::kind_name;
use crate::pages::parts::{fact, section};
use crate::ui::{Column, Failure, Moment, Money, Row, Skeleton, Table};
use tollgate_contract::ledger::{Transfer, TransferKind};
use tollgate_contract::money::NanoUsd;
use yew::prelude::*;

/// How many bookings are shown.
const LATEST: u32 = 100;

/// The part.
#[component]
pub fn Wallet() -> Html {
    let t = use_texts();
    let (balance, transfers) = (use_balance(), use_latest_transfers(LATEST));
    let line = |name: &'static str, amount: NanoUsd| fact(name, html! { <Money {amount} /> });
    let held = match (&balance.data, &balance.error) {
        (Some(balance), _) => html! {
            <dl class="panel divide-y divide-base-300 p-5 max-w-xl">
                { line(t.overview.balance_booked, balance.balance_nano) }
                { line(t.overview.held, balance.held_nano) }
                { line(t.overview.available, balance.available_nano) }
                { line(t.overview.paid_in, balance.paid_in_nano) }
                { line(t.overview.charged, balance.charged_nano) }
                if balance.tax_nano.0 != 0 {
                    { line(t.billing.tax_and_rounding, balance.tax_nano) }
                }
            </dl>
        },
        (None, Some(error)) => {
            html! { <Failure error={error.clone()} onretry={balance.reload.clone()} /> }
        }
        (None, None) => html! { <Skeleton class="h-40" /> },
    };
    let columns = vec![
        Column::text(t.requests.booked),
        Column::text(t.billing.what_for),
        Column::text(t.billing.reason).minor(),
        Column::figure(t.billing.amount),
    ];
    let row = |transfer: &Transfer| Row {
        key: transfer.id.to_string().into(),
        cells: vec![
            html! { <Moment at={transfer.booked_at} absolute=true /> },
            html! { { kind_name(transfer.kind, t) } },
            html! { <span class="break-words">{ reason(transfer) }</span> },
            html! { <Money amount={transfer.wallet_nano} /> },
        ],
        onopen: None,
        menu: Html::default(),
    };
    let rows = transfers
        .data
        .as_ref()
        .map(|page| page.items.iter().map(row).collect::<Vec<_>>());
    html! {
        <>
            { held }
            { section(t.overview.ledger_title) }
            if let Some(error) = transfers.error.as_ref().filter(|_| transfers.data.is_none()) {
                <Failure error={error.clone()} onretry={transfers.reload.clone()} />
            } else {
                <div class="panel overflow-hidden"><Table label={t.overview.ledger_title} {columns} {rows} stale={transfers.busy} /></div>
            }
        </>
    }
}

/// Settlement's own bookings have no reason but what they are.
fn reason(transfer: &Transfer) -> String {
    match transfer.kind {
        TransferKind::Usage | TransferKind::Correction => String::new(),
        _ => transfer.reason.clone(),
    }
}
