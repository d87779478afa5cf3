//! Vouchers: making, listing and taking back codes for the organisation's own keys, and redeeming any.

mod make;
mod redeem;

pub use redeem::Redeem;

use crate::api::use_action;
use crate::api::vouchers::{self, use_vouchers};
use crate::browser;
use crate::format;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{Go, is_default};
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{
    Button, ButtonKind, Column, Confirm, Empty, Failure, Glyph, Moment, Page, PageHead, Paging, Pill, Row,
    Table, Tone, use_toasts,
};
use make::Make;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use tollgate_contract::vouchers::{Voucher, VoucherQuery, VoucherValue};
use yew::prelude::*;

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct View {
    #[serde(skip_serializing_if = "is_default")]
    cursor: Option<String>,
}

/// What lies over the list.
#[derive(Clone, PartialEq)]
enum Over {
    Make,
    Redeem,
    Revoke(Rc<Voucher>),
}

/// The page.
#[component]
pub fn Vouchers() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<View>(Route::Vouchers);
    let over = use_state(|| None::<Over>);
    let laying = |what: Over| {
        let over = over.clone();
        Callback::from(move |()| over.set(Some(what.clone())))
    };
    let onclose = {
        let over = over.clone();
        Callback::from(move |()| over.set(None))
    };
    let onrevoke = {
        let over = over.clone();
        Callback::from(move |voucher| over.set(Some(Over::Revoke(voucher))))
    };
    html! {
        <Page>
            <PageHead title={t.vouchers.title} text={Some(AttrValue::from(t.vouchers.intro))}>
                <Button glyph={Glyph::Tag} label={t.vouchers.redeem} onclick={laying(Over::Redeem)} />
                if may(me.as_ref(), "vouchers.write") {
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.vouchers.add} onclick={laying(Over::Make)} />
                }
            </PageHead>
            <List {view} {onrevoke} onmake={laying(Over::Make)} />
            { match &*over {
                None => Html::default(),
                Some(Over::Make) => html! { <Make {onclose} /> },
                Some(Over::Redeem) => html! { <Redeem {onclose} /> },
                Some(Over::Revoke(voucher)) => html! { <Revoke voucher={voucher.clone()} {onclose} /> },
            } }
        </Page>
    }
}

#[derive(Properties, PartialEq)]
struct ListProps {
    view: UrlState<View>,
    onmake: Callback<()>,
    onrevoke: Callback<Rc<Voucher>>,
}

#[component]
fn List(props: &ListProps) -> Html {
    let t = use_texts();
    let found = use_vouchers(&VoucherQuery {
        cursor: props.view.value.cursor.clone(),
        limit: None,
    });
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    if found.data.as_ref().is_some_and(|page| page.items.is_empty()) && props.view.value.cursor.is_none() {
        return html! {
            <div class="panel">
                <Empty glyph={Glyph::Tag} title={t.vouchers.empty_title} text={t.vouchers.empty_help}>
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.vouchers.add} onclick={props.onmake.clone()} />
                </Empty>
            </div>
        };
    }
    let columns = vec![
        Column::text(t.vouchers.code),
        Column::text(t.vouchers.value),
        Column::text(t.vouchers.status),
        Column::text(t.vouchers.note).minor(),
        Column::text(t.vouchers.until),
        Column::text(t.vouchers.redeemed_by).minor(),
        Column::text(t.vouchers.created).minor(),
    ];
    let rows = found.data.as_ref().map(|page| {
        let rows = page.items.iter().map(|voucher| row(voucher, &props.onrevoke, t));
        rows.collect::<Vec<_>>()
    });
    html! {
        <div class="panel overflow-hidden">
            <Table label={t.vouchers.title} {columns} {rows} stale={found.busy} menus=true />
            if let Some(page) = &found.data {
                <Paging shown={page.items.len()} total={page.total} cursor={props.view.value.cursor.clone()} next={page.next_cursor.clone()}
                    onturn={props.view.push.reform(|cursor| View { cursor })} />
            }
        </div>
    }
}

