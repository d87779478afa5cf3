//! The list of accounts: those that need a look first, search, filters, order.

use super::platforms::platform_name;
use super::state::{Step, resettable, state_name, state_pill, use_step};
use super::view::{AccountsView, Open, Sort};
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::Go;
use crate::router::Route;
use crate::state::{UrlState, may, use_me};
use crate::ui::{
    Button, ButtonKind, Chip, Chips, Choice, Column, Empty, Glyph, Icon, Menu, MenuItem, Moment, Money, Row,
    Search, SelectInput, Sorting, Table,
};
use std::rc::Rc;
use tollgate_contract::accounts::{Account, AccountState, Accounts};
use tollgate_contract::page::Order;
use tollgate_contract::platform::Platform;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct FiltersProps {
    pub view: UrlState<AccountsView>,
}

/// Search and filters, and those that hold as chips.
#[component]
pub fn Filters(props: &FiltersProps) -> Html {
    let t = use_texts();
    let view = &props.view;
    let onsearch = changing(view, |view, text: String| {
        view.text = Some(text).filter(|text| !text.trim().is_empty());
    });
    let onstate = changing(view, |view, text: String| view.state = AccountState::parse(&text));
    let onplatform = changing(view, |view, text: String| view.platform = Platform::parse(&text));
    let mut platforms = vec![Choice::new(
        "",
        format!("{}: {}", t.accounts.platform, t.shared.any),
    )];
    platforms
        .extend(Platform::ALL.map(|platform| Choice::new(platform.as_str(), platform_name(platform, t))));
    let mut choices = vec![Choice::new("", format!("{}: {}", t.accounts.state, t.shared.any))];
    choices.extend(AccountState::ALL.map(|state| Choice::new(state.as_str(), state_name(state, t))));
    html! {
        <>
            <div class="mb-3 flex flex-wrap gap-2" role="search" aria-label={t.shared.filters}>
                <Search value={view.value.text.clone().unwrap_or_default()} label={t.accounts.search} {onsearch} />
                <SelectInput id="filter-platform" value={view.value.platform.map(Platform::as_str).unwrap_or_default()} choices={platforms}
                    label={t.accounts.platform} class="w-full sm:w-44" onchange={onplatform} />
                <SelectInput id="filter-state" value={view.value.state.map(AccountState::as_str).unwrap_or_default()} {choices}
                    label={t.accounts.state} class="w-full sm:w-44" onchange={onstate} />
            </div>
            <Chips chips={chips(view, t)} onclear={changing(view, |view, ()| clear(view))} />
        </>
    }
}

fn clear(view: &mut AccountsView) {
    (view.text, view.platform, view.state, view.unwell) = (None, None, None, false);
}

/// A change of the list's address by what a field says.
fn changing<T: 'static>(view: &UrlState<AccountsView>, change: fn(&mut AccountsView, T)) -> Callback<T> {
    let value = view.value.clone();
    view.push
        .reform(move |said| value.with_list(|view| change(view, said)))
}

fn chips(view: &UrlState<AccountsView>, t: &Texts) -> Vec<Chip> {
    let mut chips = Vec::new();
    if let Some(text) = &view.value.text {
        let onremove = changing(view, |view, ()| view.text = None);
        chips.push(Chip {
            name: t.frame.search.into(),
            value: text.clone().into(),
            onremove,
        });
    }
    if let Some(platform) = view.value.platform {
        let onremove = changing(view, |view, ()| view.platform = None);
        chips.push(Chip {
            name: t.accounts.platform.into(),
            value: platform_name(platform, t).into(),
            onremove,
        });
    }
    if let Some(state) = view.value.state {
        let onremove = changing(view, |view, ()| view.state = None);
        chips.push(Chip {
            name: t.accounts.state.into(),
            value: state_name(state, t).into(),
            onremove,
        });
    }
    if view.value.unwell {
        let onremove = changing(view, |view, ()| view.unwell = false);
        chips.push(Chip {
            name: t.accounts.state.into(),
            value: t.overview.accounts_unwell.into(),
            onremove,
        });
    }
    chips
}

#[derive(Properties, PartialEq)]
pub struct ListProps {
    pub view: UrlState<AccountsView>,
    /// `None`: still loading.
    pub accounts: Option<Rc<Accounts>>,
    pub stale: bool,
    pub ondelete: Callback<Rc<Account>>,
}

