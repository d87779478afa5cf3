//! API keys: the list, and over it what is made, looked at, changed or deleted.

mod bindings;
mod create;
mod details;
mod draft;
mod edit;
mod fields;
mod list;
mod remove;
mod snippets;
mod state;
mod tester;
mod view;

use crate::api::keys::{use_key, use_keys};
use crate::i18n::use_texts;
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{Button, ButtonKind, Glyph, Page, PageHead};
use list::ListQuery;
use std::rc::Rc;
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::Key;
use view::Open;
use yew::prelude::*;

pub use view::KeysView;

/// The page.
#[component]
pub fn Keys() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<KeysView>(Route::Keys);
    let found = ListQuery(Rc::new(use_keys(&view.value.to_query())));
    let doomed = use_state(|| None::<Rc<Key>>);
    let create = view.push.reform({
        let value = view.value.clone();
        move |()| value.with(Open::Create)
    });
    let ondelete = {
        let doomed = doomed.clone();
        Callback::from(move |key| doomed.set(Some(key)))
    };
    html! {
        <Page>
            <PageHead title={t.keys.title}>
                if may(me.as_ref(), "keys.write_own") {
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.keys.create_short} onclick={create} />
                }
            </PageHead>
            <list::Filters view={view.clone()} />
            <list::List view={view.clone()} {found} ondelete={ondelete.clone()} />
            { over(&view, &doomed, ondelete) }
        </Page>
    }
}

/// What lies over the list.
fn over(
    view: &UrlState<KeysView>,
    doomed: &UseStateHandle<Option<Rc<Key>>>,
    ondelete: Callback<Rc<Key>>,
) -> Html {
    let closing = |to: Open| {
        let value = view.value.clone();
        view.push.reform(move |()| value.with(to))
    };
    let close = closing(Open::Nothing);
    let opened = match view.value.opened() {
        Open::Nothing => Html::default(),
        Open::Create => html! { <create::Create onclose={close.clone()} /> },
        Open::Details(id) => html! { <details::Details {id} {ondelete} onclose={close.clone()} /> },
        Open::Edit(id) => html! { <Editing {id} onclose={closing(Open::Details(id))} /> },
    };
    let keep = {
        let doomed = doomed.clone();
        Callback::from(move |()| doomed.set(None))
    };
    let gone = {
        let keep = keep.clone();
        Callback::from(move |()| {
            keep.emit(());
            close.emit(());
        })
    };
    html! {
        <>
            { opened }
            if let Some(doomed) = &**doomed {
                <remove::Remove doomed={doomed.clone()} onclose={keep} ondone={gone} />
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct EditingProps {
    id: KeyId,
    onclose: Callback<()>,
}

/// The form, once the key is known; what was known when it opened is what is edited.
#[component]
fn Editing(props: &EditingProps) -> Html {
    let found = use_key(props.id);
    let first = use_mut_ref(|| None::<Rc<Key>>);
    let edited = {
        let mut first = first.borrow_mut();
        // An older answer may be shown while the newest is on its way: its version would be refused.
        if first.is_none() && !found.busy {
            first.clone_from(&found.data);
        }
        first.clone()
    };
    match (edited, found.error) {
        (Some(edited), _) => html! { <edit::Edit {edited} onclose={props.onclose.clone()} /> },
        // The drawer shows why.
        (None, Some(_)) => {
            html! { <details::Details id={props.id} ondelete={Callback::noop()} onclose={props.onclose.clone()} /> }
        }
        (None, None) => Html::default(),
    }
}
