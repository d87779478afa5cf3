//! The list of accounts: those that need a look first, in the order that was chosen, with boxes to tick.

use super::bulk::Bulk;
use super::cells::{cells, columns};
use super::connect::can_reconnect;
use super::filters::changing;
use super::state::{Step, resettable, use_step};
use super::view::{AccountsView, Open, Sort};
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::NothingMatches;
use crate::state::{UrlState, may, use_me};
use crate::ui::{Button, ButtonKind, Empty, Glyph, Icon, Menu, MenuItem, Picks, Row, Sorting, Table};
use std::collections::BTreeSet;
use std::rc::Rc;
use tollgate_contract::accounts::{Account, Accounts};
use tollgate_contract::page::Order;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ListProps {
    pub view: UrlState<AccountsView>,
    /// `None`: still loading.
    pub accounts: Option<Rc<Accounts>>,
    pub ondelete: Callback<Rc<Account>>,
}

/// The table, and over it what can be done with the rows that are ticked.
#[component]
pub fn List(props: &ListProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let steps = (use_step(Step::Toggle), use_step(Step::Reset));
    let ticked = use_state(|| Rc::new(BTreeSet::<AttrValue>::new()));
    let view = &props.view;
    let writes = may(me.as_ref(), "accounts.write");
    let chosen = props
        .accounts
        .as_ref()
        .map(|accounts| view.value.choose(&accounts.items));
    let empty = chosen.as_ref().is_some_and(Vec::is_empty);
    // What a filter hides is not meant, nor what is gone.
    let meant: Vec<Account> = chosen
        .iter()
        .flatten()
        .filter(|account| ticked.contains(account.id.to_string().as_str()))
        .map(|account| (*account).clone())
        .collect();
    let onchange = {
        let ticked = ticked.clone();
        Callback::from(move |keys| ticked.set(Rc::new(keys)))
    };
    let picks = writes.then(|| Picks {
        chosen: (*ticked).clone(),
        all: t.accounts.tick_all.into(),
        one: t.accounts.tick_one.into(),
        onchange: onchange.clone(),
    });
    let rows = chosen.map(|chosen| {
        let rows = chosen
            .into_iter()
            .map(|account| row(account, view, writes, &steps, &props.ondelete, t));
        rows.collect::<Vec<_>>()
    });
    let sorting = Sorting {
        by: view.value.sort.as_str().into(),
        order: view.value.order,
        onsort: changing(view, |view, (by, order): (AttrValue, Order)| {
            (view.sort, view.order) = (Sort::parse(&by), order);
        }),
    };
    html! {
        <>
            if writes {
                <Bulk accounts={Rc::new(meant)} onclear={onchange.reform(|()| BTreeSet::new())} />
            }
            <div class="panel overflow-hidden">
                if empty {
                    { nothing(view, writes, t) }
                } else {
                    <Table label={t.accounts.title} columns={columns(t)} {rows} {sorting} menus={writes} {picks} />
                }
            </div>
        </>
    }
}

fn nothing(view: &UrlState<AccountsView>, writes: bool, t: &'static Texts) -> Html {
    if view.value.filtered() {
        return html! { <NothingMatches onclear={changing(view, |view, ()| view.clear())} /> };
    }
    let add = view.push.reform(|()| AccountsView::default().with(Open::Create));
    let connect = view
        .push
        .reform(|()| AccountsView::default().with(Open::Connect(None)));
    html! {
        <Empty glyph={Glyph::Plug} title={t.accounts.empty_title} text={t.accounts.empty_help}>
            if writes {
                <Button kind={ButtonKind::Primary} glyph={Glyph::Link} label={t.connect.open} onclick={connect} />
                <Button glyph={Glyph::Plus} label={t.accounts.add} onclick={add} />
            }
        </Empty>
    }
}

type Steps = (Callback<Rc<Account>>, Callback<Rc<Account>>);

fn row(
    account: &Account,
    view: &UrlState<AccountsView>,
    writes: bool,
    steps: &Steps,
    ondelete: &Callback<Rc<Account>>,
    t: &Texts,
) -> Row {
    let account = Rc::new(account.clone());
    let menu = writes.then(|| row_menu(&account, view, steps, ondelete, t));
    Row {
        key: account.id.to_string().into(),
        cells: cells(&account, &view.value, t),
        onopen: Some(opening(view, Open::Details(account.id))),
        menu: menu.unwrap_or_default(),
    }
}

fn opening(view: &UrlState<AccountsView>, open: Open) -> Callback<()> {
    let value = view.value.clone();
    view.push.reform(move |()| value.with(open))
}

fn row_menu(
    account: &Rc<Account>,
    view: &UrlState<AccountsView>,
    (toggle, reset): &Steps,
    ondelete: &Callback<Rc<Account>>,
    t: &Texts,
) -> Html {
    let with = |callback: &Callback<Rc<Account>>| {
        let account = account.clone();
        callback.reform(move |()| account.clone())
    };
    let (glyph, label) = if account.schedulable {
        (Glyph::Pause, t.accounts.pause)
    } else {
        (Glyph::Play, t.accounts.resume)
    };
    let mut items = vec![
        MenuItem::new(Glyph::Pen, t.shared.edit, opening(view, Open::Edit(account.id))),
        MenuItem::new(glyph, label, with(toggle)),
    ];
    if resettable(account.state) {
        items.push(MenuItem::new(Glyph::Again, t.accounts.reset, with(reset)));
    }
    if can_reconnect(account) {
        let connect = opening(view, Open::Connect(Some(account.id)));
        items.push(MenuItem::new(Glyph::Link, t.connect.anew, connect));
    }
    items.push(MenuItem::new(Glyph::Trash, t.shared.delete, with(ondelete)).danger());
    html! { <Menu label={fill(t.shared.open_menu, &[("name", &account.name)])} button={html! { <Icon glyph={Glyph::More} /> }} {items} /> }
}
