//! What can be done with all keys that are ticked, and what came of it for each.

mod ask;
mod patch;

use super::list::Ticked;
use super::view::KeysView;
use crate::api::{ApiError, keys, use_action};
use crate::format;
use crate::i18n::{Texts, fill, use_texts};
use crate::pages::parts::{Done, Outcome, OutcomeDialog};
use crate::ui::{Button, ButtonKind, FormFailure, Glyph, Icon, Menu, MenuItem};
use ask::{Ask, Asking};
use std::rc::Rc;
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::{
    BATCH_MAX, DeleteKeys, KeyAction, KeyBatch, KeyBatchResult, KeyPatch, KeyQuery, KeyStatus,
};
use tollgate_contract::page::LIMIT_MAX;
use yew::prelude::*;

/// What is done with the keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// They go to the recycle bin.
    Delete,
    Do(KeyAction),
}

#[derive(Properties, PartialEq)]
pub struct BatchProps {
    pub ticked: Ticked,
    pub view: Rc<KeysView>,
    /// How many keys the filters match.
    pub total: Option<u64>,
    pub onticked: Callback<Ticked>,
}

/// The bar; nothing as long as nothing is ticked.
#[component]
pub fn Batch(props: &BatchProps) -> Html {
    let t = use_texts();
    let asking = use_state(|| None::<Ask>);
    let outcome = use_state(|| None::<Rc<Outcome>>);
    let done = {
        let (outcome, asking, onticked) = (outcome.clone(), asking.clone(), props.onticked.clone());
        Callback::from(move |(ticked, result): (Ticked, KeyBatchResult)| {
            asking.set(None);
            onticked.emit(Ticked::default());
            outcome.set(Some(Rc::new(outcome_of(&ticked, result))));
        })
    };
    let action = use_action(run, done);
    let start = {
        let (run, ticked) = (action.run.clone(), props.ticked.clone());
        Callback::from(move |act: Act| run.emit((ticked.clone(), act)))
    };
    let all = use_action(all_of, props.onticked.clone());
    let clear = props.onticked.reform(|()| Ticked::default());
    let close = {
        let asking = asking.clone();
        Callback::from(move |()| asking.set(None))
    };
    let read = {
        let outcome = outcome.clone();
        Callback::from(move |()| outcome.set(None))
    };
    let number = props.ticked.len();
    let rest = props
        .total
        .filter(|total| *total > number as u64 && *total <= BATCH_MAX as u64);
    html! {
        <>
            if number > 0 {
                <div class="panel sticky top-2 z-20 mb-3 flex flex-wrap items-center gap-2 px-4 py-2 shadow-md" role="region" aria-label={t.bulk.title}>
                    <span class="grow figures" role="status">{ fill(t.bulk.ticked, &[("number", &number.to_string())]) }</span>
                    if let Some(rest) = rest {
                        <Button kind={ButtonKind::Ghost} label={fill(t.bulk.all_that_match, &[("number", &format::count(rest))])} busy={all.busy}
                            onclick={all.run.reform({
                                let query = props.view.to_query();
                                move |()| query.clone()
                            })} />
                    }
                    if number > BATCH_MAX {
                        <span class="text-error">{ fill(t.bulk.too_many, &[("max", &BATCH_MAX.to_string())]) }</span>
                    } else {
                        { buttons(props.view.bin, &asking, &start, action.busy, t) }
                    }
                    <Button kind={ButtonKind::Ghost} icon_only=true glyph={Glyph::Close} label={t.bulk.clear} onclick={clear} />
                </div>
            }
            if asking.is_none() {
                <FormFailure error={action.error.clone().or_else(|| all.error.clone())} />
            }
            if let Some(ask) = *asking {
                <Asking {ask} {number} busy={action.busy} error={action.error.clone()} ondo={start} onclose={close} />
            }
            if let Some(outcome) = &*outcome {
                <OutcomeDialog outcome={outcome.clone()} onclose={read} />
            }
        </>
    }
}

/// The rows with the names that the keys had.
fn outcome_of(ticked: &Ticked, result: KeyBatchResult) -> Outcome {
    Outcome::new(result.items.into_iter().map(|row| {
        let key = row.id.to_string();
        let name = ticked.get(key.as_str()).cloned();
        Done {
            name: name.unwrap_or_else(|| key.clone()),
            key,
            ok: row.ok,
            code: row.code,
            message: row.message,
        }
    }))
}

async fn run((ticked, act): (Ticked, Act)) -> Result<(Ticked, KeyBatchResult), ApiError> {
    let ids: Vec<KeyId> = ticked.keys().filter_map(|id| id.parse().ok()).collect();
    let result = match act {
        Act::Delete => keys::delete_many(DeleteKeys { ids }).await?,
        Act::Do(act) => keys::batch(KeyBatch { ids, act }).await?,
    };
    Ok((ticked, result))
}

/// All keys that a list's filters match, page by page.
async fn all_of(query: KeyQuery) -> Result<Ticked, ApiError> {
    let mut query = KeyQuery {
        cursor: None,
        limit: Some(LIMIT_MAX),
        ..query
    };
    let mut ticked = std::collections::BTreeMap::new();
    loop {
        let page = keys::page(&query).await?;
        ticked.extend(
            page.items
                .into_iter()
                .map(|key| (key.id.to_string().into(), key.name)),
        );
        query.cursor = page.next_cursor;
        if query.cursor.is_none() || ticked.len() >= BATCH_MAX {
            return Ok(Rc::new(ticked));
        }
    }
}

fn switched(status: KeyStatus) -> Act {
    Act::Do(KeyAction::Edit {
        change: Box::new(KeyPatch {
            status: Some(status),
            ..KeyPatch::default()
        }),
    })
}

fn buttons(
    bin: bool,
    asking: &UseStateHandle<Option<Ask>>,
    start: &Callback<Act>,
    busy: bool,
    t: &'static Texts,
) -> Html {
    let ask = |wanted: Ask| {
        let asking = asking.clone();
        Callback::from(move |()| asking.set(Some(wanted)))
    };
    if bin {
        return html! {
            <>
                <Button glyph={Glyph::Again} label={t.keys.restore} {busy} onclick={start.reform(|()| Act::Do(KeyAction::Restore))} />
                <Button glyph={Glyph::Trash} label={t.keys.purge} class="text-error" {busy} onclick={ask(Ask::Purge)} />
            </>
        };
    }
    let items = Ask::CHANGES
        .map(|wanted| MenuItem::new(wanted.glyph(), wanted.verb(t), ask(wanted)))
        .into_iter()
        .chain([MenuItem::new(Glyph::Trash, t.shared.delete, ask(Ask::Delete)).danger()])
        .collect::<Vec<_>>();
    let button = html! { <>{ t.bulk.more }<Icon glyph={Glyph::Down} class="size-3.5" /></> };
    html! {
        <>
            <Button glyph={Glyph::Play} label={t.keys.enable} {busy} onclick={start.reform(|()| switched(KeyStatus::Active))} />
            <Button glyph={Glyph::Pause} label={t.keys.disable} {busy} onclick={start.reform(|()| switched(KeyStatus::Disabled))} />
            <Menu label={t.bulk.more} {button} worded=true class={classes!("btn", "btn-sm", "h-9", "btn-outline", "border-base-300", "font-medium", "gap-1.5")} {items} />
        </>
    }
}
