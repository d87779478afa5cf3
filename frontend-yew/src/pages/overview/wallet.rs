//! What the wallet holds and what was booked last, beside the dashboard.

use crate::api::ledger::{use_balance, use_latest_transfers};
use crate::format;
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::{fact, section};
use crate::pages::vouchers::Redeem;
use crate::state::{Late, use_late};
use crate::ui::{Button, Drawer, Failure, Glyph, Moment, Money, Skeleton};
use tollgate_contract::ledger::{Transfer, TransferKind};
use tollgate_contract::money::NanoUsd;
use yew::prelude::*;

/// How many bookings are shown.
const LATEST: u32 = 50;

#[derive(Properties, PartialEq)]
pub struct WalletProps {
    pub onclose: Callback<()>,
}

/// The drawer.
#[component]
pub fn Wallet(props: &WalletProps) -> Html {
    let t = use_texts();
    let redeeming = use_state(|| false);
    // Vouchers are a late page's.
    let (late, _) = use_late();
    let setting = |on: bool| {
        let redeeming = redeeming.clone();
        Callback::from(move |()| redeeming.set(on))
    };
    let actions = html! { <Button glyph={Glyph::Tag} label={t.vouchers.redeem} busy={late == Late::Loading} onclick={setting(true)} /> };
    html! {
        <>
            <Drawer title={html! { { t.overview.balance } }} {actions} onclose={props.onclose.clone()}>
                <Held />
                <Latest />
            </Drawer>
            if *redeeming && late == Late::There {
                <Redeem onclose={setting(false)} />
            }
        </>
    }
}

#[component]
fn Held() -> Html {
    let t = use_texts();
    let found = use_balance();
    let Some(balance) = &found.data else {
        return match &found.error {
            Some(error) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
            None => html! { <Skeleton class="h-40" /> },
        };
    };
    let line = |name: &'static str, amount: NanoUsd| fact(name, html! { <Money {amount} /> });
    html! {
        <dl class="divide-y divide-base-300">
            { line(t.overview.balance_booked, balance.balance_nano) }
            { line(t.overview.held, balance.held_nano) }
            { line(t.overview.available, balance.available_nano) }
            { line(t.overview.paid_in, balance.paid_in_nano) }
            { line(t.overview.charged, balance.charged_nano) }
        </dl>
    }
}

#[component]
fn Latest() -> Html {
    let t = use_texts();
    let found = use_latest_transfers(LATEST);
    let body = match (&found.data, &found.error) {
        (Some(page), _) if page.items.is_empty() => {
            html! { <p class="text-muted">{ t.overview.ledger_empty }</p> }
        }
        (Some(page), _) => {
            html! { <ul class="divide-y divide-base-300">{ for page.items.iter().map(|transfer| booking(transfer, t)) }</ul> }
        }
        (None, Some(error)) => html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> },
        (None, None) => html! { <Skeleton class="h-40" /> },
    };
    html! { <>{ section(t.overview.ledger_title) }{ body }</> }
}

/// What a transfer is for, in words.
pub fn kind_name(kind: TransferKind, t: &Texts) -> &'static str {
    match kind {
        TransferKind::TopUp => t.overview.transfer_top_up,
        TransferKind::Promotion => t.overview.transfer_promotion,
        TransferKind::Usage => t.overview.transfer_usage,
        TransferKind::Correction => t.overview.transfer_correction,
        TransferKind::Refund => t.overview.transfer_refund,
        TransferKind::Adjustment => t.overview.transfer_adjustment,
        TransferKind::UpstreamCost => t.overview.transfer_upstream_cost,
        TransferKind::Voucher => t.overview.transfer_voucher,
        TransferKind::Tax => t.overview.transfer_tax,
        TransferKind::Rounding => t.overview.transfer_rounding,
        TransferKind::Payment => t.overview.transfer_payment,
        TransferKind::CreditNote => t.overview.transfer_credit_note,
    }
}

fn booking(transfer: &Transfer, t: &Texts) -> Html {
    let kind = kind_name(transfer.kind, t);
    let amount = transfer.wallet_nano;
    let sign = if amount.0 > 0 { "+" } else { "" };
    html! {
        <li key={transfer.id.to_string()} class="flex items-baseline justify-between gap-4 py-2">
            <div class="min-w-0">
                <p class="font-medium">{ kind }</p>
                <p class="text-xs text-muted break-words">
                    <Moment at={transfer.booked_at} absolute=true />
                    if !transfer.reason.is_empty() {
                        { " · " }{ transfer.reason.clone() }
                    }
                </p>
            </div>
            <span class="figures whitespace-nowrap" title={format::money_exact(amount)}>{ format!("{sign}{}", format::money(amount)) }</span>
        </li>
    }
}
