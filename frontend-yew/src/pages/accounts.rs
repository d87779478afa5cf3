//! Upstream accounts: the list, and over it what is added, looked at, tested, changed or deleted.

mod connection;
mod details;
mod draft;
mod fields;
mod forms;
mod list;
mod platforms;
mod remove;
pub mod state;
mod view;

use crate::api::accounts::use_accounts;
use crate::i18n::use_texts;
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{Button, ButtonKind, Failure, Glyph, Page, PageHead};
use std::rc::Rc;
use tollgate_contract::accounts::{Account, Accounts as AccountList};
use tollgate_contract::ids::AccountId;
use view::Open;
use yew::prelude::*;

pub use view::AccountsView;

/// The page.
#[component]
pub fn Accounts() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<AccountsView>(Route::Accounts);
    let found = use_accounts();
    let doomed = use_state(|| None::<Rc<Account>>);
    let add = view.push.reform({
        let value = view.value.clone();
        move |()| value.with(Open::Create)
    });
    let ondelete = {
        let doomed = doomed.clone();
        Callback::from(move |account| doomed.set(Some(account)))
    };
    let failed = found.error.clone().filter(|_| found.data.is_none());
    html! {
        <Page>
            <PageHead title={t.accounts.title}>
                if may(me.as_ref(), "accounts.write") {
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Plus} label={t.accounts.add_short} onclick={add} />
                }
            </PageHead>
            if let Some(error) = failed {
                <Failure {error} onretry={found.reload.clone()} />
            } else {
                <list::Filters view={view.clone()} />
                <list::List view={view.clone()} accounts={found.data.clone()} stale={found.busy && found.data.is_some()} ondelete={ondelete.clone()} />
            }
            { over(&view, found.data.as_deref(), &doomed, ondelete) }
        </Page>
    }
}

/// What lies over the list.
fn over(
    view: &UrlState<AccountsView>,
    known: Option<&AccountList>,
    doomed: &UseStateHandle<Option<Rc<Account>>>,
    ondelete: Callback<Rc<Account>>,
) -> Html {
    let closing = |to: Open| {
        let value = view.value.clone();
        view.push.reform(move |()| value.with(to))
    };
    let close = closing(Open::Nothing);
    let find = |id: AccountId| {
        known
            .and_then(|known| known.items.iter().find(|account| account.id == id))
            .cloned()
            .map(Rc::new)
    };
    let opened = match view.value.opened() {
        Open::Nothing => Html::default(),
        // Right after adding it wants to be tested: that is in the drawer.
        Open::Create => html! {
            <forms::Add onclose={close.clone()} onadded={view.push.reform({
                let value = view.value.clone();
                move |account: Account| value.with(Open::Details(account.id))
            })} />
        },
        Open::Details(id) => find(id).map_or_else(Html::default, |shown| {
            html! { <details::Details {shown} {ondelete} onclose={close.clone()} /> }
        }),
        Open::Edit(id) => find(id).map_or_else(Html::default, |edited| {
            html! { <forms::Edit key={id.to_string()} {edited} onclose={closing(Open::Details(id))} /> }
        }),
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