fn row(voucher: &Voucher, onrevoke: &Callback<Rc<Voucher>>, t: &Texts) -> Row {
    let shared = Rc::new(voucher.clone());
    let open = standing(voucher) == Standing::Open;
    let menu = open.then(|| {
        let label = fill("{verb} …{code}", &[("verb", t.vouchers.revoke), ("code", &voucher.last_four)]);
        html! { <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Trash} {label} onclick={onrevoke.reform(move |()| shared.clone())} /> }
    });
    Row {
        key: voucher.id.to_string().into(),
        cells: vec![
            html! { <code class="font-mono text-xs">{ format!("…{}", voucher.last_four) }</code> },
            html! { { value_words(&voucher.value, t) } },
            pill(voucher, t),
            html! { <span class="block md:max-w-48 truncate" title={voucher.note.clone()}>{ voucher.note.clone() }</span> },
            match voucher.expires_at {
                Some(at) => html! { <Moment {at} /> },
                None => html! { <span class="text-muted">{ t.vouchers.for_ever }</span> },
            },
            redeemed_by(voucher),
            html! { <Moment at={voucher.created_at} /> },
        ],
        onopen: None,
        menu: menu.unwrap_or_default(),
    }
}

fn redeemed_by(voucher: &Voucher) -> Html {
    let name = voucher.redeemed_by.clone();
    match voucher.key_id {
        Some(id) => {
            html! { <Go to={Route::Keys} query={format!("open={id}")} class="hover:underline">{ name }</Go> }
        }
        None => html! { { name } },
    }
}

/// How a voucher stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Open,
    Redeemed,
    Revoked,
    Expired,
}

fn standing(voucher: &Voucher) -> Standing {
    match voucher {
        _ if voucher.redeemed_at.is_some() => Standing::Redeemed,
        _ if voucher.revoked_at.is_some() => Standing::Revoked,
        _ if voucher.expires_at.is_some_and(|at| at <= browser::now()) => Standing::Expired,
        _ => Standing::Open,
    }
}

fn pill(voucher: &Voucher, t: &Texts) -> Html {
    let (tone, text) = match standing(voucher) {
        Standing::Open => (Tone::Good, t.vouchers.open),
        Standing::Redeemed => (Tone::Plain, t.vouchers.redeemed),
        Standing::Revoked => (Tone::Quiet, t.vouchers.revoked),
        Standing::Expired => (Tone::Quiet, t.vouchers.expired),
    };
    html! { <Pill {tone} {text} /> }
}

/// What a voucher brings, in words.
fn value_words(value: &VoucherValue, t: &Texts) -> String {
    match value {
        VoucherValue::Credit { amount_nano } => fill(
            t.vouchers.credit_words,
            &[("amount", &format::money(*amount_nano))],
        ),
        VoucherValue::Key { amount_nano, days } => {
            let money = (amount_nano.0 != 0).then(|| format::money(*amount_nano));
            let days = (*days != 0).then(|| fill(t.vouchers.days_words, &[("days", &days.to_string())]));
            let parts: Vec<String> = [money, days].into_iter().flatten().collect();
            parts.join(" + ")
        }
    }
}

#[derive(Properties, PartialEq)]
struct RevokeProps {
    voucher: Rc<Voucher>,
    onclose: Callback<()>,
}

#[component]
fn Revoke(props: &RevokeProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let (id, code) = (props.voucher.id, props.voucher.last_four.clone());
    let done = {
        let (onclose, code) = (props.onclose.clone(), code.clone());
        Callback::from(move |()| {
            toasts.done(fill(t.vouchers.revoked_toast, &[("code", &code)]));
            onclose.emit(());
        })
    };
    let action = use_action(move |()| vouchers::revoke(id), done);
    html! {
        <Confirm title={fill(t.vouchers.revoke_title, &[("code", &code)])} effect={t.vouchers.revoke_effect} verb={t.vouchers.revoke}
            busy={action.busy} error={action.error.clone()} onconfirm={action.run.clone()} onclose={props.onclose.clone()} />
    }
}
