//! The list of keys: order, pages, boxes to tick, and what can be done with a row.

use super::batch::Batch;
use super::columns::{Chosen, Shown, name_cell};
use super::filters::changing;
use super::state::{may_change, use_restore, use_switch};
use super::view::{KeysView, Open};
use crate::api::Query;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::NothingMatches;
use crate::state::{UrlState, may, use_me};
use crate::ui::{
    Button, ButtonKind, Column, Empty, Failure, Glyph, Icon, Menu, MenuItem, Paging, Picks, Row, Sorting,
    Table,
};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use tollgate_contract::auth::Me;
use tollgate_contract::keys::{Key, KeySort, KeyStatus};
use tollgate_contract::page::{Order, Page};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ListProps {
    pub view: UrlState<KeysView>,
    pub found: ListQuery,
    pub chosen: Chosen,
    /// Whether the viewer may make keys.
    pub makes: bool,
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

/// The keys that are ticked, with their names: also those of other pages.
pub type Ticked = Rc<BTreeMap<AttrValue, String>>;

/// The table.
#[component]
pub fn List(props: &ListProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let steps = Steps {
        switch: use_switch(),
        restore: use_restore(),
    };
    let ticked = use_state(Ticked::default);
    let (view, found) = (&props.view, &props.found.0);
    let onclear = {
        let ticked = ticked.clone();
        Callback::from(move |()| ticked.set(Ticked::default()))
    };
    {
        // What is ticked belongs to this list.
        let onclear = onclear.clone();
        let list = KeysView {
            cursor: None,
            ..view.value.closed()
        };
        use_effect_with(list, move |_| onclear.emit(()));
    }
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    let writes = may(me.as_ref(), "keys.write_own");
    let total = found.data.as_ref().and_then(|page| page.total);
    // It shows what came of a batch, also of one that emptied the list.
    let batch = writes.then(|| {
        let onticked = Callback::from({
            let ticked = ticked.clone();
            move |all| ticked.set(all)
        });
        html! { <Batch ticked={(*ticked).clone()} view={view.value.clone()} {total} {onticked} /> }
    });
    if is_empty(found) && view.value.cursor.is_none() {
        return html! { <>{ batch }<div class="panel">{ nothing(view, props.makes, t) }</div></> };
    }
    let everyones = may(me.as_ref(), "keys.read_all");
    let shown = props.chosen.columns(view.value.bin, everyones);
    let items = found.data.as_ref().map(|page| page.items.as_slice());
    let rows: Option<Vec<Row>> = items.map(|items| {
        items
            .iter()
            .map(|key| row(key, props, &shown, me.as_ref(), &steps, t))
            .collect()
    });
    let picks = writes.then(|| picks(&ticked, items.unwrap_or_default(), t));
    let columns: Vec<Column> = [Column::text(t.keys.name).sortable("name")]
        .into_iter()
        .chain(shown.iter().map(|column| column.column(t)))
        .collect();
    html! {
        <>
            { batch }
            <div class="panel overflow-hidden">
                <Table label={t.keys.title} {columns} {rows} sorting={sorting(view)} stale={found.busy} menus={writes} skeletons=8 {picks} />
                if let Some(page) = &found.data {
                    <Paging shown={page.items.len()} total={page.total} cursor={view.value.cursor.clone()} next={page.next_cursor.clone()}
                        onturn={view.push.reform({
                            let value = view.value.clone();
                            move |cursor| KeysView { cursor, ..value.closed() }
                        })} />
                }
            </div>
        </>
    }
}

/// Whether nothing at all was found, for certain.
fn is_empty(found: &Query<Page<Key>>) -> bool {
    found.data.as_ref().is_some_and(|page| {
        page.items.is_empty()
            && !found.busy
            && page.next_cursor.is_none()
            && page.total.unwrap_or_default() == 0
    })
}

fn picks(ticked: &UseStateHandle<Ticked>, items: &[Key], t: &Texts) -> Picks {
    let here: BTreeMap<AttrValue, String> = items
        .iter()
        .map(|key| (AttrValue::from(key.id.to_string()), key.name.clone()))
        .collect();
    let onchange = {
        let ticked = ticked.clone();
        Callback::from(move |chosen: BTreeSet<AttrValue>| {
            let elsewhere = ticked.iter().filter(|(id, _)| !here.contains_key(*id));
            let here = here.iter().filter(|(id, _)| chosen.contains(*id));
            let all = elsewhere.chain(here).map(|(id, name)| (id.clone(), name.clone()));
            ticked.set(Rc::new(all.collect()));
        })
    };
    Picks {
        chosen: Rc::new(ticked.keys().cloned().collect()),
        all: t.accounts.tick_all.into(),
        one: t.accounts.tick_one.into(),
        onchange,
    }
}

fn nothing(view: &UrlState<KeysView>, makes: bool, t: &'static Texts) -> Html {
    if view.value.filtered() {
        let clear = changing(view, |view, ()| *view = view.unfiltered());
        return html! { <NothingMatches onclear={clear} /> };
    }
    if view.value.bin {
        return html! { <Empty glyph={Glyph::Trash} title={t.keys.bin_empty} text={t.keys.bin_empty_help} /> };
    }
    let create = view.push.reform({
        let value = view.value.clone();
        move |()| value.with(Open::Create)
    });
    html! {
        <Empty glyph={Glyph::Key} title={t.keys.empty_title} text={t.keys.empty_help}>
            if makes {
                <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.keys.create} onclick={create} />
            }
        </Empty>
    }
}

/// What a row's menu does at once.
struct Steps {
    switch: Callback<Rc<Key>>,
    restore: Callback<Rc<Key>>,
}

fn row(key: &Key, props: &ListProps, shown: &[Shown], me: Option<&Rc<Me>>, steps: &Steps, t: &Texts) -> Row {
    let key = Rc::new(key.clone());
    let view = &props.view;
    let open = |to: Open| {
        view.push.reform({
            let value = view.value.clone();
            move |()| value.with(to)
        })
    };
    let menu =
        may_change(&key, me).then(|| row_menu(&key, open(Open::Edit(key.id)), steps, &props.ondelete, t));
    Row {
        key: key.id.to_string().into(),
        cells: [name_cell(&key, &view.value)]
            .into_iter()
            .chain(shown.iter().map(|column| column.cell(&key, t)))
            .collect(),
        onopen: Some(open(Open::Details(key.id))),
        menu: menu.unwrap_or_default(),
    }
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
    steps: &Steps,
    ondelete: &Callback<Rc<Key>>,
    t: &Texts,
) -> Html {
    let with = |callback: &Callback<Rc<Key>>| {
        let key = key.clone();
        callback.reform(move |()| key.clone())
    };
    let items = if key.deleted_at.is_some() {
        vec![
            MenuItem::new(Glyph::Again, t.keys.restore, with(&steps.restore)),
            MenuItem::new(Glyph::Trash, t.keys.purge, with(ondelete)).danger(),
        ]
    } else {
        let (glyph, label) = match key.status {
            KeyStatus::Active => (Glyph::Pause, t.keys.disable),
            KeyStatus::Disabled => (Glyph::Play, t.keys.enable),
        };
        vec![
            MenuItem::new(Glyph::Pen, t.shared.edit, edit),
            MenuItem::new(glyph, label, with(&steps.switch)),
            MenuItem::new(Glyph::Trash, t.shared.delete, with(ondelete)).danger(),
        ]
    };
    html! { <Menu label={fill(t.shared.open_menu, &[("name", &key.name)])} button={html! { <Icon glyph={Glyph::More} /> }} {items} /> }
}
