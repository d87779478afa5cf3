//! Upstream accounts: the list, and over it what is added, looked at, tested, changed or deleted.

mod bulk;
mod caps;
mod carry;
mod cells;
mod connect;
mod connection;
mod details;
mod draft;
mod fields;
mod filters;
mod forms;
mod list;
mod platforms;
mod proxy_field;
mod remove;
#[cfg(test)]
mod sample;
mod secrets;
pub mod state;
mod view;
mod windows;

use crate::api::accounts::use_accounts;
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::use_refreshing;
use crate::router::Route;
use crate::state::{UrlState, may, use_me, use_url_state};
use crate::ui::{Button, ButtonKind, Failure, Glyph, Icon, Menu, MenuItem, Page, PageHead};
use std::rc::Rc;
use tollgate_contract::accounts::{Account, Accounts as AccountList};
use tollgate_contract::ids::AccountId;
use view::Open;
use yew::prelude::*;

pub use platforms::platform_name;
pub use view::AccountsView;

/// The page.
#[component]
pub fn Accounts() -> Html {
    let t = use_texts();
    let me = use_me();
    let view = use_url_state::<AccountsView>(Route::Accounts);
    let found = use_accounts();
    let doomed = use_state(|| None::<Rc<Account>>);
    use_refreshing(found.reload.clone());
    let ondelete = {
        let doomed = doomed.clone();
        Callback::from(move |account| doomed.set(Some(account)))
    };
    let failed = found.error.clone().filter(|_| found.data.is_none());
    html! {
        <Page>
            <PageHead title={t.accounts.title}>
                if may(me.as_ref(), "accounts.write") {
                    <Adding view={view.clone()} />
                }
            </PageHead>
            if let Some(error) = failed {
                <Failure {error} onretry={found.reload.clone()} />
            } else {
                <filters::Filters view={view.clone()} accounts={found.data.clone()} />
                // Not dimmed while it is renewed: that is every few seconds.
                <list::List view={view.clone()} accounts={found.data.clone()} ondelete={ondelete.clone()} />
            }
            { over(&view, found.data.as_deref(), &doomed, ondelete) }
        </Page>
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Carry {
    Export,
    Import,
}

#[derive(Properties, PartialEq)]
struct AddingProps {
    view: UrlState<AccountsView>,
}

/// The ways to more accounts.
#[component]
fn Adding(props: &AddingProps) -> Html {
    let t = use_texts();
    let carry = use_state(|| None::<Carry>);
    let view = &props.view;
    let open = |to: Open| {
        let value = view.value.clone();
        view.push.reform(move |()| value.with(to))
    };
    let close = {
        let carry = carry.clone();
        Callback::from(move |()| carry.set(None))
    };
    html! {
        <>
            <Button kind={ButtonKind::Primary} glyph={Glyph::Link} label={t.connect.open} onclick={open(Open::Connect(None))} />
            <Button glyph={Glyph::Plus} label={t.accounts.add_short} onclick={open(Open::Create)} />
            { carry_menu(&carry, t) }
            if *carry == Some(Carry::Export) {
                <carry::Export onclose={close.clone()} />
            }
            if *carry == Some(Carry::Import) {
                <carry::Import onclose={close} />
            }
        </>
    }
}

fn carry_menu(carry: &UseStateHandle<Option<Carry>>, t: &Texts) -> Html {
    let item = |glyph, label: &'static str, wanted| {
        let carry = carry.clone();
        MenuItem::new(glyph, label, Callback::from(move |()| carry.set(Some(wanted))))
    };
    let items = vec![
        item(Glyph::Upload, t.carry.import, Carry::Import),
        item(Glyph::Download, t.carry.export, Carry::Export),
    ];
    html! { <Menu label={t.carry.menu} button={html! { <Icon glyph={Glyph::More} /> }} {items} /> }
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
            <forms::Add platform={view.value.platform} onclose={close.clone()} onadded={view.push.reform({
                let value = view.value.clone();
                move |account: Account| value.with(Open::Details(account.id))
            })} />
        },
        Open::Details(id) => find(id).map_or_else(Html::default, |shown| {
            html! { <details::Details {shown} {ondelete} onclose={close.clone()} /> }
        }),
        Open::Connect(None) => html! { <Connecting view={view.clone()} onclose={close.clone()} /> },
        Open::Connect(Some(id)) => find(id).map_or_else(Html::default, |account| {
            html! { <Connecting key={id.to_string()} view={view.clone()} account={Some(account)} onclose={closing(Open::Details(id))} /> }
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

#[derive(Properties, PartialEq)]
struct ConnectingProps {
    view: UrlState<AccountsView>,
    #[prop_or_default]
    account: Option<Rc<Account>>,
    onclose: Callback<()>,
}

/// The wizard. What was known when it was opened is what is connected anew.
#[component]
fn Connecting(props: &ConnectingProps) -> Html {
    let account = use_memo((), {
        let account = props.account.clone();
        move |()| account
    });
    let view = &props.view;
    let onshow = view.push.reform({
        let value = view.value.clone();
        move |account: Account| value.with(Open::Details(account.id))
    });
    html! { <connect::Connect account={(*account).clone()} {onshow} onclose={props.onclose.clone()} /> }
}
