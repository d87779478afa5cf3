//! Verifications: the list, having one done, and what one found.

use super::View;
use super::words::{outcome, rows_of, scope, took};
use crate::api::books::{self, use_verifications};
use crate::api::use_action;
use crate::format;
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::{FormDialog, opens, use_live, use_submission};
use crate::state::{UrlState, use_form};
use crate::ui::{
    Button, ButtonKind, Choice, Column, Drawer, Empty, Failure, Field, Glyph, Moment, Paging, Row,
    SelectInput, Table, use_toasts,
};
use std::rc::Rc;
use tollgate_contract::books::{Verification, VerificationForm, VerifyScope};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct VerificationsProps {
    pub view: UrlState<View>,
    pub writes: bool,
    /// Whether one waits or runs.
    pub verifying: bool,
}

/// The list.
#[component]
pub fn Verifications(props: &VerificationsProps) -> Html {
    let t = use_texts();
    let view = &props.view.value;
    let found = use_verifications(view.cursor.clone());
    use_live(found.reload.clone());
    let opened = use_state(|| None::<Rc<Verification>>);
    if let Some(error) = found.error.as_ref().filter(|_| found.data.is_none()) {
        return html! { <Failure error={error.clone()} onretry={found.reload.clone()} /> };
    }
    let columns = vec![
        Column::text(t.books.asked),
        Column::text(t.books.state),
        Column::text(t.books.verify_how),
        Column::figure(t.books.checks),
        Column::figure(t.books.took).minor(),
        Column::text(t.books.by).minor(),
    ];
    let rows = found.data.as_ref().map(|page| {
        let rows = page.items.iter().map(|of| {
            let (opened, shared) = (opened.clone(), Rc::new(of.clone()));
            line(of, Callback::from(move |()| opened.set(Some(shared.clone()))), t)
        });
        rows.collect::<Vec<_>>()
    });
    let empty = rows.as_ref().is_some_and(Vec::is_empty) && view.cursor.is_none();
    let onclose = {
        let opened = opened.clone();
        Callback::from(move |()| opened.set(None))
    };
    let now = view.clone();
    let onturn = props.view.push.reform(move |cursor| View {
        cursor,
        ..(*now).clone()
    });
    html! {
        <>
            if props.writes {
                <div class="mb-4"><VerifyButton idle={props.verifying} /></div>
            }
            <div class="panel overflow-hidden">
                if empty {
                    <Empty glyph={Glyph::Shield} title={t.books.never} text={t.books.never_help} />
                } else {
                    <Table label={t.books.verifications} {columns} {rows} />
                    if let Some(page) = &found.data {
                        <Paging shown={page.items.len()} cursor={view.cursor.clone()} next={page.next_cursor.clone()} {onturn} />
                    }
                }
            </div>
            if let Some(of) = (*opened).clone() {
                <Details {of} {onclose} />
            }
        </>
    }
}

fn line(of: &Verification, onopen: Callback<()>, t: &Texts) -> Row {
    let author = of.author.clone().unwrap_or_else(|| t.books.author_day.to_owned());
    Row {
        key: of.id.to_string().into(),
        cells: vec![
            opens(&onopen, html! { <Moment at={of.asked_at} absolute=true /> }),
            outcome(of, t),
            html! { { scope(of.scope, t) } },
            html! { <span class="figures">{ format::count(rows_of(of)) }</span> },
            html! { <span class="figures whitespace-nowrap">{ took(of).unwrap_or_else(|| "–".to_owned()) }</span> },
            html! { <span class="break-words">{ author }</span> },
        ],
        onopen: Some(onopen),
        menu: Html::default(),
    }
}

#[derive(Properties, PartialEq)]
struct DetailsProps {
    of: Rc<Verification>,
    onclose: Callback<()>,
}

