//! The list of keys: search, filters, order, pages.

use super::details::{last_used, limits};
use super::state::{key_pill, may_change, use_switch};
use super::view::{KeysView, Open};
use crate::api::Query;
use crate::api::people::use_people;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{Go, NothingMatches};
use crate::router::Route;
use crate::state::{UrlState, may, use_me};
use crate::ui::{
    Button, ButtonKind, Chip, Chips, Choice, Column, Empty, Failure, Glyph, Icon, Menu, MenuItem, Moment,
    Money, Paging, Row, Search, SelectInput, Sorting, Table,
};
use std::rc::Rc;
use tollgate_contract::keys::{Key, KeySort, KeyStatus};
use tollgate_contract::page::{Order, Page};
use yew::prelude::*;

/// Two of them share a phone's line.
const SELECT: &str = "w-[calc(50%-0.25rem)] sm:w-44";

#[derive(Properties, PartialEq)]
pub struct FiltersProps {
    pub view: UrlState<KeysView>,
}

/// Search and filters, and those that hold as chips.
#[component]
pub fn Filters(props: &FiltersProps) -> Html {
    let t = use_texts();
    let view = &props.view;
    let everyones =
        use_me().is_some_and(|me| may(Some(&me), "keys.read_all") && may(Some(&me), "users.read"));
    let onsearch = changing(view, |view, text: String| {
        view.text = Some(text).filter(|text| !text.trim().is_empty());
    });
    let onstatus = changing(view, |view, text: String| view.status = status_of(&text));
    let status = view.value.status.map(KeyStatus::as_str).unwrap_or_default();
    let choices = vec![
        Choice::new("", format!("{}: {}", t.keys.status, t.shared.any)),
        Choice::new("active", t.keys.active),
        Choice::new("disabled", t.keys.disabled),
    ];
    html! {
        <>
            <div class="mb-3 flex flex-wrap gap-2" role="search" aria-label={t.shared.filters}>
                <Search value={view.value.text.clone().unwrap_or_default()} label={t.keys.search} {onsearch} />
                <SelectInput id="filter-status" value={status} {choices} label={t.keys.status} class={SELECT} onchange={onstatus} />
                if everyones {
                    <OwnerFilter view={view.clone()} />
                }
            </div>
            <Holding view={view.clone()} {everyones} />
        </>
    }
}

/// A change of the list's address by what a field says.
fn changing<T: 'static>(view: &UrlState<KeysView>, change: fn(&mut KeysView, T)) -> Callback<T> {
    let value = view.value.clone();
    view.push
        .reform(move |said| value.with_list(|view| change(view, said)))
}

fn status_of(text: &str) -> Option<KeyStatus> {
    [KeyStatus::Active, KeyStatus::Disabled]
        .into_iter()
        .find(|status| status.as_str() == text)
}

#[component]
fn OwnerFilter(props: &FiltersProps) -> Html {
    let t = use_texts();
    let people = use_people();
    let mut choices = vec![Choice::new("", format!("{}: {}", t.keys.owner, t.shared.any))];
    if let Some(page) = &people.data {
        choices.extend(
            page.items
                .iter()
                .map(|person| Choice::new(person.id.to_string(), person.name.clone())),
        );
    }
    let value = props
        .view
        .value
        .owner
        .map(|owner| owner.to_string())
        .unwrap_or_default();
    let onchange = changing(&props.view, |view, text: String| view.owner = text.parse().ok());
    html! { <SelectInput id="filter-owner" {value} {choices} label={t.keys.owner} class={SELECT} {onchange} /> }
}

#[derive(Properties, PartialEq)]
struct HoldingProps {
    view: UrlState<KeysView>,
    everyones: bool,
}