/// The table.
#[component]
pub fn List(props: &ListProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let steps = (use_step(Step::Toggle), use_step(Step::Reset));
    let view = &props.view;
    let writes = may(me.as_ref(), "accounts.write");
    let chosen = props
        .accounts
        .as_ref()
        .map(|accounts| view.value.choose(&accounts.items));
    if chosen.as_ref().is_some_and(Vec::is_empty) {
        return html! { <div class="panel">{ nothing(view, writes, t) }</div> };
    }
    let rows = chosen.map(|chosen| {
        let rows = chosen.into_iter().map(|account| {
            let account = Rc::new(account.clone());
            let menu = writes.then(|| row_menu(&account, view, &steps, &props.ondelete, t));
            let open = view.push.reform({
                let (value, id) = (view.value.clone(), account.id);
                move |()| value.with(Open::Details(id))
            });
            Row {
                key: account.id.to_string().into(),
                cells: cells(&account, &view.value, t),
                onopen: Some(open),
                menu: menu.unwrap_or_default(),
            }
        });
        rows.collect::<Vec<_>>()
    });
    let sorting = Sorting {
        by: view.value.sort.as_str().into(),
        order: view.value.order,
        onsort: changing(view, |view, (by, order): (AttrValue, Order)| {
            (view.sort, view.order) = (Sort::parse(&by), order);
        }),
    };
    let columns = vec![
        Column::text(t.accounts.name).sortable("name"),
        Column::text(t.accounts.state).sortable("state"),
        Column::figure(t.accounts.priority).sortable("priority").minor(),
        Column::figure(t.figures.requests).sortable("requests"),
        Column::figure(t.figures.cost).sortable("cost"),
        Column::text(t.accounts.until),
    ];
    html! {
        <div class="panel overflow-hidden">
            <Table label={t.accounts.title} {columns} {rows} {sorting} stale={props.stale} menus={writes} />
        </div>
    }
}

fn nothing(view: &UrlState<AccountsView>, writes: bool, t: &'static Texts) -> Html {
    if view.value.filtered() {
        return html! {
            <Empty glyph={Glyph::Search} title={t.shared.nothing_matches} text={t.shared.nothing_matches_help}>
                <Button label={t.shared.clear_filters} onclick={changing(view, |view, ()| clear(view))} />
            </Empty>
        };
    }
    let add = view.push.reform(|()| AccountsView::default().with(Open::Create));
    html! {
        <Empty glyph={Glyph::Plug} title={t.accounts.empty_title} text={t.accounts.empty_help}>
            if writes {
                <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.accounts.add} onclick={add} />
            }
        </Empty>
    }
}

fn cells(account: &Account, view: &AccountsView, t: &Texts) -> Vec<Html> {
    let query = serde_urlencoded::to_string(view.with(Open::Details(account.id))).unwrap_or_default();
    vec![
        html! {
            <div class="min-w-0 md:max-w-52 xl:max-w-80">
                <Go to={Route::Accounts} {query} class="block truncate font-medium hover:underline">{ account.name.clone() }</Go>
                <span class="block truncate text-xs text-muted" title={account.base_url.clone()}>
                    { platform_name(account.platform, t) }{ " · " }{ host(&account.base_url).to_owned() }
                </span>
            </div>
        },
        html! {
            <div class="min-w-0">
                { state_pill(account.state, account.schedulable, t) }
                if !account.state_reason.is_empty() {
                    <span class="block truncate text-xs text-muted md:max-w-56 mt-0.5" title={account.state_reason.clone()}>{ account.state_reason.clone() }</span>
                }
            </div>
        },
        html! { <span class="figures" title={t.accounts.priority_help}>{ account.priority }</span> },
        html! { <span class="figures" title={t.accounts.today}>{ crate::format::count(account.today.requests) }</span> },
        html! { <Money amount={account.today.charge_nano} /> },
        match account.state_until {
            Some(at) => html! { <Moment {at} /> },
            None => html! { <span class="text-muted">{ "–" }</span> },
        },
    ]
}

/// An address without what all of them begin with.
fn host(base_url: &str) -> &str {
    base_url.strip_prefix("https://").unwrap_or(base_url)
}

fn row_menu(
    account: &Rc<Account>,
    view: &UrlState<AccountsView>,
    (toggle, reset): &(Callback<Rc<Account>>, Callback<Rc<Account>>),
    ondelete: &Callback<Rc<Account>>,
    t: &Texts,
) -> Html {
    let with = |callback: &Callback<Rc<Account>>| {
        let account = account.clone();
        callback.reform(move |()| account.clone())
    };
    let edit = view.push.reform({
        let (value, id) = (view.value.clone(), account.id);
        move |()| value.with(Open::Edit(id))
    });
    let (glyph, label) = if account.schedulable {
        (Glyph::Pause, t.accounts.pause)
    } else {
        (Glyph::Play, t.accounts.resume)
    };
    let mut items = vec![
        MenuItem::new(Glyph::Pen, t.shared.edit, edit),
        MenuItem::new(glyph, label, with(toggle)),
    ];
    if resettable(account.state) {
        items.push(MenuItem::new(Glyph::Again, t.accounts.reset, with(reset)));
    }
    items.push(MenuItem::new(Glyph::Trash, t.shared.delete, with(ondelete)).danger());
    html! { <Menu label={fill(t.shared.open_menu, &[("name", &account.name)])} button={html! { <Icon glyph={Glyph::More} /> }} {items} /> }
}