#[component]
fn Details(props: &DetailsProps) -> Html {
    let t = use_texts();
    let of = &props.of;
    let columns = vec![Column::text(t.books.check), Column::figure(t.books.checks)];
    let rows: Vec<Row> = of
        .checks
        .iter()
        .map(|(check, rows)| Row {
            key: check.clone().into(),
            cells: vec![
                html! { <code class="font-mono text-xs break-words">{ check.clone() }</code> },
                html! { <span class="figures">{ format::count(*rows) }</span> },
            ],
            onopen: None,
            menu: Html::default(),
        })
        .collect();
    let title = html! { <span class="flex flex-wrap items-center gap-2">{ scope(of.scope, t) }{ outcome(of, t) }</span> };
    html! {
        <Drawer {title} onclose={props.onclose.clone()}>
            <div class="mb-4"><Misfits of={(**of).clone()} /></div>
            <div class="panel overflow-hidden"><Table label={t.books.checks} {columns} rows={Some(rows)} /></div>
        </Drawer>
    }
}

#[derive(Properties, PartialEq)]
pub struct MisfitsProps {
    pub of: Verification,
}

/// The rows that do not fit, or why it could not be run; nothing where all fits.
#[component]
pub fn Misfits(props: &MisfitsProps) -> Html {
    let t = use_texts();
    let failures = props.of.failures.iter().map(|one| {
        let whose = one.tenant_id.map(|id| id.to_string()).unwrap_or_default();
        html! {
            <li class="py-2 min-w-0">
                <p class="break-words"><code class="font-mono text-xs text-muted">{ one.check.clone() }</code>{ " " }{ one.row.clone() }</p>
                <p class="text-xs break-words"><span class="text-muted">{ t.books.expected }{ ": " }</span>{ one.expected.clone() }</p>
                <p class="text-xs break-words"><span class="text-muted">{ t.books.found }{ ": " }</span>{ one.found.clone() }</p>
                if !whose.is_empty() {
                    <p class="text-xs text-muted break-words">{ t.letters.organisation }{ " " }{ whose }</p>
                }
            </li>
        }
    });
    html! {
        <>
            if let Some(error) = &props.of.error {
                <p class="text-error break-words" role="alert">{ error.clone() }</p>
            }
            if !props.of.failures.is_empty() {
                <h3 class="text-xs font-semibold text-muted">{ t.books.failures }</h3>
                <ul class="divide-y divide-base-300" data-testid="misfits">{ for failures }</ul>
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
pub struct VerifyButtonProps {
    /// One waits or runs already.
    pub idle: bool,
}

/// Has the books verified.
#[component]
pub fn VerifyButton(props: &VerifyButtonProps) -> Html {
    let t = use_texts();
    let asks = use_state(|| false);
    let ask = |on: bool| {
        let asks = asks.clone();
        Callback::from(move |()| asks.set(on))
    };
    html! {
        <>
            <Button kind={ButtonKind::Primary} glyph={Glyph::Shield} label={t.books.verify} disabled={props.idle} onclick={ask(true)} />
            if *asks {
                <Ask onclose={ask(false)} />
            }
        </>
    }
}

/// What can be asked for, the quickest first.
const SCOPES: [VerifyScope; 3] = [VerifyScope::Quick, VerifyScope::SinceSeal, VerifyScope::Whole];

fn scope_value(of: VerifyScope) -> &'static str {
    match of {
        VerifyScope::Whole => "whole",
        VerifyScope::SinceSeal => "since_seal",
        VerifyScope::Quick => "quick",
    }
}

#[derive(Properties, PartialEq)]
struct AskProps {
    onclose: Callback<()>,
}

#[component]
fn Ask(props: &AskProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let form = use_form(VerificationForm::default);
    let onclose = props.onclose.clone();
    let done = Callback::from(move |()| {
        toasts.done(t.books.asked_toast);
        onclose.emit(());
    });
    let action = use_action(books::verify, done);
    let sent = use_submission(Ok(*form.value), &action);
    let choices: Vec<Choice> = SCOPES
        .map(|of| Choice::new(scope_value(of), scope(of, t)))
        .to_vec();
    let onchange = form.on(|form: &mut VerificationForm, chosen: String| {
        let of = SCOPES.into_iter().find(|of| scope_value(*of) == chosen);
        form.scope = of.unwrap_or_default();
    });
    html! {
        <FormDialog title={t.books.verify} dirty=false verb={t.books.verify} {sent} onclose={props.onclose.clone()}>
            <Field id="scope" label={t.books.verify_how}>
                <SelectInput id="scope" value={scope_value(form.value.scope)} {choices} {onchange} />
            </Field>
        </FormDialog>
    }
}