/// The filters that hold.
#[component]
fn Holding(props: &HoldingProps) -> Html {
    let t = use_texts();
    let view = &props.view;
    let without = |change: fn(&mut KeysView)| {
        let value = view.value.clone();
        view.push.reform(move |()| value.with_list(change))
    };
    let mut chips = Vec::new();
    if let Some(text) = &view.value.text {
        let value = text.clone().into();
        chips.push(Chip {
            name: t.frame.search.into(),
            value,
            onremove: without(|view| view.text = None),
        });
    }
    if let Some(status) = view.value.status {
        let value = if status == KeyStatus::Active {
            t.keys.active
        } else {
            t.keys.disabled
        };
        chips.push(Chip {
            name: t.keys.status.into(),
            value: value.into(),
            onremove: without(|view| view.status = None),
        });
    }
    if let Some(tag) = &view.value.tag {
        let value = tag.clone().into();
        chips.push(Chip {
            name: t.keys.tag.into(),
            value,
            onremove: without(|view| view.tag = None),
        });
    }
    let onclear = {
        let value = view.value.clone();
        view.push.reform(move |()| KeysView {
            sort: value.sort,
            order: value.order,
            ..KeysView::default()
        })
    };
    let owner = view
        .value
        .owner
        .map(|owner| owner.to_string())
        .filter(|_| props.everyones);
    html! {
        if let Some(owner) = owner {
            <OwnerChip {owner} {chips} onremove={without(|view| view.owner = None)} {onclear} />
        } else {
            <Chips {chips} {onclear} />
        }
    }
}

#[derive(Properties, PartialEq)]
struct OwnerChipProps {
    owner: String,
    chips: Vec<Chip>,
    onremove: Callback<()>,
    onclear: Callback<()>,
}

/// The chips with the owner's, whose name has to be looked up.
#[component]
fn OwnerChip(props: &OwnerChipProps) -> Html {
    let t = use_texts();
    let people = use_people();
    let found = people.data.as_ref().and_then(|page| {
        page.items
            .iter()
            .find(|person| person.id.to_string() == props.owner)
    });
    let value = found.map_or_else(|| props.owner.clone(), |person| person.name.clone());
    let chip = Chip {
        name: t.keys.owner.into(),
        value: value.into(),
        onremove: props.onremove.clone(),
    };
    let chips: Vec<Chip> = props.chips.iter().cloned().chain([chip]).collect();
    html! { <Chips {chips} onclear={props.onclear.clone()} /> }
}

#[derive(Properties, PartialEq)]
pub struct ListProps {
    pub view: UrlState<KeysView>,
    pub found: ListQuery,
    pub ondelete: Callback<Rc<Key>>,
}

/// What is known of the page of keys that is shown.
#[derive(Clone)]
pub struct ListQuery(pub Rc<Query<Page<Key>>>);

impl PartialEq for ListQuery {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// The table.
#[component]
pub fn List(props: &ListProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let switch = use_switch();
    let (view, found) = (&props.view, &props.found.0);
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    let everyones = may(me.as_ref(), "keys.read_all");
    let writes = may(me.as_ref(), "keys.write_own");
    if let Some(page) = found
        .data
        .as_ref()
        .filter(|page| page.items.is_empty() && !found.busy && page.next_cursor.is_none())
        && page.total.unwrap_or_default() == 0
        && view.value.cursor.is_none()
    {
        return html! { <div class="panel">{ nothing(view, writes, t) }</div> };
    }
    let rows = found.data.as_ref().map(|page| {
        let open = |to: Open| {
            view.push.reform({
                let value = view.value.clone();
                move |()| value.with(to)
            })
        };
        let rows = page.items.iter().map(|key| {
            let key = Rc::new(key.clone());
            let menu = may_change(&key, me.as_ref())
                .then(|| row_menu(&key, open(Open::Edit(key.id)), &switch, &props.ondelete, t));
            Row {
                key: key.id.to_string().into(),
                cells: cells(&key, &view.value, everyones, t),
                onopen: Some(open(Open::Details(key.id))),
                menu: menu.unwrap_or_default(),
            }
        });
        rows.collect::<Vec<_>>()
    });
    let shown = rows.as_ref().map(Vec::len);
    html! {
        <div class="panel overflow-hidden">
            <Table label={t.keys.title} columns={columns(everyones, t)} {rows} sorting={sorting(view)} stale={found.busy} menus={writes} skeletons=8 />
            if let (Some(shown), Some(page)) = (shown, &found.data) {
                <Paging {shown} total={page.total} cursor={view.value.cursor.clone()} next={page.next_cursor.clone()}
                    onturn={view.push.reform({
                        let value = view.value.clone();
                        move |cursor| KeysView { cursor, ..value.closed() }
                    })} />
            }
        </div>
    }
}

fn nothing(view: &UrlState<KeysView>, writes: bool, t: &'static Texts) -> Html {
    if view.value.filtered() {
        let clear = view.push.reform(|()| KeysView::default());
        return html! { <NothingMatches onclear={clear} /> };
    }
    let create = view.push.reform({
        let value = view.value.clone();
        move |()| value.with(Open::Create)
    });
    html! {
        <Empty glyph={Glyph::Key} title={t.keys.empty_title} text={t.keys.empty_help}>
            if writes {
                <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.keys.create} onclick={create} />
            }
        </Empty>
    }
}

