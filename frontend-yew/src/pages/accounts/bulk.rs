//! What can be done with all accounts that are ticked, and what came of it for each.

mod ask;

use crate::api::{accounts, use_action};
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{Done, Outcome, OutcomeDialog};
use crate::ui::{Button, ButtonKind, FormFailure, Glyph, Icon, Menu, MenuItem};
use ask::{Ask, Asking};
use std::rc::Rc;
use tollgate_contract::accounts::{Account, AccountAction, AccountBatch, BATCH_MAX, BatchResult};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct BulkProps {
    /// Those that are ticked.
    pub accounts: Rc<Vec<Account>>,
    /// Ticks none.
    pub onclear: Callback<()>,
}

/// The bar; nothing as long as nothing is ticked.
#[component]
pub fn Bulk(props: &BulkProps) -> Html {
    let t = use_texts();
    let asking = use_state(|| None::<Ask>);
    let outcome = use_state(|| None::<Rc<Outcome>>);
    let done = {
        let (outcome, asking, onclear) = (outcome.clone(), asking.clone(), props.onclear.clone());
        Callback::from(move |(accounts, result): (Rc<Vec<Account>>, BatchResult)| {
            asking.set(None);
            onclear.emit(());
            outcome.set(Some(Rc::new(outcome_of(&accounts, result))));
        })
    };
    let action = use_action(run, done);
    let start = {
        let (run, accounts) = (action.run.clone(), props.accounts.clone());
        Callback::from(move |wanted: AccountAction| run.emit((accounts.clone(), wanted)))
    };
    let close = {
        let asking = asking.clone();
        Callback::from(move |()| asking.set(None))
    };
    let read = {
        let outcome = outcome.clone();
        Callback::from(move |()| outcome.set(None))
    };
    html! {
        <>
            if !props.accounts.is_empty() {
                <div class="panel sticky top-2 z-20 mb-3 flex flex-wrap items-center gap-2 px-4 py-2 shadow-md" role="region" aria-label={t.bulk.title}>
                    <span class="grow figures" role="status">{ fill(t.bulk.ticked, &[("number", &props.accounts.len().to_string())]) }</span>
                    if props.accounts.len() > BATCH_MAX {
                        <span class="text-error">{ fill(t.bulk.too_many, &[("max", &BATCH_MAX.to_string())]) }</span>
                    } else {
                        <Button glyph={Glyph::Play} label={t.bulk.enable} busy={action.busy} onclick={start.reform(|()| AccountAction::Enable)} />
                        <Button glyph={Glyph::Pause} label={t.bulk.disable} busy={action.busy} onclick={start.reform(|()| AccountAction::Disable)} />
                        { more(&asking, &start, t) }
                    }
                    <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Close} label={t.bulk.clear} onclick={props.onclear.clone()} />
                </div>
            }
            if asking.is_none() {
                <FormFailure error={action.error.clone()} />
            }
            if let Some(ask) = *asking {
                <Asking {ask} accounts={props.accounts.clone()} busy={action.busy} error={action.error.clone()} ondo={start} onclose={close} />
            }
            if let Some(outcome) = &*outcome {
                <OutcomeDialog outcome={outcome.clone()} onclose={read} />
            }
        </>
    }
}

/// The rows with the names that the accounts had.
fn outcome_of(accounts: &[Account], result: BatchResult) -> Outcome {
    Outcome::new(result.items.into_iter().map(|row| {
        Done {
            key: row.id.to_string(),
            name: accounts
                .iter()
                .find(|account| account.id == row.id)
                .map_or_else(|| row.id.to_string(), |account| account.name.clone()),
            ok: row.ok,
            code: row.code,
            message: row.message,
        }
    }))
}

async fn run(
    (accounts, action): (Rc<Vec<Account>>, AccountAction),
) -> Result<(Rc<Vec<Account>>, BatchResult), crate::api::ApiError> {
    let ids = accounts.iter().map(|account| account.id).collect();
    let result = accounts::batch(AccountBatch { ids, action }).await?;
    Ok((accounts, result))
}

fn more(asking: &UseStateHandle<Option<Ask>>, start: &Callback<AccountAction>, t: &'static Texts) -> Html {
    let ask = |glyph, label: &'static str, wanted: Ask| {
        let asking = asking.clone();
        MenuItem::new(glyph, label, Callback::from(move |()| asking.set(Some(wanted))))
    };
    let items = vec![
        ask(Glyph::Tag, t.bulk.tag, Ask::Tag),
        ask(Glyph::Tag, t.bulk.untag, Ask::Untag),
        ask(Glyph::Layers, t.bulk.group, Ask::Group),
        ask(Glyph::Layers, t.bulk.ungroup, Ask::Ungroup),
        ask(Glyph::Tunnel, t.bulk.proxy, Ask::Proxy),
        MenuItem::new(
            Glyph::Again,
            t.accounts.reset,
            start.reform(|()| AccountAction::Reset),
        ),
        ask(Glyph::Play, t.bulk.test, Ask::Test),
        ask(Glyph::Download, t.carry.export, Ask::Export),
        ask(Glyph::Trash, t.shared.delete, Ask::Delete).danger(),
    ];
    let button = html! { <>{ t.bulk.more }<Icon glyph={Glyph::Down} class="size-3.5" /></> };
    html! {
        <Menu label={t.bulk.more} {button} worded=true class={classes!("btn", "btn-sm", "h-9", "btn-outline", "border-base-300", "font-medium", "gap-1.5")} {items} />
    }
}
