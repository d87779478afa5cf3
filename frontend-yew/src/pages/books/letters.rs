//! Dead letters: entries of journals that could not be booked, worked off here.

use super::View;
use crate::api::books::{self, use_letters};
use crate::api::use_action;
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::{FormDialog, add_faults, fact, opens, section, use_submission};
use crate::state::{UrlState, use_form};
use crate::ui::{
    Button, ButtonKind, Choice, Column, CopyButton, Drawer, Empty, Failure, Field, FormFailure, Glyph,
    Moment, Paging, Pill, Row, Segments, Table, TextArea, Tone, use_toasts,
};
use std::rc::Rc;
use tollgate_contract::books::{DeadLetterKind, DeadLetterResolution, DeadLetterView};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct LettersProps {
    pub view: UrlState<View>,
    pub writes: bool,
}

/// The list.
#[component]
pub fn Letters(props: &LettersProps) -> Html {
    let t = use_texts();
    let view = &props.view.value;
    let found = use_letters(view.all, view.cursor.clone());
    let opened = use_state(|| None::<Rc<DeadLetterView>>);
    let columns = vec![
        Column::text(t.letters.since),
        Column::text(t.letters.organisation),
        Column::text(t.letters.kind),
        Column::text(t.letters.what),
        Column::text(t.letters.worked_off),
    ];
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    let rows = found.data.as_ref().map(|page| {
        let rows = page.items.iter().map(|letter| {
            let (opened, shared) = (opened.clone(), Rc::new(letter.clone()));
            line(
                letter,
                Callback::from(move |()| opened.set(Some(shared.clone()))),
                t,
            )
        });
        rows.collect::<Vec<_>>()
    });
    let empty = rows.as_ref().is_some_and(Vec::is_empty) && view.cursor.is_none();
    let now = view.clone();
    let onall = props.view.push.reform(move |all: AttrValue| View {
        all: all == "all",
        cursor: None,
        ..(*now).clone()
    });
    let now = view.clone();
    let onturn = props.view.push.reform(move |cursor| View {
        cursor,
        ..(*now).clone()
    });
    let onclose = {
        let opened = opened.clone();
        Callback::from(move |()| opened.set(None))
    };
    let choices = vec![Choice::new("", t.letters.open), Choice::new("all", t.letters.all)];
    html! {
        <>
            <div class="mb-4"><Segments label={t.letters.title} value={if view.all { "all" } else { "" }} {choices} onchange={onall} /></div>
            <div class="panel overflow-hidden">
                if empty {
                    <Empty glyph={Glyph::Check} title={t.letters.empty} text={t.letters.empty_help} />
                } else {
                    <Table label={t.letters.title} {columns} {rows} stale={found.busy} />
                    if let Some(page) = &found.data {
                        <Paging shown={page.items.len()} cursor={view.cursor.clone()} next={page.next_cursor.clone()} {onturn} />
                    }
                }
            </div>
            if let Some(letter) = (*opened).clone() {
                <Letter {letter} writes={props.writes} {onclose} />
            }
        </>
    }
}

fn kind(letter: &DeadLetterView, t: &Texts) -> &'static str {
    match letter.name.kind {
        DeadLetterKind::Poison => t.letters.poison,
        DeadLetterKind::Conflict => t.letters.conflict,
    }
}

fn state(letter: &DeadLetterView, t: &Texts) -> Html {
    let (tone, text) = match (letter.resolved_at, letter.resolution.as_deref()) {
        (None, _) => (Tone::Bad, t.letters.open),
        (Some(_), Some("booked")) => (Tone::Good, t.letters.booked),
        (Some(_), _) => (Tone::Quiet, t.letters.given_up),
    };
    html! { <Pill {tone} {text} /> }
}

fn line(letter: &DeadLetterView, onopen: Callback<()>, t: &Texts) -> Row {
    let name = &letter.name;
    let whose = letter
        .tenant
        .clone()
        .unwrap_or_else(|| name.tenant_id.to_string());
    Row {
        key: format!("{}/{:?}", name.request_id, name.kind).into(),
        cells: vec![
            opens(&onopen, html! { <Moment at={letter.created_at} absolute=true /> }),
            html! { <span class="break-words">{ whose }</span> },
            html! { { kind(letter, t) } },
            html! { <span class="block break-words line-clamp-2 md:max-w-96" title={letter.error.clone()}>{ letter.error.clone() }</span> },
            state(letter, t),
        ],
        onopen: Some(onopen),
        menu: Html::default(),
    }
}