fn columns(everyones: bool, t: &Texts) -> Vec<Column> {
    let mut columns = vec![
        Column::text(t.keys.name).sortable("name"),
        Column::text(t.keys.status),
    ];
    if everyones {
        columns.push(Column::text(t.keys.owner).minor());
    }
    columns.extend([
        Column::figure(t.figures.requests),
        Column::figure(t.figures.cost),
        Column::text(t.keys.limits).minor(),
        Column::text(t.keys.last_used),
        Column::text(t.keys.expires).sortable("expires_at").minor(),
        Column::text(t.keys.created).sortable("created_at").minor(),
    ]);
    columns
}

fn cells(key: &Key, view: &KeysView, everyones: bool, t: &Texts) -> Vec<Html> {
    let query = serde_urlencoded::to_string(view.with(Open::Details(key.id))).unwrap_or_default();
    let mut cells = vec![
        html! {
            <div class="min-w-0 md:max-w-48 xl:max-w-64">
                <Go to={Route::Keys} {query} class="block truncate font-medium hover:underline">{ key.name.clone() }</Go>
                <code class="block truncate font-mono text-xs text-muted">{ format!("{}…{}", key.prefix, key.last_four) }</code>
            </div>
        },
        key_pill(key, t),
    ];
    if everyones {
        let owner = key.owner.as_ref();
        cells.push(html! {
            <span class="block md:max-w-40 truncate" title={owner.map(|owner| owner.email.clone())}>
                { owner.map_or("–", |owner| owner.name.as_str()).to_owned() }
            </span>
        });
    }
    cells.extend([
        html! { <span class="figures" title={t.keys.today}>{ crate::format::count(key.today.requests) }</span> },
        html! { <Money amount={key.today.charge_nano} /> },
        limits(key, t),
        last_used(key, t),
        match key.expires_at {
            Some(at) => html! { <Moment {at} /> },
            None => html! { <span class="text-muted">{ t.keys.expires_never }</span> },
        },
        html! { <Moment at={key.created_at} /> },
    ]);
    cells
}

fn sorting(view: &UrlState<KeysView>) -> Sorting {
    let by = match view.value.sort {
        KeySort::CreatedAt => "created_at",
        KeySort::Name => "name",
        KeySort::ExpiresAt => "expires_at",
    };
    let onsort = changing(view, |view, (by, order): (AttrValue, Order)| {
        view.sort = match by.as_str() {
            "name" => KeySort::Name,
            "expires_at" => KeySort::ExpiresAt,
            _ => KeySort::CreatedAt,
        };
        view.order = order;
    });
    Sorting {
        by: by.into(),
        order: view.value.order,
        onsort,
    }
}

fn row_menu(
    key: &Rc<Key>,
    edit: Callback<()>,
    switch: &Callback<Rc<Key>>,
    ondelete: &Callback<Rc<Key>>,
    t: &Texts,
) -> Html {
    let with = |callback: &Callback<Rc<Key>>| {
        let key = key.clone();
        callback.reform(move |()| key.clone())
    };
    let (glyph, label) = match key.status {
        KeyStatus::Active => (Glyph::Pause, t.keys.disable),
        KeyStatus::Disabled => (Glyph::Play, t.keys.enable),
    };
    let items = vec![
        MenuItem::new(Glyph::Pen, t.shared.edit, edit),
        MenuItem::new(glyph, label, with(switch)),
        MenuItem::new(Glyph::Trash, t.shared.delete, with(ondelete)).danger(),
    ];
    html! { <Menu label={fill(t.shared.open_menu, &[("name", &key.name)])} button={html! { <Icon glyph={Glyph::More} /> }} {items} /> }
}
