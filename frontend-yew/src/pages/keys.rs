//! API keys: the list, and over it what is made, looked at, changed or deleted.

mod batch;
mod bindings;
mod columns;
mod create;
mod details;
mod draft;
mod edit;
mod expiry;
mod fields;
mod filters;
mod inherited;
mod list;
mod many;
mod now;
mod person;
mod picker;
mod recent;
mod remove;
mod rotate;
mod self_service;
mod snippets;
mod state;
mod tester;
mod view;

use crate::api::keys::{use_key, use_keys};
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::use_edited;
use crate::pages::vouchers::Redeem;
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{Button, ButtonKind, Choice, Glyph, Icon, Menu, MenuItem, Page, PageHead, Segments};
use columns::{Chosen, Shown};
use list::ListQuery;
use self_service::{Bounds, is_open, use_bounds, use_own_count};
use std::rc::Rc;
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::Key;
use view::Open;
use yew::prelude::*;

pub use person::PersonPicker;
pub use picker::KeyPicker;
pub use view::KeysView;

/// The page.
#[component]
pub fn Keys() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<KeysView>(Route::Keys);
    let found = ListQuery(Rc::new(use_keys(&view.value.to_query())));
    let over = use_state(|| None::<Over>);
    let chosen = use_state(Chosen::recall);
    let (bounds, own) = (use_bounds(), use_own_count());
    let makes = may(me.as_ref(), "keys.write_own") && is_open(bounds.as_deref(), own);
    let opening = |to: Open| {
        let value = view.value.clone();
        view.push.reform(move |()| value.with(to))
    };
    let laying = |make: fn(Rc<Key>) -> Over| {
        let over = over.clone();
        Callback::from(move |key| over.set(Some(make(key))))
    };
    let redeem = {
        let over = over.clone();
        Callback::from(move |()| over.set(Some(Over::Redeem)))
    };
    html! {
        <Page>
            <PageHead title={t.keys.title}>
                if makes {
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.keys.create_short} onclick={opening(Open::Create)} />
                }
                if may(me.as_ref(), "keys.write_own") {
                    { more_menu(makes.then(|| opening(Open::CreateMany)), redeem, t) }
                }
            </PageHead>
            if bounds.is_some() {
                <Bounds />
            }
            <div class="mb-3 flex flex-wrap items-center gap-2">
                { bins(&view, t) }
                if !view.value.bin {
                    { column_menu(&chosen, may(me.as_ref(), "keys.read_all"), t) }
                }
            </div>
            <filters::Filters view={view.clone()} />
            <list::List view={view.clone()} {found} chosen={(*chosen).clone()} {makes} ondelete={laying(Over::Doomed)} />
            { opened(&view, makes, laying(Over::Doomed), laying(Over::Rotated)) }
            { lying(&over, &view) }
        </Page>
    }
}

/// What is done now and then.
fn more_menu(many: Option<Callback<()>>, redeem: Callback<()>, t: &Texts) -> Html {
    let items: Vec<MenuItem> = many
        .map(|many| MenuItem::new(Glyph::Layers, t.many_keys.create, many))
        .into_iter()
        .chain([MenuItem::new(Glyph::Tag, t.vouchers.redeem, redeem)])
        .collect();
    html! { <Menu label={t.bulk.more} button={html! { <Icon glyph={Glyph::More} /> }} {items} /> }
}

/// The keys in use, or the recycle bin.
fn bins(view: &UrlState<KeysView>, t: &Texts) -> Html {
    let choices = vec![Choice::new("", t.keys.title), Choice::new("bin", t.keys.bin)];
    let onchange = filters::changing(view, |view, value: AttrValue| view.bin = value == "bin");
    html! { <Segments label={t.keys.title} value={if view.value.bin { "bin" } else { "" }} {choices} {onchange} /> }
}

/// Which columns are shown; phones show cards with all of them.
fn column_menu(chosen: &UseStateHandle<Chosen>, everyones: bool, t: &Texts) -> Html {
    let items: Vec<MenuItem> = Shown::CHOICE
        .into_iter()
        .filter(|column| everyones || *column != Shown::Owner)
        .map(|column| {
            let state = chosen.clone();
            let toggle = Callback::from(move |()| state.set(state.toggle(column)));
            MenuItem::choice(column.name(t), chosen.shows(column), toggle)
        })
        .collect();
    html! {
        <Menu label={t.many_keys.columns} button={html! { <>{ t.many_keys.columns }<Icon glyph={Glyph::Down} class="size-3.5" /></> }} worded=true start=true
            class={classes!("btn", "btn-sm", "h-9", "btn-ghost", "font-medium", "gap-1.5")} {items} />
    }
}

/// What lies over everything, and is not in the address.
#[derive(Clone, PartialEq)]
enum Over {
    Doomed(Rc<Key>),
    Rotated(Rc<Key>),
    Redeem,
}

fn lying(over: &UseStateHandle<Option<Over>>, view: &UrlState<KeysView>) -> Html {
    let onclose = {
        let over = over.clone();
        Callback::from(move |()| over.set(None))
    };
    match &**over {
        None => Html::default(),
        Some(Over::Doomed(doomed)) => {
            let value = view.value.clone();
            let close = view.push.reform(move |()| value.closed());
            let gone = {
                let onclose = onclose.clone();
                Callback::from(move |()| {
                    onclose.emit(());
                    close.emit(());
                })
            };
            html! { <remove::Remove doomed={doomed.clone()} {onclose} ondone={gone} /> }
        }
        Some(Over::Rotated(rotated)) => html! { <rotate::Rotate rotated={rotated.clone()} {onclose} /> },
        Some(Over::Redeem) => html! { <Redeem {onclose} /> },
    }
}

/// What lies over the list, by the address.
fn opened(
    view: &UrlState<KeysView>,
    makes: bool,
    ondelete: Callback<Rc<Key>>,
    onrotate: Callback<Rc<Key>>,
) -> Html {
    let closing = |to: Open| {
        let value = view.value.clone();
        view.push.reform(move |()| value.with(to))
    };
    let onclose = closing(Open::Nothing);
    match view.value.opened() {
        Open::Nothing => Html::default(),
        // The list says why.
        Open::Create | Open::CreateMany if !makes => Html::default(),
        Open::Create => html! { <create::Create {onclose} /> },
        Open::CreateMany => html! { <many::CreateMany {onclose} /> },
        Open::Details(id) => html! { <details::Details {id} {ondelete} {onrotate} {onclose} /> },
        Open::Edit(id) => html! { <Editing {id} onclose={closing(Open::Details(id))} /> },
    }
}

#[derive(Properties, PartialEq)]
struct EditingProps {
    id: KeyId,
    onclose: Callback<()>,
}

/// The form, once the key is known.
#[component]
fn Editing(props: &EditingProps) -> Html {
    let found = use_key(props.id);
    let (edited, newest) = use_edited(&found, |key| Some(key.clone()), |key: &Key| key.version);
    match (edited, found.error) {
        (Some(edited), _) => {
            html! { <edit::Edit key={edited.version.to_string()} edited={edited.clone()} {newest} onclose={props.onclose.clone()} /> }
        }
        // The drawer shows why.
        (None, Some(_)) => {
            html! { <details::Details id={props.id} ondelete={Callback::noop()} onrotate={Callback::noop()} onclose={props.onclose.clone()} /> }
        }
        (None, None) => Html::default(),
    }
}