#[derive(Properties, PartialEq)]
struct LetterProps {
    letter: Rc<DeadLetterView>,
    writes: bool,
    onclose: Callback<()>,
}

#[component]
fn Letter(props: &LetterProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let letter = &props.letter;
    let gives_up = use_state(|| false);
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |()| {
            toasts.done(t.letters.booked_toast);
            onclose.emit(());
        })
    };
    let retry = use_action(books::retry, done);
    let name = letter.name;
    let set = |on: bool| {
        let gives_up = gives_up.clone();
        Callback::from(move |()| gives_up.set(on))
    };
    let actions = if props.writes && letter.resolved_at.is_none() {
        html! {
            <>
                <Button kind={ButtonKind::Primary} glyph={Glyph::Again} label={t.letters.retry} busy={retry.busy} onclick={retry.run.reform(move |()| name)} />
                <Button label={t.letters.give_up} onclick={set(true)} />
            </>
        }
    } else {
        Html::default()
    };
    html! {
        <>
            <Drawer title={html! { <span class="flex flex-wrap items-center gap-2">{ kind(letter, t) }{ state(letter, t) }</span> }} {actions} onclose={props.onclose.clone()}>
                if retry.error.is_some() {
                    <div class="mb-4"><FormFailure error={retry.error.clone()} /></div>
                }
                <p class="break-words" data-testid="letter-error">{ letter.error.clone() }</p>
                if letter.resolved_at.is_none() {
                    <p class="mt-2 text-xs text-muted">{ t.letters.retry_help }</p>
                }
                { facts(letter, t) }
                { section(t.letters.entry) }
                <pre class="text-xs font-mono whitespace-pre-wrap break-all rounded-lg bg-base-200 p-3 max-h-96 overflow-auto" tabindex="0">{ serde_json::to_string_pretty(&letter.entry).unwrap_or_default() }</pre>
            </Drawer>
            if *gives_up {
                <GiveUp letter={letter.clone()} onclose={set(false)} ondone={props.onclose.clone()} />
            }
        </>
    }
}

fn facts(letter: &DeadLetterView, t: &Texts) -> Html {
    let request = letter.name.request_id.to_string();
    let whose = letter
        .tenant
        .clone()
        .unwrap_or_else(|| letter.name.tenant_id.to_string());
    html! {
        <dl class="mt-4 divide-y divide-base-300">
            { fact(t.letters.organisation, html! { { whose } }) }
            { fact(t.letters.request, html! { <span class="inline-flex items-center gap-1"><code class="font-mono text-xs break-all">{ request.clone() }</code><CopyButton text={request} /></span> }) }
            { fact(t.books.node, html! { <code class="font-mono text-xs break-all">{ format!("{} · {}", letter.node_id, letter.epoch) }</code> }) }
            { fact(t.letters.since, html! { <Moment at={letter.created_at} absolute=true /> }) }
            if let Some(at) = letter.resolved_at {
                { fact(t.letters.worked_off, html! { <>{ letter.resolved_by.clone() }{ " · " }<Moment {at} absolute=true /></> }) }
            }
            if let Some(reason) = &letter.reason {
                { fact(t.letters.reason, html! { { reason.clone() } }) }
            }
        </dl>
    }
}

#[derive(Properties, PartialEq)]
struct GiveUpProps {
    letter: Rc<DeadLetterView>,
    onclose: Callback<()>,
    ondone: Callback<()>,
}

#[component]
fn GiveUp(props: &GiveUpProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let form = use_form(String::new);
    let (onclose, ondone) = (props.onclose.clone(), props.ondone.clone());
    let done = Callback::from(move |()| {
        toasts.done(t.letters.given_up_toast);
        onclose.emit(());
        ondone.emit(());
    });
    let action = use_action(books::give_up, done);
    let wish = DeadLetterResolution {
        letter: props.letter.name,
        reason: form.value.trim().to_owned(),
    };
    let mut wrong = Vec::new();
    add_faults(&mut wrong, &wish);
    let read = if wrong.is_empty() { Ok(wish) } else { Err(wrong) };
    let sent = use_submission(read, &action);
    let error = sent.errors.of("reason");
    html! {
        <FormDialog title={t.letters.give_up} intro={t.letters.give_up_help} dirty={form.dirty()} verb={t.letters.give_up} {sent} onclose={props.onclose.clone()}>
            <Field id="reason" label={t.letters.reason} error={error.clone()}>
                <TextArea id="reason" rows=3 value={(*form.value).clone()} wrong={error.is_some()} oninput={form.on(|form: &mut String, text| *form = text)} />
            </Field>
        </FormDialog>
    }
}
